"""A small world for publish: a journal and buckets in memory, a clock that stands, sample facts.

The samples are invented; the packs say nothing that anybody could misuse.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from support.sample_packs import CARD, SCORED

from ledger.cases import JournalEntry
from ledger.codes import ImmutableError
from ledger.findings import DayCopies, FindingFingerprint, SampledPost
from ledger.keys import Provider
from ledger.units import OpenFile, Receipt, Source, rule_key
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


class DiedError(Exception):
    """The worker is gone."""


@dataclass(slots=True)
class MemoryObjects:
    """Buckets as a dictionary; `writes` keeps the order of all that was put.

    At write number `fatal` the worker dies, once; `applied` says whether the write still stands.
    """

    stored: dict[str, bytes] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    fatal: int | None = None
    applied: bool = False

    def get(self, bucket: str, key: str) -> bytes | None:
        return self.stored.get(key)

    def put(self, bucket: str, key: str, data: bytes) -> Source:
        if dies := self.fatal == len(self.writes):
            self.fatal = None
        if self.applied or not dies:
            self.stored[key] = data
        if dies:
            raise DiedError(key)
        self.writes.append(key)
        return Source(bucket, key, "v1", "etag", len(data))

    def put_new(self, bucket: str, key: str, data: bytes) -> Source:
        if self.stored.get(key, data) != data:
            raise ImmutableError(key)
        return self.put(bucket, key, data)

    def put_if(self, bucket: str, key: str, data: bytes, etag: str | None, tags: str = "") -> bool:
        standing = self.get_with_etag(bucket, key)
        if (standing[1] if standing else None) != etag:
            return False
        self.put(bucket, key, data)
        return True

    def get_with_etag(self, bucket: str, key: str) -> tuple[bytes, str] | None:
        data = self.stored.get(key)
        return None if data is None else (data, sha256(data).hexdigest())

    def keys(self, bucket: str, prefix: str) -> list[str]:
        return sorted(key for key in self.stored if key.startswith(prefix))


@dataclass(slots=True)
class MemoryStore:
    """The journal by provider and day, and the lists of files."""

    journal: dict[tuple[str, str], list[Receipt]] = field(default_factory=dict)
    open_files: dict[str, list[OpenFile]] = field(default_factory=dict)
    registered: list[str] = field(default_factory=list)
    entries: dict[tuple[str, str], list[JournalEntry]] = field(default_factory=dict)
    given: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    sampled: dict[tuple[str, str], list[SampledPost]] = field(default_factory=dict)
    audit_keys: dict[str, str] = field(default_factory=dict)
    kept_fingerprints: dict[tuple[str, str], list[FindingFingerprint]] = field(default_factory=dict)
    closed_copies: dict[tuple[str, str], DayCopies] = field(default_factory=dict)

    def add(self, receipt: Receipt) -> None:
        self.journal.setdefault((receipt.provider, receipt.at[:10]), []).append(receipt)
        if receipt.provider not in self.registered:
            self.registered.append(receipt.provider)

    def do(self, entry: JournalEntry) -> None:
        """Add what somebody did."""
        self.entries.setdefault((entry.provider, entry.at[:10]), []).append(entry)

    def journal_entries(self, provider: str, day: str) -> list[JournalEntry]:
        return list(self.entries.get((provider, day), ()))

    def moderator_letters(self, provider: str, month: str) -> dict[str, str]:
        return {who: letter for letter, who in self.given.get((provider, month), {}).items()}

    def put_moderator_letter(
        self, provider: str, month: str, letter: str, moderator: str, expires: int
    ) -> bool:
        given = self.given.setdefault((provider, month), {})
        return given.setdefault(letter, moderator) == moderator

    def samples(self, provider: str, day: str) -> list[SampledPost]:
        return self.sampled.get((provider, day), [])

    def fingerprints(self, provider: str, day: str) -> list[FindingFingerprint]:
        return self.kept_fingerprints.get((provider, day), [])

    def day_copies(self, provider: str, day: str) -> DayCopies | None:
        return self.closed_copies.get((provider, day))

    def put_day_copies(self, provider: str, day: str, copies: DayCopies) -> DayCopies:
        return self.closed_copies.setdefault((provider, day), copies)

    def audit_key(self, month: str) -> str | None:
        return self.audit_keys.get(month)

    def providers(self) -> list[Provider]:
        return [Provider(name) for name in sorted(self.registered)]

    def receipts(self, provider: str, day: str) -> Iterator[Receipt]:
        receipts = self.journal.get((provider, day), ())
        return iter(sorted(receipts, key=lambda receipt: receipt.unit))

    def files(self, provider: str) -> list[OpenFile]:
        return list(self.open_files.get(provider, ()))


@dataclass(frozen=True, slots=True)
class StandingClock:
    """A clock that shows one moment."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


