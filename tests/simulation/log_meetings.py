"""Publishers that meet at the public log, and a table that is restored behind the served head. Each
publisher is a worker that adds what the log lacks. A stranger looks at each checkpoint that is
served: its tiles are there, and it continues the one before."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from greenlet import getcurrent
from simulation.cluster import Cluster
from simulation.invocation import Worker
from simulation.oracle import INJECTED
from simulation.records import objects_of
from support.log_signer import LocalSigner

import tlog
from ledger.log_store import DynamoLogStore, LogHead
from ledger.objects import S3Objects
from ledger.table import Table
from ledger.texts import utc
from publish_steps.served_log import LogBusyError, LogRefusedError, ServedLog
from tlog import parse_checkpoint  # by name: a planted fault changes that of the module

ORIGIN = "terang.example/log"
HOURS, PUBLISHERS = 4, 3
TURNS, WRITES = 100, 12
"""A publisher waits for so many turns at most, or until others wrote so many files of the log."""


@dataclass(slots=True)
class Meetings(Cluster):
    """A stack of publishers. `due` holds the leaves that the log must get. `leaves` are those of
    the served log, and `heads` are the heads in the table as it was served."""

    signer: LocalSigner = field(default_factory=LocalSigner)
    due: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    heads: list[LogHead] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    writes: int = 0
    waiting: int = 0
    is_restored: bool = False

    def meet(self) -> None:
        """Let publishers begin within a second, hour by hour, and after the last fault one alone.
        After the table was restored, the operator takes up the served log while nobody
        publishes."""
        for _ in range(HOURS):
            self._bring(1)
            for _ in range(PUBLISHERS):
                self._begin_at(self.chance.pick(5) / 10)
            self.run()
            self._take_up()
        self.stop_faults()
        self._take_up()
        self._begin_at(0)
        self.run()

    def broken(self) -> Iterator[str]:
        """Yield the laws of the log that a finished run breaks."""
        yield from self.wrong
        for error in self.errors:
            if not isinstance(error, INJECTED):
                yield f"a publisher failed by itself: {type(error).__name__}"
        notes = [one.data for kept in self.s3.buckets[self.world.out].values() for one in kept]
        if not self.is_restored:
            notes += [text + b"\n" for text in self.signer.signed]
        for checkpoint in {*map(parse_checkpoint, notes)}:
            if not self._is_served(checkpoint):
                yield f"a head of {checkpoint.size} leaves was signed and is not of the served log"
        if Counter(self.leaves) != Counter(self.due):
            yield f"the log has {len(self.leaves)} leaves, and {len(self.due)} are due"

    def _publish(self, event: dict[str, Any], _: object) -> None:
        """Add what the log lacks, in an order of its own."""
        store = DynamoLogStore(Table(self.client("dynamodb"), self.world.table))
        buckets = self.world.public, self.world.work, self.world.out
        objects = S3Objects(self.client("s3"))
        log = ServedLog(objects, store, self.signer, ORIGIN, *buckets, ["acme"])
        try:
            if event["adopts"]:
                log.adopt()
            head = log.head()
            logged = {*log.files(head).leaves()}
            if lacking := [leaf for leaf in self.due if leaf not in logged]:
                log.append(head, self.chance.shuffle(lacking), utc(self.now()))
        except (LogBusyError, LogRefusedError) as error:
            if isinstance(error, LogRefusedError) and not self.is_restored:
                raise

    def _start(self, function: str) -> Worker:
        return Worker(function, SimpleNamespace(handler=self._publish), self.chance.skew())

    def _begin_at(self, after: float, *, adopts: bool = False) -> None:
        self.at(self.injector.seconds + after, "log", {"adopts": adopts})

    def _bring(self, count: int) -> None:
        paths = [f"packs/late/{len(self.due) + number}.yaml" for number in range(count)]
        self.due += [
            tlog.encode_leaf(tlog.PublishedLeaf(path, "0" * 64, 0, "pack")) for path in paths
        ]

    def _created(self, bucket: str, key: str, version: str) -> None:
        """Perhaps let a publisher wait that staged its leaves, or wrote them. When one has staged
        its leaves, more are due: another has more to add."""
        if "log/" not in key:
            return
        self.writes += 1
        is_staged = key.startswith("log/staged/")
        if is_staged and not self.injector.is_faultless:
            self._bring(1 + self.chance.pick(3))
        if (bucket, key) == (self.world.public, "log/checkpoint"):
            self._look(objects_of(self, bucket))
        worker: Any = getcurrent()
        is_key_moment = is_staged or key.startswith("log/tile/entries/")
        if is_key_moment and hasattr(worker, "pause") and self.chance.happens("waits"):
            until, turns = self.writes + 1 + self.chance.pick(WRITES), TURNS
            self.waiting += 1
            while self.writes < until and (turns := turns - 1):
                worker.pause()
            self.waiting -= 1

    def _look(self, public: dict[str, bytes]) -> None:
        """Look at a served checkpoint. While another publisher waits, the table may be restored."""
        served, before = parse_checkpoint(public["log/checkpoint"]), self.leaves
        files = tlog.LogFiles(served.size, lambda path: public.get(f"log/{path}"))
        try:
            self.leaves = [*files.leaves()]
            files.root(0, served.size)
        except tlog.LogDamagedError as error:
            self.wrong.append(f"a checkpoint was served before its tiles: {error}")
        if self.leaves[: len(before)] != before or not self._is_served(served):
            self.wrong.append(f"the served log of {len(before)} leaves was rewritten")
        if head := self._store.log_head(ORIGIN):
            self.heads.append(head)
        if self.waiting and self.chance.happens("restored"):
            self._restore()

    def _is_served(self, checkpoint: tlog.Checkpoint) -> bool:
        hashes = [tlog.leaf_hash(leaf) for leaf in self.leaves[: checkpoint.size]]
        return checkpoint.size == len(hashes) and tlog.root_of(hashes) == checkpoint.root

    @property
    def _store(self) -> DynamoLogStore:
        return DynamoLogStore(self.world.store.table)

    def _restore(self) -> None:
        """Put the newest head behind the served one into the table."""
        if behind := [head for head in self.heads if head.size < len(self.leaves)]:
            self._store.move_log_head(self._store.log_head(ORIGIN), behind[-1])
            self.is_restored = True

    def _take_up(self) -> None:
        if self.is_restored:
            self._restore()  # once more: two may have met since
            self._begin_at(0, adopts=True)
            self.run()
