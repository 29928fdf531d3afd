"""A trial at the desk: begun by a lead, judged on cards, read, and adopted; nobody else may."""

import json
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
import pytest
from integration.test_desk_store import deliver, name
from integration.test_table_desk import desk
from integration.test_trials import PRIZES, RULE, answer, prizes, run_publish, scan, status
from support.desk_world import MemoryDesk, Visitor, form_of
from support.sample_posts import PRIZE, line
from support.world import DAY, ROLE, World

from cases.trials import FEWEST, FRESH_AFTER, is_asked_twice
from ledger.draws import ANSWER_DAYS, DRAWING_DAYS, DrawnFinding
from ledger.keys import Provider, statement_key
from ledger.texts import utc
from rules.pinned import rule_digest
from rules.rule_set import Adopted, Evidence, ProviderSettings
from terang import UnknownNameError
from terang.cli import main
from terang.remote import Remote
from terang.set_publishing import PackBucket

PAGE = f"/rules/{RULE}"


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    world = new_world()
    world.store.put_provider(Provider("acme", (ROLE,), door="console"))
    return world


def visitor(world: World, who: str, role: str = "moderator", **changes: str) -> Visitor:
    """Somebody at a fresh worker's desk."""
    return Visitor(cast("MemoryDesk", desk(world)), who, role=role, **changes)


def begin(world: World, posts: int = 32) -> None:
    """A lead begins the trial of the rule, and so many posts are found."""
    assert visitor(world, "lead-1", "lead").post(f"{PAGE}/begin")["statusCode"] == 303
    run_publish(world)
    scan(world, prizes(posts))


def waiting(world: World, who: str = "m-1") -> list[str]:
    """The keys of the cards of trials that somebody may judge, in the order of the queue."""
    seat = visitor(world, who)
    pages = [seat.get(f"/?kind=trial&page={page}")["body"] for page in (1, 2)]
    return [key for page in pages for key in re.findall(r'href="/card/([0-9a-f]{64})', page)]


def judge(world: World, key: str, who: str = "m-1", **changes: Any) -> list[str]:
    """Judge a card by its form; what became of the messages."""
    seat = visitor(world, who)
    fields = form_of(seat, key) | {"verdict": "right"} | changes
    if (given := seat.post(f"/card/{key}/decide", fields))["statusCode"] != 303:
        return [str(given["statusCode"])]
    world.clock.move(seconds=20)
    return [one.code or one.status for one in deliver(world, name(str(fields["id"]))) or ()]


def drawn(world: World) -> list[DrawnFinding]:
    return world.store.drawn("acme", RULE)


def test_a_team_tries_a_rule_and_lets_it_go_live(world: World) -> None:
    lead = visitor(world, "lead-1", "lead")
    assert "Nobody has tried it here yet." in lead.get(PAGE)["body"]
    begin(world)
    assert "0 of 30 texts are judged" in visitor(world, "m-1").get(PAGE)["body"]
    first = waiting(world)
    assert len(first) == 30
    for number, key in enumerate(first):
        assert "to 100%" not in visitor(world, "m-1").get(PAGE)["body"]
        assert judge(world, key, f"m-{number % 2}") == ["taken"]
    lead = visitor(world, "lead-1", "lead")
    body = lead.get(PAGE)["body"]
    assert "89% to 100%" in body
    assert "Let it go live here" not in body, "nobody has read the terms"
    form = re.findall(r'name="id" value="([^"]+)"', body) or ["lead-1-20260101T000000.000000Z-0"]
    assert lead.post(f"{PAGE}/adopt", {"id": form[0], "band": "all"})["statusCode"] == 400
    assert lead.post(f"{PAGE}/read")["statusCode"] == 303
    body = visitor(world, "lead-1", "lead").get(PAGE)["body"]
    [form_id] = set(re.findall(r'name="id" value="([^"]+)"', body))
    fields = {"id": form_id, "band": "all"}
    assert visitor(world, "lead-1", "lead").post(f"{PAGE}/adopt", fields)["statusCode"] == 303
    world.clock.move(seconds=20)
    assert [one.code or one.status for one in deliver(world, name(form_id)) or ()] == ["taken"]
    assert "live soon" in visitor(world, "m-1").get("/rules")["body"]
    run_publish(world)
    world.clock.move(minutes=1)
    assert "on the evidence of its trial" in visitor(world, "m-1").get(PAGE)["body"]
    assert waiting(world) == []


