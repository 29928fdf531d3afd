"""Measuring side by side, and the tables it gives."""

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 7


def medians(cases: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median seconds of each case; they take turns, after one turn that does not count. Seconds
    are those of the processor, so that a neighbour on the machine counts less."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, run in cases.items():
            gc.collect()
            start = time.process_time()
            run()
            if turn:
                taken[name].append(time.process_time() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def in_process(program: str, *arguments: object, given: str = "", **environment: str) -> Any:
    """The JSON of the last line that a program prints in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], input=given,
        capture_output=True, text=True, check=True, env={**os.environ, **environment},
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


@dataclass
class Report:
    """Rows of several tables, and what was to be reached."""

    tables: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    goals: list[tuple[str, ...]] = field(default_factory=list)

    def head(self, table: str, *cells: object) -> None:
        """Begins a table, unless another test has begun it."""
        if table not in self.tables:
            self.row(table, *cells)

    def row(self, table: str, *cells: object) -> None:
        """Adds a row; the first one of a table is its head."""
        self.tables.setdefault(table, []).append(tuple(map(str, cells)))

    def goal(self, name: str, got: float, bound: float, unit: str = "", *, most: bool) -> None:
        """Notes what was to be reached: at least `bound`, or with `most`, at most."""
        reached = got <= bound if most else got >= bound
        sign = "≤" if most else "≥"
        told = "reached" if reached else "NOT REACHED"
        self.goals.append((name, f"{got:.3g}{unit}", f"{sign} {bound:g}{unit}", told))

    def __str__(self) -> str:
        """All tables as text."""
        tables = self.tables | {"Goals": [("goal", "measured", "bound", ""), *self.goals]}
        return "\n\n".join(f"{title}\n{in_columns(rows)}" for title, rows in tables.items())


def in_columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows as text, all but the first column to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    )
