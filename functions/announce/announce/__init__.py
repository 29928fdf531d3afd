"""The function announce: tells a provider of its findings, decisions, corrections and closed files.

A file in the out bucket starts it. Such a file is written after the commit that it reports.
It may import `ledger`. Start reading in `deliveries`.
"""
