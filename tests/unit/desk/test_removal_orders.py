"""Orders under Regulation (EU) 2021/784: their facts, answers, silence and reminders."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.case_world import CaseWorld
from support.desk_world import MemoryDesk, Visitor, form_of
from support.sample_messages import SENT, order

from cases.kinds import case_line, read_case_message
from desk import Door, Moderator, Role, order_dossier, order_reminders
from desk.deciding import DecidingError, DecisionForm, decide, form_id
from dsa.report_entries import Entries, order_rows
from ledger.cases import Case, JournalEntry, case_id
from ledger.keys import author_notice_key
from terang.repair import TableSnapshot
from terang.repair.checks import PublicCopy, case_differences

ORDER = case_id("order", "acme", "q-1")
LATER = SENT + timedelta(days=20)
MODERATOR = Moderator("m-1", "acme", Role.MODERATOR, Door.CONSOLE)
ANNEX_1 = {
    "reference": "TCO 7/2026", "issued_at": "2026-11-25T07:55:00Z", "material": ["a", "d"],
    "redress_until": "2027-01-31",
}  # fmt: skip
removal_order = partial(
    order, regulation="tco", category="RISK_FOR_PUBLIC_SECURITY", keyword="TERRORIST_CONTENT",
    acknowledged_at=...,
)  # fmt: skip
received = removal_order(removal=ANNEX_1)
silenced = removal_order(removal=ANNEX_1 | {"silent_until": "2026-12-10"})
follow = partial(removal_order, id="q-2", follows="q-1")
answer = follow(
    outcome="complied", acknowledged_at="2026-11-25T08:10:00Z", effected_at="2026-11-25T08:30:00Z",
    removal={"done": "removed", "preserved": "vault 12"},
)  # fmt: skip
told = follow(id="q-3", removal={"told_on": "2026-12-11"})


def world(*messages: dict[str, Any], sent_at: datetime = SENT) -> CaseWorld:
    cases = CaseWorld()
    assert [each.status for each in cases.decide(*messages)] == ["taken"] * len(messages)
    return cases


def case_of(cases: CaseWorld) -> Case:
    case = cases.case(ORDER)
    assert case is not None
    return case


def public(cases: CaseWorld) -> list[JournalEntry]:
    """What may be public of the day on which all was taken."""
    return cases.store.journal_entries("acme", SENT.date().isoformat())


def text(cases: CaseWorld, name: str) -> str:
    return cases.files.get(author_notice_key("acme", ORDER, name), b"").decode()


def test_an_answer_is_written_as_annex_ii_to_sign() -> None:
    cases = world(received, answer)
    annex = text(cases, "annex-2")
    assert "File reference of the authority: TCO 7/2026\n" in annex
    assert "File reference of the addressee: q-1\n" in annex
    assert "[x] the terrorist content has been removed\n" in annex
    assert "[ ] access to the terrorist content has been disabled" in annex
    assert "Time and date of the measure (UTC): 2026-11-25T08:30:00Z\n" in annex
    assert "vault" not in annex
    assert not text(cases, "annex-3")


@pytest.mark.parametrize(("why", "box"), [
    ("impossible", "[x] force majeure"), ("errors", "[x] manifest errors"),
    ("unclear", "[x] insufficient information"),
])  # fmt: skip
def test_what_cannot_be_executed_is_written_as_annex_iii(why: str, box: str) -> None:
    cases = world(
        received,
        follow(outcome="impossible", ground="Two\nlines", removal={"hindrance": why}),
    )
    annex = text(cases, "annex-3")
    assert box in annex
    assert annex.count("[x]") == 1
    assert "Two\nlines" in annex
    assert not text(cases, "annex-2")
    assert not text(cases, "author")


def test_an_order_of_the_dsa_has_no_annexes() -> None:
    cases = world(order(), order(id="q-2", follows="q-1", outcome="complied"))
    assert not [key for key in cases.files if "annex" in key]


def test_the_author_is_told_by_whom_why_and_what_to_do() -> None:
    notice = text(world(received, answer), "author")
    assert "A court (DE), reference TCO 7/2026, of 2026-11-25" in notice
    assert "- it incites others to commit terrorist offences;" in notice
    assert "until 2027-01-31" in notice


def test_a_name_with_a_line_break_forges_no_line() -> None:
    cases = world(
        removal_order(authority="A court\n[x] forged", removal=ANNEX_1 | {"reference": "1\n[x] 2"}),
        answer | {"authority": "A court\n[x] forged"},
    )
    assert "\n[x] forged" not in text(cases, "annex-2")
    assert "\n[x] 2" not in text(cases, "annex-2")


def test_nothing_is_public_while_the_authority_forbids_it_and_all_of_it_later() -> None:
    cases = world(silenced, answer)
    assert public(cases) == []
    assert text(cases, "annex-2")
    assert not text(cases, "author")
    [taken] = cases.decide(told, sent_at=LATER)
    assert taken.status == "taken"
    [entry] = public(cases)
    assert "A court" in text(cases, "author")
    spoken, plain = case_line(1, entry, {}), world(received, answer)
    lines = [case_line(1, each, {}) for each in public(plain)]
    assert (spoken.received, spoken.outcome, spoken.items) == (True, "complied", 1)
    assert spoken.acknowledge_seconds == max(each.acknowledge_seconds or 0 for each in lines)
    assert spoken.effect_seconds == max(each.effect_seconds or 0 for each in lines)


def test_the_report_counts_a_silent_order_as_any_other_once_it_is_told() -> None:
    plain, silent = world(received, answer), world(silenced, answer)
    before = order_rows(Entries.of(public(silent)))
    assert not any(cell.value for row in before for cell in row[3:])  # type: ignore[union-attr]
    silent.decide(told, sent_at=LATER)
    numbers = [
        [[cell.value for cell in row[3:]] for row in order_rows(Entries.of(public(each)))]  # type: ignore[union-attr]
        for each in (plain, silent)
    ]
    assert numbers[0] == numbers[1]


def test_fsck_misses_a_silent_order_on_no_public_page(tmp_path: Path) -> None:
    def missing(cases: CaseWorld) -> list[str]:
        table = TableSnapshot()
        table.add(cases.items())
        assert not [*case_differences(table)]
        return [each.kind for each in PublicCopy(tmp_path, set()).differences(table, LATER)]

    cases = world(silenced, answer)
    assert missing(cases) == []
    cases.decide(told, sent_at=LATER)
    assert missing(cases) == ["public_behind"]


@pytest.mark.parametrize(("first", "second", "sent_at", "code"), [
    (silenced, told, SENT, "time_early"),  # of a day that has not come
    (silenced, follow(removal={"told_on": "2026-12-10"}), LATER, "time_early"),
    (received, told, LATER, "time_early"),  # nobody forbade it
    (received, follow(removal={"silent_until": "2026-12-10"}), LATER, "field_conflict"),
    (silenced, follow(removal={"silent_until": "2027-02-18"}), LATER, "field_range"),
], ids=["future", "last day", "not silent", "silence later", "over twelve weeks"])  # fmt: skip
def test_a_silence_is_neither_broken_nor_made_up(
    first: dict[str, Any], second: dict[str, Any], sent_at: datetime, code: str
) -> None:
    done = {"outcome": "complied"} if second is told else {}
    cases = world(first, *([answer] if done else []))
    [handled] = cases.decide(second, sent_at=sent_at)
    assert (handled.status, handled.code) == ("refused", code)


def test_the_author_is_told_once_and_of_an_answered_order() -> None:
    cases = world(silenced)
    assert cases.decide(told, sent_at=LATER)[0].code == "time_early"
    cases.decide(answer)
    again = told | {"id": "q-4"}
    codes = [cases.decide(each, sent_at=LATER)[0].code for each in (told, again)]
    assert codes == ["", "time_early"]
    assert len(public(cases)) == 1


@pytest.mark.parametrize(("silent_until", "status"), [
    ("2027-01-06", "taken"), ("2027-01-07", "refused"), ("2026-11-24", "refused"),
])  # fmt: skip
def test_an_authority_forbids_it_for_six_weeks_at_most(silent_until: str, status: str) -> None:
    first = removal_order(removal={"silent_until": silent_until})
    assert [each.status for each in CaseWorld().decide(first)] == [status]


def test_it_may_be_extended_by_six_weeks() -> None:
    longer = follow(removal={"silent_until": "2027-02-17"})
    cases = world(silenced, longer)
    silence = case_of(cases).order_so_far().removal
    assert silence is not None
    assert (str(silence.silent_until), silence.reference) == ("2027-02-17", "TCO 7/2026")


@pytest.mark.parametrize("wrong", [
    order(removal={}), order(kind="inform", category=..., items=..., removal={}),
    removal_order(removal={"url": "https://chat.example/1"}),
], ids=["of the dsa", "to inform", "an address of content"])  # fmt: skip
def test_no_other_order_has_these_facts_and_no_address_is_taken(wrong: dict[str, Any]) -> None:
    assert [each.status for each in CaseWorld().decide(wrong)] == ["refused"]


@pytest.mark.parametrize(("day", "reminded"), [
    ("2027-05-17", False), ("2027-05-18", True), ("2027-05-25", True), ("2027-05-26", False),
])  # fmt: skip
def test_the_desk_reminds_seven_days_before_the_copy_ends(day: str, reminded: bool) -> None:
    cases = world(received, answer)
    now = datetime.fromisoformat(f"{day}T12:00:00Z")
    items = [*order_reminders(cases.store.removal_orders("acme"), now)]
    assert [item.deadline for item in items] == ["2027-05-25T23:59:59Z"] * reminded
    assert not [*order_reminders(cases.store.removal_orders("other"), now)]


def test_an_extension_moves_the_reminder() -> None:
    cases = world(received, answer, follow(id="q-3", removal={"preserved_until": "2027-08-25"}))
    orders = cases.store.removal_orders("acme")
    days = [datetime(2027, month, 20, tzinfo=UTC) for month in (5, 8)]
    assert [len([*order_reminders(orders, day)]) for day in days] == [0, 1]


def test_the_desk_reminds_when_the_silence_is_over_until_somebody_tells() -> None:
    cases = world(silenced, answer)
    days = [datetime(2026, 12, day, 12, tzinfo=UTC) for day in (10, 11, 30)]
    orders = cases.store.removal_orders("acme")
    assert [len([*order_reminders(orders, day)]) for day in days] == [0, 1, 1]
    cases.decide(told, sent_at=LATER)
    assert not [*order_reminders(cases.store.removal_orders("acme"), days[1])]


def form(verdict: str, now: datetime, **fields: str) -> DecisionForm:
    opened = form_id("m-1", now - timedelta(minutes=2), "00ff00ff")
    return replace(DecisionForm(opened, verdict), **fields)  # type: ignore[arg-type]


def test_the_card_answers_an_order_and_later_says_that_the_author_was_told() -> None:
    cases = world(silenced)
    chosen = form("complied", SENT, measure="disabled", ground_text="vault 12")
    for each, now in ((chosen, SENT), (form("told", LATER), LATER)):
        pending = decide(each, order_dossier(case_of(cases)), MODERATOR, now)
        [taken] = cases.decide(*map(msgspec.to_builtins, pending.messages), sent_at=now)
        assert taken.status == "taken"
    removal = case_of(cases).order_so_far().removal
    assert removal is not None
    assert (removal.done, removal.preserved) == ("disabled", "vault 12")
    assert removal.told_on == LATER.date()
    assert len(public(cases)) == 1


def test_a_wrong_day_on_the_card_is_refused() -> None:
    with pytest.raises(DecidingError):
        decide(
            form("kept", SENT, ground_text="soon"),
            order_dossier(case_of(world(received, answer))), MODERATOR, SENT,
        )  # fmt: skip


def test_the_card_says_what_the_order_is_and_that_nobody_may_be_told() -> None:
    desk = MemoryDesk([order_dossier(case_of(world(silenced)))], SENT)
    page = Visitor(desk, "m-1").get(f"/card/{ORDER}")["body"]
    assert "TCO 7/2026" in page
    assert "The authority forbids to tell anybody of this" in page
    answered = MemoryDesk([order_dossier(case_of(world(silenced, answer)))], SENT)
    page = Visitor(answered, "m-1").get(f"/card/{ORDER}")["body"]
    assert "The author was told" not in page  # decide would refuse it
    assert "2027-05-25" in page
    over = MemoryDesk(answered.dossiers, LATER)
    assert "The author was told" in Visitor(over, "m-1").get(f"/card/{ORDER}")["body"]


TYPED = {
    "id": "q-1", "authority": "A court", "country": "DE", "received_at": "2026-11-25T08:00",
    "items": "1", "removal.reference": "TCO 7/2026", "removal.issued_at": "2026-11-25T07:55",
    "removal.material": ["a", "d"], "removal.redress_until": "2027-01-31",
    "removal.silent_until": "2026-12-10",
}  # fmt: skip


def entered(visitor: Visitor, **changes: str) -> dict[str, Any]:
    page = visitor.get("/order")["body"]
    opened = re.findall(r'name="form" value="([^"]+)"', page)[0]
    return visitor.post("/order", {"form": opened} | TYPED | {
        name.replace("removal_", "removal."): value for name, value in changes.items()
    })  # fmt: skip


def test_the_form_is_the_message_that_one_sends_and_can_be_taken_back() -> None:
    desk = MemoryDesk([], SENT)
    visitor = Visitor(desk, "m-1")
    assert entered(visitor)["statusCode"] == 303
    [pending] = desk.pending
    made, sent = (read_case_message(msgspec.json.encode(each)) for each in
                  (*pending.messages, silenced))  # fmt: skip
    assert made == sent
    assert pending.items == (f"order/{ORDER}",)
    visitor.post(f"/undo/{pending.id}")
    again = visitor.get(f"/order/{ORDER}")["body"]
    shown = [TYPED[name] for name in TYPED if name not in {"country", "removal.material"}]
    assert all(f'value="{text}"' in again for text in shown)
    assert re.findall(r'value="(.)" checked', again) == ["a", "d"]
    assert "<option selected>DE" in again
    assert entered(visitor)["statusCode"] == 303


@pytest.mark.parametrize(("field", "value"), [
    ("id", ""), ("authority", " "), ("authority", "a" * 501), ("country", "US"), ("items", "0"),
    ("items", "9" * 30), ("received_at", "yesterday"), ("received_at", "2027-11-26T08:00"),
    ("received_at", "2021-11-25T08:00"), ("removal.issued_at", "2026-11-25"),
    ("removal.reference", "r" * 501), ("removal.redress_until", "soon"),
    ("removal.silent_until", "2027-01-07"), ("removal.material", "f"),
])  # fmt: skip
def test_a_field_that_cannot_be_taken_is_named_and_nothing_is_lost(field: str, value: str) -> None:
    desk = MemoryDesk([], SENT)
    answer = entered(Visitor(desk, "m-1"), **{field.replace(".", "_"): value})
    assert answer["statusCode"] == 400
    assert desk.pending == []
    assert "TCO 7/2026" in answer["body"] or field == "removal.reference"
    named = re.findall(r'aria-invalid="true"', answer["body"])
    assert named or field == "removal.material"
    assert ": this cannot be taken." in answer["body"]


def test_an_order_is_entered_once_and_by_nobody_who_may_not_decide() -> None:
    desk = MemoryDesk([], SENT)
    assert entered(Visitor(desk, "m-1"))["statusCode"] == 303
    assert entered(Visitor(desk, "m-2"))["statusCode"] == 400
    assert Visitor(desk, "m-3", role="auditor").get("/order")["statusCode"] == 404
    assert Visitor(desk, "m-3", role="auditor").post("/order", TYPED)["statusCode"] == 404


@pytest.mark.parametrize(("answered", "shown"), [
    ({"verdict": "complied", "measure": "removed"}, ["[x] the terrorist content has been removed"]),
    ({"verdict": "impossible", "ground": "errors", "reason": "A page"}, ["[x] manifest", "A page"]),
    ({}, ["Choose an answer."]),
])  # fmt: skip
def test_the_text_to_sign_can_be_read_before(answered: dict[str, str], shown: list[str]) -> None:
    desk = MemoryDesk([order_dossier(case_of(world(received)))], SENT)
    visitor = Visitor(desk, "m-1")
    form = form_of(visitor, ORDER) | answered
    page = visitor.post(f"/card/{ORDER}/notice", form)["body"]
    assert all(words in page for words in [*shown, "TCO 7/2026"])
    assert ("You can challenge the order" in page) == (answered.get("verdict") == "complied")
    assert desk.pending == []
