"""Take deliveries of messages about cases: check the sender, take each message, count the results.

A repeated message changes nothing. A message that comes too early is kept with the case that it
waits for, and is judged again when another message moves that case.

A message of the console only names a decision, which is taken from the table. Whoever sends such a
message decides nothing by it: the provider, the moderator and the messages are those of the stored
decision, and only the console's role stores one. One that comes too early only shortens the time in
which the decision can be taken back.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from cases.asked import Deleted
from cases.case_message import judge
from cases.case_store import CaseFiles, DecidedPacks, Facts, FactsReader, RoomFiles, TrialRules
from cases.kinds import CaseMessage, SentNames, names_of, read_case_message
from ledger.cases import Case, CaseMarker, JournalEntry, WaitingMessage
from ledger.codes import CaseCode, CaseReceipt, CaseRefusal, Refusal
from ledger.desk_store import DynamoDesk, PendingDecision, PendingName, PendingState
from ledger.findings import digest
from ledger.keys import message_receipt_key
from ledger.objects import Delivery, S3Objects, Senders, require_reserve
from ledger.store import DynamoStore
from ledger.texts import Clock, encode_json, in_days, lines_of_body, utc
from rules.rule_set import ALL

TRIES = 12
"""How often a message is judged while other workers keep moving its cases."""

FORM_TYPES = {"complaint", "notice"}
"""What people can write into forms."""

FORMS_DOOR, CASES_DOOR = "", "cases"
"""By which attribute `door` the function inbox sends what people wrote, and what a provider did."""

WAIT_DAYS = 14
"""How long a message waits for the case it refers to: as long as a dead letter is kept."""


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """The outcome of a message: `taken`, `repeated`, `waiting`, or `refused` with its code.

    `first` is the moderator who decided before, if that is why it was refused. `problems` are those
    of the statement of reasons that it caused. `escalation` is why it escalated a case.
    """

    status: str
    type: str = ""
    code: str = ""
    first: str = ""
    problems: tuple[str, ...] = ()
    escalation: str = ""


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
        if isinstance(message, Deleted):
            return self._forget(message_key, line, message)
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
        marker, entry = result
        problems = self.files.write(entry)
        if entry.type == "adoption" and entry.band == ALL:
            self.store.end_excerpts(entry.provider, entry.rule)
        status = "repeated" if facts is None else "taken"
        outcome = CaseOutcome(status, kind, problems=problems, escalation=entry.escalation)
        return Settled(outcome, message_key, line, marker.wakes)

    def _forget(self, message_key: str, line: SentLine, message: Deleted) -> CaseOutcome:
        """End the excerpts of a deleted post. Again, it changes nothing, and so has no marker.

        A finding that is stored after it finds what it left.
        """
        expires = in_days(self.clock.now(), WAIT_DAYS)
        for finding in self.store.delete_post(line.provider, message.post, expires):
            self.store.forget_excerpt(finding.finding, expires)
            self.files.remove_excerpt(finding)
        self._write_receipt(message_key, line, "taken", None, message)
        return CaseOutcome("taken", message.type_name)

    def _commit(
        self, message_key: str, line: SentLine, message: CaseMessage
    ) -> tuple[tuple[CaseMarker, JournalEntry] | CaseRefusal, Facts | None]:
        """Judge the message and put its marker and entries in one transaction.

        Return its marker and entry or the refusal, and the facts it was judged by; None if the id
        was known before.

        The transaction fails when another worker moved one of the cases. Then everything is read
        and judged again. Of two messages that exclude each other, the later one is refused.
        """
        content = sha256(msgspec.json.encode(message)).hexdigest()
        for _ in range(TRIES):
            known = self.store.case_marker(message_key)
            if known is not None:
                if known.digest == content:
                    return (known, self.store.entry_of(known)), None
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
                return (marker, judged.entry), facts
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
        expires = in_days(now, WAIT_DAYS)
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
        facts = Facts(line.provider, self.clock.now(), line.sent_at, by_day=self.trial_day)
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


def _ended(pending: PendingDecision, outcomes: list[CaseOutcome]) -> PendingDecision:
    """Return the decision with its outcome: refused if one of its messages was, else waiting."""
    by_status = {one.status: one for one in reversed(outcomes)}
    worst = by_status.get("refused") or by_status.get("waiting")
    if worst is None:
        return msgspec.structs.replace(pending, state=PendingState.TAKEN)
    state = PendingState(worst.status)
    return msgspec.structs.replace(pending, state=state, code=worst.code, first=worst.first)


@dataclass(frozen=True, slots=True)
class CaseDeliveries:
    """Takes deliveries. If one fails midway, its next delivery repeats nothing."""

    work: CaseWork
    senders: Senders
    desk: DynamoDesk
    console_queue_arn: str

    def take(
        self, delivery: Delivery, seconds_left: Callable[[], float]
    ) -> list[CaseOutcome] | None:
        """Return the outcome of each message of a delivery; None if the sender is not registered.

        Raises TimeReserveError when too little time is left, and errors of the platform. SQS then
        delivers all of it again, and messages that were taken before are `repeated`.
        """
        if delivery.queue_arn == self.console_queue_arn:
            return self._take_decision(delivery.body, seconds_left)
        sender, named = delivery.sender_id, delivery.attributes
        provider = self.senders.provider_of_sender(sender, named, FORMS_DOOR, CASES_DOOR)
        if provider is None:
            return None
        sent_at = (
            self.work.clock.now() if self.work.trial_day else self.senders.first_sent(delivery)
        )
        if self.senders.is_form(delivery):
            body = delivery.body.encode()
            if names_of(body).type not in FORM_TYPES:
                return [self.work.refuse(provider, body, CaseRefusal(CaseCode.WRONG_DOOR, "type"))]
        return list(self._take_lines(provider, delivery.body, sent_at, seconds_left))

    def _take_decision(self, body: str, seconds_left: Callable[[], float]) -> list[CaseOutcome]:
        """Return the outcome of each message of a console's decision; none if it was taken back.

        The order loses no decision and repeats none. The decision is sent first: then it can no
        longer be taken back. Its messages are taken next, as if they were sent when the moderator
        decided, and each is recognised if it comes again. Its end is written last. If a worker dies
        in between, the next delivery continues.

        Raises msgspec.MsgspecError if the body names no decision: the console sends no such one.
        """
        name = msgspec.json.decode(body, type=PendingName)
        pending = self.desk.release_pending(name.provider, name.pending)
        if pending.state is not PendingState.SENT:
            return []
        provider, clock = pending.provider, self.work.clock
        outcomes, woken = [], []
        for message in pending.messages:
            require_reserve(seconds_left)
            held_at = datetime.fromisoformat(pending.held_at)
            sent_at = clock.now() if self.work.trial_day else held_at
            other_door = self.senders.other_door(provider, "console")
            data = msgspec.json.encode(message)
            outcome, *others = self.work.take(provider, data, sent_at, other_door)
            outcomes.append(outcome)
            woken += others
        self.desk.end_pending(_ended(pending, outcomes))
        return outcomes + woken

    def _take_lines(
        self, provider: str, body: str, sent_at: datetime, seconds_left: Callable[[], float]
    ) -> Iterator[CaseOutcome]:
        lines = lines_of_body(body)
        if isinstance(lines, Refusal):
            data = body.encode("utf-8", "surrogatepass")
            yield self.work.refuse(provider, data, CaseRefusal(lines.code))
            return
        for line in lines.split(b"\n"):
            if line.strip():
                require_reserve(seconds_left)
                other_door = self.senders.other_door(provider, "queue")
                yield from self.work.take(provider, line, sent_at, other_door)


def case_work_of(
    store: DynamoStore,
    objects: S3Objects,
    clock: Clock,
    *,
    out_bucket: str,
    public_bucket: str,
    rooms: tuple[RoomFiles, ...],
    public_url: str = "",
    trial_day: bool = False,
    trial_rules: TrialRules = TrialRules(),  # noqa: B008 - frozen
) -> CaseWork:
    """Build decide from its table, buckets and clock. `rooms` write files of entries too."""
    packs = DecidedPacks(objects, public_bucket)
    return CaseWork(
        store=store,
        objects=objects,
        clock=clock,
        reader=FactsReader(store, objects, packs, out_bucket, trial_rules),
        files=CaseFiles(store, objects, packs, out_bucket, rooms, public_url),
        out_bucket=out_bucket,
        trial_day=trial_day,
    )


def count(
    outcomes: Sequence[CaseOutcome] | None, delivery: str, logger: Logger, metrics: Metrics
) -> None:
    """Log and count one delivery. Nothing that a message says is logged but its type."""
    if outcomes is None:
        logger.warning("refused", extra={"code": "sender_unknown", "delivery": delivery})
        metrics.add_metric("UnknownSender", MetricUnit.Count, 1)
        return
    by_status = Counter(each.status for each in outcomes)
    logger.info(
        "decided",
        extra={
            "delivery": delivery,
            "statuses": by_status,
            "types": Counter(each.type for each in outcomes if each.type),
            "codes": Counter(each.code for each in outcomes if each.code),
        },
    )
    escalated = Counter(each.escalation for each in outcomes if each.status == "taken")
    for kind in ("threat_to_life", "child_abuse"):
        if escalated[kind]:
            logger.warning("escalated", extra={"escalation": kind, "cases": escalated[kind]})
            metrics.add_metric("Escalated", MetricUnit.Count, escalated[kind])
    # A statement that the database would refuse raises an alarm: once, not at every repetition.
    invalid = [each for each in outcomes if each.problems and each.status == "taken"]
    for each in invalid:
        logger.error("statement invalid", extra={"faults": each.problems})
    if invalid:
        metrics.add_metric("StatementInvalid", MetricUnit.Count, len(invalid))
