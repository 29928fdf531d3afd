"""Rows I1-I4 and I6: who wrote what, who sent it, and who is erased meanwhile."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from aws_lambda_powertools.utilities import parameters
from integration.handlers import deployed
from support.canary import ACCOUNT
from support.erased_world import FILE, MESSAGE, WORDS, erase, places_of
from support.faults import Calls, CrashError
from support.sample_posts import OTP, fields, line, lines
from support.world import SECRET_NAME, World

from ledger.codes import KeyUnavailableError
from ledger.keys import Provider
from ledger.units import RangeMessage
from scan.unit_input import read_records


def scan(world: World, provider: str = "acme", **changes: Any) -> Any:
    """Send one post that hits a rule, as a message; its receipt."""
    body = json.dumps(fields(**({"id": "same", "text": OTP} | changes)))
    return world.scanner().scan_message(provider, body, world.clock.now()).receipt


def test_i1_one_id_with_another_text_is_another_finding(world: World) -> None:
    receipts = [scan(world), scan(world, text=f"{OTP} now"), scan(world, media_text=["a caption"])]
    assert [(receipt.findings, receipt.repeats) for receipt in receipts] == [(1, 0)] * 3
    assert len(set(world.open_findings())) == 3


def test_i1_one_id_at_another_time_is_a_repeat(world: World) -> None:
    receipts = [scan(world), scan(world, published_at="2026-11-24T10:00:00Z")]
    assert [(receipt.findings, receipt.repeats) for receipt in receipts] == [(1, 0), (0, 1)]
    assert len(world.open_findings()) == 1


def test_i1_one_id_of_another_provider_is_its_own(world: World) -> None:
    world.store.put_provider(Provider("others"))
    receipts = [scan(world), scan(world, provider="others")]
    assert [(receipt.findings, receipt.repeats) for receipt in receipts] == [(1, 0)] * 2


def test_i2_an_id_is_kept_as_it_is_written() -> None:
    written = ["1", "01", " 1", "1.0", "é", "e\u0301", "A", "a"]
    data = b"\n".join(line(id=one) for one in written)
    assert [post.id for post in read_records(data).posts] == written


def test_i3_the_prefix_is_the_provider_whatever_the_file_says(world: World) -> None:
    world.store.put_provider(Provider("others"))
    [unit] = world.take_in(line(provider="others", tenant="others", text=OTP) + b"\n")
    world.scan(unit)
    [receipt] = world.receipts()
    assert (receipt.findings, receipt.unknown_fields) == (1, 2)
    assert list(world.store.receipts("others", receipt.at[:10])) == []


def test_i4_a_file_keeps_the_pseudonym_key_that_it_came_under(world: World) -> None:
    """Whatever key is the newest when a unit is scanned: it names its own."""
    world.range_bytes = 200
    units = world.take_in(lines(OTP, OTP, OTP))
    assert {unit.pseudonym_key for unit in units} == {"k2026-11"}
    november = world.pseudonym(ACCOUNT)
    world.clock.move(days=7)
    world.scan(*units)
    keys = world.objects.keys(world.out, "out/acme/findings/")
    data = b"".join(world.objects.get(world.out, key) or b"" for key in keys)
    rows = [json.loads(row) for row in data.splitlines()]
    assert len(rows) == 3
    assert {row["account"] for row in rows} == {november} != {world.pseudonym(ACCOUNT)}


@pytest.mark.parametrize("when", ["it never was", "its time is over"])
def test_i4_a_unit_whose_key_is_missing_fails_and_comes_again(world: World, when: str) -> None:
    """The code is `key_unavailable`; nothing is stored, and no other key is made or taken."""
    [unit] = world.take_in(lines(OTP))
    if when == "it never was":
        unit = msgspec.structs.replace(unit, pseudonym_key="k2020-01")
    else:
        world.clock.move(days=2 * 366 + 6)
    before = world.state()
    with pytest.raises(KeyUnavailableError, match=unit.pseudonym_key):
        world.scanner().scan_range(unit)
    assert world.state() == before


def test_i4_without_the_secret_no_worker_begins(world: World) -> None:
    """Its import fails, so the delivery comes again; nothing is stored under another name."""
    before = world.state()
    for function in ("intake", "scan"):
        without = deployed(function, world, **{SECRET_NAME: None})
        with pytest.raises(parameters.GetParameterError), without:
            pass
    assert world.state() == before


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
def test_i6_erased_before_any_call_of_a_worker_nothing_is_left(new_world: Callable[..., World],
        names: list[str], *, killed: bool) -> None:  # fmt: skip
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
    assert (receipt.inspected, receipt.findings) == (2, 2)
    assert places_of(world, *WORDS) == []
    assert len(world.open_findings()) == 1
