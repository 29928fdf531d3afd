"""The routes on an invented desk: what a moderator sees, decides and takes back."""

import re

import msgspec
import pytest
from support.desk_world import (
    MemoryDesk,
    Visitor,
    audited,
    complaint,
    decided,
    dossier,
    finding,
    form_of,
    http_event,
    later,
)

from cases.kinds import read_case_message
from desk import Dossier, Item, ItemKind, NearCopy
from desk.cards import SHIPPED
from ledger.cases import CaseMarker
from ledger.desk_store import PendingState
from ledger.findings import FloodQuestion

P1, P2 = dossier(finding("p1")), dossier(finding("p2", severity="low", reach=90_000))


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk([P2, P1, complaint(), audited()])


def test_the_most_severe_item_comes_first(desk: MemoryDesk) -> None:
    body = Visitor(desk).get("/")["body"]
    assert body.index(P1.item.key) < body.index(P2.item.key)
    assert "4 items wait" in body


def test_a_filter_leaves_out_the_rest(desk: MemoryDesk) -> None:
    body = Visitor(desk).get("/?severity=low")["body"]
    assert P2.item.key in body
    assert P1.item.key not in body


def test_a_copy_names_the_decision_behind_it() -> None:
    copied = dossier(finding("p1", copy_of="decision-9"))
    body = Visitor(MemoryDesk([copied])).get(f"/card/{copied.item.key}")["body"]
    assert "A near copy of a post that a person confirmed" in body
    assert "<code>decision-9</code>" in body


def test_next_leases_what_is_free(desk: MemoryDesk) -> None:
    first, second = Visitor(desk), Visitor(desk, "m-8")
    assert first.post("/next")["headers"]["Location"] == f"/card/{P1.item.key}"
    assert second.post("/next")["headers"]["Location"] != f"/card/{P1.item.key}"
    assert "taken by m-7" in second.get("/")["body"]


def test_a_lease_ends_after_ten_minutes(desk: MemoryDesk) -> None:
    Visitor(desk).post("/next")
    later(desk, minutes=10)
    assert Visitor(desk, "m-8").post("/next")["headers"]["Location"] == f"/card/{P1.item.key}"


def test_a_leased_card_is_still_decided_by_a_colleague(desk: MemoryDesk) -> None:
    """Somebody who leases everything keeps nobody from deciding."""
    Visitor(desk).post("/next")
    colleague = Visitor(desk, "m-8")
    fields = form_of(colleague, P1.item.key) | {"verdict": "dismissed", "reason": "A quotation."}
    assert colleague.post(f"/card/{P1.item.key}/decide", fields)["statusCode"] == 303
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
    fields = form_of(visitor, P1.item.key) | {"verdict": "dismissed", "reason": "A quotation."}
    assert visitor.post(f"/card/{P1.item.key}/decide", fields)["statusCode"] == 303
    [pending] = desk.recent(
        visitor.application.door.session(  # type: ignore[union-attr]
            http_event("GET", "/", cookies=visitor.cookies)
        ).moderator
    )
    assert pending.state is PendingState.PENDING
    assert pending.id == fields["id"] == pending.messages[0]["id"]
    assert P1.item.key not in visitor.get("/")["body"]


