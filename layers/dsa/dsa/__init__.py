"""The duties of the EU Digital Services Act: statements of reasons and the yearly report.

It may import `ledger` and libraries. Start with `statement.statement`, `report.report` or, for the
mathematics of estimates, `estimates`.
"""
