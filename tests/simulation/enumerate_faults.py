"""Every single fault and every pair of faults of the canonical run."""

from collections.abc import Iterator

from simulation.chance import READ_FAULTS, READS, Fault, PlannedFaults, faults_of
from simulation.runs import run
from simulation.scenarios import CANONICAL, Scenario
from simulation.seeds import WrongError

type Place = tuple[int, Fault]


def check_faults(*places: Place, scenario: Scenario = CANONICAL) -> list[tuple[str, str]]:
    """Run a scenario, the canonical one, with these faults; its calls. Raises WrongError."""
    finished = run(scenario, PlannedFaults(dict(places)))
    if finished.wrong:
        named = ", ".join(f"{number}:{fault}" for number, fault in places)
        laws = "\n".join(f"  WRONG: {what}" for what in finished.wrong)
        raise WrongError(f"faults {named}\n{laws}\n  alone: make drill FAULTS='{named}'")
    return finished.calls


def single_faults(scenario: Scenario = CANONICAL) -> list[Place]:
    """Every fault of every call of a run without any."""
    return places(run(scenario, PlannedFaults()).calls)


def places(calls: list[tuple[str, str]], after: int = -1) -> list[Place]:
    return [(number, fault)
            for number, (_, operation) in enumerate(calls) if number > after
            for fault in faults_of(operation)]  # fmt: skip


def first_faults() -> list[Place]:
    """The first faults of all pairs: those of intake and scan. A second fault in publish would meet
    a run that has come to its end as if it had had none."""
    calls = run(CANONICAL, PlannedFaults()).calls
    return places(calls[: _published_from(calls)])


def faults_of_publish(*, every: bool = False) -> Iterator[Place]:
    calls = run(CANONICAL, PlannedFaults()).calls
    for number, fault in places(calls, after=_published_from(calls) - 1):
        turn = READ_FAULTS[number % len(READ_FAULTS)]
        if every or fault is turn or calls[number][1] not in READS:
            yield number, fault


def second_faults(first: Place) -> Iterator[Place]:
    """All faults that can follow a first one: of every later call of the run that had it."""
    calls = check_faults(first)
    yield from places(calls[: _published_from(calls)], after=first[0])


def parse(faults: str) -> list[Place]:
    """Faults as a failing run names them.

    >>> parse("3:killed before, 17:late")
    [(3, <Fault.KILLED_BEFORE: 'killed before'>), (17, <Fault.LATE: 'late'>)]
    """
    split = [place.partition(":") for place in faults.split(",")]
    return [(int(number), Fault(fault.strip())) for number, _, fault in split]


def _published_from(calls: list[tuple[str, str]]) -> int:
    functions = [function for function, _ in calls]
    return functions.index("publish") if "publish" in functions else len(functions)
