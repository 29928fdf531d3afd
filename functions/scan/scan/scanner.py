"""Messages and ranges as SQS delivers them, and the messages of one invocation.

Messages that come for the first time are matched all at once, and committed in batches as large as
a transaction allows. If a worker died with a delivery, nobody knows which message killed it. So
messages that come for the second time are worked on in small batches, and later ones alone. A
worker notes a message before it works on it alone. If the note is there and the message is not
committed, the message is a suspect: it is handed back until it is alone in its delivery, and its
neighbours are acknowledged without it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched, chain

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ledger.closing import Closing
from ledger.codes import OperatorError
from ledger.findings import SampledPost, batch_id, unit_id
from ledger.objects import Delivery, Senders, require_reserve
from ledger.texts import Clock, in_days, utc
from ledger.units import (
    BATCH_BYTES,
    BATCH_FINDINGS,
    BATCH_MESSAGES,
    ITEM_BYTES,
    Attempt,
    Marker,
    RangeMessage,
    UnitState,
)
from scan.inspection import (
    Inspection,
    UnitJob,
    UnitOutcome,
    match_posts,
    merge_inspections,
    message_receipt,
)
from scan.unit_input import Rules, UnitRecords, read_body
from scan.unit_work import UnitScanner

BODY_BYTES = 1024 * 1024
"""Bytes of the bodies of one batch: fact-checks may take a minute for so many posts."""

SECOND_BATCH = 10
"""Messages of one batch when they come for the second time."""

SUSPECT_DAYS = 30
"""How long a note about a suspect is kept: longer than its dead letter."""

ROUNDS = 5
"""How often a batch is put together again after it lost messages to another worker."""

PLATFORM_ERRORS = (BotoCoreError, ClientError, OSError)
"""What the services raise when they do not answer."""


class SuspectError(OperatorError):
    """Workers died with this message: it is tried when it is alone in its delivery."""


@dataclass(slots=True)
class Message:
    """A message, and all deliveries of the same body: their names in SQS."""

    provider: str
    unit: str
    body: str
    size: int
    sent_at: datetime
    receives: int
    deliveries: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, provider: str, body: str, sent_at: datetime, receives: int, name: str) -> "Message":
        """Return the message of one delivery."""
        data = body.encode("utf-8", "surrogatepass")
        return cls(provider, unit_id(provider, data), body, len(data), sent_at, receives, [name])

    @property
    def job(self) -> UnitJob:
        """The message as a unit of its own."""
        return UnitJob(self.provider, self.unit, "message", self.size)


def merge_messages(messages: Iterable[Message]) -> list[Message]:
    """Return one message for equal bodies, as of the first time that one was sent."""
    merged: dict[str, Message] = {}
    for message in messages:
        known = merged.setdefault(message.unit, message)
        if known is not message:
            known.sent_at = min(known.sent_at, message.sent_at)
            known.receives = max(known.receives, message.receives)
            known.deliveries += message.deliveries
    return list(merged.values())


@dataclass(frozen=True, slots=True)
class EndedMessages:
    """Messages that were worked on together: their outcome, or the error by which they failed."""

    messages: Sequence[Message]
    outcome: UnitOutcome | None = None
    error: Exception | None = None


@dataclass(slots=True)
class MessageWork:
    """A message at work: the rules that it meets, and once it is inspected, what is in it.

    `is_recorded` says that `attempt` is recorded, with its copies of confirmed posts.
    """

    message: Message
    rules: Rules
    attempt: Attempt
    is_recorded: bool
    records: UnitRecords = field(default_factory=UnitRecords)
    inspection: Inspection = field(default_factory=Inspection)


def cut_batches(work: Iterable[MessageWork]) -> Iterator[list[MessageWork]]:
    """Yield batches that fit into a transaction. A message too large for any comes alone."""
    taken: list[MessageWork] = []
    size = findings = 0
    for one in work:
        found = len(one.inspection.findings)
        if found > BATCH_FINDINGS:
            yield [one]
            continue
        size += one.message.size
        findings += found
        if taken and (
            len(taken) == BATCH_MESSAGES or size > BODY_BYTES or findings > BATCH_FINDINGS
        ):
            yield taken
            taken, size, findings = [], one.message.size, found
        taken.append(one)
    if taken:
        yield taken


def group_by_rules(work: Iterable[MessageWork]) -> Iterator[list[MessageWork]]:
    """Yield the messages of each provider, rules and draws, in order."""
    groups: dict[tuple[str, int, str], list[MessageWork]] = {}
    for one in work:
        alike = one.message.provider, id(one.rules), one.attempt.draws
        groups.setdefault(alike, []).append(one)
    yield from groups.values()


@dataclass(frozen=True, slots=True)
class MessageScanner:
    """Scans the messages of one delivery."""

    scanner: UnitScanner

    def scan(
        self, messages: Sequence[Message], seconds_left: Callable[[], float]
    ) -> Iterator[EndedMessages]:
        """Scan messages that are all different. Yield each as soon as it ended or failed."""
        try:
            require_reserve(seconds_left)
            again = [message.unit for message in messages if message.receives > 1]
            known = self.scanner.store.unit_states([one.unit for one in messages], again)
            states = list(zip(messages, known, strict=True))
        except Exception as error:  # noqa: BLE001 - all of them come again
            yield EndedMessages(messages, error=_unless_fatal(error))
            return
        committed = {message.unit: state.marker for message, state in states if state.marker}
        yield from self._repeated([one for one in messages if one.unit in committed], committed)
        left = [(message, state) for message, state in states if not state.marker]
        if len(messages) > 1:
            for message in [message for message, state in left if state.is_suspect]:
                suspect = SuspectError("workers died with this message")
                yield EndedMessages([message], error=suspect)
            left = [(message, state) for message, state in left if not state.is_suspect]
        work, failed = self._begin(left)
        yield from failed
        for batch in self._batches(work):
            yield from self._guarded(batch, seconds_left)

    def _begin(
        self, left: Sequence[tuple[Message, UnitState]]
    ) -> tuple[list[MessageWork], list[EndedMessages]]:
        """Return the messages with their rules, and those whose rules could not be read."""
        work: list[MessageWork] = []
        failed: list[EndedMessages] = []
        for place, (message, state) in enumerate(left):
            try:
                work.append(self._work_on(message, state))
            except PLATFORM_ERRORS as error:  # it would fail, and take its time, for each of them
                failed.append(EndedMessages([one for one, _ in left[place:]], error=error))
                break
            except Exception as error:  # noqa: BLE001 - its neighbours go on
                failed.append(EndedMessages([message], error=_unless_fatal(error)))
        return work, failed

    def _work_on(self, message: Message, state: UnitState) -> MessageWork:
        rulesets = self.scanner.rulesets
        attempt = state.attempt or self.scanner.new_attempt(
            message.provider, rulesets.current(), message.sent_at
        )
        rules = rulesets.rules(attempt.set, message.provider, datetime.fromisoformat(attempt.at))
        return MessageWork(message, rules, attempt, is_recorded=state.attempt is not None)

    def _batches(self, work: Sequence[MessageWork]) -> Iterator[Sequence[MessageWork]]:
        """Yield messages that are worked on together, first new ones."""
        for alike in group_by_rules(one for one in work if one.message.receives <= 1):
            yield from self._match(alike)
        for alike in group_by_rules(one for one in work if one.message.receives == 2):
            for few in batched(alike, SECOND_BATCH):
                yield from self._match(few)
        yield from ([one] for one in work if one.message.receives > 2)

    def _match(self, work: Sequence[MessageWork]) -> Iterator[Sequence[MessageWork]]:
        """Match the posts of all messages at once. If that fails, halve them until it does not.

        The receipt of a batch must fit into an item of the table.
        """
        if len(work) == 1 or work[0].rules.receipt_bytes + BATCH_BYTES > ITEM_BYTES:
            yield from ([one] for one in work)
            return
        try:
            self._inspect(work)
        except Exception as error:  # noqa: BLE001 - one message may be at fault
            _unless_fatal(error)
            half = len(work) // 2
            yield from chain(self._match(work[:half]), self._match(work[half:]))
            return
        yield from cut_batches(work)

    def _inspect(self, work: Sequence[MessageWork]) -> None:
        rules = work[0].rules
        pseudonyms = self.scanner.keys.in_force(work[0].message.provider)
        for one in work:
            one.records = read_body(one.message.body)
        posts_of_all = [post for one in work for post in one.records.posts]
        results = match_posts(posts_of_all, rules, self.scanner.shadow)
        found_at, start = utc(self.scanner.clock.now()), 0
        for one in work:
            posts, first = one.records.posts, start
            start += len(posts)
            found = results[first:start]
            one.attempt, one.inspection = self.scanner.inspect(
                one.message.job, posts, found, rules, pseudonyms, one.attempt, found_at
            )

    def _guarded(
        self, work: Sequence[MessageWork], seconds_left: Callable[[], float]
    ) -> Iterator[EndedMessages]:
        """Commit messages together. What has not ended when it fails comes again."""
        left = {one.message.unit: one.message for one in work}
        try:
            require_reserve(seconds_left)
            for ended in self._commit(work):
                for message in ended.messages:
                    left.pop(message.unit, None)
                yield ended
        except Exception as error:  # noqa: BLE001 - the other batches go on
            yield EndedMessages(list(left.values()), error=_unless_fatal(error))

    def _commit(self, work: Sequence[MessageWork]) -> Iterator[EndedMessages]:
        if len(work) == 1:
            message = work[0].message
            yield self._scan_alone(message, is_late=message.receives > 2)
            return
        messages = {one.message.unit: one.message for one in work}
        now = self.scanner.clock.now()
        for _ in range(ROUNDS):
            work = self._record_attempts(work)
            if len(work) < 2:
                break
            outcome = self._persist(work, now)
            if outcome is not None:
                if outcome.receipt:
                    self.scanner.guard.count(outcome.receipt)
                yield EndedMessages([messages.pop(one.message.unit) for one in work], outcome)
                break
            work = self._still_open(work)
        # The rest was committed by others, or meets rules of its own.
        states = self.scanner.store.unit_states(list(messages))
        committed = {
            unit: state.marker for unit, state in zip(messages, states, strict=True) if state.marker
        }
        yield from self._repeated([messages.pop(unit) for unit in committed], committed)
        for message in messages.values():
            yield self._scan_alone(message)

    def _persist(self, work: Sequence[MessageWork], now: datetime) -> UnitOutcome | None:
        """Store a batch. Return None if it lost a race for one of its messages.

        Raises OSError if an author was erased meanwhile: the next delivery sees the tombstone.
        """
        store, recorder = self.scanner.store, self.scanner.recorder
        provider = work[0].message.provider
        units = {one.message.unit: one.records for one in work}
        size = sum(one.message.size for one in work)
        effects = self.scanner.effects(
            UnitJob(provider, batch_id(provider, units), "messages", size),
            UnitRecords.merged(units.values()),
            merge_inspections([one.inspection for one in work]),
            work[0].rules,
            self.scanner.keys.in_force(provider),
            now,
        )
        marker = effects.marker
        erased, _, own = recorder.store_first(effects, units)
        recorder.put_fingerprints(effects, own)
        sample = recorder.sample_to_store(effects, erased)
        # Without findings nothing was stored since that look.
        if (
            effects.inspection.findings
            and store.erased_accounts(provider, effects.accounts) != erased
        ):
            recorder.forget(effects)  # the next attempt may be another batch
            raise OSError("an author was erased meanwhile")
        found = (
            excerpted.finding for one in work for excerpted in one.inspection.findings.values()
        )
        receipt = msgspec.structs.replace(
            effects.receipt(own, found),
            messages=len(work),
            refused_messages=tuple(sorted(one.message.unit for one in work if one.records.refused)),
        )
        markers = [Marker(unit, provider, marker.day, marker.unit) for unit in sorted(units)]
        attempts = {one.message.unit: one.attempt for one in work if one.is_recorded}
        ids = [finding.finding for finding in own]
        if not store.commit_batch(markers, receipt, attempts, ids, sample):
            return None
        if sample is not None:
            self._erase_from_sample(marker, *sample)
        recorder.hand_out_new(marker, effects, own)
        recorder.put_batch_receipt(marker, receipt, units)
        for one in work:
            if one.records.refused:
                report = message_receipt(receipt, one.message.job, one.records)
                recorder.put_message_receipt(receipt, report)
        return UnitOutcome(receipt, new=True)

    def _erase_from_sample(
        self, marker: Marker, posts: Sequence[SampledPost], expires: int
    ) -> None:
        """Take authors out of a committed sample who were erased before it could be found."""
        store = self.scanner.store
        if erased := store.erased_accounts(marker.provider, {post.account for post in posts}):
            kept = [post for post in posts if post.account not in erased]
            store.put_sample(marker, kept, expires)

    def _record_attempts(self, work: Sequence[MessageWork]) -> list[MessageWork]:
        """Record attempts that may store findings. Drop messages that others work on or ended."""
        attempts = {
            one.message.unit: one.attempt
            for one in work
            if one.inspection.findings or one.is_recorded
        }
        recorded = self.scanner.store.record_attempts(attempts) if attempts else {}
        kept = []
        for one in work:
            one.is_recorded = one.message.unit in attempts
            if not one.is_recorded or recorded[one.message.unit] == one.attempt:
                kept.append(one)
        return kept

    def _still_open(self, work: Sequence[MessageWork]) -> list[MessageWork]:
        """Drop what others committed or work on. Raise OSError if there is nothing to drop."""
        states = self.scanner.store.unit_states([one.message.unit for one in work])
        still_open = [
            one
            for one, state in zip(work, states, strict=True)
            if state.marker is None and state.attempt == (one.attempt if one.is_recorded else None)
        ]
        if len(still_open) == len(work):
            raise OSError("a batch was refused and none of its messages is taken")
        return still_open

    def _repeated(
        self, messages: Sequence[Message], markers: Mapping[str, Marker]
    ) -> Iterator[EndedMessages]:
        """Hand out earlier committed receipts again, each once."""
        by_receipt: dict[str, list[Message]] = {}
        for message in messages:
            by_receipt.setdefault(markers[message.unit].receipt_id, []).append(message)
        for together in by_receipt.values():
            try:
                outcome = self.scanner.recorder.hand_out_again(markers[together[0].unit])
                for message in together:
                    self.scanner.recorder.hand_out_refusals(
                        outcome.receipt, message.job, message.body
                    )
                yield EndedMessages(together, outcome)
            except Exception as error:  # noqa: BLE001 - the others go on
                yield EndedMessages(together, error=_unless_fatal(error))

    def _scan_alone(self, message: Message, *, is_late: bool = False) -> EndedMessages:
        """Scan a message as a unit of its own. One that is late is a suspect meanwhile."""
        store = self.scanner.store
        expires = in_days(self.scanner.clock.now(), SUSPECT_DAYS)
        if is_late:
            store.note_suspect(message.unit, expires, works=True)
        try:
            outcome = self.scanner.scan_message(message.provider, message.body, message.sent_at)
        except Exception as error:
            if is_late and not isinstance(error, MemoryError):
                store.note_suspect(message.unit, expires, works=False)
            raise
        return EndedMessages([message], outcome)


def _unless_fatal(error: Exception) -> Exception:
    """Return the error. Raise one that makes the worker unusable."""
    if isinstance(error, MemoryError):
        raise error
    return error


@dataclass(frozen=True, slots=True)
class UnknownSender:
    """A delivery, by its name in SQS, whose sender is not registered. Nothing of it is stored."""

    delivery: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Takes ranges one by one, and messages all at once.

    On a trial day, a day that the settings fix, every message counts as sent now.
    """

    scanner: UnitScanner
    messages: MessageScanner
    closing: Closing
    senders: Senders
    clock: Clock
    trial_day: bool

    def take(self, delivery: Delivery, seconds_left: Callable[[], float]) -> UnitOutcome:
        """Scan the range of a file.

        Raises TimeReserveError when too little time is left, and any error of the platform. SQS
        then delivers it again.
        """
        require_reserve(seconds_left)
        unit = msgspec.json.decode(delivery.body, type=RangeMessage)
        outcome = self.scanner.scan_range(unit)
        self.closing.close(unit.file)
        return outcome

    def take_messages(
        self, deliveries: Iterable[Delivery], seconds_left: Callable[[], float]
    ) -> Iterator[EndedMessages | UnknownSender]:
        """Scan messages. Yield what has ended or failed, and each one of an unknown sender.

        SQS then delivers again what has failed, and whatever was not yielded.
        """
        known: list[Message] = []
        for delivery in deliveries:
            provider = self.senders.provider_of_sender(delivery.sender_id, delivery.attributes)
            if provider is None:
                yield UnknownSender(delivery.id)
                continue
            sent_at = self.clock.now() if self.trial_day else self.senders.first_sent(delivery)
            known.append(
                Message.of(provider, delivery.body, sent_at, delivery.receives, delivery.id)
            )
        if known:
            yield from self.messages.scan(merge_messages(known), seconds_left)
