"""A dropped file is taken in once: cut where it stands, or translated into parts first."""

import gzip
import json
from collections.abc import Callable

import pytest
from integration.received_files import FILE, ZIPPED, dropped, receive
from support.canary import ACCOUNT
from support.sample_posts import OTP, fields, pack
from support.world import DAY, World

from intake.reader import Budget
from ledger.codes import OperatorError


def test_json_lines_are_cut_where_they_stand(new_world: Callable[..., World]) -> None:
    world = new_world(range_bytes=200)
    key, version = world.put(FILE)
    outcome = receive(world, key, version)
    units = world.units()
    assert (outcome.status, outcome.format, outcome.provider) == ("cut", "jsonl", "acme")
    assert outcome.ranges == len(units) == -(-len(FILE) // 200)
    assert [(unit.start, unit.end) for unit in units] == [
        (start, min(start + 200, len(FILE))) for start in range(0, len(FILE), 200)
    ]
    assert {(unit.source.key, unit.source.version) for unit in units} == {(key, version)}
    assert {unit.provider for unit in units} == {"acme"}
    sealed = world.store.manifest(outcome.file)
    assert (sealed[0].ranges, sealed[0].day, sealed[0].translated) == (len(units), DAY, False)
    assert dropped(world) == [key]
    world.scan(*units)
    assert world.file_receipt(outcome.file).inspected == 4
    assert dropped(world) == []


def test_another_format_is_translated_into_parts(new_world: Callable[..., World]) -> None:
    world = new_world(part_bytes=400)
    outcome = receive(world, *world.put(ZIPPED, "posts.jsonl.gz"))
    units = world.units()
    parts = world.objects.keys(world.work, "parts/")
    assert (outcome.status, len(units)) == ("cut", len(parts))
    assert len(parts) > 1
    assert all(unit.translated for unit in units)
    written = b"".join(world.objects.get(world.work, key) or b"" for key in parts)
    assert ACCOUNT.encode() not in written
    assert world.pseudonym(ACCOUNT).encode() in written
    assert b"followers" not in written
    world.scan(*units)
    receipt = world.file_receipt(outcome.file)
    assert (receipt.inspected, receipt.findings, receipt.refused) == (4, 2, {"not_public": 1})
    assert [(refusal.line, refusal.byte) for refusal in receipt.refusals] == [(None, None)]
    assert receipt.refusals[0].at
    assert dropped(world) == []


def test_translated_posts_are_found_as_in_json_lines(new_world: Callable[..., World]) -> None:
    """The same posts in another format are the same findings: counted once, then as repeats."""
    world = new_world()
    world.scan(*world.take_in(FILE))
    before = world.open_findings()
    world.scan(*world.take_in(ZIPPED, "posts.jsonl.gz"))
    assert world.open_findings() == before
    assert sum(receipt.findings for receipt in world.receipts()) == 2
    assert sum(receipt.repeats for receipt in world.receipts()) == 2


@pytest.mark.parametrize("data", [b"\n" * 300_000], ids=["more blanks than the head"])
def test_a_file_with_a_blank_head_is_closed(new_world: Callable[..., World], data: bytes) -> None:
    world = new_world(range_bytes=200_000)
    outcome = receive(world, *world.put(data))
    world.scan(*world.units())
    file_receipt = world.file_receipt(outcome.file)
    assert (file_receipt.status, file_receipt.records, file_receipt.bytes) == ("done", 0, len(data))
    assert all(receipt.closes for receipt in world.receipts())
    assert [file.closed for file in world.store.files("acme")] == [DAY]
    assert dropped(world) == []


def test_without_a_set_the_event_comes_again(world: World) -> None:
    world.clients.s3.delete_object(Bucket=world.public, Key="sets/current.json")
    key, version = world.put(FILE)
    with pytest.raises(OperatorError, match="no set is published"):
        receive(world, key, version)
    assert dropped(world) == [key]
    assert world.units() == []
    world.publish(pack())
    assert receive(world, key, version).status == "cut"


def test_a_file_that_is_gone_before_it_was_read_is_told_and_counted_nowhere(world: World) -> None:
    """Its lifecycle ended, or its sender took it back: no record of it is known."""
    before = world.state()
    outcome = receive(world, "drop/acme/x", "no-such-version")
    receipt = world.file_receipt(outcome.file)
    assert (outcome.status, receipt.status, receipt.code) == ("gone", "refused", "object_gone")
    assert (receipt.records, receipt.refused, receipt.key) == (0, {}, "drop/acme/x")
    assert world.state()["items"] == before["items"]
    assert receive(world, "drop/nobody/x", "no-such-version").status == "gone"
    assert len(world.objects.keys(world.out, "")) == 1


def test_a_file_of_more_units_than_can_be_sent_is_refused(new_world: Callable[..., World]) -> None:
    world = new_world(range_bytes=100, budget=Budget(units=-(-len(FILE) // 100) - 1))
    outcome = receive(world, *world.put(FILE))
    assert (outcome.status, outcome.code) == ("refused", "too_large_for_format")
    receipt = world.file_receipt(outcome.file)
    assert receipt.advice == f"Send it in files of at most {world.budget.units * 100:,} bytes."
    assert (world.units(), dropped(world)) == ([], [])


def test_a_translation_of_more_units_leaves_no_part(new_world: Callable[..., World]) -> None:
    world = new_world(part_bytes=200, range_bytes=200, budget=Budget(units=2))
    outcome = receive(world, *world.put(ZIPPED, "x.gz"))
    assert outcome.code == "too_large_for_format"
    assert world.objects.keys(world.work, "") == dropped(world) == []


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


def test_files_of_which_nothing_was_taken_are_told_apart_by_what_they_held(world: World) -> None:
    """Rows of one day without an id are refused like those of the next: both days count."""

    def told(day: int) -> tuple[bool, dict[str, int]]:
        rows = f"id,account,text,audience,published_at\n,a,b,public,2026-11-{day}T08:00:00Z\n"
        outcome = receive(world, *world.put(rows.encode(), f"{day}.csv"))
        world.scan(*world.units())
        receipt = world.file_receipt(outcome.file)
        return receipt.repeated, receipt.refused

    refused = {"field_missing": 1}
    assert [told(24), told(25), told(24)] == [(False, refused), (False, refused), (True, refused)]
    assert sum(receipt.records for receipt in world.receipts()) == 2
