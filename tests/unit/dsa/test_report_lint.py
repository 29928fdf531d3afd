"""`terang report lint`: what reports that were published had wrong is named, and nothing else."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.written_report import put, table, written

from dsa.report_entries import HEADERS, file_name
from terang.cli.command import main

type Change = Callable[[list[list[str]]], None]


@pytest.fixture(scope="module")
def report() -> dict[str, bytes]:
    return {name: data for name, data in written().items() if name.startswith("Part_")}


def lint(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, object]]]:
    code = main(["report", "lint", str(folder), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def changed(report: dict[str, bytes], part: int, change: Change) -> dict[str, bytes]:
    name = file_name(part)
    rows = table(report[name])
    change(rows)
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return report | {name: text.getvalue().encode()}


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
    "an Other with the template's word": (
        *(5, described('Text to detail the "Other" keyword.'), "other_undescribed"),
    ),
    "a row with a cell too many": (10, lambda rows: rows[2].append("1"), "row_length"),
}


def test_what_was_written_here_has_no_problem(
    tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(put(tmp_path / "report", report), capsys) == (0, [])


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_where_it_is(
    name: str, tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    part, change, wanted = FAULTS[name]
    code, told = lint(put(tmp_path / "report", changed(report, part, change)), capsys)
    assert code == 1
    assert {one["part"] for one in told} == {part}
    assert {one["code"] for one in told} == {wanted}


def again(rows: list[list[str]], **form: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, **form).writerows(rows)
    return text.getvalue().encode()


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
def test_a_file_in_another_form_is_named_once(
    name: str, tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
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
def test_the_blank_template_lacks_its_periods_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, told = lint(BLANK, capsys)
    assert [(one["part"], one["code"]) for one in told] == [(n, "period") for n in range(3, 12)]


def test_a_part_that_is_missing_is_told(
    tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    rest = {name: data for name, data in report.items() if "Part_10" not in name}
    _, told = lint(put(tmp_path / "report", rest), capsys)
    assert [(one["part"], one["code"]) for one in told] == [(10, "part_missing")]


def test_blanks_at_the_ends_of_the_templates_names_are_no_matter(
    tmp_path: Path, report: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    stripped = [title.strip() for title in HEADERS[4]]
    change: Change = lambda rows: rows.__setitem__(0, stripped)  # noqa: E731 - one line is plainer
    assert lint(put(tmp_path / "report", changed(report, 4, change)), capsys) == (0, [])


def test_a_folder_without_a_report_is_wrong_usage(tmp_path: Path) -> None:
    assert main(["report", "lint", str(tmp_path)]) == 2
    assert main(["report", "check", str(tmp_path)]) == 2
