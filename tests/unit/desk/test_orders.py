"""Orders with their deadlines and notices to authors: decide takes what the desk showed."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.case_world import CaseWorld, finding
from support.desk_world import MemoryDesk, Visitor, dossier
from support.sample_messages import SENT, inform, notice, order
from support.sample_posts import pack

from desk import Door, Dossier, ItemKind, Moderator, OpenFinding, Role, order_dossier, order_items
from desk.cards import shown_notices
from desk.deciding import DecidingError, DecisionForm, decide, form_id
from desk.desk_queue import hours_left, ordered
from ledger.cases import case_id
from ledger.keys import author_notice_key, rule_page
from rules.pack import Pack, Translation

MODERATOR = Moderator("m-1", "acme", Role.MODERATOR, Door.CONSOLE)
FORM = DecisionForm(form_id("m-1", SENT - timedelta(minutes=2), "00ff00ff"), "complied")


def received(*messages: dict[str, Any]) -> CaseWorld:
    """The cases after these messages."""
    cases = CaseWorld()
    cases.decide(*messages)
    return cases


def card(cases: CaseWorld, name: str = "q-1") -> Dossier:
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
    other = replace(item, key="other", deadline="", severity="high")
    assert ordered([other, item], SENT)[0] == item


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


@pytest.mark.parametrize(("due_at", "code"), [
    ("2026-11-25T07:00:00Z", "field_range"), ("2026-12-10T12:00:00Z", "field_conflict"),
], ids=["before it was received", "another than the first message has"])  # fmt: skip
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
    entry = case.entries[-1].journal_entry
    assert entry.outcome == answer
    assert case.order_so_far().acknowledged_at
    assert bool(entry.effected_at) is (answer == "complied")
    assert not entry.moderator


@pytest.mark.parametrize("wrong", [
    {"verdict": "confirmed"}, {"verdict": "refused"}, {"verdict": "refused", "reason": "x" * 501},
])  # fmt: skip
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
    assert "Followed" in visitor.get("/history")["body"]
    assert key not in visitor.get("/")["body"]


FOUND = finding(1, url="https://chat.example/1", language="id")
UNSENT = {"id": ("(dibuat saat keputusan dikirim)", "."), "zh": ("（发送决定时生成）", "。")}
PAGE = rule_page(FOUND, "https://terang.example")
TERRITORY = ("DE", "NL")  # of the provider in CaseWorld
OPENED = SENT - timedelta(minutes=2)
NOTICE_FORM = DecisionForm(form_id("m-1", OPENED, "00ff00ff"), "confirmed", "removed", "It asks.")


def notice_card(rule: str = "codes/3/asks-for-code", its_pack: Pack | None = None,
                **changes: Any) -> Dossier:  # fmt: skip
    """The dossier of the finding, with the words of its pack."""
    made = dossier(OpenFinding(FOUND, "Send me the code"), language="id", **changes)
    [(_, facts)] = made.rules
    its_pack = its_pack or pack()
    facts = replace(facts, pack=its_pack, rule=its_pack.rule(FOUND.rule), page=PAGE)
    return replace(made, rules=((rule, facts),))


def known_at_the_desk(notice: bytes, language: str) -> str:
    """A notice without what the desk cannot know: its number, and addresses of the stack."""
    unsent, stop = UNSENT[language]
    text = re.sub(r"[:：]\nhttps://ask.example/object", stop, notice.decode())
    text = re.sub(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", unsent, text)
    return re.sub(r".*/authors.*\n", "", text)


def written(language: str, *messages: Any) -> str:
    """The notice that decide writes after these messages, as far as the desk knows it."""
    cases = CaseWorld()
    cases.find(FOUND)
    cases.decide(*messages)
    key = author_notice_key("acme", case_id("decision", "acme", messages[-1]["id"]), language)
    return known_at_the_desk(cases.files[key], language)


@pytest.mark.parametrize("reason_language", ["", "id", "en"])
def test_it_reads_as_decide_writes_it(reason_language: str) -> None:
    form = replace(NOTICE_FORM, reason_language=reason_language)
    shown = shown_notices(form, notice_card(), MODERATOR, SENT, "zh", TERRITORY)
    sent = decide(form, notice_card(), MODERATOR, SENT).messages
    assert shown == [(each, written(each, *sent)) for each in ("id", "zh")]


def test_it_says_that_somebody_reported_the_post() -> None:
    cases = CaseWorld()
    cases.find(FOUND)
    reported = notice(finding=FOUND.finding, trusted_flagger=True)
    cases.decide(reported)
    [entry] = cases.entries[case_id("notice", "acme", "n-1")].values()
    reported_card = notice_card(notices=(entry,))
    [(_, text)] = shown_notices(NOTICE_FORM, reported_card, MODERATOR, SENT, "id", TERRITORY)
    cases.decide(
        *map(msgspec.to_builtins, decide(NOTICE_FORM, reported_card, MODERATOR, SENT).messages)
    )
    key = author_notice_key("acme", case_id("decision", "acme", NOTICE_FORM.id), "id")
    assert text == known_at_the_desk(cases.files[key], "id")
    assert "pelapor tepercaya" in text


def test_the_author_comes_first_and_a_language_without_notices_is_the_moderators() -> None:
    def languages(language: str, moderator: str) -> list[str]:
        found = replace(notice_card(), item=replace(notice_card().item, language=language))
        return [name for name, _ in shown_notices(NOTICE_FORM, found, MODERATOR, SENT, moderator)]

    assert languages("zh-Hans", "en") == ["zh", "en"]
    assert languages("en", "en") == ["en"]
    assert languages("th", "id") == ["id"]


def test_without_a_measure_the_author_gets_none() -> None:
    for change in ({"measure": "none"}, {"verdict": "dismissed"}):
        form = replace(NOTICE_FORM, **change)
        assert shown_notices(form, notice_card(), MODERATOR, SENT, "en") == []


def test_asking_for_the_notice_decides_nothing_and_keeps_the_form() -> None:
    fields = {"verdict": "confirmed", "measure": "removed", "reason": "", "shows": "yes"}
    fields["kept"] = fields["shown"] = FOUND.finding
    translated = pack(translations={"id": Translation(title="Kode sekali pakai")})
    desk = MemoryDesk([notice_card(its_pack=translated)], SENT)
    visitor = Visitor(desk, "m-1")
    body = visitor.post(f"/card/{FOUND.finding}/notice", fields | {"id": NOTICE_FORM.id})["body"]
    assert not desk.pending
    assert '<pre lang="id"' in body
    assert "Kiriman Anda dihapus" in body
    assert "Kode sekali pakai" in body
    assert "\n…\n" in body, "the reason that is still to be written"
    assert f'value="{NOTICE_FORM.id}"' in body
    assert '<details class="excerpt" open>' in body, "the text that was open stays open"


def test_a_rule_that_cannot_be_read_is_no_error_of_the_page() -> None:
    desk = MemoryDesk([notice_card("other/1/rule")], SENT)
    fields = {"id": NOTICE_FORM.id, "verdict": "confirmed", "measure": "removed",
              "kept": FOUND.finding}  # fmt: skip
    body = Visitor(desk, "m-1").post(f"/card/{FOUND.finding}/notice", fields)["body"]
    assert "The words of the rule cannot be read." in body


def test_a_canned_reason_names_its_language() -> None:
    desk, canned = MemoryDesk([notice_card()], SENT), "Kata-kata itu berarti lain di sini."
    fields = {"id": NOTICE_FORM.id, "verdict": "dismissed", "canned": canned, "kept": FOUND.finding}
    Visitor(desk, "m-1").post(f"/card/{FOUND.finding}/decide", fields)
    [pending] = desk.pending
    assert pending.messages[0]["reason_language"] == "id"
