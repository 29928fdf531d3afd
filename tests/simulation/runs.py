"""A run of a scenario from the first file to the published numbers, and the laws that it breaks."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial

from simulation.chance import Chance, PlannedFaults
from simulation.cluster import NOON, Cluster, day_after
from simulation.comparing import Expected, Facts
from simulation.log_meetings import Meetings
from simulation.moderators import adoptions, answers, bodies, judgements, looks
from simulation.oracle import broken
from simulation.patches import patched_machine, running_on
from simulation.records import Records
from simulation.scenarios import BY_NAME, MEETINGS, RANGE_BYTES, SENDER, TRIED_RULE, Scenario, State

SETTINGS = {
    "AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_SERVICE_NAME": "simulation",
    "POWERTOOLS_METRICS_NAMESPACE": "Terang", "TABLE": "terang-0", "DROP_BUCKET": "drop-0",
    "WORK_BUCKET": "work-0", "OUT_BUCKET": "out-0", "PUBLIC_BUCKET": "public-0",
    "PUBLIC_URL": "https://terang.example", "NOTICE_HOURS": "0", "PAUSE_BELOW": "0.5",
    "CONTACT": "", "DATA_LICENCE": "", "POSTS_QUEUE_ARN": "arn:posts",
    "FILES_QUEUE_URL": "https://sqs.example/files", "UNITS_QUEUE_URL": "https://sqs.example/units",
    "INBOX_SENDER": "AROAINBOX", "FORMS_URL": "https://ask.example",
    "REDRIVE_SENDER": "", "CONSOLE_QUEUE_ARN": "arn:console", "EXCERPT_DAYS": "30",
    "EXCERPT_LENGTH": "280", "SHADOW_FINDINGS": "counted", "TRIAL_LEAST": "0.8",
    "TRIAL_PEOPLE": "2", "RANGE_BYTES": str(RANGE_BYTES), "PART_BYTES": str(RANGE_BYTES),
    "PSEUDONYM_SECRET": "pseudonym-secret", "TODAY": "",
}  # fmt: skip

INBOX = f"{SETTINGS['INBOX_SENDER']}:session"
DAY_SECONDS = 86_400

WEEKS = 3
"""How often the operator redrives. Work that still fails without a fault would always fail."""


@contextmanager
def simulation() -> Iterator[None]:
    """Make runs possible in this process."""
    with patched_machine(SETTINGS):
        yield


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its state, the laws that it breaks, and each call of AWS in order."""

    cluster: Cluster
    wrong: list[str]
    calls: list[tuple[str, str]]


def run(scenario: Scenario, chance: Chance) -> Run:
    """Play a scenario, publish, and check the result."""
    if scenario is MEETINGS:
        met = Meetings(chance, SETTINGS)
        with running_on(met):
            met.meet()
        return Run(met, [*met.broken()], met.injector.trace)
    expected = expected_of(scenario.name)
    cluster, moved = play(scenario, chance, scenario.begins)
    if not moved:
        expected = Expected(expected.first, expected.first)
    wrong = [*broken(cluster, scenario),
             *expected.differences(cluster, exactly=not scenario.overlaps)]  # fmt: skip
    return Run(cluster, wrong, cluster.injector.trace)


@cache
def expected_of(scenario: str) -> Expected:
    """The run of a scenario without faults; it may break no law."""
    facts, played = [], BY_NAME[scenario]
    for state in (played.begins, played.moves):
        cluster, _ = play(played, PlannedFaults(), state)
        wrong = [*broken(cluster, played)]
        assert not wrong, wrong
        facts.append(Facts.of(cluster))
    return Expected(*facts)


def play(scenario: Scenario, chance: Chance, begins: State) -> tuple[Cluster, bool]:
    """Return a finished run, and whether what is in force changed in it."""
    cluster = Cluster(chance, SETTINGS | scenario.settings)
    with running_on(cluster):
        begins(cluster.world)
        moves = _plan(cluster, scenario, begins)
        _send(cluster, scenario)
        cluster.run()
        if scenario.tried:
            now = datetime.fromtimestamp(cluster.injector.seconds, UTC)
            for body in cluster.chance.shuffle(list(adoptions(TRIED_RULE, now))):
                cluster.send("cases", body, SENDER, provider="acme")
            cluster.run()
        cluster.at(max(day_after(NOON), cluster.injector.seconds), "publish", {})
        cluster.run()
        cluster.stop_faults()
        for _ in range(WEEKS):
            _publish(cluster)
            if not cluster.has_failed:
                break
            cluster.redrive()
        if chance.happens("redelivered"):
            cluster.redeliver_everything()
            _publish(cluster)
    return cluster, moves


def _plan(cluster: Cluster, scenario: Scenario, begins: State) -> bool:
    """What others do while work is under way: at some call, which may be long after its end."""
    chance, plan = cluster.chance, cluster.injector.plan
    for key, data in scenario.later.items():
        plan(chance.pick(60), partial(cluster.world.objects.put, cluster.world.drop, key, data))
    if chance.happens("published early"):
        cluster.published_early = True
        order = {"through": "2026-11-25", "provisional": True}
        plan(chance.pick(60), lambda: cluster.at(cluster.injector.seconds, "publish", order))
    moves = begins is scenario.begins and chance.happens("moved")
    if moves:
        plan(chance.pick(60), partial(scenario.moves, cluster.world))
    return moves


def _send(cluster: Cluster, scenario: Scenario) -> None:
    if scenario.decided:
        cluster.on_findings = lambda data: _decide(
            cluster, looks if scenario.grouped else bodies, data
        )
    if scenario.answered:
        cluster.on_findings = lambda data: _decide(cluster, answers, data)
    if scenario.tried:
        cluster.on_findings = lambda data: _decide(cluster, judgements, data)
    for post in scenario.deletes:
        message = json.dumps({"type": "deleted", "id": f"gone-{post}", "post": post})
        send = partial(cluster.send, "cases", message, SENDER, provider="acme")
        cluster.injector.plan(cluster.chance.pick(60), send)
    for key, data in scenario.files.items():
        cluster.world.objects.put(cluster.world.drop, key, data)
    _offer(cluster, "posts", scenario.messages)


def _offer(cluster: Cluster, queue: str, bodies: Iterable[str]) -> None:
    """Send messages of the provider, every second one as the function inbox does after HTTP."""
    for number, body in enumerate(bodies):
        by_http = {"door": queue} if number % 2 else {}
        cluster.send(queue, body, INBOX if by_http else SENDER, provider="acme", **by_http)


def _decide(cluster: Cluster, messages: Callable[[bytes, datetime], Iterator[str]],
            handed_out: bytes) -> None:  # fmt: skip
    """The provider's moderators say all that they will ever say, in no order."""
    now = datetime.fromtimestamp(cluster.injector.seconds, UTC)
    _offer(cluster, "cases", cluster.chance.shuffle(list(messages(handed_out, now))))


CHECKS = 2
"""On how many more days publish runs: a sealed day is read again a day later by the clock of the
worker, and clocks are up to a day off."""


def _publish(cluster: Cluster) -> None:
    """Publish when every day on which a receipt stands is closed, and until each was checked."""
    days = [f"{day}T12:00:00+00:00" for day in Records.of(cluster).days.values()]
    last = max(
        [cluster.injector.seconds, *(datetime.fromisoformat(day).timestamp() for day in days)]
    )
    for later in range(CHECKS + 1):
        cluster.at(day_after(last) + later * DAY_SECONDS, "publish", {})
        cluster.run()
