"""What becomes of messages about cases: taken, refused with a code, or kept until they can be."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from faults import Calls
from memory_cases import MemoryCases, finding
from sample_messages import (
    REMOVED,
    audit,
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

from ledger.case import State
from ledger.case_entry import JournalEntry, case_id, is_for_second_review
from ledger.case_refusal import First
from ledger.keys import audit_key

F1, F2 = finding(1).finding, finding(2).finding
DRAWN = next(
    f"d-{n}" for n in range(99) if is_for_second_review(case_id("decision", "acme", f"d-{n}"))
)


@pytest.fixture
def cases() -> MemoryCases:
    """Two findings of one post."""
    made = MemoryCases()
    made.find(finding(1), finding(2))
    return made


def entry(cases: MemoryCases, kind: str, message: str) -> JournalEntry:
    return cases.journal[case_id(kind, "acme", message)]


def state(cases: MemoryCases, name: str) -> State | None:
    case = cases.case(name)
    return case.state if case else None


def days_left(cases: MemoryCases, name: str) -> int:
    end = datetime.fromtimestamp(cases.excerpts[name][1], UTC)
    return round((end - cases.clock.now()) / timedelta(days=1))


def test_a_decision_moves_all_its_findings_at_once(cases: MemoryCases) -> None:
    [handled] = cases.decide(decision(F1, F2))
    assert (handled.status, handled.type) == ("taken", "decision")
    assert state(cases, F1) == state(cases, F2) == State.DECIDED
    assert cases.open == set()
    made = entry(cases, "decision", "d-1")
    assert made.cases == (F1, F2, made.entry)
    assert made.rules == {"codes/3/asks-for-code/live": 2}
    assert made.found_days == ("2026-11-25", "2026-11-25")
    assert made.found == {f"2026-11-25/{rule}": count for rule, count in made.rules.items()}
    assert (made.category, made.keywords, made.reach) == ("SCAMS_AND_FRAUD", ("PHISHING",), 2)
    assert (made.ground, made.ground_text) == ("illegal", "A provision")
    assert made.source_type == "VOLUNTARY"


def test_the_journal_holds_no_words_on_a_person(cases: MemoryCases) -> None:
    cases.decide(decision(F1), notice(url="https://chat.example/1"), complaint())
    kept = str([*cases.journal.values()])
    assert "It asks readers" not in kept
    assert "chat.example" not in kept
    case = cases.case(case_id("decision", "acme", "d-1"))
    assert case is not None
    assert case.entries[0].reason == "It asks readers for a one-time code."


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        pytest.param({}, ("illegal", "A provision", "https://law.example/1"), id="the pack's"),
        pytest.param(
            {"ground": "illegal"},
            ("illegal", "A provision", "https://law.example/1"),
            id="the pack's, named again",
        ),
        pytest.param(
            {"ground_text": "Another law"}, ("illegal", "Another law", ""), id="other words"
        ),
        pytest.param({"ground": "terms"}, ("terms", "", ""), id="another kind"),
        pytest.param(
            {"ground": "terms", "ground_text": "Rule 4", "ground_url": "https://chat.example/4"},
            ("terms", "Rule 4", "https://chat.example/4"),
            id="the sender's own",
        ),
    ],
)
def test_a_decision_rests_on(
    cases: MemoryCases, changes: dict[str, str], kept: tuple[str, str, str]
) -> None:
    cases.decide(decision(F1, **changes))
    made = entry(cases, "decision", "d-1")
    assert (made.ground, made.ground_text, made.ground_url) == kept


REFUSED: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "a finding that is not there": ([], decision("f" * 64), "unknown"),
    "another provider's finding": ([], decision(finding(3).finding), "other_provider"),
    "a finding that no receipt counts": ([], decision(finding(4).finding), "not_counted"),
    "findings of two posts": ([], decision(F1, finding(5).finding), "mixed_posts"),
    "findings of two categories": ([], decision(F1, finding(6).finding), "mixed_categories"),
    "another post's notice": ([notice(post="2")], decision(F1, notice="n-1"), "mixed_posts"),
    "a finding that is decided": ([decision(F1)], decision(F1, F2, id="d-2"), "decided_already"),
    "a skip of what is decided": (
        [decision(F1)],
        decision(F1, id="d-2", verdict="skipped"),
        "decided_already",
    ),
    "opened before it was escalated": (
        [decision(F1, verdict="escalated", escalation="threat_to_life")],
        decision(F1, id="d-2"),
        "stale",
    ),
    "opened before it was escalated again": (
        [
            decision(F1, verdict="escalated", escalation="threat_to_life"),
            decision(
                F1,
                id="d-2",
                verdict="escalated",
                escalation="threat_to_life",
                opened_at="2026-11-25T12:40:00Z",
                decided_at="2026-11-25T12:50:00Z",
            ),
        ],
        decision(F1, id="d-3", opened_at="2026-11-25T12:45:00Z", decided_at="2026-11-25T13:00:00Z"),
        "stale",
    ),
    "an id of another message": ([decision(F1)], decision(F2), "id_reused"),
    "an id of another type": ([decision(F1)], complaint(id="d-1"), "id_reused"),
    "a complaint about a skip": (
        [decision(F1, verdict="skipped")],
        complaint(),
        "nothing_decided",
    ),
    "the decision's own moderator": (
        [decision(F1), complaint()],
        outcome(moderator="m-1"),
        "same_moderator",
    ),
    "a second outcome": (
        [decision(F1), complaint(), outcome()],
        outcome(id="o-2"),
        "decided_already",
    ),
    "a review that was not drawn": ([decision(F1)], second_review(), "not_in_sample"),
    "a review by the same moderator": (
        [decision(F1, id=DRAWN)],
        second_review(decision=DRAWN, moderator="m-1"),
        "same_moderator",
    ),
    "a third verdict": (
        [decision(F1, id=DRAWN), second_review(decision=DRAWN)],
        second_review(id="r-2", decision=DRAWN, moderator="m-3"),
        "decided_already",
    ),
    "what was never taken away": (
        [decision(F1, verdict="dismissed")],
        reinstatement(cause="court"),
        "nothing_decided",
    ),
    "a notice about an unknown finding": ([], notice(finding="f" * 64), "unknown"),
    "a notice about another's finding": (
        [],
        notice(finding=finding(3).finding),
        "other_provider",
    ),
    "a notice about another post": ([], notice(post="2", finding=F1), "mixed_posts"),
    "another country's order": (
        [order()],
        order(id="q-2", follows="q-1", country="FR"),
        "field_conflict",
    ),
    "an order's second end": (
        [order(outcome="complied")],
        order(id="q-2", follows="q-1", outcome="complied"),
        "decided_already",
    ),
    "a post that nobody asked for": ([], audit(post="2"), "not_in_sample"),
    "a month without a sample": ([], audit(month="2026-10"), "not_in_sample"),
    "a post that was audited": ([audit()], audit(id="a-2", moderator="m-2"), "decided_already"),
}


@pytest.mark.parametrize(("before", "message", "code"), REFUSED.values(), ids=REFUSED)
def test_a_message_is_refused(
    cases: MemoryCases, before: list[dict[str, Any]], message: dict[str, Any], code: str
) -> None:
    cases.find(
        finding(3, provider="other"),
        finding(4, unit="unit-that-failed"),
        finding(5, post="2"),
        finding(6, category="VIOLENCE"),
    )
    cases.files[audit_key("acme", "2026-11")] = b'{"post":"1","rank":"00"}\n'
    assert {one.status for one in cases.decide(*before)} <= {"taken"}
    entries = dict(cases.journal)
    [handled] = cases.decide(message)
    assert (handled.status, handled.code) == ("refused", code)
    assert cases.journal == entries
    told = cases.receipts()[message["id"]]
    assert (told.status, told.code, told.type) == ("refused", code, message["type"])


def test_who_is_late_hears_who_was_first(cases: MemoryCases) -> None:
    cases.decide(decision(F1), decision(F1, id="d-2", moderator="m-2", verdict="dismissed"))
    assert cases.receipts()["d-2"].first == First("m-1", "confirmed", "2026-11-25T12:30:00Z")


EARLY = {
    "a complaint before its decision": ([complaint()], [decision(F1)]),
    "a dispute before its decision": ([dispute()], [decision(F1)]),
    "an outcome before all": ([outcome(), complaint()], [decision(F1)]),
    "a review before its decision": (
        [second_review(decision=DRAWN)],
        [decision(F1, id=DRAWN)],
    ),
    "a reinstatement before the outcome": (
        [reinstatement(), outcome()],
        [decision(F1), complaint()],
    ),
    "a decision before its notice": (
        [decision(F1, notice="n-1")],
        [notice()],
    ),
    "an order's end before the order": (
        [order(id="q-2", follows="q-1", outcome="complied")],
        [order()],
    ),
}


@pytest.mark.parametrize(("early", "late"), EARLY.values(), ids=EARLY)
def test_what_comes_too_early_waits(
    cases: MemoryCases, early: list[dict[str, Any]], late: list[dict[str, Any]]
) -> None:
    assert {one.status for one in cases.decide(*early)} == {"waiting"}
    told = cases.receipts()[early[0]["id"]]
    assert (told.status, told.waits_until) == ("waiting", "2026-12-09T12:00:00Z")
    cases.decide(*late)
    assert cases.types() == sorted(message["type"] for message in early + late)
    assert not any(cases.waiting.values())
    assert {cases.receipts()[message["id"]].status for message in early} == {"taken"}


def test_what_waited_is_judged_anew(cases: MemoryCases) -> None:
    """A complaint about what turns out to be a skip is refused in the end, and its sender told."""
    cases.decide(complaint())
    cases.decide(decision(F1, verdict="skipped"))
    assert cases.receipts()["c-1"].code == "nothing_decided"
    assert not any(cases.waiting.values())


def test_a_skip_leaves_the_case_open_and_an_escalation_too(cases: MemoryCases) -> None:
    cases.decide(decision(F1, id="d-1", verdict="skipped"))
    cases.decide(decision(F1, id="d-2", verdict="escalated", escalation="threat_to_life"))
    assert state(cases, F1) is State.ESCALATED
    assert F1 in cases.open
    late = {"opened_at": "2026-11-25T12:30:00Z", "decided_at": "2026-11-25T12:40:00Z"}
    assert cases.decide(decision(F1, id="d-3", **late))[0].status == "taken"
    assert F1 not in cases.open


def test_an_escalation_is_recorded_after_the_decision_too(cases: MemoryCases) -> None:
    escalated = decision(F1, id="d-2", verdict="escalated", escalation="child_abuse")
    assert [one.status for one in cases.decide(decision(F1), escalated)] == ["taken", "taken"]
    assert state(cases, F1) is State.DECIDED
    assert F1 not in cases.excerpts


@pytest.mark.parametrize(
    ("messages", "days"),
    [
        pytest.param([decision(F1, verdict="dismissed")], 7, id="dismissed"),
        pytest.param([decision(F1)], 198, id="a measure"),
        pytest.param([decision(F1), complaint()], 366, id="a complaint holds it"),
        pytest.param([decision(F1), dispute()], 366, id="a dispute holds it"),
        pytest.param([decision(F1), complaint(), dispute(), outcome()], 366, id="one is open"),
        pytest.param([decision(F1), complaint(), outcome()], 14, id="overturned"),
        pytest.param(
            [decision(F1), complaint(), outcome(outcome="upheld")], 198, id="the measure stands"
        ),
        pytest.param(
            [decision(F1, verdict="dismissed"), complaint(), outcome(outcome="upheld")],
            14,
            id="the dismissal stands",
        ),
    ],
)
def test_an_excerpt_stays_for(
    cases: MemoryCases, messages: list[dict[str, Any]], days: int
) -> None:
    cases.decide(*messages)
    assert days_left(cases, F1) == days


@pytest.mark.parametrize("changes", [{"measures": ..., "applied_at": ...}, {"verdict": "skipped"}])
def test_an_excerpt_stays_as_it_is(cases: MemoryCases, changes: dict[str, Any]) -> None:
    cases.decide(decision(F1, **changes))
    assert cases.excerpts[F1] == ("Send me the code", 0)


def test_suspected_abuse_of_a_child_takes_the_excerpt_away(cases: MemoryCases) -> None:
    cases.decide(decision(F1, verdict="escalated", escalation="child_abuse"))
    assert F1 not in cases.excerpts
    assert F1 in cases.open


OVERTURNED: dict[str, tuple[list[dict[str, Any]], list[bool]]] = {
    "upheld": ([outcome(outcome="upheld")], [False]),
    "omitted": ([outcome(outcome="omitted")], [False]),
    "in part": ([outcome(outcome="partly_reversed", measures=REMOVED)], [False]),
    "reversed": ([outcome()], [True]),
    "reversed, then reinstated": ([outcome(), reinstatement()], [True, False]),
    "by a court": ([reinstatement(cause="court")], [True]),
    "by the provider itself": ([reinstatement(cause="own_initiative")], [True]),
    "by a court, then reversed": ([reinstatement(cause="court"), outcome()], [True, False]),
    "by a dispute's body": (
        [dispute(), outcome(complaint=..., dispute="x-1", implemented=False)],
        [False, True],
    ),
}


@pytest.mark.parametrize(("messages", "overturns"), OVERTURNED.values(), ids=OVERTURNED)
def test_a_decision_is_overturned_once(
    cases: MemoryCases, messages: list[dict[str, Any]], overturns: list[bool]
) -> None:
    cases.decide(decision(F1, F2), complaint(), *messages)
    made = [entry(cases, message["type"], message["id"]) for message in messages]
    assert [one.overturns for one in made] == overturns
    decided = entry(cases, "decision", "d-1")
    assert all(one.about == decided for one in made)
    proposals = [key for key in cases.files if "/proposals/" in key]
    assert len(proposals) == (2 if any(overturns) else 0)


def test_an_outcome_carries_what_it_answers(cases: MemoryCases) -> None:
    cases.decide(decision(F1), complaint(), outcome())
    made = entry(cases, "outcome", "o-1")
    assert made.answers is not None
    assert (made.answers.received_at, made.answers.by) == ("2026-11-26T08:00:00Z", "author")
    assert made.answers.about is None


@pytest.mark.parametrize(
    ("said", "source"),
    [
        pytest.param({}, "ARTICLE_16", id="a notice"),
        pytest.param({"trusted_flagger": True}, "TRUSTED_FLAGGER", id="a trusted flagger"),
        pytest.param({"article_16": False}, "OTHER_NOTIFICATION", id="another notification"),
    ],
)
def test_a_decision_on_a_notice_alone(
    cases: MemoryCases, said: dict[str, Any], source: str
) -> None:
    ground = {"ground": "illegal", "ground_text": "A provision"}
    cases.decide(notice(**said), decision(notice="n-1", **ground))
    made = entry(cases, "decision", "d-1")
    assert (made.source_type, made.category, made.keywords) == (
        source, "SCAMS_AND_FRAUD", ("PHISHING",)
    )  # fmt: skip
    assert (made.rules, made.found_at) == ({}, "2026-11-25T11:00:00Z")
    assert state(cases, case_id("notice", "acme", "n-1")) is State.DECIDED


def test_a_notice_about_a_finding_stands_in_its_case(cases: MemoryCases) -> None:
    cases.decide(notice(finding=F1), decision(F1, notice="n-1"))
    case = cases.case(F1)
    assert case is not None
    assert [one.move for one in case.entries] == ["note", "decide"]
    assert entry(cases, "decision", "d-1").source_type == "ARTICLE_16"


def test_what_stands_for_itself_is_recorded(cases: MemoryCases) -> None:
    cases.files[audit_key("acme", "2026-11")] = b'{"post":"1","rank":"00"}\n'
    handled = cases.decide(order(), inform(), suspension(), audit())
    assert {one.status for one in handled} == {"taken"}
    assert entry(cases, "order", "q-2").category == ""
    assert entry(cases, "suspension", "s-1").until == "2026-12-25"


def test_a_later_message_of_an_order_carries_the_first(cases: MemoryCases) -> None:
    cases.decide(order(), order(id="q-9", follows="q-1", effected_at="2026-11-25T10:00:00Z"))
    made = entry(cases, "order", "q-9")
    assert made.follows == entry(cases, "order", "q-1").entry
    assert made.about == entry(cases, "order", "q-1")
    assert made.cases == (made.follows,)


def test_a_clock_that_an_earlier_message_told_stands_beside_the_order(cases: MemoryCases) -> None:
    """A later message may repeat it: whoever counts must see that it is no news."""
    seen = {"acknowledged_at": "2026-11-25T09:00:00Z"}
    done = seen | {"effected_at": "2026-11-25T10:00:00Z", "outcome": "complied"}
    first = order(acknowledged_at=None)
    cases.decide(first, order(id="q-8", follows="q-1", **seen))
    cases.decide(order(id="q-9", follows="q-1", **done))
    about = entry(cases, "order", "q-9").about
    assert about is not None
    assert (about.acknowledged_at, about.effected_at) == ("2026-11-25T09:00:00Z", "")


def test_the_same_message_again_changes_nothing(cases: MemoryCases) -> None:
    messages = [decision(F1), complaint(), outcome(), notice(), order(), suspension()]
    cases.decide(*messages)
    before = dict(cases.journal), dict(cases.entries), dict(cases.files)
    assert {one.status for one in cases.decide(*messages)} == {"repeated"}
    assert (cases.journal, cases.entries, cases.files) == before


@pytest.mark.parametrize("at", range(6))
def test_a_second_delivery_at_the_same_time_is_refused_for_nothing(
    cases: MemoryCases, at: int
) -> None:
    """At whatever call of its work the other delivery is taken, it hears of no first one."""
    line = msgspec.json.encode(decision(F1))

    def other() -> None:
        cases.decide(decision(F1))

    calls = Calls(at=at, happens=other)
    handled = list(cases.work(calls.through(cases)).take("acme", line))
    assert len(calls.names) > at
    assert {one.status for one in handled} <= {"taken", "repeated"}
    assert cases.receipts() == {}


def test_the_order_of_keys_makes_no_other_message(cases: MemoryCases) -> None:
    message = decision(F1)
    cases.decide(message)
    again = dict(reversed(message.items()))
    assert [one.status for one in cases.decide(again)] == ["repeated"]


def test_the_same_id_of_two_providers_is_two_messages(cases: MemoryCases) -> None:
    cases.find(finding(3, provider="other"))
    cases.decide(decision(F1))
    [handled] = cases.decide(decision(finding(3).finding), provider="other")
    assert handled.status == "taken"
