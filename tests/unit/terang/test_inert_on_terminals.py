"""Whatever a name, a word or a field says: no command of `terang` lets a terminal obey it."""

import csv
import io
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.hostile import HOSTILE, OBEYED
from support.publish_world import World, sample_receipt
from support.sample_packs import PACK
from support.sample_posts import line
from support.statement_samples import changed
from support.written_report import put, table, written

from dsa.report_entries import file_name
from ledger.closing import FileReceipt
from terang.cli.command import main
from terang.cli.run import print_run
from terang.terminal import Screen, print_json, print_problem, print_result, print_warning
from terang.trial import RunResult


def named(word: str) -> str:
    """The word as far as a file can be called so."""
    return word.replace("/", "_").replace("\x00", "")[:100]


def pack_file(folder: Path, word: str, text: str = PACK) -> Path:
    path = folder / f"{named(word)}.yaml"
    path.write_text(text, "utf-8")
    return path


def check_packs(folder: Path, word: str) -> list[str]:
    """A key, a value, a rule and a term that are none, in a file of that name."""
    pack_file(folder, word, f"{PACK}{json.dumps(word)}: {json.dumps(word)}\n")
    pack_file(folder, word + "2", PACK.replace("id: asks", f"id: {json.dumps(word)} #", 1))
    pack_file(folder, word + "3", PACK.replace("title: ", f"title: {json.dumps(word)} #", 1))
    return ["packs", "check", str(folder)]


def format_packs(folder: Path, word: str) -> list[str]:
    pack_file(folder, word, PACK.replace("\n", "\n\n", 2))
    return ["packs", "format", str(folder)]


def try_packs(folder: Path, word: str) -> list[str]:
    pack_file(folder, "plain")
    return ["packs", "try", str(folder), f"send me the otp {word}".replace("\x00", "")]


def diff_packs(folder: Path, word: str) -> list[str]:
    old, new = pack_file(folder, word), pack_file(folder, word + "2", PACK.replace("otp", "pin"))
    posts = folder / f"{named(word)}.jsonl"
    posts.write_bytes(line(id=word[:200], text=f"send me the otp {word}") + b"\n{}\n")
    return ["packs", "diff", str(old), str(new), "--posts", str(posts)]


def import_words(folder: Path, word: str) -> list[str]:
    words = folder / f"{named(word)}.txt"
    words.write_text(f"# {word}\n{word}\n@{word}\nfree gift\n", "utf-8")
    return ["packs", "import", str(words), "--id", "gifts", "--category", "SCAMS_AND_FRAUD"]


def recount(folder: Path, word: str) -> list[str]:
    """A public bucket in which a summary and a journal are somebody else's."""
    world = World()
    world.store.add(sample_receipt())
    world.publish("2026-11-26T02:00:00Z")
    world.copy_to(folder)
    summary = folder / "summaries/acme/2026-11-25.json"
    told = json.loads(summary.read_bytes())
    told["numbers"]["by_rule"] = {word: 1}
    told["numbers"]["inspected"] = 7
    summary.write_text(json.dumps(told))
    return ["recount", str(folder)]


@cache
def sound() -> dict[str, bytes]:
    """A report in which nothing is wrong."""
    return written()


def lint_report(folder: Path, word: str) -> list[str]:
    rows = table(sound()[file_name(3)])
    rows[1][0], rows[2][3], rows[3][-1] = word, word, word
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    put(folder, sound() | {file_name(3): text.getvalue().encode()})
    return ["report", "lint", str(folder)]


def check_report(folder: Path, word: str) -> list[str]:
    files = sound()
    cells = [json.loads(one) for one in files["cells.jsonl"].splitlines()]
    for cell in cells[:3]:
        cell |= {"value": word, "how": word, "ids": [word], "column": word}
    data = "".join(json.dumps(cell) + "\n" for cell in cells).encode()
    put(folder, files | {"cells.jsonl": data})
    return ["report", "check", str(folder)]


def lint_statements(folder: Path, word: str) -> list[str]:
    bad = changed(puid=word, category=word, content_date=word, territorial_scope=[word])
    path = folder / f"{named(word)}.json"
    path.write_text(json.dumps({"statements": [bad, bad | {word: word}]}))
    return ["statements", "lint", str(path), "--today", "2026-11-25"]


def run_a_missing_file(folder: Path, word: str) -> list[str]:
    return ["run", str(folder / named(word)), "--provider", "acme", "--out", str(folder / "out")]


def run_for_nobody(folder: Path, word: str) -> list[str]:
    return ["run", "--provider", word, "--out", str(folder / "out")]


