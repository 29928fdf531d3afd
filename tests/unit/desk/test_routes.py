"""The routes on an invented desk: what a moderator sees, decides and takes back."""

import re

import msgspec
import pytest
from support import desk_world
from support.desk_world import MemoryDesk, Visitor, complaint, dossier, finding, form_of, later

from cases.kinds import read_case_message
from desk import Dossier, Item, ItemKind, NearCopy
from desk.cards import SHIPPED
from ledger.cases import CaseMarker
from ledger.desk_store import PendingState
from ledger.findings import FloodQuestion

P1, P2 = dossier(finding("p1")), dossier(finding("p2", severity="low", reach=90_000))


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk([P2, P1, complaint(), desk_world.audited()])


def test_a_filter_leaves_out_the_rest(desk: MemoryDesk) -> None:
    assert "4 items wait" in Visitor(desk).get("/")["body"]
    body = Visitor(desk).get("/?severity=low")["body"]
    assert P2.item.key in body
    assert P1.item.key not in body


def test_a_copy_names_the_decision_behind_it() -> None:
    copied = dossier(finding("p1", copy_of="decision-9"))
    body = Visitor(MemoryDesk([copied])).get(f"/card/{copied.item.key}")["body"]
    assert "A near copy of a post that a person confirmed" in body
    assert "<code>decision-9</code>" in body


def test_next_leases_what_is_free_for_ten_minutes(desk: MemoryDesk) -> None:
    """Somebody who leases everything keeps nobody from deciding."""
    first, second, path = Visitor(desk), Visitor(desk, "m-8"), f"/card/{P1.item.key}"
    assert first.post("/next")["headers"]["Location"] == path
    assert desk.leased[P1.item.key].until == "2026-11-25T14:10:00.000000Z"
    assert second.post("/next")["headers"]["Location"] != path
    assert "taken by m-7" in second.get("/")["body"]
    assert "m-7" in second.get(path)["body"]
    second.post(f"{path}/release")
    assert P1.item.key in desk.leased
    first.post(f"{path}/release")
    assert P1.item.key not in desk.leased
    first.post("/next")
    later(desk, minutes=10)
    assert second.post("/next")["headers"]["Location"] == path
    assert first.decide(P1.item.key)["statusCode"] == 303
    assert len(desk.pending) == 1


def test_no_page_shows_an_account(desk: MemoryDesk) -> None:
    """Not even its pseudonym, by which the posts of one author could be put together."""
    lead = Visitor(desk, role="lead")
    pages = ["/", "/history", "/training", "/lead", "/settings"]
    pages += [f"/card/{each.item.key}" for each in desk.dossiers]
    account = P1.findings[0].finding.account
    answers = {page: lead.get(page) for page in pages}
    assert {page: answer["statusCode"] for page, answer in answers.items()} == dict.fromkeys(
        pages, 200
    )
    assert [page for page, answer in answers.items() if account in answer["body"]] == []
    assert account not in lead.post("/", {"text": "code"})["body"]


