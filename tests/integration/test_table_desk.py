"""The desk on the table: what waits, for whom, and nothing of another provider."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from integration.decided_cases import found
from integration.test_desk_store import deliver, name
from support.sample_messages import complaint, decision, dispute, notice, order, outcome
from support.sample_posts import OTP, pack
from support.world import ROLE, World

from desk import Door, Dossier, ItemKind, Moderator, Role
from desk.deciding import DecisionForm, NewExample, decide, form_id
from desk.table_desk import PendingSender, SetExamples, TableDesk
from ledger.cases import case_id, is_for_second_review
from ledger.desk_store import CannedReason, DeskSettings
from ledger.findings import FloodQuestion
from ledger.keys import Provider
from rules.pack import Translation
from terang.home_desk import BookRows

ANNA = Moderator("m-1", "acme", Role.MODERATOR, Door.CONSOLE)
BEN = Moderator("m-2", "acme", Role.LEAD, Door.CONSOLE)
STRANGER = Moderator("m-1", "beta", Role.LEAD, Door.CONSOLE)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    world = new_world()
    for provider in ("acme", "beta"):
        world.store.put_provider(Provider(provider, (ROLE,), door="console"))
    return world


def desk(world: World) -> TableDesk:
    """A fresh worker's desk: it knows nothing from before."""
    return TableDesk(store=world.store, desk=world.desk,
                     sender=PendingSender(world.desk, world.clients.sqs, world.queue_url),
                     objects=world.objects, clock=world.clock, public_bucket=world.public,
                     public_url="https://terang.example", out_bucket=world.out)  # fmt: skip


def card(world: World, key: str) -> Dossier:
    dossier = desk(world).dossier(ANNA, key)
    assert dossier is not None
    return dossier


def dismiss(world: World, key: str, moderator: Moderator) -> str:
    """Dismiss a card by its form; the id of the decision, or who was first."""
    return answer(world, key, moderator, "dismissed", "It is a joke.")


def answer(world: World, key: str, moderator: Moderator, verdict: str, reason: str = "") -> str:
    """Answer a card by its form; the id of the decision, or who was first."""
    at = desk(world)
    dossier = at.dossier(moderator, key)
    assert dossier is not None
    form = DecisionForm(form_id(moderator.name, at.now(), "0" * 8), verdict=verdict, reason=reason)
    first = at.store_pending(moderator, decide(form, dossier, moderator, at.now()))
    return form.id if first is None else first.moderator


def test_a_finding_waits_until_somebody_decides(world: World) -> None:
    [finding] = found(world)
    [item] = desk(world).items(ANNA)
    assert (item.key, item.kind, item.rules) == (finding, ItemKind.FINDING,
                                                 ("codes/asks-for-code",))  # fmt: skip
    pending = dismiss(world, finding, ANNA)
    assert desk(world).items(ANNA) == []
    assert desk(world).items(BEN) == []
    assert [one.state for one in desk(world).recent(ANNA)] == ["pending"]
    assert desk(world).recent(BEN) == []
    deliver(world, name(pending))
    assert [one.state for one in desk(world).recent(ANNA)] == ["taken"]
    assert desk(world).items(ANNA) == []


def test_what_was_taken_is_not_offered_again_by_an_older_list(world: World) -> None:
    """A worker lists what waits every few seconds, and a decision is taken in between."""
    [finding] = found(world)
    at = desk(world)
    deliver(world, name(answer(world, finding, ANNA, "skipped")))
    assert [item.key for item in at.items(ANNA)] == [finding], "a skipped card comes back"
    deliver(world, name(dismiss(world, finding, BEN)))
    assert at.items(ANNA) == []


def test_at_home_a_decision_in_the_file_keeps_its_item_though_nobody_sent_it(world: World) -> None:
    first, second = found(world, OTP, f"{OTP}. Something else entirely follows, of another kind")
    rows = BookRows(clock=world.clock)
    home = replace(desk(world), desk=rows, sender=rows, marks_copies=True)
    dossier = home.dossier(ANNA, first)
    assert dossier is not None
    form = DecisionForm(form_id("m-1", home.now(), "0" * 8), "dismissed", reason="A joke.")
    assert home.store_pending(ANNA, decide(form, dossier, ANNA, home.now())) is None
    rows.release_pending("acme", form.id)
    world.clock.move(days=2)
    assert [item.key for item in home.items(ANNA)] == [second]
    assert len(desk(world).items(ANNA)) == 2
    assert len(replace(desk(world), most=1).items(ANNA)) == 1


