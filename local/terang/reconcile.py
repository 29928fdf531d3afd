"""Asks a provider why its report, its statements of reasons, or both do not fit together.

All that is compared lies in one database, as `templates/reconcile.sql` says. `questions.txt` lists
the questions with their tests, `figures.txt` which statements a number of the report should count.

Source: Regulation (EU) 2022/2065, Art. 15, 17 and 24(5); Implementing Regulation (EU) 2024/2835.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cases.case_message import CaseLine
from dsa.report import LEDGER, LedgerError, Period, entries_of
from dsa.report_entries import HEADERS, file_name
from dsa.statement import SOURCE_OF, parse_day
from dsa.statement_checks import FIELDS
from ledger.cases import CaseFacts
from ledger.codes import CATEGORIES, EU, SourceType
from recount import JOURNAL, SENTINEL
from terang import InputError, check_known
from terang.case_queue import decoded, read_file
from terang.report_lint import report_problems, report_tables
from terang.statement_dump import COLUMNS, Dump
from terang.submission import CORRECTIONS
from verify import LogUnreadableError, Options, Result, check_place, source_of

TEMPLATES = Path(__file__).parent / "templates"
FEWEST = 20  # statements: nothing is asked on fewer


def head_of(report: Path) -> tuple[str, Period]:
    """Return the service and the period of a report. Raises InputError if it names no period."""
    tables = report_tables(report)
    rows = Counter((row[1], row[2]) for part in range(3, 12) for row in tables.get(part, ()))
    service, named = rows.most_common(1)[0][0] if rows else ("", "")
    first, last = (parse_day(day) for day in (*named.strip().split("/"), "", "")[:2])
    if first is None or last is None or first > last:
        raise InputError(f"{report}: a report names its period, as {Period.year(2026)}")
    return service, Period(first, last)


class Log(NamedTuple):
    """The measures of a log as rows, and what `verify` says of it; None of a ledger alone."""

    measures: list[tuple[object, ...]]
    checked: Result | None


def read_log(folder: Path, provider: str | None) -> Log:
    """Read a copy of the public bucket, or a report of Terang with its ledger.

    The public journal says neither territories nor whose notice it was. Raises InputError for
    another folder, and for a copy that has several providers if none is named.
    """
    if not (folder / "log/checkpoint").is_file():
        return Log([*_of_ledger(folder)], None)
    names = sorted(path.name for path in folder.glob("journal/*") if path.name != SENTINEL)
    if provider:
        check_known("provider", provider, names)
    elif len(names) != 1:
        raise InputError(f"{folder}: give --provider, one of {', '.join(names) or 'none'}")
    measures = []
    for path in sorted(folder.glob(f"journal/{provider or names[0]}/*.jsonl")):
        if JOURNAL.fullmatch(path.relative_to(folder).as_posix()):  # no earlier revision
            lines = (line for line in read_file(path).splitlines() if b'"kind":"case"' in line)
            for line in decoded(lines, CaseLine, str(path)):
                if line.type == "decision" and line.measures:
                    source = SourceType.ARTICLE_16 if line.answers else SourceType.VOLUNTARY
                    rest = line.automated, line.measures, ()
                    measures.append(_measure(path.name[:10], line, source, *rest))
    try:
        return Log(measures, check_place(source_of(str(folder)), Options()))
    except LogUnreadableError as error:
        raise InputError(f"{folder}: {error}") from None


def _of_ledger(folder: Path) -> Iterator[tuple[object, ...]]:
    if not (folder / LEDGER).is_file():
        raise InputError(f"{folder}: neither log/checkpoint nor {LEDGER} is here")
    try:
        measures = entries_of(read_file(folder / LEDGER))[1].measures
    except LedgerError as error:
        raise InputError(f"{folder / LEDGER}: {error}") from None
    for entry in measures:
        rest = entry.automated_decision, entry.done, entry.scope
        yield _measure(entry.at[:10], entry, SourceType(entry.source_type), *rest)


def _measure(day: str, said: CaseFacts, source: SourceType, *rest: object) -> tuple[object, ...]:
    return (day, said.category, said.ground, SOURCE_OF[source], bool(said.found), *rest)


def compare(
    dump: Dump, report: Path, period: Period, earlier: Path | None, log: Log | None
) -> None:
    """Put all that is compared with a dump into its database."""
    versions = {"report": report_tables(report)}
    versions |= {"earlier": report_tables(earlier)} if earlier else {}
    lines = (
        (version, part, line, HEADERS[part], row)
        for version, parts in versions.items()
        for part in parts.keys() - {1, 2, 11}
        for line, row in enumerate(parts[part], 1)
    )
    notes = (report / CORRECTIONS).read_text("utf-8") if (report / CORRECTIONS).is_file() else ""
    problems = report_problems(report)
    dump.fill("lines(version TEXT, part INT, line INT, titles TEXT[], cells TEXT[])", lines)
    dump.fill(
        "measures(day DATE, category TEXT, ground TEXT, source TEXT, found BOOL, automated TEXT,"
        " done TEXT[], territories TEXT[])",
        log.measures if log else (),
    )
    dump.fill("log_wrong(why TEXT)", zip(log.checked.wrong if log and log.checked else ()))
    dump.fill("corrected(cells TEXT[])", zip(csv.reader(io.StringIO(notes, newline=""))))
    dump.fill("problems(part INT, line INT, title TEXT, code TEXT, message TEXT)", problems)
    dump.fill("unreadable(why TEXT)", zip(dump.unreadable))
    dump.fill("period(first DATE, last DATE)", [(period.first, period.last)])
    dump.fill("states(state TEXT)", zip(sorted(EU)))
    dump.fill("keywords(of_category TEXT, names TEXT[])", CATEGORIES.items())
    dump.database.create_function("known", _is_known, ["VARCHAR", "VARCHAR"], "BOOLEAN")
    dump.run((TEMPLATES / "reconcile.sql").read_text("utf-8"))
    for code, by, label, cell, test in _listed("figures.txt"):
        if dump.has(test):
            figure = "figure({}, '{}', '{}')".format(*cell.split(":"))
            stated = f"coalesce(sum(n), 0) FROM {{}} WHERE {test} AND wanted IN ('*', category)"
            is_known = log and not (log.checked and code == "flaggers_differ")
            logged = stated.format("logged") if is_known else "NULL"
            numbers = f"report, (SELECT {stated.format('g')}), (SELECT {logged}), part, line, title"
            named = f"'{code}', '{by}', kind || '{label}'"
            dump.run(f"INSERT INTO f SELECT {named}, {numbers} FROM {figure}")  # noqa: S608  # nosec B608 - our own words
    dump.run((TEMPLATES / "groups.sql").read_text("utf-8"))


def _listed(name: str) -> list[list[str]]:
    lines = (TEMPLATES / name).read_text("utf-8").splitlines()
    return [line.split(" | ") for line in lines if not line.startswith("#")]


def _is_known(column: str, cell: str) -> bool:
    """Return whether the documented schema has the code, or all of the codes, of a cell."""
    codes = re.findall(r'[^\[\]",\s]+', cell)
    return any(FIELDS[column](column, one) is None for one in (cell, codes))


def questions(dump: Dump) -> Iterator[dict[str, Any]]:
    """Yield the questions in the order of the list. Part 0 is the dump, row 0 a whole part."""
    for code, why, test in _listed("questions.txt"):
        of_one = f"count(*), 'for instance ' || any_value(uuid) FROM s WHERE {test}"
        column = next((word for word in re.findall(r"\w+", test) if word in COLUMNS), "")
        for answer in dump.ask(test[2:] if test.startswith("= ") else of_one):
            beside = dump.ask(f"beside('{column}')")[0]
            n, found, of, *place = (*answer, dump.size, *beside, 0, 0, column)[:7]
            if len(answer) > 2 or (n or 0) >= FEWEST:
                asked = {"code": code, "why": why, "n": int(n), "of": of, "found": found or ""}
                asked["share"] = round(int(n) / of, 4) if of else None
                asked |= zip(("report", "part", "row", "column"), place, strict=True)
                yield asked | {"file": file_name(asked["part"]) if asked["part"] else "dump"}
