"""The function answer: a text in, published checks out.

Nothing of a question is kept or logged. It may import `claims` and `ledger`. Start with `tip_line`.
"""
