"""What a card of the console shows of other cases: notices, earlier decisions, rules and copies."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from integration.decided_cases import found
from integration.test_desk_store import deliver, name
from integration.test_table_desk import ANNA, COPY, answer, desk
from support.sample_messages import decision, notice
from support.sample_posts import OTP
from support.world import ROLE, World

from desk import Dossier, ItemKind
from ledger.keys import Provider


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    world = new_world()
    world.store.put_provider(Provider("acme", (ROLE,), door="console"))
    return world


def card(world: World, key: str) -> Dossier:
    dossier = desk(world).dossier(ANNA, key)
    assert dossier is not None
    return dossier


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


def test_earlier_decisions_are_of_the_same_rule_newest_first_none_skipped(
    world: World,
) -> None:
    first, second, third, waiting = found(world, *(f"{OTP} {number}" for number in range(4)))
    world.decide(decision(first, id="d-1"))
    world.clock.moment += timedelta(minutes=1)
    world.decide(decision(second, id="d-2", verdict="dismissed"))
    world.decide(decision(third, id="d-3", verdict="skipped", reason=...))
    shown = card(world, waiting)
    assert [(each.about, each.verdict, each.rule, each.outcome) for each in shown.earlier] == [
        ("rule", each, "codes/asks-for-code", "") for each in ("dismissed", "confirmed")
    ]
