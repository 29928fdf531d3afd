"""A text in its normal form, and the way back to the original.

`fold` defines what each code point becomes, `aligned` keeps where it came from, `links` finds links
and mentions, in which terms do not match, and `hostnames` compares host names. This room imports no
other room. Start with `fold`.
"""
