"""Terms of rules: their patterns, the automaton that finds them, and how close together they are.

It may import `text`, `hosts` and `rules`. Start with `index`.
"""
