"""The function decide: it takes messages about cases and writes their entries.

`case_work` takes deliveries, reads the facts that a kind asks for, commits its judgement and writes
what follows. Only `handler` knows the rooms that write files of entries too.
"""
