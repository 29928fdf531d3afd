"""A new log with a new key, under `log/2/` and so on.

Where the old key still exists, the old log ends with a leaf that names the new log and its key; the
proof of that leaf is published, since the leaf is pruned one day. The new log begins with a leaf
that names the last checkpoint of the old one, and then gets leaves for everything that is
published. A run that dies in between leaves work that the next run ends.
"""

import json
from dataclasses import replace
from itertools import count

from publish.transparency.served_log import LogRefusedError, ServedLog
from tlog.checkpoint import Signer, is_signed_by, parse_checkpoint
from tlog.leaves import BeganLeaf, MovedLeaf, RunLeaf, encode_leaf
from tlog.proofs import encode_proof

CONFIRMED = "confirmed.tlog-proof"
"""The proof, in the folder of a log, that the log before names it."""


def newest_log(first: ServedLog, former: Signer | None, at: str, *, may_begin: bool) -> ServedLog:
    """Return the newest log. If it was signed by another key, begin the next one.

    `first` is the log under `log/` with the key that signs now, `former` the key that signed
    before, if it is known. `may_begin` says that a log may begin that the one before does not
    confirm: its key is lost. Raises LogRefusedError if the newest log was signed by another key and
    nobody said to begin a new one, or if a log refuses to grow; LogBusyError if another run moved a
    head meanwhile.
    """
    log = first
    for number in count(2):
        following = replace(first, folder=f"log/{number}/", origin=f"{first.origin}/{number}")
        if following.read("checkpoint") is None:
            break
        log = following
    note = log.read("checkpoint")
    if note is None or log.read("vkey") == log.vkey:
        return log
    if former is not None and is_signed_by(note, former):
        note = _end(replace(log, signer=former), following, at)
    elif not may_begin:
        raise LogRefusedError("the log was signed by another key: a new key needs a new log")
    if following.head().size == 0:
        old = parse_checkpoint(note)
        began = BeganLeaf(old.origin, old.size, old.root.hex())
        following.append(following.head(), [encode_leaf(began), encode_leaf(RunLeaf(at))], at)
    return following


def _end(log: ServedLog, following: ServedLog, at: str) -> bytes:
    """End a log with a leaf that names the log that continues it, and publish the proof of it.

    Return its last checkpoint.
    """
    head = log.head()
    moved = encode_leaf(MovedLeaf(following.origin, following.vkey.decode().removesuffix("\n")))
    if moved not in log.files(head).leaves(max(0, head.size - 2)):
        head = log.append(head, [moved, encode_leaf(RunLeaf(at))], at)
    index, note = head.size - 2, log.read("checkpoint") or b""
    extra = json.dumps({"leaf": moved.decode()}).encode()
    proof = encode_proof(index, log.files(head).inclusion(index), note, extra)
    log.objects.put(log.public, following.folder + CONFIRMED, proof)
    return note
