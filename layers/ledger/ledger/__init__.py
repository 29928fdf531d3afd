"""The records of what happened, and the table, buckets and queues that hold them.

Only its room `aws` knows boto3. Start with `records.receipt` for posts, `cases.case` for cases, and
`ports` for the stores.
"""
