"""A rule that hits too much of a provider's day is held until somebody looks."""

from dataclasses import dataclass, field

import pytest
from support.publish_world import sample_receipt
from support.sample_posts import StandingClock

from ledger.findings import FloodTotal
from ledger.units import Receipt
from scan.flood_guard import EXCHANGE_SECONDS, FloodGuard, FloodLimits

DAY, RULE = "2026-11-25", "codes/asks"


def counted(posts: int, worker: str = "other", **hits: int) -> FloodTotal:
    """What a worker counted; `codes__asks=2` counts two hits of a rule."""
    return FloodTotal(worker, posts, {rule.replace("__", "/"): n for rule, n in hits.items()})


@dataclass(slots=True)
class Days:
    """What workers counted, and floods, by provider and day, as a store gives them."""

    totals: dict[tuple[str, str], dict[str, FloodTotal]] = field(default_factory=dict)
    standing: dict[tuple[str, str], dict[str, bool]] = field(default_factory=dict)
    read: int = 0
    written: int = 0

    def flood_totals(self, provider: str, day: str) -> list[FloodTotal]:
        self.read += 1
        return list(self.totals.get((provider, day), {}).values())

    def put_flood_total(self, provider: str, day: str, total: FloodTotal, expires: int) -> None:
        assert expires > 0
        self.written += 1
        self.totals.setdefault((provider, day), {})[total.worker] = total

    def tell(self, *totals: FloodTotal) -> None:
        """Other workers write their rows of acme's day."""
        for total in totals:
            self.put_flood_total("acme", DAY, total, 1)

    def floods(self, provider: str, day: str) -> dict[str, bool]:
        return dict(self.standing.get((provider, day), {}))


def decide(
    days: Days, guard: FloodGuard, provider: str, day: str, posts: int, hits: dict[str, int],
    **expected: int,
) -> frozenset[str]:  # fmt: skip
    """Decide, store the new rules, and commit, as a unit does; return the held rules."""
    held = try_once(days, guard, provider, day, posts, hits, **expected)
    guard.count(receipt(provider, day, posts, hits))
    return held


def receipt(
    provider: str, day: str, posts: int, hits: dict[str, int], mode: str = "live"
) -> Receipt:
    rules = {rule.replace("/", "/3/") + f"/{mode}": count for rule, count in hits.items()}
    return sample_receipt(day, 1, provider, inspected=posts, refused={}, by_rule=rules)


def try_once(
    days: Days, guard: FloodGuard, provider: str, day: str, posts: int, hits: dict[str, int],
    **expected: int,
) -> frozenset[str]:  # fmt: skip
    """Decide and store the new rules; then the unit is not committed."""
    decision = guard.decide(provider, day, posts, hits, expected)
    new = {question.rule for question in decision.questions}
    assert new <= decision.held
    floods = days.standing.setdefault((provider, day), {})
    assert not new & floods.keys()
    floods.update(dict.fromkeys(new, False))
    return decision.held


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def guard(days: Days, clock: StandingClock) -> FloodGuard:
    return FloodGuard(days, clock, FloodLimits(20, 1000))


@pytest.mark.parametrize(
    ("posts", "hits", "flooded"),
    [(1000, 20, False), (1000, 21, True), (999, 999, False), (5000, 100, False), (5000, 101, True)],
    ids=["20 of a thousand", "21 of a thousand", "a small day", "100 of 5,000", "101 of 5,000"],
)
def test_the_limit_is_a_share_of_a_large_day(posts: int, hits: int, flooded: bool) -> None:
    assert FloodLimits(20, 1000).flooded(posts, {RULE: hits}, {}) == ({RULE} if flooded else set())


def test_the_day_so_far_and_the_unit_at_hand_count_together(days: Days, guard: FloodGuard) -> None:
    days.tell(counted(500, "one", codes__asks=9), counted(400, "two", codes__asks=11))
    assert decide(days, guard, "acme", DAY, 100, {RULE: 1}) == {RULE}
    assert days.standing == {("acme", DAY): {RULE: False}}


def test_the_units_of_this_worker_count_at_once(days: Days, guard: FloodGuard) -> None:
    assert decide(days, guard, "acme", DAY, 990, {RULE: 20}) == set()
    assert decide(days, guard, "acme", DAY, 10, {RULE: 1}) == {RULE}


def test_the_units_of_other_workers_count_after_a_minute(days: Days, guard: FloodGuard,
        clock: StandingClock) -> None:  # fmt: skip
    assert decide(days, guard, "acme", DAY, 1, {RULE: 1}) == set()
    days.tell(counted(1000, codes__asks=500))
    clock.move(seconds=EXCHANGE_SECONDS)
    assert decide(days, guard, "acme", DAY, 1, {RULE: 1}) == set()
    clock.move(seconds=1)
    assert decide(days, guard, "acme", DAY, 1, {RULE: 1}) == {RULE}


def test_a_unit_counts_when_it_is_committed_not_when_tried(days: Days, guard: FloodGuard) -> None:
    for _ in range(5):
        assert try_once(days, guard, "acme", DAY, 500, {RULE: 11}) == set()
    assert decide(days, guard, "acme", DAY, 500, {RULE: 11}) == set()
    assert decide(days, guard, "acme", DAY, 500, {RULE: 11}) == {RULE}


def test_shadow_findings_do_not_count(days: Days, guard: FloodGuard) -> None:
    guard.count(receipt("acme", DAY, 2000, {RULE: 900}, mode="shadow"))
    assert decide(days, guard, "acme", DAY, 0, {RULE: 1}) == set()


def test_a_worker_replaces_its_own_row_and_does_not_count_it_twice(days: Days, guard: FloodGuard,
        clock: StandingClock) -> None:  # fmt: skip
    for _ in range(3):
        assert decide(days, guard, "acme", DAY, 400, {RULE: 8}) == set()
        clock.move(seconds=EXCHANGE_SECONDS + 1)
    assert list(days.totals["acme", DAY].values()) == [counted(1200, guard.worker, codes__asks=24)]


def test_workers_that_see_little_hold_a_rule_together(days: Days, clock: StandingClock) -> None:
    """No worker sees a thousand posts, the provider's day has them all the same."""
    workers = [FloodGuard(days, clock, FloodLimits(20, 1000)) for _ in range(4)]
    held = [decide(days, worker, "acme", DAY, 300, {RULE: 7}) for worker in workers]
    assert held == [set(), set(), set(), {RULE}]


def test_providers_and_days_are_kept_apart(days: Days, guard: FloodGuard) -> None:
    assert decide(days, guard, "acme", DAY, 1000, {RULE: 900}) == {RULE}
    assert decide(days, guard, "others", DAY, 1000, {RULE: 1}) == set()
    assert decide(days, guard, "acme", "2026-11-26", 1000, {RULE: 1}) == set()
    assert decide(days, guard, "acme", DAY, 1000, {RULE: 1}) == {RULE}


def test_two_providers_in_turn_do_not_read_all_each_time(days: Days, guard: FloodGuard) -> None:
    for _ in range(5):
        decide(days, guard, "acme", DAY, 1, {RULE: 1})
        decide(days, guard, "others", DAY, 1, {RULE: 1})
    assert (days.read, days.written) == (2, 2)


def test_a_unit_without_hits_reads_nothing_and_counts(days: Days, guard: FloodGuard) -> None:
    assert decide(days, guard, "acme", DAY, 1000, {}) == set()
    assert days.read == 0
    assert try_once(days, guard, "acme", DAY, 500, {RULE: 30}) == set()
    assert try_once(days, guard, "acme", DAY, 500, {RULE: 31}) == {RULE}


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
