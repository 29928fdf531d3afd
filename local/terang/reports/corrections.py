"""Writes a report into a folder; over an earlier one that differs, as a correction of it."""

import csv
import io
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from dsa.report.about import About
from dsa.report.files import LEDGER

CORRECTIONS = "corrections.csv"

_HEADER = ["Version", "File", "Row", "Column", "Before", "Now", "Date", "Reason and method"]


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
