"""The harmonised yearly report: eleven parts of rows, and the entries behind each number.

Start with `report`; `categories` and `indicators` say what each number means, `files` writes and
reads the files.
"""
