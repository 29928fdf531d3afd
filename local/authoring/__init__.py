"""Checks, explains, formats, imports and learns packs for their authors. Never deployed.

It imports `matcher` and `rules`, which define and read packs. Read `check` first.
"""
