"""Every number of a report is proved by other code, and a changed one is refused."""

import ast
import csv
import io
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support.report_ledger_samples import at, entry
from support.written_report import ROOT, put, table, written

from dsa.indicators import About, ServiceKind
from dsa.report import LedgerError, Period, Report, entries_of, report_files, report_of_ledger
from dsa.report_entries import PARTS, Entries, file_name
from dsa.report_proof import WrittenReport, prove
from ledger.cases import DecidedScore, JournalEntry
from terang.cli import main

TABLES = [file_name(part) for part in PARTS]


@pytest.fixture(scope="module")
def report() -> dict[str, bytes]:
    return written()


def test_a_report_says_nothing_of_single_terms() -> None:
    """Its ledger may be handed on, and one entry is about one person's post."""
    scored = msgspec.structs.replace(entry("decision", 1, 1), scores=(DecidedScore("a/1/r", 9),))
    later = msgspec.structs.replace(entry("outcome", 2, 1), about=scored)
    kept = Entries.of([scored, later]).all
    assert [one.scores for one in kept] == [(), ()]
    assert all(one.about is None or not one.about.scores for one in kept)


@pytest.mark.parametrize("seed", range(5))
def test_every_number_is_proved(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put(tmp_path / "report", written(seed))
    assert main(["report", "check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert ", 0 differ" in said
    assert int(said.split()[0].replace(",", "")) > 20_000


def test_a_large_year_is_proved_while_a_function_may_run() -> None:
    """10,000 entries: looked through anew for each number they took three minutes, now a second."""
    one = {"provider": "acme", "at": "2026-03-01T00:00:00Z", "verdict": "confirmed"}
    one |= {"type": "decision", "category": "VIOLENCE", "ground": "illegal"}
    one |= {"source_type": "VOLUNTARY", "measures": {"account": "DECISION_ACCOUNT_SUSPENDED"}}
    made = [msgspec.convert(one | {"entry": f"{n:064x}"}, JournalEntry) for n in range(10_000)]
    files = report_files(Report(Period.year(2026), Entries.of(made), {}, About()), "acme")
    began = time.monotonic()
    proved = prove(WrittenReport.read(files))
    assert (proved.entries, proved.differences) == (10_000, ())
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("audited", [99, 100])
def test_recall_is_proved_from_a_hundred_audited_posts_on(audited: int) -> None:
    verdicts = ["violating"] * 5 + ["not_violating"] * (audited - 5) + ["gone"]
    audits = [
        entry("audit", number, 9, month="2026-02", verdict=verdict)
        for number, verdict in enumerate(verdicts)
    ]
    found = entry("decision", 1, 9, verdict="confirmed", rules={"p/1/r/live": 1},
                  found_days=("2026-02-03",), category="VIOLENCE", ground="illegal",
                  source_type="VOLUNTARY")  # fmt: skip
    report = Report(Period.year(2026), Entries.of([*audits, found]), {"2026-02": 300}, About())
    files = report_files(report, "acme")
    shares = [json.loads(line) for line in files["cells.jsonl"].splitlines()]
    assert any(one["how"] == "recall" and one.get("of") for one in shares) == (audited == 100)
    assert prove(WrittenReport.read(files)).differences == ()


def test_measures_that_name_nothing_are_counted_nowhere() -> None:
    """decide refuses them; a ledger that somebody else wrote may hold them all the same."""
    notice = entry("notice", 1, 1, category="VIOLENCE", received_at=at(1), article_16=True, items=1)
    about = {"notice": notice.entry, "about": msgspec.to_builtins(notice)}
    fields = {"verdict": "confirmed", "category": "VIOLENCE", "ground": "illegal", "measures": {}}
    fields |= {"decided_at": at(3)}
    own = entry("decision", 1, 3, **fields, source_type="VOLUNTARY")
    asked = entry("decision", 2, 3, **fields, **about, source_type="ARTICLE_16")
    decided = msgspec.to_builtins(asked)
    complaint = entry("complaint", 1, 4, about=decided, received_at=at(4))
    contest = {"complaint": complaint.entry, "answers": msgspec.to_builtins(complaint)}
    ended = {"outcome": "upheld", "decided_at": at(5), "measures": {}, "about": decided}
    outcome = entry("outcome", 1, 5, **contest, **ended)
    entries = Entries.of([notice, own, asked, complaint, outcome])
    files = report_files(Report(Period.year(2026), entries, {}, About()), "acme")
    proved = prove(WrittenReport.read(files))
    assert (proved.entries, proved.differences) == (5, ())


def test_a_hosting_services_report_is_proved_too(tmp_path: Path) -> None:
    folder = put(tmp_path / "report", written(about=About(kind=ServiceKind.HOSTING)))
    assert main(["report", "check", str(folder)]) == 0
    rows = table((folder / "Part_7_appeals_and_recidivism.csv").read_bytes())
    assert [row[6] for row in rows if row[0].startswith("Only for")] == [""] * 46


@pytest.mark.parametrize("seed", range(6))
def test_a_changed_number_is_refused(
    seed: int, tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """Any one number of parts 3 to 8, one more than it is."""
    chance = random.Random(seed)
    name = TABLES[2 + seed]
    rows = table(report[name])
    places = [
        (number, column)
        for number, row in enumerate(rows)
        for column, cell in enumerate(row)
        if number and cell.replace(".", "").isdigit()
    ]
    number, column = chance.choice(places)
    rows[number][column] = str(float(rows[number][column]) + 1).removesuffix(".0")
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    folder = put(tmp_path / "report", report | {name: text.getvalue().encode()})
    assert main(["report", "check", str(folder)]) == 1
    assert f"{name}: row {number}" in capsys.readouterr().out


def _without_last(data: bytes) -> bytes:
    return b"\n".join(data.splitlines()[:-1]) + b"\n"


def _other_ids(data: bytes) -> bytes:
    lines = [json.loads(line) for line in data.splitlines()]
    counted = next(line for line in lines if line.get("ids"))
    counted["ids"] = counted["ids"][:-1]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _without(kind: str) -> Callable[[bytes], bytes]:
    """Without the first entry of a type that a number is made of."""

    def change(data: bytes) -> bytes:
        lines = data.splitlines()
        of_kind = (n for n, line in enumerate(lines) if f'"type":"{kind}"'.encode() in line)
        lines.pop(
            next(n for n in of_kind if b'"gone"' not in lines[n] and b"skipped" not in lines[n])
        )
        return b"\n".join(lines) + b"\n"

    return change


def _other_whole(data: bytes) -> bytes:
    """A share of one entry fewer than it is of."""
    lines = [json.loads(line) for line in data.splitlines()]
    share = next(line for line in lines if line["how"] == "recall" and line.get("of"))
    share["of"] = share["of"][1:]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ledger.jsonl", _without("decision")),
        ("ledger.jsonl", _without("audit")),
        ("ledger.jsonl", _without("order")),
        ("cells.jsonl", _without_last),
        ("cells.jsonl", _other_ids),
        ("cells.jsonl", _other_whole),
    ],
    ids=[
        *("a decision is missing", "an audit is missing", "an order is missing"),
        *("a claim is missing", "a claim names other entries", "a share is of other entries"),
    ],
)
def test_a_changed_proof_is_refused(
    name: str, change: Callable[[bytes], bytes], tmp_path: Path, report: dict[str, bytes]
) -> None:
    folder = put(tmp_path / "report", report | {name: change(report[name])})
    assert main(["report", "check", str(folder)]) == 1


DAMAGED: dict[str, tuple[str, bytes, bytes]] = {
    "a row that breaks off": (file_name(7), b",Total number,", b",Total number\r\nx,"),
    "a row with a cell more": (file_name(5), b"\r\nAll,", b"\r\nAll,x,"),
    "a column that is gone": (file_name(5), b"Category of illegal", b"Kind of illegal"),
    "a suspension for nothing": (file_name(7), b"manifestly illegal content", b"something else"),
    "a moment that is none": ("ledger.jsonl", b'"received_at":"2026', b'"received_at":"soon'),
    "an entry that is none": ("ledger.jsonl", b'\n{"about"', b'\n[]\n{"about"'),
    "an entry without an id": ("ledger.jsonl", b'"type":"complaint"', b'"type":["complaint"]'),
    "a claim without a value": ("cells.jsonl", b'"value"', b'"walue"'),
    "a claim of a place that is none": ("cells.jsonl", b'"row":2,', b'"row":[2],'),
    "no line of JSON": ("cells.jsonl", b'{"column"', b"{column"),
    "no text": ("ledger.jsonl", b'"acme"', b"\xff"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_report_is_told_as_one(
    name: str, tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    file, before, after = DAMAGED[name]
    assert before in report[file]
    folder = put(tmp_path / "report", report | {file: report[file].replace(before, after)})
    assert main(["report", "check", str(folder)]) == 2
    assert "not a report that can be proved: " in capsys.readouterr().err


def test_a_cell_shows_its_entries(
    tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put(tmp_path / "report", report)
    assert main(["report", "check", str(folder), "--cell", "5:1:F"]) == 0
    first, *ids = capsys.readouterr().out.splitlines()
    assert first.endswith(f"count of {len(ids)}")
    known = {one.entry for one in entries_of(report["ledger.jsonl"])[1].all}
    assert set(ids) < known
    assert main(["report", "check", str(folder), "--cell", "5:0:F"]) == 2


def test_the_proof_shares_no_code_with_the_writer() -> None:
    nodes = list(ast.walk(ast.parse((ROOT / "layers/terang/dsa/report_proof.py").read_text())))
    names = {one.module for one in nodes if isinstance(one, ast.ImportFrom) and one.module}
    names |= {alias.name for one in nodes if isinstance(one, ast.Import) for alias in one.names}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("time", ["2026-03m14T01:00:00Z", "2026-03-14T01:00:00", "soon", "14:00"])
def test_a_ledger_with_a_time_that_is_none_names_its_line(
    report: dict[str, bytes], time: str
) -> None:
    """Also where an entry carries another one: the hours between would be counted from it."""
    lines = report["ledger.jsonl"].splitlines()
    carrying = next(
        n for n, one in enumerate(lines) if b'"about":{' in one and b"decided_at" in one
    )
    for number, change in (
        (1, {"received_at": time}),
        (carrying, {"about": json.loads(lines[carrying])["about"] | {"received_at": time}}),
    ):
        changed = json.dumps(json.loads(lines[number]) | change).encode()
        data = b"\n".join([*lines[:number], changed, *lines[number + 1 :]])
        with pytest.raises(LedgerError, match=f"line {number + 1}: `received_at`"):
            entries_of(data)


def test_an_entry_that_lacks_what_its_type_needs_is_named(report: dict[str, bytes]) -> None:
    """It decodes, and only counting meets what is not there."""
    head, *lines = report["ledger.jsonl"].splitlines()
    bare = [json.loads(one) for one in lines]
    for one in bare:
        one.pop("received_at", "")
    data = b"\n".join([head, *(json.dumps(one).encode() for one in bare)])
    with pytest.raises(LedgerError, match="not as documented"):
        report_of_ledger(data, Period.year(2026), About())
