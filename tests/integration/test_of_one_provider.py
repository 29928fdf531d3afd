"""Whatever one provider drops or sends, nothing of another's is read, changed or added to."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from integration.decided_cases import receipts
from support.sample_messages import (
    audit,
    complaint,
    decision,
    dispute,
    notice,
    order,
    outcome,
    reinstatement,
    second_review,
    suspension,
)
from support.sample_posts import OTP, fields, line, lines
from support.world import ROLE, World

from ledger.keys import Provider, audit_file_key
from ledger.objects import Delivery
from scan.scanner import UnknownSender

OTHERS = "AROAOTHERS"
FILE = lines(OTP, "The market is quiet.", OTP) + line(id=7) + b"\n"


@pytest.fixture
def finding(world: World) -> str:
    """A finding of `others`, who dropped a file, was told of it, and went through all of a case."""
    world.store.put_provider(Provider("others", (OTHERS,)))
    world.intake().receive(
        world.drop, *world.put(FILE, provider="others"), seconds_left=lambda: 900
    )
    world.scan(*world.units())
    sample = json.dumps({"post": "1", "rank": "00"}).encode()
    world.objects.put(world.out, audit_file_key("others", "2026-11"), sample)
    first, second = sorted(
        item["pk"]["S"][2:] for item in world.items() if item["sk"]["S"] == "finding"
    )
    life = [notice(), order(), decision(first), complaint(), audit(), suspension()]
    handled = world.decide(*life, provider="others")
    assert [(one.type, one.code) for one in handled if one.status != "taken"] == []
    return second


def of_others(world: World) -> dict[Any, Any]:
    """All items and objects that are `others`', or name it."""
    state = world.state()
    kept = [*state["items"].items(), *state["objects"].items()]
    return {place: one for place, one in kept if "others" in f"{place} {one}"}


ABOUT_OTHERS: dict[str, tuple[Callable[[str], dict[str, Any]], str]] = {
    "a decision on its finding": (lambda one: decision(one), "other_provider"),
    "a dismissal": (lambda one: decision(one, verdict="dismissed", measures=..., applied_at=...),
                    "other_provider"),
    "a skip": (lambda one: decision(one, verdict="skipped", measures=..., applied_at=...),
               "other_provider"),
    "a notice of its finding": (lambda one: notice(finding=one, post="p2"), "other_provider"),
    "a decision on its notice": (lambda _: decision(notice="n-1", findings=..., ground="illegal",
                                                    ground_text="A provision"), "unknown"),
    "a second review of its decision": (lambda _: second_review(id="r-2"), "unknown"),
    "a complaint about its decision": (lambda _: complaint(id="c-2"), "unknown"),
    "a dispute of its decision": (lambda _: dispute(), "unknown"),
    "the outcome of its complaint": (lambda _: outcome(), "unknown"),
    "a reinstatement": (lambda _: reinstatement(), "unknown"),
    "the end of its order":
        (lambda _: order(id="q-9", follows="q-1", outcome="complied"), "unknown"),
    "an audit of its sample": (lambda _: audit(), "not_in_sample"),
}  # fmt: skip


@pytest.mark.parametrize(("message", "code"), ABOUT_OTHERS.values(), ids=ABOUT_OTHERS)
def test_a_case_of_anothers_is_not_moved(world: World, finding: str,
        message: Callable[[str], dict[str, Any]], code: str) -> None:  # fmt: skip
    before = of_others(world)
    [handled] = world.decide(message(finding))
    assert handled.status in {"refused", "waiting"}
    [receipt] = receipts(world).values()
    assert (receipt.provider, receipt.code) == ("acme", code)
    assert of_others(world) == before


@pytest.mark.parametrize("message", [
    notice(), order(), suspension(), notice(reason=..., url="https://chat.example/1"),
], ids=["a notice", "an order", "a suspension", "another notice"])  # fmt: skip
def test_ids_of_another_are_ones_own(world: World, finding: str, message: dict[str, Any]) -> None:
    before = of_others(world)
    assert [handled.status for handled in world.decide(message)] == ["taken"]
    assert of_others(world) == before


def test_the_bytes_that_another_dropped_are_ones_own(world: World, finding: str) -> None:
    """Neither a repeat of the other's, nor a way to learn what the other was told."""
    before = of_others(world)
    world.scan(*world.take_in(FILE))
    [receipt] = world.receipts()
    assert (receipt.findings, receipt.repeats) == (2, 0)
    assert of_others(world) == before


@pytest.mark.parametrize(
    "key",
    ["drop/acme/../others/x.jsonl", "drop/acme/drop/others/x.jsonl", "drop/acme//others/x.jsonl",
     "drop/acme/%6fthers/x.jsonl"],
)  # fmt: skip
def test_a_file_under_ones_prefix_is_ones_own(world: World, finding: str, key: str) -> None:
    before = {name: data for name, data in of_others(world).items() if "acme" not in str(data)}
    data = line(id="mine", provider="others", text=OTP) + b"\n"
    source = world.objects.put(world.drop, key, data)
    outcome = world.intake().receive(world.drop, key, source.version, seconds_left=lambda: 900)
    assert outcome.provider == "acme"
    world.scan(*world.units())
    [receipt] = world.receipts()
    assert (receipt.provider, receipt.findings) == ("acme", 1)
    assert world.file_receipt(outcome.file).key == key
    after = of_others(world)
    assert {name: after[name] for name in before} == before
    assert all("out/others/" not in str(name) for name in after.keys() - before.keys())


@pytest.mark.parametrize(("sender", "named"), [
    (f"{ROLE}:session", {"provider": "others"}),
    (f"{ROLE}:session", {"provider": "others", "first_sender": f"{OTHERS}:session"}),
    (f"{ROLE}:{OTHERS}", {"provider": "others"}), (f":{OTHERS}", {"provider": "others"}),
    ("", {"provider": "others", "first_sender": OTHERS}), (f"{OTHERS}X", {"provider": "others"}),
    (OTHERS.lower(), {"provider": "others"}), (f" {OTHERS}", {"provider": "others"}),
    ("123456789012", {"provider": "others"}),
    ("AROAREDRIVE:session", {"provider": "others", "first_sender": ROLE}),
    ("AROAREDRIVE:session", {"provider": "others"}),
])  # fmt: skip
def test_nobody_sends_in_anothers_name(world: World, finding: str, sender: str,
                                       named: dict[str, str]) -> None:  # fmt: skip
    before = world.state()
    posts = Delivery("arn:posts", json.dumps(fields(text=OTP)), sender, named, world.clock.now())
    taken = [*world.deliveries().take_messages([posts], lambda: 300)]
    assert taken == [UnknownSender(posts.id)]
    body = json.dumps(decision(finding))
    cases = Delivery("arn:cases", body, sender, named, world.clock.now())
    assert world.case_deliveries().take(cases, lambda: 300) is None
    assert world.state() == before


def test_the_redrive_repeats_in_the_name_of_the_first_sender(world: World, finding: str) -> None:
    """Else the test above could not fail."""
    named = {"provider": "others", "first_sender": f"{OTHERS}:session"}
    body = json.dumps(decision(finding))
    message = Delivery("arn:cases", body, "AROAREDRIVE:session", named, world.clock.now())
    handled = world.case_deliveries().take(message, lambda: 300)
    assert handled is not None
    assert [one.code for one in handled] == ["id_reused"]