def all_steps(
    objects: MemoryObjects, close: Callable[[str], object], out: str = "out", work: str = "work"
) -> tuple[PublishStep, ...]:
    """All that a run does with its numbers, without a log."""
    made = (Samples(objects, out), Site(), Statements(objects, out), Snapshots(objects, work))
    return (*made, OpenFiles(close))


@dataclass(slots=True)
class World:
    """All that a run of publish touches."""

    store: MemoryStore = field(default_factory=MemoryStore)
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    seals: MemoryObjects = field(default_factory=MemoryObjects)
    has_time: bool = True
    public_url: str = "https://terang.example"
    closed: list[str] = field(default_factory=list)

    def put_set(
        self,
        *packs: dict[str, object],
        notice_hours: int = 24,
        factchecks: str = "",
        signs: dict[str, str] | None = None,
        **providers: dict[str, object],
    ) -> str:
        """Publish a set and move the pointer to it; its digest."""
        named = {name.replace("_", "-"): terms for name, terms in providers.items()}
        said = {"format": 1, "notice_hours": notice_hours, "packs": packs, "providers": named}
        said |= {"signs": signs} if signs else {}
        data = msgspec.json.encode(said | {"factchecks": factchecks}, order="sorted")
        digest = sha256(data).hexdigest()
        self.objects.stored[f"sets/{digest}.json"] = data
        self.put_in_force(digest)
        return digest

    def put_in_force(self, digest: str) -> None:
        """Move the pointer to a set, as a rollback does."""
        self.objects.stored["sets/current.json"] = msgspec.json.encode({"set": digest, "since": ""})

    def publish(
        self, moment: str, through: str | None = None, **asked: bool | str | tuple[str, ...]
    ) -> PublishResult:
        """Run publish at a moment, by a fresh worker that knows only what stands.

        As an operator runs it, it reads sealed days too, unless `check=False` says otherwise.
        """
        self.objects.writes.clear()
        order = msgspec.convert({"through": through, "check": True, **asked}, PublishRequest)
        return publish(self.context(moment), order)

    def context(self, moment: str) -> PublishContext:
        return PublishContext(
            store=self.store,
            public=SummaryBucket(self.objects, BUCKET),
            seals=SealBucket(self.seals, "work"),
            clock=StandingClock(datetime.fromisoformat(moment).astimezone(UTC)),
            public_url=self.public_url,
            notice_hours=24,
            pause_below=0.5,
            has_time=lambda: self.has_time,
            steps=all_steps(self.objects, self.closed.append),
        )

    def summary(self, path: str) -> Summary:
        """What is published of a provider and a period, such as `acme/2026-11-25`."""
        return decode_summary(self.objects.stored[f"summaries/{path}.json"])

    def copy_to(self, folder: Path) -> Path:
        """Write all that is published below a folder, as a copy of the buckets has it."""
        for key, data in self.objects.stored.items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder

    def json(self, key: str) -> dict[str, object]:
        found: dict[str, object] = msgspec.json.decode(self.objects.stored[key])
        return found

    def text(self, key: str) -> str:
        return self.objects.stored[key].decode()


