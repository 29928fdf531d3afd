"""Files refused as a whole, and those of nobody who is registered: told, counted and gone."""

import json
from collections.abc import Callable
from hashlib import sha256

import pytest
from integration.received_files import BINARY, FILE, ZIPPED, dropped, receive
from support.world import DAY, World

from intake.arrival import IDENTITY_BYTES
from intake.reader import Budget
from ledger.codes import ObjectUnreadableError
from ledger.findings import file_id
from ledger.keys import Provider
from ledger.objects import S3Objects


class TestRefusedFiles:
    """Refused as a whole: counted as one record, told with advice, and gone at once."""

    def test_are_told_and_gone(self, world: World) -> None:
        key, version = world.put(BINARY, "x.bin")
        outcome = receive(world, key, version)
        assert (outcome.status, outcome.code) == ("refused", "format_unknown")
        [receipt] = world.receipts()
        assert (receipt.kind, receipt.records, receipt.refused) == (
            "file", 1, {"format_unknown": 1}
        )  # fmt: skip
        assert receipt.closes
        file_receipt = world.file_receipt(outcome.file)
        assert (file_receipt.status, file_receipt.code, file_receipt.key) == ("refused",
            "format_unknown", key)  # fmt: skip
        assert dropped(world) == []
        assert world.units() == []
        assert world.store.manifest(outcome.file) is None

    def test_are_counted_once_however_often_they_come(self, world: World) -> None:
        for name in ("x.bin", "x.bin", "y.bin"):
            outcome = receive(world, *world.put(BINARY, name))
            assert world.file_receipt(outcome.file).code == "format_unknown"
            world.clock.move(days=1)
        counted = [world.receipts(f"2026-11-{day}") for day in (25, 26, 27)]
        assert [len(receipts) for receipts in counted] == [1, 0, 0]
        assert dropped(world) == []

    def test_that_differ_in_bytes_or_size_are_counted_each(self, world: World) -> None:
        for data in (BINARY, BINARY + b"\x00", b"\x00" + BINARY):
            receive(world, *world.put(data, "x.bin"))
        assert len(world.receipts()) == 3

    def test_that_differ_in_size_behind_the_bytes_read_count_each(self, world: World) -> None:
        """Only the first bytes are read for the identity; the size tells the rest apart."""
        for more in (1, 2, 1):
            data = b"\x00" * (IDENTITY_BYTES + more)
            assert receive(world, *world.put(data, "x.bin")).code == "format_unknown"
        assert sorted(receipt.bytes - IDENTITY_BYTES for receipt in world.receipts()) == [1, 2]

    def test_are_counted_for_each_provider(self, world: World) -> None:
        world.store.put_provider(Provider("others"))
        for provider in ("acme", "others"):
            receive(world, *world.put(BINARY, "x.bin", provider))
        assert len(world.receipts()) == len(list(world.store.receipts("others", DAY))) == 1

    def test_need_no_set(self, world: World) -> None:
        world.clients.s3.delete_object(Bucket=world.public, Key="sets/current.json")
        assert receive(world, *world.put(BINARY, "x.bin")).status == "refused"

    def test_that_are_too_large_for_the_time_left_are_told_what_to_do(self, world: World) -> None:
        key, version = world.put(ZIPPED, "x.gz")
        outcome = world.intake().receive(world.drop, key, version, seconds_left=lambda: 0)
        assert outcome.code == "too_large_for_format"
        assert "JSON Lines" in world.file_receipt(outcome.file).advice


class TestFilesOfTooMuchWork:
    """Refused while they are read: nothing of them is left, and their event is not tried again."""

    @pytest.mark.parametrize("budget", [
        Budget(marks=20_000), Budget(records=1_000), Budget(written_bytes=100_000),
    ], ids=["marks", "records", "written bytes"])  # fmt: skip
    def test_leave_nothing(self, new_world: Callable[..., World], budget: Budget) -> None:
        world = new_world(part_bytes=30_000, budget=budget)
        table = b"id,account,text,audience,published_at\n" + b"a\n" * 200_000
        key, version = world.put(table, "x.csv")
        outcome = receive(world, key, version)
        assert (outcome.status, outcome.code) == ("refused", "too_large_for_format")
        assert "JSON Lines" in world.file_receipt(outcome.file).advice
        assert [receipt.refused for receipt in world.receipts()] == [{"too_large_for_format": 1}]
        assert world.units() == dropped(world) == world.objects.keys(world.work, "") == []
        assert receive(world, key, version).status == "gone"
        assert len(world.receipts()) == 1


class TestFilesThatS3DoesNotGiveOut:
    """Archived, or under a key of the sender's own: the sender is told, and nobody tries again."""

    @pytest.mark.parametrize("call", ["head", "read_range", "open"])
    def test_are_refused(self, world: World, call: str) -> None:
        class Closed(S3Objects):
            pass

        def refuse(*_: object) -> None:
            raise ObjectUnreadableError

        setattr(Closed, call, refuse)
        data = ZIPPED if call == "open" else FILE
        key, version = world.put(data)
        outcome = receive(world, key, version, objects=Closed(world.clients.s3))
        assert (outcome.status, outcome.code) == ("refused", "object_unreadable")
        receipt = world.file_receipt(outcome.file)
        assert (receipt.key, receipt.refused) == (key, {"object_unreadable": 1})
        assert "STANDARD" in receipt.advice
        assert world.units() == dropped(world) == []
        assert world.receipts()[0].closes


class TestUnknownProviders:
    """Nobody registered drops there: the operator gets a note, and nothing is kept."""

    @pytest.mark.parametrize(
        "key",
        ["drop/nobody/posts.jsonl", "drop/posts.jsonl", "drop/ACME/x", "drop/all/x", "x/acme/y",
         "drop//acme/x", "drop/acme#/x"],
    )  # fmt: skip
    def test_are_noted_without_the_words_of_the_key(self, world: World, key: str) -> None:
        version = world.objects.put(world.drop, key, FILE).version
        outcome = receive(world, key, version)
        assert (outcome.status, outcome.provider) == ("unknown_provider", "")
        note_key = f"receipts/_unknown/{sha256(key.encode()).hexdigest()}.json"
        note = json.loads(world.objects.get(world.out, note_key) or b"{}")
        assert note == {"code": "provider_unknown", "file": file_id(world.drop, key, version),
                        "bytes": len(FILE)}  # fmt: skip
        assert dropped(world, "") == []
        assert world.receipts() == []
        assert world.units() == []
