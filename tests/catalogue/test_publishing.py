"""Rows L2 and L5: two who publish, and summaries of what is not yet read to its end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from support.faults import Calls
from support.publish_world import World as Journal
from support.publish_world import all_steps, sample_receipt
from support.sample_posts import OTP, PACK, SHADOW, StandingClock, lines
from support.world import World

from ledger.closing import current_set, set_key
from matcher import RuleSet, load_packs, load_set
from publish.day_facts import SealBucket
from publish.public_bucket import SummaryBucket
from publish.publish_run import PublishContext, PublishRequest, publish
from publish.summary import Summary
from terang.set_publishing import PackBucket

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
RULE = "codes/asks-for-code"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample packs with examples enough to be published."""
    for name, text, match, ignore in (
        ("codes", PACK, "Send me the one-time code", "Nothing"),
        ("prizes", SHADOW, "The grand prize", "Nothing"),
    ):
        whole = text.replace(f"[{match}]", f"[{match}, {match} now]")
        (tmp_path / f"{name}.yaml").write_text(whole.replace(f"[{ignore}]", "[No one, Not here]"))
    return tmp_path


def in_force(world: World) -> RuleSet:
    """The set that the pointer names, by its digest."""
    digest = current_set(world.objects, world.public)
    return load_set(world.objects.get(world.public, set_key(digest)) or b"", digest)


def put_in_force(bucket: PackBucket, folder: Path) -> None:
    packs = load_packs(folder, DAY)
    bucket.publish(folder, packs, {"acme": ["codes"]}, notice_hours=0, now=NOW)


def test_l2_of_two_publishers_the_later_builds_on_the_earlier(
    new_world: Callable[..., World], folder: Path
) -> None:
    """Whatever call of the one the other comes before, nothing that either said is lost."""
    first = new_world()
    calls = Calls()
    put_in_force(PackBucket(first.objects, first.public), folder)
    put_in_force(PackBucket(cast("Any", calls.through(first.objects)), first.public), folder)
    first.remove()
    for at in range(len(calls.names)):
        world = new_world()
        mine = PackBucket(world.objects, world.public)
        put_in_force(mine, folder)
        other = Calls(at=at, happens=lambda mine=mine: mine.pause("others", RULE, "looked at"))
        put_in_force(PackBucket(cast("Any", other.through(world.objects)), world.public), folder)
        made = in_force(world)
        assert [rule.rule for rule in made.providers["others"].paused] == [RULE], calls.names[at]
        assert made.providers["acme"].packs == ("codes",)
        world.remove()


def test_l2_many_publishers_at_once_lose_nothing(world: World, folder: Path) -> None:
    bucket = PackBucket(world.objects, world.public)
    put_in_force(bucket, folder)
    names = [f"provider-{number}" for number in range(6)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda name: bucket.pause(name, RULE, "looked at"), names))
    assert in_force(world).providers.keys() == {"acme", *names}


def summary(world: World, moment: datetime) -> Summary:
    """What is published of the day at a moment."""
    desk = PublishContext(
        store=world.store, public=SummaryBucket(world.objects, world.public),
        seals=SealBucket(world.objects, world.work), clock=StandingClock(moment),
        public_url="https://terang.example", notice_hours=0, pause_below=0.5, has_time=lambda: True,
        steps=all_steps(world.objects, world.closing().close, world.out, world.work),
    )  # fmt: skip
    publish(desk, PublishRequest(check=True))
    data = world.objects.get(world.public, f"summaries/acme/{DAY}.json") or b""
    return msgspec.json.decode(data, type=Summary)


def test_l5_a_file_with_units_missing_is_named_as_open_until_it_closes(world: World) -> None:
    """Its finished units count; the closed day is not published anew, but by a revision."""
    world.range_bytes = 150
    first, *others = world.take_in(lines(OTP, OTP, OTP))
    world.scan(first)
    assert len(others) > 1
    early = summary(world, datetime(2026, 11, 26, 3, tzinfo=UTC))
    assert (early.numbers.inspected, early.numbers.findings) == (1, 1)
    assert [note.provider for note in early.open_files] == ["acme"]
    world.scan(*others)
    late = summary(world, datetime(2026, 11, 26, 4, tzinfo=UTC))
    assert (late.numbers.inspected, late.numbers.findings) == (3, 3)
    assert late.revision == 2


def test_l5_a_receipt_that_does_not_close_is_left_out_and_named() -> None:
    journal = Journal()
    journal.store.add(sample_receipt(number=1))
    journal.store.add(sample_receipt(number=2, records=99))
    outcome = journal.publish("2026-11-26T03:00:00Z")
    told = journal.json(f"summaries/acme/{DAY}.json")
    assert isinstance(told["numbers"], dict)
    assert (told["numbers"]["units"], told["numbers"]["inspected"]) == (1, 100)
    assert len(outcome.left_out) == 1
