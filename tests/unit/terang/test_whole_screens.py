"""What a person must read or copy is on the screen whole, however long and however narrow."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from rich.console import RenderableType
from support.review_world import found
from support.sample_posts import line

from ledger.cases import Case, CaseEntry, JournalEntry
from ledger.findings import FoundCheck, Label
from ledger.posts import read_line
from matcher import Hit, Span
from terang.cli.review import CaseHistory, case_screen
from terang.cli.run import print_run
from terang.comparison import PackComparison, as_lines
from terang.terminal import Screen, print_result, show_controls
from terang.trial import RunResult

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
    console = Screen()
    with console.capture() as capture:
        console.print(screen)
    return capture.get()


def bare(text: str) -> str:
    """The text without blanks and frames, which is what wrapping may change."""
    return "".join(sign for sign in text if not sign.isspace() and sign not in "│╭╮╰╯─")


def has(screen: str, text: str) -> bool:
    return bare(show_controls(text)) in bare(screen)


LONG = {
    "post": "p" * 199 + "!",
    "url": "https://chat.example/" + "u" * 300 + "/end",
    "language": "zh-" + "x" * 60,
    "pack": "a-pack-of-forty-letters-" + "p" * 15,
    "rule": "a-rule-of-forty-letters-" + "r" * 15,
}
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


def test_a_run_shows_rules_files_and_folders_whole(
    width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = SimpleNamespace(inspected=1, refused={}, findings=1,
                              by_rule={f"{LONG['pack']}/1/{LONG['rule']}/live": 1},
                              partly_read=0)  # fmt: skip
    name, out = "f" * 150 + ".jsonl", Path("/" + "o" * 150)
    file = SimpleNamespace(status="refused", code="not_public", repeated=False, advice="a" * 200)
    made: Any = RunResult("acme", [receipt], [(SimpleNamespace(path=Path(name)), file)], [], out)  # type: ignore[list-item]
    print_run(made, Screen(stderr=True), out)
    told = capsys.readouterr().err
    assert has(told, f"{LONG['pack']}/{LONG['rule']}")
    assert f"{name}: refused: not_public ({'a' * 200})\n" in told
    assert f"check:    .venv/bin/terang verify {out}/public\n" in told


def test_a_string_is_one_line_that_the_terminal_wraps(
    width: int, capsys: pytest.CaptureFixture[str]
) -> None:
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
