"""The moderator's decisions at home: pending in one file, and after ten seconds final in another.

Both files are appended to and flushed to the disk at once. Whatever dies, the next start reads the
pending file: decisions that were not undone are in the decisions file once, by its ids.

A sitting at home: the server, the book and the sender together, from opening to leaving.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import msgspec

from desk.deciding import Adopter
from desk.items import Moderator
from desk.routes import DeskApplication
from desk.table_desk import CannedReason, TableDesk
from ledger.aws.desk_store import SENT_DAYS, DynamoDesk, PendingDecision, PendingState
from ledger.aws.table import Item
from ledger.refusals import OperatorError, TerangError
from ledger.texts import Clock
from terang.case_queue import UNREADABLE, MessageResult, decode_lines, read_messages
from terang.review.door import HomeServer
from terang.review.memory_table import MemoryTable

type Judge = Callable[[Sequence[Mapping[str, Any]]], None]
"""Moves the table by messages that are final, if it is at home."""

EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class BookRows(DynamoDesk):
    """The rows of the desk in memory. A decision keeps its items for good: nobody may send it."""

    table: MemoryTable = field(default_factory=MemoryTable)
    live: timedelta = timedelta(days=20_000)

    def restore(self, decision: PendingDecision) -> None:
        """Put a decision as it was stored: first pending, then in each of its later states."""
        if self.pending(decision.provider, decision.id) is None:
            self.store_pending(decision)
        else:
            self.table.transact(self._put(decision, SENT_DAYS))


@dataclass(slots=True)
class PendingBook:
    """All decisions of one moderator at home. One process at a time may hold the files."""

    file: Path
    provider: str
    rows: BookRows
    judge: Judge
    _written: set[str] = field(default_factory=set)

    @classmethod
    def open(
        cls, file: Path, provider: str, clock: Clock, judge: Judge = lambda _: None
    ) -> "PendingBook":
        """Read the files, and finish what an earlier process left pending.

        Raises OperatorError if one of them holds something else.
        """
        book = cls(file, provider, BookRows(clock=clock), judge)
        if file.exists():
            book._written = {str(message.get("id")) for message in read_messages(file)}
        if book.pending_file.exists():
            lines = book.pending_file.read_bytes().split(b"\n")
            half = lines.pop()  # an earlier process died while it wrote
            if half:
                with book.pending_file.open("r+b") as opened:
                    opened.truncate(opened.seek(-len(half), os.SEEK_END))
            for line in lines:
                book.rows.restore(_decoded(line, book.pending_file))
        if book.reasons_file.exists():
            data, name = book.reasons_file.read_bytes(), str(book.reasons_file)
            book.rows.put_reasons(provider, decode_lines(data, CannedReason, name))
        book.rows.table.keep.append(book._keep)
        book.finish(everything=True)
        return book

    @property
    def pending_file(self) -> Path:
        """Return the file of pending decisions, next to the one of decisions."""
        return self.file.with_name(f"{self.file.name}.pending")

    @property
    def reasons_file(self) -> Path:
        """Return the file of canned reasons, next to the one of decisions."""
        return self.file.with_name("reasons.jsonl")

    def decisions(self, *states: PendingState) -> list[PendingDecision]:
        """Return the decisions in these states, the oldest first."""
        stored = self.rows.pending_since(self.provider, EPOCH)
        return [each for each in stored if each.state in states]

    def finish(self, *, everything: bool = False) -> None:
        """Write the decisions that are due into the file of decisions.

        With `everything`, nothing stays pending: the moderator leaves.
        """
        for decision in self.decisions(PendingState.PENDING):
            due = datetime.fromisoformat(decision.due_at)
            if everything or due <= self.rows.clock.now():
                new = [each for each in decision.messages if each["id"] not in self._written]
                _append_lines(self.file, map(msgspec.json.encode, new))
                self._written |= {message["id"] for message in new}
                self.rows.release_pending(self.provider, decision.id)
                self.judge(decision.messages)

    def _keep(self, items: Sequence[Item]) -> None:
        """Keep what is put into the rows and outlives this process: decisions and reasons."""
        for item in items:
            name, record = item["sk"]["S"], item.get("record", {}).get("S", "").encode()
            if name.startswith("pending#"):
                _append_lines(self.pending_file, [record])
            elif name == "reasons":
                reasons = msgspec.json.decode(record, type=list[msgspec.Raw])
                part = self.reasons_file.with_name(f"{self.reasons_file.name}.new")
                part.write_bytes(b"".join(bytes(reason) + b"\n" for reason in reasons))
                part.replace(self.reasons_file)


def _append_lines(file: Path, records: Iterable[bytes]) -> None:
    """Append lines, after a line end if an earlier process died within a line."""
    lines = b"".join(record + b"\n" for record in records)
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


type Send = Callable[[Sequence[Mapping[str, Any]]], list[MessageResult]]
"""Sends messages to a stack and waits for their results."""

PAUSE_SECONDS = 1.0

STANDING = set(PendingState) - {PendingState.UNDONE}


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
        for decision in self.book.decisions(PendingState.SENT):
            if self.problem is not None:
                return
            try:
                results = self.send(decision.messages)
            except TerangError as error:
                self.problem = error
                return
            self.results += results
            self.book.rows.end_pending(answered(decision, results))


def answered(decision: PendingDecision, results: Sequence[MessageResult]) -> PendingDecision:
    """Return a decision with the answer of its messages: the worst one of a group."""
    by_status = {result.status: result for result in reversed(results)}
    worst = by_status.get("refused") or by_status.get("waiting") or results[0]
    known = worst.status in set(PendingState)
    state = PendingState(worst.status) if known else PendingState.REFUSED
    return msgspec.structs.replace(decision, state=state, code=worst.code, first=worst.first)


@dataclass(slots=True)
class Sitting:
    """One moderator's sitting over a run or a stack: `desk` makes the desk over the book's rows."""

    moderator: Moderator
    desk: Callable[[DynamoDesk], TableDesk]
    file: Path
    clock: Clock
    judge: Judge = lambda _: None
    public: Path | None = None
    send: Send | None = None
    adopter: Adopter | None = None

    def run(self, show: Callable[[HomeServer], None], port: int = 0) -> "SittingResult":
        """Serve until the moderator leaves or interrupts. Return the decisions.

        `show` gets the server before it serves, and tells the moderator where it is.
        """
        book = PendingBook.open(self.file, self.moderator.provider, self.clock, self.judge)
        before = {decision.id for decision in book.decisions(*STANDING)}
        desk = self.desk(book.rows)
        desk.items(self.moderator)  # what cannot be read is said before a browser opens
        sender = Sender(book, self.send) if self.send else None
        server = HomeServer.open(
            self.moderator,
            lambda door: DeskApplication(desk, door, self.adopter),
            book.finish,
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
            book.finish(everything=True)
            if sender:
                sender.stop()
        new = [each for each in book.decisions(*STANDING) if each.id not in before]
        results = sender.results if sender else []
        return SittingResult(
            sum(len(decision.messages) for decision in new),
            results,
            sender.problem if sender else None,
        )


@dataclass(frozen=True, slots=True)
class SittingResult:
    """What a sitting left: messages in the file, results of those sent, and what stopped it."""

    decided: int
    results: Sequence[MessageResult]
    problem: TerangError | None
