"""Runs by their seed, and the report of a failing run."""

from pathlib import Path

from simulation.chance import SeededFaults
from simulation.runs import run
from simulation.scenarios import BY_NAME, DECIDED, MEETINGS, SCENARIOS, Scenario

KEPT = Path(__file__).with_name("seeds.txt")
"""Seeds that once failed, each with the name of its scenario; they are run for ever."""


class WrongError(AssertionError):
    """A run broke a law."""


def scenario_of(seed: int) -> Scenario:
    """Scenarios take turns; every ninth seed is of the one in which people decide."""
    return DECIDED if seed % 9 == 8 else SCENARIOS[seed % len(SCENARIOS)]


def check_seed(seed: int, scenario: Scenario | None = None) -> None:
    """Run a seed in a scenario; without one in its own, and then let publishers meet.

    Raises WrongError with all that happened and how to see it again.
    """
    if scenario is None:
        check_seed(seed, scenario_of(seed))
    chance, played = SeededFaults(seed), scenario or MEETINGS
    finished = run(played, chance)
    if not finished.wrong:
        return
    raise WrongError(
        "\n".join([
            f"seed {seed}, {played.name}",
            *(f"  happened: {what}" for what in chance.drawn),
            *(f"  failed: {type(error).__name__}" for error in finished.cluster.errors),
            *(f"  WRONG: {what}" for what in finished.wrong),
            f"  alone: make drill SEED={seed}"])
    )  # fmt: skip


def kept() -> list[tuple[int, Scenario]]:
    """The seeds that once failed."""
    rows = [row for row in KEPT.read_text().splitlines() if row and not row.startswith("#")]
    split = [row.split(maxsplit=1) for row in rows]
    return [(int(seed), BY_NAME[name]) for seed, name in split]


def keep(seed: int) -> None:
    """Put a seed on the list, with both scenarios that it plays."""
    rows = [f"{seed} {played.name}\n" for played in (scenario_of(seed), MEETINGS)]
    with KEPT.open("a") as file:
        file.writelines(row for row in rows if row not in KEPT.read_text())
