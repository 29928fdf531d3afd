"""Take one message about a case, from its line to its entries.

A repeated message changes nothing. A message that comes too early is kept with the case that it
waits for, and is judged again when another message moves that case.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from decide.case_files import CaseFiles
from decide.facts_reader import FactsReader
from decide.judge import judge
from decide.judgement import Arrived, Facts
from ledger.cases.case import Case, CaseMarker, JournalEntry, WaitingMessage
from ledger.cases.messages import CaseMessage, Decision
from ledger.cases.reading import read_case_message
from ledger.cases.refusal import CaseCode, CaseReceipt, CaseRefusal
from ledger.clock import Clock, utc
from ledger.keys import case_receipt_key
from ledger.ports import CaseStore, Objects
from ledger.records.identity import digest
from ledger.records.json_text import encode_json

TRIES = 12
"""How often a message is judged while other workers keep moving its cases."""

WAIT_DAYS = 14
"""How long a message waits for the case it refers to: as long as a dead letter is kept."""


@dataclass(frozen=True, slots=True)
class Handled:
    """The outcome of a message: `taken`, `repeated`, `waiting`, or `refused` with its code.

    `first` is the moderator who decided before, if that is why it was refused. `problems` are those
    of the statement of reasons that it caused.
    """

    status: str
    type: str = ""
    code: str = ""
    first: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArrivedLine:
    """A line, and when it was first sent; if it waited, also the day, case and message id.

    `other_door` is empty if moderators may decide through the door by which the line came; else it
    is the door to use.
    """

    provider: str
    line: bytes
    sent_at: datetime
    day: str = ""
    case: str = ""
    name: str = ""
    other_door: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """A message in the journal, and the facts it was judged by; None if it was there before."""

    marker: CaseMarker
    entry: JournalEntry
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class NotCommitted:
    """A message that is refused, or that must wait for a case if its refusal names one.

    `facts` is None if another message has the same id.
    """

    refusal: CaseRefusal
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A message that was taken or refused for good, and the cases that it wakes."""

    handled: Handled
    name: str
    arrival: ArrivedLine
    wakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseWork:
    """Takes messages of registered senders over the ports."""

    store: CaseStore
    objects: Objects
    clock: Clock
    reader: FactsReader
    files: CaseFiles
    out_bucket: str
    trial_day: bool = False

    def take(
        self, provider: str, line: bytes, sent_at: datetime, other_door: str = ""
    ) -> Iterator[Handled]:
        """Take one message, and after it every message that waited for it.

        `sent_at` is when the message was first sent: no time that it states may be later. In a
        trial only the day of `sent_at` counts. A line with `other_door` may not name a moderator.

        A waiting message is kept until all messages that wait for it are taken too. If a worker
        dies in between, the next delivery finds it waiting and continues.
        """
        first = ArrivedLine(provider, line, sent_at, other_door=other_door)
        left: list[ArrivedLine | Settled] = [first]
        done: set[str] = set()
        while left:
            match left.pop():
                case Settled(name=name, arrival=arrival):
                    self._end_waiting(name, arrival)
                case ArrivedLine() as arrival if arrival.name not in done:
                    received = self.receive(arrival)
                    if isinstance(received, Handled):
                        yield received
                        continue
                    yield received.handled
                    done.add(received.name)
                    left += [received] if received.arrival.case else []
                    left += self._woken(received.wakes)

    def refuse(self, provider: str, data: bytes, refusal: CaseRefusal) -> Handled:
        """Write the receipt of a line, or of a whole body, that cannot be read."""
        name = digest("unread", provider, data)
        arrival = ArrivedLine(provider, data, self.clock.now())
        self._write_receipt(self._receipt(name, arrival, "refused", refusal), day="")
        return Handled("refused", code=refusal.code)

    def receive(self, arrival: ArrivedLine) -> Settled | Handled:
        """Read and commit one line, and write what follows; Handled alone if it is not settled."""
        message = read_case_message(arrival.line)
        if isinstance(message, CaseRefusal):
            return self.refuse(arrival.provider, arrival.line, message)
        name = digest("message", arrival.provider, message.id)
        kind = message.type_name
        result = self.commit(name, arrival, message)
        while isinstance(result, NotCommitted) and result.refusal.waits_for:
            if result.refusal.waits_for == arrival.case:
                return Handled("waiting", kind, result.refusal.code)
            # The case may have come between judging and storing: judge once more.
            arrival = self._keep_waiting(name, arrival, message, result.refusal)
            result = self.commit(name, arrival, message)
        arrival = self.find_waiting(name, arrival, message, result.facts)
        if isinstance(result, NotCommitted):
            refusal = result.refusal
            self._tell_sender(name, arrival, message, "refused", refusal)
            first = refusal.first.moderator if refusal.first else ""
            return Settled(Handled("refused", kind, refusal.code, first), name, arrival)
        if arrival.case:
            self._tell_sender(name, arrival, message, "taken")
        problems = self.files.write(message, result.entry)
        status = "repeated" if result.facts is None else "taken"
        handled = Handled(status, kind, problems=problems)
        return Settled(handled, name, arrival, result.marker.wakes)

    def commit(
        self, name: str, arrival: ArrivedLine, message: CaseMessage
    ) -> Committed | NotCommitted:
        """Judge the message and put its marker and entries in one transaction.

        The transaction fails when another worker moved one of the cases. Then everything is read
        and judged again. Of two messages that exclude each other, the later one is refused.
        """
        content = sha256(msgspec.json.encode(message)).hexdigest()
        for _ in range(TRIES):
            known = self.store.case_marker(name)
            if known is not None:
                if known.digest == content:
                    return Committed(known, self.store.entry_of(known))
                return NotCommitted(CaseRefusal(CaseCode.ID_REUSED, "id"))
            if arrival.other_door and getattr(message, "moderator", None) is not None:
                advice = f"this provider's moderators decide at the door {arrival.other_door}"
                return NotCommitted(CaseRefusal(CaseCode.WRONG_DOOR, "moderator", advice=advice))
            now = self.clock.now()
            facts = self.reader.read(message, arrival.provider, now, self._arrived(arrival))
            judged = judge(message, facts)
            if isinstance(judged, CaseRefusal):
                if self.store.case_marker(name) is not None:
                    continue  # another delivery of the same message was first: do not refuse this
                return NotCommitted(judged, facts)
            marker = CaseMarker(
                message=name,
                provider=arrival.provider,
                digest=content,
                day=now.date().isoformat(),
                entry=judged.entry.entry,
                wakes=_wakes(judged.entry),
            )
            if self.store.commit_case(marker, judged.entry, judged.moves):
                return Committed(marker, judged.entry, facts)
        raise OSError(f"other workers moved the cases of a message {TRIES} times")

    def _keep_waiting(
        self, name: str, arrival: ArrivedLine, message: CaseMessage, refusal: CaseRefusal
    ) -> ArrivedLine:
        """Keep the message with the case that it waits for, and nowhere else.

        The order matters: store, write the receipt, and only then look at the case once more. If a
        worker dies in between, the next delivery finds the message there. The message is encoded
        again, since blanks could make the sender's line too long for an item.
        """
        now, case = self.clock.now(), refusal.waits_for
        expires = int((now + timedelta(days=WAIT_DAYS)).timestamp())
        line, day = msgspec.json.encode(message), arrival.day or now.date().isoformat()
        waiting = WaitingMessage(name, arrival.provider, line, day, utc(arrival.sent_at))
        stored = self.store.put_waiting(case, waiting, expires)
        dated = replace(arrival, day=stored.day, case=case, sent_at=_first_sent(stored))
        self._tell_sender(name, dated, message, "waiting", refusal)
        if arrival.case:
            self._end_waiting(name, arrival)
        return dated

    def find_waiting(
        self, name: str, arrival: ArrivedLine, message: CaseMessage, facts: Facts | None
    ) -> ArrivedLine:
        """Return the arrival with the case where an earlier delivery left it to wait, if any.

        Cases are read again: when the message was judged, the other delivery may not have stored it
        yet. A decision on findings alone never waits, and most messages are such decisions.
        """
        if arrival.case or (isinstance(message, Decision) and message.notice is None):
            return arrival
        cases: Iterable[Case]
        if facts is None:
            now = self.clock.now()
            facts = self.reader.read(message, arrival.provider, now, self._arrived(arrival))
            cases = facts.cases.values()
        else:
            cases = filter(None, map(self.store.case, facts.cases))
        for case in cases:
            for waiting in case.waiting:
                if waiting.message == name:
                    return replace(arrival, day=waiting.day, case=case.case)
        return arrival

    def _arrived(self, arrival: ArrivedLine) -> Arrived:
        return Arrived(arrival.sent_at, self.trial_day)

    def _end_waiting(self, name: str, arrival: ArrivedLine) -> None:
        waiting = WaitingMessage(name, arrival.provider, arrival.line, arrival.day)
        self.store.end_waiting(arrival.case, waiting, int(self.clock.now().timestamp()))

    def _woken(self, cases: Iterable[str]) -> Iterator[ArrivedLine]:
        """Yield the messages that wait for these cases."""
        for name in cases:
            case = self.store.case(name)
            for waiting in case.waiting if case else ():
                sent = _first_sent(waiting)
                yield ArrivedLine(
                    waiting.provider, waiting.line, sent, waiting.day, name, waiting.message
                )

    def _tell_sender(
        self,
        name: str,
        arrival: ArrivedLine,
        message: CaseMessage,
        status: str,
        refusal: CaseRefusal | None = None,
    ) -> None:
        """Write the receipt of a message that could be read."""
        receipt = self._receipt(name, arrival, status, refusal)
        receipt = msgspec.structs.replace(receipt, type=message.type_name, id=message.id)
        self._write_receipt(receipt, arrival.day)

    def _receipt(
        self, name: str, arrival: ArrivedLine, status: str, refusal: CaseRefusal | None
    ) -> CaseReceipt:
        now = self.clock.now()
        until = utc(now + timedelta(days=WAIT_DAYS)) if status == "waiting" else ""
        return CaseReceipt(
            message=name,
            provider=arrival.provider,
            status=status,
            at=utc(now),
            kind="case",
            code=str(refusal.code) if refusal else "",
            field=refusal.field if refusal else "",
            first=refusal.first if refusal else None,
            waits_until=until,
            advice=refusal.advice if refusal else "",
        )

    def _write_receipt(self, receipt: CaseReceipt, day: str) -> None:
        """Write the receipt under the day when the message began to wait, or else of now."""
        key = case_receipt_key(receipt.provider, day or receipt.at[:10], receipt.message)
        self.objects.put(self.out_bucket, key, encode_json(receipt))


def _first_sent(waiting: WaitingMessage) -> datetime:
    """Return when a waiting message was first sent: the end of its day if that is not recorded."""
    return datetime.fromisoformat(waiting.at or f"{waiting.day}T23:59:59Z")


def _wakes(entry: JournalEntry) -> tuple[str, ...]:
    """Return the cases for which other messages may wait: the entry's own, and its decision."""
    return (entry.entry, entry.decision) if entry.decision else (entry.entry,)
