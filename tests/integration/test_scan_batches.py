"""Messages of one delivery are committed in batches, and each stays the unit that it always was."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from integration.scanned_units import one
from support.faults import Calls
from support.sample_posts import OTP, PRIZE, SHADOW, fields, pack
from support.world import DAY, SECRET, World

from ledger.findings import batch_id, draw_sample, month_audit_key, unit_id
from ledger.keys import Provider, batch_receipt_key, findings_key
from ledger.objects import Delivery
from ledger.units import BATCH_FINDINGS, BATCH_MESSAGES, Attempt, Marker
from publish.day_facts import JournalSpool
from scan import scanner
from scan.scanner import EndedMessages

QUIET = "The market is quiet."


def body(name: str, text: str = QUIET, **changes: Any) -> str:
    return json.dumps(fields(id=name, text=text, **changes))


def unit(text: str, provider: str = "acme") -> str:
    return unit_id(provider, text.encode())


def delivered(world: World, *bodies: str, provider: str = "acme") -> list[Delivery]:
    return [
        Delivery("arn:posts", text, "AROAACME:x", {"provider": provider}, world.clock.now(), str(n))
        for n, text in enumerate(bodies)
    ]


def deliver(world: World, *bodies: str, **changes: Any) -> list[EndedMessages]:
    """A fresh worker takes one delivery of these bodies."""
    receives = changes.get("receives", 1)
    deliveries = [replace(one, receives=receives) for one in delivered(world, *bodies)]
    store = changes.get("calls", Calls()).through(world.store)
    ended = [*world.deliveries(store).take_messages(deliveries, lambda: 300)]
    assert all(isinstance(one, EndedMessages) for one in ended)
    return ended  # type: ignore[return-value]


def test_one_receipt_sums_the_messages_of_a_batch(world: World) -> None:
    bodies = [body("a", OTP), body("b", PRIZE), body("c"), body("d", audience="followers"), "hello"]
    [ended] = deliver(world, *bodies)
    receipt = one(world.receipts())
    assert (ended.outcome and ended.outcome.receipt, len(ended.messages)) == (receipt, 5)
    assert (receipt.kind, receipt.messages, receipt.unit) == (
        "messages", 5, batch_id("acme", map(unit, bodies))
    )  # fmt: skip
    assert (receipt.records, receipt.inspected, receipt.findings) == (5, 3, 2)
    assert receipt.refused == {"not_public": 1, "msg_syntax": 1}
    assert receipt.refused_messages == tuple(sorted(map(unit, bodies[3:])))
    assert receipt.closes


def test_each_message_keeps_its_own_marker_and_its_findings(world: World) -> None:
    bodies = [body("a", OTP), body("b")]
    deliver(world, *bodies)
    receipt = one(world.receipts())
    markers = [world.store.marker(unit(text)) for text in bodies]
    assert markers == [Marker(unit(text), "acme", DAY, receipt.unit) for text in bodies]
    assert markers[0] is not None
    [(finding, excerpt)] = world.store.findings_of(markers[0])
    assert (finding.unit, excerpt) == (unit(bodies[0]), OTP)
    assert world.store.batch_units(markers[0]) == sorted(map(unit, bodies))


def test_the_provider_gets_the_batch_its_findings_and_each_refused_message(world: World) -> None:
    bodies = [body("a", OTP), body("b"), body("c", audience="followers")]
    deliver(world, *bodies)
    marker = world.store.marker(unit(bodies[0]))
    assert marker is not None
    batch = json.loads(world.objects.get(world.out, batch_receipt_key(marker)) or b"")
    assert (batch["message_ids"], batch["messages"]) == (sorted(map(unit, bodies)), 3)
    rows = (world.objects.get(world.out, findings_key(marker)) or b"").splitlines()
    assert [json.loads(row)["post"] for row in rows] == ["a"]
    refused = f"out/acme/receipts/messages/{DAY}/{unit(bodies[2])}.json"
    assert world.objects.keys(world.out, "out/acme/receipts/messages/") == [refused]
    report = json.loads(world.objects.get(world.out, refused) or b"")
    assert (report["batch"], report["unit"]) == (marker.batch, unit(bodies[2]))
    assert [refusal["code"] for refusal in report["refusals"]] == ["not_public"]


@pytest.mark.parametrize("again", [
    [0, 1, 2, 3], [2], [3, 1], [0, 0, 2],
], ids=["all of them", "one alone", "two of them", "one twice"])  # fmt: skip
def test_a_repeat_alone_or_in_another_batch_changes_nothing(world: World, again: list[int]) -> None:
    bodies = [body("a", OTP), body("b"), body("c", PRIZE), body("d", audience="followers")]
    deliver(world, *bodies)
    before = world.state()
    world.clock.moment += timedelta(days=7)
    ended = deliver(world, *(bodies[number] for number in again))
    assert not any(one.outcome is None or one.outcome.new for one in ended)
    assert world.state() == before


def test_a_repeat_among_new_messages_is_left_out_of_their_batch(world: World) -> None:
    deliver(world, body("a", OTP), body("b"))
    first = one(world.receipts())
    deliver(world, body("c", OTP), body("a", OTP), body("d"))
    receipts = {receipt.unit: receipt for receipt in world.receipts()}
    assert receipts.pop(first.unit) == first
    [second] = receipts.values()
    assert (second.messages, second.findings) == (2, 1)


def test_equal_bodies_of_a_delivery_are_one_message(world: World) -> None:
    deliver(world, body("a", OTP), body("a", OTP), body("b"))
    assert one(world.receipts()).messages == 2


def test_one_message_is_a_unit_of_the_old_form(world: World) -> None:
    deliver(world, body("a", OTP))
    receipt = one(world.receipts())
    assert (receipt.kind, receipt.unit) == ("message", unit(body("a", OTP)))


def test_a_delivery_is_cut_into_transactions(world: World) -> None:
    deliver(world, *(body(f"m{n}") for n in range(BATCH_MESSAGES + 3)))
    assert sorted(receipt.messages for receipt in world.receipts()) == [3, BATCH_MESSAGES]


def test_a_message_with_very_many_findings_is_a_unit_of_its_own(world: World) -> None:
    many = json.dumps([fields(id=f"x{n}", text=OTP) for n in range(BATCH_FINDINGS + 1)])
    deliver(world, body("a", OTP), many, body("b"))
    counts = sorted((receipt.kind, receipt.findings) for receipt in world.receipts())
    assert counts == [("message", BATCH_FINDINGS + 1), ("messages", 1)]


def test_messages_of_another_set_are_another_batch(world: World) -> None:
    """A first attempt that died names its set. Its message keeps it, and its neighbours do not."""
    bodies = [body("a", OTP), body("b", OTP), body("c", OTP), body("d", OTP)]
    old = world.scanner().rulesets.current()
    for text in bodies[:2]:
        world.store.record_attempt(unit(text), Attempt(old, "2026-11-25T12:00:00Z"))
    new = world.publish(pack(SHADOW))
    deliver(world, *bodies)
    assert {receipt.set: receipt.findings for receipt in world.receipts()} == {old: 2, new: 0}


def test_a_message_that_comes_again_keeps_the_length_of_its_excerpts(world: World) -> None:
    """Its first attempt may have stored findings before the setting changed."""
    long = f"{'x' * 400}. {OTP}"
    bodies = [body("a", long), body("b", long)]
    first = Attempt(world.scanner().rulesets.current(), "2026-11-25T12:00:00Z", 80)
    for text in bodies:
        world.store.record_attempt(unit(text), first)
    deliver(world, *bodies)
    [marker] = {world.store.marker(unit(text)) for text in bodies[:1]}
    assert marker is not None
    for found, excerpt in world.store.findings_of(marker):
        assert isinstance(found.excerpt_start, int)
        assert excerpt == long[found.excerpt_start :][:80]


def test_messages_of_two_providers_are_two_batches(world: World) -> None:
    world.store.put_provider(Provider("others", ("AROAACME",)))
    bodies = [body(f"p{n}") for n in range(2)]
    sent = [one for name in ("acme", "others") for one in delivered(world, *bodies, provider=name)]
    assert len([*world.deliveries().take_messages(sent, lambda: 300)]) == 2
    assert one(world.receipts()).messages == 2
    assert one(list(world.store.receipts("others", DAY))).messages == 2


class TestComingAgain:
    """What failed comes again in smaller batches, and then alone."""

    def test_the_second_time_in_tens(self, world: World) -> None:
        deliver(world, *(body(f"m{n}") for n in range(25)), receives=2)
        assert sorted(receipt.units for receipt in world.receipts()) == [5, 10, 10]

    def test_the_third_time_alone(self, world: World) -> None:
        deliver(world, *(body(f"m{n}") for n in range(3)), receives=3)
        assert [receipt.kind for receipt in world.receipts()] == ["message"] * 3

    def test_a_suspect_waits_until_it_is_alone(self, world: World) -> None:
        suspect = body("s")
        world.store.note_suspect(unit(suspect), 2_000_000_000, works=True)
        ended = deliver(world, suspect, body("a"), body("b"), receives=4)
        assert [type(one.error).__name__ for one in ended if one.error] == ["SuspectError"]
        assert len(world.receipts()) == 2
        [alone] = deliver(world, suspect, receives=5)
        assert alone.error is None
        assert len(world.receipts()) == 3

    def test_one_that_failed_and_did_not_kill_is_no_suspect(self, world: World,
            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
        def fail(*_: Any, **__: Any) -> None:
            raise OSError

        with monkeypatch.context() as patched:
            patched.setattr(type(world.store), "commit_unit", fail)
            ended = deliver(world, body("a"), body("b"), receives=3)
            assert all(isinstance(one.error, OSError) for one in ended)
        ended = deliver(world, body("a"), body("b"), receives=4)
        assert not any(one.error for one in ended)

    def test_too_little_time_hands_all_back(self, world: World) -> None:
        [ended] = world.deliveries().take_messages(delivered(world, body("a")), lambda: 5)
        assert isinstance(ended, EndedMessages)
        assert type(ended.error).__name__ == "TimeReserveError"

    def test_what_time_allows_is_committed_and_the_rest_handed_back(self, world: World,
            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
        monkeypatch.setattr(scanner, "BATCH_MESSAGES", 2)
        seconds = iter([300, 300, 300, 5, 5, 5])
        messages = delivered(world, *(body(f"m{n}") for n in range(6)))
        ended = [*world.deliveries().take_messages(messages, lambda: next(seconds))]
        failed = [one for one in ended if isinstance(one, EndedMessages) and one.error]
        assert sum(len(one.messages) for one in failed) == 2
        assert sorted(receipt.messages for receipt in world.receipts()) == [2, 2]


def test_one_message_that_cannot_be_inspected_fails_alone(world: World,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    read = scanner.read_body

    def fail(text: str) -> Any:
        if '"bad"' in text:
            raise ValueError
        return read(text)

    monkeypatch.setattr(scanner, "read_body", fail)
    monkeypatch.setattr("scan.unit_work.read_body", fail)
    ended = deliver(world, *(body(f"m{n}") for n in range(8)), body("bad"))
    failed = [one for one in ended if one.error]
    assert [len(one.messages) for one in failed] == [1]
    assert sum(receipt.units for receipt in world.receipts()) == 8


def test_a_service_that_does_not_answer_is_asked_once(world: World) -> None:
    """All messages come again. A call that runs out of time for each would outlast the worker."""
    calls: list[str] = []

    class Silent:
        def get(self, bucket: str, key: str) -> bytes:
            calls.append(key)
            raise OSError

    deliveries = delivered(world, *(body(f"m{n}") for n in range(8)))
    [ended] = world.deliveries(objects=Silent()).take_messages(deliveries, lambda: 300)
    assert isinstance(ended, EndedMessages)
    assert (len(ended.messages), type(ended.error), len(calls)) == (8, OSError, 1)


def test_the_secret_of_the_sample_is_that_of_single_units(world: World) -> None:
    deliver(world, body("a"), body("b"))
    sampled = {post.post: post.rank for post in world.store.samples("acme", DAY)}
    assert sampled.keys() == {"a", "b"}
    drawn = draw_sample(month_audit_key(SECRET, DAY[:7]), "acme", ["a", "b"])
    assert {post.post: post.rank for post in drawn} == sampled


def test_an_author_erased_in_the_commit_leaves_the_sample(new_world: Callable[[], World]) -> None:
    """The eraser has looked for samples before the batch stores its own."""
    world, bodies = new_world(), [body("a", account="ana"), body("b", account="ben")]

    def erase() -> None:
        world.store.put_tombstone("acme", world.pseudonym("ana"), expires=2_000_000_000)

    calls = Calls()
    deliver(new_world(), *bodies, calls=calls)
    deliver(world, *bodies, calls=Calls(at=calls.names.index("commit_batch"), happens=erase))
    assert [post.post for post in world.store.samples("acme", DAY)] == ["b"]


def test_a_journal_line_is_the_batch(world: World) -> None:
    deliver(world, body("a", OTP), body("b"))
    with closing(JournalSpool()) as spool:
        spool.add_receipt(one(world.receipts()))
        spool.finish()
        line = json.loads(next(spool.read()).splitlines()[-1])
    assert (line["kind"], line["messages"], line["inspected"]) == ("messages", 2, 2)


def test_a_race_that_is_lost_costs_only_what_others_committed(world: World) -> None:
    """The transaction drops the message that another worker took, and goes on with the rest."""
    bodies = [body(f"m{number}") for number in range(4)]
    commits: list[int] = []

    class Raced:
        """Another worker takes the first message just before the first commit."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        def commit_batch(self, *args: Any, **options: Any) -> Any:
            if not commits:
                deliver(world, bodies[0])
            commits.append(1)
            return world.store.commit_batch(*args, **options)

    workers = world.deliveries(store=Raced())
    ended = list(workers.take_messages(delivered(world, *bodies), lambda: 300))
    assert [each.error for each in ended if isinstance(each, EndedMessages)] == [None] * len(ended)
    assert sorted(receipt.messages or 1 for receipt in world.receipts()) == [1, 3]
    assert len(commits) == 2
