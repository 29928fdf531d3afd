"""Decide killed after any call and asked again: as if nothing had happened."""

from collections.abc import Callable
from typing import Any

import pytest
from integration.decided_cases import decide, entries, found, receipts
from support.faults import Calls, CrashError
from support.sample_messages import complaint, decision, outcome, reinstatement
from support.world import World

MESSAGES = [complaint(), reinstatement(), outcome()]
"""They come before the decision that they speak of, and wait for it and for each other."""


def story(world: World, finding: str, calls: Calls) -> None:
    """Three messages that wait, and the decision that wakes them all, by a worker that may die."""
    world.decide(*MESSAGES)
    decide(world, calls, decision(finding))


class TestCrashes:
    """Killed after any call and delivered again: as if nothing had happened."""

    def test_leave_no_trace(self, new_world: Callable[..., World]) -> None:
        whole, calls = new_world(), Calls()
        story(whole, found(whole)[0], calls)
        assert [entry.type for entry in sorted(entries(whole, "outcome"), key=str)] == ["outcome"]
        assert calls.names.count("commit_case") >= 4
        for at, name in enumerate(calls.names):
            world = new_world()
            [finding] = found(world)
            with pytest.raises(CrashError):
                story(world, finding, Calls(fatal=at))
            story(world, finding, Calls())
            assert alike(world) == alike(whole), f"killed after {name}, call {at}"
            world.remove()

    def test_lose_nothing_that_waits(self, new_world: Callable[..., World]) -> None:
        """Only the decision comes again: what waits was taken off its queue long ago."""
        whole, calls = new_world(), Calls()
        story(whole, found(whole)[0], calls)
        for at, name in enumerate(calls.names):
            world = new_world()
            [finding] = found(world)
            with pytest.raises(CrashError):
                story(world, finding, Calls(fatal=at))
            decide(world, Calls(), decision(finding))
            assert alike(world) == alike(whole), f"killed after {name}, call {at}"
            world.remove()

    def test_leave_nobody_waiting_who_was_taken(self, new_world: Callable[..., World]) -> None:
        """Killed while it was put aside, and taken straight when it comes again."""
        alone = Calls()
        decide(new_world(), alone, complaint())
        for at, name in enumerate(alone.names):
            world = new_world()
            [finding] = found(world)
            with pytest.raises(CrashError):
                decide(world, Calls(fatal=at), complaint())
            world.decide(decision(finding), complaint())
            receipt = receipts(world).get("c-1")
            assert receipt is None or receipt.status == "taken", f"killed after {name}, call {at}"
            world.remove()

    def test_what_waits_has_one_receipt_on_whichever_day_it_comes_again(
        self, new_world: Callable[..., World]
    ) -> None:
        """Its cause dies after any call. A day later it comes again, and is refused: the decision
        left nothing to restore."""
        alone, world, dismissed = Calls(), new_world(), {"verdict": "dismissed"}
        decide(world, alone, decision(found(world)[0], **dismissed))
        for at, name in enumerate(alone.names):
            world = new_world()
            [finding] = found(world)
            world.decide(reinstatement())
            with pytest.raises(CrashError):
                decide(world, Calls(fatal=at), decision(finding, **dismissed))
            world.clock.move(days=1)
            world.decide(reinstatement(), decision(finding, **dismissed))
            told = list(world.objects.keys(world.out, "out/acme/receipts/messages/"))
            assert len(told) == 1, f"killed after {name}, call {at}"
            world.remove()


EMPTIED = {"pk", "sk", "expires"}


def alike(world: World) -> dict[str, Any]:
    """What stands of cases, and what was handed out; an emptied item is none."""
    items = {
        (item["pk"]["S"], item["sk"]["S"]): item
        for item in world.items()
        if item["pk"]["S"][:2] in {"C#", "M#"} or item["sk"]["S"].startswith("entry#")
    }
    keys = [key for key in world.objects.keys(world.out, "out/") if "/receipts/" not in key]
    return {
        "items": {key: item for key, item in items.items() if item.keys() != EMPTIED},
        "objects": {key: world.objects.get(world.out, key) for key in keys},
        "receipts": receipts(world),
    }
