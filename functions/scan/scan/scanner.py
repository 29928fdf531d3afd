"""The messages of one invocation: grouped, matched together, and committed batch by batch.

Messages that come for the first time are matched all at once, and committed in batches as large as
a transaction allows. If a worker died with a delivery, nobody knows which message killed it. So
messages that come for the second time are worked on in small batches, and later ones alone. A
worker notes a message before it works on it alone. If the note is there and the message is not
committed, the message is a suspect: it is handed back until it is alone in its delivery, and its
neighbours are acknowledged without it.

Deliveries of SQS: a range of a file, or messages of registered senders.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched, chain

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ledger.aws.objects import Delivery, Senders, require_reserve
from ledger.closing import Closing
from ledger.refusals import OperatorError
from ledger.texts import Clock, utc
from ledger.units import Marker, RangeMessage, UnitState
from scan.batches import (
    BatchRecorder,
    EndedMessages,
    InspectedMessage,
    Message,
    MessageBatch,
    MessageWork,
    Piece,
    SharedRules,
    by_rules,
    cut_pieces,
    merge_messages,
)
from scan.inspection import UnitOutcome, count_live_hits, inspect_posts, match_posts
from scan.reading import read_body
from scan.unit_work import UnitScanner

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


@dataclass(frozen=True, slots=True)
class MessageScanner:
    """Scans the messages of one delivery."""

    scanner: UnitScanner
    recorder: BatchRecorder

    def scan(
        self, messages: Sequence[Message], seconds_left: Callable[[], float]
    ) -> Iterator[EndedMessages]:
        """Scan messages that are all different. Yield each as soon as it ended or failed."""
        try:
            require_reserve(seconds_left)
            states = self._read_states(messages)
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
        for piece in self._pieces(work):
            yield from self._guarded(piece, seconds_left)

    def _read_states(self, messages: Sequence[Message]) -> list[tuple[Message, UnitState]]:
        again = [message.unit for message in messages if message.receives > 1]
        states = self.scanner.store.unit_states([one.unit for one in messages], again)
        return list(zip(messages, states, strict=True))

    def _begin(
        self, left: Sequence[tuple[Message, UnitState]]
    ) -> tuple[list[MessageWork], list[EndedMessages]]:
        """Return the messages with their rules, and those whose rules could not be read."""
        work: list[MessageWork] = []
        failed: list[EndedMessages] = []
        known: dict[tuple[str, str, str], SharedRules] = {}
        for place, (message, state) in enumerate(left):
            try:
                work.append(self._work_on(message, state, known))
            except PLATFORM_ERRORS as error:  # it would fail, and take its time, for each of them
                failed.append(EndedMessages([one for one, _ in left[place:]], error=error))
                break
            except Exception as error:  # noqa: BLE001 - its neighbours go on
                failed.append(EndedMessages([message], error=_unless_fatal(error)))
        return work, failed

    def _work_on(
        self, message: Message, state: UnitState, known: dict[tuple[str, str, str], SharedRules]
    ) -> MessageWork:
        attempt = state.attempt or self.scanner.new_attempt(
            self.scanner.rulesets.current(), message.sent_at
        )
        key = (message.provider, attempt.set, attempt.at)
        if key not in known:
            at = datetime.fromisoformat(attempt.at)
            rules = self.scanner.rulesets.rules(attempt.set, message.provider, at)
            known[key] = SharedRules(message.provider, rules)
        return MessageWork(message, known[key], attempt, is_recorded=state.attempt is not None)

    def _pieces(self, work: Sequence[MessageWork]) -> Iterator[Piece]:
        """Yield messages that are worked on together, first new ones."""
        first = [one for one in work if one.message.receives <= 1]
        second = [one for one in work if one.message.receives == 2]
        late = [one for one in work if one.message.receives > 2]
        for alike in by_rules(first):
            yield from self._match(alike)
        for alike in by_rules(second):
            for few in batched(alike, SECOND_BATCH):
                yield from self._match(few)
        for one in late:
            yield Piece([one], [], is_late=True)

    def _match(self, work: Sequence[MessageWork]) -> Iterator[Piece]:
        """Match the posts of all messages at once. If that fails, halve them until it does not."""
        if len(work) == 1 or not work[0].shared.takes_batches:
            yield from (Piece([one], []) for one in work)
            return
        try:
            inspected = self._inspect(work)
        except Exception as error:  # noqa: BLE001 - one message may be at fault
            _unless_fatal(error)
            half = len(work) // 2
            yield from chain(self._match(work[:half]), self._match(work[half:]))
            return
        yield from cut_pieces(work, inspected)

    def _inspect(self, work: Sequence[MessageWork]) -> list[InspectedMessage]:
        rules, provider = work[0].shared.rules, work[0].shared.provider
        pseudonyms = self.scanner.keys.in_force(provider)
        records = [read_body(one.message.body) for one in work]
        results = match_posts([post for read in records for post in read.posts], rules)
        found_at, start, inspected = utc(self.scanner.clock.now()), 0, []
        for one, read in zip(work, records, strict=True):
            posts = read.posts
            of_message = results[start : start + len(posts)]
            if not one.is_recorded:
                one.attempt = self.scanner.with_copies(
                    one.attempt, provider, posts, of_message, rules
                )
            inspection = inspect_posts(
                posts,
                rules,
                pseudonyms,
                provider=provider,
                unit=one.message.unit,
                found_at=found_at,
                excerpt_length=one.attempt.excerpt_length,
                results=of_message,
                fingerprints=self.scanner.fingerprints(provider),
                copies=one.attempt.copies,
            )
            start += len(posts)
            inspected.append(InspectedMessage(one.message.job, read, inspection))
        return inspected

    def _guarded(self, piece: Piece, seconds_left: Callable[[], float]) -> Iterator[EndedMessages]:
        """Work on a piece. What has not ended when it fails comes again."""
        left = {one.message.unit: one.message for one in piece.work}
        try:
            require_reserve(seconds_left)
            for ended in self._commit(piece):
                for message in ended.messages:
                    left.pop(message.unit, None)
                yield ended
        except Exception as error:  # noqa: BLE001 - the other pieces go on
            yield EndedMessages(list(left.values()), error=_unless_fatal(error))

    def _commit(self, piece: Piece) -> Iterator[EndedMessages]:
        if len(piece.work) == 1:
            yield self._scan_alone(piece.work[0].message, is_late=piece.is_late)
            return
        messages = {one.message.unit: one.message for one in piece.work}
        batch = self._batch(piece)
        for _ in range(ROUNDS):
            inspected = self._record_attempts(piece, batch.messages)
            if len(inspected) < 2:
                break
            batch = replace(batch, messages=inspected)
            outcome = self.recorder.persist(batch)
            if outcome is not None:
                if outcome.receipt:
                    self.scanner.guard.count(outcome.receipt)
                yield EndedMessages([messages.pop(one.unit) for one in inspected], outcome)
                break
            batch = replace(batch, messages=self._still_open(inspected))
        # The rest was committed by others, or meets rules of its own.
        states = self.scanner.store.unit_states(list(messages))
        committed = {
            unit: state.marker for unit, state in zip(messages, states, strict=True) if state.marker
        }
        yield from self._repeated([messages.pop(unit) for unit in committed], committed)
        for message in messages.values():
            yield self._scan_alone(message)

    def _batch(self, piece: Piece) -> MessageBatch:
        shared, now = piece.work[0].shared, self.scanner.clock.now()
        findings = [found for one in piece.inspected for found in one.inspection.findings]
        posts = sum(len(one.records.posts) for one in piece.inspected)
        day = now.date().isoformat()
        hits, expected = count_live_hits(findings), shared.rules.expected
        flood = self.scanner.guard.decide(shared.provider, day, posts, hits, expected)
        pseudonyms = self.scanner.keys.in_force(shared.provider)
        return MessageBatch(piece.inspected, shared.rules, pseudonyms, flood, now)

    def _record_attempts(
        self, piece: Piece, inspected: Sequence[InspectedMessage]
    ) -> list[InspectedMessage]:
        """Record attempts that may store findings. Drop messages that others work on or ended."""
        work = {one.message.unit: one for one in piece.work}
        attempts = {
            one.unit: work[one.unit].attempt
            for one in inspected
            if one.inspection.findings or work[one.unit].is_recorded
        }
        recorded = self.scanner.store.record_attempts(attempts) if attempts else {}
        return [
            replace(one, attempt=recorded.get(one.unit))
            for one in inspected
            if one.unit not in attempts or recorded[one.unit] == attempts[one.unit]
        ]

    def _still_open(self, inspected: Sequence[InspectedMessage]) -> list[InspectedMessage]:
        """Drop what others committed or work on. Raise OSError if there is nothing to drop."""
        states = self.scanner.store.unit_states([one.unit for one in inspected])
        still_open = [
            one
            for one, state in zip(inspected, states, strict=True)
            if state.marker is None and state.attempt == one.attempt
        ]
        if len(still_open) == len(inspected):
            raise OSError("a batch was refused and none of its messages is taken")
        return still_open

    def _repeated(
        self, messages: Sequence[Message], markers: "dict[str, Marker]"
    ) -> Iterator[EndedMessages]:
        """Hand out earlier committed receipts again, each once."""
        by_receipt: dict[str, list[Message]] = {}
        for message in messages:
            by_receipt.setdefault(markers[message.unit].receipt_id, []).append(message)
        for together in by_receipt.values():
            try:
                outcome = self.scanner.recorder.handout.hand_out_again(markers[together[0].unit])
                for message in together:
                    self.scanner.recorder.handout.hand_out_refusals(
                        outcome.receipt, message.job, message.body
                    )
                yield EndedMessages(together, outcome)
            except Exception as error:  # noqa: BLE001 - the others go on
                yield EndedMessages(together, error=_unless_fatal(error))

    def _scan_alone(self, message: Message, *, is_late: bool = False) -> EndedMessages:
        """Scan a message as a unit of its own. One that is late is a suspect meanwhile."""
        scan, store = self.scanner.scan_message, self.scanner.store
        if not is_late:
            outcome = scan(message.provider, message.body, message.sent_at)
            return EndedMessages([message], outcome)
        end = self.scanner.clock.now() + timedelta(days=SUSPECT_DAYS)
        expires = int(end.timestamp())
        store.note_suspect(message.unit, expires, works=True)
        try:
            outcome = scan(message.provider, message.body, message.sent_at)
        except Exception as error:
            if not isinstance(error, MemoryError):
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
    posts_queue_arn: str
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
