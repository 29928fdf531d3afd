"""Hands results over: statements in batches, yearly reports, audit samples and paused rules.

Start with `dsa_files`.
"""
