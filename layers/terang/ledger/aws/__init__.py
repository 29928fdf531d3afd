"""DynamoDB, S3, SQS and KMS: the one place that knows how the ledger is kept on AWS.

Start with `store`: `DynamoStore` joins the stores of units, findings, cases, floods and personal
data, each over the same `table`. `desk_store` has the rows of the desk and of the public log.
"""
