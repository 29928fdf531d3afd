"""What a million posts cost on AWS, by the way in which they come.

The handlers run over services in memory that count each call, and the write and read units of the
table by the size of each item. Seconds are those of this machine's processor, with the packs that
ship. `docs/cost.md` explains the figures.

Limits: no bill has confirmed them. Lambda's start, logs, metrics, KMS and network are left out; so
is publish, which runs once an hour whatever comes in.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from threading import Lock
from typing import Any

import msgspec
import pytest
from integration import handlers
from simulation.dynamodb import size_of
from support.world import World, clients_in_memory
from tools.bench import corpus
from tools.bench.bench_deployed import PACKS, SHADOW, delivery, put_in_force, settings_of
from tools.bench.measure import Report

from matcher import Matcher, load_packs

POSTS, TOGETHER = 4_000, 10
"""Posts in small files or messages, and in one such file or delivery."""

START = 200_000
"""Bytes of posts, some more than 1,000, with which a worker begins before anything is counted."""
GB = 1_769 / 1_024

GB_SECOND = 0.0000166667
MILLIONS = {"Lambda calls": 0.20, "SQS calls": 0.40, "write units": 0.625, "read units": 0.125,
            "S3 puts": 5.0, "S3 gets": 0.40}  # fmt: skip
"""Dollars a million, and for a GB-second of x86_64: AWS's public lists for us-east-1, first tier,
on-demand, as known in November 2026. Look them up before you budget."""

type Deliver = Callable[..., None]
"""Gives a worker bodies of messages, and the name of their queue if it is not that of posts."""

type Way = Callable[[World, Deliver, Sequence[bytes]], Counter[str]]

OF_TABLE = ("findings", "items", "bytes in the table")

_UNIT, _READ_UNIT = 1_024, 4_096
_GETS = ("get_object", "head_object", "get_object_tagging")


@dataclass(slots=True)
class Counting:
    """A transport that counts calls and units. A transaction costs twice what its items do."""

    counts: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def call(self, operation: str, perform: Callable[..., Any], params: dict[str, Any]) -> Any:
        answer, kind, count = perform(**params), "S3 puts", 1.0
        match operation:
            case "put_item":
                kind, count = "write units", _units([params["Item"]], _UNIT)
            case "transact_write_items":
                kind = "write units"
                actions = (next(iter(action.values())) for action in params["TransactItems"])
                items = (action.get("Item") or action["Key"] for action in actions)
                count = 2 * sum(_units([item], _UNIT) for item in items)
            case "get_item" | "query" | "batch_get_item":
                read = answer.get("Items") or [answer.get("Item", {})]
                for table in answer.get("Responses", {}).values():
                    read = table
                strong = 1 if "Consistent" in str(params) else 0.5
                kind, count = "read units", strong * _units(read, _READ_UNIT)
            case "send_message_batch":
                kind = "SQS calls"
            case "receive_message" | "delete_message":
                return answer  # of the world; those that Lambda makes are added below
            case _ if operation in _GETS:
                kind = "S3 gets"
        with self.lock:  # a unit stores its findings in several threads
            self.counts[kind] += count  # type: ignore[assignment]
        return answer


def _units(items: Sequence[Any], size: int) -> int:
    return max(1, -(-sum(map(size_of, items)) // size))


@pytest.mark.parametrize("shadow", SHADOW)
def test_what_a_million_posts_cost(shadow: str, report: Report) -> None:
    """Large files, small files, and messages of one post in full deliveries and in tens. All real
    sets together are no stream that a provider has: a sixth of their rows are adverts, which is why
    they were collected. A stream costs less, but more than ordinary posts."""
    table = f"A million posts on AWS, in dollars (list prices; {corpus.SOURCE})"
    report.head(table, "way", "shadow", *MILLIONS, *OF_TABLE, "GB-s", "dollars")
    data = corpus.unit(corpus.HIT_RATES[0])
    lines = data.splitlines(keepends=True)[:POSTS]
    ways: dict[str, tuple[Way, list[bytes]]] = {
        "files of 8 MiB units": (_files, [data]),
        f"files of {TOGETHER} posts": (
            _files,
            [b"".join(some) for some in batched(lines, TOGETHER)],
        ),
        "messages, 1,000 a delivery": (partial(_messages, together=1_000), lines),
        f"messages, {TOGETHER} a delivery": (partial(_messages, together=TOGETHER), lines),
    }
    some = {"ordinary": corpus.real_sets("ham"), "hit": corpus.hit_sets(Matcher(load_packs(PACKS)))}
    for kind, sets in some.items() if corpus.labelled() else ():
        ways[f"large files, {kind} posts"] = _files, [corpus.lines_of(corpus.mixed(sets))]
    for name, (take, given) in ways.items():
        million = 1e6 / sum(data.count(b"\n") for data in given)
        counts = {kind: count * million for kind, count in _counted(take, given, shadow).items()}
        counts["GB-s"] = counts["seconds"] * GB
        dollars = counts["GB-s"] * GB_SECOND + sum(
            counts.get(kind, 0) * price / 1e6 for kind, price in MILLIONS.items()
        )
        shown = (f"{counts.get(kind, 0):,.0f}" for kind in (*MILLIONS, *OF_TABLE, "GB-s"))
        report.row(table, name, shadow, *shown, f"{dollars:.3f}")
        if given == [data] and shadow == SHADOW[0]:
            report.goal(f"dollars a million in {name}", dollars, 0.15, most=True)


def _counted(take: Way, given: list[bytes], shadow: str) -> Counter[str]:
    """Count calls, units, seconds, and what is new in the table. The worker is one that has
    started: it has seen other posts before."""
    counting = Counting()
    world = World(clients_in_memory(counting), range_bytes=2**24)
    put_in_force(world, list(load_packs(PACKS)))
    settings, secrets = settings_of(world, shadow=shadow), {"pseudonym-secret": "a secret"}
    with handlers.over_clients(world.clients, "scan.handler", settings, secrets) as module:

        def deliver(bodies: Sequence[bytes], queue: str = "arn:posts") -> None:
            event = delivery([body.decode() for body in bodies], queue)
            assert module.handler(event, handlers.Context()) == {"batchItemFailures": []}

        other = [("en", str(number)) for number in range(START)]
        deliver(corpus.lines_of(other, START).splitlines())
        known, counting.counts = world.items(), Counter()
        start = time.process_time()
        calls = take(world, deliver, given)
        calls["seconds"] = time.process_time() - start  # type: ignore[assignment]
    counts, items = counting.counts + calls, world.items()
    new = len(items) - len(known), sum(map(size_of, items)) - sum(map(size_of, known))
    findings = sum(receipt.findings for receipt in world.receipts())
    return counts | Counter(dict(zip(OF_TABLE, (findings, *new), strict=True)))


def _files(world: World, deliver: Deliver, files: Sequence[bytes]) -> Counter[str]:
    """Drop files, cut them, and scan their units, each in a call of Lambda. Return the calls of
    Lambda, and those of SQS that S3 and Lambda make: a message is sent, received and deleted."""
    units = [unit for at, data in enumerate(files) for unit in world.take_in(data, f"{at}.jsonl")]
    for unit in units:
        deliver([msgspec.json.encode(unit)], "arn:units")
    calls = len(files) + len(units)
    return Counter({"Lambda calls": calls, "SQS calls": 3 * len(files) + 2 * len(units)})


def _messages(_: World, deliver: Deliver, bodies: Sequence[bytes], together: int) -> Counter[str]:
    """Take messages in deliveries. They are sent, received and deleted ten at a time."""
    deliveries = list(batched(bodies, together))
    for some in deliveries:
        deliver(some)
    return Counter({"Lambda calls": len(deliveries), "SQS calls": 3 * -(-len(bodies) // 10)})
