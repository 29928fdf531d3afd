"""After the receipt no version of what was refused is left. The worlds of these tests are searched
at their end for the words that stand in each sample post, so here the versions are listed. That a
worker dies on the way is enumerated by the simulation, whose oracle looks for the same."""

import gzip
import json
from collections.abc import Callable

import pytest
from support.canary import ACCOUNT, TEXT
from support.sample_posts import line, lines
from support.world import World

from ledger.keys import unknown_receipt_key

PRIVATE = line(id="private", audience="followers") + b"\n"
CHAT = {
    "name": f"Two people, {TEXT}",
    "type": "personal_chat",
    "id": 7,
    "messages": [
        {"id": n, "type": "message", "date": "2026-11-24T20:01:00", "date_unixtime": "1795528860",
         "from": ACCOUNT, "from_id": f"user{n}", "text": TEXT}
        for n in range(3)],
}  # fmt: skip
ROWS = "id,account,text,audience\n" + f"1,{ACCOUNT},{TEXT},public\n" * 40

WHOLE: dict[str, tuple[str, bytes, str]] = {
    "a private chat": ("acme", json.dumps(CHAT).encode(), "not_public"),
    "a gzip cut short": ("acme", gzip.compress(lines(*["quiet"] * 60), 0, mtime=0)[:-9],
                         "gzip_truncated"),
    "a table without its columns": ("acme", ROWS.replace(",audience", ",a").encode(), "csv_header"),
    "no format at all": ("acme", bytes(range(256)) * 8 + TEXT.encode(), "format_unknown"),
    "a file of nobody's": ("nobody", lines("quiet") + PRIVATE, "provider_unknown"),
}  # fmt: skip


def versions(world: World, *buckets: str) -> list[str]:
    """Every version and every delete marker in these buckets."""
    found: list[str] = []
    for bucket in buckets:
        listed = world.clients.s3.list_object_versions(Bucket=bucket)
        found += [
            one["Key"] for kind in ("Versions", "DeleteMarkers") for one in listed.get(kind, ())
        ]
    return found


@pytest.mark.parametrize(("provider", "data", "code"), WHOLE.values(), ids=WHOLE)
def test_a_file_refused_as_a_whole_is_gone_at_once(new_world: Callable[..., World], provider: str,
        data: bytes, code: str) -> None:  # fmt: skip
    world = new_world(part_bytes=2_000)
    place = world.put(data, "private.bin", provider)
    assert world.intake().receive(world.drop, *place, seconds_left=lambda: 900).code == code
    assert versions(world, world.drop, world.work) == []
    assert world.units() == []
    assert [key for key in world.objects.keys(world.out, "") if "receipts/" in key] != []


@pytest.mark.parametrize("provider", ["acme", "nobody"])
def test_an_older_version_is_refused_and_gone_as_well(world: World, provider: str) -> None:
    """Each version has an event of its own."""
    chat = json.dumps(CHAT).encode()
    places = [world.put(data, "x.json", provider) for data in (chat, chat + b" ", chat + b"  ")]
    for place in reversed(places):
        world.intake().receive(world.drop, *place, seconds_left=lambda: 900)
    assert versions(world, world.drop, world.work) == []


def test_a_file_of_nobodys_is_told_by_a_digest_alone(world: World) -> None:
    key, version = world.put(lines("quiet"), "of-nobody.jsonl", "nobody")
    outcome = world.intake().receive(world.drop, key, version, seconds_left=lambda: 900)
    [note] = world.objects.keys(world.out, "receipts/_unknown/")
    assert len(note) == len(unknown_receipt_key("0" * 64))
    note_content = json.loads(world.objects.get(world.out, note) or b"")
    assert note_content == {"code": "provider_unknown", "file": outcome.file,
                            "bytes": len(lines("quiet"))}  # fmt: skip
