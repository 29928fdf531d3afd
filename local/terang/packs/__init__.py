"""Publishing packs: the set that follows the one in force, what changes, and earlier sets.

It may import `rules`, `matcher`, `authoring`, `claims` and `ledger`. Start with `publishing`;
`next_set` has the rules.
"""
