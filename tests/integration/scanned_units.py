"""A file of five records, workers that take its unit, and what they leave behind."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from support.faults import Calls
from support.sample_posts import OTP, PRIZE, line, lines
from support.world import World

from ledger.aws.objects import Delivery
from ledger.keys import findings_key
from ledger.units import Marker, RangeMessage, Receipt

BAD = line(id="bad", audience="followers") + b"\n"

FILE = lines("a", OTP) + BAD + lines(PRIZE, OTP, start=5)
"""Five records: two posts with the live rule, one with the shadow rule, and a refusal."""


def marker(receipt: Receipt) -> Marker:
    return Marker(receipt.unit, receipt.provider, receipt.at[:10])


def handed_out(world: World, receipt: Receipt) -> list[dict[str, Any]]:
    """The findings of a unit as the provider reads them."""
    data = world.objects.get(world.out, findings_key(marker(receipt))) or b""
    return [json.loads(row) for row in data.splitlines()]


def one(receipts: list[Receipt]) -> Receipt:
    assert len(receipts) == 1
    return receipts[0]


def deliver(world: World, unit: RangeMessage, calls: Calls) -> None:
    """A fresh worker takes the unit's message, over counted ports."""
    body = msgspec.json.encode(unit).decode()
    message = Delivery("arn:units", body, "", {}, world.clock.now())
    workers = world.deliveries(calls.through(world.store), calls.through(world.objects))
    workers.take(message, lambda: 300)


ORDER = [
    "range_row", "read_range", "marker", "month_salt", "get", "record_attempt", "floods",
    "flood_totals", "erased_accounts", "put_findings", "put", "put_finding_ids", "put_fingerprints",
    "put_audit_key", "put_sample", "erased_accounts", "commit_unit",
]  # fmt: skip
"""The calls of a delivery until the commit: everything counted is recorded before it."""

MESSAGE_ORDER = [
    "marker", "month_salt", "put_month_salt", "get", "get", "record_attempt", "floods",
    "flood_totals",
    "erased_accounts", "put_findings", "put_finding_ids", "erased_accounts", "commit_unit",
]  # fmt: skip
"""The calls for the first message of a month until the commit."""


def untouched(new_world: Callable[..., World]) -> tuple[Any, list[str]]:
    """What one delivery of the file leaves behind when nothing happens, and its calls."""
    world, calls = new_world(), Calls()
    [unit] = world.take_in(FILE)
    deliver(world, unit, calls)
    return alike(world), calls.names


def scan_message(world: World, body: str, calls: Calls) -> None:
    """A fresh worker scans a message, over counted ports."""
    scanner = world.scanner(calls.through(world.store), calls.through(world.objects))
    scanner.scan_message("acme", body, world.clock.now())


def alike(world: World) -> Any:
    """The world's state without what is another in each: versions, and names made of them."""
    state = world.state()
    text = msgspec.json.encode(
        [
            sorted(msgspec.json.encode(item).decode() for item in state["items"].values()),
            sorted((*place, (data or b"").decode()) for place, data in state["objects"].items()),
        ]
    ).decode()
    for file in world.store.files("acme"):
        text = text.replace(file.file, "FILE")
        manifest, _ = world.store.manifest(file.file) or (None, None)
        assert manifest is not None
        text = text.replace(manifest.dropped.version, "VERSION")
    return text.replace(f"drop-{world.number}", "DROP")
