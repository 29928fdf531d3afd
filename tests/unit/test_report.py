"""The harmonised report: as the template has it, and every number proved by other code."""

import ast
import csv
import io
import json
import random
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from unit.report_ledger_samples import entry, year

from dsa.report import Period, Reporting
from dsa.report_about import About, ServiceKind
from dsa.report_automated import recall
from dsa.report_files import entries_of, report_files
from dsa.report_ledger import Entries
from dsa.report_template import PARTS, file_name
from ledger.case_entry import JournalEntry
from report_proof.proof import WrittenReport, prove
from terang.command import main

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT.parent / "shared/data/dsa/report-template"
TABLES = [file_name(part) for part in PARTS]

INSPECTED = {"2026-02": 2_000, "2026-03": 17_000, "2026-04": 1_000}

type Table = list[list[str]]


def written(seed: int = 7, about: About | None = None) -> dict[str, bytes]:
    entries = Entries.of(year(seed))
    return report_files(Reporting(Period.year(2026), entries, INSPECTED, about or About()), "acme")


def table(data: bytes) -> Table:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def report() -> dict[str, bytes]:
    return written()


@pytest.mark.skipif(not TEMPLATE.exists(), reason="the Commission's blank files are not here")
@pytest.mark.parametrize("name", TABLES)
def test_headers_and_first_columns_are_the_templates(name: str, report: dict[str, bytes]) -> None:
    """Of part 3 the block of a Member State stands once in the template, and here for each."""
    blank, ours = table((TEMPLATE / name).read_bytes()), table(report[name])
    assert ours[0] == blank[0]
    others = [row for row in ours if row[4:5] and row[3] == "KEYWORD_OTHER"]
    ours = [row for n, row in enumerate(ours) if row not in others or ours[n - 1][3] != row[3]]
    assert [row[:2] for row in ours][: len(blank)] == [row[:2] for row in blank]
    if name.startswith(("Part_4", "Part_5", "Part_6")):
        assert [row[3] for row in ours] == [row[3] for row in blank]
    if name.startswith("Part_3"):
        assert (len(ours) - 92) % 90 == 0
        for start in range(92, len(ours), 90):
            assert [row[3] for row in ours[start : start + 90]] == [row[3] for row in blank[92:]]
    elif not name.startswith("Part_8"):
        assert len(ours) == len(blank)


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
    files = report_files(Reporting(Period.year(2026), Entries.of(made), {}, About()), "acme")
    began = time.monotonic()
    proved = prove(WrittenReport.read(files))
    assert (proved.entries, proved.differences) == (10_000, ())
    assert time.monotonic() - began < 30


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
    assert "no report that can be proved: " in capsys.readouterr().out


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
    for path in (ROOT / "layers/dsa/report_proof").glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = {one.module for one in nodes if isinstance(one, ast.ImportFrom) and one.module}
        names |= {alias.name for one in nodes if isinstance(one, ast.Import) for alias in one.names}
        tops = {name.partition(".")[0] for name in names}
        assert tops <= sys.stdlib_module_names | {"report_proof"}, path.name


def test_the_same_facts_give_the_same_bytes(report: dict[str, bytes]) -> None:
    assert written() == report


def test_nothing_in_a_report_names_a_person_or_a_post(report: dict[str, bytes]) -> None:
    for name, data in report.items():
        if not name.endswith(".xlsx"):
            assert b'"post"' not in data, name
            assert b'"url"' not in data, name


def test_the_workbook_has_a_sheet_for_each_part(report: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(report["report.xlsx"])) as book:
        sheets = book.read("xl/workbook.xml").decode()
    assert [f'name="{part}_' in sheets for part in PARTS] == [True] * 11


