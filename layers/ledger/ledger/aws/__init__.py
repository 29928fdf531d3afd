"""DynamoDB, S3 and SQS behind the ports of the ledger.

Only this room and the functions know boto3; it may import all of the ledger. Start with `store`,
which is the whole table: it builds on `case_store`, `privacy_store` and `table`.
"""
