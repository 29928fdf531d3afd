"""A text in its normal form, with the way back to the original.

`fold` says what each code point becomes, `aligned` keeps where it was, `links` finds what terms do
not look inside. It may import `rules` only. Start with `fold`.
"""
