"""Signs: named features of a text that are not words, such as a link or dressed letters.

A sign is a pure function from a text to spans of the original. Start with `catalogue`, the closed
list. `matcher.batch.sign_finder` answers for many texts at once. The room imports `text`.
"""
