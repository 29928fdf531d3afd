"""Adds up lines of the public journal: numbers, precision, recall, open cases of a month.

Pure. Start with `folding`, then `case_counting`.
"""
