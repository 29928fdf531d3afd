"""From the queue to a card and on: filters, leases, settings, broken forms and examples."""

import base64
import re
from dataclasses import replace
from datetime import datetime

import pytest
from support import desk_world
from support.desk_world import KnownRule, MemoryDesk, Visitor, audited, dossier, finding, later

from desk import ItemKind, Moderator, NearCopy
from desk.deciding import DecidingError, NewExample, masked, read_example
from desk.desk_pages import CareSettings
from desk.routes import DeskApplication
from ledger.cases import CaseMarker
from ledger.desk_store import DeskSettings, ItemLease

P1 = dossier(finding("p1", url="https://chat.example/p1"))
P2 = dossier(finding("p2", severity="low", reach=90_000))


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk([P2, P1, desk_world.complaint(), audited()])


def test_a_queue_has_pages_of_fifty(desk: MemoryDesk) -> None:
    desk.dossiers = [dossier(finding(f"p{n}"), since=f"2026-11-25T12:{n // 60:02}:{n % 60:02}Z")
                     for n in range(101)]  # fmt: skip
    keys = [each.item.key for each in desk.dossiers]
    visitor = Visitor(desk)

    def shown(page: str) -> list[str]:
        body = visitor.get(f"/?severity=high{page}")["body"]
        return [key for key in keys if f"/card/{key}?severity=high" in body]

    pages = {"": keys[:50], "&page=1": keys[:50], "&page=2": keys[50:100], "&page=3": keys[100:],
             "&page=4": [], "&page=99999": []}  # fmt: skip
    assert {page: shown(page) for page in pages} == pages
    for page in ("0", "-1", "x", "²", "100000"):
        assert shown(f"&page={page}") == keys[:50], page
    body = visitor.get("/?severity=high&page=2")["body"]
    assert "/?severity=high&amp;page=1" in body
    assert "/?severity=high&amp;page=3" in body
    assert "page=4" not in visitor.get("/?page=3")["body"]
    desk.dossiers.pop()
    assert "page=3" not in visitor.get("/?page=2")["body"], "a hundred fill two pages"


def test_filters_go_along_from_page_to_page(desk: MemoryDesk) -> None:
    visitor, wanted = Visitor(desk), {"severity": "low"}
    path = f"/card/{P2.item.key}"
    assert visitor.post("/next", wanted)["headers"]["Location"] == f"{path}?severity=low"
    assert visitor.post(f"{path}/release", wanted)["headers"]["Location"] == "/?severity=low"
    assert visitor.decide(P2.item.key, **wanted)["headers"]["Location"] == "/?severity=low"
    undone = visitor.post(f"/undo/{visitor.form['id']}", wanted)
    assert undone["headers"]["Location"] == f"{path}?severity=low"