@contextmanager
def english_only() -> Iterator[None]:
    """Publish pages in one language: for tests of numbers and writes, not of what pages say."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("publish_steps.site_files.LANGUAGES", ("en",))
        yield


def sample_pack(
    name: str = "one-time-codes",
    version: int = 1,
    rules: Iterable[dict[str, object]] | None = None,
    **changes: object,
) -> dict[str, object]:
    """A pack as it stands in a published set."""
    return {
        "id": name,
        "version": version,
        "title": "Theft of one-time codes",
        "why": "A one-time code opens an account. These rules look for posts that ask for one.",
        "category": "SCAMS_AND_FRAUD",
        "keywords": ["PHISHING"],
        "ground": "illegal",
        "legal_ground": {"text": "A law, Article 1", "url": "https://law.example/1"},
        "languages": ["en", "id", "zh"],
        "owner": "trust@provider.example",
        "in_force": {"from": "2026-11-01", "until": "2027-04-30"},
        "mode": "live",
        "published_at": "2026-10-30T09:00:00Z",
        "digest": "d" * 64,
        "rules": list(rules if rules is not None else [sample_rule()]),
        **changes,
    }


def sample_rule(name: str = "asks-for-code", **changes: object) -> dict[str, object]:
    """A rule as it stands in a published set."""
    return {
        "id": name,
        "severity": "high",
        "why": "Asks the reader to pass on a one-time code.",
        "all": [
            ["otp", "one-time code", "kode otp", "验证码"],
            ["send me", "kirim ke saya", "发给我"],
        ],
        "within": 12,
        "except": ["otp bank"],
        "unless": ["never share", "jangan pernah"],
        "match": ["Please send me the OTP you just got", "把验证码发给我"],
        "ignore": [
            "Your OTP is 4711. Never share it with anyone.",
            "Jangan pernah kirim kode OTP.",
        ],
        **changes,
    }


def scored_pack(*, has_card: bool = True, by_hand: bool = False) -> dict[str, object]:
    """A pack with a scored rule and a card, as it stands in a published set.

    Weights that are written `by_hand` were learned from no harmful posts.
    """
    score = {
        "threshold": 8,
        "high": 12,
        "reads": {"script": "Latin", "words_of": "id"},
        "terms": {"gacor": 7, "slot": 5, "kakak": -2},
        "signs": {"link": 3, "dressed-letters": 7},
    }
    rule: dict[str, object] = {
        "id": "advert",
        "severity": "medium",
        "why": "Advertises a game for money.",
        "score": score,
        "unless": ["police warn"],
        "match": ["slot gacor", "gacor: https://shop.example"],
        "ignore": ["a slot", "police warn: slot gacor"],
    }
    written = CARD.replace("posts: 300", "posts: 0") if by_hand else CARD
    card = msgspec.to_builtins(Pack.parse(f"{SCORED}{written}", "sample").card)
    more = {"expected_per_mille": 120, **({"card": card} if has_card else {})}
    return sample_pack("by-weight", rules=[rule], **more)


def sample_receipt(
    day: str = "2026-11-25",
    number: int = 1,
    provider: str = "acme",
    *,
    inspected: int = 100,
    refused: dict[str, int] | None = None,
    by_rule: dict[str, int] | None = None,
    **changes: object,
) -> Receipt:
    """A receipt that closes, unless `changes` say otherwise."""
    refusals = {"not_public": 3} if refused is None else refused
    rules = by_rule or {}
    receipt = Receipt(
        unit=sha256(f"{provider}/{day}/{number}".encode()).hexdigest(),
        provider=provider,
        kind="range",
        source=f"drop/{provider}/secret-name-{number}.jsonl",
        bytes=inspected * 240,
        lines=inspected + sum(refusals.values()),
        records=inspected + sum(refusals.values()),
        inspected=inspected,
        refused=refusals,
        findings=sum(rules.values()),
        findings_digest="f" * 64,
        repeats=0,
        by_rule=rules,
        by_language={"en": inspected} if inspected else {},
        set="",
        at=f"{day}T10:00:00Z",
        first=f"{day}T00:00:01Z",
        last=f"{day}T09:59:59Z",
    )
    return msgspec.structs.replace(receipt, **changes)


def live(rule: str = "asks-for-code", pack: str = "one-time-codes", version: int = 1) -> str:
    return rule_key(pack, version, rule, "live")
