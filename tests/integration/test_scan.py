"""A unit is scanned once, whatever is repeated or lost."""

import gzip
from collections.abc import Callable

import msgspec
from integration.scanned_units import BAD, FILE, handed_out, one
from support.faults import Calls
from support.sample_posts import OTP, PRIZE, line, lines
from support.world import DAY, World

from scan.inspection import ShadowFindings
from terang.repair import Difference, TableSnapshot
from terang.repair.checks import unit_differences


def differences(world: World) -> list[Difference]:
    """What fsck says of the units and files of a table in which nothing is under way."""
    ledger = TableSnapshot()
    ledger.add(world.items())
    return list(unit_differences(ledger, quiet=True))


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
    assert sorted(finding["post"] for finding in found) == ["p1", "p6"]
    assert {finding["excerpt"] for finding in found} == {OTP}
    assert len(world.open_findings()) == 2
    file_receipt = world.file_receipt(units[0].file)
    assert (file_receipt.status, file_receipt.inspected, file_receipt.findings) == ("done", 4, 3)
    assert (file_receipt.refused, file_receipt.repeated) == ({"not_public": 1}, False)
    assert [(refusal.line, refusal.byte) for refusal in file_receipt.refusals] == [
        (3, FILE.index(BAD))
    ]


def test_a_finding_in_shadow_is_counted_and_not_stored(new_world: Callable[..., World]) -> None:
    """All of it is with the other setting. Neither a repeat nor fsck sees a difference."""
    world, kept = new_world(), new_world(shadow=ShadowFindings.ALL)
    units = world.take_in(FILE)
    world.scan(*units, *units)
    counted = one(world.receipts())
    assert PRIZE.encode() not in world.everything()
    kept.scan(*kept.take_in(FILE))
    whole = one(kept.receipts())
    assert (counted.findings, counted.recorded, whole.findings, whole.recorded) == (3, 2, 3, 3)
    assert (counted.by_rule, counted.high) == (whole.by_rule, whole.high)
    assert sorted(row["post"] for row in handed_out(kept, whole)) == ["p1", "p5", "p6"]
    for each in world, kept:
        assert differences(each) == []


def test_a_post_in_an_overlapping_export_is_counted_again_in_shadow_only(world: World) -> None:
    world.scan(*world.take_in(FILE))
    world.scan(*world.take_in(lines("more") + FILE, "overlap.jsonl"))
    again = next(each for each in world.receipts() if each.source.endswith("overlap.jsonl"))
    assert again.by_rule == {"prizes/1/names-prize/shadow": 1}
    assert (again.inspected, again.findings, again.recorded, again.repeats) == (5, 1, 0, 2)


def test_no_account_and_no_text_of_a_harmless_post_is_stored(world: World) -> None:
    canary, account = "harmless-canary-4711", "account-canary-4711"
    data = lines(canary) + line(text=OTP, account=account) + b"\n"
    data += line(text=canary, audience="followers") + b"\n"
    world.scan(*world.take_in(data))
    stored = world.everything()
    assert canary.encode() not in stored
    assert account.encode() not in stored
    assert world.pseudonym(account).encode() in stored


def test_the_same_bytes_under_another_key_change_no_number(world: World) -> None:
    world.scan(*world.take_in(FILE))
    before = world.receipts(), world.open_findings()
    world.clock.move(days=7)
    [again] = world.take_in(FILE, "again.jsonl")
    world.scan(again)
    assert (world.receipts(), world.open_findings()) == before
    assert world.receipts("2026-12-02") == []
    receipt = world.file_receipt(again.file)
    assert (receipt.repeated, receipt.repeated_ranges, receipt.findings) == (True, 1, 3)
    assert [refusal.line for refusal in receipt.refusals] == [3]


def test_equal_ranges_of_one_file_are_one_unit(new_world: Callable[..., World]) -> None:
    row = line(text=OTP) + b"\n"
    world = new_world(range_bytes=len(row))
    units = world.take_in(row * 3)
    assert len(units) == 3
    world.scan(*units)
    assert one(world.receipts()).findings == 1
    receipt = world.file_receipt(units[0].file)
    assert (receipt.ranges, receipt.repeated_ranges, receipt.repeated, receipt.lines) == (3, 2,
        False, 3)  # fmt: skip


