"""The function scan: units and messages in, findings and receipts out.

`unit_work` is the life of one unit: `unit_input` reads its records and rules, `inspection` makes
findings of its posts. `scanner` does that for many messages at once. Start with `unit_work`.
"""
