"""One run of the log: bring it up to its head, add what it lacks, and note what it says.

A new key begins a new log, under `log/2/` and so on. Where the old key still exists, the old log
ends with a leaf that names the new log and its key; the proof of that leaf is published, since the
leaf is pruned one day. The new log begins with a leaf that names the last checkpoint of the old
one, and then gets leaves for everything that is published. A run that dies in between leaves work
that the next run ends.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count, islice

from ledger.clock import utc
from publish.transparency.known_log import KnownLog, list_files, note_known, read_known
from publish.transparency.served_log import AT_ONCE, LogBusyError, LogRefusedError, ServedLog
from tlog.checkpoint import Signer, is_signed_by, parse_checkpoint
from tlog.leaves import BeganLeaf, MovedLeaf, PublishedLeaf, RunLeaf, decode_leaf, encode_leaf
from tlog.proofs import encode_proof

ALIVE_AFTER = timedelta(hours=6)
"""When a run adds a leaf although nothing is new: an old log would look like one rolled back."""


@dataclass(frozen=True, slots=True)
class LogResult:
    """What a run added. `is_busy` says that another run was adding at the same time."""

    size: int
    added: int
    is_busy: bool = False


def log_run(
    log: ServedLog,
    due_of: Callable[[KnownLog], Iterator[bytes]],
    now: datetime,
    has_time: Callable[[], bool],
) -> LogResult:
    """Add the leaves that are due, in portions, as long as there is time.

    `due_of` yields them for what the log says so far; the next run adds the rest. Raises
    LogRefusedError if the log cannot grow without contradicting its served head.
    """
    before = added = 0
    try:
        head = log.head()
        known, before, at = read_known(log, head), head.size, utc(now)
        due, listed = set[str](), ""
        for portion, is_last in _portions(due_of(known), has_time):
            leaves = map(decode_leaf, portion)
            due |= {leaf.path for leaf in leaves if isinstance(leaf, PublishedLeaf)}
            if is_last:
                files = list_files(log, known, due)
                listed = sha256(files).hexdigest()
                if not portion and listed == known.newest_list and not _is_silent(known, now):
                    break
                # Also if it is there already: the lifecycle deletes what was not written for long.
                log.objects.put(log.public, f"log/lists/{listed}.json", files)
            head = log.append(head, [*portion, encode_leaf(RunLeaf(at, listed))], at)
            added = head.size - before
    except LogBusyError:
        return LogResult(before + added, added, is_busy=True)
    for leaf in log.files(head).leaves(known.size):
        known.add(leaf)
    known.root = head.root
    note_known(log, known)
    return LogResult(head.size, added)


def _portions(
    leaves: Iterator[bytes], has_time: Callable[[], bool]
) -> Iterator[tuple[list[bytes], bool]]:
    """Yield the leaves in portions, each with whether it is the last one, which may be empty.

    End when there is no time for another one.
    """
    while len(portion := list(islice(leaves, AT_ONCE))) == AT_ONCE and has_time():
        yield portion, False
    yield portion, True


def _is_silent(known: KnownLog, now: datetime) -> bool:
    """Return whether the newest run of the log is so old that another one should be seen."""
    return not known.at or now - datetime.fromisoformat(known.at) >= ALIVE_AFTER


LOGS = 9
"""The logs that a stack may have, one after the other: the template prunes no later one."""

CONFIRMED = "confirmed.tlog-proof"
"""The proof, in the folder of a log, that the log before names it."""


def newest_log(
    first: ServedLog, former: Signer | None, at: str, *, has_begun: bool = False, may_begin: bool
) -> ServedLog:
    """Return the newest log. If it was signed by another key, begin the next one.

    `first` is the log under `log/` with the key that signs now, `former` the key that signed
    before, if it is known. `has_begun` says that the key already signs a log, whose table and files
    may not be back yet. `may_begin` says that a log may begin that the one before does not confirm:
    its key is lost. Raises LogRefusedError if the newest log has another name or key and
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
    if note is None and has_begun and not may_begin and log.head().size == 0:
        raise LogRefusedError(
            "LogKeyArn is the key of a log, which is not here yet: put back its table and files"
            " (docs/operate.md), or begin a log with `terang publish --accept new-log`"
        )
    if note is None or (vkey := log.read("vkey")) == log.vkey:
        return log
    if number > LOGS:
        raise LogRefusedError(f"no rule of the public bucket prunes log/{number}/: add one")
    if former is not None and is_signed_by(note, former):
        note = _end(replace(log, signer=former), following, at)
    elif not may_begin:
        raise log.refusal_of(vkey)
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
