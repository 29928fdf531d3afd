"""DynamoDB, S3 and SQS behind the ports of the ledger.

`ports` and the modules of `privacy` document the methods. Start with `store`, the whole table: each
of its modules adds ports to the one before it.
"""
