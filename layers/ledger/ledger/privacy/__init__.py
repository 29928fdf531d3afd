"""Accounts as keyed pseudonyms, and the keyed draw of the audit sample.

Pure. It imports nothing of ours. Start with `pseudonym`.
"""
