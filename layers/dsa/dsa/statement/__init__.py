"""Statements of reasons (DSA Art. 17): write them, and check anybody's.

Start with `statement`, which writes them, or with `schema`, which checks them.
"""
