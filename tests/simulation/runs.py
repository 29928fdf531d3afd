"""A run of a scenario from the first file to the published numbers, and what is wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial

from simulation.chance import Chance, Told
from simulation.comparing import Expected, Facts
from simulation.fabric import NOON, Fabric, day_after
from simulation.moderators import bodies
from simulation.oracle import broken
from simulation.records import Records
from simulation.scenarios import (
    BY_NAME,
    RANGE_BYTES,
    SENDER,
    Packs,
    Scenario,
    first_set,
    second_set,
)
from simulation.stage import on_stage, stage

SETTINGS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "simulation",
    "POWERTOOLS_METRICS_NAMESPACE": "Terang",
    "TABLE": "terang-0",
    "DROP_BUCKET": "drop-0",
    "WORK_BUCKET": "work-0",
    "OUT_BUCKET": "out-0",
    "PUBLIC_BUCKET": "public-0",
    "PUBLIC_URL": "https://terang.example",
    "NOTICE_HOURS": "0",
    "PAUSE_BELOW": "0.5",
    "POSTS_QUEUE_ARN": "arn:posts",
    "FILES_QUEUE_URL": "https://sqs.example/files",
    "UNITS_QUEUE_URL": "https://sqs.example/units",
    "REDRIVE_SENDER": "",
    "EXCERPT_DAYS": "30",
    "RANGE_BYTES": str(RANGE_BYTES),
    "PART_BYTES": str(RANGE_BYTES),
    "PSEUDONYM_SECRET": "pseudonym-secret",
    "TODAY": "",
}

WEEKS = 3
"""How often the operator redrives: what fails then without any fault fails for ever."""


@contextmanager
def simulation() -> Iterator[None]:
    """Runs are possible while this lasts."""
    with stage(SETTINGS):
        yield


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: what it left, what is wrong with that, and each call of AWS in order."""

    fabric: Fabric
    wrong: list[str]
    calls: list[tuple[str, str]]


def run(scenario: Scenario, chance: Chance) -> Run:
    """Let a scenario happen, publish, and look at what is there."""
    expected = expected_of(scenario.name)
    fabric, moved = _played(scenario, chance, first_set)
    if not moved:
        expected = Expected(expected.first, expected.first)
    wrong = [
        *broken(fabric, scenario),
        *expected.differences(fabric, exactly=not scenario.overlaps),
    ]
    return Run(fabric, wrong, fabric.line.trace)


@cache
def expected_of(scenario: str) -> Expected:
    """What a scenario comes to without faults; nothing may be wrong with that."""
    facts = []
    for packs in (first_set, second_set):
        fabric, _ = _played(BY_NAME[scenario], Told(), packs)
        wrong = [*broken(fabric, BY_NAME[scenario])]
        assert not wrong, wrong
        facts.append(Facts.of(fabric))
    return Expected(*facts)


def _played(scenario: Scenario, chance: Chance, packs: Packs) -> tuple[Fabric, bool]:
    """A run with all its phases, and whether the pointer moved in it."""
    fabric = Fabric(chance, SETTINGS | scenario.settings)
    with on_stage(fabric):
        fabric.world.publish(*packs())
        moves = _plan(fabric, scenario, packs)
        _send(fabric, scenario)
        fabric.run()
        fabric.at(max(day_after(NOON), fabric.line.seconds), "publish", {})
        fabric.run()
        fabric.be_quiet()
        for _ in range(WEEKS):
            _publish(fabric)
            if not fabric.has_failed:
                break
            fabric.redrive()
        if chance.happens("redelivered"):
            fabric.repeat_everything()
            _publish(fabric)
    return fabric, moves


def _plan(fabric: Fabric, scenario: Scenario, packs: Packs) -> bool:
    """What others do while work is under way: at some call, which may be long after its end."""
    chance, plan = fabric.chance, fabric.line.plan
    for key, data in scenario.later.items():
        plan(chance.pick(60), partial(fabric.world.objects.put, fabric.world.drop, key, data))
    if chance.happens("published early"):
        fabric.published_early = True
        order = {"through": "2026-11-25", "provisional": True}
        plan(chance.pick(60), lambda: fabric.at(fabric.line.seconds, "publish", order))
    moves = packs is first_set and chance.happens("moved")
    if moves:
        plan(chance.pick(60), lambda: fabric.world.publish(*second_set()))
    return moves


def _send(fabric: Fabric, scenario: Scenario) -> None:
    if scenario.decided:
        fabric.handed_out = lambda data: _decide(fabric, data)
    for key, data in scenario.files.items():
        fabric.world.objects.put(fabric.world.drop, key, data)
    for body in scenario.messages:
        fabric.send("posts", body, SENDER, provider="acme")


def _decide(fabric: Fabric, handed_out: bytes) -> None:
    """The provider's moderators say all that they will ever say, in no order."""
    now = datetime.fromtimestamp(fabric.line.seconds, UTC)
    for body in fabric.chance.shuffle(list(bodies(handed_out, now))):
        fabric.send("cases", body, SENDER, provider="acme")


def _publish(fabric: Fabric) -> None:
    """Publish when every day on which a receipt stands is closed."""
    days = [f"{day}T12:00:00+00:00" for day in Records.of(fabric).days.values()]
    last = max([fabric.line.seconds, *(datetime.fromisoformat(day).timestamp() for day in days)])
    fabric.at(day_after(last), "publish", {})
    fabric.run()
