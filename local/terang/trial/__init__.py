"""What `terang run` does: one trial of files and messages on the local stack.

It may import the emulator, `casework`, `packs`, `remote` and the layers. Start with `trial`.
"""
