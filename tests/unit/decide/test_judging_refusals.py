"""What is refused of messages about cases, what waits until it can be taken, what counts once."""

from typing import Any

import msgspec
import pytest
from support.case_world import CaseWorld, finding
from support.faults import Calls
from support.judged_cases import DRAWN, F1, F2, two_findings
from support.sample_messages import (
    SENT,
    audit,
    complaint,
    decision,
    dispute,
    notice,
    order,
    outcome,
    reinstatement,
    second_review,
    suspension,
)

from ledger.codes import CaseReceipt, EarlierMove
from ledger.keys import audit_file_key


@pytest.fixture
def cases() -> CaseWorld:
    return two_findings()


REFUSED: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "a finding that is not there": ([], decision("f" * 64), "unknown"),
    "another provider's finding": ([], decision(finding(3).finding), "other_provider"),
    "a finding that no receipt counts": ([], decision(finding(4).finding), "not_counted"),
    "findings of two posts": ([], decision(F1, finding(5).finding), "mixed_posts"),
    "findings of two categories": ([], decision(F1, finding(6).finding), "mixed_categories"),
    "another post's notice": ([notice(post="2")], decision(F1, notice="n-1"), "mixed_posts"),
    "a finding that is decided": ([decision(F1)], decision(F1, F2, id="d-2"), "decided_already"),
    "a skip of what is decided": ([decision(F1)], decision(F1, id="d-2", verdict="skipped"),
                                  "decided_already"),
    "opened before it was escalated":
        ([decision(F1, verdict="escalated", escalation="threat_to_life")], decision(F1, id="d-2"),
         "stale"),
    "opened before it was escalated again":
        ([decision(F1, verdict="escalated", escalation="threat_to_life"),
          decision(F1, id="d-2", verdict="escalated", escalation="threat_to_life",
                   opened_at="2026-11-25T12:40:00Z", decided_at="2026-11-25T12:50:00Z")],
         decision(F1, id="d-3", opened_at="2026-11-25T12:45:00Z",
                  decided_at="2026-11-25T13:00:00Z"), "stale"),
    "an id of another message": ([decision(F1)], decision(F2), "id_reused"),
    "an id of another type": ([decision(F1)], complaint(id="d-1"), "id_reused"),
    "a complaint about a skip": ([decision(F1, verdict="skipped")], complaint(), "nothing_decided"),
    "the decision's own moderator": ([decision(F1), complaint()], outcome(moderator="m-1"),
                                     "same_moderator"),
    "a second outcome": ([decision(F1), complaint(), outcome()], outcome(id="o-2"),
                         "decided_already"),
    "a review that was not drawn": ([decision(F1)], second_review(), "not_in_sample"),
    "a review by the same moderator": ([decision(F1, id=DRAWN)],
                                       second_review(decision=DRAWN, moderator="m-1"),
                                       "same_moderator"),
    "a third verdict": ([decision(F1, id=DRAWN), second_review(decision=DRAWN)],
                        second_review(id="r-2", decision=DRAWN, moderator="m-3"),
                        "decided_already"),
    "what was never taken away": ([decision(F1, verdict="dismissed")], reinstatement(cause="court"),
                                  "nothing_decided"),
    "a notice about an unknown finding": ([], notice(finding="f" * 64), "unknown"),
    "a notice about another's finding": ([], notice(finding=finding(3).finding), "other_provider"),
    "a notice about another post": ([], notice(post="2", finding=F1), "mixed_posts"),
    "another country's order": ([order()], order(id="q-2", follows="q-1", country="FR"),
                                "field_conflict"),
    "an order's second end": ([order(outcome="complied")],
                              order(id="q-2", follows="q-1", outcome="complied"),
                              "decided_already"),
    "a post that nobody asked for": ([], audit(post="2"), "not_in_sample"),
    "a month without a sample": ([], audit(month="2026-10"), "not_in_sample"),
    "a post that was audited": ([audit()], audit(id="a-2", moderator="m-2"), "decided_already"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "message", "code"), REFUSED.values(), ids=REFUSED)
def test_a_message_is_refused(cases: CaseWorld, before: list[dict[str, Any]],
                              message: dict[str, Any], code: str) -> None:  # fmt: skip
    cases.find(finding(3, provider="other"), finding(4, unit="unit-that-failed"),
               finding(5, post="2"), finding(6, category="VIOLENCE"))  # fmt: skip
    cases.files[audit_file_key("acme", "2026-11")] = b'{"post":"1","rank":"00"}\n'
    assert {one.status for one in cases.decide(*before)} <= {"taken"}
    entries = dict(cases.journal)
    [handled] = cases.decide(message)
    assert (handled.status, handled.code) == ("refused", code)
    assert cases.journal == entries
    told = cases.receipts()[message["id"]]
    assert (told.status, told.code, told.type) == ("refused", code, message["type"])


