"""How several workers share the tests: what stays with one of them, and what goes first."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

OF_THE_STACK = ("tests/stack/", "tests/month/", "tests/simulation/contract/")
"""One worker has all of these: beside one emulator and its functions, a second would make both
wait for a processor, and what waits here has bounds."""

APART = ("tests/simulation/test_known_bugs.py", "tests/simulation/test_schedules.py")
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
    if test.startswith(OF_THE_STACK):
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
