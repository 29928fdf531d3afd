"""Decisions of a group: each post has its own, and together they count once."""

from typing import Any

import pytest
from support.judged_cases import DRAWN, entry, state
from support.memory_cases import MemoryCases, finding
from support.sample_messages import complaint, decision, outcome, reinstatement, second_review

from ledger.cases import CaseState, JournalEntry, Move, case_id, is_for_second_review

POSTS = [finding(number, post=f"p{number}", rule="asks-for-code") for number in range(1, 5)]
RULE = "2026-11-25/codes/3/asks-for-code/live"
DRAWN_GROUP = next(
    f"g-{n}" for n in range(99) if is_for_second_review(case_id("group", "acme", f"g-{n}"))
)
NOT_DRAWN_GROUP = next(
    f"g-{n}" for n in range(99) if not is_for_second_review(case_id("group", "acme", f"g-{n}"))
)


@pytest.fixture
def cases() -> MemoryCases:
    made = MemoryCases()
    made.find(*POSTS)
    return made


def grouped(number: int, **changes: Any) -> dict[str, Any]:
    """The decision on one of the posts, in the group `g-1`."""
    about = POSTS[number - 1].finding
    return decision(about, **{"id": f"d-{number}", "group": "g-1", **changes})


def decided(cases: MemoryCases, number: int) -> JournalEntry:
    return entry(cases, "decision", f"d-{number}")


def test_each_post_has_its_own_decision_and_the_group_counts_once(cases: MemoryCases) -> None:
    cases.decide(*(grouped(number) for number in (1, 2, 3)))
    entries = [decided(cases, number) for number in (1, 2, 3)]
    assert [made.cases for made in entries] == [
        (post.finding, made.entry) for post, made in zip(POSTS, entries, strict=False)
    ]
    assert {made.group for made in entries} == {case_id("group", "acme", "g-1")}
    assert [made.leads for made in entries] == [True, False, False]
    assert [made.counted for made in entries] == [{RULE: 1}, {}, {}]
    assert [state(cases, post.finding) for post in POSTS] == [*[CaseState.DECIDED] * 3, "open"]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["few rules first", "all rules first"])
def test_each_rule_and_day_counts_once_whichever_post_comes_first(
    cases: MemoryCases, order: tuple[int, int]
) -> None:
    cases.find(finding(9, post="p2", found_at="2026-11-24T12:00:00Z"))
    second = grouped(2) | {"findings": [POSTS[1].finding, finding(9).finding]}
    messages = {1: grouped(1), 2: second}
    cases.decide(*(messages[number] for number in order))
    counted = [key for number in order for key in decided(cases, number).counted]
    assert sorted(counted) == [RULE.replace("-25", "-24"), RULE]


def test_a_repeat_counts_nothing(cases: MemoryCases) -> None:
    cases.decide(grouped(1), grouped(2))
    before = dict(cases.journal)
    assert [one.status for one in cases.decide(grouped(2), grouped(1))] == ["repeated"] * 2
    assert cases.journal == before


def test_a_later_decision_of_the_group_reads_one_entry(cases: MemoryCases) -> None:
    """Else a group of a thousand posts would read half a million entries."""
    cases.decide(*(grouped(number) for number in (1, 2, 3, 4)))
    group = cases.case(case_id("group", "acme", "g-1"))
    assert group is not None
    assert [made.move for made in group.entries] == [Move.DECIDE]
    assert not group.entries[0].reason


@pytest.mark.parametrize(
    "changes",
    [{"verdict": "dismissed"}, {"moderator": "m-2"}, {"opened_at": "2026-11-25T12:29:01Z"},
     {"decided_at": "2026-11-25T12:30:01Z"}, {"findings": [finding(6).finding]}],
    ids=["verdict", "moderator", "opening", "moment", "category"],
)  # fmt: skip
def test_another_look_is_refused_and_the_others_stand(
    cases: MemoryCases, changes: dict[str, Any]
) -> None:
    cases.find(finding(6, category="VIOLENCE"))
    cases.decide(grouped(1))
    [handled] = cases.decide(grouped(2, **changes))
    assert (handled.status, handled.code) == ("refused", "field_conflict")
    refused = cases.receipts()["d-2"]
    assert refused.field == "group"
    assert "the first decision of the group has" in refused.advice
    assert state(cases, POSTS[0].finding) is CaseState.DECIDED


def test_the_same_name_of_another_provider_is_another_group(cases: MemoryCases) -> None:
    cases.find(finding(7, provider="other"))
    cases.decide(grouped(1))
    cases.decide(decision(finding(7).finding, group="g-1", verdict="dismissed"), provider="other")
    assert entry(cases, "decision", "d-1").leads
    assert cases.journal[case_id("decision", "other", "d-1")].leads


def test_a_group_is_overturned_once(cases: MemoryCases) -> None:
    cases.decide(grouped(1), grouped(2), grouped(3))
    for number in (2, 3):
        cases.decide(
            complaint(id=f"c-{number}", decision=f"d-{number}"),
            outcome(id=f"o-{number}", complaint=f"c-{number}"),
        )
    cases.decide(reinstatement(decision="d-1", cause="court"))
    fell = [entry(cases, "outcome", f"o-{number}") for number in (2, 3)]
    fell.append(entry(cases, "reinstatement", "b-1"))
    assert all(made.overturns and made.group for made in fell)
    assert [made.counted for made in fell] == [{RULE: 1}, {}, {}]


def test_an_upheld_decision_counts_nothing_against_its_group(cases: MemoryCases) -> None:
    cases.decide(grouped(1), complaint(), outcome(outcome="upheld"))
    assert entry(cases, "outcome", "o-1").counted == {}


def test_a_group_is_drawn_for_a_second_review_as_one(cases: MemoryCases) -> None:
    for number in (1, 2):
        cases.decide(grouped(number, group=DRAWN_GROUP))
    [first] = cases.decide(second_review(decision="d-2"))
    [again] = cases.decide(second_review(id="r-2", decision="d-1", moderator="m-3"))
    assert (first.status, again.status, again.code) == ("taken", "refused", "decided_already")


def test_a_decision_of_a_group_is_not_drawn_alone(cases: MemoryCases) -> None:
    cases.decide(grouped(1, id=DRAWN, group=NOT_DRAWN_GROUP))
    [handled] = cases.decide(second_review(decision=DRAWN))
    assert handled.code == "not_in_sample"
