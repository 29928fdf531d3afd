"""Each unit gives posts that no rule met to the audit sample, and nothing of them but their ids."""

import msgspec
import pytest
from support.canary import ACCOUNT
from support.faults import Calls, CrashError
from support.sample_posts import OTP, PRIZE, line, lines
from support.world import DAY, SECRET, World

from ledger.findings import SampledPost, draw_sample, month_audit_key

QUIET = ("The market opens at nine", "Rain is due", "The road is closed")
FILE = lines(OTP, *QUIET, PRIZE) + line(id="bad", audience="followers") + b"\n"

BEFORE_COMMIT = 11
"""The number of the store's call that puts the sample, as a test checks."""


def expected(world: World, month: str, *posts: str) -> list[SampledPost]:
    drawn = draw_sample(month_audit_key(SECRET, month), "acme", posts)
    return [SampledPost(*one, world.pseudonym(ACCOUNT)) for one in drawn]


def test_posts_that_no_rule_met_are_drawn_and_flagged_ones_never(world: World) -> None:
    """A rule in shadow flags as a live one does; what was refused is no post."""
    world.scan(*world.take_in(FILE))
    assert world.store.samples("acme", DAY) == expected(world, "2026-11", "p1", "p2", "p3")


def test_a_post_flagged_in_one_of_its_texts_is_not_drawn(world: World) -> None:
    world.scan(*world.take_in(lines(QUIET[0]) + lines(OTP) + lines(QUIET[1], start=1)))
    assert world.store.samples("acme", DAY) == expected(world, "2026-11", "p1")


def test_a_finding_that_another_unit_put_first_flags_all_the_same(world: World) -> None:
    world.scan(*world.take_in(lines(OTP)))
    world.scan(*world.take_in(lines(OTP, *QUIET), "more.jsonl"))
    assert world.store.samples("acme", DAY) == expected(world, "2026-11", "p1", "p2", "p3")


def test_repeats_change_no_sample(world: World) -> None:
    world.scan(*world.take_in(FILE))
    before = world.state()["items"]
    world.clock.move(days=7)
    [again] = world.take_in(FILE, "again.jsonl")
    world.scan(again)
    samples = [key for key in world.state()["items"] if key[1].startswith("sample#")]
    assert samples == [key for key in before if key[1].startswith("sample#")]


def test_the_month_is_that_of_the_commit(world: World) -> None:
    """A worker that died on the last day of a month leaves a part that no receipt speaks of."""
    world.clock.move(days=5)
    [unit] = world.take_in(FILE)
    calls = Calls(fatal=BEFORE_COMMIT)
    dying = world.scanner(calls.through(world.store))
    with pytest.raises(CrashError):
        dying.scan_range(unit)
    assert calls.names[-1] == "put_sample"
    world.clock.move(days=1)
    world.scan(unit)
    assert world.receipts("2026-11-30") == []
    for day, month in {"2026-11-30": "2026-11", "2026-12-01": "2026-12"}.items():
        drawn = [one[:2] for one in expected(world, month, "p1", "p2", "p3")]
        assert [sample[:2] for sample in world.store.samples("acme", day)] == drawn


def test_the_item_has_no_text_and_no_account_and_ends_after_90_days(world: World) -> None:
    world.scan(*world.take_in(FILE))
    [item] = [one for one in world.items() if one["sk"]["S"].startswith("sample#")]
    assert item["pk"]["S"] == f"J#acme#{DAY}#{world.receipts()[0].unit[0]}"
    assert int(item["expires"]["N"]) == world.clock.now().timestamp() + 90 * 86_400
    stored = item["record"]["S"]
    assert [post for post, _, _ in msgspec.json.decode(stored)] == [
        one.post for one in expected(world, "2026-11", "p1", "p2", "p3")
    ]
    for word in ("market", ACCOUNT):
        assert word not in stored


def test_a_unit_without_such_a_post_has_none(world: World) -> None:
    world.scan(*world.take_in(lines(OTP)))
    assert world.store.samples("acme", DAY) == []


def test_the_months_key_is_left_for_whoever_publishes_it(world: World) -> None:
    """Once by a worker and month: it is the same each time."""
    calls = Calls()
    scanner = world.scanner(calls.through(world.store))
    for number in range(2):
        [unit] = world.take_in(lines(*QUIET, start=number), f"{number}.jsonl")
        scanner.scan_range(unit)
    assert calls.names.count("put_audit_key") == 1
    [item] = [one for one in world.items() if one["pk"]["S"] == "L#audit"]
    assert (item["sk"]["S"], item["key"]["S"]) == ("2026-11",
        month_audit_key(SECRET, "2026-11").hex())  # fmt: skip
