"""The function answer: a text in, published checks out, through several doors.

Nothing of a question is stored or logged. Start with `tip_line`; `doors` are the ways to ask,
`askers` says who may and how often, `messages` holds the words of the answers.
"""
