"""Reports that were published: what they had wrong is named, and their numbers are proved."""

import ast
import csv
import io
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.report_ledger_samples import at, entry
from support.written_report import ROOT, TABLES, put, table, written

from dsa.indicators import About, ServiceKind
from dsa.report import LedgerError, Period, Report, entries_of, report_files, report_of_ledger
from dsa.report_entries import HEADERS, Entries, file_name
from dsa.report_proof import WrittenReport, prove
from ledger.cases import DecidedScore, JournalEntry
from terang.cli import main

type Change = Callable[[list[list[str]]], None]


@pytest.fixture(scope="module")
def proved_report() -> dict[str, bytes]:
    return written()


@pytest.fixture(scope="module")
def report(proved_report: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in proved_report.items() if name.startswith("Part_")}


def lint(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, object]]]:
    code = main(["report", "lint", str(folder), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def again(rows: list[list[str]], **form: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, **form).writerows(rows)
    return text.getvalue().encode()


def changed(report: dict[str, bytes], part: int, change: Change) -> dict[str, bytes]:
    rows = table(report[file_name(part)])
    change(rows)
    return report | {file_name(part): again(rows)}


def cell(row: int, column: int, value: str) -> Change:
    def change(rows: list[list[str]]) -> None:
        rows[row][column] = value

    return change


def swapped(one: int, other: int) -> Change:
    def change(rows: list[list[str]]) -> None:
        rows[one], rows[other] = rows[other], rows[one]

    return change


def dropped(row: int) -> Change:
    return lambda rows: rows.pop(row) and None


def described(value: str) -> Change:
    def change(rows: list[list[str]]) -> None:
        place = next(n for n, row in enumerate(rows) if row[4] == "Not specified further.")
        rows[place][4] = value

    return change


def zero_of_none(scope: str) -> Change:
    """Nought in the first row of a scope whose indicator has a total of nought."""

    def change(rows: list[list[str]]) -> None:
        none = {row[4] for row in rows if row[5] == "Total number" and row[6] == "0"}
        next(row for row in rows if row[4] in none and row[5] == scope)[6] = "0"

    return change


def all_periods(value: str) -> Change:
    def change(rows: list[list[str]]) -> None:
        for row in rows[1:]:
            row[2] = value

    return change


FAULTS: dict[str, tuple[int, Change, str]] = {
    "a header that is called otherwise": (5, cell(0, 7, "Visibility Removal"), "header"),
    "a column that is missing": (9, lambda rows: [row.pop() for row in rows] and None, "header"),
    "rows in another order": (4, swapped(3, 4), "row_order"),
    "a row of a category that is missing": (5, dropped(10), "row_order"),
    "an indicator that is missing": (7, dropped(5), "row_missing"),
    "indicators in another order": (7, swapped(3, 4), "row_order"),
    "a total that is no sum": (5, cell(1, 5, "9999"), "sum"),
    "a category that is no sum of its parts": (6, cell(2, 5, "77"), "sum"),
    "an accuracy in per cent": (8, cell(4, 6, "99.25"), "share_range"),
    "an accuracy of nothing": (8, cell(13, 6, "0"), "zero_for_blank"),
    "a median of no orders": (3, cell(2, 8, "0"), "zero_for_blank"),
    "a median of no notices": (4, cell(2, 9, "0.0"), "zero_for_blank"),
    "a median of no complaints": (7, zero_of_none("Median time"), "zero_for_blank"),
    "thousands with a comma": (8, cell(2, 6, "12,000"), "separator"),
    "thousands with a point and a comma": (7, cell(5, 6, "1.234,5"), "separator"),
    "a comma for the point": (8, cell(4, 6, "0,9925"), "separator"),
    "a number in words": (7, cell(1, 6, "none"), "not_a_number"),
    "half a complaint": (7, cell(1, 6, "0.5"), "not_whole"),
    "a period of a month": (8, all_periods("2026-11-01/2026-11-30"), "period"),
    "a period that is none": (11, all_periods("2026"), "period"),
    "two periods": (4, cell(7, 2, "2025-01-01/2025-12-31"), "period"),
    "an Other without a word": (5, described(""), "other_undescribed"),
    "an Other with the template's word":
        (5, described('Text to detail the "Other" keyword.'), "other_undescribed"),
    "a row with a cell too many": (10, lambda rows: rows[2].append("1"), "row_length"),
}  # fmt: skip


def test_what_was_written_here_has_no_problem(tmp_path: Path, report: dict[str, bytes],
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert lint(put(tmp_path / "report", report), capsys) == (0, [])


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_where_it_is(name: str, tmp_path: Path, report: dict[str, bytes],
                                         capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    part, change, wanted = FAULTS[name]
    code, told = lint(put(tmp_path / "report", changed(report, part, change)), capsys)
    assert code == 1
    assert {one["part"] for one in told} == {part}
    assert {one["code"] for one in told} == {wanted}


FORMS: dict[str, tuple[Callable[[list[list[str]]], bytes], list[tuple[int, str]]]] = {
    "lines that end in one sign": (lambda rows: again(rows, lineterminator="\n"), []),
    "a byte order mark": (lambda rows: b"\xef\xbb\xbf" + again(rows), []),
    "every cell quoted": (lambda rows: again(rows, quoting=csv.QUOTE_ALL), []),
    "semicolons": (lambda rows: again(rows, delimiter=";"), [(0, "delimiter")]),
    "tabs": (lambda rows: again(rows, delimiter="\t"), [(0, "delimiter")]),
    "columns in another order": (lambda rows: again([[row[1], row[0], *row[2:]] for row in rows]),
                                 [(0, "column_order")]),
    "a column more": (lambda rows: again([[*row, "x"] for row in rows]), [(0, "header")]),
    "a column fewer": (lambda rows: again([row[:-1] for row in rows]), [(0, "header")]),
    "a column twice": (lambda rows: again([[*row, row[1]] for row in rows]), [(0, "header")]),
    "UTF-16": (lambda rows: again(rows).decode().encode("utf-16"), [(0, "not_csv")]),
    "Latin-1 in the second row": (lambda rows: again(rows).replace(b"NAM", b"\xc4NAM"),
                                  [(11, "not_csv")]),
    "a quote that never ends": (lambda rows: again(rows).replace(b"Total number", b'"Total', 1),
                                [(1, "not_csv")]),
    "nothing": (lambda rows: b"", [(0, "not_csv")]),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_file_in_another_form_is_named_once(name: str, tmp_path: Path, report: dict[str, bytes],
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """What can be read in spite of it is linted on: a wrong share is still told."""
    form, wanted = FORMS[name]
    rows = table(report[file_name(8)])
    folder = put(tmp_path / "report", report | {file_name(8): form(rows)})
    told = lint(folder, capsys)[1]
    assert [(one["row"], one["code"]) for one in told] == wanted
    rows[4][6] = "99.25"
    folder = put(tmp_path / "report", report | {file_name(8): form(rows)})
    beside = [(4, "share_range")] if {code for _, code in wanted} <= READ_ON else []
    assert [(one["row"], one["code"]) for one in lint(folder, capsys)[1]] == [*wanted, *beside]


READ_ON = {"delimiter", "column_order"}


BLANK = Path(__file__).parents[4] / "shared/data/dsa/report-template"


@pytest.mark.skipif(not BLANK.exists(), reason="the Commission's blank files are not here")
def test_the_blank_template_lacks_its_periods_alone(capsys: pytest.CaptureFixture[str]) -> None:
    _, told = lint(BLANK, capsys)
    assert [(one["part"], one["code"]) for one in told] == [(n, "period") for n in range(3, 12)]


def test_a_part_that_is_missing_is_told(tmp_path: Path, report: dict[str, bytes],
                                        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    rest = {name: data for name, data in report.items() if "Part_10" not in name}
    _, told = lint(put(tmp_path / "report", rest), capsys)
    assert [(one["part"], one["code"]) for one in told] == [(10, "part_missing")]


def test_blanks_at_the_ends_of_the_templates_names_are_no_matter(tmp_path: Path,
        report: dict[str, bytes], capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    stripped = [title.strip() for title in HEADERS[4]]
    change: Change = lambda rows: rows.__setitem__(0, stripped)  # noqa: E731 - one line is plainer
    assert lint(put(tmp_path / "report", changed(report, 4, change)), capsys) == (0, [])


def test_a_folder_without_a_report_is_wrong_usage(tmp_path: Path) -> None:
    assert main(["report", "lint", str(tmp_path)]) == 2
    assert main(["report", "check", str(tmp_path)]) == 2


def test_a_report_says_nothing_of_single_terms() -> None:
    """Its ledger may be handed on, and one entry is about one person's post."""
    scored = msgspec.structs.replace(entry("decision", 1, 1), scores=(DecidedScore("a/1/r", 9),))
    later = msgspec.structs.replace(entry("outcome", 2, 1), about=scored)
    kept = Entries.of([scored, later]).all
    assert [one.scores for one in kept] == [(), ()]
    assert all(one.about is None or not one.about.scores for one in kept)


@pytest.mark.parametrize("seed", range(5))
def test_numbers_are_proved(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    audits = [entry("audit", number, 9, month="2026-02", verdict=verdict)
              for number, verdict in enumerate(verdicts)]  # fmt: skip
    found = entry("decision", 1, 9, verdict="confirmed", rules={"p/1/r/live": 1},
                  found_days=("2026-02-03",), category="VIOLENCE", ground="illegal",
                  source_type="VOLUNTARY")  # fmt: skip
    made = Report(Period.year(2026), Entries.of([*audits, found]), {"2026-02": 300}, About())
    files = report_files(made, "acme")
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
def test_a_changed_number_is_refused(seed: int, tmp_path: Path, proved_report: dict[str, bytes],
                                     capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Any one number of parts 3 to 8, one more than it is."""
    chance = random.Random(seed)
    name = TABLES[2 + seed]
    rows = table(proved_report[name])
    places = [(number, column)
              for number, row in enumerate(rows) for column, cell in enumerate(row)
              if number and cell.replace(".", "").isdigit()]  # fmt: skip
    number, column = chance.choice(places)
    rows[number][column] = str(float(rows[number][column]) + 1).removesuffix(".0")
    folder = put(tmp_path / "report", proved_report | {name: again(rows)})
    assert main(["report", "check", str(folder)]) == 1
    assert f"{name}: row {number}" in capsys.readouterr().out


def _without_last(data: bytes) -> bytes:
    return b"\n".join(data.splitlines()[:-1]) + b"\n"


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


def _with_fewer(field: str) -> Callable[[bytes], bytes]:
    """A number, or a share, of one entry fewer than it is of."""

    def change(data: bytes) -> bytes:
        lines = [json.loads(line) for line in data.splitlines()]
        claim = next(line for line in lines if line.get(field))
        claim[field] = claim[field][1:]
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    return change


@pytest.mark.parametrize(("name", "change"), [
    ("ledger.jsonl", _without("decision")), ("ledger.jsonl", _without("audit")),
    ("ledger.jsonl", _without("order")), ("cells.jsonl", _without_last),
    ("cells.jsonl", _with_fewer("ids")), ("cells.jsonl", _with_fewer("of")),
], ids=["a decision is missing", "an audit is missing", "an order is missing", "a claim is missing",
        "a claim names other entries", "a share is of other entries"])  # fmt: skip
def test_a_changed_proof_is_refused(name: str, change: Callable[[bytes], bytes], tmp_path: Path,
                                    proved_report: dict[str, bytes]) -> None:  # fmt: skip
    folder = put(tmp_path / "report", proved_report | {name: change(proved_report[name])})
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
def test_a_damaged_report_is_told_as_one(name: str, tmp_path: Path, proved_report: dict[str, bytes],
                                         capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    file, before, after = DAMAGED[name]
    assert before in proved_report[file]
    damaged = {file: proved_report[file].replace(before, after)}
    folder = put(tmp_path / "report", proved_report | damaged)
    assert main(["report", "check", str(folder)]) == 2
    assert "not a report that can be proved: " in capsys.readouterr().err


def test_a_cell_shows_its_entries(tmp_path: Path, proved_report: dict[str, bytes],
                                  capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder = put(tmp_path / "report", proved_report)
    assert main(["report", "check", str(folder), "--cell", "5:1:F"]) == 0
    first, *ids = capsys.readouterr().out.splitlines()
    assert first.endswith(f"count of {len(ids)}")
    known = {one.entry for one in entries_of(proved_report["ledger.jsonl"])[1].all}
    assert set(ids) < known
    assert main(["report", "check", str(folder), "--cell", "5:0:F"]) == 2


def test_the_proof_shares_no_code_with_the_writer() -> None:
    nodes = list(ast.walk(ast.parse((ROOT / "layers/terang/dsa/report_proof.py").read_text())))
    names = {one.module for one in nodes if isinstance(one, ast.ImportFrom) and one.module}
    names |= {alias.name for one in nodes if isinstance(one, ast.Import) for alias in one.names}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("time", ["2026-03m14T01:00:00Z", "2026-03-14T01:00:00", "soon", "14:00"])
def test_a_ledger_with_a_wrong_time_names_it(proved_report: dict[str, bytes], time: str) -> None:
    """Also where an entry carries another one: the hours between would be counted from it."""
    lines = proved_report["ledger.jsonl"].splitlines()
    carrying = next(
        n for n, one in enumerate(lines) if b'"about":{' in one and b"decided_at" in one
    )
    for number, change in ((1, {"received_at": time}), (carrying,
            {"about": json.loads(lines[carrying])["about"] | {"received_at": time}})):  # fmt: skip
        changed = json.dumps(json.loads(lines[number]) | change).encode()
        data = b"\n".join([*lines[:number], changed, *lines[number + 1 :]])
        with pytest.raises(LedgerError, match=f"line {number + 1}: `received_at`"):
            entries_of(data)


def test_an_entry_that_lacks_what_its_type_needs_is_named(proved_report: dict[str, bytes]) -> None:
    """It decodes, and only counting meets what is not there."""
    head, *lines = proved_report["ledger.jsonl"].splitlines()
    bare = [json.loads(one) for one in lines]
    for one in bare:
        one.pop("received_at", "")
    data = b"\n".join([head, *(json.dumps(one).encode() for one in bare)])
    with pytest.raises(LedgerError, match="not as documented"):
        report_of_ledger(data, Period.year(2026), About())
