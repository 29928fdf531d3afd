"""The function answer: a text in, published checks out.

Nothing of a question is stored or logged. It may import `claims`, `rules` and `ledger`. Start with
`tip_line`; `request` says who may ask, `messages` holds the words of the answers.
"""
