"""A dropped file is taken in once: cut where it stands, or translated into parts first."""

import gzip
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from canary import ACCOUNT
from faults import Calls, CrashError
from sample_posts import OTP, fields, line, lines, pack
from world import DAY, World

from arrival import Intake
from ledger.errors import OperatorError
from ledger.identity import file_id
from ledger.manifest import Unit
from ledger.provider import Provider
from ledger.unit_queue import SqsUnitQueue

FILE = lines("a", OTP, "b", OTP) + line(audience="followers") + b"\n"
ZIPPED = gzip.compress(FILE, mtime=0)
BINARY = bytes(range(256)) * 8


def receive(world: World, key: str, version: str, **ports: Any) -> Any:
    return world.intake(**ports).receive(world.drop, key, version, 900)


def dropped(world: World, key: str = "drop/acme/") -> list[str]:
    """The keys that still stand in the drop bucket, old versions and delete markers included."""
    listed = world.clients.s3.list_object_versions(Bucket=world.drop, Prefix=key)
    return [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in listed.get(kind, ())]


def test_json_lines_are_cut_where_they_stand(new_world: Callable[..., World]) -> None:
    world = new_world(range_bytes=200)
    key, version = world.put(FILE)
    arrival = receive(world, key, version)
    units = world.units()
    assert (arrival.outcome, arrival.format, arrival.provider) == ("cut", "jsonl", "acme")
    assert arrival.ranges == len(units) == -(-len(FILE) // 200)
    assert [(unit.start, unit.end) for unit in units] == [
        (start, min(start + 200, len(FILE))) for start in range(0, len(FILE), 200)
    ]
    assert {(unit.source.key, unit.source.version) for unit in units} == {(key, version)}
    assert {unit.provider for unit in units} == {"acme"}
    sealed = world.store.manifest(arrival.file)
    assert sealed is not None
    assert (sealed[0].ranges, sealed[0].day, sealed[0].translated) == (len(units), DAY, False)
    assert dropped(world) == [key]
    world.scan(*units)
    assert world.file_receipt(arrival.file).inspected == 4
    assert dropped(world) == []


def test_another_format_is_translated_into_parts(new_world: Callable[..., World]) -> None:
    world = new_world(part_bytes=400)
    arrival = receive(world, *world.put(ZIPPED, "posts.jsonl.gz"))
    units = world.units()
    parts = world.objects.keys(world.work, "parts/")
    assert (arrival.outcome, len(units)) == ("cut", len(parts))
    assert len(parts) > 1
    assert all(unit.translated for unit in units)
    written = b"".join(world.objects.get(world.work, key) or b"" for key in parts)
    assert ACCOUNT.encode() not in written
    assert world.pseudonym(ACCOUNT).encode() in written
    assert b"followers" not in written
    world.scan(*units)
    told = world.file_receipt(arrival.file)
    assert (told.inspected, told.findings, told.refused) == (4, 2, {"not_public": 1})
    assert [(refusal.line, refusal.byte) for refusal in told.refusals] == [(None, None)]
    assert told.refusals[0].at
    assert dropped(world) == []


def test_translated_posts_and_their_findings_are_those_of_json_lines(
    new_world: Callable[..., World],
) -> None:
    """The same posts in another format are the same findings: counted once, then as repeats."""
    world = new_world()
    world.scan(*world.take_in(FILE))
    before = world.open_findings()
    world.scan(*world.take_in(ZIPPED, "posts.jsonl.gz"))
    assert world.open_findings() == before
    assert sum(receipt.findings for receipt in world.receipts()) == 2
    assert sum(receipt.repeats for receipt in world.receipts()) == 2


@pytest.mark.parametrize("data", [FILE, ZIPPED], ids=["cut", "translated"])
def test_the_same_event_again_sends_the_same_units(world: World, data: bytes) -> None:
    key, version = world.put(data)
    first = receive(world, key, version)
    units, before = world.units(), world.state()
    again = receive(world, key, version)
    assert (first.outcome, again.outcome, again.file) == ("cut", "known", first.file)
    assert world.units() == units
    assert world.state() == before


def test_an_event_long_after_its_file_was_closed_changes_no_number(world: World) -> None:
    key, version = world.put(FILE)
    receive(world, key, version)
    world.scan(*world.units())
    before = world.state()
    world.clock.move(days=7)
    receive(world, key, version)
    world.scan(*world.units())
    assert world.state() == before


def test_two_versions_of_a_key_are_two_files(world: World) -> None:
    key, first = world.put(FILE)
    _, second = world.put(lines("c"))
    arrivals = [receive(world, key, version) for version in (second, first)]
    assert arrivals[0].file != arrivals[1].file
    world.scan(*world.units())
    assert [world.file_receipt(one.file).inspected for one in arrivals] == [1, 4]
    assert dropped(world) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n", b"\n" * 300_000],
    ids=[
        "empty",
        "newlines",
        "a byte order mark",
        "a mark and blanks",
        "more blanks than the head",
    ],
)
def test_a_file_without_records_is_accepted_and_closed(
    new_world: Callable[..., World], data: bytes
) -> None:
    world = new_world(range_bytes=200_000)
    arrival = receive(world, *world.put(data))
    world.scan(*world.units())
    told = world.file_receipt(arrival.file)
    assert (told.status, told.records, told.bytes) == ("done", 0, len(data))
    assert all(receipt.closes for receipt in world.receipts())
    assert [file.closed for file in world.store.files("acme")] == [DAY]
    assert dropped(world) == []


