"""The desk's port on the table: what waits, everything about it, claims and decisions.

It may import `desk`, `rules` and `ledger`. Start with `table_desk`.
"""
