"""The search for a known bug: turn by turn, and first at the turn that last showed it. What a turn
draws changes with each call that a function makes more or less. So after such a change bugs are
found late; `python -m simulation.searching` then notes anew where each is found."""

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, zip_longest
from multiprocessing import get_context
from pathlib import Path

from simulation.bugs import Bug
from simulation.enumerate_faults import Place, check_faults, single_faults
from simulation.known_bugs import BUGS_OF_CASES, BUGS_OF_COPIES, BUGS_OF_GROUPS, KNOWN_BUGS
from simulation.runs import expected_of, simulation
from simulation.scenarios import BY_NAME, COPIED, DECIDED, GROUPED, Scenario
from simulation.seeds import WrongError, check_seed

TURNS = 800
"""In so many turns a bug must show itself."""

SHOWN = Path(__file__).with_name("shown.txt")
REFUSED = BY_NAME["files refused as a whole"]

type Turn = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Search:
    """A bug, and how one turn looks for it."""

    bug: Bug
    turn: Turn

    def __str__(self) -> str:
        return self.bug.name

    def shown_in(self) -> int | None:
        """Return the turn that shows the bug, or None."""
        begin = _shown().get(self.bug.name, 0)
        with self.bug.alive():
            for number in chain(range(begin, TURNS), range(begin)):
                try:
                    self.turn(number)
                except WrongError:
                    return number
        return None


def searches() -> list[Search]:
    """Return the search for each known bug."""
    return [*(Search(bug, _everywhere) for bug in KNOWN_BUGS),
            *(Search(bug, _seeds_of(DECIDED)) for bug in BUGS_OF_CASES),
            *(Search(bug, _seeds_of(GROUPED)) for bug in BUGS_OF_GROUPS),
            *(Search(bug, _seeds_of(COPIED)) for bug in BUGS_OF_COPIES)]  # fmt: skip


def learn_what_is_right() -> None:
    """Run each scenario without a fault, before any bug is alive."""
    for name in BY_NAME:
        expected_of(name)
    _places()


def _seeds_of(scenario: Scenario) -> Turn:
    return lambda number: check_seed(number, scenario)


def _everywhere(number: int) -> None:
    """A seed, and a fault alone in two scenarios: some bugs show soon in one, some in another. In
    the canonical run no file is refused as a whole."""
    check_seed(number)
    place, of_refused = _places()[number]
    if place is not None:
        check_faults(place)
    if of_refused is not None:
        check_faults(of_refused, scenario=REFUSED)


@cache
def _places() -> list[tuple[Place | None, Place | None]]:
    found = list(zip_longest(single_faults()[::-3], single_faults(REFUSED)))
    return [*found, *[(None, None)] * (TURNS - len(found))]


@cache
def _shown() -> dict[str, int]:
    rows = (line.split(maxsplit=1) for line in SHOWN.read_text().splitlines())
    return {name: int(turn) for turn, name in rows}


def _search(number: int) -> str:
    with simulation():
        learn_what_is_right()
        search = searches()[number]
        return f"{search.shown_in()} {search}"


def _rows() -> Iterator[str]:
    with get_context("fork").Pool() as pool:
        for row in pool.imap(_search, range(len(searches())), chunksize=1):
            sys.stderr.write(f"{row}\n")
            yield f"{row}\n"


if __name__ == "__main__":
    warnings.filterwarnings("ignore", "No application metrics")
    logging.disable()
    SHOWN.write_text("".join(_rows()))
