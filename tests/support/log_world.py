"""A world of publish with a public log: its buckets apart, and a key of tests."""

from dataclasses import dataclass, field, replace
from hashlib import sha256

from support.log_signer import LocalSigner
from support.publish_world import BUCKET, CLOSED, World, live, sample_pack, sample_receipt

from ledger.log_store import DynamoLogStore, LogHead
from ledger.table import LOG, key_of, shards
from ledger.units import Receipt
from publish.publish_run import PublishContext
from publish_steps.logging_run import PublicLog
from publish_steps.served_log import ServedLog
from publish_steps.site_files import Site
from tlog import Leaf, LogFiles, decode_leaf, parse_checkpoint

ORIGIN = "terang.example/log"


@dataclass(slots=True)
class LogWorld(World):
    """A world whose publisher has a log."""

    out: str = "out"
    work: str = "work"
    signer: LocalSigner = field(default_factory=LocalSigner)
    origin: str = ORIGIN
    signer_before: LocalSigner | None = None
    has_begun: bool = False
    sends_sentinel: bool = False
    sentinel_posts: list[str] = field(default_factory=list)

    @property
    def heads(self) -> DynamoLogStore:
        return DynamoLogStore(self.store.table)

    @property
    def head(self) -> LogHead | None:
        """The head of the log; to set it is to restore the table."""
        return self.heads.log_head(self.origin)

    @head.setter
    def head(self, head: LogHead | None) -> None:
        if head is None:
            key = key_of(LOG, f"head#{self.origin}")
            self.store.table.client.delete_item(TableName=self.store.table.name, Key=key)
        else:
            self.heads.move_log_head(self.head, head)

    def leaves(self, folder: str = "log/") -> list[Leaf]:
        size = parse_checkpoint(self.files[f"{folder}checkpoint"]).size
        files = LogFiles(size, lambda path: self.files.get(folder + path))
        return [decode_leaf(leaf) for leaf in files.leaves()]

    @property
    def log_keys(self) -> dict[str, bytes]:
        return self.heads.log_keys(0)

    def count(self, receipt: Receipt) -> None:
        """Add a receipt with the ids of its findings."""
        ids = [sha256(f"{receipt.unit}/{n}".encode()).hexdigest() for n in range(receipt.findings)]
        self.store.add(receipt, ids)

    def units(self, provider: str, day: str) -> list[tuple[Receipt | None, list[str]]]:
        return [
            unit for shard in shards() for unit in self.heads.logged_units(provider, day, shard)
        ]

    def findings(self, provider: str, day: str) -> list[str]:
        return [name for _, ids in self.units(provider, day) for name in ids]

    def served_log(self) -> ServedLog:
        return ServedLog(objects=self.objects, store=self.heads, signer=self.signer,
                         origin=self.origin, public=BUCKET, work=self.work, out=self.out,
                         providers=[one.provider for one in self.store.providers()])  # fmt: skip

    def context(self, moment: str) -> PublishContext:
        made = World.context(self, moment)
        log = PublicLog(self.served_log(), self.signer_before, has_begun=self.has_begun)
        samples, _, *others = made.steps
        return replace(
            made,
            steps=(samples, Site(has_log=True), *others, log),
            send_sentinel=self.sentinel_posts.append if self.sends_sentinel else None,
        )


def published_log(*days: str) -> LogWorld:
    """The log of 25 November, or of other days, on each of which acme had two findings."""
    made = LogWorld()
    digest = made.put_set(sample_pack())
    for day in days or ("2026-11-25",):
        made.count(sample_receipt(day, by_rule={live(): 2}, set=digest))
    made.publish(CLOSED)
    return made


def sentinel_pack() -> dict[str, object]:
    """The pack that finds the sentinel post, as a set holds it."""
    rule = {"id": "daily-post", "severity": "low", "why": "Is sent.", "all": [["lantern"]]}
    return sample_pack("sentinel", rules=[rule], ground="terms", mode="shadow")


def sentinel_receipt(day: str, rule_set: str, *, found: bool = True) -> Receipt:
    by_rule = {"sentinel/1/daily-post/shadow": 1} if found else {}
    return sample_receipt(
        day, 2, "sentinel", inspected=1, refused={}, by_rule=by_rule, set=rule_set
    )
