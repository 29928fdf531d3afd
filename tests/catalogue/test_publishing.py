"""Rows L2, L5, O4 and P1-P6: two who publish, code that went back, sets that change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, cast

import msgspec
import pytest
from integration.handlers import deployed
from support.erased_world import publish_all
from support.faults import Calls
from support.publish_world import World as Journal
from support.publish_world import live, sample_pack, sample_receipt
from support.sample_messages import decision
from support.sample_posts import OTP, PACK, PRIZE, SHADOW, StandingClock, lines, pack
from support.world import World

from authoring.check import check_packs
from ledger.closing import POINTER_KEY, current_set, set_key
from ledger.codes import OperatorError, SchemaNewerError
from matcher import PackError, RuleSet, SetError, load_packs, load_set
from publish.publish_run import PublishRequest, publish
from publish.summary import Summary
from scan.unit_input import POINTER_SECONDS, RuleSets
from terang.set_publishing import PackBucket

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
RULE = "codes/asks-for-code"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample packs with examples enough to be published."""
    for name, text, match, ignore in (("codes", PACK, "Send me the one-time code", "Nothing"),
            ("prizes", SHADOW, "The grand prize", "Nothing")):  # fmt: skip
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


def test_l2_of_two_publishers_the_later_builds_on_the_earlier(new_world: Callable[..., World],
        folder: Path) -> None:  # fmt: skip
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
    publish(world.publishing(clock=StandingClock(moment)), PublishRequest(check=True))
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


FILE = lines(OTP, "The market opens at nine", "It is dry", OTP)


def published(world: World) -> dict[str, bytes]:
    """What everybody can read, by its key."""
    keys = world.objects.keys(world.public, "")
    return {key: world.objects.get(world.public, key) or b"" for key in keys}


def write_a_later_form(patched: pytest.MonkeyPatch) -> None:
    """Read and write all records as a later release may do."""
    patched.setattr("ledger.table.SCHEMA", 2)


