"""A world of publish with a public log: its buckets apart, its head in memory, a key of tests."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import cast

from support.log_signer import LocalSigner
from support.publish_world import BUCKET, MemoryObjects, World, sample_pack, sample_receipt

from ledger.codes import ImmutableError
from ledger.log_store import LogHead
from ledger.units import Receipt, Source
from publish.public_bucket import SummaryBucket
from publish.publish_run import PublishContext
from publish_steps.logging_run import PublicLog
from publish_steps.served_log import ServedLog
from publish_steps.site_files import Site

ORIGIN = "terang.example/log"


@dataclass(slots=True)
class Buckets(MemoryObjects):
    """Buckets apart from each other. `before` is called before each call, `after` when it is done.

    `stored` is the public one.
    """

    others: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    around: Callable[[str, Callable[[], object]], object] = lambda name, call: call()

    def of(self, bucket: str) -> dict[str, bytes]:
        return self.stored if bucket == BUCKET else self.others[bucket]

    def get(self, bucket: str, key: str) -> bytes | None:
        return cast("bytes | None", self.around(f"get {key}", lambda: self.of(bucket).get(key)))

    def put(self, bucket: str, key: str, data: bytes) -> Source:
        self.around(f"put {key}", lambda: self._put(bucket, key, data))
        return Source(bucket, key, "v1", "etag", len(data))

    def put_new(self, bucket: str, key: str, data: bytes) -> Source:
        def put() -> None:
            if self.of(bucket).get(key, data) != data:
                raise ImmutableError(key)
            self._put(bucket, key, data)

        self.around(f"put {key}", put)
        return Source(bucket, key, "v1", "etag", len(data))

    def put_if(self, bucket: str, key: str, data: bytes, etag: str | None, tags: str = "") -> bool:
        def put() -> bool:
            if self._etag(bucket, key) != etag:
                return False
            self._put(bucket, key, data)
            return True

        return bool(self.around(f"put {key}", put))

    def get_with_etag(self, bucket: str, key: str) -> tuple[bytes, str] | None:
        data = self.get(bucket, key)
        return None if data is None else (data, sha256(data).hexdigest())

    def keys(self, bucket: str, prefix: str) -> list[str]:
        return sorted(key for key in self.of(bucket) if key.startswith(prefix))

    def etags(self, bucket: str, prefix: str) -> dict[str, str]:
        return {key: self._etag(bucket, key) or "" for key in self.keys(bucket, prefix)}

    def _put(self, bucket: str, key: str, data: bytes) -> None:
        self.of(bucket)[key] = data
        self.writes.append(key)

    def _etag(self, bucket: str, key: str) -> str | None:
        data = self.of(bucket).get(key)
        return None if data is None else sha256(data).hexdigest()


@dataclass(slots=True)
class MemoryLogStore:
    """The head of the log, the keys of its months, and what the journal says of units."""

    heads: dict[str, LogHead] = field(default_factory=dict)
    log_keys: dict[str, bytes] = field(default_factory=dict)
    units: dict[tuple[str, str], list[tuple[Receipt, list[str]]]] = field(default_factory=dict)
    around: Callable[[str, Callable[[], object]], object] = lambda name, call: call()

    def log_head(self, origin: str) -> LogHead | None:
        return cast("LogHead | None", self.around("get head", lambda: self.heads.get(origin)))

    def move_log_head(self, before: LogHead | None, head: LogHead) -> bool:
        def move() -> bool:
            if self.heads.get(head.origin) != before:
                return False
            self.heads[head.origin] = head
            return True

        return bool(self.around("move head", move))

    def log_key(self, month: str) -> bytes | None:
        return self.log_keys.get(month)

    def put_log_key(self, month: str, key: bytes, expires: int) -> bytes:
        return self.log_keys.setdefault(month, key)

    def logged_units(
        self, provider: str, day: str, shard: str
    ) -> Iterator[tuple[Receipt | None, list[str]]]:
        for receipt, findings in self.units.get((provider, day), ()):
            if receipt.unit.startswith(shard):
                yield receipt, findings


@dataclass(slots=True)
class LogWorld(World):
    """A world whose publisher has a log."""

    objects: Buckets = field(default_factory=Buckets)
    heads: MemoryLogStore = field(default_factory=MemoryLogStore)
    signer: LocalSigner = field(default_factory=LocalSigner)
    origin: str = ORIGIN
    signer_before: LocalSigner | None = None
    has_begun: bool = False
    sends_sentinel: bool = False
    sentinel_posts: list[str] = field(default_factory=list)

    def count(self, receipt: Receipt) -> None:
        """Add a receipt, and to the log's part of the table the ids of its findings."""
        self.store.add(receipt)
        ids = [sha256(f"{receipt.unit}/{n}".encode()).hexdigest() for n in range(receipt.findings)]
        day = receipt.provider, receipt.at[:10]
        self.heads.units.setdefault(day, []).append((receipt, ids))

    def findings(self, provider: str, day: str) -> list[str]:
        return [name for _, ids in self.heads.units.get((provider, day), ()) for name in ids]

    def served_log(self) -> ServedLog:
        return ServedLog(
            objects=self.objects,
            store=self.heads,
            signer=self.signer,
            origin=self.origin,
            public=BUCKET,
            work="work",
            out="out",
            providers=sorted(self.store.registered),
        )

    def context(self, moment: str) -> PublishContext:
        made = World.context(self, moment)
        log = PublicLog(self.served_log(), self.signer_before, has_begun=self.has_begun)
        samples, _, *others = made.steps
        return replace(
            made,
            public=SummaryBucket(self.objects, BUCKET),
            steps=(samples, Site(has_log=True), *others, log),
            send_sentinel=self.sentinel_posts.append if self.sends_sentinel else None,
        )

    def copy_public(self, folder: Path) -> Path:
        """Write the public bucket into a folder."""
        return self.copy_to(folder)


def sentinel_pack() -> dict[str, object]:
    """The pack that finds the sentinel post, as a set holds it."""
    rule = {"id": "daily-post", "severity": "low", "why": "Is sent.", "all": [["lantern"]]}
    return sample_pack("sentinel", rules=[rule], ground="terms", mode="shadow")


def sentinel_receipt(day: str, rule_set: str, *, found: bool = True) -> Receipt:
    by_rule = {"sentinel/1/daily-post/shadow": 1} if found else {}
    return sample_receipt(
        day, 2, "sentinel", inspected=1, refused={}, by_rule=by_rule, set=rule_set
    )
