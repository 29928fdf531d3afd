"""The report of an invented year, its tables, and a folder that holds it."""

import csv
import io
from pathlib import Path

from support.report_ledger_samples import year

from dsa.indicators import About
from dsa.report import Period, Report, report_files
from dsa.report_entries import PARTS, Entries, file_name

ROOT = Path(__file__).parents[2]

TABLES = [file_name(part) for part in PARTS]

INSPECTED = {"2026-02": 2_000, "2026-03": 17_000, "2026-04": 1_000}

type Table = list[list[str]]


def written(seed: int = 7, about: About | None = None) -> dict[str, bytes]:
    entries = Entries.of(year(seed))
    return report_files(Report(Period.year(2026), entries, INSPECTED, about or About()), "acme")


def table(data: bytes) -> Table:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
