"""Read any bytes as one file of a report, or as what a provider says about itself. Each gives
problems with their places. The first byte of an input chooses the file that is replaced in a sound
report."""

import contextlib
import tempfile
from pathlib import Path

import atheris
import msgspec
from harness import INSTRUMENTED, ROOT, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from support.report_ledger_samples import year

    from dsa.indicators import About
    from dsa.report import LedgerError, Period, Report, report_files, report_of_ledger
    from dsa.report_entries import PARTS, Entries, file_name
    from dsa.report_proof import NotAReportError, WrittenReport, prove
    from terang.report_lint import read_part, report_problems
    from terang.submission import AboutError, read_about

YEAR, INSPECTED = Period.year(2026), {"2026-02": 2_000, "2026-03": 17_000, "2026-04": 1_000}
ROWS = 9
"""Lines of each file that are kept: the whole report of a year is proved in a third of a second."""

SOUND = {
    name: b"\n".join(data.split(b"\n")[:ROWS]) + b"\n"
    for name, data in report_files(
        Report(YEAR, Entries.of(year()), INSPECTED, About()), "acme"
    ).items()
}
FOLDER = Path(tempfile.mkdtemp(prefix="terang-fuzz-"))
PROVED = [*(file_name(part) for part in range(3, 9)), "ledger.jsonl", "cells.jsonl"]
LINTED = [file_name(part) for part in PARTS]
ABOUT = "about.yaml"
CHOICES = [*(("lint", name) for name in LINTED), *(("prove", name) for name in PROVED),
           ("write", "ledger.jsonl"), ("about", ABOUT)]  # fmt: skip
SHORT = 6_000
"""The beginning of a file is its seed: a mutation reaches the rest in no time."""


def one_file(data: bytes) -> None:
    """Put one file in the place that the first byte of an input chooses, and read it there."""
    work, name = CHOICES[(data[0] if data else 0) % len(CHOICES)]
    rest = data[1:]
    if work == "lint":
        path = FOLDER / name
        path.write_bytes(rest)
        assert all(problem.row >= 0 for problem in read_part(LINTED.index(name) + 1, path)[1])
        assert all(fault.code for fault in report_problems(FOLDER))
        path.unlink()
    elif work == "prove":
        with contextlib.suppress(NotAReportError):
            prove(WrittenReport.read(SOUND | {name: rest}))
    elif work == "write":
        with contextlib.suppress(LedgerError):
            report_of_ledger(rest, YEAR, About())
    else:
        (FOLDER / ABOUT).write_bytes(rest)
        with contextlib.suppress(AboutError):
            msgspec.json.encode(read_about(FOLDER / ABOUT))


if __name__ == "__main__":
    about = (ROOT / "local/samples/report-about.yaml").read_bytes()
    files = SOUND | {ABOUT: about}
    seeds = [bytes([number]) + files[name][:SHORT] for number, (_, name) in enumerate(CHOICES)]
    words = [b'"type":"decision"', b'"about":', b'"answers":{', b'"rules":{', b'"measures":{',
             b"KEYWORD_OTHER", b"TOTAL", b"STATEMENT_CATEGORY_", "²".encode(), b"9" * 30,
             b"1e999", b"[" * 65, b"null", b"&a", b"*a", b"!!python/name:os.system "]  # fmt: skip
    fuzz("reports", one_file, seeds, words, longest=SHORT)