def test_a_decision_gives_the_lease_back(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    visitor.post("/next")
    answer = visitor.decide(P1.item.key)
    assert P1.item.key not in desk.leased
    [taken] = desk.leased
    assert answer["headers"]["Location"] == f"/card/{taken}", "the next one is leased"


def test_next_goes_on_where_a_colleague_was_quicker(desk: MemoryDesk) -> None:
    lease, tried = desk.lease, []

    def slow(moderator: Moderator, key: str, until: datetime) -> ItemLease:
        tried.append(key)
        who = replace(moderator, name="m-8") if key == P1.item.key else moderator
        return lease(who, key, until)

    desk.lease = slow  # type: ignore[method-assign]
    location = Visitor(desk).post("/next")["headers"]["Location"]
    assert tried[0] == P1.item.key
    assert location == f"/card/{tried[1]}"


def test_next_comes_back_to_the_queue_when_nothing_is_free(desk: MemoryDesk) -> None:
    answer = Visitor(desk).post("/next", {"severity": "none"})
    assert answer["headers"]["Location"] == "/?severity=none"


def test_what_a_moderator_skipped_comes_last(desk: MemoryDesk) -> None:
    desk.dossiers = [P1, P2]
    answer = Visitor(desk).decide(P1.item.key, "skipped")
    assert answer["headers"]["Location"] == f"/card/{P2.item.key}"


@pytest.mark.parametrize(("text", "found"), [
    (" THE code ", "p1 p2"), ("p2", "p2"), ("chat.example/P1", "p1"), ("codes/asks", "p1 p2 p3"),
    (P2.item.key, "p2"), ("nothing of it", ""), ("x" * 400, "p3"),
])  # fmt: skip
def test_a_search_knows_texts_ids_addresses_and_rules(text: str, found: str) -> None:
    items = {"p1": P1, "p2": P2, "p3": dossier(finding("p3", text="x" * 300))}
    body = Visitor(MemoryDesk(list(items.values()))).post("/", {"text": text})["body"]
    shown = [name for name, each in items.items() if f'="/card/{each.item.key}"' in body]
    assert " ".join(shown) == found


def test_a_search_stays_and_is_in_no_address_and_no_cookie(desk: MemoryDesk) -> None:
    """A browser sends the form again to where a 307 leads, until nothing is left to find."""
    desk.dossiers += [dossier(finding(f"rare{n}", text=f"a rare {n}", severity="low"))
                      for n in range(2)]  # fmt: skip
    visitor, wanted, seen = Visitor(desk), {"text": "a rare", "sort": "reach"}, []
    answer = visitor.post("/next", wanted)
    while (path := answer["headers"]["Location"]) != "/?sort=reach":
        assert answer["statusCode"] == 307
        key = path.partition("?")[0].removeprefix("/card/")
        card = visitor.post(path, wanted)["body"]
        assert 'name="text" value="a rare"' in card, "its forms carry the search"
        seen.append(key)
        answer = visitor.decide(key, **wanted)
    assert sorted(seen) == sorted(each.item.key for each in desk.dossiers[-2:])
    undone = visitor.post(f"/undo/{visitor.form['id']}", wanted)
    assert undone["statusCode"] == 307
    assert undone["headers"]["Location"] == f"/card/{seen[1]}?sort=reach"
    assert "a rare" in visitor.post("/", wanted)["body"]
    assert "rare" not in repr(visitor.cookies)
    assert visitor.post("/", {"severity": "low"})["headers"]["Location"] == "/?severity=low"
    assert "rare" not in visitor.get("/?text=a+rare")["body"].partition("<ol")[0]


@pytest.mark.parametrize(("sort", "order"), [
    ("", "high wide old"), ("age", "old high wide"), ("reach", "wide high old"),
    ("severity", "high wide old"), ("unknown", "high wide old"),
])  # fmt: skip
def test_a_moderator_sorts(sort: str, order: str) -> None:
    items = {"old": dossier(finding("p1", severity="low"), since="2026-11-20T12:00:00Z"),
             "high": dossier(finding("p2", reach=9)),
             "wide": dossier(finding("p3", severity="medium", reach=90_000))}  # fmt: skip
    body = Visitor(MemoryDesk(list(items.values()))).get(f"/?sort={sort}")["body"]
    assert sorted(items, key=lambda name: body.index(items[name].item.key)) == order.split()


@pytest.mark.parametrize(("verdict", "measure", "own", "offered"), [
    ("confirmed", "removed", "", "removed"), ("confirmed", "none", "", "none"),
    ("dismissed", "removed", "", "none"), ("", "", "removed", "removed"),
])  # fmt: skip
def test_the_last_measure_is_offered_again_or_the_providers_own(desk: MemoryDesk, verdict: str,
        measure: str, own: str, offered: str) -> None:  # fmt: skip
    if own:
        Visitor(desk, role="lead").post("/lead/settings", {"measure": own})
    else:
        Visitor(desk).decide(P1.item.key, verdict, measure=measure)
    body = Visitor(desk).get(f"/card/{P2.item.key}")["body"]
    assert re.findall(r'name="measure" value="([a-z]+)"[^>]* checked', body) == [offered]


@pytest.mark.parametrize(("demanded", "copies", "form", "status"), [
    (False, 0, {}, 303), (True, 0, {}, 400), (True, 0, {"opened": "yes"}, 303),
    (True, 0, {"opened": ["", "yes"]}, 303), (True, 0, {"verdict": "skipped"}, 303),
    (False, 1, {}, 400), (False, 1, {"opened": "yes"}, 303), (False, 1, {"shows": "yes"}, 400),
])  # fmt: skip
def test_a_text_must_be_opened_where_a_lead_demands_it_and_in_groups(demanded: bool, copies: int,
        form: dict[str, object], status: int) -> None:  # fmt: skip
    case = dossier(finding("p1"), copies=(NearCopy("1" * 64, (finding("q1"),)),) * copies)
    desk = MemoryDesk([case])
    Visitor(desk, role="lead").post("/lead/settings", {"opens_text": "yes"} if demanded else {})
    answer = Visitor(desk).decide(case.item.key, **({"opened": ""} | form))
    assert answer["statusCode"] == status
    assert ("Open the text first" in answer["body"]) is (status == 400)


@pytest.mark.parametrize(("role", "names", "said"), [
    ("moderator", "", "There is nothing here"), ("lead", "a@b.example", "letters, digits"),
])  # fmt: skip
def test_settings_of_the_desk_are_a_leads_and_name_pseudonyms(desk: MemoryDesk, role: str,
        names: str, said: str) -> None:  # fmt: skip
    form = {"escalate_to": names, "measure": "removed", "reasons": "dismissed | en | * | A poem."}
    assert said in Visitor(desk, role=role).post("/lead/settings", form)["body"]
    assert desk.desk.settings("acme") == DeskSettings()


@pytest.mark.parametrize(("addressed", "name", "role", "decides"), [
    ("", "m-7", "moderator", False), ("", "lead-1", "lead", True),
    ("m-7 m-9", "m-7", "moderator", True), ("m-9", "lead-1", "lead", False),
    ("", "a-3", "auditor", False),
])  # fmt: skip
def test_an_escalated_case_comes_first_for_its_addressees_alone(desk: MemoryDesk, addressed: str,
        name: str, role: str, decides: bool) -> None:  # fmt: skip
    case = dossier(finding("p4", severity="low"), escalation="threat_to_life")
    desk.dossiers.append(case)
    Visitor(desk, role="lead").post("/lead/settings", {"escalate_to": addressed})
    visitor, path = Visitor(desk, name, role=role), f"/card/{case.item.key}"
    queue = visitor.get("/")["body"]
    assert (path in queue) is (decides or role == "auditor")
    if not decides and role != "auditor":
        assert f"1 escalated case waits for {addressed or 'a lead'}." in queue
    taken = visitor.post("/next")["headers"]["Location"] == path
    card = visitor.get(path)["body"]
    assert "DSA, Art. 18" in card
    assert (taken, 'name="verdict"' in card) == (decides, decides)
    fields = {"id": f"{name}-20261125T140000.000000Z-00000000", "reason": "So."}
    answer = visitor.post(f"{path}/decide", fields | {"verdict": "dismissed"})
    assert answer["statusCode"] == (303 if decides else 403)


def test_an_escalated_case_is_taken_for_a_day(desk: MemoryDesk) -> None:
    case = dossier(finding("p4"), escalation="child_abuse")
    desk.dossiers, path = [case], f"/card/{case.item.key}"
    assert Visitor(desk).post(f"{path}/take")["statusCode"] == 303
    assert not desk.leased
    Visitor(desk, "lead-1", role="lead").post(f"{path}/take")
    assert desk.leased[case.item.key].until == "2026-11-26T14:00:00.000000Z"
    body = Visitor(desk, "lead-2", role="lead").get(path)["body"]
    assert "Taken by lead-1 until 2026-11-26 14:00." in body


def test_second_looks_and_audits_come_last_on_a_moderators_first_day(desk: MemoryDesk) -> None:
    decided = desk_world.decided(moderator="m-7", at="2026-11-24T13:00:00Z")
    look = dossier(finding("p4"), key="5" * 64, kind=ItemKind.SECOND_REVIEW, decision=decided)
    desk.dossiers, keys = [audited(), look, P2], ["2026-11.1", look.item.key, P2.item.key]
    first = Visitor(desk).get("/")["body"]
    assert first.index(keys[2]) < min(first.index(keys[0]), first.index(keys[1]))
    desk, before = MemoryDesk(desk.dossiers), decided.journal_entry
    desk.store.commit_case(CaseMarker("m", "acme", "", "2026-11-24", before.entry), before, ())
    known = Visitor(desk).get("/")["body"]
    assert known.index(keys[1]) < known.index(keys[2])


def test_a_card_says_on_which_law_or_term_its_rule_rests(desk: MemoryDesk) -> None:
    body = Visitor(desk).get(f"/card/{P1.item.key}")["body"]
    law = P1.rules[0][1].pack.legal_ground
    assert re.search(f"Ground: a (law|term).*{law.text}", body, re.DOTALL)


def test_a_broken_form_is_no_form_and_an_encoded_one_is(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    headers = {"Origin": desk_world.ORIGIN,
               "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}  # fmt: skip
    body = "token=token-of-m-7&verdict=%FF"
    event = desk_world.http_event("POST", "/next", body, headers, visitor.cookies)
    refused = visitor.application.respond(event)
    assert (refused["statusCode"], "cannot be read" in refused["body"]) == (403, True)
    good = base64.b64encode(b"token=token-of-m-7&token=x").decode()
    event |= {"body": good, "isBase64Encoded": True}
    assert visitor.application.respond(event)["statusCode"] == 303
    assert visitor.application.respond(event | {"isBase64Encoded": False})["statusCode"] == 403
    assert visitor.application.respond(event | {"body": None})["statusCode"] == 403


def test_settings_are_kept_and_unknown_ones_change_nothing(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    form = {"language": "id", "grey": "on", "minutes": "90", "severe_limit": "0"}
    assert visitor.post("/settings", form)["headers"]["Location"] == "/settings"
    kept = CareSettings("id", blurred=False, keys=False, minutes=90, severe_limit=0)
    assert CareSettings.parse(visitor.cookies["desk-care"]) == kept
    assert '<html lang="id" class=' in visitor.get("/settings")["body"]
    visitor.post("/settings", {"language": "xx", "minutes": "7", "severe_limit": "x", "keys": "on"})
    changed = replace(kept, language="", grey=False, keys=True)
    assert CareSettings.parse(visitor.cookies["desk-care"]) == changed


@pytest.mark.parametrize(("wanted", "language"),
    [("fr, ZH-hans;q=0.9, id", "zh"), ("fr", "en"), ("", "en"), ("id;q=0.1,zh", "id")])  # fmt: skip
def test_the_first_language_we_have_is_taken(desk: MemoryDesk, wanted: str, language: str) -> None:
    body = Visitor(desk).get("/", **{"Accept-Language": wanted})["body"]
    assert f'<html lang="{language}" class=' in body


def test_training_shows_twelve_cards_in_an_order_of_the_day_and_moderator() -> None:
    goldens = [dossier(finding(f"p{n}"), kind=ItemKind.GOLDEN) for n in range(14)]
    desk = MemoryDesk(goldens)

    def drawn(name: str) -> list[str]:
        body = Visitor(desk, name).get("/training")["body"]
        return re.findall(r'href="/card/([0-9a-f]+)"', body)

    own = drawn("m-7")
    assert len(own) == len(set(own)) == 12
    assert drawn("m-7") == own
    assert drawn("m-8") != own
    later(desk, days=1)
    assert drawn("m-7") != own


POST = "Please ask Budi Santoso or @budi99 at +62 812-3456-789, see https://a.example/x?y=1 now"


@pytest.mark.parametrize(("text", "left"), [
    ("call 0812 3456 7890 today", "call [number] today"),
    ("kode 884213 dari @si_budi", "kode [number] dari [handle]"),
    ("write to a.b@mail.example.org", "write to [mail]"),
    ("see www.a.example/p?q=1 or bit.com/x", "see [link] or [link]"),
    ("meet Maria Lopez and then Ivan", "meet [name] and then [name]"),
    ("Send me the code, friend", "Send me the code, friend"),
    ("把验证码 884213 发给我", "把验证码 [number] 发给我"),
    ("send 12 posts", "send 12 posts"),
])  # fmt: skip
def test_masks(text: str, left: str) -> None:
    assert masked(text) == left
    assert masked(left) == left


@pytest.mark.parametrize(("rule", "kind", "text", "why"), [
    ("codes/asks", "ignore", masked(POST), "Rewrite it first"),
    ("codes/asks", "ignore", f" {POST} ", "Rewrite it first"),
    ("codes/asks", "ignore", "ask @budi99", "still has a name"),
    ("codes/asks", "ignore", "​", "1 to 500"), ("codes/asks", "ignore", "x" * 501, "1 to 500"),
    ("codes", "ignore", "a quotation", "Choose a rule"),
    ("/asks", "ignore", "a quotation", "Choose a rule"),
    ("codes/asks", "maybe", "a quotation", "Choose a rule"),
])  # fmt: skip
def test_what_may_not_be_published_is_refused(rule: str, kind: str, text: str, why: str) -> None:
    with pytest.raises(DecidingError, match=why):
        read_example(rule, kind, text, POST)


def test_an_example_in_ones_own_words_is_taken() -> None:
    longest = read_example("codes/asks", "match", f"{'x ' * 249}xy", POST)
    assert (longest.kind, len(longest.text)) == ("match", 500)
    made = read_example("codes/asks", "ignore", "never send  anyone\nthe code", POST)
    assert made == NewExample("codes", "asks", "ignore", "never send anyone the code")


def test_the_editor_masks_and_shows_what_the_check_says() -> None:
    case = dossier(finding(text=POST))
    visitor, adopter, door = Visitor(MemoryDesk([case])), KnownRule(), desk_world.CookieDoor()
    path = f"/card/{case.item.key}/adopt"
    assert visitor.get(path)["statusCode"] == 404
    visitor.application = DeskApplication(visitor.desk, door, adopter)
    assert path in visitor.get(f"/card/{case.item.key}")["body"]
    body = visitor.get(path)["body"]
    assert "[name] or [handle] at [number]" in body
    assert "Budi" not in body
    form = {"for_rule": "codes/asks", "example": "ignore", "text": masked(POST)}
    assert "Rewrite it first" in visitor.post(path, form)["body"]
    assert not adopter.tried
    answer = visitor.post(path, form | {"text": "never send anyone the code"})["body"]
    assert "codes.yaml:3: is hit" in answer
    assert "+ &lt;b&gt;example&lt;/b&gt;" in answer
    visitor.application = DeskApplication(visitor.desk, door, KnownRule(checked=False))
    answer = visitor.post(path, form | {"text": "never send anyone the code"})["body"]
    assert "This console cannot run packs check" in answer, "it has no files of packs"
    assert "terang packs check new-packs" in answer
