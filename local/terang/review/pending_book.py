"""The moderator's decisions at home: pending in one file, and after ten seconds final in another.

Both files are appended to and flushed to the disk at once. Whatever dies, the next start reads the
pending file: decisions that were not undone are in the decisions file once, by its ids.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import RLock

import msgspec

from desk.ports import FirstDecision
from ledger.cases.messages import BaseCaseMessage
from ledger.cases.pending import PendingDecision, PendingState
from ledger.errors import OperatorError
from terang.case_messages import UNREADABLE, read_messages


@dataclass(slots=True)
class PendingBook:
    """All decisions of one moderator at home. One process at a time may hold the files.

    Where decisions are sent, a worker thread reports what decide answered: hence the lock.
    """

    file: Path
    _decisions: dict[str, PendingDecision] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)
    _lock: RLock = field(default_factory=RLock)

    @classmethod
    def open(cls, file: Path, now: datetime) -> "PendingBook":
        """Read both files, and finish what an earlier process left pending.

        Raises OperatorError if one of them holds something else.
        """
        book = cls(file)
        if file.exists():
            book._written = {str(message.get("id")) for message in read_messages(file)}
        if book.pending_file.exists():
            lines = book.pending_file.read_bytes().split(b"\n")
            half = lines.pop()  # an earlier process died while it wrote
            if half:
                with book.pending_file.open("r+b") as opened:
                    opened.truncate(opened.seek(-len(half), os.SEEK_END))
            for line in lines:
                book._remember(_decoded(line, book.pending_file))
        book.finish(now, everything=True)
        return book

    @property
    def pending_file(self) -> Path:
        """Return the file of pending decisions, next to the one of decisions."""
        return self.file.with_name(f"{self.file.name}.pending")

    @property
    def decisions(self) -> list[PendingDecision]:
        """Return all decisions that are known, the newest first."""
        with self._lock:
            return sorted(
                self._decisions.values(), key=lambda decision: decision.held_at, reverse=True
            )

    @property
    def standing(self) -> list[PendingDecision]:
        """Return the decisions that were not taken back, the newest first."""
        return [each for each in self.decisions if each.state is not PendingState.UNDONE]

    def store_pending(self, pending: PendingDecision) -> FirstDecision | None:
        """Store a decision as pending, as `DeskDecisions.store_pending` says."""
        with self._lock:
            own = self._decisions.get(pending.id)
            if own is None:
                self._append(pending)
                return None
            if own.state is PendingState.UNDONE:
                return FirstDecision(moderator=own.moderator, decided_at=own.held_at, undone=True)
            return None

    def undo(self, pending: str, now: datetime) -> bool:
        """Take back a decision that is still pending; False if it is too late for it."""
        with self._lock:
            own = self._decisions.get(pending)
            if own is not None and own.state is PendingState.UNDONE:
                return True
            if own is None or own.state is not PendingState.PENDING or _is_due(own, now):
                return False
            self._append(msgspec.structs.replace(own, state=PendingState.UNDONE))
            return True

    def finish(self, now: datetime, *, everything: bool = False) -> list[PendingDecision]:
        """Write the decisions that are due into the file of decisions; return them.

        With `everything`, nothing stays pending: the moderator leaves.
        """
        with self._lock:
            due = [
                each
                for each in reversed(self.decisions)
                if each.state is PendingState.PENDING and (everything or _is_due(each, now))
            ]
            for decision in due:
                new = [each for each in decision.messages if each.id not in self._written]
                _append_lines(self.file, new)
                self._written |= {message.id for message in new}
                self._append(msgspec.structs.replace(decision, state=PendingState.SENT))
            return due

    def unanswered(self) -> list[PendingDecision]:
        """Return the decisions in the file to which decide has not answered, the oldest first."""
        return [each for each in reversed(self.decisions) if each.state is PendingState.SENT]

    def answer(self, decision: PendingDecision) -> None:
        """Store what decide answered."""
        with self._lock:
            self._append(decision)

    def _append(self, decision: PendingDecision) -> None:
        _append_lines(self.pending_file, [decision])
        self._remember(decision)

    def _remember(self, decision: PendingDecision) -> None:
        self._decisions[decision.id] = decision


def _is_due(decision: PendingDecision, now: datetime) -> bool:
    return datetime.fromisoformat(decision.due_at) <= now


def _append_lines(file: Path, records: Iterable[BaseCaseMessage | PendingDecision]) -> None:
    """Append records as lines, after a line end if an earlier process died within a line."""
    lines = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    if not lines:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab+") as opened:
        if opened.tell():
            opened.seek(-1, os.SEEK_END)
            if opened.read(1) != b"\n":
                lines = b"\n" + lines
        opened.write(lines)
        opened.flush()
        os.fsync(opened.fileno())


def _decoded(line: bytes, file: Path) -> PendingDecision:
    try:
        return msgspec.json.decode(line, type=PendingDecision)
    except UNREADABLE as error:
        raise OperatorError(f"{file}: not the pending decisions of this command: {error}") from None
