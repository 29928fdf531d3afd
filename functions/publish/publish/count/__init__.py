"""Adds up lines of the public journal: numbers, precision, recall, open cases of a month.

Pure. It may import `journal`, `catalogue` and `estimates`. Start with `folding`, then
`case_counting`.
"""
