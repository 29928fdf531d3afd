"""How similar a text and a check are, in which order checks answer, and which one is attached.

It may import `text` and `index`. Start with `ranking`, then `evidence`.
"""
