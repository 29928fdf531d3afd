"""Orders of authorities wait with their deadline, and decide takes the desk's answers."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.desk_world import MemoryDesk, Visitor
from support.memory_cases import MemoryCases
from support.sample_messages import SENT, inform, order

from desk.deciding import DecidingError, DecisionForm, decide, form_id
from desk.items import Door, Dossier, ItemKind, Moderator, Role, order_dossier, order_items
from desk.queue import hours_left, ordered
from ledger.cases import case_id

MODERATOR = Moderator("m-1", "acme", Role.MODERATOR, Door.CONSOLE)
FORM = DecisionForm(form_id("m-1", SENT - timedelta(minutes=2), "00ff00ff"), "complied")


def received(*messages: dict[str, Any]) -> MemoryCases:
    """The cases after these messages."""
    cases = MemoryCases()
    cases.decide(*messages)
    return cases


def card(cases: MemoryCases, name: str = "q-1") -> Dossier:
    case = cases.case(case_id("order", "acme", name))
    assert case is not None
    return order_dossier(case)


@pytest.mark.parametrize(
    ("regulation", "deadline"), [("tco", "2026-11-25T09:00:00Z"), ("dsa", "2026-11-26T08:00:00Z")]
)
def test_an_order_waits_with_the_hours_of_its_regulation(regulation: str, deadline: str) -> None:
    cases = received(order(regulation=regulation))
    [item] = order_items([*cases.journal.values()])
    assert (item.kind, item.deadline) == (ItemKind.ORDER, deadline)
    assert item.category == "SCAMS_AND_FRAUD"
    assert (hours_left(item, SENT) or 0) < 0
    assert (
        ordered([replace(item, key="other", deadline="", severity="high"), item], SENT)[0] == item
    )


def test_an_order_waits_until_its_own_deadline_and_the_first_due_comes_first() -> None:
    later, sooner = "2026-12-09T12:00:00Z", "2026-12-08T12:00:00+02:00"
    cases = received(
        order(due_at=later), order(id="q-3", due_at=sooner), inform(id="q-4", due_at=later)
    )
    items = [*order_items([*cases.journal.values()])]
    now = datetime.fromisoformat("2026-12-01T00:00:00Z")
    waiting = ordered([replace(items[0], key="none", deadline=""), *items], now)
    deadlines = ["2026-12-08T10:00:00Z", later, later, ""]
    assert [item.deadline for item in waiting] == deadlines


@pytest.mark.parametrize(
    ("due_at", "code"),
    [("2026-11-25T07:00:00Z", "field_range"), ("2026-12-10T12:00:00Z", "field_conflict")],
    ids=["before it was received", "another than the first message has"],
)
def test_a_deadline_that_cannot_be_is_refused(due_at: str, code: str) -> None:
    cases = received(order(due_at="2026-12-09T12:00:00Z"))
    wrong = order(id="q-3", follows="q-1", effected_at="2026-11-25T10:00:00Z", due_at=due_at)
    [handled] = cases.decide(wrong)
    assert (handled.status, handled.code) == ("refused", code)


def test_an_answered_order_waits_no_longer_and_one_with_more_facts_does() -> None:
    known = {"follows": "q-1", "effected_at": "2026-11-25T10:00:00Z"}
    still = received(order(), order(id="q-3", **known))
    assert len([*order_items([*still.journal.values()])]) == 1
    assert card(still).order.journal_entry.effected_at == "2026-11-25T10:00:00Z"  # type: ignore[union-attr]
    ended = received(order(), order(id="q-3", outcome="complied", **known))
    assert [*order_items([*ended.journal.values()])] == []
    assert [*order_items([*received(order(outcome="complied")).journal.values()])] == []


@pytest.mark.parametrize("first", [order(), order(acknowledged_at=...), inform()])
@pytest.mark.parametrize("answer", ["complied", "contested", "refused", "impossible"])
def test_decide_takes_every_answer(first: dict[str, Any], answer: str) -> None:
    cases = received(first)
    form = replace(FORM, verdict=answer, reason="It names no item.")
    pending = decide(form, card(cases, first["id"]), MODERATOR, SENT)
    [handled] = cases.decide(*map(msgspec.to_builtins, pending.messages))
    assert handled.status == "taken"
    case = cases.case(case_id("order", "acme", first["id"]))
    assert case is not None
    entry = case.entries[-1].journal_entry
    assert entry.outcome == answer
    assert case.order_so_far().acknowledged_at
    assert bool(entry.effected_at) is (answer == "complied")
    assert not entry.moderator


@pytest.mark.parametrize(
    "wrong", [{"verdict": "confirmed"}, {"verdict": "refused"},
              {"verdict": "refused", "reason": "x" * 501}]
)  # fmt: skip
def test_an_answer_needs_its_kind_and_why_it_was_not_followed(wrong: dict[str, str]) -> None:
    with pytest.raises(DecidingError):
        decide(replace(FORM, **wrong), card(received(order())), MODERATOR, SENT)


def test_the_card_shows_the_order_and_answers_it() -> None:
    desk = MemoryDesk([card(received(order(regulation="tco", authority="<b>A court</b>")))], SENT)
    visitor, key = Visitor(desk, "m-1"), desk.dossiers[0].item.key
    queue, page = visitor.get("/")["body"], visitor.get(f"/card/{key}")["body"]
    assert "7.6 days late" in queue
    assert "&lt;b&gt;A court" in page
    assert "to act against 1 item" in page
    sent = visitor.post(f"/card/{key}/decide", {"id": FORM.id, "verdict": "complied"})
    assert sent["statusCode"] == 303
    assert "Followed" in visitor.get("/recent")["body"]
    assert key not in visitor.get("/")["body"]
