"""One message from its line to its entries. Nothing counts twice, and what is early waits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from decide.effects.effects import Effects
from decide.erased_authors import is_about_erased, without_words
from decide.facts import Arrived, Facts
from decide.facts_reader import FactsReader
from decide.judging.judge import judge
from ledger.cases.case import Case, CaseMarker, JournalEntry, ParkedMessage
from ledger.cases.messages import CaseMessage, Decision
from ledger.cases.reading import read_case_message
from ledger.cases.refusal import CaseCode, CaseReceipt, CaseRefusal
from ledger.clock import Clock, utc
from ledger.keys import case_receipt_key
from ledger.ports import CaseStore, Objects
from ledger.records.identity import digest
from ledger.records.json_text import encode_json

TRIES = 12
"""How often a message is judged anew when others moved its cases in between."""

WAIT_DAYS = 14
"""How long a message waits for what it refers to: as long as a dead letter is kept."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What a message came to: `taken`, `repeated`, `waiting`, or `refused` with its code.

    `faults` are those of the statement of reasons that it became.
    """

    status: str
    type: str = ""
    code: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A line, and when it was first sent; if it waited, also day, case and the message's name."""

    provider: str
    line: bytes
    sent_at: datetime
    day: str = ""
    case: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Settled:
    """A message that was taken or refused for good, and the marker by which it stands."""

    name: str
    arrival: _Arrival
    marker: CaseMarker | None = None


