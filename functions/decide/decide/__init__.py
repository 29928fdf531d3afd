"""The function decide: it takes messages about cases and writes their entries.

`judge` returns what a message does to its cases, from facts alone; `case_work` reads the facts,
commits the judgement and writes what follows. Start with `case_work`.
"""
