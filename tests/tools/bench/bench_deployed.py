"""As deployed: the built function scan and its layers, under Lambda's own runtime client.

A unit goes from its event to its receipt over S3 and a table in memory. The same work runs in the
development environment, in a process of its own. Only that process's processor time counts. The
limit is to read and fold the same posts, and to look for nothing.
"""

import json
import os
import pickle
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from integration import handlers
from simulation.clients import Client, DirectTransport
from simulation.dynamodb import DynamoDB
from simulation.s3 import S3
from simulation.sqs import SQS
from support.world import DAY, Clients, World
from tools.bench import corpus
from tools.bench.bench_whole import behind_peer, only_folded
from tools.bench.measure import Report, medians
from tools.bench.peers import Buffers, Hyperscan

from matcher import Matcher, load_packs
from rules.pack import Pack
from rules.rule_set import ProviderSettings
from terang import emulator

TESTS = Path(__file__).parents[2]
ROUNDS = 5
POSTS_ARN = "arn:aws:sqs:eu-west-1:123456789012:posts"
TABLE = "As deployed (processor time of the function; start: its imports)"
MESSAGES_TABLE = "As deployed, a delivery of messages with one post each, 1,000 terms"
REAL_TABLE = "As deployed, each set of real posts and the packs that ship"
PACKS = TESTS.parent / "packs"

HERE = """
import json, sys
from tools.bench import deployed_worker as worker
class Context:
    aws_request_id, function_name, memory_limit_in_mb = "bench", "Scan", "1769"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:scan"
    get_remaining_time_in_millis = staticmethod(lambda: 300_000)
event = json.loads(open(sys.argv[1]).read())
for _ in range(int(sys.argv[2])):
    print("ANSWER", json.dumps(worker.handler(event, Context())))
"""