@dataclass(frozen=True, slots=True)
class CaseWork:
    """Takes messages of believed senders over the ports."""

    store: CaseStore
    objects: Objects
    clock: Clock
    reader: FactsReader
    effects: Effects
    out_bucket: str
    trial_day: bool = False

    def take(self, provider: str, line: bytes, sent_at: datetime) -> Iterator[Handled]:
        """Take one message, and after it whatever has waited for it.

        `sent_at` is when the message was first sent: no time that it states may lie after that.
        In a trial the day of `sent_at` counts.

        A message that has waited waits on until all that waits for it is taken too: whoever dies
        in between finds it there again, and goes on from it.
        """
        left: list[_Arrival | _Settled] = [_Arrival(provider, line, sent_at)]
        done: set[str] = set()
        while left:
            one = left.pop()
            if isinstance(one, _Settled):
                self._stop_waiting(one.name, one.arrival)
            elif one.name not in done:
                handled, settled = self._handle(one)
                yield handled
                if settled is not None:
                    done.add(settled.name)
                    left += [settled] if settled.arrival.case else []
                    left += self._woken(settled.marker) if settled.marker else []

    def refuse(self, provider: str, data: bytes, refusal: CaseRefusal) -> Handled:
        """Tell the sender of a line, or of a whole body, that cannot be read."""
        unread = digest("unread", provider, data)
        arrival = _Arrival(provider, data, self.clock.now())
        receipt = self._receipt(unread, arrival, "refused", refusal)
        self._tell(receipt, day="")
        return Handled("refused", code=refusal.code)

    def _handle(self, arrival: _Arrival) -> tuple[Handled, _Settled | None]:
        """What comes of a line, and how it is settled, unless it waits or cannot be read."""
        message = read_case_message(arrival.line)
        if isinstance(message, CaseRefusal):
            return self.refuse(arrival.provider, arrival.line, message), None
        name = digest("message", arrival.provider, message.id)
        settled, facts = self._settle(name, arrival, message)
        while isinstance(settled, CaseRefusal) and settled.waits_for not in {"", arrival.case}:
            # What it waits for may have come between the look and the wait: look once more.
            arrival = self._wait(name, arrival, message, settled)
            settled, facts = self._settle(name, arrival, message)
        kind = str(message.__struct_config__.tag)
        if isinstance(settled, CaseRefusal) and settled.waits_for:
            return Handled("waiting", kind, settled.code), None
        if not arrival.case:
            arrival = self._where_it_waits(name, arrival, message, facts)
        if isinstance(settled, CaseRefusal):
            self._tell_of(name, arrival, message, "refused", settled)
        elif arrival.case:
            self._tell_of(name, arrival, message, "taken")
        if isinstance(settled, CaseRefusal):
            return Handled("refused", kind, settled.code), _Settled(name, arrival)
        faults = self.effects.make_sure(message, arrival.provider)
        handled = Handled("taken" if facts else "repeated", kind, faults=faults)
        return handled, _Settled(name, arrival, settled)

    def _settle(
        self, name: str, arrival: _Arrival, message: CaseMessage
    ) -> tuple[CaseMarker | CaseRefusal, Facts | None]:
        """The marker by which the message stands, or the refusal; and by which facts, if it is new.

        A commit fails when somebody else moved one of its cases: then all is read again, and the
        message judged anew. Who was first stands; the other is told.
        """
        says = sha256(msgspec.json.encode(message)).hexdigest()
        for _ in range(TRIES):
            standing = self.store.case_marker(name)
            if standing is not None:
                same = standing.digest == says
                return (standing if same else CaseRefusal(CaseCode.ID_REUSED, "id")), None
            now = self.clock.now()
            facts = self.reader.read(message, arrival.provider, now, self._arrived(arrival))
            judged = judge(message, facts)
            if isinstance(judged, CaseRefusal):
                if self.store.case_marker(name) is not None:
                    continue  # another delivery of it was first: it is refused for its own sake
                return judged, facts
            if is_about_erased(facts):
                judged = without_words(judged)
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
                return marker, facts
        raise OSError("others kept the cases of a message busy")

    def _wait(
        self, name: str, arrival: _Arrival, message: CaseMessage, refusal: CaseRefusal
    ) -> _Arrival:
        """Keep the message with the case that it waits for, and no longer with another one.

        Its sender is told after that, and only then is the case looked at once more: whoever dies
        in between leaves a message that is found there when it comes again. What is kept is what
        the message says, since a sender's line may be blown up by blanks beyond an item.
        """
        now, case = self.clock.now(), refusal.waits_for
        expires = int((now + timedelta(days=WAIT_DAYS)).timestamp())
        line, day = msgspec.json.encode(message), arrival.day or now.date().isoformat()
        waiting = ParkedMessage(name, arrival.provider, line, day, utc(arrival.sent_at))
        kept = self.store.park(case, waiting, expires)
        dated = replace(arrival, day=kept.day, case=case, sent_at=_first_sent(kept))
        self._tell_of(name, dated, message, "waiting", refusal)
        if arrival.case:
            self._stop_waiting(name, arrival)
        return dated

    def _where_it_waits(
        self, name: str, arrival: _Arrival, message: CaseMessage, facts: Facts | None
    ) -> _Arrival:
        """The arrival with the case at which an earlier delivery of it was kept, if one was.

        Cases are looked at anew: by what the message was judged by, it may not have waited yet.
        A decision on findings alone waits for nothing: there are the most of these.
        """
        if isinstance(message, Decision) and message.notice is None:
            return arrival
        cases: Iterable[Case] = (
            filter(None, map(self.store.case, facts.cases))
            if facts
            else self.reader.read(
                message, arrival.provider, self.clock.now(), self._arrived(arrival)
            ).cases.values()
        )
        for case in cases:
            for one in case.parked:
                if one.message == name:
                    return replace(arrival, day=one.day, case=case.case)
        return arrival

    def _arrived(self, arrival: _Arrival) -> Arrived:
        return Arrived(arrival.sent_at, self.trial_day)

    def _stop_waiting(self, name: str, arrival: _Arrival) -> None:
        waiting = ParkedMessage(name, arrival.provider, arrival.line, arrival.day)
        self.store.unpark(arrival.case, waiting, int(self.clock.now().timestamp()))

    def _woken(self, marker: CaseMarker) -> Iterator[_Arrival]:
        """The messages that wait for a case that the marker's message moved."""
        for name in marker.wakes:
            case = self.store.case(name)
            for one in case.parked if case else ():
                yield _Arrival(one.provider, one.line, _first_sent(one), one.day, name, one.message)

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
            advice=refusal.advice if refusal else "",
        )

    def _tell(self, receipt: CaseReceipt, day: str) -> None:
        """Write the receipt under the day on which the message first came, as far as is known."""
        key = case_receipt_key(receipt.provider, day or receipt.at[:10], receipt.message)
        self.objects.put(self.out_bucket, key, encode_json(receipt))


def _first_sent(waiting: ParkedMessage) -> datetime:
    """Return when a waiting message was first sent: the end of its day where nothing says so."""
    return datetime.fromisoformat(waiting.at or f"{waiting.day}T23:59:59Z")


def _wakes(entry: JournalEntry) -> tuple[str, ...]:
    """What others may have waited for: the entry itself, and a change of its decision."""
    return (entry.entry, entry.decision) if entry.decision else (entry.entry,)