def scan_wrong_packs(folder: Path, word: str) -> list[str]:
    pack_file(folder, word, "[")
    return ["scan", "--packs", str(folder)]


def send_cases(folder: Path, word: str) -> list[str]:
    path = folder / f"{named(word)}.jsonl"
    path.write_text(f"{json.dumps({word: word})}\n{word}\n")
    return ["cases", "send", str(path), "--provider", word]


def add_a_provider(folder: Path, word: str) -> list[str]:
    return ["providers", "add", word, "--principal", word]


def type_what_no_command_takes(folder: Path, word: str) -> list[str]:
    return ["recount", str(folder), f"x{word}"]


def review_a_missing_folder(folder: Path, word: str) -> list[str]:
    return ["review", str(folder / named(word)), "--packs", str(folder), "--moderator", "m-1"]


COMMANDS: dict[str, Callable[[Path, str], list[str]]] = {
    one.__name__: one
    for one in (
        *(check_packs, format_packs, try_packs, diff_packs, import_words, recount, lint_report),
        *(check_report, lint_statements, run_a_missing_file, run_for_nobody, scan_wrong_packs),
        *(send_cases, add_a_provider, review_a_missing_folder, type_what_no_command_takes),
    )
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_a_command_lets_nothing_be_obeyed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: Callable[..., list[str]], word: str
) -> None:
    arguments = command(tmp_path, word)
    main(arguments)
    told = capsys.readouterr()
    assert told.out + told.err
    assert OBEYED.findall(told.out + told.err) == []


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_json_on_stdout_says_the_same_and_nothing_is_obeyed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, word: str
) -> None:
    pack_file(tmp_path, "plain")
    tmp_path.joinpath("protected").mkdir()
    tmp_path.joinpath("protected/en.txt").write_text("Police warn of thefts.\n", "utf-8")
    data = line(id=word, text=f"send me the otp {word}", audience="public") + b"\n" + word.encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert main(["scan", "--packs", str(tmp_path), "--today", "2026-11-25"]) == 0
    told = capsys.readouterr()
    assert OBEYED.findall(told.out + told.err) == []
    assert [json.loads(row)["id"] for row in told.out.splitlines()] == [word]


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_each_file_gets_a_line_with_its_result(
    capsys: pytest.CaptureFixture[str], word: str
) -> None:
    """A word in brackets is not markup."""
    dropped = SimpleNamespace(path=Path(named(word)))
    receipt = FileReceipt(
        file="f", provider="acme", key="k", version="v", status="refused", at="", bytes=1,
        code="not_public", advice="Send public posts.",
    )  # fmt: skip
    told_of = RunResult("acme", [], [(dropped, receipt)], [], None)  # type: ignore[list-item]
    print_run(told_of, Screen(stderr=True), Path(named(word)))
    told = capsys.readouterr().err
    assert OBEYED.findall(told) == []
    assert sum("not_public" in line for line in told.splitlines()) == 1


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_printed_text_is_shown_unchanged(capsys: pytest.CaptureFixture[str], word: str) -> None:
    for tell in (print_result, print_problem, print_warning, Screen().print):
        tell(word)
        told = capsys.readouterr()
        assert OBEYED.findall(told.out + told.err) == []
    plain = "[bold red]x[/] [link=https://evil.example]y[/link] :smile:"
    Screen().print(plain, soft_wrap=True)
    assert capsys.readouterr().out == plain + "\n"


FORGED = "s-1\nposts.json: item 7: required: must be there\r\nstatements: 0; problems: 0"


@pytest.mark.parametrize("tell", [print_result, print_problem, print_warning, Screen().print],
                         ids=["say", "problem", "warning", "screen"])  # fmt: skip
def test_a_string_is_one_line_whatever_it_holds(
    capsys: pytest.CaptureFixture[str], tell: Callable[[str], None]
) -> None:
    tell(FORGED)
    told = capsys.readouterr()
    assert len((told.out + told.err).splitlines()) == 1


def test_a_puid_forges_no_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "batch.json"
    path.write_text(json.dumps({"statements": [changed(puid=FORGED)]}))
    assert main(["statements", "lint", str(path), "--today", "2026-11-25"]) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{path}: item 1 s-1␊posts.json")


def test_json_is_written_whatever_bytes_a_name_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """A file name that is not UTF-8 reaches Python with a lone surrogate for each byte."""
    print_json({"file": "\udcff\x7f"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert "\x7f" not in out
    assert json.loads(out) == {"file": "\udcff\x7f"}