def settings_of(world: World, seed: Path) -> dict[str, str]:
    return {
        "BENCH_SEED": str(seed),
        "TABLE": world.table,
        "WORK_BUCKET": world.work,
        "OUT_BUCKET": world.out,
        "PUBLIC_BUCKET": world.public,
        "PUBLIC_URL": "https://terang.example",
        "POSTS_QUEUE_ARN": POSTS_ARN,
        "REDRIVE_SENDER": "AROAREDRIVE",
        "MAX_RULE_PER_MILLE": "1000",
        "FLOOD_MINIMUM_POSTS": "1000000",
        "EXCERPT_DAYS": "30",
        "EXCERPT_LENGTH": "280",
        "SHADOW_FINDINGS": "counted",
        "TODAY": DAY,
        "PSEUDONYM_SECRET": "pseudonym-secret",
        "POWERTOOLS_SERVICE_NAME": "scan",
        "POWERTOOLS_METRICS_NAMESPACE": "Terang",
        "POWERTOOLS_TRACE_DISABLED": "1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }


def seeded(folder: Path, packs: list[Pack], data: bytes) -> tuple[World, Path, dict[str, Any]]:
    """A world whose provider runs packs, the file of its services, and the event of a unit."""
    services = DynamoDB(), S3(), SQS()
    world = World(
        Clients(*(Client(service, DirectTransport()) for service in services)), range_bytes=2**24
    )
    put_in_force(world, packs)
    [unit] = world.take_in(data)
    seed = folder / "seed"
    seed.write_bytes(pickle.dumps((services[0].tables, services[1].buckets)))
    return world, seed, delivery([msgspec.json.encode(unit).decode()], "arn:units")


def put_in_force(world: World, packs: list[Pack]) -> None:
    """Publish packs all of which the provider runs, also those that rest on its terms."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    every = ProviderSettings(packs=tuple(pack.id for pack in packs))
    world.publish(*(msgspec.structs.replace(pack, published_at=at) for pack in packs), acme=every)


def delivery(bodies: list[str], queue: str, receives: int = 1) -> dict[str, Any]:
    """The event of messages that come together, for the first or a later time."""
    return {
        "Records": [
            handlers.delivery(number, body, queue, receives=receives, provider="acme")
            for number, body in enumerate(bodies)
        ]
    }


def deployed(
    settings: dict[str, str], event: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, Any]]:
    """The answers of the built function, each to the same event."""
    plain = emulator.environment

    def environment(function: str, given: dict[str, str]) -> dict[str, str]:
        found = plain(function, given)
        return found | {"PYTHONPATH": os.pathsep.join((found["PYTHONPATH"], str(TESTS)))}

    monkeypatch.setattr(emulator, "environment", environment)
    with emulator.started("Scan", settings, folder / "log", "bench.deployed_worker.handler") as url:
        return [emulator.invoke(url, event) for _ in range(ROUNDS)]


def in_development(
    settings: dict[str, str], event: dict[str, Any], folder: Path
) -> list[dict[str, Any]]:
    """The answers of the same function in the development environment."""
    path = folder / "event"
    path.write_text(json.dumps(event))
    done = subprocess.run(
        [sys.executable, "-c", HERE, path, str(ROUNDS)],
        env={**os.environ, **settings, "PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    return [json.loads(line[7:]) for line in lines if line.startswith("ANSWER ")]


@pytest.mark.parametrize("count", corpus.SIZES)
def test_the_built_function(
    count: int, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit of 8 MiB through the handler."""
    emulator.build()
    data = corpus.unit(corpus.HIT_RATES[0])
    world, seed, event = seeded(tmp_path, [corpus.pack(count)], data)
    settings = settings_of(world, seed)
    if TABLE not in report.tables:
        report.row(
            TABLE, "a unit", "terms", "where", "seconds", "start", "MiB", "numpy", "limit = 1"
        )
    limit, hyperscan = limit_and_hyperscan(data, count)
    report.row(
        TABLE, "Hyperscan as prefilter", f"{count:,}", "development",
        f"{hyperscan:.3f}", "", "", "", f"{limit / hyperscan:.2f}",
    )  # fmt: skip
    answers = {
        "built": deployed(settings, event, tmp_path, monkeypatch),
        "development": in_development(settings, event, tmp_path),
    }
    seconds = {}
    for where, given in answers.items():
        seconds[where] = seconds_of(given)
        report.row(
            TABLE, "8 MiB", f"{count:,}", where, f"{seconds[where]:.3f}",
            f"{given[0]['start']:.2f} s", f"{given[-1]['memory']:.0f}", given[-1]["numpy"],
            f"{limit / seconds[where]:.2f}",
        )  # fmt: skip
    ratio = seconds["built"] / seconds["development"]
    report.goal(f"built for development at {count:,}", ratio, 1.1, most=True)
    if count > corpus.SIZES[0]:
        bound = 0.4 if count == max(corpus.SIZES) else 0.5
        share = limit / seconds["built"]
        report.goal(f"built, share of the limit at {count:,}", share, bound, most=False)
        ahead = hyperscan / seconds["built"]
        report.goal(f"Hyperscan's time for built at {count:,}", ahead, 1, most=False)


def seconds_of(answers: list[dict[str, Any]]) -> float:
    """The median of all answers but the first, none of which may name a failure."""
    assert all(answer["failed"] == 0 and answer["receipts"] for answer in answers)
    return statistics.median(answer["seconds"] for answer in answers[1:])


def test_a_delivery_of_messages(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches, and as units of their own: messages that come for the third time."""
    emulator.build()
    data = corpus.unit(corpus.HIT_RATES[0])
    world, seed, _ = seeded(tmp_path, [corpus.pack(1_000)], data)
    bodies = [line.decode() for line in data.splitlines()]
    report.row(MESSAGES_TABLE, "", "messages", "receipts", "messages a second")
    rates = {}
    for name, count, receives in (("in batches", 1_000, 1), ("each alone", 100, 3)):
        event = delivery(bodies[:count], POSTS_ARN, receives)
        answers = deployed(settings_of(world, seed), event, tmp_path, monkeypatch)
        rates[name] = count / seconds_of(answers)
        receipts = len(answers[-1]["receipts"])
        report.row(MESSAGES_TABLE, name, f"{count:,}", receipts, f"{rates[name]:,.0f}")
    times = rates["in batches"] / rates["each alone"]
    report.goal("messages in batches, times those alone", times, 4, most=False)


def limit_and_hyperscan(data: bytes, count: int) -> tuple[float, float]:
    """The seconds to read and fold posts, and to find hits with Hyperscan as the prefilter."""
    matcher = Matcher([corpus.pack(count)])
    peer, buffers = Hyperscan(matcher._evaluator.index.patterns), Buffers()
    cases = {
        "limit": partial(only_folded, data),
        "hyperscan": partial(behind_peer, data, matcher, peer, buffers),
    }
    seconds = medians(cases, rounds=3)
    return seconds["limit"], seconds["hyperscan"]


@pytest.mark.skipif(not corpus.real_sets(), reason="no real posts are here")
def test_the_built_function_on_real_posts(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit of each set, with the packs that ship. A small set is repeated until it fills one."""
    emulator.build()
    packs = list(load_packs(PACKS))
    report.row(REAL_TABLE, "posts", "µs a post", "MB/s", "limit = 1")
    for name, texts in corpus.real_sets().items():
        folder = tmp_path / name
        folder.mkdir()
        data = corpus.lines_of(texts)
        world, seed, unit = seeded(folder, packs, data)
        answers = deployed(settings_of(world, seed), unit, folder, monkeypatch)
        seconds = seconds_of(answers)
        share = medians({"limit": partial(only_folded, data)}, rounds=3)["limit"] / seconds
        report.row(
            REAL_TABLE, name, f"{seconds * 1e6 / data.count(b'\n'):.1f}",
            f"{len(data) / seconds / 1e6:.1f}", f"{share:.2f}",
        )  # fmt: skip
        report.goal(f"built on {name}, share of the limit", share, 0.3, most=False)