def test_undo_brings_the_item_back_and_uses_the_form_up(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    fields = form_of(visitor, P1.item.key) | {"verdict": "dismissed", "reason": "A quotation."}
    visitor.post(f"/card/{P1.item.key}/decide", fields)
    assert visitor.post(f"/undo/{fields['id']}")["headers"]["Location"] == f"/card/{P1.item.key}"
    assert P1.item.key in visitor.get("/")["body"]
    again = visitor.post(f"/card/{P1.item.key}/decide", fields)
    assert again["statusCode"] == 409
    assert "A quotation." in again["body"]
    assert fields["id"] not in again["body"]


def test_undo_is_too_late_after_ten_seconds(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    fields = form_of(visitor, P1.item.key) | {"verdict": "dismissed", "reason": "A quotation."}
    visitor.post(f"/card/{P1.item.key}/decide", fields)
    later(desk, seconds=10)
    assert visitor.post(f"/undo/{fields['id']}")["headers"]["Location"] == "/history?late=1"


def test_a_replayed_form_decides_once(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    fields = form_of(visitor, P1.item.key) | {"verdict": "dismissed", "reason": "A quotation."}
    for _ in range(2):
        assert visitor.post(f"/card/{P1.item.key}/decide", fields)["statusCode"] == 303
    assert len(desk.pending) == 1


@pytest.mark.parametrize(("before", "then", "said"), [
    pytest.param({}, {"verdict": "confirmed"}, "Dismissed, can", id="another verdict"),
    pytest.param({}, {"reason": "A song."}, "Dismissed, can", id="another reason"),
    pytest.param({}, {"kept": []}, "Dismissed, can", id="a copy left out"),
    pytest.param({"kept": []}, {"kept": "1" * 64}, "Dismissed, can", id="a copy taken in"),
    pytest.param({"verdict": "skipped"}, {}, "Skipped, can", id="a verdict after a skip"),
    pytest.param({"verdict": "confirmed", "measure": "removed"},
                 {"verdict": "confirmed", "measure": "age"}, "Confirmed: removed, can",
                 id="another measure"),
])  # fmt: skip
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
    assert Visitor(desk).post("/undo/unknown")["statusCode"] == 404
    assert Visitor(desk).post("/leave")["statusCode"] == 404


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
    pytest.param({"verdict": ""}, "Choose a verdict", id="no verdict"),
    pytest.param({"reason": " ​"}, "Write or choose a reason", id="a reason nobody can see"),
    pytest.param({"reason": "x" * 2_001}, "at most 2,000", id="a long reason"),
    pytest.param({"measure": "DROP"}, "Choose a measure", id="an unknown measure"),
    pytest.param({"id": "m-8-20261125T140000.000000Z-00000000"}, "not yours",
                 id="a colleague's form"),
    pytest.param({"id": "x"}, "not yours", id="no form of ours"),
    pytest.param({"id": "m-7-20261123T140000.000000Z-00000000"}, "a day old", id="an old form"),
])  # fmt: skip
def test_a_form_that_lacks_something_decides_nothing(desk: MemoryDesk, changes: dict[str, object],
        why: str) -> None:  # fmt: skip
    visitor = Visitor(desk)
    fields = form_of(visitor, P1.item.key) | {"verdict": "confirmed", "reason": "It asks."}
    answer = visitor.post(f"/card/{P1.item.key}/decide", fields | changes)
    assert answer["statusCode"] == 400
    assert why in answer["body"]
    assert not desk.pending


def test_one_of_two_rules_may_be_left_out_and_not_both(desk: MemoryDesk) -> None:
    """A card of one rule offers nothing to leave out."""
    both = dossier(finding("p1"), finding("p1", "offers"))
    desk.dossiers[1] = both
    visitor = Visitor(desk)
    assert 'type="checkbox"' not in visitor.get(f"/card/{P2.item.key}")["body"]
    fields = form_of(visitor, both.item.key) | {"verdict": "dismissed", "reason": "A poem."}
    answer = visitor.post(f"/card/{both.item.key}/decide", fields | {"kept": []})
    assert "at least one finding" in answer["body"]
    visitor.post(
        f"/card/{both.item.key}/decide", fields | {"kept": both.findings[1].finding.finding}
    )
    [pending] = desk.pending
    assert pending.messages[0]["findings"] == [both.findings[1].finding.finding]


def test_near_copies_are_decided_with_the_post_unless_left_out(desk: MemoryDesk) -> None:
    copies = tuple(NearCopy(f"{n}" * 64, (finding(f"q{n}"),)) for n in (1, 2))
    group = dossier(finding("p1"), copies=copies)
    desk.dossiers[1] = group
    visitor = Visitor(desk)
    fields = form_of(visitor, group.item.key) | {"verdict": "dismissed", "reason": "A poem."}
    fields["kept"] = [key for key in fields["shown"] if key != "1" * 64]  # type: ignore[attr-defined]
    visitor.post(f"/card/{group.item.key}/decide", fields)
    [pending] = desk.pending
    assert pending.items == (group.item.key, "2" * 64)
    assert [message["id"] for message in pending.messages] == [pending.id, f"{pending.id}.1"]


def test_a_complaint_is_for_another_moderator(desk: MemoryDesk) -> None:
    key = "c" * 64
    first = Visitor(desk, "m-1")
    assert "Another moderator must decide" in first.get(f"/card/{key}")["body"]
    second = Visitor(desk, "m-2")
    fields = form_of(second, key) | {"verdict": "reversed", "reason": "It warns of the code."}
    assert first.post(f"/card/{key}/decide", fields)["statusCode"] == 403
    assert second.post(f"/card/{key}/decide", fields)["statusCode"] == 303
    [pending] = desk.pending
    [message] = pending.messages
    assert (message["complaint"], message["outcome"]) == ("complaint-1", "reversed")


@pytest.mark.parametrize(("name", "role", "path"), [
    pytest.param("m-1", "moderator", "/", id="who decided first"),
    pytest.param("m-2", "auditor", "/", id="an auditor"),
    pytest.param("m-2", "moderator", f"/card/{'c' * 64}", id="another moderator"),
])  # fmt: skip
def test_next_leases_nothing_that_somebody_may_not_decide(name: str, role: str, path: str) -> None:
    desk = MemoryDesk([complaint()])
    assert Visitor(desk, name, role=role).post("/next")["headers"]["Location"] == path
    assert [f"/card/{key}" for key in desk.leased] == [path] * (path != "/")


def test_an_auditor_judges_the_sample_and_nothing_else(desk: MemoryDesk) -> None:
    auditor = Visitor(desk, "m-3", role="auditor")
    fields = form_of(auditor, "2026-11.1") | {"verdict": "violating", "violates": "VIOLENCE"}
    assert auditor.post("/card/2026-11.1/decide", fields)["statusCode"] == 303
    finding_form = form_of(auditor, P1.item.key) | {"verdict": "dismissed", "reason": "No."}
    assert auditor.post(f"/card/{P1.item.key}/decide", finding_form)["statusCode"] == 403
    assert len(desk.pending) == 1


def test_another_providers_case_does_not_exist(desk: MemoryDesk) -> None:
    stranger = Visitor(desk, "m-9", provider="kilat")
    fields = form_of(Visitor(desk), P1.item.key)
    for answer in (stranger.get(f"/card/{P1.item.key}"),
                   stranger.post(f"/card/{P1.item.key}/decide", fields)):  # fmt: skip
        assert answer["statusCode"] == 404
        assert "send me" not in answer["body"]


@pytest.mark.parametrize(("form", "headers"), [
    pytest.param({"token": "token-of-m-8"}, {}, id="another session's token"),
    pytest.param({"token": ""}, {}, id="no token"),
    pytest.param({}, {"origin": "https://evil.example"}, id="another page"),
    pytest.param({}, {"origin": "null"}, id="no page"),
    pytest.param({}, {"sec-fetch-site": "cross-site"}, id="across sites"),
    pytest.param({}, {"content-type": "text/plain"}, id="another type"),
    pytest.param({"reason": "x" * 70_000}, {}, id="too long"),
    pytest.param({"x": ["1"] * 500}, {}, id="too many fields"),
])  # fmt: skip
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
    visitor = Visitor(desk)
    fields = form_of(visitor, P1.item.key) | {"verdict": "confirmed", "measure": "removed"}
    visitor.post(f"/card/{P1.item.key}/decide", fields | {"reason": "It asks."})
    later(desk, seconds=wait)
    body = Visitor(desk, name).get(f"/card/{P1.item.key}")["body"]
    assert said in body
    assert "Confirmed: removed" in body
    assert kept in body
    assert ('name="verdict"' in body, "waits" in body) == (False, False)
    again = Visitor(desk, name)
    fields |= {"id": form_of(again, P2.item.key)["id"], "verdict": "dismissed", "reason": "Typed."}
    answer = again.post(f"/card/{P1.item.key}/decide", fields)
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
        entry = decided(moderator=name, verdict=verdict, rules={rule: 1}).journal_entry
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
    fields = form_of(visitor, P1.item.key) | {"verdict": "skipped"}
    visitor.post(f"/card/{P1.item.key}/decide", fields)
    body = visitor.get("/")["body"]
    assert "Left open." in body
    assert "Decided." not in body


def test_the_undo_bar_is_shown_while_a_decision_is_pending(desk: MemoryDesk) -> None:
    visitor = Visitor(desk)
    fields = form_of(visitor, P1.item.key) | {"verdict": "dismissed", "reason": "A quotation."}
    visitor.post(f"/card/{P1.item.key}/decide", fields)
    assert f"/undo/{fields['id']}" in visitor.get("/")["body"]
    later(desk, seconds=11)
    assert "/undo/" not in visitor.get("/")["body"]


@pytest.mark.parametrize("verdict", ["opened", "left_held"])
def test_a_held_rule_is_one_question(verdict: str) -> None:
    question = FloodQuestion("2026-11-25", "codes/asks", "2026-11-25T11:00:00Z", 1_000, 30, 20)
    item = Item("f" * 64, ItemKind.HELD_RULE, question.at, rules=(question.rule,))
    desk = MemoryDesk([Dossier(item, question=question)])
    visitor = Visitor(desk)
    assert "hit 30 of 1,000 posts" in visitor.get(f"/card/{item.key}")["body"]
    fields = form_of(visitor, item.key)
    assert "Choose an answer" in visitor.post(f"/card/{item.key}/decide", fields)["body"]
    visitor.post(f"/card/{item.key}/decide", fields | {"verdict": verdict})
    [pending] = desk.pending
    answer = pending.messages[0]
    told = [answer[name] for name in ("type", "held_rule", "day", "verdict")]
    assert told == ["flood_answer", "codes/asks", "2026-11-25", verdict]


def test_every_message_of_the_desk_is_one_that_decide_reads(desk: MemoryDesk) -> None:
    visitor = Visitor(desk, "m-2")
    verdicts = {P1.item.key: "confirmed", P2.item.key: "threat", "c" * 64: "partly_reversed",
                "2026-11.1": "gone"}  # fmt: skip
    for key, verdict in verdicts.items():
        fields = form_of(visitor, key) | {"verdict": verdict, "measure": "removed", "reason": "So."}
        assert visitor.post(f"/card/{key}/decide", fields)["statusCode"] == 303
        later(desk, seconds=20)
    for pending in desk.pending:
        for message in pending.messages:
            read = read_case_message(msgspec.json.encode(message))
            assert read == msgspec.convert(message, type(read))
