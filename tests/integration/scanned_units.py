"""A file of five records, workers that take its unit, and what they leave behind."""

import json
from typing import Any

from support.faults import Calls
from support.sample_posts import OTP, PRIZE, line, lines
from support.world import World

from ledger.keys import findings_key
from ledger.units import Marker, Receipt

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


MESSAGE_ORDER = [
    "marker", "month_salt", "put_month_salt", "get", "get", "get", "record_attempt",
    "floods", "flood_totals",
    "erased_accounts", "put_findings", "put_finding_ids", "erased_accounts", "commit_unit",
]  # fmt: skip
"""The calls for the first message of a month until the commit."""


def scan_message(world: World, body: str, calls: Calls) -> None:
    """A fresh worker scans a message, over counted ports."""
    scanner = world.scanner(calls.through(world.store), calls.through(world.objects))
    scanner.scan_message("acme", body, world.clock.now())
