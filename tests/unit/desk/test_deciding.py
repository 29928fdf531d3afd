"""What a form becomes: the bounds of its fields, and which parts of a card a verdict takes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.desk_world import audited, complaint, decided, dossier, finding

from cases.kinds import CaseMessage
from desk import Door, Dossier, Item, ItemKind, Moderator, NearCopy, Role
from desk.cards import ReasonError, read_reasons
from desk.deciding import DecidingError, DecisionForm, decide, form_id
from ledger.findings import FloodQuestion

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
WHO = Moderator("m-7", "acme", Role.MODERATOR, Door.CONSOLE)
CARD = dossier(finding("p1"))
REMOVED = "DECISION_VISIBILITY_CONTENT_REMOVED"


def form(verdict: str, opened: datetime = NOW, **fields: Any) -> DecisionForm:
    own = form_id("m-7", opened, "00ff00ff")
    return DecisionForm(own, verdict, **({"reason": "It asks."} | fields))


def messages(made: DecisionForm, card: Dossier = CARD, now: datetime = NOW) -> list[Any]:
    pending = decide(made, card, WHO, now)
    return [msgspec.convert(each, CaseMessage) for each in pending.messages]


def why(made: DecisionForm, card: Dossier = CARD) -> str:
    with pytest.raises(DecidingError) as raised:
        messages(made, card)
    return str(raised.value)


@pytest.mark.parametrize("age", [timedelta(), timedelta(hours=24)])
def test_a_form_is_taken_for_a_day(age: timedelta) -> None:
    [message] = messages(form("dismissed", NOW - age))
    assert (message.opened_at, message.decided_at) == (NOW - age, NOW)


@pytest.mark.parametrize("age", [timedelta(seconds=-1), timedelta(hours=24, seconds=1)])
def test_a_form_of_another_day_is_not(age: timedelta) -> None:
    assert "a day old" in why(form("dismissed", NOW - age))


def test_a_form_whose_time_is_no_time_is_nobodys() -> None:
    made = replace(form("dismissed"), id="m-7-20261332T140000.000000Z-00000000")
    assert "not yours" in why(made)


def test_a_decision_can_be_taken_back_for_ten_seconds() -> None:
    pending = decide(form("dismissed"), CARD, WHO, NOW)
    assert (pending.held_at, pending.due_at) == (
        "2026-11-25T14:00:00.000000Z", "2026-11-25T14:00:10.000000Z")  # fmt: skip


@pytest.mark.parametrize(("fields", "parsed"), [
    ({"reason": [" typed "], "canned": ["chosen"]}, {"reason": "typed"}),
    ({"reason": [" "], "canned": [" chosen "]}, {"reason": "chosen"}),
    ({"verdict": ["confirmed", "skipped"]}, {"verdict": "skipped"}),
    ({"verdict": ["confirmed", "dismissed"]}, {"verdict": "confirmed"}),
    ({"measure": [""]}, {"measure": "none"}),
    ({"measure": ["age"]}, {"measure": "age"}),
    ({"shown": ["a", "b"], "kept": ["b", "c"]}, {"left_out": frozenset("a")}),
    ({"shows": ["yes"]}, {"shows_text": True}),
    ({"violates": ["VIOLENCE"], "category": ["a"]}, {"category": "VIOLENCE"}),
])  # fmt: skip
def test_fields_of_a_form(fields: dict[str, list[str]], parsed: dict[str, object]) -> None:
    assert DecisionForm.parse(fields) == replace(DecisionForm(""), **parsed)


@pytest.mark.parametrize(("verdict", "measure", "code"), [
    ("confirmed", "removed", REMOVED), ("confirmed", "none", None), ("dismissed", "removed", None),
    ("threat", "removed", None),
])  # fmt: skip
def test_only_a_confirmed_post_gets_a_measure(verdict: str, measure: str, code: str | None) -> None:
    [message] = messages(form(verdict, measure=measure, reason_language="en"))
    assert (message.measures.visibility[0] if message.measures else None) == code
    assert message.applied_at == (NOW if code else None)
    assert message.escalation == ("threat_to_life" if verdict == "threat" else None)
    assert (message.reason, message.reason_language) == ("It asks.", "en")


def test_a_skipped_card_gives_no_reason_and_leaves_copies_alone() -> None:
    card = replace(CARD, copies=(NearCopy("1" * 64, (finding("q1"),)),))
    [message] = messages(form("skipped", reason="", reason_language="en"), card)
    assert (message.verdict, message.reason, message.reason_language, message.group) == (
        "skipped", None, None, None)  # fmt: skip


def test_a_verdict_answers_the_notices_of_its_parts() -> None:
    """A notice about the post comes first; else one that waits at a finding that is kept."""
    reported, other = replace(finding("p1"), notice="n-1"), finding("p1", "offers")
    copies = (NearCopy("1" * 64, (replace(finding("q1"), notice="n-2"),)),
              NearCopy("2" * 64, (finding("q2"),)))  # fmt: skip
    card = replace(dossier(other, reported), copies=copies)
    assert [each.notice for each in messages(form("dismissed"), card)] == ["n-1", "n-2", None]
    assert {each.group for each in messages(form("dismissed"), card)} == {form("").id}
    of_post = replace(card, notices=(decided("notice"),))
    assert messages(form("dismissed"), of_post)[0].notice == "notice-1"
    kept = form("dismissed", left_out=frozenset({reported.finding.finding}))
    assert messages(kept, card)[0].notice is None
    assert messages(kept, card)[0].findings == (other.finding.finding,)


def test_a_notice_without_a_finding_is_decided_and_a_card_of_nothing_is_not() -> None:
    item = Item("n" * 64, ItemKind.NOTICE, "2026-11-25T12:00:00Z")
    [message] = messages(form("dismissed"), Dossier(item, notices=(decided("notice"),)))
    assert (message.findings, message.notice) == ((), "notice-1")
    assert "at least one finding" in why(form("dismissed"), Dossier(item))
    reported_post = Dossier(item, notices=(decided("notice"),))
    ground = {"ground": "terms", "ground_text": "Rule 3"}
    for name, value in (("ground", "law"), ("ground_text", " ")):
        assert "which law" in why(form("confirmed", **ground | {name: value}), reported_post)
    [message] = messages(form("confirmed", **ground), reported_post)
    assert (message.ground, message.ground_text, message.ground_url) == ("terms", "Rule 3", None)
    known = decided("notice", ground="illegal", ground_text="A law", ground_url="")
    [message] = messages(form("confirmed", **ground), Dossier(item, notices=(known,)))
    assert (message.ground, message.ground_text) == ("illegal", "A law")
    nothing_left = form("dismissed", left_out=frozenset({CARD.item.key}))
    reported = replace(CARD, notices=(decided("notice"),))
    assert "at least one finding" in why(nothing_left, reported)


@pytest.mark.parametrize(("outcome", "measure", "code"), [
    ("upheld", "removed", None), ("reversed", "removed", None), ("omitted", "none", None),
    ("partly_reversed", "removed", REMOVED),
])  # fmt: skip
def test_a_measure_remains_after_a_part_fell(outcome: str, measure: str, code: str | None) -> None:
    [message] = messages(form(outcome, measure=measure), complaint())
    assert (message.complaint, message.dispute, message.outcome) == ("complaint-1", None, outcome)
    assert (message.measures.visibility[0] if message.measures else None) == code


@pytest.mark.parametrize(("verdict", "fields", "problem"), [
    ("confirmed", {}, "Choose an outcome"), ("upheld", {"reason": " "}, "Write or choose"),
    ("partly_reversed", {"measure": "none"}, "that remains"),
    ("partly_reversed", {"measure": "DROP"}, "that remains"),
])  # fmt: skip
def test_an_outcome_needs_its_parts(verdict: str, fields: dict[str, str], problem: str) -> None:
    assert problem in why(form(verdict, **fields), complaint())


def test_a_second_review_is_a_verdict_on_the_decision() -> None:
    card = dossier(finding("p1"), kind=ItemKind.SECOND_REVIEW, decision=decided())
    [message] = messages(form("child"), card)
    assert (message.decision, message.verdict) == ("decision-1", "escalated")
    assert "Choose a verdict" in why(form("skipped"), card)
    assert "Choose a verdict" in why(form("nothing"), card)


def test_a_post_of_the_sample_has_a_category_if_it_violates() -> None:
    [message] = messages(form("violating", category="VIOLENCE"), audited())
    assert (message.post, message.month, message.category) == ("a1", "2026-11", "VIOLENCE")
    [message] = messages(form("not_violating", category="VIOLENCE"), audited())
    assert message.category is None
    assert "Choose a category" in why(form("violating", category="OPINION"), audited())
    assert "Choose a verdict" in why(form("confirmed"), audited())


def test_a_held_rule_may_have_a_reason() -> None:
    question = FloodQuestion("2026-11-25", "codes/asks", "2026-11-25T11:00:00Z", 1_000, 30, 20)
    card = Dossier(Item("f" * 64, ItemKind.HELD_RULE, question.at), question=question)
    assert [messages(form("opened", reason=reason), card)[0].reason for reason in (" ", "So.")] == [
        None, "So."]  # fmt: skip
    assert "2,000" in why(form("opened", reason="x" * 2_001), card)


def test_a_reason_of_exactly_the_longest_is_taken() -> None:
    assert messages(form("dismissed", reason="x" * 2_000))[0].reason == "x" * 2_000
    longest = f"dismissed | en | * | {'x' * 2_000}"
    assert len(read_reasons(longest)[0].text) == 2_000
    with pytest.raises(ReasonError, match="line 501"):
        read_reasons(f"{longest}\n" * 501)
    for line in (f"{longest}x", "dismissed | é1 | * | x", "dismissed | e1 | * | x"):
        with pytest.raises(ReasonError) as raised:
            read_reasons(line)
        assert raised.value.line == 1
