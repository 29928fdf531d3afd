"""Pages, charts, tables and CSV of summaries, without scripts.

The same numbers give the same bytes. It may import `count`, `catalogue` and `summary`. Start with
`pages`.
"""
