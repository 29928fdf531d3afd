"""The duties of the EU Digital Services Act: notices, statements of reasons, the yearly report.

Start with `author_notice`, `statement.statement`, `report.report` or, for the mathematics of
estimates, `estimates`.
"""
