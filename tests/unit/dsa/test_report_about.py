"""What a provider says of itself in its report: the file, its schema, and its faults by line."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from support.written_report import table, written

from dsa.indicators import About, ServiceKind, about_schema
from dsa.report_entries import file_name
from terang.cli import main
from terang.submission import AboutError, read_about

ROOT = Path(__file__).parents[3]
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
    assert texts[:6] == [
        getattr(about.qualitative, name) for name in about.qualitative.__struct_fields__
    ]
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
def test_a_file_that_is_no_text_is_wrong_usage(
    data: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "about.yaml"
    if data is not None:
        path.write_bytes(data)
    words = ["report", "--provider", "acme", "--period", "2026", "--out", str(tmp_path / "out")]
    assert main([*words, "--about", str(path)]) == 2
    assert "about.yaml: " in capsys.readouterr().err
