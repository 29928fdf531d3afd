"""What the environment tells scan, and the parts that it makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import uniform
from typing import Any

from ledger.aws.objects import S3Objects
from ledger.aws.queue import Senders
from ledger.aws.store import DynamoStore
from ledger.clock import clock_from_setting
from ledger.closing import FILE_DAYS, Closing
from ledger.privacy.pseudonyms import PseudonymKeys
from scan.deliveries import Deliveries
from scan.flood_guard import FloodGuard, FloodLimits
from scan.rule_sets import POINTER_SECONDS, RuleSets
from scan.sampling import Sampler
from scan.unit_work import Scanner

DAY_SECONDS = 24 * 60 * 60

PATIENCE = (0.5, 1.0)
"""The share of POINTER_SECONDS for which a worker believes the pointer is drawn from here."""


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """The settings of the template; a missing one fails at start, and loudly."""

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


def deliveries_of(settings: ScanSettings, dynamodb: Any, s3: Any, secret: str) -> Deliveries:
    """The parts of scan, put together over clients of AWS."""
    clock = clock_from_setting(settings.today)
    store, objects = DynamoStore.of(dynamodb, settings.table), S3Objects(s3)
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
        guard=FloodGuard(store, clock, limits, expire_seconds=FILE_DAYS * DAY_SECONDS),
        sampler=Sampler(store, clock, secret.encode()),
        keys=PseudonymKeys(store, clock, secret.encode()),
        work_bucket=settings.work_bucket,
        out_bucket=settings.out_bucket,
        excerpt_days=settings.excerpt_days,
    )
    return Deliveries(
        scanner=scanner,
        closing=Closing(store, objects, clock, settings.out_bucket, settings.work_bucket),
        senders=Senders(store, clock, settings.redrive_sender),
        clock=clock,
        posts_queue_arn=settings.posts_queue_arn,
        trial_day=bool(settings.today),
    )
