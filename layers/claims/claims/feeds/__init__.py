"""Feeds of published fact-checks: reading, admitting, storing and comparing them.

It may import `text` and `check`. Start with `admission`, which accepts or refuses
the reviews that `feed` reads.
"""
