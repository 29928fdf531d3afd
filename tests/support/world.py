"""Terang's parts over an AWS in memory: a table, four buckets and a queue for one test."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import count
from typing import Any

import msgspec
from simulation.clients import Client, DirectTransport, Transport
from simulation.dynamodb import DynamoDB
from simulation.s3 import S3
from simulation.sqs import SQS
from support.declared import table_shape
from support.publish_world import all_steps
from support.sample_messages import SENT
from support.sample_posts import SHADOW, StandingClock, pack

from claims.admission import Trust
from claims.check_finder import published_indexes
from decide.case_work import CaseDeliveries, CaseOutcome, CaseWork, case_work_of
from dsa import decision_files
from feeds.feed_import import FeedImporter, FeedOutcome, Library
from feeds.reopening import Reopening
from intake.arrival import Intake
from intake.reader import Budget
from ledger.closing import Closing, FileReceipt
from ledger.desk_store import DynamoDesk
from ledger.keys import Provider, receipt_key
from ledger.objects import S3Objects, Senders, SqsUnitQueue
from ledger.store import DynamoStore, PseudonymKeys
from ledger.units import RangeMessage, Receipt
from matcher import Pack, build_set
from publish.day_facts import SealBucket
from publish.public_bucket import SummaryBucket
from publish.publish_run import PublishContext
from rules.pinned import FACTCHECKS
from rules.rule_set import ProviderSettings
from scan.flood_guard import FloodGuard, FloodLimits
from scan.inspection import KnownDraws, ShadowFindings
from scan.scanner import Deliveries, MessageScanner
from scan.unit_input import KnownSnapshots, RuleSets
from scan.unit_work import UnitRecorder, UnitScanner

SECRET, SECRET_NAME = b"the secret of this test", "pseudonym-secret"
SALT = b"the salt of a month, and of 32 b"
ROLE = "AROAACME"
DAY = "2026-11-25"
_numbers = count()


@dataclass(frozen=True, slots=True)
class Clients:
    """Clients of AWS; those of a test speak to the simulation or to moto."""

    dynamodb: Any
    s3: Any
    sqs: Any


def clients_in_memory(transport: Transport | None = None) -> Clients:
    """Clients of the simulation's services, each made anew."""
    services, carries = (DynamoDB(), S3(), SQS()), transport or DirectTransport()
    return Clients(*(Client(service, carries) for service in services))


