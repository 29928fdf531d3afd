"""`terang statements lint`: whether statements of reasons hold, and mean what they say."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from rich.progress import Progress

from dsa.statement.distribution import Distribution
from dsa.statement.meaning import PackCodes, meaning_problems
from dsa.statement.schema import FIELDS, StatementProblem, schema_problems
from matcher import Pack, PackError
from terang import ROOT, USAGE
from terang.cli.packs import day_of
from terang.console import Screen, print_json, print_problem, print_result
from terang.reports.statement_files import Item, files_of, statements_in

console = Screen(stderr=True)


def lint(options: argparse.Namespace) -> int:
    """Print each problem; 0 if there is none, 1 if there is one, 2 for wrong usage."""
    files = files_of(options.files)
    missing = [str(path) for path in (*files, *options.last) if not path.is_file()]
    today = day_of(options.today) if options.today else datetime.now(UTC).date()
    if missing or not files or today is None:
        fault = f"no such file: {', '.join(missing)}" if missing else "no files, or no such day"
        print_problem(f"terang statements lint: {fault}")
        return USAGE
    packs = pack_codes(options.packs or ROOT / "packs")
    found = Counter[str]()
    statements = 0
    with _progress(files) as told:
        distribution = _last_month(options.last)
        for path in files:
            for item in statements_in(path, told):
                statements += bool(item.statement)
                place = Place(str(path), item.number, item.statement.get("puid"))
                for one in problems_of(item, place, packs, today, distribution):
                    found[one.code] += 1
                    _tell(place, one, as_json=options.json)
        for place, one in distribution.problems():
            found[one.code] += 1
            _tell(place, one, as_json=options.json)
    _summary(statements, found)
    return 1 if found else 0


class Place(NamedTuple):
    """Where a statement lies; `item` counts from 1."""

    file: str
    item: int
    puid: object


def problems_of(
    item: Item, place: Place, packs: PackCodes, today: date, distribution: Distribution[Place]
) -> Iterator[StatementProblem]:
    """The problems of one statement: of the file, the schema, its meaning, its puid."""
    if item.fault:
        yield item.fault
    if not item.statement.keys() & FIELDS.keys():
        if not item.fault:
            yield StatementProblem(
                "", "not_a_statement", "it has none of the fields of a statement"
            )
        return
    for one in schema_problems(item.statement):
        unknown = item.columns is not None and one.field not in item.columns
        if not (unknown and one.code in {"required", "no_restriction"}):
            yield one
    yield from meaning_problems(item.statement, packs, today)
    yield from distribution.add(place, item.statement)


def pack_codes(folder: Path) -> PackCodes:
    """The category and keywords of each pack of a folder; what is no pack is passed over."""
    codes = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            pack = Pack.parse(path.read_text(encoding="utf-8"), path.name)
        except PackError:
            continue
        codes[pack.id] = (str(pack.category), frozenset(map(str, pack.keywords)))
    return codes


def _last_month(paths: list[Path]) -> Distribution[Place]:
    """What the files of last month look like; their own problems are not told again."""
    distribution = Distribution[Place]()
    for path in paths:
        for item in statements_in(path, lambda _: None):
            place = Place(str(path), item.number, item.statement.get("puid"))
            list(distribution.add(place, item.statement))
    distribution.flags.clear()
    return distribution


def _tell(place: Place, told: StatementProblem, *, as_json: bool) -> None:
    puid = place.puid if isinstance(place.puid, str) and place.puid else None
    if as_json:
        line = {
            "file": place.file,
            "item": place.item,
            "puid": puid,
            "field": told.field,
            "code": told.code,
            "message": told.message,
        }
        print_json(line)
    else:
        which = f"{place.file}: item {place.item}{f' {puid}' if puid else ''}"
        field = f" {told.field}:" if told.field else ""
        print_result(f"{which}:{field} {told.code}: {told.message}")


def _summary(statements: int, found: Counter[str]) -> None:
    told = ", ".join(f"{code} {count:,}" for code, count in found.most_common())
    counted = f"statements: {statements:,}; problems: {found.total():,}"
    console.print(f"{counted} ({told})" if told else counted)


@contextmanager
def _progress(files: list[Path]) -> Iterator[Callable[[int], None]]:
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=sum(path.stat().st_size for path in files))
        yield lambda read: bar.advance(task, read)
