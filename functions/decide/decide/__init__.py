"""The function decide: it takes messages about cases and writes their entries.

`case_work` reads the facts, commits what `judging` returns, and writes what follows. Start there.
"""
