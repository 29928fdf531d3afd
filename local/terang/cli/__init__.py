"""The `terang` command: each module reads arguments, calls the room that does the work, and prints.

A command imports `arguments` and `pack_loading` of this room, and any room, but no other command.
Start with `command`.
"""
