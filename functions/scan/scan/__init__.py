"""The function scan: units and messages in, findings and receipts out.

`unit_work` is the life of one unit: `reading` reads its records, `inspection` makes findings of its
posts by the rules of `rule_sets`, and `persisting` stores everything. `batches` does that for many
messages at once. Start with `unit_work`.
"""
