"""Authors object, and people report, by forms: their words go where they must, and no further."""

import re
from datetime import timedelta
from typing import Any

import pytest
from support.forms_world import ADDRESS, REPORT, FormsWorld
from support.hostile import HOSTILE
from support.sample_messages import SENT, decision, outcome

from inbox.forms import ABUSE, LEAST_SECONDS, MOST_LETTERS, MOST_REPORTS
from ledger.cases import case_id
from ledger.number_store import WORDS_DAYS
from ledger.numbers import ReportWords

UNKNOWN = "0000-0000-0000"
HOTLINE = {"flagger": "hotline", "key": "hotline key"}
WHY = "I quoted the message to warn others."


@pytest.fixture
def world() -> FormsWorld:
    return FormsWorld()


def facts(page: dict[str, Any]) -> dict[str, str]:
    """The rows of a page that shows how far a case is."""
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page["body"], re.DOTALL)
    return {name: re.sub(r"<.*?>|\s+", " ", value).strip() for name, value in rows}


def shape(page: dict[str, Any]) -> tuple[Any, ...]:
    return page["statusCode"], page["headers"], list(facts(page))


def report(world: FormsWorld, **changes: str) -> tuple[dict[str, Any], str]:
    return world.visit("POST /report", **REPORT | changes)


def words(world: FormsWorld) -> list[ReportWords]:
    return world.cases.store.reports("acme")


def test_an_objection_becomes_a_complaint_and_its_number_shows_the_end(world: FormsWorld) -> None:
    number = world.decided()
    before, counted = world.visit("POST /object", number=number.lower().replace("-", " "))
    assert counted == "looked"
    assert facts(before)["The decision"] == (
        "25 November 2026: Post removed. You can object until 25 May 2027."
    )
    assert "<textarea" in before["body"]
    after, counted = world.visit("POST /object", number=number, text=WHY, object="yes")
    assert counted == "objected"
    assert facts(after)["Your objection was received"] == (
        "3 December 2026. The answer should come by 17 December 2026."
    )
    [sent] = world.sent
    assert (sent["type"], sent["by"], sent["decision"], sent["reason"]) == (
        "complaint", "author", "d-1", WHY
    )  # fmt: skip
    complaint = world.cases.case(case_id("complaint", "acme", sent["id"]))
    assert complaint.entries[0].reason == WHY
    assert WHY not in str(world.cases.journal)
    world.cases.clock.moment += timedelta(days=2)
    ended = outcome(complaint=sent["id"], decided_at="2026-12-04T08:00:00Z")
    world.cases.decide(ended, sent_at=world.cases.clock.now())
    last, _ = world.visit("POST /object", number=number)
    assert facts(last)["The answer"] == "4 December 2026: the decision was reversed."
    assert "<textarea" not in last["body"]


def test_one_number_objects_once(world: FormsWorld) -> None:
    number = world.decided()
    for text in (WHY, "Another text."):
        page, _ = world.visit("POST /object", number=number, text=text, object="yes")
        assert "3 December 2026" in facts(page)["Your objection was received"]
    assert len(world.sent) == 1


def test_a_number_lives_six_months_longer_than_the_excerpt(world: FormsWorld) -> None:
    number = world.decided()
    world.cases.clock.moment = SENT.replace(year=2027, month=5, day=25, hour=20)
    assert "<textarea" in world.visit("POST /object", number=number)[0]["body"]
    world.cases.clock.moment += timedelta(days=1)
    late, _ = world.visit("POST /object", number=number, text=WHY, object="yes")
    assert world.sent == []
    world.cases.clock.moment += timedelta(days=30)
    gone, _ = world.visit("POST /object", number=number)
    assert shape(gone) == shape(late)
    assert set(facts(gone).values()) == {"–"}


