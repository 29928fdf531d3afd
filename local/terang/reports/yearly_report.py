"""Reads the inputs of a yearly report, and writes it into a folder.

A provider describes itself in a YAML file, a stack holds the entries, and a report written over an
earlier one is a correction of it.
"""

import csv
import io
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import yaml
from rich.progress import track
from yaml.constructor import ConstructorError

from dsa.report.about import About
from dsa.report.entries import Entries
from dsa.report.files import LEDGER
from dsa.report.report import Period
from ledger.cases.case import JournalEntry
from ledger.ports import JournalStore
from terang.console import console

THREADS = 8
"""Days that are read at once; each takes sixteen short queries."""

CORRECTIONS = "corrections.csv"

_HEADER = ["Version", "File", "Row", "Column", "Before", "Now", "Date", "Reason and method"]


class AboutError(ValueError):
    """An about file cannot be used; the message has the line, the reason and the allowed values."""


def read_about(path: Path) -> About:
    """Read what a provider says about itself. Raises AboutError with the file's name and line."""
    try:
        top = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        return About() if top is None else _struct(About, top)
    except OSError as error:
        raise AboutError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AboutError(f"{path}: not text in UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AboutError(f"{path}:{line}: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        raise AboutError(f"{path}: a character not allowed in YAML: {error.reason}") from error
    except RecursionError as error:
        raise AboutError(f"{path}: nested too deep, or inside itself") from error


def _struct[S: msgspec.Struct](kind: type[S], node: yaml.Node) -> S:
    """Convert a mapping to a struct. Raises ConstructorError with the place of the problem."""
    if not isinstance(node, yaml.MappingNode):
        raise _error_at(node, f"must be fields such as {', '.join(kind.__struct_fields__[:3])}")
    types = get_type_hints(kind, include_extras=True)
    fields: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        if name not in types:
            raise _error_at(key, f"there is no {name!r}; allowed: {', '.join(types)}")
        if name in fields:
            raise _error_at(key, f"{name!r} is there twice")
        fields[name] = _value(types[name], value, name)
    return kind(**fields)


def _value(kind: Any, node: yaml.Node, name: str) -> Any:
    bare = getattr(kind, "__origin__", kind)  # without Annotated
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return _struct(bare, node)
    try:
        return msgspec.convert(_python_value(node), kind)
    except (ValueError, msgspec.ValidationError) as error:  # YAML parses days itself
        raise _error_at(node, f"{name}: {error}") from error


def _python_value(node: yaml.Node) -> Any:
    return yaml.SafeLoader("").construct_object(node, deep=True)


def _error_at(node: yaml.Node, problem: str) -> ConstructorError:
    return ConstructorError(problem=problem, problem_mark=node.start_mark)


def read_ledger(
    store: JournalStore, provider: str, period: Period
) -> tuple[Entries, dict[str, int]]:
    """Return all entries of a provider and period, and how many posts were inspected by month."""

    def read(day: str) -> tuple[list[JournalEntry], int]:
        receipts = store.receipts(provider, day)
        return store.journal_entries(provider, day), sum(receipt.inspected for receipt in receipts)

    count = (period.last - period.first).days + 1
    days = [(period.first + timedelta(days=number)).isoformat() for number in range(count)]
    entries: list[JournalEntry] = []
    inspected = Counter[str]()
    with ThreadPoolExecutor(THREADS) as pool:
        results = track(pool.map(read, days), "reading days", count, console=console)
        for day, (of_day, posts) in zip(days, results, strict=True):
            entries += of_day
            inspected[day[:7]] += posts
    return Entries.of(entries), dict(+inspected)


def write_report(folder: Path, files: Mapping[str, bytes], about: About) -> int:
    """Write a report. Return the number of cells that differ from an earlier version.

    The earlier version moves to `r<number>` in the same folder. `corrections.csv` names each
    changed cell with its former value, the day and the reason.
    """
    folder.mkdir(parents=True, exist_ok=True)
    changes: list[list[str]] = []
    earlier = {name: (folder / name).read_bytes() for name in files if (folder / name).is_file()}
    if earlier and any(earlier.get(name) != data for name, data in files.items() if name != LEDGER):
        number = len(list(folder.glob("r[0-9]*"))) + 1
        changes = list(_changes(earlier, files, number + 1, about))
        kept = folder / f"r{number}"
        kept.mkdir()
        for name in (*earlier, CORRECTIONS):
            if (folder / name).is_file():
                shutil.move(folder / name, kept / name)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    if changes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([_HEADER, *changes])
        (folder / CORRECTIONS).write_text(text.getvalue(), encoding="utf-8", newline="")
    return len(changes)


def _changes(
    earlier: Mapping[str, bytes], files: Mapping[str, bytes], version: int, about: About
) -> Iterator[list[str]]:
    published = about.published.isoformat() if about.published else ""
    for name, data in files.items():
        if not name.endswith(".csv") or name not in earlier:
            continue
        old, new = _table(earlier[name]), _table(data)
        for row in range(max(len(old), len(new))):
            for column, title in enumerate(new[0]):
                before, now = (_cell(table, row, column) for table in (old, new))
                if before != now:
                    reason = about.correction
                    yield [str(version), name, str(row), title, before, now, published, reason]


def _table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def _cell(table: list[list[str]], row: int, column: int) -> str:
    return table[row][column] if row < len(table) and column < len(table[row]) else ""
