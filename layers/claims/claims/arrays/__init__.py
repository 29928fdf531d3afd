"""The checks of one language as arrays in one immutable file.

It may import `text`. Start with `language_index`.
"""
