"""The function decide: what people did about cases in, entries out.

`case_work` takes one message, `judging` says what it means, `effects` hands out what follows. It
may import `ledger` and `dsa`. Start with `case_work`.
"""
