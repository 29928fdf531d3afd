"""What a review reads: cards in order, near copies, the findings of a run, and messages."""

import json
from pathlib import Path

import pytest
from support.review_world import card, found, run_folder

from ledger.refusals import OperatorError
from terang.case_queue import read_messages
from terang.cli.command import main
from terang.review.dossiers import Card, cards, group_copies
from terang.review.sources import PublishedWords, findings_of_run
from terang.terminal import blur


def test_cards_are_of_one_post_and_one_category() -> None:
    other = found("p1", "sells", category="VIOLENCE")
    made = cards([found("p1"), found("p2"), found("p1", "links"), other])
    assert [[one.finding.rule for one in part.findings] for part in made] == [
        ["asks", "links"], ["asks"], ["sells"]
    ]  # fmt: skip


def test_a_card_holds_what_one_decision_may_name() -> None:
    made = cards([found("p1", str(number)) for number in range(45)])
    assert [len(part.findings) for part in made] == [20, 20, 5]


PRIZE = "Win a prize today at our shop in the old town, only 7 are left"


def test_posts_with_nearly_the_same_words_are_copies() -> None:
    own = card("p1", PRIZE)
    same = card("p2", PRIZE.upper().replace("7", "12"))
    disguised = card("p6", PRIZE.replace("p", "р").replace("W", "Ｗ"))
    other = card("p3", "Rain is due in the evening and in the night, they say on the radio")
    groups = group_copies([own, same, disguised, other, card("p4", None)])
    assert {each.first.post for each in groups.copies(own)} == {"p2", "p6"}
    assert groups.copies(other) == ()
    assert groups.of[same.first.finding] == groups.of[own.first.finding]
    assert other.first.finding not in groups.of


def test_short_texts_are_copies_only_if_they_are_the_same() -> None:
    own, same, near = card("p1", "send me"), card("p2", "SEND  me"), card("p3", "send it")
    groups = group_copies([own, same, near])
    assert [each.first.post for each in groups.copies(own)] == ["p2"]
    assert groups.copies(near) == ()


def test_a_group_holds_what_one_form_may_decide_and_no_other_category() -> None:
    many = [card(f"q{n}", PRIZE) for n in range(30)]
    other = Card((found("z", text=PRIZE, category="VIOLENCE"),))
    groups = group_copies([*many, other])
    assert len(groups.copies(many[0])) == 19
    assert groups.copies(other) == ()


def test_blurring_keeps_the_shape_of_wide_and_combining_text() -> None:
    assert blur("验证码 कि a\u0301") == "░░░░░░ ░░ ░"


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
        listed = findings_of_run(path)
        assert [one.finding.post for one in listed] == ["p3", "p2", "p1"]
        assert listed[0].excerpt == "send me"
        assert PublishedWords.of_folder(path).facts(listed[0].finding).why == "Asks for a code."


def test_held_findings_of_a_run_are_listed_once_they_are_opened(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)  # one of its four live findings is held already
    file = folder / "findings.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    provider, day = rows[0]["provider"], rows[0]["found_at"][:10]
    hold = f"{day}/{rows[0]['pack']}/{rows[0]['rule']}"
    file.write_text("\n".join(json.dumps(row | {"held": True}) for row in rows))
    assert findings_of_run(folder) == []
    published = folder / f"public/summaries/{provider}/{day}.json"
    published.parent.mkdir(parents=True)
    for answer, listed in ((f"{hold}/left_held", 0), (f"{hold}/opened", 4)):
        cases = {"floods_answered": {answer: 1}}
        published.write_text(json.dumps({"kind": "day", "cases": cases}, indent=2))
        assert len(findings_of_run(folder)) == listed


def test_a_finding_of_an_unknown_set_is_shown(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    [first, *_] = findings_of_run(folder)
    assert (
        PublishedWords.of_folder(tmp_path / "elsewhere/findings.jsonl").facts(first.finding).why
        == ""
    )
    for file in (folder / "public/sets").iterdir():
        file.write_text("{}")
    assert PublishedWords.of_folder(folder).facts(first.finding).why == ""


def test_a_file_of_something_else_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot read"):
        findings_of_run(tmp_path)
    (tmp_path / "findings.jsonl").write_text('{"id": "1"}\n')
    with pytest.raises(OperatorError, match="no findings"):
        findings_of_run(tmp_path)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["run", "--moderator", "Jane Doe"], 2, "--moderator", id="a name"),
        pytest.param(["--moderator", "m-7"], 2, "a run's folder", id="nothing to review"),
    ],
)
def test_wrong_usage_says_why(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", *words]) == code
    assert said in capsys.readouterr().err
