"""Pages, charts, tables and CSV of a summary; no script, the same bytes for the same numbers.

It may import `count`, `journal` and `summary`. Start with `pages`.
"""
