"""Pages, charts, tables and CSV of summaries, without scripts.

The same numbers give the same bytes. Start with `pages`.
"""
