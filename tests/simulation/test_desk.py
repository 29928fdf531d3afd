"""Whatever dies at the console or behind it: no decision is lost, doubled, or sent after undo."""

from itertools import chain

import msgspec
import pytest
from simulation.chance import PlannedFaults, SeededFaults
from simulation.desk import Desk, Resigned, play
from simulation.enumerate_faults import places

from desk.table_desk import PendingSender
from ledger.desk_store import DynamoDesk, PendingDecision, PendingName, PendingState

SEEDS = 50
PAIRS_APART = 397

pytestmark = [pytest.mark.usefixtures("patched_machine"),
              pytest.mark.filterwarnings("ignore:No application metrics to publish")]  # fmt: skip


def wrong(desk: Desk) -> list[str]:
    return list(desk.broken())


def test_a_day_without_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = play(PlannedFaults(), monkeypatch)
    assert wrong(desk) == []
    assert desk.cluster.errors == []
    assert desk.undone
    assert {"d-1", "d-2"} <= set(desk.held)
    assert len({"d-3", "d-4"} & set(desk.held)) == 1
    states = [desk.store.pending("acme", name) for name in desk.wanted]
    assert [one.state for one in states if one].count(PendingState.TAKEN) >= 1


def test_no_single_fault_and_no_pair_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    number = 0
    for first in places(play(PlannedFaults(), monkeypatch).trace):
        assert wrong(play(Resigned(dict([first])), monkeypatch)) == [], first
        desk = play(PlannedFaults(dict([first])), monkeypatch)
        assert wrong(desk) == [], first
        for second in places(desk.trace, after=first[0]):
            number += 1
            if number % PAIRS_APART == 0:
                desk_of_two = play(PlannedFaults(dict([first, second])), monkeypatch)
                assert wrong(desk_of_two) == [], (first, second)


@pytest.mark.parametrize("delay", [0, 10])
@pytest.mark.parametrize("start", [0, pytest.param(SEEDS, marks=pytest.mark.nightly)])
def test_no_schedule_breaks_a_law(start: int, delay: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(start, start + SEEDS):
        assert wrong(play(SeededFaults(seed), monkeypatch, delay)) == [], seed


def _stores_first(sender: PendingSender, pending: PendingDecision) -> PendingDecision | None:
    first = sender.desk.store_pending(pending)
    name = PendingName(pending.provider, pending.id)
    if first is None:
        sender.sqs.send_message(QueueUrl=sender.queue_url,
            MessageBody=msgspec.json.encode(name).decode(), DelaySeconds=10)  # fmt: skip
    return first


def _voids_nothing(desk: DynamoDesk, provider: str, pending: str) -> PendingDecision:
    if desk.pending(provider, pending) is None:
        return PendingDecision(id=pending, provider=provider, moderator="", state=PendingState.VOID)
    return RELEASE(desk, provider, pending)


def _moves_from_any_state(desk: DynamoDesk, pending: PendingDecision, before: PendingState,
                          days: int) -> bool:  # fmt: skip
    return desk.table.transact(desk._put(pending, days))


RELEASE = DynamoDesk.release_pending
BUGS = {
    "the decision is stored before its message is sent":
        (PendingSender, "store_pending", _stores_first),
    "a message that finds no decision leaves no trace":
        (DynamoDesk, "release_pending", _voids_nothing),
    "a decision moves on without a condition": (DynamoDesk, "_move", _moves_from_any_state),
}  # fmt: skip


@pytest.mark.parametrize(("owner", "name", "bug"), BUGS.values(), ids=BUGS.keys())
def test_a_bug_breaks_a_law(owner: type, name: str, bug: object,
                            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    faults = [{}, *(dict([place]) for place in places(play(PlannedFaults(), monkeypatch).trace))]
    monkeypatch.setattr(owner, name, bug)
    runs = chain((play(Resigned(fault), monkeypatch) for fault in faults),
                 (play(SeededFaults(seed), monkeypatch, delay)
                  for seed in range(SEEDS) for delay in (0, 10)))  # fmt: skip
    assert any(map(wrong, runs))