def test_an_adoption_can_be_taken_back_for_ten_seconds(world: World) -> None:
    begin(world)
    for number, one in enumerate(drawn(world)):
        status(world, answer(one, moderator=f"m-{number % 2}"))
    lead = visitor(world, "lead-1", "lead")
    lead.post(f"{PAGE}/read")
    [form_id] = set(re.findall(r'name="id" value="([^"]+)"', lead.get(PAGE)["body"]))
    lead.post(f"{PAGE}/adopt", {"id": form_id, "band": "all"})
    assert PAGE in lead.get("/history")["body"]
    assert lead.post(f"/undo/{form_id}")["headers"]["Location"] == PAGE
    assert deliver(world, name(form_id)) == []


def test_one_in_five_is_shown_to_a_second_person_who_does_not_know(world: World) -> None:
    begin(world, 40)
    first = waiting(world)
    for key in first:
        judge(world, key, verdict="wrong")
    world.clock.move(minutes=16)  # a decision keeps its item out of the queue for a while
    assert not {*waiting(world)} & {*first}
    again = {*waiting(world, "m-2")} & {*first}
    assert again == {key for key in first if is_asked_twice(key)}
    assert again, "of 30 findings drawn by digest, some are asked twice"
    key = min(again)
    body = visitor(world, "m-2").get(f"/card/{key}")["body"]
    assert "Wrong, " not in body
    assert "m-1" not in body
    assert judge(world, key) == ["403"]
    assert judge(world, key, "m-2", verdict="cannot_tell") == ["taken"]


def test_a_card_of_a_trial_is_blind_and_comes_last(world: World) -> None:
    begin(world, 3)
    [key, *_] = waiting(world)
    body = visitor(world, "m-1").get(f"/card/{key}")["body"]
    assert "nothing happens to this post" in body
    for letter, verdict in (("c", "right"), ("d", "wrong"), ("x", "cannot_tell")):
        assert f'value="{verdict}" data-key="{letter}"' in body
    assert judge(world, key, verdict="confirmed") == ["400"]
    assert visitor(world, "a-1", "auditor").get(PAGE)["statusCode"] == 200


@pytest.mark.parametrize(("judged", "said"), [
    (2, "2 texts were judged, too few to say how often it is right."),
    (30, "89% to 100% of all that it finds (95% sure)"),
])  # fmt: skip
def test_a_trial_that_ended_asks_nobody_and_is_told(world: World, judged: int, said: str) -> None:
    begin(world)
    for number, one in enumerate(sorted(drawn(world), key=lambda one: one.rank)[:judged]):
        status(world, answer(one, moderator=f"m-{number % 2}"))
    assert len(waiting(world)) >= 30 - judged
    [trial] = world.store.trials("acme")
    ended = msgspec.structs.replace(trial, ended_at=f"{DAY}T15:00:00Z")
    world.store.put_trial("acme", ended)
    assert waiting(world) == []
    lead = visitor(world, "lead-1", "lead")
    body = lead.get(PAGE)["body"]
    for words in ("A trial ended on 25 November 2026.", said, "trial ended"):
        assert words in body
    for words in ("Nobody has tried it here yet.", "Judge what it found", "Let it go live here"):
        assert words not in body
    assert lead.post(f"{PAGE}/read")["statusCode"] == 404
    assert lead.post(f"{PAGE}/begin")["statusCode"] == 303
    assert "A trial ended on" not in visitor(world, "lead-1", "lead").get(PAGE)["body"]