@pytest.mark.parametrize("number", [
    UNKNOWN, "", "no number", "0" * 99, "０" * 12, "U" * 12, "'; DROP TABLE", "key",
    *HOSTILE.values(),
])  # fmt: skip
@pytest.mark.parametrize("text", ["", WHY])
def test_unknown_and_known_numbers_are_answered_alike(world: FormsWorld, number: str,
        text: str) -> None:  # fmt: skip
    """In the same shape, after the same time; and nothing of an unknown one is sent or stored."""
    known = world.decided()
    stored = list(world.cases.items())
    form = {"text": text, "object": "yes"} if text else {}
    unknown, _ = world.visit("POST /object", number=number, **form)
    assert (world.sent, list(world.cases.items())) == ([], stored)
    assert shape(unknown) == shape(world.visit("POST /object", number=known, **form)[0])
    assert world.paused == [LEAST_SECONDS, LEAST_SECONDS]


def test_no_page_shows_the_post_or_a_person(world: FormsWorld) -> None:
    number = world.decided(reason="A reason of the moderator.")
    for page in (world.visit("POST /object", number=number)[0], report(world)[0]):
        for secret in ("Send me the code", "A reason of", "m-1", ADDRESS, "Ada", "keys that open"):
            assert secret not in page["body"]


def test_a_provider_with_a_form_of_its_own_takes_no_objection_here(world: FormsWorld) -> None:
    number = world.decided()
    world.register(complaint_url="https://chat.example/object")
    page, _ = world.visit("POST /object", number=number, text=WHY, object="yes")
    assert world.sent == []
    assert 'href="https://chat.example/object"' in page["body"]


def test_a_report_becomes_a_notice_and_its_words_lie_apart(world: FormsWorld) -> None:
    page, counted = report(world)
    assert counted == "reported"
    [sent] = world.sent
    assert sent["type"] == "notice"
    assert (sent["post"], sent["url"], sent["trusted_flagger"]) == ("77", ADDRESS, False)
    number = world.number("notice", sent["id"])
    assert number in page["body"]
    [kept] = words(world)
    assert (kept.text, kept.name, kept.email) == tuple(REPORT[n] for n in ("text", "name", "email"))
    elsewhere = [item for item in world.cases.items() if not item["pk"]["S"].startswith("R#")]
    for word in ("Ada", "ada@", "keys that open"):
        assert word not in f"{elsewhere}{world.sent}{world.cases.files}"
    world.cases.clock.moment += timedelta(days=WORDS_DAYS, seconds=1)
    assert words(world) == []


def test_who_reported_sees_the_decision_and_can_object_to_it(world: FormsWorld) -> None:
    report(world)
    [sent] = world.sent
    number = world.number("notice", sent["id"])
    at = {"opened_at": SENT.isoformat(), "decided_at": SENT.isoformat()}
    dismissed = {"findings": ..., "verdict": "dismissed", "ground": ..., **at}
    world.cases.decide(decision(notice=sent["id"], **dismissed))
    page, _ = world.visit("POST /object", number=number, text=WHY, object="yes")
    assert "nothing was done about the post" in facts(page)["The decision"]
    assert world.sent[-1]["by"] == "notifier"
    assert "3 December 2026" in facts(page)["Your objection was received"]


def test_the_same_report_again_on_a_day_is_the_same_one(world: FormsWorld) -> None:
    pages = [report(world)[0]["body"]]
    world.cases.clock.moment += timedelta(hours=1)
    pages.append(report(world)[0]["body"])
    assert pages[0] == pages[1]
    assert len(words(world)) == 1
    report(world, text="Another reason.")
    assert len(words(world)) == 2


