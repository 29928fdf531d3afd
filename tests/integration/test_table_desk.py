"""The desk on the table: what waits, for whom, and nothing of another provider."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from integration.decided_cases import found
from integration.test_desk_store import deliver, name
from support.sample_messages import complaint, decision, dispute, order, outcome
from support.sample_posts import OTP, pack
from support.world import ROLE, World

from desk import Door, ItemKind, Moderator, Role
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


def test_at_home_a_decision_in_the_file_keeps_its_item_though_nobody_sent_it(
    world: World,
) -> None:
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
    at = desk(world)
    dossier = at.dossier(ANNA, finding)
    assert dossier is not None
    form = DecisionForm(form_id("m-1", at.now(), "0" * 8), verdict="dismissed", reason="A joke.")
    pending = decide(form, dossier, ANNA, at.now())
    for other in (BEN, STRANGER):
        with pytest.raises(PermissionError):
            desk(world).store_pending(other, pending)


def test_a_card_has_text_rule_page_and_what_was_decided(world: World) -> None:
    [finding] = found(world)
    dossier = desk(world).dossier(ANNA, finding)
    assert dossier.findings[0].excerpt == OTP
    [(rule, facts)] = dossier.rules
    assert rule.startswith("codes/")
    assert facts.page.startswith("https://terang.example/packs/codes/")


def test_a_card_has_the_words_about_its_rule_in_the_languages_of_the_pack(world: World) -> None:
    words = Translation("Kode sekali pakai", rules={"asks-for-code": "Meminta kode."})
    world.publish(pack(translations={"id": words}))
    [finding] = found(world)
    dossier = desk(world).dossier(ANNA, finding)
    [(_, facts)] = dossier.rules
    assert facts.said_in("id") == ("Kode sekali pakai", "Meminta kode.")


def test_a_card_has_the_last_five_decisions_on_its_rule_and_says_which_fell(world: World) -> None:
    *decided, waiting = found(world, *(f"{OTP} {number}" for number in range(7)))
    world.decide(*(decision(key, id=f"d-{number}") for number, key in enumerate(decided)))
    world.decide(complaint(decision="d-0"), outcome(outcome="reversed"))
    dossier = desk(world).dossier(ANNA, waiting)
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
    at = desk(world)
    dossier = at.dossier(ANNA, finding)
    assert dossier is not None
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
