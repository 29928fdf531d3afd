"""A small world for publish: the simulation's table and buckets, a clock, and sample facts. The
samples are invented; the packs say nothing that anybody could misuse."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from simulation.clients import Client, DirectTransport
from simulation.dynamodb import DynamoDB
from simulation.s3 import S3
from support.sample_packs import CARD, SCORED
from support.sample_posts import StandingClock
from support.stored_files import StoredFiles

from ledger.cases import JournalEntry
from ledger.finding_store import receipt_place
from ledger.findings import FindingFingerprint
from ledger.keys import Provider
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.table import journal_of, key_of, work_of
from ledger.units import Marker, OpenFile, Receipt, rule_key
from publish.day_facts import SealBucket
from publish.public_bucket import SummaryBucket
from publish.publish_run import PublishContext, PublishRequest, PublishResult, PublishStep, publish
from publish.summary import Summary, decode_summary
from publish_steps.handover import OpenFiles, Samples, Snapshots, Statements
from publish_steps.site_files import Site
from rules.pack import Pack

BUCKET = "public"
CLOSED = "2026-11-26T02:00:00Z"
"""The moment at which 25 November is closed."""


KEPT = 2**32
"""When something in the table expires that no test outlives."""


class DiedError(Exception):
    """The worker is gone."""


@dataclass(slots=True)
class WatchedCalls(DirectTransport):
    """Carries calls to the buckets and the table; `writes` keeps the order of all that was put. At
    write number `fatal` the worker dies, once; `applied` says whether the write still stands.
    `around` gets the name and the rest of each call: `get` or `put` of a key, `get head` or `move
    head` of the log. A call of which it makes nothing is answered and not done."""

    writes: list[str] = field(default_factory=list)
    fatal: int | None = None
    applied: bool = False
    around: Callable[[str, Callable[[], object]], object] = lambda name, call: call()

    def call(self, operation: str, perform: Callable[..., Any], params: dict[str, Any]) -> Any:
        call = partial(perform, **params)
        if operation == "put_object":
            call = partial(self._put, call, params["Key"])
        name = _name_of(operation, params)
        return (self.around(name, call) or {"ETag": ""}) if name else call()

    def _put(self, put: Callable[[], object], key: str) -> object:
        if dies := self.fatal == len(self.writes):
            self.fatal = None
        answer = put() if self.applied or not dies else None
        if dies:
            raise DiedError(key)
        self.writes.append(key)
        return answer


def _name_of(operation: str, params: dict[str, Any]) -> str:
    if operation in {"get_object", "put_object"}:
        return f"{operation[:3]} {params['Key']}"
    if operation == "get_item" and params["Key"]["sk"]["S"].startswith("head#"):
        return "get head"
    is_move = operation == "transact_write_items" and "'head#" in str(params["TransactItems"][0])
    return "move head" if is_move else ""


class Journal(DynamoStore):
    """The store, with what other functions put into the table, or a restore takes away."""

    def add(self, receipt: Receipt, ids: Iterable[str] = ()) -> None:
        """Register the receipt's provider, and put the receipt with the ids of its findings."""
        if self.provider(receipt.provider) is None:
            self.put_provider(Provider(receipt.provider))
        packed = b"".join(map(bytes.fromhex, ids))
        self.table.put(*receipt_place(marker_of(receipt)), receipt, ids=packed)

    def lose(self, *receipts: Receipt) -> None:
        for receipt in receipts:
            key = key_of(*receipt_place(marker_of(receipt)))
            self.table.client.delete_item(TableName=self.table.name, Key=key)

    def do(self, entry: JournalEntry) -> None:
        """Add what somebody did."""
        day = journal_of(entry.provider, entry.at[:10], entry.entry[0])
        self.table.put(day, f"entry#{entry.entry}", entry)

    def put_file(self, provider: str, file: OpenFile) -> None:
        self.table.put(work_of(provider), f"file#{file.file}", file)
        if file.closed:
            self.close_file(provider, file.file, file.closed, KEPT)

    def keep(self, provider: str, day: str, prints: Sequence[FindingFingerprint]) -> None:
        """Keep fingerprints of the first receipt of a day."""
        self.put_fingerprints(marker_of(next(self.receipts(provider, day))), prints, KEPT)