def test_an_undone_decision_waits_again(world: World) -> None:
    [finding] = found(world)
    pending = dismiss(world, finding, ANNA)
    assert not desk(world).undo(BEN, pending)
    assert desk(world).undo(ANNA, pending)
    assert [item.key for item in desk(world).items(BEN)] == [finding]


def test_nobody_holds_a_decision_in_anothers_name(world: World) -> None:
    [finding] = found(world)
    at, dossier = desk(world), card(world, finding)
    form = DecisionForm(form_id("m-1", at.now(), "0" * 8), verdict="dismissed", reason="A joke.")
    pending = decide(form, dossier, ANNA, at.now())
    for other in (BEN, STRANGER):
        with pytest.raises(PermissionError):
            desk(world).store_pending(other, pending)


def test_a_card_has_text_rule_page_and_what_was_decided(world: World) -> None:
    [finding] = found(world)
    dossier = card(world, finding)
    assert dossier.findings[0].excerpt == OTP
    [(rule, facts)] = dossier.rules
    assert rule.startswith("codes/")
    assert facts.page.startswith("https://terang.example/packs/codes/")


def test_a_card_has_the_words_about_its_rule_in_the_languages_of_the_pack(world: World) -> None:
    words = Translation("Kode sekali pakai", rules={"asks-for-code": "Meminta kode."})
    world.publish(pack(translations={"id": words}))
    [finding] = found(world)
    [(_, facts)] = card(world, finding).rules
    assert facts.said_in("id") == ("Kode sekali pakai", "Meminta kode.")


def test_a_card_has_the_last_five_decisions_on_its_rule_and_says_which_fell(world: World) -> None:
    *decided, waiting = found(world, *(f"{OTP} {number}" for number in range(7)))
    world.decide(*(decision(key, id=f"d-{number}") for number, key in enumerate(decided)))
    world.decide(complaint(decision="d-0"), outcome(outcome="reversed"))
    dossier = card(world, waiting)
    assert len(dossier.earlier) == 5
    assert [each.outcome for each in dossier.earlier].count("overturned") == 1


COPY = f"{OTP} that you got a minute ago on your phone, my good friend {{}}"


def test_near_copies_are_on_the_card_and_decided_with_it(world: World) -> None:
    other = f"{OTP}. Something else entirely follows here, without a friend or a phone"
    keys = found(world, *(COPY.format(name) for name in ("Ann", "Ben", "Cho")), other)
    at = desk(world)
    dossiers = [at.dossier(ANNA, key) for key in keys]
    shown = {each.item.key: each for each in dossiers if each is not None}
    first = next(each for each in shown.values() if each.excerpt == COPY.format("Ann"))
    assert sorted(copy.findings[0].excerpt or "" for copy in first.copies) == [COPY.format("Ben"),
        COPY.format("Cho")]  # fmt: skip
    assert next(each for each in shown.values() if each.excerpt == other).copies == ()
    left_out = first.copies[0].key
    form = DecisionForm(form_id("m-1", at.now(), "0" * 8), verdict="dismissed", reason="A joke.",
                        left_out=frozenset({left_out}))  # fmt: skip
    pending = decide(form, first, ANNA, at.now())
    assert at.store_pending(ANNA, pending) is None
    assert len(pending.messages) == 2
    again = desk(world).dossier(BEN, left_out)
    assert again.copies == (), "the others have a decision that waits"
    deliver(world, name(form.id))
    again = desk(world).dossier(BEN, left_out)
    assert again.copies == (), "the others are decided"


def test_an_order_waits_and_is_answered(world: World) -> None:
    world.clock.moment = datetime(2026, 11, 25, 9, tzinfo=UTC)
    world.decide(order(regulation="tco"))
    [item] = desk(world).items(ANNA)
    assert (item.kind, item.deadline) == (ItemKind.ORDER, "2026-11-25T09:00:00Z")
    assert desk(world).dossier(STRANGER, item.key) is None
    deliver(world, name(answer(world, item.key, ANNA, "complied")))
    assert desk(world).items(ANNA) == []


