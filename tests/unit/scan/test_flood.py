"""A rule that hits too much of a provider's day is held until somebody looks."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import msgspec
import pytest
from support.sample_posts import StandingClock

from ledger.records.receipt import Receipt
from scan.flood_guard import TOTALS_SECONDS, FloodGuard, FloodLimits

if TYPE_CHECKING:
    from ledger.ports import Store

DAY, RULE = "2026-11-25", "codes/asks"


def receipt(inspected: int, **by_rule: int) -> Receipt:
    """A receipt of so many posts; `codes__3__asks__live=2` counts two."""
    counts = {key.replace("__", "/"): count for key, count in by_rule.items()}
    empty = Receipt(
        unit="ab", provider="acme", kind="message", source="", bytes=0, lines=0, records=0,
        inspected=0, refused={}, findings=0, findings_digest="", repeats=0, by_rule={},
        by_language={}, set="", at="",
    )  # fmt: skip
    return msgspec.structs.replace(empty, inspected=inspected, by_rule=counts)


@dataclass(slots=True)
class Days:
    """Receipts and floods by provider and day, as a store gives them."""

    journal: dict[tuple[str, str], list[Receipt]] = field(default_factory=dict)
    standing: dict[tuple[str, str], dict[str, bool]] = field(default_factory=dict)
    folded: int = 0

    def receipts(self, provider: str, day: str) -> list[Receipt]:
        self.folded += 1
        return self.journal.get((provider, day), [])

    def floods(self, provider: str, day: str) -> dict[str, bool]:
        return dict(self.standing.get((provider, day), {}))


def decide(
    days: Days, guard: FloodGuard, provider: str, day: str, posts: int, hits: dict[str, int],
    **expected: int,
) -> frozenset[str]:  # fmt: skip
    """Decide, and store the new rules as a unit does; the held ones."""
    decision = guard.decide(provider, day, posts, hits, expected)
    assert decision.new <= decision.held
    floods = days.standing.setdefault((provider, day), {})
    assert not decision.new & floods.keys()
    floods.update(dict.fromkeys(decision.new, False))
    return decision.held


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def guard(days: Days, clock: StandingClock) -> FloodGuard:
    return FloodGuard(cast("Store", days), clock, FloodLimits(20, 1000))


@pytest.mark.parametrize(
    ("posts", "hits", "flooded"),
    [(1000, 20, False), (1000, 21, True), (999, 999, False), (5000, 100, False), (5000, 101, True)],
    ids=["20 of a thousand", "21 of a thousand", "a small day", "100 of 5,000", "101 of 5,000"],
)
def test_the_limit_is_a_share_of_a_day_that_is_large_enough(
    posts: int, hits: int, flooded: bool
) -> None:
    assert FloodLimits(20, 1000).flooded(posts, {RULE: hits}, {}) == ({RULE} if flooded else set())


def test_the_day_so_far_and_the_unit_at_hand_count_together(days: Days, guard: FloodGuard) -> None:
    days.journal["acme", DAY] = [
        receipt(500, codes__3__asks__live=9), receipt(400, codes__2__asks__live=11)
    ]  # fmt: skip
    assert decide(days, guard, "acme", DAY, 100, {RULE: 1}) == {RULE}
    assert days.standing == {("acme", DAY): {RULE: False}}


def test_shadow_findings_do_not_count(days: Days, guard: FloodGuard) -> None:
    days.journal["acme", DAY] = [receipt(2000, codes__3__asks__shadow=900)]
    assert decide(days, guard, "acme", DAY, 0, {RULE: 1}) == set()


def test_the_units_of_this_worker_count_at_once(days: Days, guard: FloodGuard) -> None:
    assert decide(days, guard, "acme", DAY, 990, {RULE: 20}) == set()
    assert decide(days, guard, "acme", DAY, 10, {RULE: 1}) == {RULE}


def test_the_units_of_other_workers_count_after_a_minute(
    days: Days, guard: FloodGuard, clock: StandingClock
) -> None:
    assert decide(days, guard, "acme", DAY, 1, {RULE: 1}) == set()
    days.journal["acme", DAY] = [receipt(1000, codes__3__asks__live=500)]
    clock.move(seconds=TOTALS_SECONDS)
    assert decide(days, guard, "acme", DAY, 1, {RULE: 1}) == set()
    clock.move(seconds=1)
    assert decide(days, guard, "acme", DAY, 1, {RULE: 1}) == {RULE}


def test_providers_and_days_are_kept_apart(days: Days, guard: FloodGuard) -> None:
    assert decide(days, guard, "acme", DAY, 1000, {RULE: 900}) == {RULE}
    assert decide(days, guard, "others", DAY, 1000, {RULE: 1}) == set()
    assert decide(days, guard, "acme", "2026-11-26", 1000, {RULE: 1}) == set()
    assert decide(days, guard, "acme", DAY, 1000, {RULE: 1}) == {RULE}


def test_two_providers_in_turn_do_not_fold_the_day_each_time(days: Days, guard: FloodGuard) -> None:
    for _ in range(5):
        decide(days, guard, "acme", DAY, 1, {RULE: 1})
        decide(days, guard, "others", DAY, 1, {RULE: 1})
    assert days.folded == 2


def test_a_unit_without_hits_reads_nothing_and_counts(days: Days, guard: FloodGuard) -> None:
    assert decide(days, guard, "acme", DAY, 1000, {}) == set()
    assert days.folded == 0
    assert decide(days, guard, "acme", DAY, 500, {RULE: 1}) == set()
    assert decide(days, guard, "acme", DAY, 499, {}) == set()
    assert decide(days, guard, "acme", DAY, 1, {RULE: 20}) == {RULE}


def test_other_rules_are_not_held(days: Days, guard: FloodGuard) -> None:
    assert decide(days, guard, "acme", DAY, 1000, {RULE: 900, "codes/other": 3}) == {RULE}


def test_a_rule_stays_held_and_a_lifted_one_stays_lifted(days: Days, guard: FloodGuard) -> None:
    days.standing["acme", DAY] = {RULE: False, "codes/other": True}
    assert decide(days, guard, "acme", DAY, 5000, {RULE: 1, "codes/other": 4999}) == {RULE}
    assert days.standing["acme", DAY] == {RULE: False, "codes/other": True}


def test_a_pack_may_expect_more(days: Days, guard: FloodGuard) -> None:
    """Where a tenth of the comments are adverts, a rule that works would be held all day."""
    hits = {RULE: 100, "other/asks": 21}
    assert decide(days, guard, "acme", DAY, 1000, hits, codes=120) == {"other/asks"}
    assert decide(days, guard, "acme", DAY, 1000, {RULE: 141}, codes=120) == {"other/asks", RULE}


def test_a_pack_that_expects_little_is_held_no_earlier(days: Days, guard: FloodGuard) -> None:
    assert decide(days, guard, "acme", DAY, 1000, {RULE: 20}, codes=1) == frozenset()