def test_o4_code_that_went_back_waits_for_the_later_release(new_world: Callable[..., World],
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Whoever meets a row of the other form fails and comes again; then all is as if never."""
    straight = new_world(range_bytes=200)
    straight.scan(*straight.take_in(FILE))
    publish_all(straight)
    world = new_world(range_bytes=200)
    units = world.take_in(FILE)
    with monkeypatch.context() as patched:
        write_a_later_form(patched)
        world.scan(units[0])
    [finding] = world.open_findings()
    before = published(world)
    for work in (
        lambda: world.scan(units[0]),
        lambda: world.scan(*units[1:]),
        lambda: world.decide(decision(finding)),
        lambda: publish_all(world),
    ):
        with pytest.raises(SchemaNewerError, match="form 2, and this release reads forms up to 1"):
            work()
    assert published(world) == before
    write_a_later_form(monkeypatch)
    world.scan(*units)
    publish_all(world)
    assert published(world) == published(straight)


def test_p1_all_units_of_a_file_are_read_by_the_set_that_it_came_under(world: World) -> None:
    world.range_bytes = 200
    first, *others = world.take_in(lines(OTP, PRIZE, OTP))
    assert others
    world.scan(first)
    newer = world.publish(pack(SHADOW))  # without the rule that OTP hits
    world.scan(*others)
    receipts = world.receipts()
    assert {receipt.set for receipt in receipts} == {first.set} != {newer}
    assert sum(receipt.findings for receipt in receipts) == 3
    assert world.file_receipt(first.file).set == first.set


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[:-20],
    "a byte changed": lambda data: data.replace(b"one-time", b"any-time"),
    "empty": lambda data: b"",
    "another document": lambda data: b'{"set": "0"}',
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_p2_a_damaged_set_runs_nowhere_and_the_old_one_goes_on(world: World,
        damage: Callable[[bytes], bytes]) -> None:  # fmt: skip
    """A worker that met it still scans what came under the old one, and leaves no trace of it."""
    scanner = world.scanner()
    old = world.take_in(lines(OTP))
    name = world.publish(pack(version=4))
    data = world.objects.get(world.public, set_key(name)) or b""
    world.objects.put(world.public, set_key(name), damage(data))
    [new] = world.take_in(lines(OTP, PRIZE), "new.jsonl")
    before = world.state()
    with pytest.raises(SetError):
        scanner.scan_range(new)
    assert world.state() == before
    receipt = scanner.scan_range(*old).receipt
    assert receipt.findings == 1


@pytest.mark.parametrize("pointer", [b"", b"{", b"[]", b'{"set": 7}', b"\xff", b"[" * 100_000])
def test_p2_a_damaged_pointer_is_the_operators_to_mend(world: World, pointer: bytes) -> None:
    world.objects.put(world.public, POINTER_KEY, pointer)
    with pytest.raises(OperatorError, match="does not name a set"):
        current_set(world.objects, world.public)


def test_p2_sentences_that_are_no_utf_8_are_a_problem_of_their_file(tmp_path: Path) -> None:
    (tmp_path / "sound.yaml").write_text(SHADOW)
    (tmp_path / "protected").mkdir()
    (tmp_path / "protected" / "en.txt").write_bytes(b"A sentence.\nCaf\xe9\n")
    with pytest.raises(PackError, match=r"en\.txt:2: .*not UTF-8"):
        check_packs(tmp_path, DAY)


@pytest.mark.parametrize("key", ["regex", "pattern", "match_regex"])
def test_p4_a_pattern_is_an_unknown_key_wherever_it_stands(tmp_path: Path, key: str) -> None:
    """Terms are words: there is nothing in a pack that could take time without bound."""
    endless = f'{key}: "(a+)+$"'
    for text in (PACK + endless + "\n",
                 PACK.replace("    severity", f"    {endless}\n    severity")):  # fmt: skip
        (tmp_path / "pack.yaml").write_text(text)
        with pytest.raises(PackError, match=f"unknown key `{key}`"):
            check_packs(tmp_path, DAY)


def test_p5_a_withdrawn_pack_leaves_what_was_published_as_it_stands() -> None:
    journal = Journal()
    first = journal.put_set(sample_pack(), sample_pack("prizes"))
    journal.store.add(sample_receipt(by_rule={live(): 3}, set=first))
    journal.publish("2026-11-26T09:00:00Z")
    before = dict(journal.files)
    journal.put_set(sample_pack("prizes"))
    outcome = journal.publish("2026-11-26T10:00:00Z")
    after = journal.files
    kept = [key for key in before if key.startswith(("summaries/", "journal/", "sets/", "packs/"))]
    changed = {key for key in kept if after[key] != before[key]}
    assert outcome.revised == []
    pages = {f"packs/{pack}/1{ending}.html"
             for pack in ("one-time-codes", "prizes") for ending in ("", ".id", ".zh")}  # fmt: skip
    assert changed <= {POINTER_KEY, *pages}
    assert "packs/one-time-codes/1.html" in after  # it still explains its findings


def test_p6_workers_that_began_together_look_for_a_new_set_at_other_moments(world: World) -> None:
    clock, chance = StandingClock(), Random(4711)
    workers = [
        RuleSets(world.objects, clock, world.public, public=True, patience=chance.uniform(15, 30))
        for _ in range(20)
    ]
    old = {worker.current() for worker in workers}
    new = world.publish(pack(version=4))
    looked = []
    for _ in range(POINTER_SECONDS + 1):
        clock.move(seconds=1)
        looked.append(sum(worker.current() == new for worker in workers))
    assert (looked[13], looked[-1]) == (0, len(workers))
    assert max(after - before for before, after in pairwise(looked)) < 10
    assert old != {new}


def test_p6_each_worker_draws_its_own_patience(world: World) -> None:
    drawn = []
    for _ in range(3):
        with deployed("scan", world) as scan:
            drawn.append(scan.deliveries.scanner.rulesets.patience)
    assert len(set(drawn)) == 3
    assert all(POINTER_SECONDS / 2 <= patience <= POINTER_SECONDS for patience in drawn)
