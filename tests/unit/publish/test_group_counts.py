"""Near copies and campaigns: a group counts once, and its posts are shown next to it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt, sample_rule
from support.sample_entries import RULE, contest, decision, entry, entry_id, outcome

from cases.kinds import CaseNumbers, by_month, case_lines, case_numbers
from ledger.cases import JournalEntry, is_for_second_review
from ledger.findings import FindingFingerprint
from ledger.units import sum_records
from publish.folding import count_copies
from recount import differences_of
from rules.pack_parts import HASHES

KEY = f"2026-11-25/{RULE}"
GROUP = entry_id("a group")


def group_of(count: int, verdict: str = "confirmed", **changes: Any) -> list[JournalEntry]:
    """The decisions of one look at so many posts."""
    changes = {"group": GROUP} | ({} if verdict == "confirmed" else {"measures": None}) | changes
    return [decision(f"{verdict} {place}", verdict, leads=place == 0,
                     counted={} if place else {KEY: 1}, **changes)
            for place in range(count)]  # fmt: skip


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


def test_a_hurried_look_is_one_and_a_group_is_drawn_with_its_first_decision() -> None:
    assert counted(group_of(5, looked_seconds=2)).under_5_seconds == 1
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


@pytest.fixture
def grouped() -> World:
    """Two groups and a decision; one group falls a month later, and a copy is decided then."""
    world = World()
    digest = world.put_set(sample_pack(campaign="autumn"))
    world.store.add(sample_receipt("2026-11-25", 1, by_rule={live(): 40}, set=digest))
    confirmed = group_of(5)
    dismissed = group_of(3, "dismissed", group=entry_id("another group"))
    complaints = [contest(f"c {place}", confirmed[place]) for place in (1, 2)]
    falls = [outcome(f"o {place}", complaint, day="2026-12-01", group=GROUP,
                     counted={} if place else {KEY: 1})
             for place, complaint in enumerate(complaints)]  # fmt: skip
    late = decision("late", day="2026-12-01", group=GROUP)
    for done in (*confirmed, *dismissed, decision("alone"), *complaints, *falls, late):
        world.store.do(done)
    world.publish("2026-12-02T02:00:00Z")
    return world


def test_precision_counts_groups_once_and_recount_agrees(grouped: World, tmp_path: Path) -> None:
    folder = grouped.copy_to(tmp_path)
    errors = grouped.summary("acme/2026-11-25").errors
    assert (errors.decided, errors.dismissed, errors.with_copies) == (3, 1, 9)
    standing = grouped.summary("acme/2026-12").standing
    cohort = next(one for one in standing.cohorts if one.month == "2026-11")
    assert (cohort.errors.overturned, cohort.errors.with_copies) == (1, 10)
    assert (cohort.errors.decided, cohort.errors.precision) == (3, 0.3333)
    for path in sorted((folder / "summaries").glob("*/*.json")):
        assert list(differences_of(folder, path)) == []
    assert "9 findings with copies" in grouped.text("summaries/acme/2026-11-25.html")
    path = folder / "summaries/acme/2026-11-25.json"
    for name in ("groups", "grouped", "in_groups"):
        summary = grouped.json("summaries/acme/2026-11-25.json")
        del summary["cases"][name]  # type: ignore[attr-defined]
        path.write_bytes(msgspec.json.encode(summary))
        assert any(name in difference for difference in differences_of(folder, path)), name


def test_second_reviews_of_a_group_say_which() -> None:
    first = group_of(2)[0]
    review = entry("r", "second_review", decision=first.entry, about=first, verdict="confirmed",
                   moderator="budi", group=GROUP)  # fmt: skip
    numbers = counted([review])
    assert (numbers.second_reviews, numbers.agreed) == (1, 1)


DAY = "2026-11-25"
ADVERT, ALMOST, OTHER = bytes(HASHES), bytes(HASHES - 9) + b"x" * 9, bytes(range(HASHES))
PRINTS = [FindingFingerprint("f1", live(), ADVERT), FindingFingerprint("f2", live(), ALMOST),
          FindingFingerprint("f3", live().replace("/live", "/shadow"), OTHER),
          FindingFingerprint("f4", live(), OTHER)]  # fmt: skip


@pytest.fixture
def world() -> World:
    made = World()
    digest = made.put_set(sample_pack(campaign="autumn"))
    made.store.add(sample_receipt(DAY, 1, by_rule={live(): 40}, set=digest))
    made.store.keep("acme", DAY, PRINTS)
    return made


def test_groups_are_counted_together_and_by_rule(world: World) -> None:
    world.publish(CLOSED)
    numbers = world.summary(f"acme/{DAY}").numbers
    assert (numbers.copy_findings, numbers.copy_groups) == (4, 2)
    assert numbers.copy_groups_by_rule == {live(): 2, live().replace("/live", "/shadow"): 1}
    assert world.summary("all/2026-11").numbers.copy_groups == 2
    assert not world.summary("all/autumn").numbers.copy_groups, "its packs are a part"
    assert "Near copies of a day are one text" in world.text(f"summaries/acme/{DAY}.html")


def test_a_closed_day_stays_when_its_fingerprints_end_or_go_with_their_author(world: World) -> None:
    world.publish(CLOSED)
    before = dict(world.files)
    world.store.keep("acme", DAY, ())
    world.publish("2026-12-26T02:00:00Z", since=DAY)
    for key in (f"summaries/acme/{DAY}.json", f"journal/acme/{DAY}.jsonl"):
        assert world.files[key] == before[key]


def test_the_journal_holds_counts_and_neither_ids_nor_fingerprints(world: World) -> None:
    world.publish(CLOSED)
    *_, last = world.text(f"journal/acme/{DAY}.jsonl").splitlines()
    line = msgspec.json.decode(last)
    assert line == {"n": 2, "kind": "copies", "algorithm": "minhash-1", "findings": 4, "groups": 2,
                    "by_rule": line["by_rule"]}  # fmt: skip


def test_recount_adds_copies_up_and_names_what_cannot_be(world: World, tmp_path: Path) -> None:
    world.publish(CLOSED)
    folder = world.copy_to(tmp_path)
    paths = sorted((folder / "summaries").glob("*/*.json"))
    assert [list(differences_of(folder, path)) for path in paths] == [[] for _ in paths]
    path = folder / f"summaries/acme/{DAY}.json"
    text = path.read_text()
    path.write_text(text.replace('"copy_groups": 2', '"copy_groups": 3'))
    assert any("copy_groups" in difference for difference in differences_of(folder, path))
    path.write_text(text.replace('"copy_groups": 2,\n', ""))
    assert any("copy_groups" in difference for difference in differences_of(folder, path))


def test_without_fingerprints_nothing_is_published_of_copies(world: World) -> None:
    world.store.keep("acme", DAY, ())
    world.publish(CLOSED)
    assert world.summary(f"acme/{DAY}").numbers.copy_findings == 0
    assert "Near copies of a day are one text" not in world.text(f"summaries/acme/{DAY}.html")


def test_groups_that_were_noted_keep_their_numbers_without_fingerprints() -> None:
    """An author was erased: the first of a group has no fingerprint, and later ones come. The order
    of arrival does not matter."""
    assert count_copies(PRINTS) == count_copies(PRINTS[::-1])
    groups = {"f1": "f1", "f2": "f1", "f3": "f3", "f4": "f3"}
    noted = [one._replace(group=groups[one.finding]) for one in PRINTS]
    erased = [one._replace(fingerprint=b"") if one.finding == "f1" else one for one in noted]
    assert count_copies(erased) == count_copies(PRINTS)
    late = FindingFingerprint("f0", live(), ALMOST)
    assert count_copies([*erased, late]).groups == count_copies(PRINTS).groups


def test_a_campaign_is_its_packs_over_their_days() -> None:
    made = World()
    days = {"from": "2026-11-24", "until": "2026-11-25"}
    bait = sample_pack("bait", rules=[sample_rule("prize")], campaign="autumn", in_force=days)
    digest = made.put_set(sample_pack(), bait, kilat={"packs": []})
    prize = live("prize", "bait")
    for day in ("2026-11-23", "2026-11-24", "2026-11-25"):
        made.store.add(sample_receipt(day, by_rule={live(): 1, prize: 2}, set=digest))
    made.store.add(sample_receipt(provider="kilat"))
    made.publish("2026-11-25T02:00:00Z")
    assert made.summary("acme/autumn").provisional
    made.publish(CLOSED)
    campaign = made.summary("acme/autumn")
    assert (campaign.first_day, campaign.last_day) == ("2026-11-24", "2026-11-25")
    assert campaign.numbers.by_rule == {prize: 4}
    assert [(part.name, part.live) for part in campaign.days] == [("2026-11-24", 2),
        ("2026-11-25", 2)]  # fmt: skip
    assert not campaign.provisional
    assert made.summary("all/autumn").numbers.by_rule == {prize: 4}
    assert "summaries/kilat/autumn.json" not in made.files


@pytest.mark.parametrize("name", ["2026-11", "2026-11-25", "../autumn", "a.b"])
def test_a_campaign_named_like_a_period_or_a_path_gets_no_summary(name: str) -> None:
    """It overwrites nothing and stops nothing: every other summary is as without it."""
    found = []
    for campaign in (None, name):
        made = World()
        digest = made.put_set(sample_pack(), sample_pack("bait", campaign=campaign))
        made.store.add(sample_receipt(by_rule={live(): 3}, set=digest))
        outcome = made.publish(CLOSED)
        assert outcome.unpublishable == ([f"campaign {campaign}"] if campaign else [])
        tables = [key for key in made.files if key.endswith(".csv")]
        found.append({key: made.text(key).replace(digest, "") for key in tables})
        assert "packs/bait/1.html" in made.files
    assert len(found[1]) == 4
    assert found[0] == found[1]
    assert f"<dd>{name}</dd>" in made.text("packs/bait/1.html")


def test_a_campaign_long_over_is_left_as_it_stands() -> None:
    made = World()
    days = {"from": "2026-09-01", "until": "2026-09-02"}
    made.put_set(sample_pack(campaign="summer", in_force=days))
    made.store.add(sample_receipt())
    made.publish(CLOSED)
    assert not made.objects.keys("public", "summaries/acme/summer")
