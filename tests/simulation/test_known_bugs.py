"""Every known bug is seen by the seeds that the tests run, and by few of them."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

import pytest
from simulation.bugs import Bug
from simulation.enumerate_faults import check_faults, single_faults
from simulation.known_bugs import BUGS_OF_CASES, BUGS_OF_COPIES, BUGS_OF_GROUPS, KNOWN_BUGS
from simulation.runs import expected_of
from simulation.scenarios import BY_NAME, COPIED, DECIDED, GROUPED, Scenario
from simulation.seeds import WrongError, check_seed

pytestmark = [
    pytest.mark.usefixtures("patched_machine"),
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
]

REFUSED = BY_NAME["files refused as a whole"]

ENOUGH = 800
"""Seeds in which a bug must show itself, or else in a single fault: fewer than the tests run."""

ENOUGH_OF_CASES = 800
"""Those in which a bug of cases must: two messages of people cross in few of them."""


@pytest.fixture(scope="module", autouse=True)
def expectations(patched_machine: None) -> None:
    """What is right is learnt before anything is wrong."""
    for name in BY_NAME:
        expected_of(name)


@pytest.mark.parametrize("bug", KNOWN_BUGS, ids=lambda bug: bug.name)
def test_a_known_bug_is_seen(bug: Bug) -> None:
    with bug.alive(), pytest.raises(WrongError):
        _run_the_suite(bug.shows)


@pytest.mark.parametrize("bug", BUGS_OF_CASES, ids=lambda bug: bug.name)
def test_a_known_bug_of_cases_is_seen(bug: Bug) -> None:
    with bug.alive(), pytest.raises(WrongError):
        _decide_often(bug.shows)


@pytest.mark.parametrize("bug", BUGS_OF_GROUPS, ids=lambda bug: bug.name)
def test_a_known_bug_of_groups_is_seen(bug: Bug) -> None:
    with bug.alive(), pytest.raises(WrongError):
        _decide_often(bug.shows, GROUPED)


@pytest.mark.parametrize("bug", BUGS_OF_COPIES, ids=lambda bug: bug.name)
def test_a_known_bug_of_copies_is_seen(bug: Bug) -> None:
    with bug.alive(), pytest.raises(WrongError):
        _decide_often(bug.shows, COPIED)


def _decide_often(begin: int, scenario: Scenario = DECIDED) -> None:
    """Seeds of a scenario in which people decide."""
    for seed in _round(range(ENOUGH_OF_CASES), begin):
        check_seed(seed, scenario)


def _run_the_suite(begin: int) -> None:
    """Seeds and single faults by turns: some bugs show in the one soon, some in the other.

    In the canonical run no file is refused as a whole: single faults are tried there too, since
    what a seed meets changes with every call that is made more.
    """
    everywhere = list(zip_longest(range(ENOUGH), reversed(single_faults()), single_faults(REFUSED)))
    for seed, place, of_refused in _round(everywhere, begin):
        if seed is not None:
            check_seed(seed)
        if place is not None:
            check_faults(place)
        if of_refused is not None:
            check_faults(of_refused, scenario=REFUSED)


def _round[T](turns: Sequence[T], begin: int) -> Iterator[T]:
    """All turns, once round: a bug that shows late is looked for first where it last showed."""
    yield from turns[begin:]
    yield from turns[:begin]


def test_there_are_enough_of_them() -> None:
    assert len(KNOWN_BUGS) >= 25
    assert len({bug.name for bug in KNOWN_BUGS}) == len(KNOWN_BUGS)
