"""The function decide: it takes messages about cases and writes their entries.

`case_work` takes one message, `judging` decides what it does, `effects` writes what follows from
it. It may import `rules`, `ledger` and `dsa`. Start with `case_work`.
"""
