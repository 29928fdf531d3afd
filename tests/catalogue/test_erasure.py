"""Row I6: an author is erased while a file of theirs is read."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from support.erased_world import FILE, MESSAGE, WORDS, erase, places_of
from support.faults import Calls, CrashError
from support.world import World

from ledger.units import RangeMessage

COUNTED = [(6, 4)]
"""Inspected posts and findings of the file, whoever they are of."""


def take(world: World, unit: RangeMessage, calls: Calls) -> None:
    """A fresh worker takes the unit over counted ports; what it raises, SQS gives again."""
    worker = world.scanner(calls.through(world.store), calls.through(world.objects))
    with suppress(OSError, CrashError):
        worker.scan_range(unit)


def of_file(new_world: Callable[..., World]) -> tuple[World, RangeMessage]:
    world = new_world(range_bytes=100_000)
    [unit] = world.take_in(FILE)
    return world, unit


@pytest.fixture(scope="module")
def names() -> list[str]:
    """Filled by the first test that needs it: the calls of a delivery."""
    return []


@pytest.mark.parametrize("killed", [False, True], ids=["and goes on", "and is killed"])
def test_i6_erased_before_any_call_of_a_worker_nothing_is_left(
    new_world: Callable[..., World], names: list[str], *, killed: bool
) -> None:
    """The worker then goes on, or dies after that call; the delivery comes again either way."""
    if not names:
        world, unit = of_file(new_world)
        calls = Calls()
        take(world, unit, calls)
        names += calls.names
        world.remove()
    for at, name in enumerate(names):
        world, unit = of_file(new_world)
        take(world, unit, Calls(at, lambda world=world: erase(world), fatal=at if killed else None))
        take(world, unit, Calls())
        world.closing().close(unit.file)
        assert places_of(world, *WORDS) == [], f"erased before {name}, call {at}"
        counted = [(receipt.inspected, receipt.findings) for receipt in world.receipts()]
        assert counted == COUNTED, f"erased before {name}, call {at}"
        world.remove()


def test_i6_a_message_on_its_way_brings_only_stubs(world: World) -> None:
    erase(world)
    receipt = world.scanner().scan_message("acme", MESSAGE, world.clock.now()).receipt
    assert receipt is not None
    assert (receipt.inspected, receipt.findings) == (2, 2)
    assert places_of(world, *WORDS) == []
    assert len(world.open_findings()) == 1
