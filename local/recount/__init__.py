"""Counts every published number again from the public journal.

It shares no code with what published them. Start with `recount`.
"""
