"""The settings of learn, and its parts put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claims.feeds.publishers import Trust
from learn.activate_index import IndexActivator
from learn.feed_import import FeedImporter
from learn.library import Library
from learn.reopening import Reopening, ReopeningStore
from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.clock import Clock, clock_from_setting
from ledger.ports import Objects


@dataclass(frozen=True, slots=True)
class LearnSettings:
    """The settings of the template; a missing one raises KeyError at start."""

    table: str
    work_bucket: str
    out_bucket: str
    public_bucket: str
    notice_hours: int
    trusted_publishers: str
    today: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "LearnSettings":
        """Read the environment; each variable is its field's name in capitals."""
        return cls(
            **{name: kind(environment[name.upper()]) for name, kind in cls.__annotations__.items()}
        )


def importer_of(settings: LearnSettings, dynamodb: Any, s3: Any) -> FeedImporter:
    """Return the importer over clients of AWS."""
    store = DynamoStore.of(dynamodb, settings.table)
    return importer_over(settings, store, S3Objects(s3), clock_from_setting(settings.today))


def importer_over(
    settings: LearnSettings, store: ReopeningStore, objects: Objects, clock: Clock
) -> FeedImporter:
    """Return the importer over ports."""
    library = Library(objects, settings.out_bucket)
    return FeedImporter(
        objects=objects,
        clock=clock,
        library=library,
        activator=IndexActivator(
            objects, clock, library, settings.public_bucket, settings.notice_hours
        ),
        reopening=Reopening(store, objects, clock, settings.out_bucket),
        trust=Trust(domain for domain in settings.trusted_publishers.split(",") if domain.strip()),
        work_bucket=settings.work_bucket,
        out_bucket=settings.out_bucket,
        public_bucket=settings.public_bucket,
    )
