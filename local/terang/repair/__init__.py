"""Finding and repairing damage: fsck, redrive, erase.

fsck reads raw items and files with code of its own, so that a bug of the store cannot hide itself;
the rest works through `ledger`. Start with `fsck`, `dead_letters` or `erasure`.
"""
