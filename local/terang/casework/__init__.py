"""Files of messages about cases: reading and writing them, and sending them to a stack.

It may import `ledger`. Start with `case_queue`, which sends; `message_file` reads and writes files,
`message_order` completes what a message may leave out.
"""
