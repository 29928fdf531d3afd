"""Terms of rules: their patterns, the automaton that finds them, and the windows they form.

Start with `index`, then follow a post: `automaton` finds patterns, `term` checks a place, `windows`
decides whether a rule is satisfied.
"""
