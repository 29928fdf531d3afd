"""The table, the buckets and the queues, as the ports want them.

Only this room and the functions know boto3. It may import all of the ledger. Start with `table`,
then `store`.
"""