def marker_of(receipt: Receipt) -> Marker:
    return Marker(receipt.unit, receipt.provider, receipt.at[:10])


def all_steps(objects: S3Objects, close: Callable[[str], object], out: str = "out",
              work: str = "work") -> tuple[PublishStep, ...]:  # fmt: skip
    """All that a run does with its numbers, without a log."""
    site = Site(forms_url="https://ask.example")
    made = (Samples(objects, out), site, Statements(objects, out), Snapshots(objects, work))
    return (*made, OpenFiles(close))


@dataclass(slots=True)
class World:
    """All that a run of publish touches."""

    s3: S3 = field(default_factory=S3)
    calls: WatchedCalls = field(default_factory=WatchedCalls)
    store: Journal = field(init=False)
    objects: S3Objects = field(init=False)
    out: str = BUCKET
    work: str = BUCKET
    has_time: bool = True
    public_url: str = "https://terang.example"
    closed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        dynamodb = DynamoDB()
        dynamodb.create_table(TableName="table")
        for bucket in (BUCKET, "out", "work", "seals"):
            self.s3.create_bucket(Bucket=bucket)
        self.store = Journal.of(Client(dynamodb, self.calls), "table")
        self.objects = S3Objects(Client(self.s3, self.calls))

    def bucket(self, name: str) -> StoredFiles:
        """The files of a bucket. Reading and writing them here is no call of a worker."""
        return StoredFiles(S3Objects(Client(self.s3, DirectTransport())), name)

    @property
    def files(self) -> StoredFiles:
        """What is published, and in a world without a log what is handed out too."""
        return self.bucket(BUCKET)

    @property
    def seals(self) -> StoredFiles:
        return self.bucket("seals")

    def put_set(
            self, *packs: dict[str, object], notice_hours: int = 24, factchecks: str = "",
            signs: dict[str, str] | None = None,
            **providers: dict[str, object]) -> str:  # fmt: skip
        """Publish a set and move the pointer to it; its digest."""
        named = {name.replace("_", "-"): terms for name, terms in providers.items()}
        said = {"format": 1, "notice_hours": notice_hours, "packs": packs, "providers": named}
        said |= {"signs": signs} if signs else {}
        data = msgspec.json.encode(said | {"factchecks": factchecks}, order="sorted")
        digest = sha256(data).hexdigest()
        self.files[f"sets/{digest}.json"] = data
        self.put_in_force(digest)
        return digest

    def put_in_force(self, digest: str) -> None:
        """Move the pointer to a set, as a rollback does."""
        self.files["sets/current.json"] = msgspec.json.encode({"set": digest, "since": ""})

    def publish(self, moment: str, through: str | None = None,
                **asked: bool | str | tuple[str, ...]) -> PublishResult:  # fmt: skip
        """Run publish at a moment, by a fresh worker that knows only what stands. As an operator
        runs it, it reads sealed days too, unless `check=False` says otherwise."""
        self.calls.writes.clear()
        order = msgspec.convert({"through": through, "check": True, **asked}, PublishRequest)
        return publish(self.context(moment), order)

    def context(self, moment: str) -> PublishContext:
        return PublishContext(
            store=self.store, public=SummaryBucket(self.objects, BUCKET),
            seals=SealBucket(self.seals.objects, self.seals.bucket),
            clock=StandingClock(datetime.fromisoformat(moment).astimezone(UTC)),
            public_url=self.public_url, notice_hours=24, pause_below=0.5,
            has_time=lambda: self.has_time,
            steps=all_steps(self.objects, self.closed.append, self.out, self.work),
        )  # fmt: skip

    def summary(self, path: str) -> Summary:
        """What is published of a provider and a period, such as `acme/2026-11-25`."""
        return decode_summary(self.files[f"summaries/{path}.json"])

    def copy_to(self, folder: Path) -> Path:
        """Write all that is published below a folder, as a copy of the bucket has it."""
        for key, data in self.files.items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder

    def json(self, key: str) -> dict[str, object]:
        found: dict[str, object] = msgspec.json.decode(self.files[key])
        return found

    def text(self, key: str) -> str:
        return self.files[key].decode()


