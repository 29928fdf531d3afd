"""Messages of one invocation: what each is, which go together, how they are cut."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ledger.records.identity import unit_id
from ledger.records.manifest import Attempt
from ledger.records.receipt import BATCH_BYTES, BATCH_FINDINGS, BATCH_MESSAGES, ITEM_BYTES
from scan.batches.recorder import InspectedMessage
from scan.effects import UnitJob, UnitOutcome
from scan.rule_sets import Rules

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
