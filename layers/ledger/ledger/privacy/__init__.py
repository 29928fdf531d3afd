"""Personal data and people: pseudonyms for accounts, letters for moderators, erasure, audit sample.

Each module holds the port to what it stores. Start with `pseudonyms`.
"""
