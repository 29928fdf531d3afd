"""The desk's port on the table: what waits, everything about it, claims and decisions.

Start with `table_desk`.
"""
