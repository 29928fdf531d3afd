"""A sitting at home: the server, the book and the sender together, from opening to leaving."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import msgspec

from desk.adopting import Adopter
from desk.moderator import Moderator
from desk.routes.application import DeskApplication
from ledger.cases.pending import PendingDecision, PendingState
from ledger.clock import Clock
from ledger.errors import TerangError
from terang.case_queue import MessageResult
from terang.review.door import HomeServer
from terang.review.home_desk import HomeDesk, HomeSource
from terang.review.pending_book import PendingBook

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
