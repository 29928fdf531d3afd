"""The `terang` command: each module reads arguments, does or calls the work, and prints.

No command imports another one. Start with `command`, the table of all commands.
"""
