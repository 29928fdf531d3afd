"""Files of messages about cases, and sending them to a stack.

It may import `ledger`. Start with `message_file`.
"""
