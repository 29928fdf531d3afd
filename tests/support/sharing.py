"""A plugin of every test run: how it is stopped, and how several workers share its tests.
pyproject.toml names it, so it is there whichever tests are run."""

import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

OF_THE_STACK = ("tests/stack/", "tests/month/", "tests/simulation/contract/")
"""One worker has all of these: beside one emulator and its functions, a second would make both
wait for a processor, and what waits here has bounds."""

APART = (
    "tests/stack/test_matrix.py",
    "tests/simulation/test_known_bugs.py",
    "tests/simulation/test_schedules.py",
)
"""Minutes in one file, and nothing to set up: any worker takes the next test."""

FIRST = (*OF_THE_STACK, *APART, "tests/integration/", "tests/property/", "tests/catalogue/")
"""From the longest shares to the shorter ones; what is not named here comes last, file by file."""


def share_of(test: str) -> str:
    """What a test, by its node id, is handed out with: the folders of the stack, its file, or none.

    >>> share_of("tests/month/test_year.py::test_the_report_has_no_problem")
    'the stack'
    >>> share_of("tests/unit/test_post.py::test_a_row[one::two]")
    'tests/unit/test_post.py'
    """
    if test.startswith(OF_THE_STACK) and not test.startswith(APART):
        return "the stack"
    return test if test.startswith(APART) else test.partition("::")[0]


def turn_of(test: str) -> int:
    """When a test's share is handed out.

    >>> turn_of("tests/month/test_year.py::test_a") < turn_of("tests/unit/test_post.py::test_b")
    True
    """
    return next((n for n, place in enumerate(FIRST) if test.startswith(place)), len(FIRST))


class Shares(LoadScopeScheduling):
    """Hands out share after share, in the order of the collected tests."""

    def __init__(self, config: Any, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # by the number of tests, which says no time

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


def pytest_sessionstart() -> None:
    """Stop with the line to type if the environment was made from other requirements."""
    wanted = Path(__file__).parents[2] / "requirements/dev.lock"
    made_from = Path(sys.prefix) / ".lock"
    if made_from.exists() and made_from.read_bytes() != wanted.read_bytes():
        pytest.exit(f"{sys.prefix} is out of date: run `scripts/bootstrap.sh dev`", returncode=1)


def pytest_configure() -> None:
    """TERM ends a run as Ctrl-C does: by default nothing that was started would be stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares | None:
    """Share the tests as here, unless `--dist` says otherwise."""
    return Shares(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first where workers share; alone, a run keeps the files' order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn_of(item.nodeid))
