"""Feeds of published fact-checks: reading, admitting, merging and grouping them.

It may import `text` and `arrays`. Start with `feed`, then `admission`.
"""
