"""The function answer: a text in, published checks out.

Nothing of a question is stored or logged. Start with `tip_line`; `ask_routes` are the ways to ask.
"""
