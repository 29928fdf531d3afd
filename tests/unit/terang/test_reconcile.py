"""`terang reconcile` on made dumps: each fault is asked about, and nothing else is."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import made_dumps
from support.log_world import LogWorld
from support.made_dumps import FAULTS, FAULTS_OF_REPORTS, HEADER, made, packed, report_of, text_of
from support.publish_world import CLOSED, live, sample_pack, sample_receipt
from support.report_ledger_samples import year
from support.sample_entries import decision
from support.tampering import write
from support.written_report import put, table, written

from dsa.report_entries import file_name
from terang.cli import main

ROOT = Path(__file__).parents[3]
LISTED = (ROOT / "local/terang/templates/questions.txt").read_text("utf-8").splitlines()
CODES = [line.split(" | ")[0] for line in LISTED if not line.startswith("#")]
BY_FILE = {"rows_unreadable", "files_unreadable", "log_wrong", "log_differs"}

type Asked = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def asked(capsys: pytest.CaptureFixture[str]) -> Asked:
    """The questions on what the arguments name."""

    def ask(*words: str) -> list[dict[str, Any]]:
        code = main(["reconcile", *words, "--json"])
        found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert code == bool(found)
        return found

    return ask


def lines_of(folder: Path) -> list[dict[str, str]]:
    text = (folder / "out/reconcile.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_question_has_a_fault_of_its_own() -> None:
    """Thirty kinds at least; a question of files has its fault in a test of its own."""
    assert {*FAULTS} | BY_FILE == {*CODES}
    assert len({*CODES}) >= 30


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_asked_about(fault: str, tmp_path: Path, asked: Asked) -> None:
    found = [one for one in asked(*made(tmp_path, 3, 3_000, fault)) if one["code"] == fault]
    assert found
    for one in found:
        assert one["why"].startswith("Why ")
        assert one["why"].endswith("?")
        assert (one["file"] == "dump") == (one["part"] == 0)
        assert one["n"] >= (1 if one["part"] else 20)
        assert one["share"] is None or 0 < one["share"] <= 1
        assert one["column"] or fault in FAULTS_OF_REPORTS


@pytest.mark.parametrize("size", [30, 3_000])
def test_a_dump_without_faults_raises_no_question(size: int, tmp_path: Path, asked: Asked) -> None:
    assert asked(*made(tmp_path, 1, size)) == []


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**9), size=st.integers(1, 900))
def test_no_dump_without_faults_raises_a_question(
    seed: int, size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert main(["reconcile", *made(tmp_path_factory.mktemp("made"), seed, size)]) == 0


def test_nothing_is_asked_on_fewer_than_twenty_statements(tmp_path: Path, asked: Asked) -> None:
    words = made(tmp_path, 5, 300)
    rows = made_dumps.made_rows(5, 300)
    for count in (19, 20):
        changed = [row | {"decision_facts": ""} if n < count else row for n, row in enumerate(rows)]
        (tmp_path / "dump.csv").write_bytes(text_of(changed))
        assert [one["n"] for one in asked(*words)] == ([20] if count == 20 else [])


def test_packed_dumps_are_read_like_plain_ones(tmp_path: Path, asked: Asked) -> None:
    """The database's daily files are zips in a zip; a folder means its files."""
    words = made(tmp_path, 7, 400)
    rows, days = made_dumps.made_rows(7, 400), tmp_path / "days"
    days.mkdir()
    (days / "1.csv").write_bytes(text_of(rows[:100]))
    (days / "2.csv.gz").write_bytes(gzip.compress(text_of(rows[100:200])))
    (days / "3.zip").write_bytes(packed(text_of(rows[200:300]), "3.csv"))
    (days / "4.zip").write_bytes(packed(text_of(rows[300:]), "4.zip", "4.csv"))
    (tmp_path / "dump.csv").unlink()
    assert asked(*(word.replace("dump.csv", "days") for word in words)) == []
    lines = lines_of(tmp_path)
    assert sum(int(line["statements"]) for line in lines if line["by"] == "month") == 400


def test_a_damaged_file_is_asked_about_and_the_rest_is_read(tmp_path: Path, asked: Asked) -> None:
    words = made(tmp_path, 7, 600)
    whole = gzip.compress(text_of(made_dumps.made_rows(8, 50)))
    for name, data in {"a.csv.gz": whole[:-20], "b.csv": b"day,hour\n1,2\n"}.items():
        (tmp_path / name).write_bytes(data)
        words += ["--dump", str(tmp_path / name)]
    found = [one["found"] for one in asked(*words) if one["code"] == "files_unreadable"]
    assert [text.partition(":")[0] for text in found] == ["a.csv.gz", "b.csv"]


def test_lines_that_are_no_rows_are_counted(tmp_path: Path, asked: Asked) -> None:
    words = made(tmp_path, 7, 200)
    with (tmp_path / "dump.csv").open("ab") as file:
        file.write(b"a,b,c\n" * 30)
    [one] = asked(*words)
    assert (one["code"], one["n"]) == ("rows_unreadable", 30)


