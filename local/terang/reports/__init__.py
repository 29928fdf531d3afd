"""Statements and reports in files: anybody's are read, checked and sent.

It may import `console`, `remote`, `dsa` and the bounded readers of `ledger.streams`. Start with
`statement_files`.
"""
