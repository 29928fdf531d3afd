"""What waits, from findings and the journal: from when to when, for whom, and what is answered."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from support.desk_world import finding

from desk.items import (
    Item,
    ItemKind,
    audits,
    by_post,
    contest_items,
    finding_items,
    held_rule,
    notice_items,
    open_audits,
    open_questions,
    rules_of,
    second_reviews,
)
from ledger.cases import JournalEntry, case_id, is_for_second_review
from ledger.findings import Finding, FloodHold, FloodQuestion

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
DRAWN = next(name for name in map(str, range(200)) if is_for_second_review(name))
NOT_DRAWN = next(name for name in map(str, range(200)) if not is_for_second_review(name))
DECIDED = JournalEntry(
    DRAWN, "acme", "2026-11-25T13:00:00Z", type="decision", verdict="confirmed", moderator="m-1",
    category="VIOLENCE", reach=9, rules={"codes/3/asks/live": 1},
)  # fmt: skip


def entry(name: str, type_name: str, **changes: Any) -> JournalEntry:
    at = "2026-11-25T12:00:00Z"
    return JournalEntry(name, "acme", at, type=type_name, **({"received_at": at} | changes))


def found(post: str, rule: str = "asks", **changes: Any) -> Finding:
    return finding(post, rule, **changes).finding


def test_findings_of_a_post_and_category_are_one_item_of_at_most_twenty() -> None:
    many = [found("p1", f"rule-{number}") for number in range(21)]
    other, violent = found("p2"), found("p1", category="VIOLENCE")
    groups = by_post([*many, other, violent])
    assert groups == [many[:20], [other], [violent]]


def test_an_item_takes_its_facts_from_the_first_finding_and_names_each_rule_once() -> None:
    first = found("p1", severity="low", language=None, reach=3)
    again = msgspec.structs.replace(found("p1"), finding="f" * 64, version=4)
    escalated = entry("d", "decision", verdict="escalated", cases=(again.finding,))
    plain = (entry("e", "decision", verdict="dismissed", cases=(found("p2").finding,)),
             entry("n", "notice", verdict="escalated", cases=(found("p2").finding,)))  # fmt: skip
    items = [*finding_items([first, again, found("p2")], [escalated, *plain])]
    assert items[0] == Item(
        first.finding, ItemKind.FINDING, first.found_at, "SCAMS_AND_FRAUD", "low",
        ("codes/asks",), "", 3, escalated=True,
    )  # fmt: skip
    assert not items[1].escalated


def test_a_notice_waits_unless_it_is_answered_or_on_the_card_of_an_open_finding() -> None:
    about = (found("p1").finding,)
    notices = [entry("a", "notice", category="VIOLENCE"),
               entry("b", "notice", trusted_flagger=True), entry("c", "notice", cases=about),
               entry("d", "notice")]  # fmt: skip
    items = [*notice_items([found("p1")], [*notices, entry("e", "decision", notice="d")])]
    assert [(each.key, each.severity, each.since, each.category) for each in items] == [
        ("a", "medium", "2026-11-25T12:00:00Z", "VIOLENCE"),
        ("b", "high", "2026-11-25T12:00:00Z", ""),
    ]


def test_a_contest_waits_for_others_than_who_decided_until_it_has_an_outcome() -> None:
    contests = [entry("a", "complaint", about=DECIDED), entry("b", "dispute"),
                entry("c", "complaint"), entry("d", "dispute")]  # fmt: skip
    outcomes = [entry("e", "outcome", complaint="c"), entry("f", "outcome", dispute="d")]
    items = [*contest_items([*contests, *outcomes])]
    assert [(each.key, each.category, each.rules, each.not_for) for each in items] == [
        ("a", "VIOLENCE", ("codes/asks",), ("m-1",)),
        ("b", "", (), ()),
    ]


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, True),
        ({"at": "2026-11-18T14:00:00Z"}, True),
        ({"at": "2026-11-18T13:59:59Z"}, False),
        ({"entry": NOT_DRAWN}, False),
        ({"verdict": "skipped"}, False),
        ({"type": "audit"}, False),
        ({"group": DRAWN, "leads": True, "entry": NOT_DRAWN}, True),
        ({"group": DRAWN, "leads": False}, False),
        ({"group": NOT_DRAWN, "leads": True}, False),
    ],
)
def test_a_decision_that_was_drawn_waits_a_week(changes: dict[str, Any], waits: bool) -> None:
    made = msgspec.structs.replace(DECIDED, **changes)
    items = [*second_reviews([made], NOW)]
    assert len(items) == waits
    for item in items:
        assert item == Item(
            made.entry, ItemKind.SECOND_REVIEW, made.at, "VIOLENCE", rules=("codes/asks",), reach=9,
            not_for=("m-1",),
        )  # fmt: skip
    assert [*second_reviews([made, entry("r", "second_review", decision=DRAWN)], NOW)] == []
    assert [*second_reviews([made, entry("r", "complaint", decision=DRAWN)], NOW)] == items


def test_a_question_waits_from_its_moment() -> None:
    asked = FloodQuestion("2026-11-25", "codes/asks", "2026-11-25T11:00:00Z", 1_000, 30, 20)
    holds = [FloodHold(asked), FloodHold(asked, "opened")]
    [waiting] = open_questions("acme", holds)
    assert waiting == held_rule("acme", asked)
    assert (waiting.item.since, waiting.item.rules) == (asked.at, ("codes/asks",))


def test_posts_of_the_sample_are_numbered_from_one_and_wait_until_judged() -> None:
    sample = audits((f"p{number}" for number in range(1, 5)), "2026-10")
    assert (sample[0].item.key, sample[0].post, sample[0].item.since) == (
        "2026-10.1", "p1", "2026-10-01T00:00:00Z")  # fmt: skip
    judged = entry("a", "audit", cases=(case_id("audit", "acme", "2026-10/p1"),))
    other = entry("b", "decision", cases=(case_id("audit", "acme", "2026-10/p2"),))
    waiting = open_audits("acme", sample, [judged, other])
    assert [each.key for each in waiting] == [f"2026-10.{place}" for place in range(2, 5)]


@pytest.mark.parametrize("name", ["codes/3/asks", "codes/3/asks/live/more", "codes"])
def test_a_name_that_is_no_rules_is_left_out(name: str) -> None:
    named = {name: 1, "codes/3/asks/live": 1, "codes/4/asks/shadow": 2}
    assert rules_of(msgspec.structs.replace(DECIDED, rules=named)) == ("codes/asks",)
    assert rules_of(None) == ()
