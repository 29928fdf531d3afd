"""DynamoDB, S3, SQS and KMS behind the ports of the ledger, which document the methods.

Start with `store`: `DynamoStore` joins the stores of units, findings, cases, floods and personal
data, each over the same `rows`. `desk_store` and `log_store` are apart.
"""