@contextmanager
def english_only() -> Iterator[None]:
    """Publish pages in one language: for tests of numbers and writes, not of what pages say."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("publish_steps.site_files.LANGUAGES", ("en",))
        yield


def sample_pack(
        name: str = "one-time-codes", version: int = 1,
        rules: Iterable[dict[str, object]] | None = None,
        **changes: object) -> dict[str, object]:  # fmt: skip
    """A pack as it stands in a published set."""
    return {
        "id": name, "version": version, "title": "Theft of one-time codes",
        "why": "A one-time code opens an account. These rules look for posts that ask for one.",
        "category": "SCAMS_AND_FRAUD", "keywords": ["PHISHING"], "ground": "illegal",
        "legal_ground": {"text": "A law, Article 1", "url": "https://law.example/1"},
        "languages": ["en", "id", "zh"], "owner": "trust@provider.example",
        "in_force": {"from": "2026-11-01", "until": "2027-04-30"}, "mode": "live",
        "published_at": "2026-10-30T09:00:00Z", "digest": "d" * 64,
        "rules": list(rules if rules is not None else [sample_rule()]), **changes,
    }  # fmt: skip


def sample_rule(name: str = "asks-for-code", **changes: object) -> dict[str, object]:
    """A rule as it stands in a published set."""
    return {
        "id": name,
        "severity": "high",
        "why": "Asks the reader to pass on a one-time code.",
        "all": [["otp", "one-time code", "kode otp", "验证码"],
                ["send me", "kirim ke saya", "发给我"]],
        "within": 12,
        "except": ["otp bank"],
        "unless": ["never share", "jangan pernah"],
        "match": ["Please send me the OTP you just got", "把验证码发给我"],
        "ignore":
            ["Your OTP is 4711. Never share it with anyone.", "Jangan pernah kirim kode OTP."],
        **changes,
    }  # fmt: skip


def scored_pack(*, has_card: bool = True, by_hand: bool = False) -> dict[str, object]:
    """A pack with a scored rule and a card, as it stands in a published set. Weights that are
    written `by_hand` were learned from no harmful posts."""
    score = {"threshold": 8, "high": 12, "reads": {"script": "Latin", "words_of": "id"},
             "terms": {"gacor": 7, "slot": 5, "kakak": -2},
             "signs": {"link": 3, "dressed-letters": 7}}  # fmt: skip
    rule: dict[str, object] = {"id": "advert", "severity": "medium",
        "why": "Advertises a game for money.", "score": score, "unless": ["police warn"],
        "match": ["slot gacor", "gacor: https://shop.example"],
        "ignore": ["a slot", "police warn: slot gacor"]}  # fmt: skip
    written = CARD.replace("posts: 300", "posts: 0") if by_hand else CARD
    card = msgspec.to_builtins(Pack.parse(f"{SCORED}{written}", "sample").card)
    more = {"expected_per_mille": 120, **({"card": card} if has_card else {})}
    return sample_pack("by-weight", rules=[rule], **more)


def sample_receipt(
        day: str = "2026-11-25", number: int = 1, provider: str = "acme", *, inspected: int = 100,
        refused: dict[str, int] | None = None, by_rule: dict[str, int] | None = None,
        **changes: object) -> Receipt:  # fmt: skip
    """A receipt that closes, unless `changes` say otherwise."""
    refusals = {"not_public": 3} if refused is None else refused
    rules = by_rule or {}
    receipt = Receipt(
        unit=sha256(f"{provider}/{day}/{number}".encode()).hexdigest(), provider=provider,
        kind="range", source=f"drop/{provider}/secret-name-{number}.jsonl", bytes=inspected * 240,
        lines=inspected + sum(refusals.values()), records=inspected + sum(refusals.values()),
        inspected=inspected, refused=refusals, findings=sum(rules.values()),
        findings_digest="f" * 64, repeats=0, by_rule=rules,
        by_language={"en": inspected} if inspected else {}, set="", at=f"{day}T10:00:00Z",
        first=f"{day}T00:00:01Z",
        last=f"{day}T09:59:59Z",
    )  # fmt: skip
    return msgspec.structs.replace(receipt, **changes)


def live(rule: str = "asks-for-code", pack: str = "one-time-codes", version: int = 1) -> str:
    return rule_key(pack, version, rule, "live")
