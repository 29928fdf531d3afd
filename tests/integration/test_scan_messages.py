"""A message on the posts queue is a unit: whose it is, and what it may hold."""

import json
from typing import Any

import pytest
from integration.scanned_units import one
from support.sample_posts import OTP, fields
from support.world import World

from ledger.keys import message_receipt_key
from ledger.objects import Delivery
from scan.scanner import UnknownSender


class TestMessages:
    """Of a believed sender: an object, an array or lines; and what cannot be read is one record."""

    @pytest.mark.parametrize(("body", "inspected", "refused"), [
        (json.dumps(fields(text=OTP), indent=1), 1, {}),
        (json.dumps([fields(text=OTP), fields(id=2)]), 1, {"field_type": 1}),
        ("\n".join([json.dumps(fields(text=OTP)), "x"]), 1, {"json_syntax": 1}),
        ("hello", 0, {"msg_syntax": 1}),
        ("[]", 0, {}),
    ], ids=["an object", "an array", "lines", "garbage", "an empty array"])  # fmt: skip
    def test_are_scanned_once(self, world: World, body: str, inspected: int,
                              refused: dict[str, int]) -> None:  # fmt: skip
        first = world.scanner().scan_message("acme", body, world.clock.now())
        before = world.state()
        again = world.scanner().scan_message("acme", body, world.clock.now())
        receipt = one(world.receipts())
        assert (first.receipt, first.new, again.receipt, again.new) == (receipt, True, receipt,
            False)  # fmt: skip
        assert (receipt.kind, receipt.source, receipt.bytes) == ("message", "", len(body))
        assert (receipt.inspected, receipt.refused, receipt.findings) == (
            inspected, refused, inspected
        )  # fmt: skip
        assert receipt.closes
        assert world.state() == before
        message_receipt = world.objects.get(
            world.out, message_receipt_key(receipt.provider, receipt.at[:10], receipt.unit)
        )
        assert (message_receipt is not None) == bool(refused)
        if message_receipt:
            assert [refusal["code"] for refusal in json.loads(message_receipt)["refusals"]] == list(
                refused
            )

    def test_with_lone_surrogates_are_refused(self, world: World) -> None:
        outcome = world.scanner().scan_message("acme", '{"x":"\ud800"}', world.clock.now())
        assert outcome.receipt.refused == {"encoding": 1}

    def test_of_the_redrive_role_count_for_the_first_sender(self, world: World) -> None:
        assert take_message(world, "AROAACME:x").receipt.inspected == 1
        again = take_message(world, "AROAREDRIVE:y", first_sender="AROAACME:x")
        assert (again.new, again.receipt) == (False, one(world.receipts()))
        assert take_message(world, "AROAREDRIVE:y") is None

    @pytest.mark.parametrize(("sender", "named", "taken"), [
        ("AROAINBOX", {"door": "posts"}, True), ("AROAINBOX", {}, False),
        ("AROAINBOX", {"door": "cases"}, False), ("AROAACME", {"door": "posts"}, False),
        ("AROAREDRIVE", {"door": "posts", "first_sender": "AROAINBOX:x"}, True),
        ("AROAREDRIVE", {"door": "posts", "first_sender": "AROAACME:x"}, False),
        ("AROAOTHER", {"door": "posts", "first_sender": "AROAINBOX:x"}, False),
        ("AROAREDRIVE", {"first_sender": "AROAINBOX:x"}, False),
    ])  # fmt: skip
    def test_by_http_come_through_their_door_alone(self, world: World, sender: str,
            named: dict[str, str], taken: bool) -> None:  # fmt: skip
        """And nobody but the function inbox names a door."""
        assert (take_message(world, f"{sender}:x", **named) is not None) is taken
        assert len(world.receipts()) == taken


def take_message(world: World, sender: str, **attributes: str) -> Any:
    attributes = {"provider": "acme"} | attributes
    body = json.dumps(fields(text=OTP))
    message = Delivery("arn:posts", body, sender, attributes, world.clock.now())
    [ended] = world.deliveries().take_messages([message], lambda: 300)
    return None if isinstance(ended, UnknownSender) else ended.outcome
