"""The public log: what this stack published, in an order that nobody can change afterwards.

`due_leaves` says what is to be added, from the files of the public bucket and the receipts of
closed days. `served_log` adds it: head first, files next, checkpoint last. Start with
`logging_run`.
"""
