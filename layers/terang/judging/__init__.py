"""Judges messages about cases: the same for decide, and for the desk over a run at home.

It imports `rules` and `ledger`. `case_facts` reads what a message is judged by, `judge` returns its
entry and moves from these facts alone. Start with `judge`.
"""