def test_an_example_for_a_rule_becomes_lines_for_its_author(world: World) -> None:
    found(world)
    examples = SetExamples(desk(world).packs)
    assert "codes/asks-for-code" in examples.rules()
    made = examples.adopted(NewExample("codes", "asks-for-code", "ignore", 'A "joke" about codes'))
    assert not made.checked
    rule = yaml.safe_load(made.patch)
    assert rule == {"ignore": ['A "joke" about codes']}
    assert examples.adopted(NewExample("codes", "no-rule", "ignore", "A joke")) is None


class TestAnotherProvider:
    """What belongs to another provider does not exist."""

    def test_sees_no_finding_and_no_decision(self, world: World) -> None:
        [finding] = found(world)
        dismiss(world, finding, ANNA)
        at = desk(world)
        assert at.items(STRANGER) == []
        assert at.dossier(STRANGER, finding) is None
        assert at.search(STRANGER, "one-time") == frozenset()
        assert at.recent(STRANGER) == []
        assert at.leases(STRANGER) == {}

    def test_opens_no_case(self, world: World) -> None:
        decided = contested(world)
        keys = [item.key for item in desk(world).items(ANNA)]
        assert keys
        for key in (*keys, *decided):
            assert desk(world).dossier(STRANGER, key) is None


def contested(world: World) -> tuple[str, ...]:
    """A decision of m-1 by queue, before the door changed, and a complaint; their cases."""
    [finding] = found(world)
    world.clock.moment = datetime(2026, 12, 3, tzinfo=UTC)
    world.decide(decision(finding), complaint())
    entries = world.store.journal_entries("acme", "2026-12-03")
    return tuple(entry.entry for entry in entries)


def test_a_complaint_waits_for_another_moderator_until_its_deadline(world: World) -> None:
    contested(world)
    [item] = [one for one in desk(world).items(BEN) if one.kind is ItemKind.COMPLAINT]
    assert (item.not_for, item.deadline) == (("m-1",), "2026-12-10T08:00:00Z")
    dossier = desk(world).dossier(BEN, item.key)
    assert dossier.decision.journal_entry.moderator == "m-1"
    assert dossier.contest is not None


def test_a_history_has_posts_reasons_and_complaints_for_90_days(world: World) -> None:
    decided, complained = contested(world)
    at, asks = desk(world), "It asks readers for a one-time code."
    [own] = at.told(at.history(ANNA, by_team=False))
    assert (own.entry.entry, own.contest, own.reason) == (decided, "open", asks)
    assert (own.posts, own.rules) == (("p0",), ("codes/asks-for-code",))
    assert at.history(BEN, by_team=False) == at.history(STRANGER, by_team=True) == []
    world.clock.move(hours=9)  # the complaint comes at eight
    deliver(world, name(answer(world, complained, BEN, "reversed", "It was a joke.")))
    team = desk(world).told(desk(world).history(BEN, by_team=True))
    assert [(each.verdict, each.contest, each.reason) for each in team] == [
        ("reversed", "", "It was a joke."), ("confirmed", "overturned", asks),
    ]  # fmt: skip
    world.clock.move(days=90)
    assert desk(world).history(BEN, by_team=True) == []


def test_a_card_knows_who_decided_it_while_that_is_pending_and_later(world: World) -> None:
    [finding] = found(world)
    at, dossier = desk(world), card(world, finding)
    assert at.ended(ANNA, dossier) is None
    pending = dismiss(world, finding, ANNA)
    assert getattr(at.ended(BEN, dossier), "state", "") == "pending"
    deliver(world, name(pending))
    for worker in (at, desk(world)):
        decided = worker.ended(BEN, dossier)
        assert (getattr(decided, "verdict", ""), getattr(decided, "moderator", "")) == (
            "dismissed", "m-1")  # fmt: skip


