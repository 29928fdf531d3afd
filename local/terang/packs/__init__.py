"""Publishing packs: the set that follows the one in force, what changes, and earlier sets.

Start with `publishing`; `next_set` has the rules.
"""