class TestRefusedFiles:
    """Refused as a whole: counted as one record, told with advice, and gone at once."""

    def test_are_told_and_gone(self, world: World) -> None:
        key, version = world.put(BINARY, "x.bin")
        arrival = receive(world, key, version)
        assert (arrival.outcome, arrival.code) == ("refused", "format_unknown")
        [receipt] = world.receipts()
        assert (receipt.kind, receipt.records, receipt.refused) == (
            "file", 1, {"format_unknown": 1}
        )  # fmt: skip
        assert receipt.closes
        told = world.file_receipt(arrival.file)
        assert (told.status, told.code, told.key) == ("refused", "format_unknown", key)
        assert dropped(world) == []
        assert world.units() == []
        assert world.store.manifest(arrival.file) is None

    def test_are_counted_once_however_often_they_come(self, world: World) -> None:
        for name in ("x.bin", "x.bin", "y.bin"):
            arrival = receive(world, *world.put(BINARY, name))
            assert world.file_receipt(arrival.file).code == "format_unknown"
            world.clock.move(days=1)
        counted = [world.receipts(f"2026-11-{day}") for day in (25, 26, 27)]
        assert [len(receipts) for receipts in counted] == [1, 0, 0]
        assert dropped(world) == []

    def test_that_differ_in_bytes_or_size_are_counted_each(self, world: World) -> None:
        for data in (BINARY, BINARY + b"\x00", b"\x00" + BINARY):
            receive(world, *world.put(data, "x.bin"))
        assert len(world.receipts()) == 3

    def test_are_counted_for_each_provider(self, world: World) -> None:
        world.store.put_provider(Provider("others"))
        for provider in ("acme", "others"):
            receive(world, *world.put(BINARY, "x.bin", provider))
        assert len(world.receipts()) == len(world.store.receipts("others", DAY)) == 1

    def test_that_break_in_the_middle_leave_no_part(self, new_world: Callable[..., World]) -> None:
        world, calls = new_world(part_bytes=30_000), Calls()
        words = (sha256(b"%d" % number).hexdigest() for number in range(3_000))
        key, version = world.put(gzip.compress(lines(*words), mtime=0)[:-20], "x.gz")
        arrival = counted(world, calls).receive(world.drop, key, version, 900)
        assert (arrival.outcome, arrival.code) == ("refused", "gzip_truncated")
        assert calls.names.count("put_new") > 1
        assert world.objects.keys(world.work, "") == []
        listed = world.clients.s3.list_object_versions(Bucket=world.work)
        assert not listed.keys() & {"Versions", "DeleteMarkers"}
        assert world.units() == []
        assert dropped(world) == []

    def test_event_again_finds_nothing_and_changes_nothing(self, world: World) -> None:
        key, version = world.put(BINARY, "x.bin")
        receive(world, key, version)
        before = world.state()
        assert receive(world, key, version).outcome == "gone"
        assert world.state() == before

    def test_need_no_set(self, world: World) -> None:
        world.clients.s3.delete_object(Bucket=world.public, Key="sets/current.json")
        assert receive(world, *world.put(BINARY, "x.bin")).outcome == "refused"

    def test_that_are_too_large_for_the_time_left_are_told_what_to_do(self, world: World) -> None:
        key, version = world.put(ZIPPED, "x.gz")
        arrival = world.intake().receive(world.drop, key, version, seconds_left=0)
        assert arrival.code == "too_large_for_format"
        assert "JSON Lines" in world.file_receipt(arrival.file).advice


class TestUnknownProviders:
    """Nobody registered drops there: the operator gets a note, and nothing is kept."""

    @pytest.mark.parametrize(
        "key",
        ["drop/nobody/posts.jsonl", "drop/posts.jsonl", "drop/ACME/x", "drop/all/x", "x/acme/y",
         "drop//acme/x", "drop/acme#/x"],
    )  # fmt: skip
    def test_are_noted_without_the_words_of_the_key(self, world: World, key: str) -> None:
        version = world.objects.put(world.drop, key, FILE).version
        arrival = receive(world, key, version)
        assert (arrival.outcome, arrival.provider) == ("unknown_provider", "")
        note_key = f"receipts/_unknown/{sha256(key.encode()).hexdigest()}.json"
        note = json.loads(world.objects.get(world.out, note_key) or b"{}")
        assert note == {
            "code": "provider_unknown",
            "file": file_id(world.drop, key, version),
            "bytes": len(FILE),
        }
        assert dropped(world, "") == []
        assert world.receipts() == []
        assert world.units() == []

    def test_are_those_that_a_field_of_the_file_names(self, world: World) -> None:
        """The prefix is the provider, whatever the records say."""
        world.scan(*world.take_in(line(provider="others", text=OTP) + b"\n"))
        assert len(world.receipts()) == 1
        assert world.store.receipts("others", DAY) == []


