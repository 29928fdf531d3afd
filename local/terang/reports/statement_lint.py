"""Finds the problems of statements of reasons: of the file, the schema, and the meaning."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from dsa.statement.distribution import Distribution
from dsa.statement.meaning import PackCodes, meaning_problems
from dsa.statement.schema import FIELDS, StatementProblem, schema_problems
from matcher import Pack, PackError
from terang.reports.statement_files import FiledStatement, statements_in


class StatementPlace(NamedTuple):
    """Where a statement is; `item` counts from 1."""

    file: str
    item: int
    puid: object


@dataclass(slots=True)
class StatementLint:
    """Reads statements and yields their problems. `statements` counts those that were read."""

    packs: PackCodes
    today: date
    distribution: Distribution[StatementPlace] = field(default_factory=Distribution[StatementPlace])
    statements: int = 0

    def learn_last_month(self, paths: Sequence[Path]) -> None:
        """Learn the distribution of last month's statements; their problems are dropped."""
        for path in paths:
            for item in statements_in(path, lambda _: None):
                list(self.distribution.add(_place(path, item), item.statement))
        self.distribution.flags.clear()

    def problems(
        self, paths: Sequence[Path], progress: Callable[[int], None]
    ) -> Iterator[tuple[StatementPlace, StatementProblem]]:
        """Yield the problems of each statement, then those of all statements together."""
        for path in paths:
            for item in statements_in(path, progress):
                self.statements += bool(item.statement)
                place = _place(path, item)
                for problem in problems_of(item, place, self.packs, self.today, self.distribution):
                    yield place, problem
        yield from self.distribution.problems()


def problems_of(
    item: FiledStatement,
    place: StatementPlace,
    packs: PackCodes,
    today: date,
    distribution: Distribution[StatementPlace],
) -> Iterator[StatementProblem]:
    """Yield the problems of one statement: of the file, the schema, its meaning, its puid."""
    if item.problem:
        yield item.problem
    if not item.statement.keys() & FIELDS.keys():
        if not item.problem:
            yield StatementProblem("", "not_a_statement", "it has none of a statement's fields")
        return
    for problem in schema_problems(item.statement):
        is_unknown = item.columns is not None and problem.field not in item.columns
        if not (is_unknown and problem.code in {"required", "no_restriction"}):
            yield problem
    yield from meaning_problems(item.statement, packs, today)
    yield from distribution.add(place, item.statement)


def pack_codes(folder: Path) -> PackCodes:
    """Return the categories and the ground of each pack of a folder. Other files are skipped."""
    codes = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            pack = Pack.parse(path.read_text(encoding="utf-8"), path.name)
        except PackError:
            continue
        codes[pack.id] = (frozenset(pack.categories), pack.legal_ground.text[:500])
    return codes


def _place(path: Path, item: FiledStatement) -> StatementPlace:
    return StatementPlace(str(path), item.number, item.statement.get("puid"))
