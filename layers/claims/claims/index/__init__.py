"""An index of checks: built once from feeds, named by its digest, with thresholds of its own.

It may import `feeds` and `score`. Start with `index`.
"""
