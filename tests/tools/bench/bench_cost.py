"""What a million posts cost on AWS, by the way in which they come.

The handlers run over services in memory that count each call, and the write and read units of the
table by the size of each item. Seconds are those of this machine's processor, with the packs that
ship. `docs/cost.md` explains the figures.

Limits: no bill has confirmed them. Lambda's start, logs, metrics, KMS and network are left out; so
is publish, which runs once an hour whatever comes in.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from simulation.dynamodb import size_of
from support.world import World, clients_in_memory
from tools.bench import corpus
from tools.bench.bench_deployed import POSTS_ARN, delivery, put_in_force
from tools.bench.measure import Report

from ledger.objects import Delivery
from matcher import load_packs
from scan.scanner import EndedMessages

PACKS = Path(__file__).parents[3] / "packs"
SMALL_FILES, MESSAGES = 200, 1_000
POSTS_IN_SMALL_FILE = 10
GB = 1_769 / 1_024

GB_SECOND = 0.0000166667
MILLIONS = {"Lambda calls": 0.20, "SQS calls": 0.40, "write units": 0.625, "read units": 0.125,
            "S3 puts": 5.0, "S3 gets": 0.40}  # fmt: skip
"""Dollars a million, and for a GB-second of x86_64: AWS's public lists for us-east-1, first tier,
on-demand, as known in November 2026. Look them up before you budget."""

_UNIT, _READ_UNIT = 1_024, 4_096
_GETS = ("get_object", "head_object", "get_object_tagging")


@dataclass(slots=True)
class Counting:
    """A transport that counts calls and units. A transaction costs twice what its items do."""

    counts: Counter[str] = field(default_factory=Counter)

    def call(self, operation: str, perform: Callable[..., Any], params: dict[str, Any]) -> Any:
        answer = perform(**params)
        match operation:
            case "put_item":
                self.counts["write units"] += _units(params["Item"], _UNIT)
            case "transact_write_items":
                for action in params["TransactItems"]:
                    [written] = action.values()
                    self.counts["write units"] += 2 * _units(
                        written.get("Item") or written["Key"], _UNIT
                    )
            case "get_item" | "query" | "batch_get_item":
                items = answer.get("Items") or [answer.get("Item", {})]
                for table in answer.get("Responses", {}).values():
                    items = table
                size = sum(map(size_of, items))
                strong = 1 if "Consistent" in str(params) else 0.5
                self.counts["read units"] += max(1, -(-size // _READ_UNIT)) * strong
            case "send_message_batch":
                self.counts["SQS calls"] += 1
            case "receive_message" | "delete_message":
                pass  # of the world; those that Lambda makes are added below
            case _ if operation in _GETS:
                self.counts["S3 gets"] += 1
            case _:
                self.counts["S3 puts"] += 1
        return answer


def _units(item: Any, size: int) -> int:
    return max(1, -(-size_of(item) // size))


def test_what_a_million_posts_cost(report: Report) -> None:
    """Large files, small files, and messages of one post in full deliveries and in tens."""
    table = f"A million posts on AWS, in dollars (list prices; {corpus.SOURCE})"
    report.row(table, "way", *MILLIONS, "GB-s", "MB in the table", "findings", "dollars")
    data = corpus.unit(corpus.HIT_RATES[0])
    lines = data.splitlines(keepends=True)
    small = [
        b"".join(lines[at : at + POSTS_IN_SMALL_FILE])
        for at in range(0, SMALL_FILES * POSTS_IN_SMALL_FILE, POSTS_IN_SMALL_FILE)
    ]
    bodies = [line.decode() for line in lines[:MESSAGES]]
    ways: dict[str, tuple[int, Callable[[World], Counter[str]]]] = {
        "files of 8 MiB units": (len(lines), lambda world: _files(world, [data])),
        f"files of {POSTS_IN_SMALL_FILE} posts": (
            SMALL_FILES * POSTS_IN_SMALL_FILE,
            lambda world: _files(world, small),
        ),
        "messages, 1,000 a delivery": (MESSAGES, lambda world: _messages(world, bodies, 1_000)),
        "messages, 10 a delivery": (MESSAGES, lambda world: _messages(world, bodies, 10)),
    }
    for name, (posts, take) in ways.items():
        each, seconds, stored, findings = _counted(take)
        gb_seconds = seconds * GB
        dollars = gb_seconds * GB_SECOND + sum(
            each[kind] * price / 1e6 for kind, price in MILLIONS.items()
        )
        million = 1e6 / posts
        report.row(
            table, name, *(f"{each[kind] * million:,.0f}" for kind in MILLIONS),
            f"{gb_seconds * million:.1f}", f"{stored * million / 1e6:,.0f}",
            f"{findings * million:,.0f}", f"{dollars * million:.3f}",
        )  # fmt: skip


def _counted(take: Callable[[World], Counter[str]]) -> tuple[Counter[str], float, int, int]:
    """What one way in counts: its calls and units, seconds, bytes in the table, and findings."""
    counting = Counting()
    world = World(clients_in_memory(counting), range_bytes=2**23)
    put_in_force(world, list(load_packs(PACKS)))
    counting.counts.clear()
    start = time.process_time()
    calls = take(world)
    seconds = time.process_time() - start
    counts = counting.counts + calls
    stored = sum(map(size_of, world.items()))
    return counts, seconds, stored, sum(receipt.findings for receipt in world.receipts())


def _files(world: World, files: list[bytes]) -> Counter[str]:
    """Drop files, cut them, and scan their units, each in a call of Lambda.

    Return the calls of Lambda, and those of SQS that S3 and Lambda make: a message is sent,
    received and deleted.
    """
    units = [unit for at, data in enumerate(files) for unit in world.take_in(data, f"{at}.jsonl")]
    deliveries = world.deliveries()
    for unit in units:
        [record] = delivery([msgspec.json.encode(unit).decode()], "arn:units")["Records"]
        deliveries.take(Delivery.of(record), lambda: 300)
    calls = len(files) + len(units)
    return Counter({"Lambda calls": calls, "SQS calls": 3 * len(files) + 2 * len(units)})


def _messages(world: World, bodies: list[str], together: int) -> Counter[str]:
    """Take messages in deliveries. They are sent, received and deleted ten at a time."""
    deliveries = world.deliveries()
    for first in range(0, len(bodies), together):
        records = delivery(bodies[first : first + together], POSTS_ARN)["Records"]
        for ended in deliveries.take_messages(map(Delivery.of, records), lambda: 300):
            assert isinstance(ended, EndedMessages)
    calls = -(-len(bodies) // together)
    return Counter({"Lambda calls": calls, "SQS calls": 3 * -(-len(bodies) // 10)})
