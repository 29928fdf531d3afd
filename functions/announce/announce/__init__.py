"""The function announce: tells a provider of its findings, decisions, corrections and closed files.

It starts from a file in the out bucket, which exists only after the commit that it follows from.
It may import `ledger`. Start reading in `deliveries`.
"""
