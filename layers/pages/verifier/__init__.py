"""Checks a public log and everything that it names, with the standard library alone.

`verify.py` is one file that anybody can download and run next to `recount.py`. It imports nothing
of Terang, so that what checks the log is not what writes it.
"""