@pytest.mark.parametrize(("changes", "code", "status"), [
    ({"url": "https://elsewhere.example/p/1"}, "no_address", 400),
    ({"url": "https://chat.example/p/"}, "no_address", 400),
    ({"url": "https://chat.example/p/1 2"}, "no_address", 400),
    ({"url": "https://chat.example.evil.example/p/1"}, "no_address", 400),
    ({"url": "javascript:alert(1)"}, "no_address", 400), ({"category": ""}, "no_category", 400),
    ({"category": "OTHER_VIOLATION_TC"}, "no_category", 400),
    ({"text": " \u200b "}, "no_reason", 400), ({"name": ""}, "no_name", 400),
    ({"email": "nobody"}, "no_name", 400), ({"true": ...}, "not_true", 400),
    ({"flagger": "hotline", "key": "guess"}, "not_known", 403),
    ({"flagger": "hotline"}, "not_known", 403),
    ({"flagger": "unknown", "key": "hotline key"}, "not_known", 403),
    ({"flagger": "helpdesk", "key": "helpdesk key"}, "not_known", 403),
    ({"text": "a" * (MOST_LETTERS + 1)}, "too_long", 400),
    ({"text": "a" * 200_000}, "too_large", 413),
], ids=lambda value: str(value)[:40])  # fmt: skip
def test_what_is_missing_is_said_and_nothing_typed_is_lost(world: FormsWorld,
        changes: dict[str, Any], code: str, status: int) -> None:  # fmt: skip
    form = {name: text for name, text in (REPORT | changes).items() if text is not ...}
    page, counted = world.visit("POST /report", **form)
    assert (page["statusCode"], counted) == (status, code)
    assert 'role="alert"' in page["body"]
    assert (world.sent, words(world)) == ([], [])
    assert "key" not in changes or changes["key"] not in page["body"]
    if code != "too_large":
        assert all(
            form[name][:50] in page["body"] for name in ("url", "text") if form[name].strip()
        )


@pytest.mark.parametrize("form", [{"category": ABUSE}, HOTLINE], ids=["abuse", "key"])
def test_a_name_is_asked_for_only_where_needed(world: FormsWorld, form: dict[str, str]) -> None:
    assert report(world, name="", email="", **form)[1] == "reported"
    [sent], [kept] = world.sent, words(world)
    assert sent["trusted_flagger"] is ("key" in form)
    assert kept.flagger == ("hotline" if "key" in form else "")
    assert ("keyword" in sent) is ("category" in form)


def test_a_day_has_a_limit_and_trusted_flaggers_none(world: FormsWorld) -> None:
    for number in range(MOST_REPORTS):
        row = ReportWords(f"{number}", "2026-12-03T00:00:00Z", "1", ADDRESS, "VIOLENCE", "No.")
        world.cases.store.put_report("acme", row)
    assert report(world)[0]["statusCode"] == 429
    assert report(world, **HOTLINE)[1] == "reported"
    world.cases.clock.moment += timedelta(days=1)
    assert report(world)[1] == "reported"


def test_one_network_that_sends_too_often_waits_and_wrong_numbers_lock_nobody_out() -> None:
    world = FormsWorld(most=3)
    told = [world.visit("POST /object", number=UNKNOWN)[0]["statusCode"] for _ in range(4)]
    assert told == [200, 200, 200, 429]
    number = world.decided()
    page, _ = world.visit("POST /object", address="192.0.2.8", number=number)
    assert "Post removed" in page["body"]


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("route", ["POST /object", "POST /report"])
def test_hostile_words_are_only_shown(world: FormsWorld, route: str, word: str) -> None:
    form = dict.fromkeys(("number", "text", "url", "category", "name", "email"), word)
    plain = dict.fromkeys(form, "harmless")
    tags = [
        re.findall(r"<[a-z/]+", world.visit(route, **each)[0]["body"]) for each in (form, plain)
    ]
    assert tags[0] == tags[1]


@pytest.mark.parametrize("page", ["object", "report"])
def test_a_page_is_kept_by_no_cache_and_runs_no_script(world: FormsWorld, page: str) -> None:
    opened, counted = world.visit(f"GET /{page}")
    assert counted == "opened"
    assert "<script" not in opened["body"]
    assert "script-src" not in opened["headers"]["content-security-policy"]
    assert opened["headers"]["cache-control"] == "no-store"


def test_a_form_that_is_none_is_refused(world: FormsWorld) -> None:
    event = {"routeKey": "POST /object", "requestContext": {"http": {"method": "POST"}}}
    for body in ("%ff", "&".join("a=b" for _ in range(1_000))):
        assert world.forms.take(event | {"body": body})[0]["statusCode"] == 400
    assert world.forms.failed(event | {"body": "number=1"})["statusCode"] == 500
