"""Judge a message about a case: return its entry and moves, or why it is refused.

Pure: it gets a message and facts, and may import `facts` only. Start with `judge`; what a move does
to a case is in `ledger.cases.transitions`.
"""