def test_a_dispute_waits_like_a_complaint(world: World) -> None:
    contested(world)
    world.decide(dispute())
    waiting = [one.key for one in desk(world).items(BEN) if one.kind is ItemKind.COMPLAINT]
    shown = [desk(world).dossier(BEN, key) for key in waiting]
    contests = [one.contest.journal_entry.type for one in shown if one and one.contest]
    assert sorted(contests) == ["complaint", "dispute"]


def test_a_group_is_drawn_for_a_second_review_as_one(world: World) -> None:
    """Only then decide takes the answer: it asks whether the group was drawn."""
    findings = found(world, OTP, OTP)
    group = next(
        f"g-{n}" for n in range(200) if is_for_second_review(case_id("group", "acme", f"g-{n}"))
    )
    world.clock.moment = datetime(2026, 11, 26, tzinfo=UTC)
    world.decide(*(decision(each, id=f"d-{each[:4]}", group=group) for each in findings))
    items = [one for one in desk(world).items(BEN) if one.kind is ItemKind.SECOND_REVIEW]
    assert len(items) == 1
    dossier = desk(world).dossier(BEN, items[0].key)
    assert dossier.decision.journal_entry.leads


def test_a_held_rule_waits_for_one_answer(world: World) -> None:
    """A provider whose door is the console can answer the flood guard nowhere else."""
    question = FloodQuestion("2026-11-25", "codes/asks-for-code", "2026-11-25T11:00:00Z", 9, 3, 2)
    world.store.put_flood("acme", question, 9)
    [item] = desk(world).items(ANNA)
    assert (item.kind, item.rules) == (ItemKind.HELD_RULE, ("codes/asks-for-code",))
    assert desk(world).dossier(STRANGER, item.key) is None
    deliver(world, name(answer(world, item.key, ANNA, "opened")))
    assert [one.state for one in desk(world).recent(ANNA)] == ["taken"]
    assert desk(world).items(ANNA) == []
    answered = desk(world).dossier(BEN, item.key)
    assert answered.question == question


def test_the_audit_shows_the_month_before(world: World) -> None:
    data = b'{"post": "a"}\n{"post": "b"}\n' + b'{"post": "c"}\n' * 20
    world.objects.put(world.out, "out/acme/audit/2026-10.jsonl", data)
    items = [item.key for item in desk(world).items(ANNA)]
    assert items == [f"2026-10.{place}" for place in range(1, 21)], "twenty at once"
    alone = replace(desk(world), only_audits=True, months=("2026-10", "2026-09"))
    assert len(alone.items(ANNA)) == 22
    dossier = desk(world).dossier(ANNA, "2026-10.2")
    assert (dossier.post, dossier.month) == ("b", "2026-10")
    for key in ("2026-10.23", "2026-10.0", "2026-10.٢", "2026-09.1", "2026-10.", "."):
        assert desk(world).dossier(ANNA, key) is None
    assert desk(world).dossier(STRANGER, "2026-10.1") is None


def test_leases_are_shown_to_colleagues(world: World) -> None:
    [finding] = found(world)
    at = desk(world)
    until = at.now() + timedelta(minutes=10)
    assert at.lease(ANNA, finding, until).moderator == "m-1"
    assert at.lease(BEN, finding, until).moderator == "m-1"
    assert at.leases(BEN)[finding].moderator == "m-1"
    at.release(ANNA, finding)
    assert at.leases(BEN) == {}


def test_settings_are_those_that_a_lead_of_the_provider_chose(world: World) -> None:
    reason = CannedReason(text="It is a joke.", verdict="dismissed", language="en")
    chosen = DeskSettings("removed", True, ("m-2",), (reason,))
    desk(world).put_settings(BEN, chosen)
    assert desk(world).settings(ANNA) == chosen
    assert desk(world).settings(STRANGER) == DeskSettings()


def test_search_finds_words_of_an_excerpt(world: World) -> None:
    [finding] = found(world)
    assert desk(world).search(ANNA, "ONE-time") == {finding}
    assert desk(world).search(ANNA, "nothing of it") == frozenset()


