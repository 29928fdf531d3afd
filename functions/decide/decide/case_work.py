"""Take one message about a case, from its line to its entries.

A repeated message changes nothing. A message that comes too early is kept with the case that it
waits for, and is judged again when another message moves that case.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from cases.case_facts import Facts, FactsReader, FirstSent
from cases.case_message import judge
from cases.kinds import CaseMessage, SentNames, names_of, read_case_message
from decide.case_files import CaseFiles
from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.cases import Case, CaseMarker, JournalEntry, WaitingMessage
from ledger.dsa_codes import CaseCode, CaseReceipt, CaseRefusal
from ledger.findings import digest
from ledger.keys import message_receipt_key
from ledger.texts import Clock, encode_json, utc

TRIES = 12
"""How often a message is judged while other workers keep moving its cases."""

WAIT_DAYS = 14
"""How long a message waits for the case it refers to: as long as a dead letter is kept."""


@dataclass(frozen=True, slots=True)
class CaseOutcome:
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
class SentLine:
    """A line, and when it was first sent; if it waited, also the day, the case and its key.

    `other_door` is empty if moderators may decide through the door by which the line came; else it
    is the door to use.
    """

    provider: str
    data: bytes
    sent_at: datetime
    day: str = ""
    case: str = ""
    message_key: str = ""
    other_door: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """A message in the journal, now or before."""

    marker: CaseMarker
    entry: JournalEntry


@dataclass(frozen=True, slots=True)
class Settled:
    """A message that was taken or refused for good, and the cases that it wakes."""

    outcome: CaseOutcome
    message_key: str
    line: SentLine
    wakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseWork:
    """Takes messages of registered senders.

    A `message_key` is the digest of a message's provider and id. The table knows it by that.
    """

    store: DynamoStore
    objects: S3Objects
    clock: Clock
    reader: FactsReader
    files: CaseFiles
    out_bucket: str
    trial_day: bool = False

    def take(
        self, provider: str, data: bytes, sent_at: datetime, other_door: str = ""
    ) -> Iterator[CaseOutcome]:
        """Take one message, and after it every message that waited for it.

        `sent_at` is when the message was first sent: no time that it states may be later. In a
        trial only the day of `sent_at` counts. A line with `other_door` may not name a moderator.

        A waiting message is kept until all messages that wait for it are taken too. If a worker
        dies in between, the next delivery finds it waiting and continues.
        """
        left: list[SentLine | Settled] = [SentLine(provider, data, sent_at, other_door=other_door)]
        done: set[str] = set()
        while left:
            match left.pop():
                case Settled(message_key=message_key, line=line):
                    self._end_waiting(message_key, line)
                case SentLine() as line if line.message_key not in done:
                    received = self.receive(line)
                    if isinstance(received, CaseOutcome):
                        yield received
                        continue
                    yield received.outcome
                    done.add(received.message_key)
                    left += [received] if received.line.case else []
                    left += self._woken(received.wakes)

    def refuse(self, provider: str, data: bytes, refusal: CaseRefusal) -> CaseOutcome:
        """Write the receipt of a line, or of a whole body, that cannot be read."""
        unread = SentLine(provider, data, self.clock.now())
        self._write_receipt(digest("unread", provider, data), unread, "refused", refusal)
        return CaseOutcome("refused", code=refusal.code)

    def receive(self, line: SentLine) -> Settled | CaseOutcome:
        """Read and commit one line, and write what follows. Return only its outcome if it waits.

        The outcome is also all there is of a line that cannot be read.
        """
        message = read_case_message(line.data)
        if isinstance(message, CaseRefusal):
            return self.refuse(line.provider, line.data, message)
        message_key = digest("message", line.provider, message.id)
        kind = message.type_name
        result, facts = self._commit(message_key, line, message)
        while isinstance(result, CaseRefusal) and result.waits_for:
            if result.waits_for == line.case:
                return CaseOutcome("waiting", kind, result.code)
            # The case may have come between judging and storing: judge once more.
            line = self._keep_waiting(message_key, line, message, result)
            result, facts = self._commit(message_key, line, message)
        line = self._find_waiting(message_key, line, message, facts)
        if isinstance(result, CaseRefusal):
            self._write_receipt(message_key, line, "refused", result, message)
            first = result.first.moderator if result.first else ""
            return Settled(CaseOutcome("refused", kind, result.code, first), message_key, line)
        if line.case:
            self._write_receipt(message_key, line, "taken", None, message)
        problems = self.files.write(result.entry)
        status = "repeated" if facts is None else "taken"
        outcome = CaseOutcome(status, kind, problems=problems)
        return Settled(outcome, message_key, line, result.marker.wakes)

    def _commit(
        self, message_key: str, line: SentLine, message: CaseMessage
    ) -> tuple[Committed | CaseRefusal, Facts | None]:
        """Judge the message and put its marker and entries in one transaction.

        Return the result and the facts it was judged by; None if the id was known before.

        The transaction fails when another worker moved one of the cases. Then everything is read
        and judged again. Of two messages that exclude each other, the later one is refused.
        """
        content = sha256(msgspec.json.encode(message)).hexdigest()
        for _ in range(TRIES):
            known = self.store.case_marker(message_key)
            if known is not None:
                if known.digest == content:
                    return Committed(known, self.store.entry_of(known)), None
                return CaseRefusal(CaseCode.ID_REUSED, "id"), None
            if line.other_door and getattr(message, "moderator", None) is not None:
                advice = f"this provider's moderators decide at the door {line.other_door}"
                return CaseRefusal(CaseCode.WRONG_DOOR, "moderator", advice=advice), None
            facts = self._facts(line, message)
            judged = judge(message, facts)
            if isinstance(judged, CaseRefusal):
                if self.store.case_marker(message_key) is not None:
                    continue  # another delivery of the same message was first: do not refuse this
                return judged, facts
            marker = CaseMarker(
                message=message_key,
                provider=line.provider,
                digest=content,
                day=facts.now.date().isoformat(),
                entry=judged.entry.entry,
                wakes=tuple(filter(None, (judged.entry.entry, judged.entry.decision))),
            )
            if self.store.commit_case(marker, judged.entry, judged.moves):
                return Committed(marker, judged.entry), facts
        raise OSError(f"other workers moved the cases of a message {TRIES} times")

    def _keep_waiting(
        self, message_key: str, line: SentLine, message: CaseMessage, refusal: CaseRefusal
    ) -> SentLine:
        """Keep the message with the case that it waits for, and nowhere else.

        The order matters: store, write the receipt, and only then look at the case once more. If a
        worker dies in between, the next delivery finds the message there. The message is encoded
        again, since blanks could make the sender's line too long for an item.
        """
        now, case = self.clock.now(), refusal.waits_for
        expires = int((now + timedelta(days=WAIT_DAYS)).timestamp())
        data, day = msgspec.json.encode(message), line.day or now.date().isoformat()
        waiting = WaitingMessage(message_key, line.provider, data, day, utc(line.sent_at))
        stored = self.store.put_waiting(case, waiting, expires)
        kept = replace(line, day=stored.day, case=case, sent_at=datetime.fromisoformat(stored.at))
        self._write_receipt(message_key, kept, "waiting", refusal, message)
        if line.case:
            self._end_waiting(message_key, line)
        return kept

    def _find_waiting(
        self, message_key: str, line: SentLine, message: CaseMessage, facts: Facts | None
    ) -> SentLine:
        """Return the line with the case where an earlier delivery left it to wait, if any.

        Cases are read again: when the message was judged, the other delivery may not have stored it
        yet. Most messages never wait: they are decisions on findings alone.
        """
        if line.case or not message.may_wait:
            return line
        cases: Iterable[Case]
        if facts is None:
            cases = self._facts(line, message).cases.values()
        else:
            cases = filter(None, map(self.store.case, facts.cases))
        for case in cases:
            for waiting in case.waiting:
                if waiting.message == message_key:
                    return replace(line, day=waiting.day, case=case.case)
        return line

    def _facts(self, line: SentLine, message: CaseMessage) -> Facts:
        first_sent = FirstSent(line.sent_at, self.trial_day)
        facts = Facts(line.provider, self.clock.now(), first_sent)
        message.ask(facts, self.reader)
        return facts

    def _end_waiting(self, message_key: str, line: SentLine) -> None:
        waiting = WaitingMessage(message_key, line.provider, line.data, line.day, utc(line.sent_at))
        self.store.end_waiting(line.case, waiting, int(self.clock.now().timestamp()))

    def _woken(self, cases: Iterable[str]) -> Iterator[SentLine]:
        for case_id in cases:
            case = self.store.case(case_id)
            for waiting in case.waiting if case else ():
                yield SentLine(
                    provider=waiting.provider,
                    data=waiting.line,
                    sent_at=datetime.fromisoformat(waiting.at),
                    day=waiting.day,
                    case=case_id,
                    message_key=waiting.message,
                )

    def _write_receipt(
        self,
        message_key: str,
        line: SentLine,
        status: str,
        refusal: CaseRefusal | None,
        message: CaseMessage | None = None,
    ) -> None:
        """Write the receipt under the day when the message began to wait, or else of now.

        A line that could not be read has no `message`.
        """
        names = SentNames(message.type_name, message.id) if message else names_of(line.data)
        now = self.clock.now()
        until = utc(now + timedelta(days=WAIT_DAYS)) if status == "waiting" else ""
        receipt = CaseReceipt(
            message=message_key,
            provider=line.provider,
            status=status,
            at=utc(now),
            kind="case",
            type=names.type,
            id=names.id,
            code=str(refusal.code) if refusal else "",
            field=refusal.field if refusal else "",
            first=refusal.first if refusal else None,
            waits_until=until,
            advice=refusal.advice if refusal else "",
        )
        key = message_receipt_key(line.provider, line.day or receipt.at[:10], message_key)
        self.objects.put(self.out_bucket, key, encode_json(receipt))
