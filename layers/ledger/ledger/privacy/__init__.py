"""Personal data and people: pseudonyms, letters of moderators, fingerprints, erasure, audit sample.

Each module holds the port to what it stores. Start with `pseudonyms`.
"""
