"""The commands of `terang`: each reads its options, calls a room, and prints the result.

`command` lists them. It may import everything. Start with `command`.
"""
