"""Whatever is lost, doubled, late or killed: nothing is lost and nothing is counted twice.

Each run takes files and messages through intake, scan and publish, as they are deployed, over an
AWS in memory, while a seed decides what fails. What is left must close, and come to the same units,
findings and published bytes as a run without faults.
"""

import pytest
from simulation.chance import PlannedFaults, SeededFaults
from simulation.enumerate_faults import (
    check_faults,
    faults_of_publish,
    first_faults,
    second_faults,
)
from simulation.patches import running_on
from simulation.records import Records
from simulation.runs import run
from simulation.scenarios import (
    ANSWERED,
    COPIED,
    DECIDED,
    ERASED,
    GROUPED,
    SCENARIOS,
    Scenario,
)
from simulation.seeds import check_seed, kept

pytestmark = [
    pytest.mark.usefixtures("patched_machine"),
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
]

SEEDS = 600
BLOCK = 100

GROUPS = 60
"""Seeds in which people decide near copies in one look."""

ANSWERS = 60
"""Seeds in which people answer the flood guard."""

COPIES = 60
"""Seeds in which confirmed posts change while their copies are looked for."""

PAIRS_APART = 211
"""Of the pairs each 211th is run here, and all of them by `make drill PAIRS=1`."""


@pytest.mark.parametrize(
    "scenario", [*SCENARIOS, DECIDED, GROUPED, ANSWERED, COPIED, ERASED], ids=str
)
def test_a_run_without_faults_is_right(scenario: Scenario) -> None:
    finished = run(scenario, PlannedFaults())
    assert finished.wrong == []
    assert finished.cluster.errors == []
    assert finished.cluster.world.receipts()


@pytest.mark.parametrize(("seed", "scenario"), kept(), ids=str)
def test_a_seed_that_once_failed_does_not_fail(seed: int, scenario: Scenario) -> None:
    check_seed(seed, scenario)


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_a_schedule_drawn_from_a_seed_changes_nothing(first: int) -> None:
    for seed in range(first, first + BLOCK):
        check_seed(seed)


def test_a_group_counts_once_whichever_decision_comes_first() -> None:
    for seed in range(GROUPS):
        check_seed(seed, GROUPED)


def test_an_answer_opens_what_is_held_whatever_comes_first() -> None:
    """Some findings are stored after the answer, by workers that looked before it."""
    for seed in range(ANSWERS):
        check_seed(seed, ANSWERED)


@pytest.mark.parametrize("scenario", [COPIED, ERASED], ids=str)
def test_each_try_of_a_unit_finds_the_same_copies(scenario: Scenario) -> None:
    for seed in range(COPIES):
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


def test_no_fault_of_publish_changes_anything() -> None:
    for place in faults_of_publish():
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


def test_a_seed_gives_the_same_run_each_time() -> None:
    first, again = (run(SCENARIOS[-1], SeededFaults(7)) for _ in range(2))
    assert first.calls == again.calls
    assert first.cluster.world.state() == again.cluster.world.state()
