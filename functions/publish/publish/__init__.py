"""The core of publish: it adds up receipts and case entries and publishes the numbers.

It writes the public journal, the summaries as JSON, and the seals of closed days. Start with
`publish_run`. It knows none of `publish_steps`; `handler.py` alone puts the two together.
"""