def test_recall_is_estimated_month_by_month() -> None:
    """Samples of a small month and of a large one have one size: added up, they would mislead.

    In February rules met 10 of 20, in March 10 of 1,000: 20 of 1,020 together. All posts and both
    samples in one would say 20 of some 1,109.
    """
    audits = [
        entry("audit", number, 9, month=month, verdict="violating" if bad else "not_violating")
        for number, (month, bad) in enumerate(
            [("2026-02", n < 5) for n in range(100)] + [("2026-03", n < 10) for n in range(100)]
        )
    ]
    found = [
        entry("decision", n, 9, verdict="confirmed", rules={"p/1/r/live": 1}, found_days=(day,))
        for n, day in enumerate(["2026-02-03"] * 10 + ["2026-03-03"] * 10 + ["2026-04-03"] * 70)
    ]
    inspected = {"2026-02": 210, "2026-03": 9_910, "2026-04": 90_000}
    told = recall(Entries.of([*audits, *found]), inspected)
    assert told.value == round(20 / (20 + 10 + 990), 4)
    assert told.why.endswith(
        "in 2 months from 2026-02 to 2026-03, looked at by people, 200 in all: "
        "95 % interval 0.01 to 0.04."
    )
    assert len(told.ids) == 20


def test_terrorist_content_is_told_apart(report: dict[str, bytes]) -> None:
    rows = table(report["TCO_Art_7_3.csv"])[1:]
    assert [row[0] for row in rows] == [*"aabcccddddefg"[1:]]
    orders = [one for one in year() if one.type == "order" and one.regulation == "tco"]
    complied = {one.follows for one in orders if one.outcome == "complied"}
    items = sum(one.items for one in orders if one.entry in complied)
    assert [row[2] for row in rows if "after removal orders" in row[1]] == [str(items)]
    assert [row[3] for row in rows if "not followed" in row[1]] == [
        "refused: An invented ground (1)"
    ]


ABOUT = """\
name: Acme Chat
published: 2027-02-20
correction: A notice had been counted twice; counted again from the ledger.
qualitative:
  purposes: To find public posts for people to look at.
"""


def test_a_correction_keeps_the_version_before(
    tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, about, out = tmp_path / "ledger.jsonl", tmp_path / "about.yaml", tmp_path / "out"
    about.write_text(ABOUT)
    words = ["report", "--period", "2026", "--ledger", str(ledger), "--out", str(out)]
    words += ["--about", str(about)]
    ledger.write_bytes(report["ledger.jsonl"])
    assert main(words) == main(words) == 0
    assert not (out / "r1").exists()
    before = (out / "Part_5_own_initiative_illegal.csv").read_bytes()
    ledger.write_bytes(
        b"".join(
            line + b"\n"
            for line in report["ledger.jsonl"].splitlines()
            if b'"SCAMS_AND_FRAUD"' not in line or b'"type":"decision"' not in line
        )
    )
    assert main(words) == 0
    assert (out / "r1/Part_5_own_initiative_illegal.csv").read_bytes() == before
    changes = table((out / "corrections.csv").read_bytes())
    assert {row[0] for row in changes[1:]} == {"2"}
    assert {row[6] for row in changes[1:]} == {"2027-02-20"}
    assert all("counted twice" in row[7] for row in changes[1:])
    assert main(["report", "check", str(out)]) == 0
    assert "cells changed" in capsys.readouterr().err


def test_every_version_is_kept_and_a_correction_without_a_reason_is_told(
    tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, out = tmp_path / "ledger.jsonl", tmp_path / "out"
    words = ["report", "--period", "2026", "--ledger", str(ledger), "--out", str(out)]
    lines = report["ledger.jsonl"].splitlines(keepends=True)
    versions = []
    for fewer in (0, 200, 300):
        ledger.write_bytes(b"".join(lines[: len(lines) - fewer]))
        assert main(words) == 0
        versions.append((out / file_name(7)).read_bytes())
        assert main(["report", "check", str(out)]) == 0
    assert [(out / name / file_name(7)).read_bytes() for name in ("r1", "r2")] == versions[:2]
    assert len(set(versions)) == 3
    assert {row[0] for row in table((out / "corrections.csv").read_bytes())[1:]} == {"3"}
    assert {row[0] for row in table((out / "r2/corrections.csv").read_bytes())[1:]} == {"2"}
    assert capsys.readouterr().err.count("say why in `correction`") == 2


@pytest.mark.parametrize("period", ["26", "2026-01-01/2025-12-31", "2026/2027", ""])
def test_a_period_that_is_none_is_wrong_usage(period: str, tmp_path: Path) -> None:
    words = ["report", "--provider", "acme", "--out", str(tmp_path / "out"), "--period", period]
    assert main(words) == 2