def test_without_a_set_the_event_comes_again(world: World) -> None:
    world.clients.s3.delete_object(Bucket=world.public, Key="sets/current.json")
    key, version = world.put(FILE)
    with pytest.raises(OperatorError, match="no set is published"):
        receive(world, key, version)
    assert dropped(world) == [key]
    assert world.units() == []
    world.publish(pack())
    assert receive(world, key, version).outcome == "cut"


def test_a_file_taken_back_before_it_was_read_is_gone(world: World) -> None:
    before = world.state()
    assert receive(world, "drop/acme/x", "no-such-version").outcome == "gone"
    assert world.state() == before


def test_an_overwritten_file_is_read_as_it_was_pinned(world: World) -> None:
    key, version = world.put(ZIPPED, "x.gz")
    world.put(b"another", "x.gz")
    receive(world, key, version)
    world.scan(*world.units())
    assert world.receipts()[0].inspected == 4


class TestCrashes:
    """Killed after any call and asked again: the same parts, manifest and units."""

    @pytest.mark.parametrize(
        ("data", "name"),
        [(FILE, "a.jsonl"), (ZIPPED, "a.gz"), (BINARY, "a.bin"), (b"", "a")],
        ids=["cut", "translated", "refused", "empty"],
    )
    def test_leave_no_trace(self, new_world: Callable[..., World], data: bytes, name: str) -> None:
        world, calls = new_world(part_bytes=400), Calls()
        expected = run(world, data, name, calls)
        for at, call in enumerate(calls.names):
            world = new_world(part_bytes=400)
            dying = Calls(fatal=at)
            found = run(world, data, name, dying)
            assert found == expected, f"killed after {call}, call {at}"
            world.remove()

    def test_never_send_a_unit_of_a_file_that_is_not_sealed(
        self, new_world: Callable[..., World]
    ) -> None:
        world, calls = new_world(), Calls()
        run(world, ZIPPED, "a.gz", calls)
        assert calls.names.index("seal") < calls.names.index("send")
        assert calls.names.count("put_new") >= 1


def counted(world: World, calls: Calls) -> Intake:
    return world.intake(
        calls.through(world.store),
        calls.through(world.objects),
        calls.through(SqsUnitQueue(world.clients.sqs, world.queue_url)),
    )


def run(world: World, data: bytes, name: str, calls: Calls) -> list[Any]:
    """Take a file in, once more if the worker dies, and scan what comes; what is left behind."""
    key, version = world.put(data, name)
    try:
        counted(world, calls).receive(world.drop, key, version, 900)
    except CrashError:
        receive(world, key, version)
    units = {unit.number: unit for unit in world.units()}
    world.scan(*units.values())
    file = file_id(world.drop, key, version)
    told = msgspec.structs.replace(world.file_receipt(file), file="", version="")
    parts = [world.objects.get(world.work, key) for key in world.objects.keys(world.work, "parts/")]
    receipts = [msgspec.structs.replace(receipt, source="") for receipt in world.receipts()]
    return [told, parts, receipts, dropped(world), places(units), len(world.items())]


def places(units: dict[int, Unit]) -> list[tuple[int, int, int]]:
    return sorted((number, unit.start, unit.end) for number, unit in units.items())


def test_fields_of_no_post_do_not_reach_the_work_bucket(world: World) -> None:
    """A part holds a post's own fields; what else a sender writes stays in the sender's file."""
    canary = "canary-4711"
    rows = [fields(text="a", note=canary), fields(audience="followers", text=canary), {canary: 1}]
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    world.scan(*world.take_in(gzip.compress(data, mtime=0), "a.gz"))
    assert world.receipts()[0].records == 3
    assert canary.encode() not in world.everything()


def test_a_translated_file_that_comes_again_in_another_month_is_known(world: World) -> None:
    """Its pseudonyms are others then, and with them the bytes of its parts."""
    data = json.dumps([fields(id=str(number), text=OTP) for number in range(9)]).encode()
    world.scan(*world.take_in(data, "array.json"))
    before = world.receipts()
    world.clock.move(days=7)
    again = world.take_in(data, "again.json")
    assert {one.pseudonym_key for one in again} == {"k2026-12"}
    world.scan(*again)
    assert world.receipts() == before
    assert world.receipts("2026-12-02") == []
    assert world.file_receipt(again[0].file).repeated
