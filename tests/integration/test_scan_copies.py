"""Units keep keyed fingerprints of found posts with the journal, for 30 days and no longer."""

import msgspec
import pytest
from integration.test_scan_batches import body, deliver
from support.faults import Calls, CrashError
from support.sample_posts import OTP, lines
from support.world import DAY, World

from ledger.findings import FindingFingerprint
from rules.pack_parts import HASHES, are_copies

FILE = lines(OTP, f"{OTP} 🔥", "The market opens at nine, and the fish is fresh")


def kept(world: World) -> list[FindingFingerprint]:
    return world.store.fingerprints("acme", DAY)


def test_near_copies_have_fingerprints_that_are_alike(world: World) -> None:
    world.scan(*world.take_in(FILE))
    first, second = kept(world)
    assert are_copies(first.fingerprint, second.fingerprint)
    assert len(first.fingerprint) == HASHES
    assert {one.finding for one in (first, second)} == set(world.open_findings())
    assert first.rule.endswith("/live")


def test_the_item_has_no_text_and_no_account_and_ends_after_30_days(world: World) -> None:
    world.scan(*world.take_in(FILE))
    [item] = [one for one in world.items() if one["sk"]["S"].startswith("copies#")]
    assert item["pk"]["S"] == f"J#acme#{DAY}#{world.receipts()[0].unit[0]}"
    assert int(item["expires"]["N"]) == world.clock.now().timestamp() + 30 * 86_400
    assert [len(one) for one in msgspec.json.decode(item["record"]["S"])] == [4, 4]
    world.clock.move(days=31)
    assert kept(world) == []


def test_an_attempt_that_dies_counts_nothing_and_its_repeat_counts_it_once(world: World) -> None:
    [unit] = world.take_in(FILE)
    calls = Calls(fatal=9)
    with pytest.raises(CrashError):
        world.scanner(calls.through(world.store)).scan_range(unit)
    assert calls.names[-1] == "put_fingerprints"
    assert kept(world) == []
    world.scan(unit)
    before = kept(world)
    world.scan(unit)
    assert kept(world) == before
    assert len(before) == 2


def test_messages_of_a_batch_keep_theirs_under_the_batch(world: World) -> None:
    deliver(world, *(body(name, OTP) for name in "abc"))
    [receipt] = world.receipts()
    [item] = [one for one in world.items() if one["sk"]["S"].startswith("copies#")]
    assert item["sk"]["S"] == f"copies#{receipt.unit}#00000000"
    assert len(kept(world)) == 3
