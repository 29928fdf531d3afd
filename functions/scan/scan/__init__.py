"""The function scan: units and messages in, findings and receipts out.

`deliveries` takes a message, `unit_work` does one unit from its bytes to its receipt. It may import
`rules`, `matcher`, `claims` and `ledger`. Start with `unit_work`.
"""
