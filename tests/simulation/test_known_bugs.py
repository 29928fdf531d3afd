"""Every known bug is seen by the turns that the tests run, and by few of them."""

import pytest
from simulation.searching import Search, learn_what_is_right, searches

pytestmark = [pytest.mark.usefixtures("patched_machine"),
              pytest.mark.filterwarnings("ignore:No application metrics to publish")]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def expectations(patched_machine: None) -> None:
    learn_what_is_right()


@pytest.mark.parametrize("search", searches(), ids=str)
def test_a_known_bug_is_seen(search: Search) -> None:
    assert search.shown_in() is not None


def test_there_are_enough_of_them() -> None:
    names = [str(search) for search in searches()]
    assert len(set(names)) == len(names) >= 60