def test_a_decision_is_pending_until_it_is_due(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    assert visitor.decide(P1.item.key)["statusCode"] == 303
    event = desk_world.http_event("GET", "/", cookies=visitor.cookies)
    [pending] = desk.recent(visitor.application.door.session(event).moderator)  # type: ignore[union-attr]
    assert pending.state is PendingState.PENDING
    assert pending.id == visitor.form["id"] == pending.messages[0]["id"]
    assert P1.item.key not in visitor.get("/")["body"]


def test_undo_brings_the_item_back_and_uses_the_form_up(desk: MemoryDesk) -> None:
    visitor, path = Visitor(desk), f"/card/{P1.item.key}"
    visitor.decide(P1.item.key)
    assert visitor.post(f"/undo/{visitor.form['id']}")["headers"]["Location"] == path
    assert P1.item.key in visitor.get("/")["body"]
    again = visitor.post(f"{path}/decide", visitor.form)
    assert again["statusCode"] == 409
    assert "A quotation." in again["body"]
    assert visitor.form["id"] not in again["body"]


def test_the_undo_bar_is_shown_for_ten_seconds_and_then_it_is_too_late(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    visitor.decide(P1.item.key)
    undo = f"/undo/{visitor.form['id']}"
    assert undo in visitor.get("/")["body"]
    later(desk, seconds=10)
    assert visitor.post(undo)["headers"]["Location"] == "/history?late=1"
    assert "/undo/" not in visitor.get("/")["body"]


@pytest.mark.parametrize(("before", "then", "said"), [
    ({}, {"verdict": "confirmed"}, "Dismissed, can"), ({}, {"reason": "A song."}, "Dismissed, can"),
    ({}, {"kept": []}, "Dismissed, can"), ({"kept": []}, {"kept": "1" * 64}, "Dismissed, can"),
    ({"verdict": "skipped"}, {}, "Skipped, can"),
    ({"verdict": "confirmed", "measure": "removed"}, {"verdict": "confirmed", "measure": "age"},
     "Confirmed: removed, can"),
], ids=["another verdict", "another reason", "a copy left out", "a copy taken in",
        "a verdict after a skip", "another measure"])  # fmt: skip
def test_back_and_another_choice_is_told_what_is_stored(before: dict[str, object],
        then: dict[str, object], said: str) -> None:  # fmt: skip
    group = dossier(finding("p1"), copies=(NearCopy("1" * 64, (finding("q1"),)),))
    desk, path = MemoryDesk([group]), f"/card/{group.item.key}/decide"
    visitor = Visitor(desk)
    form = form_of(visitor, group.item.key) | {"verdict": "dismissed", "reason": "A poem."}
    for _ in range(2):
        assert visitor.post(path, form | before)["statusCode"] == 303
    [stored] = desk.pending
    answer = visitor.post(path, form | then)
    assert answer["statusCode"] == 409
    assert f"This form was used at 2026-11-25 14:00: {said}" in answer["body"]
    assert f'value="{stored.id}"' not in answer["body"], "the next form is a new one"
    assert desk.pending == [stored]
    sent = desk.desk.release_pending("acme", stored.id)
    desk.desk.end_pending(msgspec.structs.replace(sent, state=PendingState.REFUSED))
    assert "refused. What" in visitor.post(path, form | before)["body"]


def test_a_form_that_does_nothing_does_not_say_done(desk: MemoryDesk) -> None:
    """Undo of what is nobody's, and the way out of the door at home."""
    for path in ("/undo/unknown", "/leave"):
        assert Visitor(desk).post(path)["statusCode"] == 404


SENT, KEPT = "A reason. If your service did something", "A reason, kept with the case. Terang sends"


@pytest.mark.parametrize(("kind", "said"), [
    (ItemKind.FINDING, {"confirmed": SENT, "dismissed": KEPT, "child": KEPT}),
    (ItemKind.COMPLAINT, {"upheld": KEPT, "reversed": KEPT, "partly_reversed": KEPT}),
    (ItemKind.GOLDEN, {"confirmed": "Reason</legend>", "dismissed": "Reason</legend>"}),
])  # fmt: skip
def test_only_a_reason_that_is_sent_is_said_to_be(kind: ItemKind, said: dict[str, str]) -> None:
    item = complaint() if kind is ItemKind.COMPLAINT else dossier(finding("p1"), kind=kind)
    body = Visitor(MemoryDesk([item]), "m-2").get(f"/card/{item.item.key}")["body"]
    for verdict, words in said.items():
        legend = body.partition(f'for-{verdict}">\n      <legend>')[2]
        assert legend.startswith(words), verdict
    assert ("Terang tells nobody" in body) is (kind is ItemKind.FINDING)
    assert not any("passed on" in reason.text for reason in SHIPPED)


def test_the_second_of_two_is_told_who_was_first_and_keeps_the_words(desk: MemoryDesk) -> None:
    first, second = Visitor(desk), Visitor(desk, "m-8")
    forms = [form_of(each, P1.item.key) | {"verdict": "confirmed"} for each in (first, second)]
    first.post(f"/card/{P1.item.key}/decide", forms[0] | {"reason": "It asks."})
    answer = second.post(f"/card/{P1.item.key}/decide", forms[1] | {"reason": "Typed at length."})
    assert answer["statusCode"] == 409
    assert "m-7 decided this first" in answer["body"]
    assert "Typed at length." in answer["body"]


@pytest.mark.parametrize(("changes", "why"), [
    ({"verdict": ""}, "Choose a verdict"), ({"reason": " ​"}, "Write or choose a reason"),
    ({"reason": "x" * 2_001}, "at most 2,000"), ({"measure": "DROP"}, "Choose a measure"),
    ({"id": "m-8-20261125T140000.000000Z-00000000"}, "not yours"), ({"id": "x"}, "not yours"),
    ({"id": "m-7-20261123T140000.000000Z-00000000"}, "a day old"),
], ids=["no verdict", "a reason nobody can see", "a long reason", "an unknown measure",
        "a colleague's form", "no form of ours", "an old form"])  # fmt: skip
def test_a_form_that_lacks_something_decides_nothing(desk: MemoryDesk, changes: dict[str, str],
        why: str) -> None:  # fmt: skip
    answer = Visitor(desk).decide(P1.item.key, **({"verdict": "confirmed"} | changes))
    assert answer["statusCode"] == 400
    assert why in answer["body"]
    assert not desk.pending


def test_one_of_two_rules_may_be_left_out_and_not_both(desk: MemoryDesk) -> None:
    """A card of one rule offers nothing to leave out."""
    both = dossier(finding("p1"), finding("p1", "offers"))
    desk.dossiers[1] = both
    visitor = Visitor(desk)
    assert 'type="checkbox"' not in visitor.get(f"/card/{P2.item.key}")["body"]
    assert "at least one finding" in visitor.decide(both.item.key, kept=[])["body"]
    visitor.decide(both.item.key, kept=both.findings[1].finding.finding)
    [pending] = desk.pending
    assert pending.messages[0]["findings"] == [both.findings[1].finding.finding]


def test_near_copies_are_decided_with_the_post_unless_left_out(desk: MemoryDesk) -> None:
    copies = tuple(NearCopy(f"{n}" * 64, (finding(f"q{n}"),)) for n in (1, 2))
    group = dossier(finding("p1"), copies=copies)
    desk.dossiers[1] = group
    shown = form_of(Visitor(desk), group.item.key)["shown"]
    kept = [key for key in shown if key != "1" * 64]  # type: ignore[attr-defined]
    Visitor(desk).decide(group.item.key, kept=kept)
    [pending] = desk.pending
    assert pending.items == (group.item.key, "2" * 64)
    assert [message["id"] for message in pending.messages] == [pending.id, f"{pending.id}.1"]


def test_a_complaint_is_for_another_moderator(desk: MemoryDesk) -> None:
    key = "c" * 64
    first = Visitor(desk, "m-1")
    assert "Another moderator must decide" in first.get(f"/card/{key}")["body"]
    second = Visitor(desk, "m-2")
    assert second.decide(key, "reversed")["statusCode"] == 303
    assert first.post(f"/card/{key}/decide", second.form)["statusCode"] == 403
    [pending] = desk.pending
    [message] = pending.messages
    assert (message["complaint"], message["outcome"]) == ("complaint-1", "reversed")


@pytest.mark.parametrize(("name", "role", "path"), [
    ("m-1", "moderator", "/"), ("m-2", "auditor", "/"), ("m-2", "moderator", f"/card/{'c' * 64}"),
], ids=["who decided first", "an auditor", "another moderator"])  # fmt: skip
def test_next_leases_nothing_that_somebody_may_not_decide(name: str, role: str, path: str) -> None:
    desk = MemoryDesk([complaint()])
    assert Visitor(desk, name, role=role).post("/next")["headers"]["Location"] == path
    assert [f"/card/{key}" for key in desk.leased] == [path] * (path != "/")


def test_an_auditor_judges_the_sample_and_nothing_else(desk: MemoryDesk) -> None:
    auditor = Visitor(desk, "m-3", role="auditor")
    answer = auditor.decide("2026-11.1", "violating", violates="VIOLENCE")
    assert answer["statusCode"] == 303
    assert auditor.decide(P1.item.key)["statusCode"] == 403
    assert len(desk.pending) == 1


def test_another_providers_case_does_not_exist(desk: MemoryDesk) -> None:
    stranger = Visitor(desk, "m-9", provider="kilat")
    fields = form_of(Visitor(desk), P1.item.key)
    for answer in (stranger.get(f"/card/{P1.item.key}"),
                   stranger.post(f"/card/{P1.item.key}/decide", fields)):  # fmt: skip
        assert answer["statusCode"] == 404
        assert "send me" not in answer["body"]


@pytest.mark.parametrize(("form", "headers"), [
    ({"token": "token-of-m-8"}, {}), ({"token": ""}, {}), ({}, {"origin": "https://evil.example"}),
    ({}, {"origin": "null"}), ({}, {"sec-fetch-site": "cross-site"}),
    ({}, {"content-type": "text/plain"}), ({"reason": "x" * 70_000}, {}),
    ({"x": ["1"] * 500}, {}),
], ids=["another session's token", "no token", "another page", "no page", "across sites",
        "another type", "too long", "too many fields"])  # fmt: skip
def test_a_form_of_another_page_does_nothing(desk: MemoryDesk, form: dict[str, object],
                                             headers: dict[str, str]) -> None:  # fmt: skip
    visitor = Visitor(desk)
    fields = form_of(visitor, P1.item.key) | {"verdict": "dismissed", "reason": "A quotation."}
    answer = visitor.post(f"/card/{P1.item.key}/decide", fields | form, **headers)
    assert answer["statusCode"] == 403
    assert not desk.pending


def test_without_a_session_nothing_is_shown(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    visitor.cookies.clear()
    visitor.name = "nobody"
    for answer in (visitor.get("/"), visitor.post("/next")):
        assert answer["statusCode"] == 401
        assert P1.item.key not in answer["body"]
    assert visitor.get("/static/desk.css")["statusCode"] == 200
    assert visitor.get("/static/../routes/application.py")["statusCode"] == 404


def test_a_refusal_is_in_the_language_of_the_browser(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    indonesian = {"accept-language": "id-ID,id;q=0.9"}
    foreign = visitor.post("/next", origin="https://evil.example", **indonesian)["body"]
    assert "Formulir ini datang dari halaman lain." in foreign
    visitor.cookies.clear()
    assert '<html lang="id">' in visitor.get("/", **indonesian)["body"]


def test_a_page_reads_the_moderators_decisions_once(desk: MemoryDesk) -> None:
    """The undo bar and the measure that a card offers both need them."""
    reads = []
    recent = desk.recent
    desk.recent = lambda moderator: reads.append(moderator) or recent(moderator)  # type: ignore[method-assign, func-returns-value]
    Visitor(desk).get(f"/card/{P1.item.key}")
    assert len(reads) == 1


def test_every_answer_has_the_security_headers(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    for address in ("/", "/nothing", "/static/desk.js", f"/card/{P1.item.key}"):
        headers = visitor.get(address)["headers"]
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert (headers["Cache-Control"] == "no-store") is ("/static/" not in address)
        assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(("wait", "name", "said", "kept"), [
    (1, "m-7", "You decided this at 2026-11-25 14:00", "Take it back"),
    (1, "m-8", "m-7 decided this at 2026-11-25 14:00", "restores the post"),
    (11, "m-7", "You decided this at 2026-11-25 14:00", "restores the post"),
])  # fmt: skip
def test_a_decided_card_says_by_whom_and_what_may_still_be_done(desk: MemoryDesk, wait: int,
        name: str, said: str, kept: str) -> None:  # fmt: skip
    Visitor(desk).decide(P1.item.key, "confirmed", measure="removed")
    later(desk, seconds=wait)
    body = Visitor(desk, name).get(f"/card/{P1.item.key}")["body"]
    assert said in body
    assert "Confirmed: removed" in body
    assert kept in body
    assert ('name="verdict"' in body, "waits" in body) == (False, False)
    again = Visitor(desk, name)
    fields = form_of(again, P2.item.key) | {"verdict": "dismissed", "reason": "Typed."}
    answer = again.post(f"/card/{P1.item.key}/decide", fields | {"kept": P1.item.key})
    assert (answer["statusCode"], "Typed." in answer["body"]) == (409, True)
    first = "You decided this before" if name == "m-7" else "m-7 decided this first"
    assert first in answer["body"]


@pytest.mark.parametrize(("name", "role", "key", "said"), [
    ("a-3", "auditor", P1.item.key, "You are an auditor"),
    ("m-1", "moderator", "c" * 64, "You decided on it or reported it before"),
])  # fmt: skip
def test_a_card_says_why_its_action_is_a_colleagues(desk: MemoryDesk, name: str, role: str,
        key: str, said: str) -> None:  # fmt: skip
    visitor = Visitor(desk, name, role=role)
    body = visitor.get(f"/card/{key}")["body"]
    assert said in body
    assert 'name="verdict"' not in body
    fields = {"id": f"{name}-20261125T140000.000000Z-00000000", "verdict": "upheld",
              "reason": "So."}  # fmt: skip
    assert visitor.post(f"/card/{key}/decide", fields)["statusCode"] == 403


def test_a_history_is_filtered_and_tells_the_team_to_leads_alone(desk: MemoryDesk) -> None:
    for number, (name, verdict, rule) in enumerate([
        ("m-7", "confirmed", "codes/3/asks/live"), ("m-7", "dismissed", "codes/3/sells/live"),
        ("m-8", "confirmed", "codes/3/asks/live"),
    ]):  # fmt: skip
        done = desk_world.decided(moderator=name, verdict=verdict, rules={rule: 1})
        entry = done.journal_entry
        entry = msgspec.structs.replace(entry, entry=f"{number}" * 64, cases=(f"{number}" * 64,))
        desk.store.commit_case(
            CaseMarker(f"{number}", "acme", "", "2026-11-25", entry.entry), entry, ()
        )

    def shown(query: str, role: str = "lead") -> str:
        body = Visitor(desk, role=role).get(f"/history?{query}")["body"]
        return "".join(key[0] for key in re.findall('href="/card/([012]{64})"', body))

    pages = {"": "01", "whose=team": "012", "verdict=dismissed": "1", "rule=codes/asks": "0",
             "whose=team&rule=codes/asks": "02", "contest=any": "", "page=2": ""}  # fmt: skip
    assert {query: "".join(sorted(shown(query))) for query in pages} == pages
    assert "".join(sorted(shown("whose=team", "moderator"))) == "01"


def test_a_skipped_card_is_not_called_decided(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    visitor.decide(P1.item.key, "skipped")
    body = visitor.get("/")["body"]
    assert "Left open." in body
    assert "Decided." not in body


@pytest.mark.parametrize("verdict", ["opened", "left_held"])
def test_a_held_rule_is_one_question(verdict: str) -> None:
    question = FloodQuestion("2026-11-25", "codes/asks", "2026-11-25T11:00:00Z", 1_000, 30, 20)
    item = Item("f" * 64, ItemKind.HELD_RULE, question.at, rules=(question.rule,))
    desk = MemoryDesk([Dossier(item, question=question)])
    visitor = Visitor(desk)
    assert "hit 30 of 1,000 posts" in visitor.get(f"/card/{item.key}")["body"]
    assert "Choose an answer" in visitor.decide(item.key, "")["body"]
    visitor.decide(item.key, verdict)
    [pending] = desk.pending
    answer = pending.messages[0]
    told = [answer[name] for name in ("type", "held_rule", "day", "verdict")]
    assert told == ["flood_answer", "codes/asks", "2026-11-25", verdict]


def test_every_message_of_the_desk_is_one_that_decide_reads(desk: MemoryDesk) -> None:
    visitor = Visitor(desk, "m-2")
    verdicts = {P1.item.key: "confirmed", P2.item.key: "threat", "c" * 64: "partly_reversed",
                "2026-11.1": "gone"}  # fmt: skip
    for key, verdict in verdicts.items():
        assert visitor.decide(key, verdict, measure="removed")["statusCode"] == 303
        later(desk, seconds=20)
    for pending in desk.pending:
        for message in pending.messages:
            read = read_case_message(msgspec.json.encode(message))
            assert read == msgspec.convert(message, type(read))
