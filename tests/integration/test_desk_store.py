"""Leases, decisions that can be taken back, and who may decide through which door."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from integration.decided_cases import entries, found
from support.sample_messages import complaint, decision
from support.sample_posts import OTP
from support.world import ROLE, World

from cases.decision import Decision, Verdict
from cases.kinds import as_sent
from decide.case_work import CaseOutcome
from ledger.desk_store import DynamoDesk, ItemLease, PendingDecision, PendingState
from ledger.keys import Provider
from ledger.objects import Delivery


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A world whose provider decides at the console."""
    world = new_world()
    world.store.put_provider(Provider("acme", (ROLE,), door="console"))
    return world


def at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def pending(world: World, name: str, *findings: str, moderator: str = "m-1") -> PendingDecision:
    now = world.clock.now()
    message = Decision(
        id=name, findings=findings, verdict=Verdict.DISMISSED, reason="It is a joke.",
        moderator=moderator, opened_at=now, decided_at=now,
    )  # fmt: skip
    return PendingDecision(
        id=name, provider="acme", moderator=moderator, items=findings,
        messages=(as_sent(message),), held_at=at(now), due_at=at(now + timedelta(seconds=10)),
    )  # fmt: skip


def deliver(world: World, body: str, queue: str = "arn:console") -> list[CaseOutcome] | None:
    """A delivery, from a sender that nobody registered if it is the console's."""
    sender = ROLE if queue == "arn:cases" else "AROANOBODY"
    delivery = Delivery(queue, body, sender, {"provider": "acme"}, world.clock.now())
    return world.case_deliveries().take(delivery, lambda: 300)


def name(pending: str) -> str:
    return json.dumps({"provider": "acme", "pending": pending})


