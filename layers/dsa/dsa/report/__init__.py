"""The harmonised yearly report: eleven parts of cells, each with the entries that it counts.

It may import `statement` and `ledger`. Start with `report`.
"""
