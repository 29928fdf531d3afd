"""The moderator's decisions at home: pending in one file, and after ten seconds final in another.

Both files are appended to and flushed to the disk at once. Whatever dies, the next start reads the
pending file: decisions that were not undone are in the decisions file once, by its ids.

The desk at home: the port `Desk` over the findings of a run or a stack, for one moderator.

Decisions are pending in the moderator's book. Claims are the moderator's own: at home nobody else
sits at this desk, and decide refuses the second of two decisions.

A sitting at home: the server, the book and the sender together, from opening to leaving.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Any, Protocol

import msgspec

from desk.deciding import Adopter
from desk.desk_port import CannedReason, DeskQuality, FirstDecision
from desk.items import Dossier, Item, Moderator
from desk.routes import DeskApplication
from ledger.case_messages import (
    BaseCaseMessage,
    CaseMessage,
    ItemClaim,
    PendingDecision,
    PendingState,
)
from ledger.refusals import OperatorError, TerangError
from ledger.texts import Clock
from terang.case_queue import UNREADABLE, MessageResult, decode_lines, read_messages
from terang.review.door import HomeServer


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


FRESH_SECONDS = 60
"""How long a stack's list of items is shown before it is read again."""


class HomeSource(Protocol):
    """Where the items come from: a run's folder, or a stack."""

    def dossiers(self, own: Sequence[CaseMessage]) -> list[Dossier]:
        """Return everything that waits after the moderator's own messages."""

    def territory(self) -> tuple[str, ...]:
        """Return the countries in which decisions hold if they name none."""

    def whole(self, dossier: Dossier) -> Dossier:
        """Return an item with its near copies and earlier decisions."""

    def goldens(self) -> list[Dossier]:
        """Return the cards for training."""

    def quality(self, own: Sequence[CaseMessage]) -> DeskQuality:
        """Return how second reviews agreed and decisions held."""


@dataclass(slots=True)
class HomeDesk:
    """The port `Desk` for one moderator at home."""

    source: HomeSource
    book: PendingBook
    clock: Clock
    reasons_file: Path
    _claims: dict[str, ItemClaim] = field(default_factory=dict)
    _dossiers: dict[str, Dossier] = field(default_factory=dict)
    _listed: set[str] = field(default_factory=set)
    _read_at: datetime | None = None

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self.clock.now()

    def items(self, moderator: Moderator) -> Sequence[Item]:
        """Return all that waits and is not decided in this book."""
        self._refresh(self.clock.now())
        open_keys = self._listed - self._decided()
        return [each.item for key, each in self._dossiers.items() if key in open_keys]

    def dossier(self, moderator: Moderator, key: str) -> Dossier | None:
        """Return everything about one item."""
        if not self._dossiers:
            self._refresh(self.clock.now())
        known = self._dossiers.get(key)
        if known is None:
            return next((each for each in self.source.goldens() if each.item.key == key), None)
        whole = self.source.whole(known)
        decided = self._decided()
        open_copies = tuple(copy for copy in whole.copies if copy.key not in decided)
        return replace(whole, copies=open_copies)

    def territory(self, moderator: Moderator) -> tuple[str, ...]:
        """Return the countries in which decisions hold if they name none."""
        return self.source.territory()

    def search(self, moderator: Moderator, text: str) -> frozenset[str]:
        """Return the keys of items whose excerpt holds this text, without regard to case."""
        wanted = text.casefold()
        return frozenset(
            key
            for key, dossier in self._dossiers.items()
            if any(wanted in (each.excerpt or "").casefold() for each in dossier.findings)
        )

    def goldens(self, moderator: Moderator) -> Sequence[Dossier]:
        """Return the cards for training."""
        return self.source.goldens()

    def claims(self, moderator: Moderator) -> Mapping[str, ItemClaim]:
        """Return the own claims that have not ended."""
        now = self.clock.now()
        return {
            key: claim
            for key, claim in self._claims.items()
            if datetime.fromisoformat(claim.until) > now
        }

    def claim(self, moderator: Moderator, key: str, until: datetime) -> ItemClaim:
        """Claim an item. Nobody else sits at this desk."""
        claim = ItemClaim(item=key, moderator=moderator.name, until=until.isoformat())
        self._claims[key] = claim
        return claim

    def release(self, moderator: Moderator, key: str) -> None:
        """End the own claim."""
        self._claims.pop(key, None)

    def store_pending(self, moderator: Moderator, pending: PendingDecision) -> FirstDecision | None:
        """Store a decision as pending, unless another one of this book decided the item."""
        for each in self.book.standing:
            if each.id != pending.id and not each.leaves_open and {*each.items} & {*pending.items}:
                return FirstDecision(moderator=each.moderator, decided_at=each.held_at)
        return self.book.store_pending(pending)

    def undo(self, moderator: Moderator, pending: str) -> bool:
        """Take back an own decision that is still pending."""
        return self.book.undo(pending, self.clock.now())

    def recent(self, moderator: Moderator) -> Sequence[PendingDecision]:
        """Return the decisions of the last day, the newest first."""
        since = self.clock.now() - timedelta(days=1)
        decisions = self.book.decisions
        return [each for each in decisions if datetime.fromisoformat(each.held_at) > since]

    def reasons(self, moderator: Moderator) -> Sequence[CannedReason]:
        """Return the reasons in the file next to the decisions."""
        if not self.reasons_file.exists():
            return []
        data = self.reasons_file.read_bytes()
        return decode_lines(data, CannedReason, str(self.reasons_file))

    def put_reasons(self, moderator: Moderator, reasons: Sequence[CannedReason]) -> None:
        """Replace the file of reasons."""
        lines = b"".join(msgspec.json.encode(reason) + b"\n" for reason in reasons)
        part = self.reasons_file.with_name(f"{self.reasons_file.name}.new")
        part.write_bytes(lines)
        part.replace(self.reasons_file)

    def quality(self, moderator: Moderator) -> DeskQuality:
        """Return how second reviews agreed and decisions held."""
        return self.source.quality(self._messages())

    def _messages(self) -> list[CaseMessage]:
        return [message for each in reversed(self.book.standing) for message in each.messages]

    def _decided(self) -> set[str]:
        """Return the items that decisions of this book closed."""
        return {key for each in self.book.standing if not each.leaves_open for key in each.items}

    def _refresh(self, now: datetime) -> None:
        age = now - self._read_at if self._read_at else timedelta.max
        if age > timedelta(seconds=FRESH_SECONDS):
            found = {each.item.key: each for each in self.source.dossiers(self._messages())}
            self._dossiers |= found
            self._listed = set(found)
            self._read_at = now


