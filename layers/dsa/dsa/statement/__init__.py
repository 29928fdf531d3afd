"""Statements of reasons (DSA Art. 17): fields, rules, and whether one means what it says.

It may import `ledger`. Start with `statement`.
"""
