"""Hands results over: statements in batches, yearly reports, audit samples and paused rules.

It may import `count` and `public_bucket`. Start with `statement_batches`.
"""
