"""How like a text and a check are, in which order checks answer, and whether one is attached.

It may import `text` and `index`. Start with `ranking`, then `evidence`.
"""
