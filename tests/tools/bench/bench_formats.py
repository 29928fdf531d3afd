"""What translating costs by mark and by record: `formats.file_budget` has its budget from it."""

import io
from functools import partial

from support.format_files import context, dumps, post
from support.slow_files import HEADER, MIB, SLOW_FILES, pieces
from tools.bench.measure import Report, medians

from intake.arrival import choose_reader, translate
from intake.reader import HEAD_BYTES, Budget, count_marks
from ledger.codes import FileRefusedError
from ledger.findings import Pseudonyms

PSEUDONYMS = Pseudonyms.derive(b"secret", "acme", "k2026-11")
MOST_MICROSECONDS = 8
"""For a mark, with the record that it may begin: 1.5 and 6, and some noise."""

TEXT = "The market opens at nine. " * 5
TYPICAL = {
    "posts in an array": dumps([post(text=TEXT)] * 4_000),
    "posts in a table": HEADER + b'1,u1,"%s",public,2026-11-25T10:00:00Z\n' % TEXT.encode() * 4_000,
}


def translated(data: bytes) -> int:
    """How many lines a file gives, to its end or until it is no more of its format."""
    reader = choose_reader(data[:HEAD_BYTES], "posts", len(data))
    told = context("telegram:5", "discord:1", budget=Budget(marks=1 << 40, records=1 << 40))
    lines = 0
    try:
        for _ in translate(io.BytesIO(data), reader, told, PSEUDONYMS):
            lines += 1
    except FileRefusedError:
        pass
    return lines


def test_no_mark_costs_more_than_the_budget_says(report: Report) -> None:
    slow = {name: b"".join(pieces(*parts, 1)) for name, parts in SLOW_FILES.items()}
    files = TYPICAL | slow
    seconds = medians({name: partial(translated, data) for name, data in files.items()}, rounds=1)
    table = "Translating"
    report.row(table, "file", "MB/s", "us a mark", "us a record")
    worst = 0.0
    for name, data in files.items():
        reader = choose_reader(data[:HEAD_BYTES], "posts", len(data))
        marks, records = count_marks(data, reader.marks), translated(data)
        by_mark = seconds[name] / marks * 1e6
        by_record = f"{seconds[name] / records * 1e6:.1f}" if records > 1 else ""
        report.row(
            table, name, f"{len(data) / seconds[name] / MIB:.2f}", f"{by_mark:.2f}", by_record
        )
        worst = max(worst, by_mark if name in slow else 0)
    report.goal("slowest mark", worst, MOST_MICROSECONDS, " us", most=True)
