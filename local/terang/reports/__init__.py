"""Statements and reports in files: anybody's are read, checked and sent.

Start with `statement_lint`, `report_lint`, `yearly_report` or `submission`.
"""
