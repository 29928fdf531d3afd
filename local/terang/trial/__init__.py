"""`terang run`: files through the whole stack on this machine, results in a folder.

It may import `emulator`, `remote` and `casework`. Start with `runner`.
"""
