"""Deliveries of SQS: a range of a file, or messages of registered senders."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import uniform
from typing import Any

import msgspec

from ledger.aws.objects import S3Objects
from ledger.aws.queue import Delivery, Senders, require_reserve
from ledger.aws.store import DynamoStore
from ledger.clock import Clock, clock_from_setting
from ledger.closing import Closing
from ledger.privacy.pseudonyms import PseudonymKeys
from ledger.records.manifest import Unit
from scan.batches.messages import EndedMessages, Message, merge_messages
from scan.batches.recorder import BatchRecorder
from scan.batches.scanner import MessageScanner
from scan.copies import Snapshots
from scan.effects import UnitOutcome
from scan.flood_guard import FloodGuard, FloodLimits
from scan.handing_out import Handout
from scan.persisting import UnitRecorder
from scan.rule_sets import POINTER_SECONDS, RuleSets
from scan.unit_work import Scanner


@dataclass(frozen=True, slots=True)
class UnknownSender:
    """A delivery, by its name in SQS, whose sender is not registered. Nothing of it is stored."""

    delivery: str


PATIENCE = (0.5, 1.0)
"""A worker believes the pointer for a share of POINTER_SECONDS, drawn from this range."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Takes ranges one by one, and messages all at once.

    On a trial day, a day that the settings fix, every message counts as sent now.
    """

    scanner: Scanner
    messages: MessageScanner
    closing: Closing
    senders: Senders
    clock: Clock
    posts_queue_arn: str
    trial_day: bool

    def take(self, message: Delivery, seconds_left: Callable[[], float]) -> UnitOutcome:
        """Scan the range of a file.

        Raises TimeReserveError when too little time is left, and any error of the platform. SQS
        then delivers the message again.
        """
        require_reserve(seconds_left)
        unit = msgspec.json.decode(message.body, type=Unit)
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
            provider = self.senders.believed(delivery.sender_id, delivery.attributes)
            if provider is None:
                yield UnknownSender(delivery.id)
                continue
            sent_at = self.clock.now() if self.trial_day else self.senders.first_sent(delivery)
            known.append(
                Message.of(provider, delivery.body, sent_at, delivery.receives, delivery.id)
            )
        if known:
            yield from self.messages.scan(merge_messages(known), seconds_left)


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """The settings that the template passes; a missing one raises KeyError at start."""

    table: str
    work_bucket: str
    out_bucket: str
    public_bucket: str
    public_url: str
    posts_queue_arn: str
    redrive_sender: str
    max_rule_per_mille: int
    flood_minimum_posts: int
    excerpt_days: int
    excerpt_length: int
    today: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "ScanSettings":
        """Read the environment; each setting has its field's name in capitals."""
        return cls(
            **{name: kind(environment[name.upper()]) for name, kind in cls.__annotations__.items()}
        )


def connect(settings: ScanSettings, dynamodb: Any, s3: Any, secret: str) -> Deliveries:
    """Build the parts of scan on two clients of AWS."""
    clock = clock_from_setting(settings.today)
    store, objects = DynamoStore.of(dynamodb, settings.table, clock), S3Objects(s3)
    limits = FloodLimits(settings.max_rule_per_mille, settings.flood_minimum_posts)
    scanner = Scanner(
        store=store,
        objects=objects,
        clock=clock,
        rulesets=RuleSets(
            objects,
            clock,
            settings.public_bucket,
            public=bool(settings.public_url),
            patience=POINTER_SECONDS * uniform(*PATIENCE),  # noqa: S311 - no secret
        ),
        guard=FloodGuard(store, clock, limits),
        keys=PseudonymKeys(store, clock, secret.encode()),
        secret=secret.encode(),
        recorder=UnitRecorder(
            store=store,
            objects=objects,
            work_bucket=settings.work_bucket,
            handout=Handout(store, objects, settings.work_bucket, settings.out_bucket),
            excerpt_days=settings.excerpt_days,
        ),
        snapshots=Snapshots(objects, clock, settings.work_bucket),
        excerpt_length=settings.excerpt_length,
    )
    return Deliveries(
        scanner=scanner,
        messages=MessageScanner(scanner, BatchRecorder(store, scanner.recorder, scanner.secret)),
        closing=Closing(store, objects, clock, settings.out_bucket, settings.work_bucket),
        senders=Senders(store, clock, settings.redrive_sender),
        clock=clock,
        posts_queue_arn=settings.posts_queue_arn,
        trial_day=bool(settings.today),
    )
