"""The author's notice on the card is the one that decide will write, to the letter."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from support.desk_world import MemoryDesk, Visitor, dossier
from support.memory_cases import MemoryCases, finding
from support.sample_messages import SENT, notice
from support.sample_posts import pack

from desk import Door, Dossier, Moderator, OpenFinding, Role, RuleFacts
from desk.cards import shown_notices
from desk.deciding import DecisionForm, decide, form_id
from ledger.cases import case_id
from ledger.keys import author_notice_key, rule_page
from rules.pack import Translation

MODERATOR = Moderator("m-1", "acme", Role.MODERATOR, Door.CONSOLE)
FOUND = finding(1, url="https://chat.example/1", language="id")
PAGE = rule_page(FOUND, "https://terang.example")
TERRITORY = ("DE", "NL")  # of the provider in MemoryCases
OPENED = SENT - timedelta(minutes=2)
FORM = DecisionForm(form_id("m-1", OPENED, "00ff00ff"), "confirmed", "removed", "It asks.")


def card(*names: str, **changes: Any) -> Dossier:
    """The dossier of the finding, with the words of its pack."""
    made = dossier(OpenFinding(FOUND, "Send me the code"), language="id", **changes)
    facts = RuleFacts.of(pack(), FOUND.rule, PAGE)
    return replace(made, rules=tuple((name, facts) for name in names or ("codes/3/asks-for-code",)))


def written(language: str, *messages: Any) -> str:
    """The notice that decide writes after these messages."""
    cases = MemoryCases()
    cases.find(FOUND)
    cases.decide(*messages)
    key = author_notice_key("acme", case_id("decision", "acme", messages[-1]["id"]), language)
    return cases.files[key].decode()


@pytest.mark.parametrize("reason_language", ["", "id", "en"])
def test_it_reads_as_decide_writes_it(reason_language: str) -> None:
    form = replace(FORM, reason_language=reason_language)
    shown = shown_notices(form, card(), MODERATOR, SENT, "zh", TERRITORY)
    sent = decide(form, card(), MODERATOR, SENT).messages
    assert shown == [(each, written(each, *sent)) for each in ("id", "zh")]


def test_it_says_that_somebody_reported_the_post() -> None:
    cases = MemoryCases()
    cases.find(FOUND)
    reported = notice(finding=FOUND.finding, trusted_flagger=True)
    cases.decide(reported)
    [entry] = cases.entries[case_id("notice", "acme", "n-1")].values()
    reported_card = card(notices=(entry,))
    [(_, text)] = shown_notices(FORM, reported_card, MODERATOR, SENT, "id", TERRITORY)
    cases.decide(*map(msgspec.to_builtins, decide(FORM, reported_card, MODERATOR, SENT).messages))
    key = author_notice_key("acme", case_id("decision", "acme", FORM.id), "id")
    assert text == cases.files[key].decode()
    assert "pelapor tepercaya" in text


def test_the_author_comes_first_and_a_language_without_notices_is_the_moderators() -> None:
    def languages(language: str, moderator: str) -> list[str]:
        found = replace(card(), item=replace(card().item, language=language))
        return [name for name, _ in shown_notices(FORM, found, MODERATOR, SENT, moderator)]

    assert languages("zh-Hans", "en") == ["zh", "en"]
    assert languages("en", "en") == ["en"]
    assert languages("th", "id") == ["id"]


def test_without_a_measure_the_author_gets_none() -> None:
    assert shown_notices(replace(FORM, measure="none"), card(), MODERATOR, SENT, "en") == []
    assert shown_notices(replace(FORM, verdict="dismissed"), card(), MODERATOR, SENT, "en") == []


def test_asking_for_the_notice_decides_nothing_and_keeps_the_form() -> None:
    fields = {"verdict": "confirmed", "measure": "removed", "reason": "", "shows": "yes"}
    fields["kept"] = fields["shown"] = FOUND.finding
    translated = pack(translations={"id": Translation(title="Kode sekali pakai")})
    facts = (("codes/3/asks-for-code", RuleFacts.of(translated, FOUND.rule, PAGE)),)
    desk = MemoryDesk([replace(card(), rules=facts)], SENT)
    visitor = Visitor(desk, "m-1")
    body = visitor.post(f"/card/{FOUND.finding}/notice", fields | {"id": FORM.id})["body"]
    assert not desk.pending
    assert '<pre lang="id"' in body
    assert "Kiriman Anda dihapus" in body
    assert "Kode sekali pakai" in body
    assert "\n…\n" in body, "the reason that is still to be written"
    assert f'value="{FORM.id}"' in body
    assert '<details class="excerpt" open>' in body, "the text that was open stays open"


def test_a_rule_that_cannot_be_read_is_no_error_of_the_page() -> None:
    desk = MemoryDesk([card("other/1/rule")], SENT)
    fields = {"id": FORM.id, "verdict": "confirmed", "measure": "removed", "kept": FOUND.finding}
    body = Visitor(desk, "m-1").post(f"/card/{FOUND.finding}/notice", fields)["body"]
    assert "The words of the rule cannot be read." in body


def test_a_canned_reason_names_its_language() -> None:
    desk, canned = MemoryDesk([card()], SENT), "Kata-kata itu berarti lain di sini."
    fields = {"id": FORM.id, "verdict": "dismissed", "canned": canned, "kept": FOUND.finding}
    Visitor(desk, "m-1").post(f"/card/{FOUND.finding}/decide", fields)
    [pending] = desk.pending.values()
    assert pending.messages[0]["reason_language"] == "id"
