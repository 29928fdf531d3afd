"""Statements and reports in files: anybody's are read, checked and sent.

It may import `console`, `remote`, `dsa` and the readers of archives of `intake`. Start with
`statement_files`.
"""
