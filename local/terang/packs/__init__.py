"""Publishing packs: the set that follows the one in force, what changes, and earlier sets.

It may import `rules`, `claims` and `ledger`. Start with `next_set`.
"""
