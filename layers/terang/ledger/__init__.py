"""The records of what happened, and the table, buckets and queues that hold them.

Only `objects` and the stores know AWS. Start with `units` for posts, `cases` for cases, and `store`
for the table: `DynamoStore` joins the stores of units, findings, cases, floods and personal data.
"""
