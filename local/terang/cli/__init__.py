"""The `terang` command: each module reads arguments, calls the room that does the work, and prints.

No command imports another one. Start with `command`.
"""
