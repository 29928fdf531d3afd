"""Feeds of published fact-checks: reading, admitting, storing and comparing them.

Start with `admission`, which accepts or refuses the reviews that `feed` reads.
"""
