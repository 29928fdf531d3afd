"""The function scan, event by event: what failed comes again, and no word of a post is logged."""

import json
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ReadTimeoutError
from integration.handlers import call, delivery, deployed
from integration.metrics import metrics_of
from support.sample_posts import OTP, fields, line, lines, pack
from support.world import World

from ledger.objects import Delivery
from rules.rule_set import ProviderSettings

CANARY = "canary-4711"


@pytest.fixture
def scan(world: World) -> Iterator[ModuleType]:
    with deployed("scan", world) as module:
        yield module


def post(number: int, queue: str = "arn:posts", **changes: Any) -> dict[str, Any]:
    """A delivery of one post of `acme`."""
    return delivery(number, json.dumps(fields(id=f"m{number}", **changes)), queue, provider="acme")


def test_units_and_messages_are_taken_and_counted(world: World, scan: ModuleType,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    [unit] = world.take_in(lines("a", OTP))
    body = msgspec.json.encode(unit).decode()
    records = [delivery(0, body, "arn:units"), post(1), post(2, audience="followers")]
    assert call(scan, *records) == []
    assert call(scan, *records) == []
    assert sorted(receipt.kind for receipt in world.receipts()) == ["messages", "range"]
    assert world.file_receipt(unit.file).findings == 1


def test_posts_without_a_rule_are_counted_for_the_alarm(world: World, scan: ModuleType,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    world.publish(pack(), acme=ProviderSettings(packs=()))
    assert call(scan, post(1), post(2), post(1)) == []
    assert metrics_of(capsys.readouterr().out)["NoRules"] == 2


def test_only_what_failed_comes_again(world: World, scan: ModuleType) -> None:
    records = [post(0), delivery(1, "no unit", "arn:units"), post(2)]
    assert call(scan, *records) == ["1"]
    assert [receipt.messages for receipt in world.receipts()] == [2]


def test_a_call_without_an_answer_fails_its_own_delivery_only(world: World, scan: ModuleType,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A timeout of the client has an attribute `response`, and it is None."""
    [first] = world.take_in(lines("a", OTP))
    [second] = world.take_in(lines("b", OTP))
    take = scan.deliveries.take

    def take_or_wait(message: Delivery, seconds_left: Any) -> Any:
        if first.file in message.body:
            raise ReadTimeoutError(endpoint_url="https://aws.example")
        return take(message, seconds_left)

    patched = SimpleNamespace(take=take_or_wait)
    monkeypatch.setattr(scan, "deliveries", patched)
    bodies = [msgspec.json.encode(unit).decode() for unit in (first, second)]
    assert call(scan, *(delivery(n, body, "arn:units") for n, body in enumerate(bodies))) == ["0"]
    assert len(world.receipts()) == 1


def test_when_all_fail_all_are_named_and_nothing_is_raised(scan: ModuleType) -> None:
    assert call(scan, *(delivery(n, "{}", "arn:units") for n in range(3))) == ["0", "1", "2"]


def test_an_unknown_sender_stores_nothing_and_is_alarmed(world: World, scan: ModuleType,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    before = world.state()
    body = json.dumps(fields(text=CANARY))
    records = [delivery(0, body, sender="AROASTRANGE:x", provider="acme"),
               delivery(1, body, sender="AROASTRANGE:x", provider="nobody"),
               delivery(2, body)]  # fmt: skip
    assert call(scan, *records) == []
    assert world.state() == before
    output = capsys.readouterr().out
    assert metrics_of(output) == {"UnknownSender": 3}
    assert "sender_unknown" in output
    assert CANARY not in output


def test_a_worker_without_memory_ends(scan: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Spent:
        def take_messages(self, *_: Any) -> None:
            raise MemoryError

    monkeypatch.setattr(scan, "deliveries", Spent())
    with pytest.raises(MemoryError):
        call(scan, post(0))


def test_no_word_of_a_post_is_logged_whatever_happens(
    world: World, scan: ModuleType, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    canaries = {name: f"{name}-{CANARY}" for name in ("id", "account", "text", "url")}
    canaries["text"] += " " + OTP
    [unit] = world.take_in(line(**canaries) + b"\n", f"{CANARY}.jsonl")
    body = msgspec.json.encode(unit).decode()
    records = [
        delivery(0, body, "arn:units"),
        delivery(1, json.dumps(fields(**canaries)), provider="acme"),
        delivery(2, CANARY, provider="acme"),
        delivery(3, json.dumps(fields(**{CANARY: 1, "audience": CANARY})), provider="acme"),
        delivery(4, json.dumps({"file": CANARY, "number": CANARY}), "arn:units"),
        delivery(5, json.dumps(fields(**canaries)), provider=CANARY),
        delivery(6, json.dumps(fields(**canaries)), sender=CANARY, provider="acme"),
    ]
    assert call(scan, *records) == ["4"]

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(f"{CANARY} is in the error of a library")

    monkeypatch.setattr(type(world.objects), "put_if", fail)
    assert call(scan, post(7, text=canaries["text"])) == ["7"]
    output = capsys.readouterr()
    assert CANARY not in output.out + output.err
    assert "OSError" in output.out