@dataclass(slots=True)
class World:
    """One stack, empty but for the provider `acme` and a set of two packs."""

    clients: Clients
    number: int = field(default_factory=lambda: next(_numbers))
    clock: StandingClock = field(default_factory=StandingClock)
    range_bytes: int = 1_000
    part_bytes: int = 1_000
    budget: Budget = Budget()  # noqa: RUF009 - frozen
    limits: FloodLimits = FloodLimits(1_000, 1_000_000)  # noqa: RUF009 - frozen
    shadow: ShadowFindings = ShadowFindings.COUNTED
    excerpt_days: int = 30
    queue_url: str = ""
    removed: bool = False

    def __post_init__(self) -> None:
        """Make the table, the buckets and the queue; register `acme` and publish."""
        self.clients.dynamodb.create_table(TableName=self.table, **table_shape())
        for bucket in self.buckets:
            self.clients.s3.create_bucket(Bucket=bucket)
            self.clients.s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        self.queue_url = self.clients.sqs.create_queue(QueueName=f"units-{self.number}")["QueueUrl"]
        self.store.put_provider(Provider("acme", (ROLE,), territory=("DE",)))
        self.publish(pack(), pack(SHADOW))

    def remove(self) -> None:
        """Take the table away: moto copies all tables in each transaction."""
        if not self.removed:
            self.clients.dynamodb.delete_table(TableName=self.table)
        self.removed = True

    @property
    def table(self) -> str:
        return f"terang-{self.number}"

    @property
    def buckets(self) -> tuple[str, ...]:
        return self.drop, self.work, self.out, self.public

    @property
    def drop(self) -> str:
        return f"drop-{self.number}"

    @property
    def work(self) -> str:
        return f"work-{self.number}"

    @property
    def out(self) -> str:
        return f"out-{self.number}"

    @property
    def public(self) -> str:
        return f"public-{self.number}"

    @property
    def store(self) -> DynamoStore:
        return DynamoStore.of(self.clients.dynamodb, self.table, self.clock)

    @property
    def objects(self) -> S3Objects:
        return S3Objects(self.clients.s3)

    def publish(self, *packs: Pack, **providers: ProviderSettings) -> str:
        """Put a set of these packs in force; its digest."""
        data = build_set(packs, notice_hours=0, providers=providers)
        name = sha256(data).hexdigest()
        self.objects.put_new(self.public, f"sets/{name}.json", data)
        pointer = {"set": name, "since": f"{DAY}T00:00:00Z"}
        self.objects.put(self.public, "sets/current.json", msgspec.json.encode(pointer))
        return name

    def publishing(self, **changes: Any) -> PublishContext:
        """A run of publish with all its steps but the log, unless `changes` say otherwise."""
        context = PublishContext(
            store=self.store, public=SummaryBucket(self.objects, self.public),
            seals=SealBucket(self.objects, self.work), clock=self.clock,
            public_url="https://terang.example", notice_hours=0, pause_below=0.5,
            has_time=lambda: True,
            steps=all_steps(self.objects, self.closing().close, self.out, self.work),
        )  # fmt: skip
        return replace(context, **changes)

    def closing(
        self, store: DynamoStore | None = None, objects: S3Objects | None = None
    ) -> Closing:
        return Closing(
            store or self.store, objects or self.objects, self.clock, self.out, self.work
        )

    def keys(self, store: Any = None) -> PseudonymKeys:
        """The keys of the pseudonyms; two worlds have the same."""
        return PseudonymKeys(store or self.store, self.clock, SECRET, fresh_salt=lambda: SALT)

    def pseudonym(self, account: str) -> str:
        """What stands for an account of `acme` this month."""
        return self.keys().in_force("acme").of(account)

    def intake(self, store: Any = None, objects: Any = None, queue: Any = None) -> Intake:
        """Intake, over other ports where they are given."""
        return Intake(
            store=store or self.store, objects=objects or self.objects,
            queue=queue or SqsUnitQueue(self.clients.sqs, self.queue_url), clock=self.clock,
            closing=self.closing(store, objects), keys=self.keys(store), work_bucket=self.work,
            out_bucket=self.out, public_bucket=self.public, range_bytes=self.range_bytes,
            part_bytes=self.part_bytes, budget=self.budget,
        )  # fmt: skip

    def scanner(self, store: Any = None, objects: Any = None) -> UnitScanner:
        """A fresh worker of scan, over other ports where they are given."""
        store, objects = store or self.store, objects or self.objects
        return UnitScanner(
            store=store,
            objects=objects,
            clock=self.clock,
            rulesets=RuleSets(
                objects, self.clock, self.public, public=True,
                finders={FACTCHECKS: published_indexes(partial(objects.get, self.public))},
            ),
            guard=FloodGuard(store, self.clock, self.limits),
            keys=self.keys(store),
            secret=SECRET,
            recorder=UnitRecorder(store, objects, self.work, self.out, self.excerpt_days),
            snapshots=KnownSnapshots(objects, self.clock, self.work),
            draws=KnownDraws(objects, self.clock, self.work),
            shadow=self.shadow,
        )  # fmt: skip

    def deliveries(self, store: Any = None, objects: Any = None) -> Deliveries:
        """A fresh worker of scan, from the delivery on."""
        store, objects = store or self.store, objects or self.objects
        scanner = self.scanner(store, objects)
        return Deliveries(scanner=scanner, messages=MessageScanner(scanner),
            closing=self.closing(store, objects), clock=self.clock, trial_day=False,
            senders=Senders(store, self.clock, "AROAREDRIVE", "AROAINBOX"))  # fmt: skip

    @property
    def desk(self) -> DynamoDesk:
        return DynamoDesk(self.store.table, self.clock)

    def case_work(self, store: Any = None, objects: Any = None) -> CaseWork:
        """A fresh worker of decide, over other ports where they are given."""
        return case_work_of(
            store or self.store,
            objects or self.objects,
            self.clock,
            out_bucket=self.out,
            public_bucket=self.public,
            rooms=(
                partial(
                    decision_files,
                    public_url="https://terang.example",
                    objecting=partial((store or self.store).objecting, "https://ask.example"),
                ),
            ),
        )

    def case_deliveries(self) -> CaseDeliveries:
        """A fresh worker of decide, from the delivery on."""
        senders = Senders(self.store, self.clock, "AROAREDRIVE", "AROAINBOX")
        return CaseDeliveries(self.case_work(), senders, self.desk, "arn:console")

    def decide(self, *messages: dict[str, Any], provider: str = "acme",
               sent_at: datetime = SENT) -> list[CaseOutcome]:  # fmt: skip
        """Take messages about cases, each by a fresh worker; what they and the woken came to. They
        were sent after all that they tell, wherever the clock of the world stands."""
        return [
            handled
            for message in messages
            for handled in self.case_work().take(provider, msgspec.json.encode(message), sent_at)
        ]

    def importer(self, objects: Any = None, store: Any = None) -> FeedImporter:
        """A fresh worker of feeds, over other ports where they are given."""
        objects = objects or self.objects
        return FeedImporter(Library(objects, self.clock, self.out, self.public, notice_hours=0),
                            Reopening(store or self.store, objects, self.clock, self.out),
                            Trust(["check.example"]), self.work)  # fmt: skip

    def import_checks(self, feed: bytes, key: str = "factchecks/checks.csv") -> FeedOutcome:
        """Put a feed of checks where feeds looks, and let it take it."""
        self.objects.put(self.work, key, feed)
        return self.importer().import_feed(key)

    def put(
        self, data: bytes, name: str = "posts.jsonl", provider: str = "acme"
    ) -> tuple[str, str]:
        """Drop a file; its key and version."""
        key = f"drop/{provider}/{name}"
        return key, self.objects.put(self.drop, key, data).version

    def take_in(self, data: bytes, name: str = "posts.jsonl") -> list[RangeMessage]:
        """Drop a file and let intake cut it; its units."""
        self.intake().receive(self.drop, *self.put(data, name), seconds_left=lambda: 900)
        return self.units()

    def units(self) -> list[RangeMessage]:
        """The units that were sent, in order; each is taken once."""
        return sorted(self._received(), key=lambda unit: (unit.file, unit.number))

    def _received(self) -> Iterator[RangeMessage]:
        sqs = self.clients.sqs
        while found := sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            for message in found:
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
                yield msgspec.json.decode(message["Body"], type=RangeMessage)

    def scan(self, *units: RangeMessage) -> None:
        """Scan units, each by a fresh worker, and close their files."""
        for unit in units:
            self.scanner().scan_range(unit)
            self.closing().close(unit.file)

    def receipts(self, day: str = DAY) -> list[Receipt]:
        """What `acme`'s day came to."""
        return list(self.store.receipts("acme", day))

    def file_receipt(self, file: str) -> FileReceipt:
        """What the sender is told of a file."""
        data = self.objects.get(self.out, receipt_key("acme", file))
        assert data is not None
        return msgspec.json.decode(data, type=FileReceipt)

    def items(self) -> list[dict[str, Any]]:
        """All that stands in the table."""
        pages = self.clients.dynamodb.get_paginator("scan").paginate(TableName=self.table)
        return [item for page in pages for item in page["Items"]]

    def open_findings(self) -> list[str]:
        found = [
            (item["open_sk"]["S"], item["pk"]["S"].removeprefix("C#"))
            for partition in ("acme", *(f"acme#{digit:x}" for digit in range(16)))
            for item in self.clients.dynamodb.query(
                TableName=self.table,
                IndexName="open",
                KeyConditionExpression="open_pk = :partition",
                ExpressionAttributeValues={":partition": {"S": partition}},
            )["Items"]
        ]
        return [finding for _, finding in sorted(found)]

    def state(self) -> dict[str, Any]:
        """All items and all objects, without what names this world: equal facts, equal state. What
        a worker counted for the flood guard is no fact, and its row has a name by chance."""
        items = {(item["pk"]["S"], item["sk"]["S"]): item
                 for item in self.items() if not item["sk"]["S"].startswith("total#")}  # fmt: skip
        objects = {(bucket.rpartition("-")[0], key): self.objects.get(bucket, key)
                   for bucket in self.buckets for key in self.objects.keys(bucket, "")}  # fmt: skip
        return {"items": items, "objects": objects}

    def everything(self) -> bytes:
        """All that is stored or handed out, for looking whether some words are in it."""
        state = self.state()
        stored = b"".join(data or b"" for data in state["objects"].values())
        return stored + msgspec.json.encode([*state["items"].values()])
