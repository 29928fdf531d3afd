"""A run of a scenario from the first file to the published numbers, and what is wrong with it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from simulation.chance import Chance, Told
from simulation.fabric import NOON, Fabric, day_after
from simulation.oracle import broken
from simulation.records import Records, objects_of
from simulation.scenarios import (
    BY_NAME,
    CANONICAL,
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
    "POSTS_QUEUE_ARN": "arn:posts",
    "UNITS_QUEUE_URL": "https://sqs.example/units",
    "REDRIVE_SENDER": "",
    "MAX_RULE_PER_MILLE": "1000",
    "FLOOD_MINIMUM_POSTS": "1000000",
    "EXCERPT_DAYS": "30",
    "RANGE_BYTES": str(RANGE_BYTES),
    "PART_BYTES": str(RANGE_BYTES),
    "PSEUDONYM_SECRET": "pseudonym-secret",
    "TODAY": "",
}


@contextmanager
def simulation() -> Iterator[None]:
    """Runs are possible while this lasts."""
    with stage(SETTINGS):
        yield


@dataclass(slots=True)
class Run:
    """A finished run: what it left, and what is wrong with that."""

    fabric: Fabric
    faults: list[str]
    moved: bool = False
    calls: list[tuple[str, str]] = field(default_factory=list)


def run(scenario: Scenario, chance: Chance, packs: Packs = first_set) -> Run:
    """Let a scenario happen, publish, and look at what is there."""
    fabric = Fabric(chance, SETTINGS)
    finished = Run(fabric, [])
    with on_stage(fabric):
        fabric.world.publish(*packs())
        _send(fabric, scenario)
        finished.moved = _move(fabric, packs)
        if chance.happens("published early"):
            fabric.at(fabric.line.seconds + 1, "publish", {"through": "2026-11-25",
                                                           "provisional": True})  # fmt: skip
        fabric.run()
        fabric.at(max(day_after(_noon(fabric)), fabric.line.seconds), "publish", {})
        fabric.run()
        fabric.line.is_quiet = True
        fabric.idle.clear()  # fresh workers, whose clocks are right
        while fabric.has_failed:
            _publish(fabric)
            fabric.redrive()
        _publish(fabric)
        if chance.happens("redelivered"):
            fabric.repeat_everything()
            _publish(fabric)
    finished.calls = fabric.line.trace
    finished.faults = [*broken(fabric, scenario), *differences(scenario, finished, packs)]
    return finished


@cache
def _expected(scenario_name: str, packs: Packs) -> "Facts":
    scenario = BY_NAME.get(scenario_name, CANONICAL)
    return Facts.of(run(scenario, Told(), packs).fabric)


@dataclass(slots=True)
class Facts:
    """What two runs of the same scenario must have in common."""

    units: dict[str, Any]
    findings: dict[str, Any]
    files: dict[str, Any]
    public: dict[str, bytes]
    days: set[str]

    @classmethod
    def of(cls, fabric: Fabric) -> "Facts":
        """The facts of a finished run, without the moments at which things were done."""
        records = Records.of(fabric)
        return cls(
            units={unit: _without(one, "at", "source") for unit, one in records.receipts.items()},
            findings={name: _without(one, "found_at") for name, one in records.findings.items()},
            files={
                record["key"]: _without(record, "at")
                for data in objects_of(fabric, fabric.world.out, "out/acme/receipts/").values()
                if "key" in (record := json.loads(data))
            },
            public=objects_of(fabric, fabric.world.public),
            days=set(records.days.values()),
        )


def differences(scenario: Scenario, finished: Run, packs: Packs) -> Iterator[str]:
    """What is otherwise than in a run without faults."""
    if isinstance(finished.fabric.chance, Told) and not finished.fabric.chance.faults:
        return
    facts, first = Facts.of(finished.fabric), _expected(scenario.name, packs)
    second = _expected(scenario.name, second_set) if finished.moved else first
    if facts.units.keys() != first.units.keys():
        yield "other units than without faults"
        return
    if scenario.overlaps:
        if not finished.moved and facts.findings.keys() != first.findings.keys():
            yield "other findings than without faults"
        return
    for unit, receipt in facts.units.items():
        if receipt not in (first.units[unit], second.units[unit]):
            yield f"unit {unit[:8]} came to something else"
    for key, told in facts.files.items():
        if not finished.moved and told != first.files.get(key):
            yield "a sender was told something else"
    both = {**first.findings, **second.findings}
    for name, found in facts.findings.items():
        if found not in (both.get(name), first.findings.get(name)):
            yield f"finding {name[:8]} is another"
    fabric = finished.fabric
    if facts.days == first.days and not (finished.moved or fabric.redriven or fabric.most_skewed):
        for key in sorted(facts.public.keys() | first.public.keys()):
            if facts.public.get(key) != first.public.get(key):
                yield f"{key} has other bytes"


def _send(fabric: Fabric, scenario: Scenario) -> None:
    for key, data in scenario.files.items():
        fabric.s3.put_object(fabric.world.drop, key, data)
    for body in scenario.messages:
        fabric.send("posts", body, SENDER, provider="acme")


def _move(fabric: Fabric, packs: Packs) -> bool:
    """Perhaps the pointer moves to another set while work is under way."""
    moves = packs is first_set and fabric.chance.happens("moved")
    if moves:
        at = fabric.chance.pick(60)
        fabric.line.planned.append((at, lambda: fabric.world.publish(*second_set())))
    return moves


def _publish(fabric: Fabric) -> None:
    """Publish until every day on which a receipt stands is closed and published."""
    days = [f"{day}T12:00:00+00:00" for day in Records.of(fabric).days.values()]
    last = max([fabric.line.seconds, *(datetime.fromisoformat(day).timestamp() for day in days)])
    fabric.at(day_after(last), "publish", {})
    fabric.run()


def _noon(fabric: Fabric) -> float:
    return NOON


def _without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}
