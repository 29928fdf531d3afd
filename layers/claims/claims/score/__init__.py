"""How similar a text and a check are, in which order checks answer, and which one is attached.

Start with `ranking`, then `evidence`.
"""
