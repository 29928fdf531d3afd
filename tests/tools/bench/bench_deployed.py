"""As deployed: the built function scan and its layers, under Lambda's own runtime client. A unit
goes from its event to its receipt over S3 and a table in memory. The same work runs in the
development environment, in a process of its own. Only that process's processor time counts. The
limit is to read and fold the same posts, and to look for nothing."""

import json
import os
import pickle
import statistics
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
from support.world import Clients, World
from tools.bench import corpus
from tools.bench.bench_whole import behind_peer, only_folded
from tools.bench.measure import Report, in_process, medians
from tools.bench.peers import Buffers, Hyperscan

from matcher import Matcher, load_packs
from rules.pack import Pack
from rules.rule_set import ProviderSettings
from terang import emulator

TESTS = Path(__file__).parents[2]
ROUNDS, FEW_ROUNDS = 5, 4
HIT_BYTES = 2 * 1024 * 1024
SHADOW = ("counted", "all")
"""What a stack may keep of findings of rules in shadow."""

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
event = json.load(sys.stdin)
print(json.dumps([worker.handler(event, Context()) for _ in range(int(sys.argv[1]))]))
"""


def settings_of(world: World, seed: Path = TESTS, shadow: str = "counted") -> dict[str, str]:
    changes = {"BENCH_SEED": str(seed), "SHADOW_FINDINGS": shadow, "POWERTOOLS_LOG_LEVEL": "ERROR"}
    return handlers.settings_of("scan", world) | changes


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
    every = ProviderSettings(packs=tuple(pack.id for pack in packs))
    world.publish(*corpus.published(packs), acme=every)


def delivery(bodies: list[str], queue: str = "arn:posts", receives: int = 1) -> dict[str, Any]:
    """The event of messages that come together, for the first or a later time."""
    return {
        "Records": [
            handlers.delivery(number, body, queue, receives=receives, provider="acme")
            for number, body in enumerate(bodies)
        ]
    }


def deployed(
    settings: dict[str, str], event: dict[str, Any], folder: Path,
    monkeypatch: pytest.MonkeyPatch, rounds: int = ROUNDS,
) -> list[dict[str, Any]]:  # fmt: skip
    """The answers of the built function, each to the same event."""
    plain = emulator.environment

    def environment(function: str, given: dict[str, str]) -> dict[str, str]:
        found = plain(function, given)
        return found | {"PYTHONPATH": os.pathsep.join((found["PYTHONPATH"], str(TESTS)))}

    monkeypatch.setattr(emulator, "environment", environment)
    with emulator.started("Scan", settings, folder / "log",
                          "tools.bench.deployed_worker.handler") as url:  # fmt: skip
        return [emulator.invoke(url, event) for _ in range(rounds)]


def in_development(settings: dict[str, str], event: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of the same function in the development environment."""
    places = {"PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"}
    answers: list[dict[str, Any]] = in_process(
        HERE, ROUNDS, given=json.dumps(event), **settings, **places
    )
    return answers


@pytest.mark.parametrize("count", corpus.SIZES)
def test_the_built_function(count: int, report: Report, tmp_path: Path,
                            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A unit of 8 MiB through the handler."""
    emulator.build()
    data = corpus.unit(corpus.HIT_RATES[0])
    world, seed, event = seeded(tmp_path, [corpus.pack(count)], data)
    settings = settings_of(world, seed)
    report.head(TABLE, "a unit", "terms", "where", "seconds", "start", "MiB", "numpy", "limit = 1")
    limit, hyperscan = limit_and_hyperscan(data, count)
    report.row(
        TABLE, "Hyperscan as prefilter", f"{count:,}", "development",
        f"{hyperscan:.3f}", "", "", "", f"{limit / hyperscan:.2f}",
    )  # fmt: skip
    answers = {"built": deployed(settings, event, tmp_path, monkeypatch),
               "development": in_development(settings, event)}  # fmt: skip
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


def test_a_message_batch(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In batches, and as units of their own: messages that come for the third time."""
    emulator.build()
    data = corpus.unit(corpus.HIT_RATES[0])
    world, seed, _ = seeded(tmp_path, [corpus.pack(1_000)], data)
    bodies = [line.decode() for line in data.splitlines()]
    report.row(MESSAGES_TABLE, "", "messages", "receipts", "messages a second")
    rates = {}
    for name, count, receives in (("in batches", 1_000, 1), ("each alone", 100, 3)):
        event = delivery(bodies[:count], receives=receives)
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
    cases = {"limit": partial(only_folded, data),
             "hyperscan": partial(behind_peer, data, matcher, peer, buffers)}  # fmt: skip
    seconds = medians(cases, rounds=3)
    return seconds["limit"], seconds["hyperscan"]


@pytest.mark.skipif(not corpus.labelled(), reason="no real posts are here")
@pytest.mark.parametrize("shadow", SHADOW)
def test_the_built_function_on_real_posts(shadow: str, report: Report, tmp_path: Path,
                                          monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A unit of each set, with the packs that ship, then one of the posts that they hit. A set is
    repeated until it fills the unit. A unit in which each post is hit is smaller."""
    emulator.build()
    packs = list(load_packs(PACKS))
    table = f"{REAL_TABLE}, findings of rules in shadow: {shadow}"
    report.row(table, "posts", "µs a post", "findings a post", "seconds", "MiB", "limit = 1")
    units = {name: (corpus.lines_of(texts), 0.3) for name, texts in corpus.real_sets().items()}
    sets = corpus.hit_sets(Matcher(packs))
    for name, texts in sets.items():
        units[f"{name}, all hit"] = corpus.lines_of(texts, HIT_BYTES), 0.15
    units["all sets, all hit, 8 MiB"] = corpus.lines_of(corpus.mixed(sets)), 0.15
    for name, (data, goal) in units.items():
        folder = tmp_path / name
        folder.mkdir()
        world, seed, unit = seeded(folder, packs, data)
        answers = deployed(settings_of(world, seed, shadow), unit, folder, monkeypatch, FEW_ROUNDS)
        seconds, posts = seconds_of(answers), data.count(b"\n")
        share = medians({"limit": partial(only_folded, data)}, rounds=3)["limit"] / seconds
        [receipt] = map(json.loads, answers[-1]["receipts"])
        report.row(
            table, name, f"{seconds * 1e6 / posts:.1f}",
            f"{receipt.get('findings', 0) / posts:.3f}", f"{seconds:.2f}",
            f"{answers[-1]['memory']:.0f}", f"{share:.3f}",
        )  # fmt: skip
        if shadow == SHADOW[0]:
            report.goal(f"built on {name}, share of the limit", share, goal, most=False)
