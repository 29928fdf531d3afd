"""A review as a moderator meets it: cards in order, blurred screens, a terminal, and a file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.review_world import WrittenTerminal, card, found, run_folder
from support.sample_posts import StandingClock
from support.typed import typing

from ledger.cases.messages import Decision
from ledger.errors import OperatorError
from ledger.records.finding import FoundSpan, excerpt_of
from terang.case_messages import MessageFile, read_messages
from terang.cli.command import main
from terang.console import blur, show_controls
from terang.review.cards import Card, alike, cards, marks
from terang.review.sources import findings_of_run, rule_reasons_in_folder
from terang.review.terminal import review_cards


def sitting(terminal: WrittenTerminal, *waiting: Any) -> list[Any]:
    def why(finding: object) -> str:
        return "Asks for a code."

    return review_cards(terminal, StandingClock(), "m-7", waiting, why, lambda messages: None)


def test_cards_are_of_one_post_and_one_category() -> None:
    other = found("p1", "sells", category="VIOLENCE")
    made = cards([found("p1"), found("p2"), found("p1", "links"), other])
    assert [[one.finding.rule for one in part.findings] for part in made] == [
        ["asks", "links"], ["asks"], ["sells"]
    ]  # fmt: skip


def test_a_card_holds_what_one_decision_may_name() -> None:
    made = cards([found("p1", str(number)) for number in range(45)])
    assert [len(part.findings) for part in made] == [20, 20, 5]


def test_posts_with_nearly_the_same_words_are_alike() -> None:
    own = card("p1", "Win a prize today, only 7 are left")
    same = card("p2", "WIN a prize today, only 12 are left!")
    others = (
        own,
        card("p1", "Win a prize today, only 7 are left"),
        card("p3", "Rain is due in the evening, they say"),
        card("p4", None),
        same,
    )
    assert alike(own, others) == [same]
    disguised = card("p6", "Ｗin a рrize today, ｏnly 7 are left")
    assert alike(own, [disguised]) == [disguised]
    chinese = (
        card("p7", "恭喜中奖，先付手续费再领奖，今天截止"),
        card("p8", "恭喜中奖，先付手续费再领奖，明天截止"),
    )
    assert alike(chinese[0], chinese) == [chinese[1]]
    assert len(alike(own, [card(f"q{n}", own.excerpt) for n in range(9)])) == 3
    assert alike(card("p5", None), others) == []


def test_an_excerpt_is_blurred_until_it_is_asked_for() -> None:
    terminal = WrittenTerminal([" ", "q"])
    sitting(terminal, card("p1", "send me the code"), card("p2", "send me the code!"))
    hidden, shown = terminal.shown
    assert "send me" not in hidden
    assert "░░░░ ░░ ░░░ ░░░░" in hidden
    assert shown.count("send me the code") == 2
    assert "alike: p2" in hidden
    assert "codes/asks v3" in hidden
    assert "Asks for a code." in hidden


def test_a_second_review_does_not_tell_the_first() -> None:
    terminal = WrittenTerminal(["q"])
    sitting(terminal, card("p1", "send me", decision="m-1-x"))
    assert "second review" in terminal.shown[0]
    assert "m-1-x" not in terminal.shown[0]


def test_a_card_shows_what_a_score_is_the_sum_of() -> None:
    terminal = WrittenTerminal(["q"])
    spans = (FoundSpan("text", 0, 4, "send", (), 4), FoundSpan("text", 0, 7, "{link}", (), 5))
    sitting(terminal, Card((found("p1", spans=spans, score=9, threshold=8),)))
    assert "score 9, it needs 8: {link} +5, send +4" in terminal.shown[0]


def test_a_card_tells_of_a_notice_and_of_an_escalation() -> None:
    terminal = WrittenTerminal(["q"])
    plain = found("p1")
    sitting(terminal, Card((replace(plain, notice="n-1", escalated=True), plain)))
    assert "The notice n-1 is about it" in terminal.shown[0]
    assert "It was escalated" in terminal.shown[0]


def test_a_post_cannot_command_the_terminal() -> None:
    hostile = "\x1b[2J\x1b]0;title\x07 send\u202e me \x9b31m [/] [bold]:smile:"
    one = found("p[/]\x1b[31m", "asks", hostile, url="https://a.example/\x1b[2J", language="e\x9bn")
    terminal = WrittenTerminal([" ", "q"])
    sitting(terminal, *cards([one, found("[/bold]", "asks", hostile)]))
    assert "alike: [/bold]" in terminal.shown[0]
    assert "[/] [bold]:smile:" in terminal.shown[1]
    for screen in terminal.shown:
        assert not set(screen) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert len(show_controls(hostile)) == len(hostile)


def test_blurring_keeps_the_shape_of_wide_and_combining_text() -> None:
    assert blur("验证码 कि a\u0301") == "░░░░░░ ░░ ░"


@pytest.mark.parametrize(
    ("text", "start", "shown"),
    [
        pytest.param("word and more", 0, ["word"], id="a short text"),
        pytest.param(
            "x" * 500 + " word " + "y" * 500, 501, ["word"], id="the middle of a long one"
        ),
        pytest.param("x" * 500 + " word", 501, [], id="the end of a long one: it cannot be told"),
    ],
)
def test_marks_stand_on_the_words_or_nowhere(text: str, start: int, shown: list[str]) -> None:
    excerpt = excerpt_of(text, start, start + 4)
    spans = (FoundSpan("text", start, start + 4, "word"),)
    one = found("p1", "asks", excerpt, spans=spans)
    assert [excerpt[first:last] for first, last in marks(one)] == shown


def test_decisions_are_on_the_disk_when_they_are_taken_and_gone_when_taken_back(
    tmp_path: Path,
) -> None:
    file = tmp_path / "new/decisions.jsonl"
    seen: list[int] = []
    terminal = WrittenTerminal(["d", "s", "u", "u", "s", "q"], ["it warns"])
    decided = MessageFile(file)

    def keep(messages: Any) -> None:
        decided.write(messages)
        seen.append(len(read_messages(file)))

    made = review_cards(
        terminal, StandingClock(), "m-7", (card("p1"), card("p2"), card("p3")), lambda _: "", keep
    )
    assert seen == [1, 2, 1, 0, 1]
    assert [one["verdict"] for one in read_messages(file)] == ["skipped"]
    assert msgspec.convert(read_messages(file)[0], Decision) == made[0]


@pytest.mark.parametrize(
    ("keys", "lines"), [("", []), ("c", []), ("d", [None]), ("c1", [None]), ("s", [])]
)
def test_a_terminal_that_is_closed_ends_the_sitting(keys: str, lines: list[None]) -> None:
    assert len(sitting(WrittenTerminal(keys, lines), card())) == keys.count("s")


def test_earlier_content_of_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    file.write_text('{"id": "before"}')
    decided = MessageFile(file)
    decided.write([])
    assert file.read_text() == '{"id": "before"}'
    message = sitting(WrittenTerminal(["s", "q"]), card())[0]
    decided.write([message])
    decided.write([])
    decided.write([message])
    assert [one["id"] for one in read_messages(file)] == ["before", message.id]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param('{"id": "1"}', ["1"], id="one object"),
        pytest.param('[{"id": "1"},\n {"id": "2"}]', ["1", "2"], id="an array"),
        pytest.param('{"id": "1"}\n\n{"id": "2"}\n', ["1", "2"], id="lines"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_messages_are_read_in_each_of_their_shapes(
    tmp_path: Path, text: str, ids: list[str]
) -> None:
    file = tmp_path / "messages.json"
    file.write_text(text)
    assert [one["id"] for one in read_messages(file)] == ids


@pytest.mark.parametrize("text", ["hello", '{"id": "1"}\n7', "[1]", "\xff"])
def test_a_file_that_holds_something_else_names_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "messages.json"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(OperatorError, match=r"messages\.json:[12]: not a JSON object"):
        read_messages(file)
    with pytest.raises(OperatorError, match="cannot read"):
        read_messages(tmp_path / "nowhere")


def test_a_run_is_reviewed_by_severity_and_reach_without_a_stack(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    for path in (folder, folder / "findings.jsonl"):
        listed = findings_of_run(path, [])
        assert [one.finding.post for one in listed] == ["p3", "p2", "p1"]
        assert listed[0].excerpt == "send me"
        assert rule_reasons_in_folder(path)(listed[0].finding) == "Asks for a code."
    left = findings_of_run(folder, [listed[0].finding.finding])
    assert [one.finding.post for one in left] == ["p2", "p1"]


def test_a_finding_of_an_unknown_set_is_shown(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    [first, *_] = findings_of_run(folder, [])
    assert rule_reasons_in_folder(tmp_path / "elsewhere/findings.jsonl")(first.finding) == ""
    for file in (folder / "public/sets").iterdir():
        file.write_text("{}")
    assert rule_reasons_in_folder(folder)(first.finding) == ""


def test_a_file_of_something_else_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot read"):
        findings_of_run(tmp_path, [])
    (tmp_path / "findings.jsonl").write_text('{"id": "1"}\n')
    with pytest.raises(OperatorError, match="no findings"):
        findings_of_run(tmp_path, [])


def test_a_moderator_decides_with_keys_and_goes_on_another_day(tmp_path: Path) -> None:
    """Keys typed ahead are not lost, and an arrow is not a verdict."""
    run, file = run_folder(tmp_path / "run"), tmp_path / "decisions.jsonl"
    with typing("review", run, "--moderator", "m-7", "--decisions", file) as person:
        assert "send me" not in person.until("3 waiting")
        person.type(" ")
        person.until("send")
        person.type("\x1b[Ac")
        person.until("What did the provider do")
        person.type("1")
        person.until("reason:")
        person.type("asks for a código 验证码\n")
        person.until("2 waiting, 1 decided")
        person.type("nq")
        assert person.ended() == 0
        person.until(f"1 decision in {file}")
    [message] = read_messages(file)
    assert (message["verdict"], message["reason"]) == ("confirmed", "asks for a código 验证码")
    with typing("review", run, "--moderator", "m-8", "--decisions", file) as person:
        person.until("2 waiting, 0 decided")
        person.type("ss")
        person.until("Nothing waits any more")
        person.type("q")
        assert person.ended() == 0
    assert len(read_messages(file)) == 3


def test_breaking_off_loses_no_decision(tmp_path: Path) -> None:
    run, file = run_folder(tmp_path / "run"), tmp_path / "decisions.jsonl"
    with typing("review", run, "--moderator", "m-7", "--decisions", file) as person:
        person.until("3 waiting")
        person.type("s")
        person.until("2 waiting")
        person.process.send_signal(2)
        assert person.ended() == 130
    assert len(read_messages(file)) == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["run", "--moderator", "Jane Doe"], 2, "--moderator", id="a name"),
        pytest.param(["run", "--moderator", "m-7"], 2, "needs a terminal", id="no terminal"),
        pytest.param(["--moderator", "m-7"], 2, "a run's folder", id="nothing to review"),
    ],
)
def test_wrong_usage_says_why(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", *words]) == code
    assert said in capsys.readouterr().err
