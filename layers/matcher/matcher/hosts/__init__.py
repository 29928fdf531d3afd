"""Host names in links, and hosts that pass for another one.

It may import `text` and `hit`. Start with `named`.
"""