class TestPending:
    """A decision is sent once after it was stored, and never after it was taken back."""

    def test_it_is_sent_once(self, world: World) -> None:
        [finding] = found(world)
        assert world.desk.store_pending(pending(world, "d-1", finding)) is None
        assert world.desk.live_items("acme") == {finding}
        assert [one.status for one in deliver(world, name("d-1")) or ()] == ["taken"]
        assert deliver(world, name("d-1")) == []
        assert len(entries(world, "decision")) == 1
        stored = world.desk.pending("acme", "d-1")
        assert stored.state is PendingState.TAKEN
        assert world.desk.live_items("acme") == {finding}, "lists of what waits may be older"

    def test_it_is_taken_back_by_its_moderator_alone(self, world: World) -> None:
        [finding] = found(world)
        world.desk.store_pending(pending(world, "d-1", finding))
        assert not world.desk.undo_pending("acme", "m-2", "d-1")
        assert not world.desk.undo_pending("beta", "m-1", "d-1")
        assert world.desk.undo_pending("acme", "m-1", "d-1")
        assert world.desk.undo_pending("acme", "m-1", "d-1")
        assert deliver(world, name("d-1")) == []
        assert entries(world, "decision") == []
        first = world.desk.store_pending(pending(world, "d-1", finding))
        assert first.state is PendingState.UNDONE
        assert world.desk.store_pending(pending(world, "d-2", finding)) is None

    def test_it_cannot_be_taken_back_once_it_is_sent(self, world: World) -> None:
        [finding] = found(world)
        world.desk.store_pending(pending(world, "d-1", finding))
        deliver(world, name("d-1"))
        assert not world.desk.undo_pending("acme", "m-1", "d-1")

    def test_it_cannot_be_stored_after_its_message(self, world: World) -> None:
        [finding] = found(world)
        assert deliver(world, name("d-1")) == []
        first = world.desk.store_pending(pending(world, "d-1", finding))
        assert first.state is PendingState.VOID

    def test_the_second_moderator_hears_who_was_first(self, world: World) -> None:
        [finding] = found(world)
        world.desk.store_pending(pending(world, "d-1", finding))
        first = world.desk.store_pending(pending(world, "d-2", finding, moderator="m-2"))
        assert first.moderator == "m-1"

    @pytest.mark.parametrize("was_undone", [False, True])
    def test_of_two_at_the_same_moment_one_is_stored(self, was_undone: bool, world: World,
            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
        """A colleague stores a decision after this one saw that none is in force."""
        [finding] = found(world)
        if was_undone:
            world.desk.store_pending(pending(world, "d-0", finding))
            world.desk.undo_pending("acme", "m-1", "d-0")
        client = world.clients.dynamodb
        transact = client.transact_write_items

        def after_a_colleague(**asked: Any) -> Any:
            monkeypatch.undo()
            world.desk.store_pending(pending(world, "d-1", finding))
            return transact(**asked)

        monkeypatch.setattr(client, "transact_write_items", after_a_colleague)
        first = world.desk.store_pending(pending(world, "d-2", finding, moderator="m-2"))
        assert first.moderator == "m-1"
        assert world.desk.pending("acme", "d-2") is None

    def test_what_decide_refuses_is_written_down(self, world: World) -> None:
        [finding] = found(world)
        for number in (1, 2):
            world.desk.store_pending(pending(world, f"d-{number}", finding))
            deliver(world, name(f"d-{number}"))
        held = world.desk.pending_by("acme", "m-1", _start(world))
        states = {one.id: (one.state, one.code, one.first) for one in held}
        assert states == {"d-1": (PendingState.TAKEN, "", ""),
                          "d-2": (PendingState.REFUSED, "decided_already", "m-1")}  # fmt: skip

    def test_a_list_is_of_one_moderator_and_one_provider(self, world: World) -> None:
        first, second = found(world, f"{OTP} one", f"{OTP} two")
        world.desk.store_pending(pending(world, "d-1", first))
        world.desk.store_pending(pending(world, "d-2", second, moderator="m-10"))
        assert [one.id for one in world.desk.pending_by("acme", "m-1", _start(world))] == ["d-1"]
        assert world.desk.pending_by("beta", "m-1", _start(world)) == []


def _start(world: World) -> datetime:
    return world.clock.now() - timedelta(days=1)


class TestLeases:
    """One moderator at a time looks at an item, for as long as the lease says."""

    def test_a_lease_keeps_others_away_until_it_ends(self, world: World) -> None:
        leases, now = world.desk, world.clock.now()
        until = at(now + timedelta(minutes=10))
        assert leases.lease("acme", ItemLease("i", "m-1", until)).moderator == "m-1"
        assert leases.lease("acme", ItemLease("i", "m-2", until)).moderator == "m-1"
        assert leases.lease("acme", ItemLease("i", "m-1", until)).moderator == "m-1"
        assert {item: one.moderator for item, one in leases.leases("acme").items()} == {"i": "m-1"}
        assert leases.leases("beta") == {}
        world.clock.move(minutes=11)
        assert world.desk.leases("acme") == {}
        later = at(world.clock.now() + timedelta(minutes=10))
        assert world.desk.lease("acme", ItemLease("i", "m-2", later)).moderator == "m-2"

    def test_a_lease_is_given_back_by_its_moderator_alone(self, world: World) -> None:
        until = at(world.clock.now() + timedelta(minutes=10))
        world.desk.lease("acme", ItemLease("i", "m-1", until))
        world.desk.release_lease("acme", "m-2", "i")
        assert world.desk.lease("acme", ItemLease("i", "m-2", until)).moderator == "m-1"
        world.desk.release_lease("acme", "m-1", "i")
        assert world.desk.lease("acme", ItemLease("i", "m-2", until)).moderator == "m-2"


class TestDoors:
    """A provider's moderators use one door; what no moderator says comes through any."""

    def test_a_moderator_in_the_queue_is_refused_where_a_console_is(self, world: World) -> None:
        [finding] = found(world)
        [refused] = deliver(world, json.dumps(decision(finding)), "arn:cases") or ()
        assert (refused.status, refused.code) == ("refused", "wrong_door")
        assert entries(world, "decision") == []

    def test_a_complaint_still_comes_through_the_queue(self, world: World) -> None:
        world.clock.move(days=7)
        [waiting] = deliver(world, json.dumps(complaint()), "arn:cases") or ()
        assert waiting.status == "waiting"

    def test_what_was_taken_before_the_door_changed_is_a_repeat(self, world: World) -> None:
        [finding] = found(world)
        world.store.put_provider(Provider("acme", (ROLE,)))
        line = json.dumps(decision(finding))
        world.clock.move(days=7)
        assert [one.status for one in deliver(world, line, "arn:cases") or ()] == ["taken"]
        world.store.put_provider(Provider("acme", (ROLE,), door="console"))
        assert [one.status for one in deliver(world, line, "arn:cases") or ()] == ["repeated"]

    def test_a_console_decides_for_no_provider_with_another_door(self, world: World) -> None:
        """Even if its role stores a decision in the name of one."""
        [finding] = found(world)
        world.desk.store_pending(pending(world, "d-1", finding))
        world.store.put_provider(Provider("acme", (ROLE,), door="queue"))
        [refused] = deliver(world, name("d-1")) or ()
        assert (refused.status, refused.code) == ("refused", "wrong_door")

    def test_a_console_decides_nothing_about_another_providers_finding(self, world: World) -> None:
        [finding] = found(world)
        world.store.put_provider(Provider("beta", (), door="console"))
        foreign = pending(world, "d-1", finding)
        desk = DynamoDesk(world.store.table, world.clock)
        desk.store_pending(_of("beta", foreign))
        body = json.dumps({"provider": "beta", "pending": "d-1"})
        [refused] = deliver(world, body) or ()
        assert (refused.status, refused.code) == ("refused", "other_provider")


def _of(provider: str, pending: PendingDecision) -> PendingDecision:
    return msgspec.structs.replace(pending, provider=provider)
