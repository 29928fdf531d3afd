"""Cases as they are published: day by day, month by month, and never rewritten afterwards."""

import json
from pathlib import Path

from support.decided_findings import RULE, decided, do, recounted, world
from support.publish_world import CLOSED, World, sample_pack, sample_receipt, sample_rule
from support.sample_entries import contest, decision, entry, outcome

from ledger.privacy import SampledPost

NAME = RULE.rpartition("/")[0]


def test_lines_on_cases_follow_the_receipts_in_the_public_journal() -> None:
    made = world(d20261125=4)
    do(made, decision("d"), entry("n", "notice", category="VIOLENCE", items=1))
    made.publish(CLOSED)
    lines = list(map(json.loads, made.text("journal/acme/2026-11-25.jsonl").splitlines()))
    assert [line["kind"] for line in lines] == ["names", "range", "case", "case"]
    assert [line["n"] for line in lines[2:]] == [2, 3]
    day = made.summary("acme/2026-11-25")
    assert day.journal[0].lines == 3
    assert (day.cases.decisions, day.cases.notices) == (1, 1)


def test_a_day_and_its_month_tell_precision_of_their_own_findings_and_its_interval() -> None:
    made = world(d20261124=5, d20261125=20)
    do(made, *decided(6, "confirmed"), *decided(2, "dismissed", measures=None))
    do(made, decision("old", "dismissed", found="2026-11-24", measures=None))
    made.publish(CLOSED)
    day, month = made.summary("acme/2026-11-25"), made.summary("acme/2026-11")
    assert (day.errors.decided, day.errors.precision) == (8, 0.75)
    assert (month.errors.decided, month.errors.dismissed) == (9, 3)
    assert month.errors.by_rule[NAME].low < 6 / 9 < month.errors.by_rule[NAME].high  # type: ignore[operator]
    assert (month.errors.as_of, month.days[-1].decided) == ("2026-11-25", 9)
    assert day.cases.decided == 9  # the decisions of the day, whenever the finding
    assert '"cohort_decided","2026-11",9' in made.text("summaries/acme/2026-11.csv")


def test_open_findings_are_told_by_age_at_the_end_of_the_month() -> None:
    made = world(d20261101=3, d20261125=4)
    do(made, decision("d", found="2026-11-01"))
    made.publish(CLOSED)
    standing = made.summary("acme/2026-11").standing
    assert standing is not None
    assert standing.open_findings == {"2026-11-01": 2, "2026-11-25": 4}
    assert [count for _, count in standing.ages()] == [4, 0, 2, 0]


def test_a_later_decision_changes_the_later_month_and_never_the_closed_one(tmp_path: Path) -> None:
    made = world(d20261125=10, d20261130=1)
    do(made, *decided(6, "confirmed"))
    made.publish("2026-12-01T02:00:00Z")
    closed = made.objects.stored["summaries/acme/2026-11.json"]
    late = decision("late", "dismissed", day="2026-12-02", measures=None)
    fell = contest("c", decision("confirmed 0"))
    do(made, late, outcome("o", fell, day="2026-12-02"))
    made.publish("2026-12-03T02:00:00Z")
    assert made.objects.stored["summaries/acme/2026-11.json"] == closed
    december = made.summary("acme/2026-12")
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
    made.publish(CLOSED)
    do(made, decision("d"))
    made.publish("2026-11-26T03:00:00Z")
    day = made.summary("acme/2026-11-25")
    assert (day.revision, day.why_revised) == (
        2,
        "Case entries came to the journal after revision 1.",
    )
    assert ("cases.decisions", 0, 1) in [(c.measure, c.before, c.after) for c in day.changes]


def test_overturned_decisions_stand_as_large_as_findings() -> None:
    made = world(d20261125=4)
    first = decision("d")
    do(made, first, outcome("o", contest("c", first), day="2026-11-25"))
    made.publish(CLOSED)
    for path in ("acme/2026-11-25", "all/2026-11"):
        page = made.text(f"summaries/{path}.html")
        assert '<dt>Overturned</dt><dd class="big">1</dd>' in page
        assert '<dt>Live findings</dt><dd class="big">4</dd>' in page
        assert "People made 1 decision; 1 decision was overturned." in page


def test_a_campaign_tells_what_people_decided_on_its_own_rules(tmp_path: Path) -> None:
    made = World()
    digest = made.put_set(
        sample_pack(campaign="autumn"), sample_pack("threats", rules=[sample_rule("names-a-place")])
    )
    other = "threats/1/names-a-place/live"
    made.store.add(sample_receipt(by_rule={RULE: 3, other: 2}, set=digest))
    do(made, decision("d"), decision("e", "dismissed", rules={other: 1}, measures=None))
    made.publish(CLOSED)
    campaign = made.summary("acme/autumn")
    assert (campaign.errors.decided, campaign.errors.precision) == (1, 1.0)
    assert (campaign.cases.decided, campaign.cases.decisions, campaign.standing) == (1, 0, None)
    page = made.text("summaries/acme/autumn.html")
    assert '<dt>Decided</dt><dd class="big">1</dd>' in page
    assert "<dt>Decisions</dt>" not in page  # they are of posts, not of rules
    assert recounted(made, tmp_path) == 0


def test_the_sample_of_the_month_is_handed_out_and_its_key_published_after_it() -> None:
    made = world(d20261125=1)
    made.store.sampled["acme", "2026-11-25"] = [
        SampledPost(f"p-{n}", f"{n:032x}", "k:a") for n in range(300)
    ]
    made.store.audit_keys["2026-11"] = "ab" * 32
    made.publish(CLOSED)
    drawn = made.text("out/acme/audit/2026-11.jsonl").splitlines()
    assert len(drawn) == 200
    assert json.loads(drawn[0]) == {"post": "p-0", "rank": "0" * 32, "account": "k:a"}
    assert "audit/2026-11.json" not in made.objects.stored
    made.store.sampled["acme", "2026-11-26"] = [SampledPost("q", "0" * 31 + "1", "k:b"),
                                                SampledPost("p-0", "0" * 32, "k:a")]  # fmt: skip
    made.publish("2026-12-01T02:00:00Z")
    assert len(made.text("out/acme/audit/2026-11.jsonl").splitlines()) == 200
    assert '"post":"q"' in made.text("out/acme/audit/2026-11.jsonl").splitlines()[2]
    assert made.json("audit/2026-11.json")["key"] == "ab" * 32
