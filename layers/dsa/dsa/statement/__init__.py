"""Statements of reasons (DSA Art. 17): how one is written, and what is wrong with anybody's.

It may import `ledger`. Start with `statement`, which writes one, or with `schema`, which checks
one.
"""
