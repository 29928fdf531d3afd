"""What a person must read or copy is on the screen whole, however long and however narrow."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from rich.console import RenderableType
from support.review_world import card, found
from support.sample_posts import line

from ledger.cases.case import Case, CaseEntry, JournalEntry
from ledger.records.finding import EXCERPT_LENGTH, FoundCheck, Label
from ledger.records.post import read_line
from matcher import Hit, Span
from terang.cli.run import print_run
from terang.console import Screen, print_result, show_controls
from terang.packs.comparison import PackComparison, as_lines
from terang.review.audit import begin_audit, press_audit_key
from terang.review.cards import cards
from terang.review.screens import audit_screen, case_screen, review_screen
from terang.review.sources import CaseHistory
from terang.review.steps import MEASURES, begin_review, press_key
from terang.trial.trial import RunResult

NOW = datetime(2026, 11, 25, 13, tzinfo=UTC)
WIDTHS = (40, 80, 200)

TEXTS = {
    "Chinese without spaces": "恭喜您中奖请先支付手续费再领取奖金" * 16 + "把验证码发给我！！！！",
    "a long link": "https://parcel.example/" + "a1b2c3d4e5" * 25 + "?otp=now",
    "Arabic": "أرسل لي الرمز الذي وصلك الآن على هاتفك " * 7 + "الرمز هنا",
    "Hebrew and Latin": "שלח לי את הקוד send me the otp " * 9,
    "Thai without spaces": "ส่งรหัสยืนยันที่เพิ่งได้รับมาให้ฉันเดี๋ยวนี้" * 6,
    "combining marks": "s\u0301e\u0302n\u0303d\u0304 " * 30 + "e" + "\u0301" * 60,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽" * 20,
    "wide and narrow": "aＷ验b" * 70,
    "a word without end": "x" * 275 + " code",
    "lines": "send\nme\nthe\ncode\n" * 16,
}


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


@pytest.mark.parametrize("name", TEXTS)
def test_a_review_shows_every_code_point_of_an_excerpt(name: str, width: int) -> None:
    text = TEXTS[name][:EXCERPT_LENGTH]
    review = press_key(begin_review("m-7", (card("p1", text),), NOW), " ", NOW)
    assert has(drawn(review_screen(review, lambda _: "", NOW)), text)


@pytest.mark.parametrize("name", TEXTS)
def test_excerpts_that_are_alike_are_all_whole(name: str, width: int) -> None:
    """Next to each other in columns their lines interleave, so code points are counted."""
    text = f"{TEXTS['lines'][:40]}{TEXTS[name]}"[:EXCERPT_LENGTH]
    made = tuple(card(f"p{number}", text) for number in range(4))
    shown = drawn(
        review_screen(press_key(begin_review("m-7", made, NOW), " ", NOW), lambda _: "", NOW)
    )
    counted, wanted = Counter(shown), Counter(bare(show_controls(text)))
    assert all(counted[sign] >= 4 * count for sign, count in wanted.items())
    assert all(f"alike: p{number}" in shown for number in (1, 2, 3))


LONG = {
    "post": "p" * 199 + "!",
    "url": "https://chat.example/" + "u" * 300 + "/end",
    "language": "zh-" + "x" * 60,
    "pack": "a-pack-of-forty-letters-" + "p" * 15,
    "rule": "a-rule-of-forty-letters-" + "r" * 15,
}
CHECK = FoundCheck(
    "https://check.example/" + "c" * 200,
    "这个说法是错误的" * 20,
    "false",
    "假" * 60,
    "Check",
    "",
    0.9,
)


def long_finding() -> Any:
    changes = {name: LONG[name] for name in ("url", "language", "pack")}
    return found(LONG["post"], LONG["rule"], "text", label=Label((CHECK,)), **changes)


def test_a_review_shows_ids_links_reasons_and_checks_whole(width: int) -> None:
    reason = "规则说明没有空格" * 30
    made = cards([long_finding()])
    shown = drawn(review_screen(begin_review("m" * 100, made, NOW), lambda _: reason, NOW))
    wanted = (*LONG.values(), CHECK.url, CHECK.claim, CHECK.stated, reason, "m" * 100)
    assert [one for one in wanted if not has(shown, one)] == []


def test_a_review_shows_every_key_and_measure(width: int) -> None:
    made = (card("p1"), card("p2" * 100, "send me"))
    begun = begin_review("m-7", made, NOW)
    shown = drawn(review_screen(press_key(begun, "c", NOW), lambda _: "", NOW))
    assert all(f"[{key}]" in shown for key in MEASURES)
    assert has(drawn(review_screen(begun, lambda _: "", NOW)), f"alike: {'p2' * 100}")


def test_a_case_shows_ids_reasons_and_history_whole(width: int) -> None:
    finding = msgspec.structs.replace(long_finding().finding, account="k2026-11:" + "ab" * 16)
    reason, message = "理由没有空格" * 60, "d" * 199 + "!"
    entry = JournalEntry("e" * 64, "decision", "acme", "2026-11-25T12:00:00Z", verdict="dismissed",
                         moderator="m" * 99 + "!")  # fmt: skip
    done = CaseEntry(1, "decide", "decided", entry, message, reason=reason)
    case = Case(finding.finding, finding=finding, excerpt=TEXTS["Chinese without spaces"][:280],
                entries=(done,))  # fmt: skip
    shown = drawn(case_screen(CaseHistory(case, (case,), (done,)), shown=True, now=NOW))
    links = (LONG["post"], LONG["url"], LONG["pack"], LONG["rule"], CHECK.url, CHECK.claim)
    wanted = (*links, finding.finding, finding.account, reason,
              message, entry.moderator, case.excerpt)  # fmt: skip
    assert [one for one in wanted if not has(shown, str(one))] == []


def test_an_audit_shows_the_post_and_every_category(width: int) -> None:
    audit = begin_audit("m" * 100, "2026-11", (LONG["post"],), NOW)
    assert has(drawn(audit_screen(audit)), LONG["post"])
    shown = drawn(audit_screen(press_audit_key(audit, "v", NOW)))
    assert "…" not in shown
    assert has(shown, "UNSAFE_AND_PROHIBITED_PRODUCTS")


def test_a_run_shows_rules_files_and_folders_whole(
    width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = SimpleNamespace(
        inspected=1,
        refused={},
        findings=1,
        by_rule={f"{LONG['pack']}/1/{LONG['rule']}/live": 1},
        partly_read=0,
    )
    name, out = "f" * 150 + ".jsonl", Path("/" + "o" * 150)
    file = SimpleNamespace(status="refused", code="not_public", repeated=False, advice="a" * 200)
    made: Any = RunResult("acme", [receipt], [(SimpleNamespace(path=Path(name)), file)], [], out)  # type: ignore[list-item]
    print_run(made, Screen(stderr=True), out)
    told = capsys.readouterr().err
    assert has(told, f"{LONG['pack']}/{LONG['rule']}")
    assert f"{name}: refused: not_public ({'a' * 200})\n" in told
    assert f"check:    terang recount {out}/public\n" in told


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
    made.rules["codes/asks"].newly = 1
    made.rules["codes/asks"].show("newly", found_post[0], hit)
    assert any("send me the otp" in line for line in list(as_lines(made))[2:])
