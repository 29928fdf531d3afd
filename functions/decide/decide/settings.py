"""Read decide's settings from the environment, and put its parts together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from decide.case_work import CaseWork
from decide.deliveries import CaseDeliveries
from decide.effects.author_notice import AuthorNotices
from decide.effects.effects import Effects
from decide.facts_reader import DecidedPacks, DecideStore, FactsReader
from ledger.aws.objects import S3Objects
from ledger.aws.queue import Senders
from ledger.aws.store import DynamoStore
from ledger.clock import Clock, clock_from_setting
from ledger.ports import Objects


@dataclass(frozen=True, slots=True)
class DecideSettings:
    """The settings from template.yaml. A missing one raises KeyError at start."""

    table: str
    out_bucket: str
    public_bucket: str
    public_url: str
    redrive_sender: str
    today: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "DecideSettings":
        """Read the environment; each setting has its field's name in capitals."""
        return cls(**{name: environment[name.upper()] for name in cls.__annotations__})


def case_deliveries_of(settings: DecideSettings, dynamodb: Any, s3: Any) -> CaseDeliveries:
    """Put the parts of decide together over clients of AWS."""
    clock = clock_from_setting(settings.today)
    store = DynamoStore.of(dynamodb, settings.table)
    work = case_work_of(settings, store, S3Objects(s3), clock)
    return CaseDeliveries(work, Senders(store, clock, settings.redrive_sender))


def case_work_of(
    settings: DecideSettings, store: DecideStore, objects: Objects, clock: Clock
) -> CaseWork:
    """Put the parts of decide together over ports."""
    packs, out = DecidedPacks(objects, settings.public_bucket), settings.out_bucket
    notices = AuthorNotices(settings.public_url)
    return CaseWork(
        store=store,
        objects=objects,
        clock=clock,
        reader=FactsReader(store, objects, packs, out),
        effects=Effects(store, objects, packs, notices, out),
        out_bucket=out,
        trial_day=bool(settings.today),
    )
