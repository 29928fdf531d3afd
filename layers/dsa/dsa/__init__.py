"""What the EU Digital Services Act asks for: statements of reasons and the yearly report.

It may import `ledger` and libraries. Start with `statement.statement`, `report.report` or, for the
mathematics of estimates, `estimates`.
"""
