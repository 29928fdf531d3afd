"""The harmonised report, as the template has it, and what a provider says of itself in it."""

import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from support.report_ledger_samples import entry, year
from support.written_report import ROOT, TABLES, table, written

from dsa.indicators import About, ServiceKind, about_schema, recall
from dsa.report_entries import PARTS, Entries, file_name
from terang.cli import main
from terang.submission import AboutError, read_about

TEMPLATE = ROOT.parent / "shared/data/dsa/report-template"


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
    """Samples of a small month and of a large one have one size: added up, they would mislead. In
    February rules met 10 of 20, in March 10 of 1,000: 20 of 1,020 together. All posts and both
    samples in one would say 20 of some 1,109."""
    audits = [entry("audit", n + 100 * (month == "2026-03"), 9, month=month,
                    verdict="violating" if n < bad else "not_violating")
              for month, bad in (("2026-02", 5), ("2026-03", 10)) for n in range(100)]  # fmt: skip
    days = ["2026-02-03"] * 10 + ["2026-03-03"] * 10 + ["2026-04-03"] * 70
    found = [entry("decision", n, 9, verdict="confirmed", rules={"p/1/r/live": 1},
                   found_days=(day,)) for n, day in enumerate(days)]  # fmt: skip
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
    [refused] = [row[3] for row in rows if "not followed" in row[1]]
    assert refused == "refused: An invented ground (1)"


ABOUT = """\
name: Acme Chat
published: 2027-02-20
correction: A notice had been counted twice; counted again from the ledger.
qualitative:
  purposes: To find public posts for people to look at.
"""


