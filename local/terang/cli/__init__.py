"""The `terang` command: each module reads arguments, calls the room that does the work, and prints.

A command may import `arguments` and any other room, but no other command. Start with `command`.
"""
