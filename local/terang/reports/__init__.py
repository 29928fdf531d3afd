"""Statements and reports in files: anybody's are read, checked and sent.

It may import `console`, `remote`, `case_messages`, `dsa`, `matcher` and `ledger`. Start with
`statement_lint`, `report_lint`, `yearly_report` or `submission`.
"""
