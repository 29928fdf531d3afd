"""What waits after a run: its findings and messages, judged as decide judges them."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.review_world import WHO, desk_of, found, four_findings, run_folder
from support.sample_messages import complaint, decision, notice, order, outcome

from desk.items import ItemKind
from ledger.refusals import OperatorError
from terang.cli.command import main
from terang.run_table import findings_of_run

KEYS = {each.finding.post: each.finding.finding for each in four_findings()}
PRIZE = "Win a prize today at our shop in the old town, only 7 are left"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "run")


def waiting(folder: Path, *messages: dict[str, Any]) -> list[tuple[ItemKind, str]]:
    """The kind and the key of what waits for another moderator."""
    return [(item.kind, item.key) for item in desk_of(folder, *messages).items(WHO)]


def answer(what: str, **changes: Any) -> dict[str, Any]:
    """The answer to the question about the held rule."""
    times = {"opened_at": "2026-11-25T13:00:00Z", "decided_at": "2026-11-25T13:01:00Z"}
    return {"type": "flood_answer", "id": "f-1", "day": "2026-11-25", "moderator": "m-1",
            "held_rule": "codes/asks-for-code", "verdict": what, **times, **changes}  # fmt: skip


def test_findings_wait_by_severity_and_reach_and_a_held_rule_asks(folder: Path) -> None:
    for path in (folder, folder / "findings.jsonl"):
        *found_ones, (kind, _) = waiting(path)
        assert [key for _, key in found_ones] == [KEYS[post] for post in ("p3", "p2", "p1")]
        assert kind is ItemKind.HELD_RULE
        dossier = desk_of(path).dossier(WHO, KEYS["p3"])
        assert dossier is not None
        assert dossier.excerpt == "send me"
        [(_, facts)] = dossier.rules
        assert (facts.why, facts.page) == (
            "Asks for a code.", "/public/packs/codes/3.html#asks-for-code")  # fmt: skip


@pytest.mark.parametrize(("verdict", "waits"), [("left_held", 3), ("opened", 4)])
def test_held_findings_wait_once_they_are_opened(folder: Path, verdict: str, waits: int) -> None:
    kinds = [kind for kind, _ in waiting(folder, answer(verdict))]
    assert kinds == [ItemKind.FINDING] * waits


def test_what_decide_took_no_longer_waits_and_what_it_would_refuse_does(folder: Path) -> None:
    decided = decision(KEYS["p1"], verdict="dismissed")
    early = decision(KEYS["p2"], id="d-2", verdict="dismissed", decided_at="2026-11-24T12:30:00Z",
                     opened_at="2026-11-24T12:29:00Z")  # fmt: skip
    (folder / "cases.jsonl").write_text(json.dumps(decided))
    keys = {key for _, key in waiting(folder, early, {"type": "decision"})}
    assert (KEYS["p1"] in keys, KEYS["p2"] in keys) == (False, True)


def test_an_order_a_notice_and_a_complaint_wait_until_they_are_answered(folder: Path) -> None:
    sent = [
        order(), notice(post="p9"), notice(id="n-2", post="p2", finding=KEYS["p2"]),
        decision(KEYS["p1"]), complaint(),
    ]  # fmt: skip
    kinds = [kind for kind, _ in waiting(folder, *sent)]
    others = [ItemKind.NOTICE, ItemKind.ORDER, ItemKind.COMPLAINT, ItemKind.HELD_RULE]
    assert [kind for kind in kinds if kind is not ItemKind.SECOND_REVIEW] == [
        ItemKind.FINDING, ItemKind.FINDING, *others]  # fmt: skip
    desk = desk_of(folder, *sent)
    card = desk.dossier(WHO, KEYS["p2"])
    assert card is not None
    assert [each.message for each in card.notices] == ["n-2"]
    [contest] = [item for item in desk.items(WHO) if item.kind is ItemKind.COMPLAINT]
    assert contest.not_for == ("m-1",)
    ends = [outcome(), order(id="q-2", follows="q-1", outcome="complied"),
            decision(id="d-2", notice="n-1", category=..., verdict="dismissed")]  # fmt: skip
    left = {kind for kind, _ in waiting(folder, *sent, *ends)} - {ItemKind.SECOND_REVIEW}
    assert left == {ItemKind.FINDING, ItemKind.HELD_RULE}


def test_posts_with_nearly_the_same_words_are_copies(tmp_path: Path) -> None:
    posts = {
        "p1": PRIZE, "p2": PRIZE.upper().replace("7", "12"), "p3": "send it",
        "p6": PRIZE.replace("p", "р").replace("W", "Ｗ"), "p7": "SEND  me", "p8": "send me",
    }  # fmt: skip
    findings = [found(post, "asks-for-code", text) for post, text in posts.items()]
    desk = desk_of(run_folder(tmp_path / "run", *findings, found("p9", "asks-for-code", None)))

    def copies(place: int) -> set[str]:
        dossier = desk.dossier(WHO, findings[place].finding.finding)
        assert dossier is not None
        return {copy.findings[0].finding.post for copy in dossier.copies}

    assert [copies(place) for place in (0, 2, 5)] == [{"p2", "p6"}, set(), {"p7"}]
    marked = {item.key for item in desk.items(WHO) if item.has_copies}
    assert marked == {findings[place].finding.finding for place in (0, 1, 3, 4, 5)}


def test_a_finding_of_an_unknown_set_is_shown(folder: Path) -> None:
    for file in (folder / "public/sets").iterdir():
        file.write_text("{}")
    dossier = desk_of(folder, decision(KEYS["p1"])).dossier(WHO, KEYS["p1"])
    assert dossier is not None
    assert (dossier.rules, dossier.excerpt) == ((), "send me")


def test_a_file_of_something_else_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot read"):
        findings_of_run(tmp_path)
    (tmp_path / "findings.jsonl").write_text('{"id": "1"}\n')
    with pytest.raises(OperatorError, match="no findings"):
        findings_of_run(tmp_path)


@pytest.mark.parametrize(("words", "code", "said"), [
    pytest.param(["run", "--moderator", "Jane Doe"], 2, "--moderator", id="a name"),
    pytest.param(["--moderator", "m-7"], 2, "a run's folder", id="nothing to review"),
])  # fmt: skip
def test_wrong_usage_says_why(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", *words]) == code
    assert said in capsys.readouterr().err
