"""One message from its line to its entries. Nothing counts twice, and what is early waits."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

import msgspec

from case_effects import Effects
from case_facts_reader import FactsReader
from judging import judge
from ledger.case import CaseMarker, Waiting
from ledger.case_entry import JournalEntry
from ledger.case_messages import CaseMessage
from ledger.case_reading import read_case_message
from ledger.case_receipt import CaseReceipt
from ledger.case_refusal import CaseCode, CaseRefusal
from ledger.identity import digest
from ledger.keys import case_receipt_key
from ledger.ports import Clock, Objects, Store
from ledger.post import utc
from ledger.pretty import pretty

TRIES = 12
"""How often a message is judged anew when others moved its cases in between."""

WAIT_DAYS = 14
"""How long a message waits for what it refers to: as long as a dead letter is kept."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What a message came to: `taken`, `repeated`, `waiting`, or `refused` with its code."""

    status: str
    type: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A line; if it has waited, since which day and for which case."""

    provider: str
    line: bytes
    day: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class CaseWork:
    """Takes messages of believed senders over the ports."""

    store: Store
    objects: Objects
    clock: Clock
    reader: FactsReader
    effects: Effects
    out_bucket: str

    def take(self, provider: str, line: bytes) -> Iterator[Handled]:
        """Take one message, and after it whatever has waited for it."""
        arrivals = deque([_Arrival(provider, line)])
        while arrivals:
            arrival = arrivals.popleft()
            handled, marker = self._handle(arrival)
            yield handled
            if marker is not None:
                arrivals.extend(self._woken(marker))

    def refuse(self, provider: str, data: bytes, refusal: CaseRefusal) -> Handled:
        """Tell the sender of a line, or of a whole body, that cannot be read."""
        unread = digest("unread", provider, data)
        receipt = self._receipt(unread, _Arrival(provider, data), "refused", refusal)
        self._tell(receipt, day="")
        return Handled("refused", code=refusal.code)

    def _handle(self, arrival: _Arrival) -> tuple[Handled, CaseMarker | None]:
        """What comes of a line, and the marker by which it stands, if it does."""
        message = read_case_message(arrival.line)
        if isinstance(message, CaseRefusal):
            return self.refuse(arrival.provider, arrival.line, message), None
        name = digest("message", arrival.provider, message.id)
        settled, new = self._settle(name, arrival, message)
        while isinstance(settled, CaseRefusal) and settled.waits_for not in {"", arrival.case}:
            # What it waits for may have come between the look and the wait: look once more.
            arrival = self._wait(name, arrival, message, settled)
            settled, new = self._settle(name, arrival, message)
        kind = str(message.__struct_config__.tag)
        if isinstance(settled, CaseRefusal) and settled.waits_for:
            return Handled("waiting", kind, settled.code), None
        if isinstance(settled, CaseRefusal):
            self._tell_of(name, arrival, message, "refused", settled)
        elif arrival.case:
            self._tell_of(name, arrival, message, "taken")
        if arrival.case:
            self._stop_waiting(name, arrival)
        if isinstance(settled, CaseRefusal):
            return Handled("refused", kind, settled.code), None
        self.effects.make_sure(message, arrival.provider)
        return Handled("taken" if new else "repeated", kind), settled

    def _settle(
        self, name: str, arrival: _Arrival, message: CaseMessage
    ) -> tuple[CaseMarker | CaseRefusal, bool]:
        """The marker by which the message stands, and whether it is new; or the refusal.

        A commit fails when somebody else moved one of its cases: then all is read again, and the
        message judged anew. Who was first stands; the other is told.
        """
        says = sha256(msgspec.json.encode(message)).hexdigest()
        for _ in range(TRIES):
            standing = self.store.case_marker(name)
            if standing is not None:
                same = standing.digest == says
                return (standing if same else CaseRefusal(CaseCode.ID_REUSED, "id")), False
            now = self.clock.now()
            judged = judge(message, self.reader.read(message, arrival.provider, now))
            if isinstance(judged, CaseRefusal):
                if self.store.case_marker(name) is not None:
                    continue  # another delivery of it was first: it is refused for its own sake
                return judged, False
            entry = judged.entry
            marker = CaseMarker(
                message=name,
                provider=arrival.provider,
                digest=says,
                day=now.date().isoformat(),
                entry=entry.entry,
                wakes=_wakes(entry),
            )
            if self.store.commit_case(marker, entry, judged.moves):
                return marker, True
        raise OSError("others kept the cases of a message busy")

    def _wait(
        self, name: str, arrival: _Arrival, message: CaseMessage, refusal: CaseRefusal
    ) -> _Arrival:
        """Keep the message with the case that it waits for, and no longer with another one.

        Its sender is told before: whoever takes it from there tells the sender after that, so the
        last word is the true one. What is kept is what the message says, since a sender's line may
        be blown up by blanks beyond an item of the table.
        """
        now, case = self.clock.now(), refusal.waits_for
        day = arrival.day or self._waits_since(case, name) or now.date().isoformat()
        dated = replace(arrival, day=day)
        self._tell_of(name, dated, message, "waiting", refusal)
        expires = int((now + timedelta(days=WAIT_DAYS)).timestamp())
        waiting = Waiting(name, arrival.provider, msgspec.json.encode(message), day)
        kept = self.store.wait(case, waiting, expires)
        if arrival.case:
            self._stop_waiting(name, arrival)
        return replace(dated, day=kept.day, case=case)

    def _waits_since(self, name: str, message: str) -> str:
        """The day since which the message waits there already, or nothing."""
        case = self.store.case(name)
        waiting = case.waiting if case else ()
        return next((one.day for one in waiting if one.message == message), "")

    def _stop_waiting(self, name: str, arrival: _Arrival) -> None:
        waiting = Waiting(name, arrival.provider, arrival.line, arrival.day)
        self.store.stop_waiting(arrival.case, waiting, int(self.clock.now().timestamp()))

    def _woken(self, marker: CaseMarker) -> Iterator[_Arrival]:
        """The messages that wait for a case that the marker's message moved."""
        for name in marker.wakes:
            case = self.store.case(name)
            for waiting in case.waiting if case else ():
                yield _Arrival(waiting.provider, waiting.line, waiting.day, name)

    def _tell_of(
        self,
        name: str,
        arrival: _Arrival,
        message: CaseMessage,
        status: str,
        refusal: CaseRefusal | None = None,
    ) -> None:
        """Tell the sender of a message that could be read."""
        receipt = self._receipt(name, arrival, status, refusal)
        kind = str(message.__struct_config__.tag)
        self._tell(msgspec.structs.replace(receipt, type=kind, id=message.id), arrival.day)

    def _receipt(
        self, name: str, arrival: _Arrival, status: str, refusal: CaseRefusal | None
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
        )

    def _tell(self, receipt: CaseReceipt, day: str) -> None:
        """Write the receipt under the day on which the message first came, as far as is known."""
        key = case_receipt_key(receipt.provider, day or receipt.at[:10], receipt.message)
        self.objects.put(self.out_bucket, key, pretty(receipt))


def _wakes(entry: JournalEntry) -> tuple[str, ...]:
    """What others may have waited for: the entry itself, and a change of its decision."""
    return (entry.entry, entry.decision) if entry.decision else (entry.entry,)