@pytest.mark.parametrize(("message", "told"), [
    (complaint(by=None), ("complaint", "c-1", "field_missing")),
    (complaint(type="verdict"), ("", "c-1", "type_unknown")),
    (complaint(id="c" * 201), ("", "", "field_length")),
])  # fmt: skip
def test_the_receipt_of_a_message_that_is_not_read_has_its_names(cases: CaseWorld,
        message: dict[str, Any], told: tuple[str, ...]) -> None:  # fmt: skip
    cases.decide({name: value for name, value in message.items() if value is not None})
    [receipt] = cases.receipts().values()
    assert (receipt.type, receipt.id, receipt.code) == told


def test_a_late_decision_names_the_first_one(cases: CaseWorld) -> None:
    cases.decide(decision(F1), decision(F1, id="d-2", moderator="m-2", verdict="dismissed"))
    assert cases.receipts()["d-2"].first == EarlierMove("m-1", "confirmed", "2026-11-25T12:30:00Z")


EARLY = {
    "a complaint before its decision": ([complaint()], [decision(F1)]),
    "a dispute before its decision": ([dispute()], [decision(F1)]),
    "an outcome before all": ([outcome(), complaint()], [decision(F1)]),
    "a review before its decision": ([second_review(decision=DRAWN)], [decision(F1, id=DRAWN)]),
    "a reinstatement before the outcome": ([reinstatement(), outcome()],
                                           [decision(F1), complaint()]),
    "a decision before its notice": ([decision(F1, notice="n-1")], [notice()]),
    "an order's end before the order": ([order(id="q-2", follows="q-1", outcome="complied")],
                                        [order()]),
}  # fmt: skip


@pytest.mark.parametrize(("early", "late"), EARLY.values(), ids=EARLY)
def test_an_early_message_waits(cases: CaseWorld, early: list[dict[str, Any]],
                                late: list[dict[str, Any]]) -> None:  # fmt: skip
    assert {one.status for one in cases.decide(*early)} == {"waiting"}
    told = cases.receipts()[early[0]["id"]]
    assert (told.status, told.waits_until) == ("waiting", "2026-12-17T00:00:00Z")
    cases.decide(*late)
    assert cases.types() == sorted(message["type"] for message in early + late)
    assert not cases.waiting
    assert {cases.receipts()[message["id"]].status for message in early} == {"taken"}


def test_a_waiting_message_is_judged_again(cases: CaseWorld) -> None:
    """A complaint about what turns out to be a skip is refused in the end, and its sender told."""
    cases.decide(complaint())
    cases.decide(decision(F1, verdict="skipped"))
    assert cases.receipts()["c-1"].code == "nothing_decided"
    assert not cases.waiting


def test_a_receipt_keeps_the_day_on_which_its_message_began_to_wait(cases: CaseWorld) -> None:
    cases.decide(complaint())
    key = next(key for key in cases.files if "/receipts/messages/" in key)
    cases.clock.move(days=1)
    cases.decide(decision(F1))
    assert msgspec.json.decode(cases.files[key], type=CaseReceipt).status == "taken"


def test_the_same_message_again_changes_nothing(cases: CaseWorld) -> None:
    messages = [decision(F1), complaint(), outcome(), notice(), order(), suspension()]
    cases.decide(*messages)
    before = dict(cases.journal), dict(cases.entries), dict(cases.files)
    assert {one.status for one in cases.decide(*messages)} == {"repeated"}
    assert (cases.journal, cases.entries, cases.files) == before


@pytest.mark.parametrize("at", range(6))
def test_a_simultaneous_second_delivery_is_not_refused(cases: CaseWorld, at: int) -> None:
    """At whatever call of its work the other delivery is taken, it hears of no first one."""
    line = msgspec.json.encode(decision(F1))

    def other() -> None:
        cases.decide(decision(F1))

    calls = Calls(at=at, happens=other)
    handled = list(cases.case_work(calls.through(cases.store)).take("acme", line, SENT))
    assert len(calls.names) > at
    assert {one.status for one in handled} <= {"taken", "repeated"}
    assert cases.receipts() == {}


def test_the_order_of_keys_does_not_change_a_message(cases: CaseWorld) -> None:
    message = decision(F1)
    cases.decide(message)
    again = dict(reversed(message.items()))
    assert [one.status for one in cases.decide(again)] == ["repeated"]


def test_two_providers_may_use_the_same_id(cases: CaseWorld) -> None:
    cases.find(finding(3, provider="other"))
    cases.decide(decision(F1))
    [handled] = cases.decide(decision(finding(3).finding), provider="other")
    assert handled.status == "taken"
