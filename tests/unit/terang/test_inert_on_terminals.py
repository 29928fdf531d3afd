"""What a stranger wrote is only text on a terminal, and all of it is on the screen."""

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from rich.console import RenderableType
from support.hostile import HOSTILE, OBEYED
from support.publish_world import World, sample_receipt
from support.review_world import found
from support.sample_packs import PACK
from support.sample_posts import line
from support.statement_samples import changed
from support.written_report import put, table, written

from dsa.report_entries import file_name
from ledger.cases import Case, CaseEntry, JournalEntry
from ledger.closing import FileReceipt
from ledger.findings import FoundCheck, Label
from ledger.posts import read_line
from matcher import Hit, Span
from terang.cli import main
from terang.cli.review import CaseHistory, case_screen
from terang.cli.run import RunResult, print_run
from terang.new_packs import PackComparison, as_lines
from terang.terminal import (
    Screen,
    print_json,
    print_problem,
    print_result,
    print_warning,
    show_controls,
)


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
def test_a_command_lets_nothing_be_obeyed(capsys: pytest.CaptureFixture[str], tmp_path: Path,
        command: Callable[..., list[str]], word: str) -> None:  # fmt: skip
    arguments = command(tmp_path, word)
    main(arguments)
    told = capsys.readouterr()
    assert told.out + told.err
    assert OBEYED.findall(told.out + told.err) == []


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_json_on_stdout_says_the_same_and_nothing_is_obeyed(capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path, word: str) -> None:  # fmt: skip
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
def test_each_file_gets_a_line_of_results(capsys: pytest.CaptureFixture[str], word: str) -> None:
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
def test_a_string_is_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str],
                                                tell: Callable[[str], None]) -> None:  # fmt: skip
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


NOW = datetime(2026, 11, 25, 13, tzinfo=UTC)
WIDTHS = (40, 80, 200)

CHINESE = "恭喜您中奖请先支付手续费再领取奖金" * 16 + "把验证码发给我！！！！"


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    monkeypatch.setenv("LINES", "24")
    return int(request.param)


def drawn(screen: RenderableType) -> str:
    """The screen as the command prints it; no line is wider than the terminal."""
    seen = Screen()
    with seen.capture() as capture:
        seen.print(screen)
    return capture.get()


def bare(text: str) -> str:
    """The text without blanks and frames, which is what wrapping may change."""
    return "".join(sign for sign in text if not sign.isspace() and sign not in "│╭╮╰╯─")


def has(screen: str, text: str) -> bool:
    return bare(show_controls(text)) in bare(screen)


LONG = {"post": "p" * 199 + "!", "url": "https://chat.example/" + "u" * 300 + "/end",
        "language": "zh-" + "x" * 60, "pack": "a-pack-of-forty-letters-" + "p" * 15,
        "rule": "a-rule-of-forty-letters-" + "r" * 15}  # fmt: skip
CHECK = FoundCheck("https://check.example/" + "c" * 200, "这个说法是错误的" * 20, "false",
                   "假" * 60, "Check", "", 0.9)  # fmt: skip


def long_finding() -> Any:
    changes = {name: LONG[name] for name in ("url", "language", "pack")}
    return found(LONG["post"], LONG["rule"], "text", label=Label((CHECK,)), **changes)


def test_a_case_shows_ids_reasons_and_history_whole(width: int) -> None:
    finding = msgspec.structs.replace(long_finding().finding, account="k2026-11:" + "ab" * 16)
    reason, message = "理由没有空格" * 60, "d" * 199 + "!"
    entry = JournalEntry("e" * 64, "acme", "2026-11-25T12:00:00Z", type="decision",
                         verdict="dismissed", moderator="m" * 99 + "!")  # fmt: skip
    done = CaseEntry(1, "decide", "decided", entry, message, reason=reason)
    case = Case(finding.finding, finding=finding, excerpt=CHINESE[:280],
                entries=(done,))  # fmt: skip
    shown = drawn(case_screen(CaseHistory(case, (case,), (done,)), shown=True, now=NOW))
    links = (LONG["post"], LONG["url"], LONG["pack"], LONG["rule"], CHECK.url, CHECK.claim)
    wanted = (*links, finding.finding, finding.account, reason,
              message, entry.moderator, case.excerpt)  # fmt: skip
    assert [one for one in wanted if not has(shown, str(one))] == []


def test_a_run_shows_names_whole(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    receipt = SimpleNamespace(inspected=1, refused={}, findings=1,
                              by_rule={f"{LONG['pack']}/1/{LONG['rule']}/live": 1},
                              held={}, partly_read=0)  # fmt: skip
    name, out = "f" * 150 + ".jsonl", Path("/" + "o" * 150)
    file = SimpleNamespace(status="refused", code="not_public", repeated=False, advice="a" * 200)
    made: Any = RunResult("acme", [receipt], [(SimpleNamespace(path=Path(name)), file)], [], out)  # type: ignore[list-item]
    print_run(made, Screen(stderr=True), out)
    told = capsys.readouterr().err
    assert has(told, f"{LONG['pack']}/{LONG['rule']}")
    assert f"{name}: refused: not_public ({'a' * 200})\n" in told
    assert f"check:    .venv/bin/terang verify {out}/public\n" in told


def test_a_string_is_one_wrapped_line(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    long = "https://chat.example/" + "u" * 300
    Screen().print(long)
    print_result(long)
    assert capsys.readouterr().out == f"{long}\n" * 2


def test_a_difference_of_packs_shows_the_words_that_were_hit() -> None:
    text = "雨" * 3_000 + " send me the otp " + "雨" * 3_000
    at = text.index("send")
    found_post = read_line(line(text=text))
    assert isinstance(found_post, tuple)
    made = PackComparison(posts=1)
    hit = Hit("codes", 1, "asks", "live", "SCAMS_AND_FRAUD", "high",
              (Span("text", at, at + 15, "send me the otp", ()),))  # fmt: skip
    made.rules["codes/asks"].count(found_post[0], None, hit)
    assert any("send me the otp" in line for line in list(as_lines(made))[2:])
