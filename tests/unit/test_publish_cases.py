"""Cases as they are published: day by day, month by month, and never rewritten afterwards."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from unit.publish_world import World, live, sample_pack, sample_receipt, sample_rule
from unit.sample_entries import contest, decision, entry, outcome

from ledger.audit_sample import SampledPost
from ledger.case_entry import JournalEntry
from ledger.letters import letters_of
from summary import Summary, decode_summary
from terang.recount import recount_command

RULE = live()
NAME = RULE.rpartition("/")[0]


def world(**found: int) -> World:
    """A world with one set; acme has so many findings of the rule on days such as d20261125."""
    made = World()
    digest = made.put_set(sample_pack())
    for number, (day, count) in enumerate(found.items()):
        written = f"{day[1:5]}-{day[5:7]}-{day[7:]}"
        made.store.add(sample_receipt(written, number, by_rule={RULE: count}, set=digest))
    return made


def do(made: World, *entries: JournalEntry) -> None:
    for one in entries:
        made.store.do(one)


def summary(made: World, path: str) -> Summary:
    return decode_summary(made.objects.stored[f"summaries/{path}.json"])


def recounted(made: World, folder: Path) -> int:
    for key, data in made.objects.stored.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return recount_command(argparse.Namespace(folder=folder))


def decided(number: int, verdict: str, **more: Any) -> list[JournalEntry]:
    return [decision(f"{verdict} {n}", verdict, **more) for n in range(number)]


def test_lines_on_cases_follow_the_receipts_in_the_public_journal() -> None:
    made = world(d20261125=4)
    do(made, decision("d"), entry("n", "notice", category="VIOLENCE", items=1))
    made.publish("2026-11-26T02:00:00Z")
    lines = list(map(json.loads, made.text("journal/acme/2026-11-25.jsonl").splitlines()))
    assert [line["kind"] for line in lines] == ["range", "case", "case"]
    assert [line["n"] for line in lines] == [1, 2, 3]
    day = summary(made, "acme/2026-11-25")
    assert day.journal[0].lines == 3
    assert (day.cases.decisions, day.cases.notices) == (1, 1)


def test_a_day_and_its_month_tell_precision_of_their_own_findings_and_its_interval() -> None:
    made = world(d20261124=5, d20261125=20)
    do(made, *decided(6, "confirmed"), *decided(2, "dismissed", measures=None))
    do(made, decision("old", "dismissed", found="2026-11-24", measures=None))
    made.publish("2026-11-26T02:00:00Z")
    day, month = summary(made, "acme/2026-11-25"), summary(made, "acme/2026-11")
    assert (day.errors.decided, day.errors.precision) == (8, 0.75)
    assert (month.errors.decided, month.errors.dismissed) == (9, 3)
    assert month.errors.by_rule[NAME].low < 6 / 9 < month.errors.by_rule[NAME].high  # type: ignore[operator]
    assert (month.errors.as_of, month.days[-1].decided) == ("2026-11-25", 9)
    assert day.cases.decided == 9  # the decisions of the day, whenever the finding


def test_open_findings_are_told_by_age_at_the_end_of_the_month() -> None:
    made = world(d20261101=3, d20261125=4)
    do(made, decision("d", found="2026-11-01"))
    made.publish("2026-11-26T02:00:00Z")
    standing = summary(made, "acme/2026-11").standing
    assert standing is not None
    assert standing.open_findings == {"2026-11-01": 2, "2026-11-25": 4}
    assert [count for _, count in standing.ages()] == [4, 0, 2, 0]


def test_a_later_decision_changes_the_later_month_and_never_the_closed_one(
    tmp_path: Path,
) -> None:
    made = world(d20261125=10, d20261130=1)
    do(made, *decided(6, "confirmed"))
    made.publish("2026-12-01T02:00:00Z")
    closed = made.objects.stored["summaries/acme/2026-11.json"]
    late = decision("late", "dismissed", day="2026-12-02", measures=None)
    fell = contest("c", decision("confirmed 0"))
    do(made, late, outcome("o", fell, day="2026-12-02"))
    made.publish("2026-12-03T02:00:00Z")
    assert made.objects.stored["summaries/acme/2026-11.json"] == closed
    december = summary(made, "acme/2026-12")
    assert december.standing is not None
    assert december.standing.before is not None
    assert december.standing.before.period == "2026-11"
    own, november = december.standing.cohorts
    assert (own.month, own.errors.decided) == ("2026-12", None)
    assert (november.errors.decided, november.errors.overturned) == (7, 1)
    assert november.errors.precision == round(5 / 7, 4)
    assert december.standing.open_findings == {"2026-11-25": 3, "2026-11-30": 1}
    assert (december.cases.overturned, december.errors.decided) == (1, None)
    assert recounted(made, tmp_path) == 0


def test_a_late_entry_of_a_closed_day_is_a_revision_that_says_so() -> None:
    made = world(d20261125=4)
    made.publish("2026-11-26T02:00:00Z")
    do(made, decision("d"))
    made.publish("2026-11-26T03:00:00Z")
    day = summary(made, "acme/2026-11-25")
    assert (day.revision, day.why_revised) == (
        2,
        "Case entries came to the journal after revision 1.",
    )
    assert ("cases.decisions", 0, 1) in [(c.measure, c.before, c.after) for c in day.changes]


def test_overturned_decisions_stand_as_large_as_findings() -> None:
    made = world(d20261125=4)
    first = decision("d")
    do(made, first, outcome("o", contest("c", first), day="2026-11-25"))
    made.publish("2026-11-26T02:00:00Z")
    for path in ("acme/2026-11-25", "all/2026-11"):
        page = made.text(f"summaries/{path}.html")
        assert '<dt>Overturned</dt><dd class="big">1</dd>' in page
        assert '<dt>Live findings</dt><dd class="big">4</dd>' in page
        assert "People took 1 decision; 1 decision was overturned." in page


def test_moderators_are_letters_and_few_decisions_give_no_share() -> None:
    made = world(d20261125=60)
    do(made, *decided(20, "confirmed"), *decided(3, "dismissed", moderator="budi", measures=None))
    made.publish("2026-11-26T02:00:00Z")
    month = summary(made, "acme/2026-11")
    assert sorted(month.cases.by_moderator.values()) == [3, 20]
    page = made.text("summaries/acme/2026-11.html")
    assert "1 moderator with fewer decisions is not told of" in page
    for data in (page, made.text("journal/acme/2026-11-25.jsonl")):
        assert "lia" not in data
        assert "budi" not in data


def test_letters_hold_for_a_month_and_are_dealt_anew_in_the_next() -> None:
    store = World().store
    assert letters_of(store, "acme", "2026-11", ["lia", "budi", "lia"], 0) == {
        "lia": "A",
        "budi": "B",
    }
    assert letters_of(store, "acme", "2026-11", ["sari", "budi"], 0)["sari"] == "C"
    assert letters_of(store, "acme", "2026-12", ["budi", ""], 0) == {"budi": "A"}


def test_two_that_deal_letters_at_once_deal_none_twice() -> None:
    store = World().store

    class Late:
        """Reads the letters, and before it writes another has dealt one."""

        looks = 0

        def letters(self, provider: str, month: str) -> dict[str, str]:
            found = store.letters(provider, month)
            if not self.looks:
                store.put_letter(provider, month, "A", "other", 0)
            self.looks += 1
            return found

        put_letter = store.put_letter

    assert letters_of(Late(), "acme", "2026-11", ["lia"], 0) == {"other": "A", "lia": "B"}


def test_a_rule_that_people_find_wrong_is_paused_visibly_and_once() -> None:
    made = world(d20261125=40)
    do(made, *decided(2, "confirmed"), *decided(18, "dismissed", measures=None))
    outcome_of_run = made.publish("2026-11-26T02:00:00Z")
    assert [(one.provider, one.rule) for one in outcome_of_run.paused] == [
        ("acme", "one-time-codes/asks-for-code")
    ]
    current = made.json("sets/current.json")["set"]
    held = made.json(f"sets/{current}.json")
    (pause,) = held["providers"]["acme"]["paused"]  # type: ignore[index]
    assert pause["since"] == "2026-11-26T02:00:00Z"
    assert "of 20 findings of version 1 that people decided by 2026-11-25, 2 stand" in pause["why"]
    month = summary(made, "acme/2026-11")
    assert [note.rule for note in month.paused] == ["one-time-codes/asks-for-code"]
    assert "Paused rules." in made.text("summaries/acme/2026-11.html")
    assert "Paused for acme." in made.text("packs/one-time-codes/1.html")
    assert not made.publish("2026-11-26T03:00:00Z").paused


@pytest.mark.parametrize(
    ("confirmed", "dismissed"),
    [
        pytest.param(0, 9, id="nine are too few"),
        pytest.param(4, 8, id="the interval still reaches one half"),
        pytest.param(15, 5, id="it is right"),
    ],
)
def test_a_rule_that_may_be_right_is_not_paused(confirmed: int, dismissed: int) -> None:
    made = world(d20261125=40)
    do(made, *decided(confirmed, "confirmed"), *decided(dismissed, "dismissed", measures=None))
    assert not made.publish("2026-11-26T02:00:00Z").paused


def test_a_higher_version_starts_with_a_clean_slate() -> None:
    made = world(d20261125=40)
    do(made, *decided(20, "dismissed", measures=None))
    made.put_set(sample_pack(version=2))
    assert not made.publish("2026-11-26T02:00:00Z").paused


def test_another_provider_s_rule_goes_on() -> None:
    made = world(d20261125=40)
    made.store.add(sample_receipt("2026-11-25", 9, provider="kilat"))
    do(made, *decided(20, "dismissed", measures=None))
    made.publish("2026-11-26T02:00:00Z")
    current = made.json("sets/current.json")["set"]
    providers = made.json(f"sets/{current}.json")["providers"]
    assert list(providers) == ["acme"]  # type: ignore[call-overload]


def test_a_campaign_tells_what_people_decided_on_its_own_rules(tmp_path: Path) -> None:
    made = World()
    digest = made.put_set(
        sample_pack(campaign="autumn"), sample_pack("threats", rules=[sample_rule("names-a-place")])
    )
    other = "threats/1/names-a-place/live"
    made.store.add(sample_receipt(by_rule={RULE: 3, other: 2}, set=digest))
    do(made, decision("d"), decision("e", "dismissed", rules={other: 1}, measures=None))
    made.publish("2026-11-26T02:00:00Z")
    campaign = summary(made, "acme/autumn")
    assert (campaign.errors.decided, campaign.errors.precision) == (1, 1.0)
    assert (campaign.cases.decided, campaign.cases.decisions, campaign.standing) == (1, 0, None)
    assert recounted(made, tmp_path) == 0


def test_the_sample_of_the_month_is_handed_out_and_its_key_published_after_it() -> None:
    made = world(d20261125=1)
    made.store.sampled["acme", "2026-11-25"] = [
        SampledPost(f"p-{n}", f"{n:032x}", "k:a") for n in range(300)
    ]
    made.store.audit_keys["2026-11"] = "ab" * 32
    made.publish("2026-11-26T02:00:00Z")
    drawn = made.text("out/acme/audit/2026-11.jsonl").splitlines()
    assert len(drawn) == 200
    assert json.loads(drawn[0]) == {"post": "p-0", "rank": "0" * 32, "account": "k:a"}
    assert "audit/2026-11.json" not in made.objects.stored
    made.store.sampled["acme", "2026-11-26"] = [
        SampledPost("q", "0" * 31 + "1", "k:b"),
        SampledPost("p-0", "0" * 32, "k:a"),
    ]
    made.publish("2026-12-01T02:00:00Z")
    assert len(made.text("out/acme/audit/2026-11.jsonl").splitlines()) == 200
    assert '"post":"q"' in made.text("out/acme/audit/2026-11.jsonl").splitlines()[2]
    assert made.json("audit/2026-11.json")["key"] == "ab" * 32


def corrected(about: JournalEntry, day: str = "2026-11-25", why: str = "withdrawn") -> JournalEntry:
    """A published check changed on which the findings of a decision rest."""
    return entry(
        f"correction of {about.entry}", "correction", day, decision=about.entry, about=about,
        category=about.category, found=about.found, why=why, check="https://check.example/1",
    )  # fmt: skip


@pytest.mark.parametrize("verdict", ["confirmed", "dismissed"])
def test_a_verdict_that_rested_on_a_changed_check_counts_no_longer(
    verdict: str, tmp_path: Path
) -> None:
    made = world(d20261125=3)
    first, *others = decided(2, verdict, **({} if verdict == "confirmed" else {"measures": None}))
    do(made, first, *others, corrected(first))
    made.publish("2026-12-01T02:00:00Z")
    day, month = summary(made, "acme/2026-11-25"), summary(made, "acme/2026-11")
    assert (day.cases.decided, day.cases.checks_changed) == (2, {"withdrawn": 1})
    assert day.errors.decided == 1
    assert day.errors.dismissed == (verdict == "dismissed")
    assert month.standing is not None
    assert month.standing.open_findings == {"2026-11-25": 2}
    assert recounted(made, tmp_path) == 0


def test_what_is_decided_anew_counts_once(tmp_path: Path) -> None:
    """In a later month: the earlier one is never rewritten, and nothing recounts otherwise."""
    made = world(d20261125=1)
    first = decision("first")
    do(made, first)
    made.publish("2026-12-01T02:00:00Z")
    do(
        made,
        corrected(first, "2026-12-01", "corrected"),
        decision("anew", "dismissed", day="2026-12-02", measures=None, after_hours=170),
    )
    made.store.add(sample_receipt("2026-12-02", 9, set=made.put_set(sample_pack())))
    made.publish("2026-12-03T02:00:00Z", "2026-12-03", provisional=True)
    november, december = summary(made, "acme/2026-11"), summary(made, "acme/2026-12")
    assert (november.errors.decided, november.errors.precision) == (1, 1.0)
    assert december.standing is not None
    [_, cohort] = december.standing.cohorts
    assert (cohort.month, cohort.errors.decided, cohort.errors.precision) == ("2026-11", 1, 0.0)
    assert cohort.errors.dismissed == 1
    assert december.standing.open_findings == {}
    assert recounted(made, tmp_path) == 0


def test_a_finding_that_nobody_had_decided_is_only_told_of(tmp_path: Path) -> None:
    made = world(d20261125=1)
    do(made, entry("c", "correction", category="SCAMS_AND_FRAUD", why="corrected"))
    made.publish("2026-11-26T02:00:00Z")
    day = summary(made, "acme/2026-11-25")
    assert day.cases.checks_changed == {"corrected": 1}
    assert day.cases.by_rule == {}
    assert recounted(made, tmp_path) == 0
