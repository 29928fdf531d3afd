"""Personal data and people: pseudonyms for accounts, letters for moderators, erasure, audit sample.

It may import `clock`, `errors` and `records`. Each module holds the port to what it stores. Start
with `pseudonyms`.
"""
