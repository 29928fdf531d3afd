"""In whatever order messages about cases come, and however often: the same entries, each once."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from property.effort import examples
from support.case_world import CaseWorld, finding
from support.sample_messages import (
    complaint,
    decision,
    dispute,
    inform,
    notice,
    order,
    outcome,
    reinstatement,
    second_review,
    suspension,
)

from ledger.cases import case_id, is_for_second_review

F1, F2, F3, F4 = (finding(number).finding for number in range(1, 5))
F5, F6, F7 = (finding(number, post=f"p{number}").finding for number in range(5, 8))
_NAMES = (f"d-{number}" for number in range(2, 999))
DRAWN = next(one for one in _NAMES if is_for_second_review(case_id("decision", "acme", one)))
MONTH: list[dict[str, Any]] = [
    decision(F1, F2), complaint(), complaint(id="c-2", by="notifier"), outcome(),
    outcome(id="o-2", complaint="c-2", outcome="upheld"), dispute(),
    outcome(id="o-3", complaint=..., dispute="x-1", moderator=..., outcome="reversed"),
    reinstatement(), notice(finding=F3), decision(F3, id=DRAWN, notice="n-1", verdict="dismissed"),
    second_review(decision=DRAWN), complaint(id="c-3", decision=DRAWN, by="notifier"),
    outcome(id="o-4", complaint="c-3", outcome="partly_reversed"),
    decision(F4, id="d-4", verdict="skipped"), order(),
    order(id="q-3", follows="q-1", acknowledged_at="2026-11-25T08:40:00Z"),
    order(id="q-4", follows="q-1", outcome="complied"), inform(), suspension(),
    *(decision(name, id=f"g-{name[-1]}", group="g") for name in (F5, F6, F7)),
    *(complaint(id=f"c-{name[-1]}", decision=f"g-{name[-1]}") for name in (F5, F7)),
    *(outcome(id=f"o-{name[-1]}", complaint=f"c-{name[-1]}") for name in (F5, F7)),
]  # fmt: skip
"""A month in small: each message once, in the order in which people act."""


def world() -> CaseWorld:
    made = CaseWorld()
    made.find(*(finding(number) for number in range(1, 5)))
    made.find(*(finding(number, post=f"p{number}") for number in range(5, 8)))
    return made


def facts(cases: CaseWorld) -> dict[str, Any]:
    """What is published of cases, whatever the order: which entries there are, and their sums."""
    states = {name: case.state for name in cases.entries if (case := cases.case(name))}
    entries = cases.journal.values()
    return {"entries": {one.entry: (one.type, one.rules, one.about and one.about.entry)
                        for one in entries},
            "overturned": Counter(one.about.entry
                                  for one in entries if one.overturns and one.about),
            "counted": sum((Counter(f"{key}/{one.type}" for key in one.counted) for one in entries),
                           Counter()),
            "led": sum(one.leads for one in entries), "states": states, "open": cases.open,
            "waiting": len(cases.waiting),
            "handed out": {key for key in cases.files if "/receipts/" not in key},
            "numbers": {name: sorted(numbers)
                        for name, numbers in cases.entries.items()}}  # fmt: skip


IN_ORDER = world()
IN_ORDER.decide(*MONTH)


def test_in_order_every_message_is_taken() -> None:
    assert len(IN_ORDER.journal) == len(MONTH)
    assert facts(IN_ORDER)["overturned"].total() == 3


def test_a_group_counts_and_falls_once() -> None:
    assert facts(IN_ORDER)["led"] == 1
    assert set(facts(IN_ORDER)["counted"].values()) == {1}
    assert len(facts(IN_ORDER)["counted"]) == 2  # a decision and an outcome


@examples(150)
@given(st.permutations(MONTH * 2))
def test_any_order_and_every_message_twice(messages: list[dict[str, Any]]) -> None:
    cases = world()
    handled = cases.decide(*messages)
    assert facts(cases) == facts(IN_ORDER)
    assert sum(one.status == "taken" for one in handled) == len(MONTH)


@examples(60)
@given(st.permutations(MONTH), st.data())
def test_with_one_message_lost_until_the_end(messages: list[dict[str, Any]], data: Any) -> None:
    """As when a dead letter is repeated a week later."""
    lost = data.draw(st.sampled_from(MONTH))
    cases = world()
    cases.decide(*(message for message in messages if message is not lost), lost)
    assert facts(cases) == facts(IN_ORDER)


@examples(100)
@given(st.lists(
    st.tuples(st.sets(st.sampled_from([F1, F2, F3, F4]), min_size=1),
              st.sampled_from(["confirmed", "dismissed", "skipped"])),
    max_size=12,
))  # fmt: skip
def test_each_finding_is_decided_once_and_wholly(decisions: list[tuple[set[str], str]]) -> None:
    """Whatever decisions come, each that is taken moved all its findings, and none twice."""
    cases = world()
    for number, (findings, verdict) in enumerate(decisions):
        cases.decide(decision(*sorted(findings), id=f"d-{number}", verdict=verdict))
    decided = [
        one.cases[:-1]
        for one in cases.journal.values()
        if one.verdict in {"confirmed", "dismissed"}
    ]
    counted = Counter(name for findings in decided for name in findings)
    assert set(counted.values()) <= {1}
    assert cases.open == {F1, F2, F3, F4, F5, F6, F7} - counted.keys()
    for numbers in cases.entries.values():
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
