"""Killed after any call, or beside another worker: as if nothing had happened."""

import json
from collections.abc import Callable
from functools import partial

import pytest
from integration.scanned_units import (
    FILE,
    ORDER,
    alike,
    deliver,
    marker,
    one,
    scan_message,
    untouched,
)
from support.faults import Calls, CrashError
from support.sample_posts import OTP, fields, lines
from support.world import World

from ledger.keys import refusals_key


class TestCrashes:
    """Killed after any call and delivered again: as if nothing had happened."""

    def test_everything_is_recorded_before_the_commit(
        self, new_world: Callable[..., World]
    ) -> None:
        _, names = untouched(new_world)
        assert names[: len(ORDER)] == ORDER
        assert names.count("commit_unit") == 1

    def test_leave_no_trace(self, new_world: Callable[..., World]) -> None:
        expected, names = untouched(new_world)
        for at, name in enumerate(names):
            world = new_world()
            [unit] = world.take_in(FILE)
            with pytest.raises(CrashError):
                deliver(world, unit, Calls(fatal=at))
            for receipt in world.receipts():
                assert len(world.store.findings_of(marker(receipt))) == receipt.findings
                assert world.objects.get(world.work, refusals_key(receipt.unit))
            deliver(world, unit, Calls())
            assert alike(world) == expected, f"killed after {name}, call {at}"
            world.remove()

    def test_of_a_message_leave_no_trace(self, new_world: Callable[..., World]) -> None:
        body = json.dumps([fields(text=OTP), {}])
        world, calls = new_world(), Calls()
        scan_message(world, body, calls)
        expected = alike(world)
        for at, name in enumerate(calls.names):
            world = new_world()
            with pytest.raises(CrashError):
                scan_message(world, body, Calls(fatal=at))
            scan_message(world, body, Calls())
            assert alike(world) == expected, f"killed after {name}, call {at}"
            world.remove()

    def test_on_the_day_before_leave_one_receipt(self, world: World) -> None:
        [unit] = world.take_in(FILE)
        with pytest.raises(CrashError):
            deliver(world, unit, Calls(fatal=ORDER.index("commit_unit") - 1))
        world.clock.move(days=1)
        deliver(world, unit, Calls())
        assert world.receipts() == []
        assert one(world.receipts("2026-11-26")).findings == 3


class TestTwoWorkers:
    """Another worker takes the same unit between any two calls of the first."""

    def test_at_any_time_change_nothing(self, new_world: Callable[..., World]) -> None:
        expected, names = untouched(new_world)
        for at, name in enumerate(names):
            world = new_world()
            [unit] = world.take_in(FILE)
            deliver(world, unit, Calls(at, partial(deliver, world, unit, Calls())))
            assert alike(world) == expected, f"the other came before {name}, call {at}"
            world.remove()

    def test_with_overlapping_units_count_each_finding_once(
        self, new_world: Callable[..., World]
    ) -> None:
        for at in range(len(ORDER)):
            world = new_world()
            [unit] = world.take_in(lines(OTP, OTP), "1.jsonl")
            [other] = world.take_in(lines(OTP, OTP, "a"), "2.jsonl")
            deliver(world, unit, Calls(at, partial(deliver, world, other, Calls())))
            receipts = world.receipts()
            assert sum(receipt.findings for receipt in receipts) == 2
            assert sum(receipt.repeats for receipt in receipts) == 2
            assert all(receipt.closes for receipt in receipts)
            world.remove()
