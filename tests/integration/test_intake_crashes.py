"""Intake killed after any call and asked again: the same parts, manifest and units."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from integration.received_files import BINARY, FILE, ZIPPED, counted, dropped, receive
from support.faults import Calls, CrashError
from support.world import World

from ledger.findings import file_id
from ledger.units import RangeMessage


class TestCrashes:
    """Killed after any call and asked again: the same parts, manifest and units."""

    @pytest.mark.parametrize(
        ("data", "name"),
        [(FILE, "a.jsonl"), (ZIPPED, "a.gz"), (BINARY, "a.bin"), (b"", "a")],
        ids=["cut", "translated", "refused", "empty"],
    )
    def test_leave_no_trace(self, new_world: Callable[..., World], data: bytes, name: str) -> None:
        world, calls = new_world(part_bytes=400), Calls()
        expected = run(world, data, name, calls)
        for at, call in enumerate(calls.names):
            world = new_world(part_bytes=400)
            dying = Calls(fatal=at)
            found = run(world, data, name, dying)
            assert found == expected, f"killed after {call}, call {at}"
            world.remove()

    def test_never_send_a_unit_of_a_file_that_is_not_sealed(
        self, new_world: Callable[..., World]
    ) -> None:
        world, calls = new_world(), Calls()
        run(world, ZIPPED, "a.gz", calls)
        assert calls.names.index("seal") < calls.names.index("send")
        assert calls.names.count("put_new") >= 1

    def test_of_two_at_once_the_slower_leaves_no_part(
        self, new_world: Callable[..., World]
    ) -> None:
        """The same event twice: the one is done with the file while the other still translates."""
        calls = Calls()
        run(new_world(part_bytes=400), ZIPPED, "a.gz", calls)
        for at, call in enumerate(calls.names):
            world = new_world(part_bytes=400)
            key, version = world.put(ZIPPED, "a.gz")

            def faster(world: World = world, key: str = key, version: str = version) -> None:
                receive(world, key, version)
                world.scan(*world.units())

            slower = Calls(at=at, happens=faster)
            counted(world, slower).receive(world.drop, key, version, lambda: 900)
            world.scan(*world.units())
            assert world.objects.keys(world.work, "parts/") == [], f"before {call}, call {at}"
            assert sum(receipt.records for receipt in world.receipts()) == 5
            world.remove()


def run(world: World, data: bytes, name: str, calls: Calls) -> list[Any]:
    """Take a file in, once more if the worker dies, and scan what comes; what is left behind."""
    key, version = world.put(data, name)
    try:
        counted(world, calls).receive(world.drop, key, version, lambda: 900)
    except CrashError:
        receive(world, key, version)
    units = {unit.number: unit for unit in world.units()}
    parts = [world.objects.get(world.work, key) for key in world.objects.keys(world.work, "parts/")]
    world.scan(*units.values())
    file = file_id(world.drop, key, version)
    file_receipt = msgspec.structs.replace(world.file_receipt(file), file="", version="")
    left = [*dropped(world), *world.objects.keys(world.work, "parts/")]
    receipts = [msgspec.structs.replace(receipt, source="") for receipt in world.receipts()]
    return [file_receipt, parts, receipts, left, places(units), len(world.items())]


def places(units: dict[int, RangeMessage]) -> list[tuple[int, int, int]]:
    return sorted((number, unit.start, unit.end) for number, unit in units.items())