def test_what_was_answered_weeks_ago_is_not_asked_again(world: World) -> None:
    """The queue reads the answers of as many days as the rule's page."""
    world.excerpt_days = 365
    begin(world, FEWEST)
    first, *others = waiting(world)
    judge(world, first)
    world.clock.move(days=ANSWER_DAYS - 2)
    assert waiting(world) == others
    assert "1 of 30 texts are judged" in visitor(world, "m-1").get(PAGE)["body"]


def test_nothing_is_asked_of_a_rule_that_found_too_few_texts(world: World) -> None:
    begin(world, FEWEST - 1)
    assert len(waiting(world)) == FEWEST - 1
    world.clock.move(days=DRAWING_DAYS)
    assert waiting(world) == []
    assert "It found too few different texts" in visitor(world, "m-1").get(PAGE)["body"]


def test_a_trial_that_the_operator_ends_keeps_no_text_and_all_answers(world: World,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    begin(world, 2)
    first, second = waiting(world)
    judge(world, first)
    found = Remote("terang", defaultdict(str, PublicBucket=world.public), 0, DAY)
    found.__dict__.update(store=world.store, objects=world.objects, clock=world.clock)
    monkeypatch.setattr(Remote, "find", lambda _: found)
    assert main(["trial", "--provider", "acme", "--end", RULE]) == 0
    assert world.store.excerpts([first, second]) == {}
    assert "1 text was judged" in visitor(world, "m-1").get(PAGE)["body"]
    begin(world, 0)
    assert waiting(world) == []
    assert "1 of 30 texts are judged" in visitor(world, "m-1").get(PAGE)["body"]


def test_the_operator_forbids_a_rule_and_allows_it_again(world: World) -> None:
    bucket = PackBucket(world.objects, world.public, world.clock)
    evidence = Evidence(30, 30)
    tried_as = rule_digest(PRIZES, PRIZES.rules[0])
    bucket.adopt("acme", [Adopted(RULE, 1, tried_as, "all", utc(world.clock.now()), evidence)])
    bucket.pause("acme", RULE, "a mistake")
    scan(world, prizes(1))
    assert world.open_findings() == []
    with pytest.raises(UnknownNameError, match="allowed: prizes/names-prize"):
        bucket.allow("acme", "codes/asks-for-code")
    bucket.allow("acme", RULE)
    world.clock.move(minutes=2)
    scan(world, line(text=f"{PRIZE} for all") + b"\n", "later.jsonl")
    assert len(world.open_findings()) == 1


def test_of_a_rule_adopted_long_ago_fresh_decisions_are_asked(world: World) -> None:
    since = utc(world.clock.now() - FRESH_AFTER)
    adopted = Adopted(RULE, 1, rule_digest(PRIZES, PRIZES.rules[0]), "all", since, Evidence(30, 30))
    world.publish(PRIZES, acme=ProviderSettings(live_here=(adopted,)))
    scan(world, prizes(2))
    first, second = world.open_findings()
    fields = {"verdict": "confirmed", "measure": "removed", "reason": "It names a prize."}
    assert judge(world, first, **fields) == ["taken"]
    for path in (PAGE, "/rules"):
        assert "19 more decisions on what it proposes are needed" in (
            visitor(world, "m-1").get(path)["body"])  # fmt: skip
    assert f"/card/{second}" in visitor(world, "m-1").get(f"/?kind=finding&rule={RULE}")["body"]
    newer = msgspec.structs.replace(adopted, since=utc(world.clock.now() - timedelta(days=1)))
    world.publish(PRIZES, acme=ProviderSettings(live_here=(newer,)))
    assert "more decisions" not in visitor(world, "m-1").get(PAGE)["body"]


def test_near_copies_are_one_card(world: World) -> None:
    begin(world, 0)
    text = b"The grand prize of our house waits for you and for your friends, so come and take it"
    post = b'{"id": "c%d", "account": "a", "text": "%s %d", "audience": "public", "published_at":'
    rows = [(post % (n, text, n)) + f' "{DAY}T10:00:00Z"}}\n'.encode() for n in range(4)]
    scan(world, b"".join(rows))
    assert len(drawn(world)) == 4
    assert len(waiting(world)) == 1


def test_a_reported_post_is_decided_by_another_person(world: World) -> None:
    begin(world, 2)
    [key, _] = waiting(world)
    assert judge(world, key, reports="yes") == ["taken", "taken"]
    world.clock.move(minutes=1)
    body = visitor(world, "m-2").get("/?kind=notice")["body"]
    [notice] = re.findall(r'href="/card/([0-9a-f]{64})', body)
    decided = {"verdict": "confirmed", "measure": "removed", "reason": "It names a prize."}
    assert judge(world, notice, **decided) == ["403"]
    assert judge(world, notice, "m-2", **decided) == ["taken"]
    entries = world.store.journal_entries("acme", DAY)
    [decision] = [entry for entry in entries if entry.type == "decision"]
    assert (decision.rules, decision.source_type) == ({}, "VOLUNTARY")
    data = world.objects.get(world.out, statement_key("acme", DAY, decision.entry)) or b""
    statement = json.loads(data)
    assert statement["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert statement["automated_detection"] == "Yes"
    assert "A rule on trial found the post" in statement["decision_facts"]
    assert "names-prize" not in data.decode()


@pytest.mark.parametrize("path", ["begin", "read", "strike", "adopt"])
def test_only_a_lead_of_the_provider_changes_a_trial(world: World, path: str) -> None:
    begin(world, 1)
    before = world.store.trials("acme")
    for role in ("moderator", "auditor"):
        assert visitor(world, "m-1", role).post(f"{PAGE}/{path}")["statusCode"] == 404
    stranger = visitor(world, "lead-9", "lead", provider="beta")
    assert "on trial" not in stranger.get("/rules")["body"]
    stranger.post(f"{PAGE}/{path}", {"band": "all"})
    assert world.store.trials("acme") == before
    foreign = visitor(world, "lead-1", "lead").post(f"{PAGE}/{path}", origin="https://x.example")
    assert foreign["statusCode"] == 403


def test_terms_that_a_lead_would_strike_are_lines_for_the_owner(world: World) -> None:
    begin(world, 1)
    lead = visitor(world, "lead-1", "lead")
    assert "decided 1 finding here" in lead.get(PAGE)["body"]
    body = lead.post(f"{PAGE}/strike", {"struck": ["grand prize", "nothing of it"]})["body"]
    assert "# prizes, rule names-prize: strike\n- &#34;grand prize&#34;" in body
    assert lead.post(f"{PAGE}/strike")["statusCode"] == 400


def test_what_a_rule_brings_is_told_by_what_is_published(world: World) -> None:
    begin(world, 40)
    run_publish(world)
    body = visitor(world, "m-1").get("/rules")["body"]
    assert re.search(r"about \d+ cards a day", body)
    assert datetime.fromisoformat(world.store.trials("acme")[0].began_at).date().isoformat() == DAY


def test_a_reported_post_without_a_finding_is_confirmed_on_a_ground(world: World) -> None:
    """No pack says which law or term it breaks, so the moderator does."""
    reported = {"type": "notice", "id": "n-1", "post": "p9", "category": "SCAMS_AND_FRAUD"}
    reported |= {"trusted_flagger": False, "article_16": True}
    assert status(world, reported | {"received_at": f"{DAY}T11:00:00Z"}) == "taken"
    body = visitor(world, "m-1").get("/?kind=notice")["body"]
    [notice] = re.findall(r'href="/card/([0-9a-f]{64})', body)
    said = {"verdict": "confirmed", "measure": "removed", "reason": "It asks for a code."}
    assert judge(world, notice, **said) == ["400"]
    ground = {"ground": "terms", "ground_text": "Rule 3: no scams"}
    form = form_of(visitor(world, "m-1"), notice) | said | ground
    letter = visitor(world, "m-1").post(f"/card/{notice}/notice", form)["body"]
    assert "Rule 3: no scams" in letter.partition("<pre")[2]
    assert judge(world, notice, **said, **ground) == ["taken"]
    [decision] = [one for one in world.store.journal_entries("acme", DAY) if one.type == "decision"]
    assert (decision.ground, decision.ground_text) == ("terms", "Rule 3: no scams")
