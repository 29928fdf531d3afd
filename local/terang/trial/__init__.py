"""Runs files and messages through the local stack, as `terang run` does.

It may import the emulator, `case_messages`, `case_queue`, `packs`, `remote` and the layers. Start
with `trial`.
"""
