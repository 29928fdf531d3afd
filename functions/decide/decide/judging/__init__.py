"""Judging a message about a case: its entry and moves, or why it is refused.

Pure: it gets facts and a message. It may import `facts` and `excerpt_ends`. Start with `judge`.
"""