type Send = Callable[[Sequence[Mapping[str, Any]]], list[MessageResult]]
"""Sends messages to a stack and waits for their results."""

PAUSE_SECONDS = 1.0

STATES = {
    "taken": PendingState.TAKEN,
    "waiting": PendingState.WAITING,
    "refused": PendingState.REFUSED,
}


@dataclass(slots=True)
class Sender:
    """Sends final decisions to a stack, in a thread of its own: an answer takes seconds.

    A message that was sent before somebody died is sent again: decide knows its id.
    """

    book: PendingBook
    send: Send
    results: list[MessageResult] = field(default_factory=list)
    problem: TerangError | None = None
    _stopped: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """Begin to send."""
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send the rest, and return when all of it is answered or a problem came up."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self._send_all()

    def _run(self) -> None:
        while not self._stopped.wait(PAUSE_SECONDS):
            self._send_all()

    def _send_all(self) -> None:
        for decision in self.book.unanswered():
            if self.problem is not None:
                return
            try:
                results = self.send([msgspec.to_builtins(each) for each in decision.messages])
            except TerangError as error:
                self.problem = error
                return
            self.results += results
            self.book.answer(answered(decision, results))


def answered(decision: PendingDecision, results: Sequence[MessageResult]) -> PendingDecision:
    """Return a decision with the answer of its messages: the worst one of a group."""
    refused = next((result for result in results if result.status == "refused"), None)
    waiting = next((result for result in results if result.status == "waiting"), None)
    worst = refused or waiting or results[0]
    state = STATES.get(worst.status, PendingState.REFUSED)
    return msgspec.structs.replace(decision, state=state, code=worst.code, first=worst.first)


@dataclass(slots=True)
class Sitting:
    """One moderator's sitting over a run or a stack."""

    moderator: Moderator
    source: HomeSource
    file: Path
    clock: Clock
    public: Path | None = None
    send: Send | None = None
    adopter: Adopter | None = None

    def run(self, show: Callable[[HomeServer], None], port: int = 0) -> "SittingResult":
        """Serve until the moderator leaves or interrupts. Return the decisions.

        `show` gets the server before it serves, and tells the moderator where it is.
        """
        book = PendingBook.open(self.file, self.clock.now())
        before = {decision.id for decision in book.standing}
        desk = HomeDesk(self.source, book, self.clock, self.file.with_name("reasons.jsonl"))
        desk.items(self.moderator)  # what cannot be read is said before a browser opens
        sender = Sender(book, self.send) if self.send else None
        server = HomeServer.open(
            self.moderator,
            lambda door: DeskApplication(desk, door, self.adopter),
            lambda: finish(book, self.clock),
            port,
            self.public,
        )
        if sender:
            sender.start()
        try:
            show(server)
            server.serve()
        except KeyboardInterrupt:
            pass
        finally:
            server.close()
            book.finish(self.clock.now(), everything=True)
            if sender:
                sender.stop()
        new = [decision for decision in book.standing if decision.id not in before]
        results = sender.results if sender else []
        return SittingResult(
            sum(len(decision.messages) for decision in new),
            results,
            sender.problem if sender else None,
        )


def finish(book: PendingBook, clock: Clock) -> None:
    """Write due decisions into the file of decisions."""
    book.finish(clock.now())


@dataclass(frozen=True, slots=True)
class SittingResult:
    """What a sitting left: messages in the file, results of those sent, and what stopped it."""

    decided: int
    results: Sequence[MessageResult]
    problem: TerangError | None
