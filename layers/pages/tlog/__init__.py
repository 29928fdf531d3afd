"""A transparency log as static files: leaves, hashes, tiles, signed checkpoints and proofs.

The formats are those of RFC 6962 and of C2SP (tlog-tiles, tlog-checkpoint, signed-note and
tlog-proof), so that clients written by others can read the log. No AWS, clock or file access. Start
with `tree.GrowingTree`, which adds leaves, then read `leaves`.
"""
