"""What people did and what changed checks undo: line by line, added up, month by month."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.decided_findings import decided, do, recounted, world
from support.publish_world import CLOSED, KEPT, World, sample_pack, sample_receipt, sample_rule
from support.sample_entries import RULE, contest, decision, entry, outcome

from cases.kinds import CaseNumbers, by_month, case_line, case_lines, case_numbers
from ledger.cases import JournalEntry
from ledger.findings import SampledPost
from ledger.units import Marker, sum_records
from publish_steps.tables import case_tables

LETTERS = {"lia": "A", "budi": "B"}


def counted(*entries: JournalEntry) -> CaseNumbers:
    return case_numbers(case_lines(entries, LETTERS, 1))


def told(numbers: CaseNumbers) -> dict[str, object]:
    """Return the numbers that are not 0."""
    return {name: value for name, value in msgspec.structs.asdict(numbers).items() if value}


FLOOD = {"moderator": "lia", "held_rule": "codes/asks"}


@pytest.mark.parametrize(("entries", "numbers"), [
    pytest.param([decision("d", rules={RULE: 2})], {
        "decisions": 1, "decided": 2, "by_verdict": {"confirmed": 1}, "by_ground": {"illegal": 1},
        "by_measure": {"DECISION_VISIBILITY_CONTENT_REMOVED": 1}, "decide_seconds": {"7200": 1},
        "by_moderator": {"A/confirmed": 1}, "by_rule": {f"2026-11-25/{RULE}/confirmed": 2},
        "by_found_day": {"2026-11-25": 2}, "posts": {"2026-11-25/SCAMS_AND_FRAUD/confirmed": 1},
    }, id="a decision counts its findings, its measure and its time"),
    pytest.param([decision("d", "skipped", measures=None)], {"by_verdict": {"skipped": 1}},
                 id="what is skipped is no decision"),
    pytest.param([entry("n", "notice", category="VIOLENCE", trusted_flagger=True, items=2)], {
        "notices": 1, "notice_items": 2, "trusted_notices": 1,
        "notices_by_category": {"VIOLENCE": 1},
    }, id="notices"),
    pytest.param([entry("s", "suspension", why="unfounded_notices", moderator="lia")],
                 {"suspended": {"unfounded_notices": 1}}, id="suspensions"),
    pytest.param([entry("a", "audit", month="2026-11", verdict="violating", category="VIOLENCE"),
                  entry("b", "audit", month="2026-11", verdict="gone")],
                 {"audited": {"2026-11/gone": 1, "2026-11/violating": 1,
                              "2026-11/violating/VIOLENCE": 1}}, id="audits"),
    pytest.param([entry("f", "flood_answer", verdict="opened", day="2026-11-25", **FLOOD),
                  entry("g", "flood_answer", verdict="left_held", day="2026-11-26", **FLOOD)],
                 {"floods_answered": {"2026-11-25/codes/asks/opened": 1,
                                      "2026-11-26/codes/asks/left_held": 1}},
                 id="answers to the flood guard by rule and day"),
])  # fmt: skip
def test_what_people_do_is_counted(entries: list[JournalEntry], numbers: dict[str, Any]) -> None:
    assert told(counted(*entries)) == numbers


def test_what_is_passed_on_is_decided_by_nobody_yet() -> None:
    numbers = counted(decision("d", "escalated", escalation="threat_to_life"))
    assert (numbers.decisions, numbers.decided, numbers.by_found_day) == (1, 0, {})


def test_findings_in_shadow_never_were_open() -> None:
    numbers = counted(decision("d", rules={RULE: 1, RULE.replace("live", "shadow"): 1}))
    assert (numbers.decided, numbers.by_found_day) == (2, {"2026-11-25": 1})


@pytest.mark.parametrize(("seconds", "hurried"), [(4.4, 1), (4.6, 0), (5, 0), (0, 1)])
def test_less_than_five_seconds_is_hurried(seconds: float, hurried: int) -> None:
    """Whole seconds, rounded, as the journal has them."""
    assert counted(decision("d", looked_seconds=seconds)).under_5_seconds == hurried


@pytest.mark.parametrize(
    ("verdict", "became"), [("confirmed", "overturned"), ("dismissed", "restored")]
)
def test_a_reversal_counts_once_for_decision_rule_and_post(verdict: str, became: str) -> None:
    first = decision("d", verdict)
    complaint = contest("c", first)
    fell = outcome("o", complaint)
    again = outcome("o2", contest("c2", first), overturns=False)
    numbers = counted(complaint, fell, again)
    assert (numbers.overturned, numbers.overturned_by) == (1, {"complaint": 1})
    assert numbers.complaints_ended == {"reversed": 2}
    assert numbers.by_rule == {f"2026-11-25/{RULE}/{became}": 1}
    assert numbers.posts == {f"2026-11-25/SCAMS_AND_FRAUD/{became}": 1}
    assert numbers.complaint_seconds == {"86400": 2}


def test_a_court_overturns_by_what_was_reinstated_and_a_complaint_is_not_counted_twice() -> None:
    first = decision("d")
    court = entry("r", "reinstatement", decision=first.entry, about=first, cause="court",
                  moderator="budi", overturns=True)  # fmt: skip
    after = entry("s", "reinstatement", decision=first.entry, about=first, cause="complaint",
                  moderator="budi")  # fmt: skip
    numbers = counted(court, after)
    assert numbers.reinstated == {"complaint": 1, "court": 1}
    assert (numbers.overturned, numbers.overturned_by) == (1, {"court": 1})


def test_disputes_end_and_may_be_carried_out() -> None:
    dispute = contest("x", decision("d"), "dispute")
    ended = outcome("o", dispute, "upheld", implemented=True, moderator="")
    numbers = counted(dispute, ended)
    assert (numbers.disputes, numbers.disputes_ended) == (1, {"upheld": 1})
    assert (numbers.disputes_implemented, numbers.dispute_seconds) == (1, {"86400": 1})


def test_second_reviews_agree_by_verdict() -> None:
    first = decision("d")
    look = {"decision": first.entry, "about": first, "moderator": "budi"}
    reviews = [entry(verdict, "second_review", verdict=verdict, **look)
               for verdict in ("confirmed", "dismissed")]  # fmt: skip
    numbers = counted(*reviews)
    assert (numbers.second_reviews, numbers.agreed, numbers.by_moderator) == (2, 1, {})


def order(name: str, **fields: object) -> JournalEntry:
    facts = {"kind": "act", "country": "DE", "authority": "An authority / south", "items": 3}
    return entry(name, "order", **facts, received_at="2026-11-25T08:00:00Z", **fields)


def test_an_order_is_counted_once_with_the_clock_of_each_later_word() -> None:
    first, known = order("1"), {"acknowledged_at": "2026-11-25T09:00:00Z"}
    seen = order("2", about=first, **known)
    done = order("3", effected_at="2026-11-25T10:00:00Z", outcome="complied",
                 about=msgspec.structs.replace(first, **known), **known)  # fmt: skip
    numbers = counted(first, seen, done)
    key = "An authority / south"
    assert (numbers.orders, numbers.order_items) == ({f"act/DE/{key}": 1}, {f"act/DE/{key}": 3})
    assert numbers.order_acknowledge_seconds == {f"act/DE/3600/{key}": 1}
    assert numbers.order_effect_seconds == {f"act/DE/7200/{key}": 1}
    assert numbers.orders_ended == {f"act/DE/complied/{key}": 1}


def test_a_decision_on_a_notice_alone_has_a_clock_of_its_own() -> None:
    alone = decision("d", rules={}, notice="n" * 64, found_at="2026-11-25T10:00:00Z")
    numbers = counted(alone)
    assert (numbers.notices_answered, numbers.notice_seconds) == (1, {"7200": 1})
    assert (numbers.decide_seconds, numbers.by_rule, numbers.posts) == ({}, {}, {})


def test_longer_periods_keep_the_month_of_a_finding_and_lose_no_count() -> None:
    days = ("2026-10-31", "2026-11-01", "2026-11-02")
    parts = [counted(decision(day, found=day)) for day in days]
    folded = sum_records(CaseNumbers, map(by_month, parts))
    assert folded.by_rule == {f"2026-10/{RULE}/confirmed": 1, f"2026-11/{RULE}/confirmed": 2}
    assert folded.by_found_day == {"2026-10-31": 1, "2026-11-01": 1, "2026-11-02": 1}


def test_a_line_holds_no_id_no_name_no_moment_and_no_text() -> None:
    """A moderator without a letter stays unnamed."""
    first = decision("d", ground_text="words", ground_url="https://law.example/9")
    complaint = contest("c", first)
    lines = case_lines([first, complaint, outcome("o", complaint)], LETTERS, 1)
    data = msgspec.json.encode(lines).decode()
    for hidden in ("lia", "budi", "words", "law.example", "T10:", "T08:", first.entry, "certified"):
        assert hidden not in data
    assert [line.n for line in lines] == [1, 2, 3]
    assert case_line(1, decision("d"), {}).moderator == ""


def test_a_page_counts_complaints_and_disputes_apart() -> None:
    """Complaints are counted by who made them, disputes together."""
    numbers = CaseNumbers(complaints={"author": 2, "notifier": 3}, disputes=4)
    assert [contest.came for contest in case_tables(numbers).contests] == [5, 4]


def corrected(about: JournalEntry, day: str = "2026-11-25", why: str = "withdrawn") -> JournalEntry:
    """A published check changed on which the findings of a decision rest."""
    return entry(
        f"correction of {about.entry}", "correction", day, decision=about.entry, about=about,
        category=about.category, found=about.found, why=why, check="https://check.example/1",
    )  # fmt: skip


@pytest.mark.parametrize("verdict", ["confirmed", "dismissed"])
def test_a_verdict_that_rested_on_a_changed_check_is_gone(verdict: str, tmp_path: Path) -> None:
    made = world(d20261125=3)
    first, *others = decided(2, verdict, **({} if verdict == "confirmed" else {"measures": None}))
    do(made, first, *others, corrected(first))
    made.publish("2026-12-01T02:00:00Z")
    day, month = made.summary("acme/2026-11-25"), made.summary("acme/2026-11")
    assert (day.cases.decided, day.cases.checks_changed) == (2, {"withdrawn": 1})
    assert (day.errors.decided, day.errors.dismissed) == (1, verdict == "dismissed")
    assert month.standing.open_findings == {"2026-11-25": 2}
    assert recounted(made, tmp_path) == 0


def test_what_is_decided_anew_counts_once(tmp_path: Path) -> None:
    """In a later month: the earlier one is never rewritten, and nothing recounts otherwise."""
    made = world(d20261125=1)
    first = decision("first")
    do(made, first)
    made.publish("2026-12-01T02:00:00Z")
    do(made, corrected(first, "2026-12-01", "corrected"),
       decision("anew", "dismissed", day="2026-12-02", measures=None, after_hours=170))  # fmt: skip
    made.store.add(sample_receipt("2026-12-02", 9, set=made.put_set(sample_pack())))
    made.publish("2026-12-03T02:00:00Z", "2026-12-03", provisional=True)
    november, december = made.summary("acme/2026-11"), made.summary("acme/2026-12")
    assert (november.errors.decided, november.errors.precision) == (1, 1.0)
    [_, cohort] = december.standing.cohorts
    assert (cohort.month, cohort.errors.decided, cohort.errors.precision) == ("2026-11", 1, 0.0)
    assert cohort.errors.dismissed == 1
    assert december.standing.open_findings == {}
    assert recounted(made, tmp_path) == 0


def test_a_finding_that_nobody_had_decided_is_only_told_of(tmp_path: Path) -> None:
    made = world(d20261125=1)
    do(made, entry("c", "correction", category="SCAMS_AND_FRAUD", why="corrected"))
    made.publish(CLOSED)
    day = made.summary("acme/2026-11-25")
    assert (day.cases.checks_changed, day.cases.by_rule) == ({"corrected": 1}, {})
    assert recounted(made, tmp_path) == 0


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
    assert standing.open_findings == {"2026-11-01": 2, "2026-11-25": 4}
    assert [count for _, count in standing.ages()] == [4, 0, 2, 0]


def test_a_later_decision_changes_the_later_month_and_never_the_closed_one(tmp_path: Path) -> None:
    made = world(d20261125=10, d20261130=1)
    do(made, *decided(6, "confirmed"))
    made.publish("2026-12-01T02:00:00Z")
    closed = made.files["summaries/acme/2026-11.json"]
    late = decision("late", "dismissed", day="2026-12-02", measures=None)
    fell = contest("c", decision("confirmed 0"))
    do(made, late, outcome("o", fell, day="2026-12-02"))
    made.publish("2026-12-03T02:00:00Z")
    assert made.files["summaries/acme/2026-11.json"] == closed
    december = made.summary("acme/2026-12")
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
    assert (day.revision, day.why_revised) == (2,
        "Case entries came to the journal after revision 1.")  # fmt: skip
    assert ("cases.decisions", 0, 1) in [(c.measure, c.before, c.after) for c in day.changes]


def test_overturned_decisions_stand_as_large_as_findings() -> None:
    made = world(d20261125=4)
    first = decision("d")
    do(made, first, outcome("o", contest("c", first), day="2026-11-25"))
    made.publish(CLOSED)
    for path in ("acme/2026-11-25", "all/2026-11"):
        page = made.text(f"summaries/{path}.html")
        for step, count in {"Found": 4, "Overturned": 1}.items():
            assert f'<span class="step">{step}</span> <span class="count">{count}</span>' in page
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
    assert '<dd class="big">1</dd>\n<dd class="unit">decided finding</dd>' in page
    assert "What was removed?" not in page  # decisions are on posts, not on rules
    assert '<span class="step">Acted on</span>' not in page
    assert recounted(made, tmp_path) == 0


def test_the_sample_of_the_month_is_handed_out_and_its_key_published_after_it() -> None:
    made = world(d20261125=1)
    posts = [SampledPost(f"p-{n}", f"{n:032x}", "k:a") for n in range(300)]
    made.store.put_sample(Marker("0", "acme", "2026-11-25"), posts, KEPT)
    made.store.put_audit_key("2026-11", "ab" * 32, KEPT)
    made.publish(CLOSED)
    drawn = made.text("out/acme/audit/2026-11.jsonl").splitlines()
    assert len(drawn) == 200
    assert json.loads(drawn[0]) == {"post": "p-0", "rank": "0" * 32, "account": "k:a"}
    assert "audit/2026-11.json" not in made.files
    posts = [SampledPost("q", "0" * 31 + "1", "k:b"), SampledPost("p-0", "0" * 32, "k:a")]
    made.store.put_sample(Marker("1", "acme", "2026-11-26"), posts, KEPT)
    made.publish("2026-12-01T02:00:00Z")
    assert len(made.text("out/acme/audit/2026-11.jsonl").splitlines()) == 200
    assert '"post":"q"' in made.text("out/acme/audit/2026-11.jsonl").splitlines()[2]
    assert made.json("audit/2026-11.json")["key"] == "ab" * 32