def test_a_correction_keeps_the_version_before(tmp_path: Path, report: dict[str, bytes],
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    ledger, about, out = tmp_path / "ledger.jsonl", tmp_path / "about.yaml", tmp_path / "out"
    about.write_text(ABOUT)
    words = ["report", "--period", "2026", "--ledger", str(ledger), "--out", str(out)]
    words += ["--about", str(about)]
    ledger.write_bytes(report["ledger.jsonl"])
    assert main(words) == main(words) == 0
    assert not (out / "r1").exists()
    before = (out / "Part_5_own_initiative_illegal.csv").read_bytes()
    fewer = [line for line in report["ledger.jsonl"].splitlines(keepends=True)
             if b'"SCAMS_AND_FRAUD"' not in line or b'"type":"decision"' not in line]  # fmt: skip
    ledger.write_bytes(b"".join(fewer))
    assert main(words) == 0
    assert (out / "r1/Part_5_own_initiative_illegal.csv").read_bytes() == before
    changes = table((out / "corrections.csv").read_bytes())
    assert {row[0] for row in changes[1:]} == {"2"}
    assert {row[6] for row in changes[1:]} == {"2027-02-20"}
    assert all("counted twice" in row[7] for row in changes[1:])
    assert main(["report", "check", str(out)]) == 0
    assert "cells changed" in capsys.readouterr().err


def test_every_version_is_kept_and_a_correction_without_a_reason_is_told(tmp_path: Path,
        report: dict[str, bytes], capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
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
    assert capsys.readouterr().err.count("give the reason in `correction`") == 2


@pytest.mark.parametrize("period", ["2025", "2026-01-01/2026-06-30"])
def test_a_ledger_of_another_period_is_refused(period: str, tmp_path: Path,
        report: dict[str, bytes], capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    ledger, out = tmp_path / "ledger.jsonl", tmp_path / "out"
    ledger.write_bytes(report["ledger.jsonl"])
    words = ["report", "--period", period, "--ledger", str(ledger), "--out", str(out)]
    assert main(words) == 2
    said = "its entries are of 2026-01-01/2026-12-31, and the report is of"
    assert said in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("period", ["26", "2026-01-01/2025-12-31", "2026/2027", ""])
def test_a_period_that_is_none_is_wrong_usage(period: str, tmp_path: Path) -> None:
    words = ["report", "--provider", "acme", "--out", str(tmp_path / "out"), "--period", period]
    assert main(words) == 2


def test_a_sheet_has_columns_that_fit_and_one_header(report: dict[str, bytes]) -> None:
    """Every column has a width, and only the first row has the header's format."""
    with zipfile.ZipFile(io.BytesIO(report["report.xlsx"])) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    place = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    columns = [int(each.attrib["max"]) for each in sheet.iter(f"{place}col")]
    rows = [[cell.attrib["s"] for cell in row.iter(f"{place}c")]
            for row in sheet.iter(f"{place}row")]  # fmt: skip
    assert max(columns) == max(map(len, rows))
    assert len({*rows[0]}) == 1
    assert {*rows[0]}.isdisjoint(cell for row in rows[1:] for cell in row)


SAMPLE = ROOT / "local/samples/report-about.yaml"


def test_the_committed_schema_is_that_of_the_code() -> None:
    committed = json.loads(ROOT.joinpath("docs/report-about.schema.json").read_text("utf-8"))
    assert committed == about_schema(), "python scripts/build_documents.py"


def test_the_sample_fits_the_schema_and_says_all_that_can_be_said() -> None:
    said = yaml.load(SAMPLE.read_text("utf-8"), Loader=yaml.BaseLoader)
    checker = Draft202012Validator(about_schema(), format_checker=FormatChecker())
    assert list(checker.iter_errors(said)) == []
    correction = {"correction": "It had been counted twice."}
    assert (said | correction).keys() == set(About.__struct_fields__)
    assert said["qualitative"].keys() == set(about_schema()["$defs"]["Qualitative"]["properties"])
    assert "# correction: " in SAMPLE.read_text("utf-8")


def test_what_is_said_stands_in_the_report() -> None:
    about = read_about(SAMPLE)
    files = written(about=about)
    first = [row[3] for row in table(files[file_name(1)])[1:]]
    assert first == ["Acme Chat B.V.", "2027-02-20", "2026-02-24", "2026-01-01", "2026-12-31"]
    texts = [row[4] for row in table(files[file_name(11)])[1:]]
    assert texts[:6] == list(msgspec.structs.astuple(about.qualitative))
    assert {row[1] for row in table(files[file_name(5)])[1:]} == {"Acme Chat"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "kind: hosting\n", "\ufeffkind: hosting\r\n"])
def test_all_of_it_may_be_left_out(text: str, tmp_path: Path) -> None:
    path = tmp_path / "about.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    assert read_about(path) in (About(), About(kind=ServiceKind.HOSTING))


FAULTS = {
    "a field that is none": ("name: x\nnome: y\n", 2, "there is no 'nome'"),
    "a text that is none": ("qualitative:\n  purposes: x\n  aims: y\n", 3, "there is no 'aims'"),
    "a field twice": ("name: x\n\nname: y\n", 3, "'name' is there twice"),
    "a day that is none": ("# a comment\npublished: soon\n", 2, "published: "),
    "a day of no calendar": ("name: x\npublished: 2026-02-30\n", 2, "published: day is out of"),
    "a list for a field": ("name: x\n? [name]\n: y\n", 2, "there is no '?'"),
    "a kind that is none": ("kind: vlop\n", 1, "kind: Invalid enum value 'vlop'"),
    "a number for a text": ("name: x\nservice: 4711\n", 2, "service: Expected `str`, got `int`"),
    "a text for texts": ("name: x\nqualitative: y\n", 2, "must be fields such as summary"),
    "a list": ("- name\n", 1, "must be fields such as name"),
    "a text that is too long": (f"qualitative:\n  summary: {'x' * 5_001}\n", 2, "length <= 5000"),
    "no YAML": ("name: [\n", 2, "expected the node content"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    text, line, said = FAULTS[name]
    path = tmp_path / "about.yaml"
    path.write_text(text)
    with pytest.raises(AboutError) as told:
        read_about(path)
    assert str(told.value).startswith(f"{path}:{line}: ")
    assert said in str(told.value)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"name: a\x00b\n", None])
def test_a_file_that_is_no_text_is_wrong_usage(data: bytes | None, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    path = tmp_path / "about.yaml"
    if data is not None:
        path.write_bytes(data)
    words = ["report", "--provider", "acme", "--period", "2026", "--out", str(tmp_path / "out")]
    assert main([*words, "--about", str(path)]) == 2
    assert "about.yaml: " in capsys.readouterr().err
