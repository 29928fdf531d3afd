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
from typing import Any

from dsa.indicators import About
from dsa.report import LEDGER, LedgerError, Period, report_of_ledger
from dsa.report_entries import HEADERS, Entries, file_name
from dsa.statement import SOURCE_OF, parse_day
from dsa.statement_checks import FIELDS
from ledger.codes import CATEGORIES, EU, SourceType
from terang import InputError
from terang.case_queue import read_file
from terang.report_lint import Table, report_problems, report_tables
from terang.statement_dump import COLUMNS, Dump
from terang.submission import CORRECTIONS

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


def read_log(folder: Path, period: Period) -> tuple[Entries, dict[int, Table]]:
    """Return the entries of a ledger, and the report that they give."""
    try:
        _, entries, files = report_of_ledger(read_file(folder / LEDGER), period, About())
    except LedgerError as error:
        raise InputError(f"{folder / LEDGER}: {error}") from None
    texts = {part: io.StringIO(files[file_name(part)].decode(), newline="") for part in HEADERS}
    return entries, {part: list(csv.reader(text))[1:] for part, text in texts.items()}


def compare(
    dump: Dump, report: Path, period: Period, earlier: Path | None, log: Path | None
) -> Entries | None:
    """Put all that is compared with a dump into its database. Return the entries of the log."""
    entries, logged = read_log(log, period) if log else (None, {})
    versions = {"report": report_tables(report), "log": logged}
    versions |= {"earlier": report_tables(earlier)} if earlier else {}
    lines = (
        (version, part, line, HEADERS[part], row)
        for version, parts in versions.items()
        for part in parts.keys() - {1, 2, 11}
        for line, row in enumerate(parts[part], 1)
    )
    measures = (
        (SOURCE_OF[SourceType(e.source_type)], e.automated_decision, e.applied_at or e.at, e.scope)
        for e in (entries.measures if entries else ())
    )
    notes = (report / CORRECTIONS).read_text("utf-8") if (report / CORRECTIONS).is_file() else ""
    problems = report_problems(report)
    dump.fill("lines(version TEXT, part INT, line INT, titles TEXT[], cells TEXT[])", lines)
    dump.fill("measures(source TEXT, decision TEXT, day TEXT, territories TEXT[])", measures)
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
            stated = f"coalesce(sum(n), 0) FROM g WHERE {test} AND wanted IN ('*', category)"
            numbers = f"report, (SELECT {stated}), log, part, line, title"
            named = f"'{code}', '{by}', kind || '{label}'"
            dump.run(f"INSERT INTO f SELECT {named}, {numbers} FROM {figure}")  # noqa: S608  # nosec B608 - our own words
    dump.run((TEMPLATES / "groups.sql").read_text("utf-8"))
    return entries


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
