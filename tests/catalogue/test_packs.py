"""Rows P1-P6: sets and packs that change, break, or are asked for by everybody at once."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from integration.handlers import deployed
from support.publish_world import World as Journal
from support.publish_world import live, sample_pack, sample_receipt
from support.sample_posts import OTP, PACK, PRIZE, SHADOW, StandingClock, lines, pack
from support.world import World

from authoring.check import check_packs
from ledger.closing import POINTER_KEY, current_set, set_key
from ledger.codes import OperatorError
from matcher import Matcher, PackError, SetError
from scan.unit_input import POINTER_SECONDS, RuleSets

DAY = date(2026, 11, 25)


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
def test_p2_a_damaged_set_runs_nowhere_and_the_old_one_goes_on(
    world: World, damage: Callable[[bytes], bytes]
) -> None:
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
    assert receipt is not None
    assert receipt.findings == 1


@pytest.mark.parametrize("pointer", [b"", b"{", b"[]", b'{"set": 7}', b"\xff", b"[" * 100_000])
def test_p2_a_damaged_pointer_is_the_operators_to_mend(world: World, pointer: bytes) -> None:
    world.objects.put(world.public, POINTER_KEY, pointer)
    with pytest.raises(OperatorError, match="does not name a set"):
        current_set(world.objects, world.public)


BROKEN = {
    "cut short": PACK[: PACK.index("    match:")],
    "cut in a word": PACK[:-8],
    "no version": PACK.replace("version: 3\n", ""),
    "a version of words": PACK.replace("version: 3", "version: three"),
    "another category": PACK.replace("SCAMS_AND_FRAUD", "CIVIC_DISCOURSE"),
    "no mapping": "- id: codes\n",
    "no YAML": PACK + "\t{",
    "a key twice": PACK + "id: others\n",
    "an anchor": PACK.replace("[one-time code]", "&a [one-time code]"),
    "bytes that are no UTF-8": PACK.encode().replace(b"For trials", b"\xff"),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_p2_a_broken_pack_is_refused_with_its_line_and_no_other_is_loaded(
    tmp_path: Path, text: str | bytes
) -> None:
    (tmp_path / "sound.yaml").write_text(SHADOW)
    (tmp_path / "broken.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PackError) as refused:
        check_packs(tmp_path, DAY)
    problems = [
        problem for problem in refused.value.problems if problem.file.endswith("broken.yaml")
    ]
    assert problems
    assert all(problem.line >= 1 for problem in problems)


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
    for text in (
        PACK + endless + "\n",
        PACK.replace("    severity", f"    {endless}\n    severity"),
    ):
        (tmp_path / "pack.yaml").write_text(text)
        with pytest.raises(PackError, match=f"unknown key `{key}`"):
            check_packs(tmp_path, DAY)


def test_p4_signs_of_patterns_in_a_term_are_plain_signs() -> None:
    written = PACK.replace("[[one-time code], [send me]]", '[["(a+)+$ code"]]')
    found = Matcher([pack(written)]).find("see a code")
    assert [hit.rule for hit in found] == ["asks-for-code"]


def test_p5_a_withdrawn_pack_leaves_what_was_published_as_it_stands() -> None:
    journal = Journal()
    first = journal.put_set(sample_pack(), sample_pack("prizes"))
    journal.store.add(sample_receipt(by_rule={live(): 3}, set=first))
    journal.publish("2026-11-26T09:00:00Z")
    before = dict(journal.objects.stored)
    journal.put_set(sample_pack("prizes"))
    outcome = journal.publish("2026-11-26T10:00:00Z")
    after = journal.objects.stored
    kept = [key for key in before if key.startswith(("summaries/", "journal/", "sets/", "packs/"))]
    changed = {key for key in kept if after[key] != before[key]}
    assert outcome.revised == []
    pages = {
        f"packs/{pack}/1{ending}.html"
        for pack in ("one-time-codes", "prizes")
        for ending in ("", ".id", ".zh")
    }
    assert changed <= {POINTER_KEY, *pages}
    assert "packs/one-time-codes/1.html" in after  # it still explains its findings


def test_p6_workers_that_began_together_look_for_a_new_set_at_different_moments(
    world: World,
) -> None:
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
