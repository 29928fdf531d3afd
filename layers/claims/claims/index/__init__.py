"""The index of checks: one immutable file, and how it is laid out, read and searched.

Start with `index`, then `language_index`; `layout` makes the arrays that these read.
"""
