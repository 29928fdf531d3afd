"""Whatever is lost, doubled, late or killed: nothing is lost and nothing is counted twice. Each run
takes files and messages through intake, scan and publish, as they are deployed, over an AWS in
memory, while a seed decides what fails. What is left must close, and come to the same units,
findings and published bytes as a run without faults."""

import json

import pytest
from simulation.chance import READS, Fault, PlannedFaults, SeededFaults
from simulation.enumerate_faults import check_faults, faults_of_publish, first_faults, second_faults
from simulation.patches import running_on
from simulation.records import Records, objects_of
from simulation.runs import run
from simulation.scenarios import (
    ANSWERED,
    BY_NAME,
    CANONICAL,
    COPIED,
    DECIDED,
    DELETED,
    ERASED,
    GROUPED,
    SCENARIOS,
    TRIED,
    Scenario,
)
from simulation.seeds import check_seed, kept

pytestmark = [pytest.mark.usefixtures("patched_machine"),
              pytest.mark.filterwarnings("ignore:No application metrics to publish")]  # fmt: skip

SEEDS, BLOCK, OFTEN = 600, 100, 200
"""Seeds, how many a test has, and how many `make test` runs of them."""

APART = 15
"""So many seeds each scenario with people in it gets in `make test`, and four times as many later.
In them people decide near copies in one look, or answer the flood guard: some findings are stored
after the answer, by workers that looked before it. Or confirmed posts change while their copies are
looked for."""

PAIRS_APART = 1009
"""Of the pairs each 1009th is run here, and all of them by `make drill PAIRS=1`."""


def seeds(step: int, often: int, end: int) -> list[object]:
    """Blocks of seeds, of which `make nightly` has those that are not run often."""
    late = pytest.mark.nightly
    firsts = range(0, end, step)
    return [pytest.param(first, marks=[late] if first >= often else []) for first in firsts]


@pytest.mark.parametrize(
    "scenario", [*SCENARIOS, DECIDED, DELETED, GROUPED, ANSWERED, TRIED, COPIED, ERASED], ids=str
)
def test_a_run_without_faults_is_right(scenario: Scenario) -> None:
    finished = run(scenario, PlannedFaults())
    assert (finished.wrong, finished.cluster.errors) == ([], [])
    assert finished.cluster.world.receipts()


@pytest.mark.parametrize(("seed", "scenario"), kept(), ids=str)
def test_a_seed_that_once_failed_does_not_fail(seed: int, scenario: Scenario) -> None:
    check_seed(seed, scenario)


@pytest.mark.parametrize("first", seeds(BLOCK, OFTEN, SEEDS))
def test_a_schedule_drawn_from_a_seed_changes_nothing(first: int) -> None:
    for seed in range(first, first + BLOCK):
        check_seed(seed)


@pytest.mark.parametrize("scenario", [DELETED, GROUPED, ANSWERED, TRIED, COPIED, ERASED], ids=str)
@pytest.mark.parametrize("first", seeds(APART, APART, 4 * APART))
def test_nor_does_one_of_people_and_copies(first: int, scenario: Scenario) -> None:
    for seed in range(first, first + APART):
        check_seed(seed, scenario)


def test_a_moderator_finds_opened_findings_next_to_others() -> None:
    """The list of open findings is asked as the console asks it."""
    finished = run(ANSWERED, PlannedFaults())
    with running_on(finished.cluster):
        listed = finished.cluster.world.store.open_findings("acme", 99)
        holds = finished.cluster.world.store.flood_holds("acme")
    assert {hold.verdict for hold in holds} == {"opened"}
    assert any(finding.held for finding in listed)
    live = [one for one in Records.of(finished.cluster).findings.values() if one["mode"] == "live"]
    assert len(listed) == len(live)


def test_of_two_leads_one_adopts_and_the_other_is_told() -> None:
    finished = run(TRIED, PlannedFaults())
    told = objects_of(finished.cluster, finished.cluster.world.out, "out/acme/receipts/messages/")
    [refused] = [one for one in map(json.loads, told.values()) if one["kind"] == "case"]
    assert (refused["type"], refused["code"]) == ("adoption", "decided_already")


def test_a_publish_that_dies_while_it_changes_the_set_is_completed() -> None:
    """A lost write of a set, of its pointer or of draws."""
    calls = run(TRIED, PlannedFaults()).calls
    last = max(at for at, (called, _) in enumerate(calls) if called == "decide")
    writes = [
        at
        for at, (called, operation) in enumerate(calls)
        if called == "publish" and operation not in READS and at > last
    ]
    for at in writes[::3]:
        check_faults((at, Fault.KILLED_AFTER), scenario=TRIED)


@pytest.mark.parametrize("reads", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_no_fault_of_publish_changes_anything(reads: bool) -> None:
    calls = run(CANONICAL, PlannedFaults()).calls
    for place in faults_of_publish():
        if (calls[place[0]][1] in READS) is reads:
            check_faults(place)


def test_no_fault_of_intake_or_scan_nor_any_pair_changes_anything() -> None:
    """Each first fault is tried alone, to learn which calls can follow it."""
    number = 0
    for first in first_faults():
        for second in second_faults(first):
            number += 1
            if number % PAIRS_APART == 0:
                check_faults(first, second)
    assert number > 10_000


@pytest.mark.parametrize(("scenario", "function"), [
    pytest.param(BY_NAME["a file that is translated"], "intake", id="a translated file"),
    pytest.param(BY_NAME["files refused as a whole"], "intake", id="refused files"),
    pytest.param(DECIDED, "decide", id="messages that wait for each other"),
])  # fmt: skip
def test_a_worker_that_dies_at_any_write_leaves_no_trace(scenario: Scenario, function: str) -> None:
    for number, (called, operation) in enumerate(run(scenario, PlannedFaults()).calls):
        if called == function and operation not in READS:
            check_faults((number, Fault.KILLED_AFTER), scenario=scenario)


def test_a_seed_gives_the_same_run_each_time() -> None:
    first, again = (run(SCENARIOS[-1], SeededFaults(7)) for _ in range(2))
    assert first.calls == again.calls
    assert first.cluster.world.state() == again.cluster.world.state()
