"""The function learn: a feed of published checks was put; the index is built again.

`learning` is one import, `activate_index` puts its index in force. It may import `claims`,
`matcher`, `rules` and `ledger`. Start with `learning`.
"""
