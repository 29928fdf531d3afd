"""A group of near copies that was decided as one counts once; its posts are shown next to it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.publish_world import World, live, sample_pack, sample_receipt
from support.sample_entries import RULE, contest, decision, entry, entry_id, outcome

from cases.kinds import CaseNumbers, by_month, case_lines, case_numbers
from ledger.cases import JournalEntry, is_for_second_review
from ledger.units import sum_records
from recount.recount import differences_of

KEY = f"2026-11-25/{RULE}"
GROUP = entry_id("a group")


def group_of(count: int, verdict: str = "confirmed", **changes: Any) -> list[JournalEntry]:
    """The decisions of one look at so many posts."""
    changes = {"group": GROUP} | ({} if verdict == "confirmed" else {"measures": None}) | changes
    return [
        decision(f"{verdict} {place}", verdict, leads=place == 0, counted={} if place else {KEY: 1},
                 **changes)
        for place in range(count)
    ]  # fmt: skip


def counted(entries: Iterable[JournalEntry]) -> CaseNumbers:
    return case_numbers(case_lines(entries, {"lia": "A", "budi": "B"}, 1))


def test_how_good_a_rule_is_counts_a_group_once_and_the_rest_counts_its_posts() -> None:
    numbers = counted(group_of(5))
    assert numbers.by_rule == {f"{KEY}/confirmed": 1}
    assert numbers.in_groups == {f"{KEY}/confirmed": 4}
    assert (numbers.decisions, numbers.decided, numbers.groups, numbers.grouped) == (5, 5, 1, 5)
    assert numbers.by_moderator == {"A/confirmed": 1}
    assert numbers.posts == {"2026-11-25/SCAMS_AND_FRAUD/confirmed": 5}
    assert numbers.by_found_day == {"2026-11-25": 5}
    assert numbers.by_measure == {"DECISION_VISIBILITY_CONTENT_REMOVED": 5}


def test_a_hurried_look_is_one() -> None:
    assert counted(group_of(5, looked_seconds=2)).under_5_seconds == 1


def test_a_group_that_is_drawn_shows_it_on_its_first_decision() -> None:
    drawn = next(name for n in range(99) if is_for_second_review(name := entry_id(f"group {n}")))
    assert counted(group_of(5, group=drawn)).drawn == 1


def test_lines_of_a_group_share_a_name_that_is_not_its_id() -> None:
    lines = case_lines(group_of(3), {}, 1)
    [name] = {line.group for line in lines}
    assert len(name) == 12
    assert name not in GROUP


def test_numbers_of_groups_add_up_over_days_and_months() -> None:
    days = [counted(group_of(5)), counted([decision("d")])]
    month = sum_records(CaseNumbers, map(by_month, days))
    assert month.in_groups == {f"2026-11/{RULE}/confirmed": 4}
    assert (month.groups, month.grouped, month.decisions) == (1, 5, 6)


def _published(tmp_path: Path) -> tuple[World, Path]:
    """Two groups and a decision; one group falls a month later, and a copy is decided then."""
    world = World()
    digest = world.put_set(sample_pack(campaign="autumn"))
    world.store.add(sample_receipt("2026-11-25", 1, by_rule={live(): 40}, set=digest))
    confirmed = group_of(5)
    dismissed = group_of(3, "dismissed", group=entry_id("another group"))
    complaints = [contest(f"c {place}", confirmed[place]) for place in (1, 2)]
    falls = [
        outcome(f"o {place}", complaint, day="2026-12-01", group=GROUP,
                counted={} if place else {KEY: 1})
        for place, complaint in enumerate(complaints)
    ]  # fmt: skip
    late = decision("late", day="2026-12-01", group=GROUP)
    for done in (*confirmed, *dismissed, decision("alone"), *complaints, *falls, late):
        world.store.do(done)
    world.publish("2026-12-02T02:00:00Z")
    return world, world.copy_to(tmp_path)


def test_precision_counts_groups_once_and_recount_agrees(tmp_path: Path) -> None:
    world, folder = _published(tmp_path)
    errors = world.summary("acme/2026-11-25").errors
    assert (errors.decided, errors.dismissed, errors.with_copies) == (3, 1, 9)
    standing = world.summary("acme/2026-12").standing
    assert standing is not None
    cohort = next(one for one in standing.cohorts if one.month == "2026-11")
    assert (cohort.errors.overturned, cohort.errors.with_copies) == (1, 10)
    assert (cohort.errors.decided, cohort.errors.precision) == (3, 0.3333)
    for path in sorted((folder / "summaries").glob("*/*.json")):
        assert list(differences_of(folder, path)) == []
    page = world.text("summaries/acme/2026-11-25.html")
    assert "9 findings with copies" in page


@pytest.mark.parametrize("name", ["groups", "grouped", "in_groups"])
def test_a_number_of_groups_that_is_left_out_is_named(tmp_path: Path, name: str) -> None:
    _, folder = _published(tmp_path)
    path = folder / "summaries/acme/2026-11-25.json"
    summary = msgspec.json.decode(path.read_bytes())
    del summary["cases"][name]
    path.write_bytes(msgspec.json.encode(summary))
    assert any(name in difference for difference in differences_of(folder, path))


def test_second_reviews_of_a_group_say_which() -> None:
    first = group_of(2)[0]
    review = entry("r", "second_review", decision=first.entry, about=first, verdict="confirmed",
                   moderator="budi", group=GROUP)  # fmt: skip
    numbers = counted([review])
    assert (numbers.second_reviews, numbers.agreed) == (1, 1)
