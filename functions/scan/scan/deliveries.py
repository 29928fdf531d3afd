"""One delivery of SQS: a range of a file, or a message of a registered sender."""

from collections.abc import Callable, Mapping
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
from scan.flood_guard import FloodGuard, FloodLimits
from scan.persisting import UnitOutcome, UnitRecorder
from scan.rule_sets import POINTER_SECONDS, RuleSets
from scan.unit_work import Scanner

PATIENCE = (0.5, 1.0)
"""A worker believes the pointer for a share of POINTER_SECONDS, drawn from this range."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Takes deliveries one by one.

    On a trial day, a day that the settings fix, every message counts as sent now.
    """

    scanner: Scanner
    closing: Closing
    senders: Senders
    clock: Clock
    posts_queue_arn: str
    trial_day: bool

    def take(self, message: Delivery, seconds_left: Callable[[], float]) -> UnitOutcome | None:
        """Scan one delivery. Return None for a sender who is not registered.

        Raises TimeReserveError when too little time is left, and any error of the platform. SQS
        then delivers the message again.
        """
        require_reserve(seconds_left)
        if message.queue_arn != self.posts_queue_arn:
            unit = msgspec.json.decode(message.body, type=Unit)
            outcome = self.scanner.scan_range(unit)
            self.closing.close(unit.file)
            return outcome
        provider = self.senders.believed(message.sender_id, message.attributes)
        if provider is None:
            return None
        sent_at = self.clock.now() if self.trial_day else self.senders.first_sent(message)
        return self.scanner.scan_message(provider, message.body, sent_at)


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
            out_bucket=settings.out_bucket,
            excerpt_days=settings.excerpt_days,
        ),
    )
    return Deliveries(
        scanner=scanner,
        closing=Closing(store, objects, clock, settings.out_bucket, settings.work_bucket),
        senders=Senders(store, clock, settings.redrive_sender),
        clock=clock,
        posts_queue_arn=settings.posts_queue_arn,
        trial_day=bool(settings.today),
    )