def test_what_a_light_dump_lacks_is_said_and_not_asked(tmp_path: Path, asked: Asked) -> None:
    words = made(tmp_path, 3, 3_000, "no_facts")
    light = [name for name in HEADER if name not in ("decision_facts", "territorial_scope")]
    rows = csv.DictReader(io.StringIO((tmp_path / "dump.csv").read_text("utf-8"), newline=""))
    (tmp_path / "dump.csv").write_bytes(text_of(rows, light))
    assert asked(*words) == []
    page = (tmp_path / "out/reconcile.html").read_text("utf-8")
    assert "not asked: decision_facts, territorial_scope." in page


def test_the_log_stands_beside_report_and_statements(tmp_path: Path, asked: Asked) -> None:
    words = made(tmp_path, 3, 100)
    log = put(tmp_path / "log", written())
    asked(*words, "--log", str(log))
    lines = lines_of(tmp_path)
    said = {line["name"]: line["log"] for line in lines if line["by"] == "measures"}
    for part, name in (5, "the law"), (6, "the terms"):
        total = table((log / file_name(part)).read_bytes())[1]
        assert said[f"own initiative, {name}"] == total[5]
    months = [int(line["log"]) for line in lines if line["by"] == "month"]
    own = [entry for entry in year(7) if entry.type == "decision" and entry.done]
    assert sum(months) == len({entry.entry for entry in own})
    asked(*words)
    lines = lines_of(tmp_path)
    assert {line["log"] for line in lines} == {""}


def test_a_public_log_is_checked_and_stands_beside_them(tmp_path: Path, asked: Asked) -> None:
    """It has no territories, and does not say which notices were of trusted flaggers."""
    world = LogWorld()
    world.count(sample_receipt(by_rule={live(): 2}, set=world.put_set(sample_pack())))
    for number in range(24):
        world.store.do(decision(str(number)))
    world.publish(CLOSED)
    public, words = write(world.files, tmp_path / "public"), made(tmp_path, 3, 900)
    found = asked(*words, "--log", str(public))
    assert {one["code"] for one in found} == {"log_differs"}
    assert any(one["found"] == "own initiative, the law: 24 in the log" for one in found)
    lines = lines_of(tmp_path)
    said = {
        by: {line["log"] for line in lines if line["by"] == by} for by in ("month", "territory")
    }
    assert said == {"month": {"0", "24"}, "territory": {""}}
    assert main(["reconcile", *words, "--log", str(public), "--provider", "acne"]) == 2
    [journal] = public.glob("journal/acme/*.jsonl")
    journal.write_bytes(journal.read_bytes().replace(b"SCAMS_AND_FRAUD", b"VIOLENCE", 1))
    assert "log_wrong" in {one["code"] for one in asked(*words, "--log", str(public))}


def test_a_noted_change_is_not_asked_about(tmp_path: Path, asked: Asked) -> None:
    """In the row's contextual information, or in corrections.csv as `terang report` writes it."""
    words = made(tmp_path, 3, 300, "changed_without_note")
    [one] = asked(*words)
    assert (one["part"], one["row"], one["report"]) == (4, 1, "12.5")
    note = f"Version,File,Row,Column\n2,{file_name(4)},1,{one['column']}\n"
    (tmp_path / "report/corrections.csv").write_text(note, "utf-8")
    assert asked(*words) == []
    (tmp_path / "report/corrections.csv").unlink()
    cells = table((tmp_path / "report" / file_name(4)).read_bytes())
    cells[1][-1] = "Counted anew."
    (tmp_path / "report" / file_name(4)).write_bytes(made_dumps.written(cells))
    assert asked(*words) == []


def test_a_word_of_a_stranger_stays_a_word(tmp_path: Path, asked: Asked) -> None:
    """On the page, and in a column's name."""
    rows = made_dumps.made_rows(3, 300)
    words = made(tmp_path, 3, 300)
    evil = "<script>alert(1)</script>"
    changed = [row | {"platform_name": evil} if n < 40 else row for n, row in enumerate(rows)]
    data = text_of(changed).replace(b"content_id_ean", b'"x\') FROM s; DROP TABLE s; --"')
    (tmp_path / "dump.csv").write_bytes(data)
    [one] = asked(*words)
    assert one["code"] == "several_platforms"
    page = (tmp_path / "out/reconcile.html").read_text("utf-8")
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"<script|https?://", page)


UNUSABLE = {
    "no report": "no part of a report",
    "no period": "names its period",
    "no dump": "no such file",
    "no statement": "without the columns of the database",
    "no ledger": "ledger.jsonl",
}


@pytest.mark.parametrize("fault", UNUSABLE)
def test_what_cannot_be_used_is_named(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = made(tmp_path, 3, 30)
    if fault == "no report":
        words[1] = str(tmp_path / "none")
    elif fault == "no period":
        files = {name: data.replace(b"2026-01-01/", b"") for name, data in report_of([]).items()}
        put(tmp_path / "report", files)
    elif fault == "no dump":
        (tmp_path / "dump.csv").unlink()
    elif fault == "no statement":
        (tmp_path / "dump.csv").write_text("uuid,day\n1,2\n")
    else:
        words += ["--log", str(tmp_path)]
    assert main(["reconcile", *words]) in (1, 2)
    assert UNUSABLE[fault] in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()