def test_a_card_names_the_notice_that_waits_about_its_finding(world: World) -> None:
    [finding] = found(world)
    assert card(world, finding).notices == ()
    world.decide(notice(post="p0", finding=finding), notice(id="n-2", post="p0", finding=finding))
    shown = card(world, finding)
    assert [each.message for each in shown.notices] == ["n-1", "n-2"]
    assert shown.findings[0].notice == "n-2"
    assert [item.kind for item in desk(world).items(ANNA)] == [ItemKind.FINDING]
    deliver(world, name(answer(world, finding, ANNA, "dismissed", "A joke.")))
    [left] = [item for item in desk(world).items(ANNA) if item.kind is ItemKind.NOTICE]
    other = card(world, left.key)
    assert (other.post, [each.message for each in other.notices]) == (
        shown.findings[0].finding.post, ["n-2"])  # fmt: skip
    assert [each.finding.finding for each in other.findings] == [finding]


def test_a_near_copy_carries_the_notice_about_it(world: World) -> None:
    keys = found(world, *(COPY.format(each) for each in ("Ann", "Ben")))
    post = card(world, keys[1]).findings[0].finding.post
    world.decide(notice(post=post, finding=keys[1]))
    [copy] = card(world, keys[0]).copies
    assert (copy.key, copy.findings[0].notice) == (keys[1], "n-1")
    assert copy.findings[0].excerpt


def test_other_posts_of_a_pseudonym_are_counted_by_verdict_within_a_month(world: World) -> None:
    """No list: the page has neither the posts nor the pseudonym, and the next month begins at 0."""
    ends = ("for the raffle of the school on Sunday", "says a friend, at noon by the river",
            "now or never, and the prize is a bicycle")  # fmt: skip
    keys = found(world, *(f"{OTP} {end}. {end[::-1]}" for end in ends))
    assert not card(world, keys[0]).copies
    authors = {key: card(world, key).findings[0].finding.account for key in keys}
    assert len({*authors.values()}) == 1, "one account wrote them"
    deliver(world, name(answer(world, keys[0], ANNA, "confirmed", "It asks.")))
    world.clock.move(seconds=1)  # another form
    deliver(world, name(answer(world, keys[1], ANNA, "dismissed", "A joke.")))
    counts = desk(world).of_author(ANNA, card(world, keys[2]))
    assert counts == {"confirmed": 1, "dismissed": 1}
    assert desk(world).of_author(ANNA, card(world, keys[0])) == {"dismissed": 1}
    world.clock.move(days=7)  # December
    assert desk(world).of_author(ANNA, card(world, keys[2])) == {}


def test_an_escalated_notice_waits_on(world: World) -> None:
    world.decide(notice(post="elsewhere"))
    [item] = desk(world).items(ANNA)
    deliver(world, name(answer(world, item.key, ANNA, "child", "Look at it.")))
    again = [each for each in desk(world).items(ANNA) if each.kind is ItemKind.NOTICE]
    assert [each.escalation for each in again] == ["child_abuse"]
    assert card(world, item.key).item.escalation == "child_abuse"


def test_an_escalated_card_shows_what_was_decided_on_the_post(world: World) -> None:
    [finding] = found(world)
    assert not card(world, finding).item.escalation
    deliver(world, name(answer(world, finding, ANNA, "threat", "Somebody may be in danger.")))
    shown = card(world, finding)
    assert shown.findings[0].escalation == shown.item.escalation == "threat_to_life"
    escalated = {item.key: item.escalation for item in desk(world).items(ANNA)}
    assert escalated[finding] == "threat_to_life"
    [earlier] = [each for each in shown.earlier if each.about == "post"]
    assert (earlier.verdict, earlier.moderator, earlier.reason) == (
        "escalated", "m-1", "Somebody may be in danger.")  # fmt: skip


def test_earlier_decisions_are_of_the_same_rule_newest_first_none_skipped(world: World) -> None:
    first, second, third, waiting = found(world, *(f"{OTP} {number}" for number in range(4)))
    world.decide(decision(first, id="d-1"))
    world.clock.moment += timedelta(minutes=1)
    world.decide(decision(second, id="d-2", verdict="dismissed"))
    world.decide(decision(third, id="d-3", verdict="skipped", reason=...))
    shown = card(world, waiting)
    assert [(each.about, each.verdict, each.rule, each.outcome) for each in shown.earlier] == [
        ("rule", each, "codes/asks-for-code", "") for each in ("dismissed", "confirmed")
    ]
