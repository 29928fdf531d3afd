"""What a batch of messages stores: one transaction for all of its markers and one receipt.

Findings and refusals are stored before it, under the ids of their messages. If the batch dies, or
loses messages to another worker, nothing is left that counts: a receipt counts a finding only if
the message that stored it first is committed in the same transaction.

Messages of one invocation: what each is, which go together, how they are cut.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ledger.aws.store import DynamoStore
from ledger.findings import Finding, batch_id, unit_id
from ledger.privacy import Pseudonyms, SampledPost, month_audit_key
from ledger.units import (
    BATCH_BYTES,
    BATCH_FINDINGS,
    BATCH_MESSAGES,
    ITEM_BYTES,
    Attempt,
    Marker,
    Receipt,
)
from scan.inspection import (
    FloodDecision,
    Inspection,
    UnitEffects,
    UnitJob,
    UnitOutcome,
    merge_inspections,
    own_findings,
    sample_unflagged,
)
from scan.persisting import UnitRecorder, message_receipt
from scan.reading import UnitRecords
from scan.rule_sets import Rules


@dataclass(frozen=True, slots=True)
class InspectedMessage:
    """A message with its findings; `attempt` is the recorded one, if there is one."""

    job: UnitJob
    records: UnitRecords
    inspection: Inspection
    attempt: Attempt | None = None

    @property
    def unit(self) -> str:
        """The id of the message."""
        return self.job.unit


@dataclass(frozen=True, slots=True)
class MessageBatch:
    """Messages of one provider that meet the same rules, to be committed together."""

    messages: Sequence[InspectedMessage]
    rules: Rules
    pseudonyms: Pseudonyms
    flood: FloodDecision
    now: datetime

    @property
    def provider(self) -> str:
        """The provider of all messages."""
        return self.messages[0].job.provider

    @property
    def marker(self) -> Marker:
        """A marker that names the batch, for the keys of what it hands out."""
        name = batch_id(self.provider, (message.unit for message in self.messages))
        return Marker(name, self.provider, self.now.date().isoformat(), name)

    def effects(self, secret: bytes) -> UnitEffects:
        """Return everything that the messages are about to store, as of one unit."""
        records = UnitRecords.merged(message.records for message in self.messages)
        inspection = merge_inspections(message.inspection for message in self.messages)
        marker = self.marker
        audit_key = month_audit_key(secret, marker.day[:7])
        size = sum(message.job.size for message in self.messages)
        return UnitEffects(
            job=UnitJob(self.provider, marker.unit, "messages", size),
            marker=marker,
            records=records,
            rules=self.rules,
            inspection=inspection,
            flood=self.flood,
            sample=sample_unflagged(
                records.posts,
                inspection.findings,
                self.pseudonyms,
                key=audit_key,
                provider=self.provider,
            ),
            audit_key=audit_key,
            attempt=None,
            now=self.now,
        )

    def receipt(self, effects: UnitEffects, own: Sequence[Finding]) -> Receipt:
        """Return the receipt that sums the messages; `own` are the findings that they own."""
        found = sum(len(message.inspection.findings) for message in self.messages)
        refused = (message.unit for message in self.messages if message.records.refused)
        return msgspec.structs.replace(
            effects.receipt(own, repeats=found - len(own)),
            messages=len(self.messages),
            refused_messages=tuple(sorted(refused)),
        )


@dataclass(frozen=True, slots=True)
class BatchRecorder:
    """Stores batches, over the recorder of single units."""

    store: DynamoStore
    recorder: UnitRecorder
    secret: bytes

    def persist(self, batch: MessageBatch) -> UnitOutcome | None:
        """Store a batch. Return None if it lost a race for one of its messages.

        Raises OSError if an author was erased meanwhile: the next delivery sees the tombstone.
        """
        effects, units = batch.effects(self.secret), {message.unit for message in batch.messages}
        provider, accounts = batch.provider, effects.accounts
        self.recorder.put_floods(effects)
        erased = self.store.erased_accounts(provider, accounts)
        own = own_findings(self.recorder.put_findings(effects, erased), units)
        for message in batch.messages:
            self.recorder.put_refusals(message.unit, message.records)
        self.recorder.put_grounds(own)
        self.recorder.put_fingerprints(effects, own)
        sample = self.recorder.sample_to_store(effects, erased)
        # Without findings nothing was stored since that look.
        if effects.inspection.findings and self.store.erased_accounts(provider, accounts) != erased:
            self.recorder.put_fingerprints(effects, [])  # the next attempt may be another batch
            raise OSError("an author was erased meanwhile")
        receipt, marker = batch.receipt(effects, own), effects.marker
        markers = [Marker(unit, provider, marker.day, marker.unit) for unit in sorted(units)]
        attempts = {message.unit: message.attempt for message in batch.messages if message.attempt}
        ids = [finding.finding for finding in own]
        if not self.store.commit_batch(markers, receipt, attempts, ids, sample):
            return None
        if sample is not None:
            self._erase_from_sample(marker, *sample)
        self.recorder.handout.hand_out_new(marker, effects, own)
        self.recorder.handout.put_batch_receipt(marker, receipt, sorted(units))
        for message in batch.messages:
            if message.records.refused:
                report = message_receipt(receipt, message.job, message.records)
                self.recorder.handout.put_message_receipt(receipt, report)
        return UnitOutcome(receipt, new=True)

    def _erase_from_sample(
        self, marker: Marker, posts: Sequence[SampledPost], expires: int
    ) -> None:
        """Take authors out of a committed sample who were erased before it could be found."""
        accounts = {post.account for post in posts}
        if erased := self.store.erased_accounts(marker.provider, accounts):
            kept = [post for post in posts if post.account not in erased]
            self.store.put_sample(marker, kept, expires)


BODY_BYTES = 1024 * 1024
"""Bytes of the bodies of one batch: fact-checks may take a minute for so many posts."""


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


@dataclass(frozen=True, slots=True)
class SharedRules:
    """The rules that messages of one provider share."""

    provider: str
    rules: Rules

    @property
    def takes_batches(self) -> bool:
        """Whether the receipt of a batch fits into an item of the table."""
        return self.rules.receipt_bytes + BATCH_BYTES <= ITEM_BYTES


@dataclass(slots=True)
class MessageWork:
    """A message at work, with the rules that it meets. Its body is not read yet.

    `is_recorded` says that `attempt` is an earlier one, with its copies. If it is false, the
    inspection of the posts adds the copies.
    """

    message: Message
    shared: SharedRules
    attempt: Attempt
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """Messages to be committed together, or one alone; `is_late` if workers may have died of it."""

    work: Sequence[MessageWork]
    inspected: Sequence[InspectedMessage]
    is_late: bool = False


def cut_pieces(
    work: Sequence[MessageWork], inspected: Sequence[InspectedMessage]
) -> Iterator[Piece]:
    """Yield batches that fit into a transaction. A message too large for any comes alone."""
    taken: list[tuple[MessageWork, InspectedMessage]] = []
    size = findings = 0
    for one, seen in zip(work, inspected, strict=True):
        if len(seen.inspection.findings) > BATCH_FINDINGS:
            yield Piece([one], [])
            continue
        size += seen.job.size
        findings += len(seen.inspection.findings)
        if taken and (
            len(taken) == BATCH_MESSAGES or size > BODY_BYTES or findings > BATCH_FINDINGS
        ):
            yield _piece_of(taken)
            taken = []
            size, findings = seen.job.size, len(seen.inspection.findings)
        taken.append((one, seen))
    if taken:
        yield _piece_of(taken)


def _piece_of(taken: Sequence[tuple[MessageWork, InspectedMessage]]) -> Piece:
    return Piece([one for one, _ in taken], [seen for _, seen in taken])


def by_rules(work: Iterable[MessageWork]) -> Iterator[list[MessageWork]]:
    """Yield the messages of each provider and rules, in order."""
    groups: dict[tuple[str, int], list[MessageWork]] = {}
    for one in work:
        groups.setdefault((one.shared.provider, id(one.shared.rules)), []).append(one)
    yield from groups.values()