def test_only_the_start_of_a_file_may_have_an_order_mark(new_world: Callable[..., World]) -> None:
    """A mark at the start of a later range belongs to its record, which is then no JSON."""
    row = b"\xef\xbb\xbf" + line(text=OTP) + b"\n"
    for order in (1, -1):  # the ranges hold the same bytes: whichever comes first
        world = new_world(range_bytes=len(row))
        units = world.take_in(row + row)
        world.scan(*units[::order])
        receipt = world.file_receipt(units[0].file)
        assert (receipt.ranges, receipt.inspected, receipt.refused) == (2, 1, {"json_syntax": 1})
        assert [(refusal.line, refusal.byte) for refusal in receipt.refusals] == [(2, len(row))]


def test_a_finding_belongs_to_the_unit_that_put_it_first(world: World) -> None:
    world.scan(*world.take_in(lines(OTP)))
    world.scan(*world.take_in(lines(OTP, OTP), "more.jsonl"))
    receipts = sorted(world.receipts(), key=lambda receipt: receipt.inspected)
    assert [(receipt.findings, receipt.repeats) for receipt in receipts] == [(1, 0), (1, 1)]
    assert all(receipt.closes for receipt in receipts)
    assert [finding["post"] for finding in handed_out(world, receipts[1])] == ["p1"]
    assert len(world.open_findings()) == 2


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
    file_receipt = world.file_receipt(units[0].file)
    assert (file_receipt.records, file_receipt.inspected, file_receipt.lines) == (12, 9, 13)
    assert file_receipt.refused == {"not_an_object": 1, "not_public": 2}
    for refusal, row in zip(file_receipt.refusals, (7, 11, 12), strict=True):
        assert refusal.line == row + 1
        assert refusal.byte == len(b"\xef\xbb\xbf" + b"".join(rows[:row]))
    assert sum(row.bytes for row in world.store.ranges(units[0].file)) == len(data)
    assert sum(receipt.findings for receipt in world.receipts()) == file_receipt.findings == 5


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
        file_receipt = world.file_receipt(first.file)
        assert (file_receipt.status, file_receipt.lost_ranges) == ("incomplete", len(others))
        assert "again" in file_receipt.advice
        assert file_receipt.refused.get("object_gone") == len(others)
        lost = [refusal for refusal in file_receipt.refusals if refusal.code == "object_gone"]
        assert {(refusal.line, refusal.byte) for refusal in lost} == {(None, None)}
        assert file_receipt.records == file_receipt.inspected + sum(file_receipt.refused.values())
        assert all(receipt.closes for receipt in world.receipts())
        assert len(world.receipts()) == 1 + len(others)

    def test_what_was_lost_is_no_difference_and_counts_when_the_file_comes_again(self,
            new_world: Callable[..., World]) -> None:  # fmt: skip
        """The record is closed as it is, so fsck names nothing; the sender can still mend it."""
        world = new_world(range_bytes=300)
        first, *others = world.take_in(FILE)
        world.scan(first)
        world.objects.delete_version(first.source)
        world.scan(*others)
        assert differences(world) == []
        world.scan(*world.take_in(FILE, "again.jsonl"))
        assert differences(world) == []
        assert sum(receipt.inspected for receipt in world.receipts()) == 4
        lost = [receipt for receipt in world.receipts() if "object_gone" in receipt.refused]
        assert len(lost) == len(others)

    def test_lost_parts_are_no_difference(self, new_world: Callable[..., World]) -> None:
        world = new_world(part_bytes=300)
        first, *others = world.take_in(gzip.compress(FILE), "x.gz")
        for unit in others:
            world.objects.delete_version(unit.source)
        assert others
        world.scan(first, *others)
        assert world.file_receipt(first.file).status == "incomplete"
        assert differences(world) == []

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
