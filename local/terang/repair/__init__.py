"""Finding and mending differences: fsck, redrive, erase.

The checks read raw items and share little code with what wrote them. It may import `remote` and
`recount`. Start with `fsck_stack`.
"""
