"""One run of the log: bring it up to its head, add what it lacks, and note what it says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.clock import utc
from publish.transparency.known_log import KnownLog, note_known, read_known
from publish.transparency.served_log import AT_ONCE, LogBusyError, ServedLog
from tlog.leaves import RunLeaf, encode_leaf

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
        for portion in _portions(due_of(known), has_time):
            head = log.append(head, [*portion, encode_leaf(RunLeaf(at))], at)
            added = head.size - before
        if not added and _is_silent(known, now):
            head = log.append(head, [encode_leaf(RunLeaf(at))], at)
            added = 1
    except LogBusyError:
        return LogResult(before + added, added, is_busy=True)
    for leaf in log.files(head).leaves(known.size):
        known.add(leaf)
    known.root = head.root
    note_known(log, known)
    return LogResult(head.size, added)


def _portions(leaves: Iterator[bytes], has_time: Callable[[], bool]) -> Iterator[list[bytes]]:
    """Yield the leaves in portions; end when there is no time for another one."""
    portion: list[bytes] = []
    for leaf in leaves:
        portion.append(leaf)
        if len(portion) == AT_ONCE:
            yield portion
            portion = []
            if not has_time():
                return
    if portion:
        yield portion


def _is_silent(known: KnownLog, now: datetime) -> bool:
    """Return whether the newest run of the log is so old that another one should be seen."""
    return not known.at or now - datetime.fromisoformat(known.at) >= ALIVE_AFTER
