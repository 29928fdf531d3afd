"""The records of what happened, and the table, buckets and queues that hold them.

Only its room `aws` knows boto3. Start with `units` for posts, `cases` for cases, and `aws.store`
for the table.
"""
