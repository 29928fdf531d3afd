"""Parses, checks, explains, formats, imports and learns packs for their authors. Never deployed.

It imports `matcher` and `rules`. Read `source` first, which defines the fields of a pack, then
`parse`, which reads a pack, and `check`, which reads and tests a folder.
"""
