"""The records of what happened, and the table, buckets and queues that hold them.

It imports no other package of Terang; only its room `aws` knows boto3. Start with `records.receipt`
for posts, `cases.case` for cases, and `ports` for the stores.
"""
