"""Decisions at the console while calls fail: holds, undos, and the laws about them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from simulation import invocation
from simulation.chance import Chance, PlannedFaults
from simulation.cluster import Cluster
from simulation.patches import cold_start, running_on
from simulation.records import Records
from simulation.runs import SETTINGS, WEEKS
from simulation.scenarios import NO_FLOOD, first_set
from simulation.sources import CONSOLE
from support.sample_posts import OTP, lines
from support.world import ROLE

from cases.decision import Decision, Verdict
from cases.kinds import as_sent
from desk import table_desk
from desk.table_desk import PendingSender
from ledger.desk_store import UNDO_SECONDS, DynamoDesk, PendingDecision, PendingState
from ledger.findings import digest
from ledger.keys import Provider
from ledger.table import Table

ENDS = {PendingState.TAKEN, PendingState.REFUSED, PendingState.UNDONE, PendingState.VOID}


@dataclass(slots=True)
class Desk:
    """What moderators did at the console, and what they were told."""

    cluster: Cluster
    held: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)

    @property
    def trace(self) -> list[tuple[str, str]]:
        """Each call that might have failed, in order."""
        return self.cluster.injector.trace

    @property
    def store(self) -> DynamoDesk:
        return DynamoDesk(self.cluster.world.store.table, self.cluster)

    def handle(self, event: Mapping[str, Any], _: object) -> None:
        """Take a form as the deployed console does: over clients whose calls may fail."""
        table = Table(self.cluster.client("dynamodb"), self.cluster.world.table)
        store = DynamoDesk(table, self.cluster)
        if "undo" in event:
            if store.undo_pending("acme", event["moderator"], event["undo"]):
                self.undone.append(event["undo"])
            return
        pending = self.pending(event["hold"], event["finding"], event["moderator"], event["at"])
        if (
            PendingSender(store, self.cluster.client("sqs"), CONSOLE.url).store_pending(pending)
            is None
        ):
            self.held.append(pending.id)

    def pending(self, name: str, finding: str, moderator: str, at: float) -> PendingDecision:
        """A decision as the form of that moment says it: the same form is the same decision."""
        moment = datetime.fromtimestamp(at, UTC)
        message = Decision(
            id=name, findings=(finding,), verdict=Verdict.DISMISSED, reason="It is a joke.",
            moderator=moderator, opened_at=moment - timedelta(seconds=30), decided_at=moment,
        )  # fmt: skip
        written = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return PendingDecision(
            id=name, provider="acme", moderator=moderator, items=(finding,),
            messages=(as_sent(message),), held_at=written, due_at=written,
        )  # fmt: skip

    def hold(self, after: float, name: str, finding: str, moderator: str = "m-1") -> None:
        at = self.cluster.injector.seconds + after
        event = {"hold": name, "finding": finding, "moderator": moderator, "at": at}
        self.wanted.append(name)
        self.cluster.at(at, "console", event)

    def undo(self, after: float, name: str, moderator: str = "m-1") -> None:
        at = self.cluster.injector.seconds + after
        self.unwanted.append(name)
        self.cluster.at(at, "console", {"undo": name, "moderator": moderator})

    def broken(self) -> Iterator[str]:
        """The laws that do not hold."""
        world = self.cluster.world
        entries = world.store.journal_entries("acme", "2026-11-25")
        decided = [cases for entry in entries for cases in entry.cases[1:]]
        if len(decided) != len(set(decided)):
            yield "a finding was decided twice"
        for name in self.wanted:
            stored = self.store.pending("acme", name)
            committed = world.store.case_marker(digest("message", "acme", name)) is not None
            if stored is not None and stored.state not in ENDS:
                yield f"{name} is {stored.state} for ever"
            if name in self.undone and committed:
                yield f"{name} was taken back and sent all the same"
            if name in self.held and name not in self.undone and not committed:
                ended = stored.state if stored else None
                asked = ended is PendingState.UNDONE and name in self.unwanted
                if not (asked or ended is PendingState.REFUSED):
                    yield f"{name} was promised and is lost"
            if stored is not None and (stored.state is PendingState.TAKEN) != committed:
                yield f"{name} is {stored.state}, and its message tells otherwise"


class Resigned(PlannedFaults):
    """Planned faults, after which nobody sends a form again."""

    def happens(self, what: str) -> bool:
        return what == "failed for good"


def play(chance: Chance, patch: pytest.MonkeyPatch, delay: int = UNDO_SECONDS) -> Desk:
    """Two findings, two moderators: one decides and regrets, the other decides the same. Without a
    delay, the message overtakes the worker that stores what it names."""
    patch.setattr(table_desk.desk_store, "UNDO_SECONDS", delay)
    cluster = Cluster(PlannedFaults(), SETTINGS | NO_FLOOD)
    desk = Desk(cluster)
    module = SimpleNamespace(handler=desk.handle)
    start = {"console": lambda: module}
    patch.setattr(
        invocation, "cold_start", lambda name: start.get(name, lambda: cold_start(name))()
    )
    with running_on(cluster):
        cluster.world.publish(*first_set())
        cluster.world.store.put_provider(Provider("acme", (ROLE,), door="console"))
        cluster.world.objects.put(cluster.world.drop, "drop/acme/x.jsonl", lines(OTP, OTP + "."))
        cluster.run()
        first, second = sorted(Records.of(cluster).findings)
        cluster.injector.chance = cluster.chance = chance
        cluster.injector.number, cluster.injector.trace = 0, []
        cluster.dynamodb._tokens.clear()  # they are named after numbers of calls
        desk.hold(1, "d-1", first)
        desk.undo(4, "d-1")
        desk.hold(6, "d-2", first)
        desk.hold(7, "d-3", second, "m-2")
        desk.hold(7, "d-4", second, "m-1")
        desk.undo(16.05, "d-2")  # as its message comes
        cluster.run()
        cluster.failed_events.clear()  # nobody sends a form again a week later
        cluster.stop_faults()
        for _ in range(WEEKS):
            cluster.run()
            if not cluster.has_failed:
                break
            cluster.redrive()
    return desk
