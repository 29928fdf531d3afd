"""A unit is scanned once, whatever is repeated, is lost, or goes on at the same time."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from faults import Calls, CrashError
from sample_posts import OTP, PRIZE, SHADOW, fields, line, lines, pack
from world import DAY, World

import ranges
from flood import FloodLimits
from ledger.delivery import Message
from ledger.errors import OperatorError
from ledger.identity import unit_id
from ledger.keys import findings_key, message_receipt_key, refusals_key
from ledger.manifest import Marker, Unit
from ledger.receipt import Receipt
from matcher.pack import InForce

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


def test_a_file_becomes_findings_and_a_receipt(world: World) -> None:
    units = world.take_in(FILE)
    world.scan(*units)
    receipt = one(world.receipts())
    assert receipt.closes
    assert (receipt.lines, receipt.records, receipt.inspected, receipt.findings) == (5, 5, 4, 3)
    assert receipt.refused == {"not_public": 1}
    assert receipt.by_rule == {
        "codes/3/asks-for-code/live": 2, "prizes/1/names-prize/shadow": 1
    }  # fmt: skip
    assert (receipt.bytes, receipt.source) == (len(FILE), "drop/acme/posts.jsonl")
    assert receipt.at == f"{DAY}T12:00:00Z"
    found = handed_out(world, receipt)
    assert sorted(finding["post"] for finding in found) == ["p1", "p5", "p6"]
    assert {finding["excerpt"] for finding in found} == {OTP, PRIZE}
    assert len(world.open_findings()) == 2
    told = world.file_receipt(units[0].file)
    assert (told.status, told.inspected, told.findings) == ("done", 4, 3)
    assert (told.refused, told.repeated) == ({"not_public": 1}, False)
    assert [(refusal.line, refusal.byte) for refusal in told.refusals] == [(3, FILE.index(BAD))]


def test_no_account_and_no_text_of_a_harmless_post_is_stored(world: World) -> None:
    canary, account = "harmless-canary-4711", "account-canary-4711"
    data = lines(canary) + line(text=OTP, account=account) + b"\n"
    data += line(text=canary, audience="followers") + b"\n"
    world.scan(*world.take_in(data))
    stored = world.everything()
    assert canary.encode() not in stored
    assert account.encode() not in stored
    assert world.pseudonym(account).encode() in stored


def test_a_unit_taken_twice_changes_nothing(world: World) -> None:
    units = world.take_in(FILE)
    world.scan(*units)
    before = world.state()
    outcome = world.scanner().scan_range(units[0])
    world.closing().close(units[0].file)
    assert not outcome.new
    assert outcome.receipt == one(world.receipts())
    world.clock.move(days=3)
    world.scan(*units)
    assert world.state() == before


def test_the_same_bytes_under_another_key_change_no_number(world: World) -> None:
    world.scan(*world.take_in(FILE))
    before = world.receipts(), world.open_findings()
    world.clock.move(days=7)
    [again] = world.take_in(FILE, "again.jsonl")
    world.scan(again)
    assert (world.receipts(), world.open_findings()) == before
    assert world.receipts("2026-12-02") == []
    told = world.file_receipt(again.file)
    assert (told.repeated, told.repeated_ranges, told.findings) == (True, 1, 3)
    assert [refusal.line for refusal in told.refusals] == [3]


def test_equal_ranges_of_one_file_are_one_unit(new_world: Callable[..., World]) -> None:
    row = line(text=OTP) + b"\n"
    world = new_world(range_bytes=len(row))
    units = world.take_in(row * 3)
    assert len(units) == 3
    world.scan(*units)
    assert one(world.receipts()).findings == 1
    told = world.file_receipt(units[0].file)
    assert (told.ranges, told.repeated_ranges, told.repeated, told.lines) == (3, 2, False, 3)


def test_a_finding_belongs_to_the_unit_that_put_it_first(world: World) -> None:
    world.scan(*world.take_in(lines(OTP)))
    world.scan(*world.take_in(lines(OTP, OTP), "more.jsonl"))
    receipts = sorted(world.receipts(), key=lambda receipt: receipt.inspected)
    assert [(receipt.findings, receipt.repeats) for receipt in receipts] == [(1, 0), (1, 1)]
    assert all(receipt.closes for receipt in receipts)
    assert [finding["post"] for finding in handed_out(world, receipts[1])] == ["p1"]
    assert len(world.open_findings()) == 2


def test_an_edited_post_is_another_finding(world: World) -> None:
    world.scan(*world.take_in(lines(OTP)))
    world.scan(*world.take_in(lines(OTP + "!"), "edited.jsonl"))
    assert [receipt.findings for receipt in world.receipts()] == [1, 1]


def test_a_file_of_many_ranges_adds_up(new_world: Callable[..., World]) -> None:
    """Places in the sender's file are added up, blank lines and a byte order mark included."""
    rows = [line(id=f"p{n}", text=OTP if n % 3 else "a") + b"\n" for n in range(12)]
    rows[5], rows[7], rows[11] = b"\n", BAD, b"[]\n"
    rows.append(BAD.rstrip())
    data = b"\xef\xbb\xbf" + b"".join(rows)
    world = new_world(range_bytes=100)
    units = world.take_in(data)
    assert len(units) == -(-len(data) // 100)
    for unit in units[:-1]:
        world.scan(unit)
        assert not world.closing().close(unit.file)
    assert world.objects.keys(world.out, "out/acme/receipts/") == []
    world.scan(units[-1])
    told = world.file_receipt(units[0].file)
    assert (told.records, told.inspected, told.lines) == (12, 9, 13)
    assert told.refused == {"not_an_object": 1, "not_public": 2}
    for refusal, row in zip(told.refusals, (7, 11, 12), strict=True):
        assert refusal.line == row + 1
        assert refusal.byte == len(b"\xef\xbb\xbf" + b"".join(rows[:row]))
    assert sum(row.bytes for row in world.store.ranges(units[0].file)) == len(data)
    assert sum(receipt.findings for receipt in world.receipts()) == told.findings == 5


def test_a_line_beyond_all_bounds_is_one_refusal(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "READ_ON_BYTES", 300_000)
    world = new_world(range_bytes=1_000_000)
    data = lines("a") + line(text="x" * 3_000_000) + b"\n" + lines(OTP, start=1)
    units = world.take_in(data)
    world.scan(*units)
    told = world.file_receipt(units[0].file)
    assert (told.inspected, told.refused, told.lines) == (2, {"line_long": 1}, 3)
    assert sum(row.bytes for row in world.store.ranges(units[0].file)) == len(data)


class TestClosing:
    """The sender's receipt is written once, when every range is there."""

    def test_the_dropped_version_is_deleted_and_no_other(self, world: World) -> None:
        key, _ = world.put(b"older")
        [unit] = world.take_in(FILE)
        world.scan(unit)
        left = world.clients.s3.list_object_versions(Bucket=world.drop, Prefix=key)["Versions"]
        assert len(left) == 1
        assert left[0]["VersionId"] != unit.source.version

    def test_an_open_file_is_listed_as_open(self, new_world: Callable[..., World]) -> None:
        world = new_world(range_bytes=100)
        first, *others = world.take_in(FILE)
        world.scan(first)
        assert [(file.day, file.closed) for file in world.store.files("acme")] == [(DAY, "")]
        world.clock.move(days=1)
        world.scan(*others)
        assert [file.closed for file in world.store.files("acme")] == ["2026-11-26"]

    def test_a_receipt_that_stands_is_not_written_again(self, world: World) -> None:
        [unit] = world.take_in(FILE)
        world.scan(unit)
        first = world.file_receipt(unit.file)
        world.clock.move(hours=1)
        assert world.closing().close(unit.file)
        assert world.file_receipt(unit.file) == first

    def test_an_unknown_file_is_not_closed(self, world: World) -> None:
        assert not world.closing().close("ab")


class TestLostObjects:
    """What cannot be read any more is one refused record a range, and the file still closes."""

    def test_a_file_taken_back_is_refused_and_closes(self, new_world: Callable[..., World]) -> None:
        world = new_world(range_bytes=300)
        first, *others = world.take_in(FILE)
        world.scan(first)
        world.objects.delete_version(first.source)
        world.scan(*others, *others)
        told = world.file_receipt(first.file)
        assert told.status == "done"
        assert told.refused.get("object_gone") == len(others)
        lost = [refusal for refusal in told.refusals if refusal.code == "object_gone"]
        assert {(refusal.line, refusal.byte) for refusal in lost} == {(None, None)}
        assert told.records == told.inspected + sum(told.refused.values())
        assert all(receipt.closes for receipt in world.receipts())
        assert len(world.receipts()) == 1 + len(others)

    def test_a_changed_object_is_refused(self, world: World) -> None:
        [unit] = world.take_in(FILE)
        source = msgspec.structs.replace(unit.source, etag='"other"')
        world.scan(msgspec.structs.replace(unit, source=source))
        assert world.file_receipt(unit.file).refused == {"object_changed": 1}

    def test_an_overwritten_object_is_read_as_it_was_pinned(self, world: World) -> None:
        [unit] = world.take_in(FILE)
        world.put(lines("other"))
        world.scan(unit)
        assert world.file_receipt(unit.file).inspected == 4

    def test_a_file_that_another_worker_closed_meanwhile_is_not_lost(self, world: World) -> None:
        """It is gone because it is done: between the look at the row and the reading."""
        [unit] = world.take_in(FILE)
        calls = Calls(at=0, happens=lambda: world.scan(unit))
        outcome = world.scanner(objects=calls.through(world.objects)).scan_range(unit)
        assert calls.names[0] == "read_range"
        assert outcome.receipt == one(world.receipts())
        assert outcome.receipt.refused == {"not_public": 1}


class TestFloodGuard:
    """What hits too much is counted and handed out, and not proposed."""

    LIMITS = FloodLimits(200, 10)

    def test_holds_for_the_day_and_lifts(self, new_world: Callable[..., World]) -> None:
        world = new_world(limits=self.LIMITS, range_bytes=100_000)
        world.scan(*world.take_in(lines(*[OTP] * 3, *["a"] * 7), "1.jsonl"))
        receipt = one(world.receipts())
        assert receipt.held == {"codes/3/asks-for-code/live": 3}
        assert (receipt.findings, receipt.closes) == (3, True)
        assert world.open_findings() == []
        assert [finding["held"] for finding in handed_out(world, receipt)] == [True] * 3
        assert world.store.floods("acme", DAY) == {"codes/asks-for-code": False}

        world.scan(*world.take_in(lines(OTP, *["a"] * 90, start=100), "2.jsonl"))
        assert world.open_findings() == []

        world.store.lift_flood("acme", DAY, "codes/asks-for-code", 9)
        world.scan(*world.take_in(lines(*[OTP] * 9, start=200), "3.jsonl"))
        assert len(world.open_findings()) == 9

    def test_lets_a_share_below_the_limit_through(self, new_world: Callable[..., World]) -> None:
        world = new_world(limits=self.LIMITS, range_bytes=100_000)
        world.scan(*world.take_in(lines(*[OTP] * 2, *["a"] * 8)))
        assert len(world.open_findings()) == 2
        assert one(world.receipts()).held == {}

    def test_does_not_touch_shadow(self, new_world: Callable[..., World]) -> None:
        world = new_world(limits=self.LIMITS, range_bytes=100_000)
        world.scan(*world.take_in(lines(*[PRIZE] * 10)))
        assert (one(world.receipts()).held, world.store.floods("acme", DAY)) == ({}, {})


class TestPacksOutOfTheirDates:
    """They are skipped and named, by the day on which the file came or the message was sent."""

    PAST = InForce(from_=date(2026, 1, 1), until=date(2026, 11, 24))

    def test_are_named_in_both_receipts(self, world: World) -> None:
        world.publish(pack(in_force=self.PAST), pack(SHADOW))
        [unit] = world.take_in(FILE)
        world.scan(unit)
        receipt = one(world.receipts())
        assert receipt.skipped == world.file_receipt(unit.file).skipped == ("codes/3",)
        assert receipt.by_rule == {"prizes/1/names-prize/shadow": 1}

    def test_do_not_run_late_because_the_worker_was(self, world: World) -> None:
        world.publish(pack(in_force=InForce(from_=date(2026, 11, 1), until=date(2026, 11, 25))))
        [unit] = world.take_in(FILE)
        world.clock.move(days=1)
        world.scan(unit)
        assert one(world.receipts("2026-11-26")).findings == 2

    def test_run_for_a_message_by_the_day_it_was_sent(self, world: World) -> None:
        world.publish(pack(in_force=self.PAST))
        body, now = json.dumps(fields(text=OTP)), world.clock.now()
        world.scanner().scan_message("acme", body, now - timedelta(days=1))
        world.scanner().scan_message("acme", body + " ", now)
        found = sorted(receipt.findings + receipt.repeats for receipt in world.receipts())
        assert found == [0, 1]


def test_a_set_published_meanwhile_does_not_touch_a_file(world: World) -> None:
    """A unit is inspected by the set in force when its file came."""
    [unit] = world.take_in(FILE)
    world.publish(pack(SHADOW))
    world.scan(unit)
    assert one(world.receipts()).by_rule["codes/3/asks-for-code/live"] == 2


def test_a_set_that_is_gone_stops_the_unit_before_anything_is_written(world: World) -> None:
    [unit] = world.take_in(FILE)
    before = world.state()
    with pytest.raises(OperatorError, match="is not in the public bucket"):
        world.scanner().scan_range(msgspec.structs.replace(unit, set="ab"))
    assert world.state() == before


class TestMessages:
    """Of a believed sender: an object, an array or lines; and what cannot be read is one record."""

    @pytest.mark.parametrize(
        ("body", "inspected", "refused"),
        [
            (json.dumps(fields(text=OTP), indent=1), 1, {}),
            (json.dumps([fields(text=OTP), fields(id=2)]), 1, {"field_type": 1}),
            ("\n".join([json.dumps(fields(text=OTP)), "x"]), 1, {"json_syntax": 1}),
            ("hello", 0, {"msg_syntax": 1}),
            ("[]", 0, {}),
        ],
        ids=["an object", "an array", "lines", "garbage", "an empty array"],
    )
    def test_are_scanned_once(
        self, world: World, body: str, inspected: int, refused: dict[str, int]
    ) -> None:
        first = world.scanner().scan_message("acme", body, world.clock.now())
        before = world.state()
        again = world.scanner().scan_message("acme", body, world.clock.now())
        receipt = one(world.receipts())
        assert (first.receipt, first.new, again.receipt, again.new) == (
            receipt,
            True,
            receipt,
            False,
        )
        assert (receipt.kind, receipt.source, receipt.bytes) == ("message", "", len(body))
        assert (receipt.inspected, receipt.refused, receipt.findings) == (
            inspected, refused, inspected
        )  # fmt: skip
        assert receipt.closes
        assert world.state() == before
        told = world.objects.get(world.out, message_receipt_key(marker(receipt)))
        assert (told is not None) == bool(refused)
        if told:
            assert [one["code"] for one in json.loads(told)["refusals"]] == list(refused)

    def test_are_another_unit_for_another_provider(self, world: World) -> None:
        body = json.dumps(fields(text=OTP))
        for provider in ("acme", "others"):
            world.scanner().scan_message(provider, body, world.clock.now())
        assert one(world.receipts()).findings == 1
        assert one(world.store.receipts("others", DAY)).findings == 1

    def test_with_lone_surrogates_are_refused(self, world: World) -> None:
        outcome = world.scanner().scan_message("acme", '{"x":"\ud800"}', world.clock.now())
        assert outcome.receipt is not None
        assert outcome.receipt.refused == {"encoding": 1}

    def test_of_an_unknown_sender_store_nothing(self, world: World) -> None:
        before = world.state()
        assert take_message(world, "AROASTRANGE:x") is None
        assert world.state() == before

    def test_of_the_redrive_role_count_for_the_first_sender(self, world: World) -> None:
        assert take_message(world, "AROAACME:x").receipt.inspected == 1
        again = take_message(world, "AROAREDRIVE:y", first_sender="AROAACME:x")
        assert (again.new, again.receipt) == (False, one(world.receipts()))
        assert take_message(world, "AROAREDRIVE:y") is None


def take_message(world: World, sender: str, **attributes: str) -> Any:
    attributes = {"provider": "acme"} | attributes
    body = json.dumps(fields(text=OTP))
    message = Message("arn:posts", body, sender, attributes, world.clock.now())
    return world.deliveries().take(message, lambda: 300)


def deliver(world: World, unit: Unit, calls: Calls) -> None:
    """A fresh worker takes the unit's message, over counted ports."""
    body = msgspec.json.encode(unit).decode()
    message = Message("arn:units", body, "", {}, world.clock.now())
    workers = world.deliveries(calls.through(world.store), calls.through(world.objects))
    workers.take(message, lambda: 300)


ORDER = [
    "range_row", "read_range", "marker", "month_salt", "get", "begin", "floods", "receipts",
    "erased", "put_findings", "put", "put_finding_ids", "put_audit_key", "put_sample", "erased",
    "commit",
]  # fmt: skip
"""The calls of a delivery until the commit: what is counted is recorded before it."""


MESSAGE_ORDER = [
    "marker", "month_salt", "get", "get", "begin", "floods", "receipts", "erased", "put_findings",
    "put_finding_ids", "erased", "commit",
]  # fmt: skip
"""The calls for a message until the commit."""


def untouched(new_world: Callable[..., World]) -> tuple[Any, list[str]]:
    """What one delivery of the file leaves behind when nothing happens, and its calls."""
    world, calls = new_world(), Calls()
    [unit] = world.take_in(FILE)
    deliver(world, unit, calls)
    return alike(world), calls.names


class TestCrashes:
    """Killed after any call and delivered again: as if nothing had happened."""

    def test_everything_is_recorded_before_the_commit(
        self, new_world: Callable[..., World]
    ) -> None:
        _, names = untouched(new_world)
        assert names[: len(ORDER)] == ORDER
        assert names.count("commit") == 1

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
            deliver(world, unit, Calls(fatal=ORDER.index("commit") - 1))
        world.clock.move(days=1)
        deliver(world, unit, Calls())
        assert world.receipts() == []
        assert one(world.receipts("2026-11-26")).findings == 3


class TestTriedAgainAfterThePointerMoved:
    """A unit keeps the rules of its first try: what that put is counted, and nothing else."""

    BODY = json.dumps([fields(id="m1", text=OTP), fields(id="m2", text=PRIZE)])

    def test_counts_what_its_first_try_put(self, world: World) -> None:
        with pytest.raises(CrashError):
            scan_message(world, self.BODY, Calls(fatal=MESSAGE_ORDER.index("put_findings")))
        world.publish(pack(SHADOW))
        scan_message(world, self.BODY, Calls())
        receipt = one(world.receipts())
        assert receipt.by_rule == {
            "codes/3/asks-for-code/live": 1, "prizes/1/names-prize/shadow": 1
        }  # fmt: skip
        found = world.store.findings_of(marker(receipt))
        assert {finding.set for finding, _ in found} == {receipt.set}

    def test_does_so_though_the_new_set_finds_nothing(self, world: World) -> None:
        with pytest.raises(CrashError):
            scan_message(world, self.BODY, Calls(fatal=MESSAGE_ORDER.index("put_findings")))
        world.publish()
        scan_message(world, self.BODY, Calls())
        assert one(world.receipts()).findings == 2

    def test_and_another_worker_agree(self, world: World) -> None:
        """The pointer moves, and another worker commits, before the first puts its findings."""

        def other() -> None:
            world.publish(pack(SHADOW))
            scan_message(world, self.BODY, Calls())

        at = MESSAGE_ORDER.index("begin")
        scan_message(world, self.BODY, Calls(at, other))
        receipt = one(world.receipts())
        assert receipt.by_rule == {"prizes/1/names-prize/shadow": 1}
        assert len([item for item in world.items() if item["sk"]["S"] == "finding"]) == 1

    def test_by_another_that_finds_nothing_is_counted_once(self, world: World) -> None:
        """The other commits before the first says by which rules it tries: the first gives way."""

        def other() -> None:
            world.publish()
            scan_message(world, self.BODY, Calls())

        scan_message(world, self.BODY, Calls(MESSAGE_ORDER.index("begin"), other))
        assert one(world.receipts()).findings == 0
        assert not [item for item in world.items() if item["sk"]["S"] == "finding"]

    def test_that_finds_nothing_gives_way_to_one_that_does(self, world: World) -> None:
        """The other puts its findings and dies, after the first looked and before it commits."""
        old = world.scanner()
        old.rulesets.current()
        world.publish()
        calls = Calls(fatal=["marker", "begin", "put_findings"].index("put_findings"))

        def other() -> None:
            dying = replace(old, store=calls.through(world.store))
            with pytest.raises(CrashError):
                dying.scan_message("acme", self.BODY, world.clock.now())

        commit = len(["marker", "get", "get", "first_try", "floods", "receipts", "put_findings",
                      "put_finding_ids"])  # fmt: skip
        with pytest.raises(OSError, match="ConditionalCheckFailed"):
            scan_message(world, self.BODY, Calls(commit, other))
        assert world.receipts() == []
        scan_message(world, self.BODY, Calls())
        assert one(world.receipts()).findings == 2

    def test_of_which_nothing_was_put_meets_the_new_rules(self, world: World) -> None:
        with pytest.raises(CrashError):
            scan_message(world, self.BODY, Calls(fatal=MESSAGE_ORDER.index("begin") - 1))
        world.publish(pack(SHADOW))
        scan_message(world, self.BODY, Calls())
        assert one(world.receipts()).by_rule == {"prizes/1/names-prize/shadow": 1}


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


def test_the_id_of_a_unit_is_that_of_its_bytes(world: World) -> None:
    world.scan(*world.take_in(FILE))
    assert one(world.receipts()).unit == unit_id("acme", FILE)
