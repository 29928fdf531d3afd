"""Folding is addition; intervals and percentiles are honest where few were counted."""

import msgspec
import pytest
from support.decided_findings import decided, do, world
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt, sample_rule

from ledger.codes import OperatorError
from ledger.texts import rounded_seconds
from ledger.units import percentiles, sum_records, wilson_interval
from publish import folding
from publish.folding import Numbers, numbers_of
from publish.precision import errors_of, estimate, strata_of
from rules.rule_set import read_set

SHADOW = "one-time-codes/1/asks-for-code/shadow"


def encoded_set(*packs: dict[str, object], **fields: object) -> bytes:
    return msgspec.json.encode({"packs": packs, "notice_hours": 24} | fields)


def catalogue(*packs: dict[str, object]) -> folding.PublishedSets:
    return folding.PublishedSets({"set": read_set(encoded_set(*(packs or [sample_pack()])))})


def test_a_receipt_is_counted_by_rule_category_severity_code_and_language() -> None:
    receipt = sample_receipt(inspected=10, refused={"not_public": 2, "json_syntax": 1},
                             by_rule={live(): 4, SHADOW: 1}, held={live(): 3},
                             by_language={"en": 9, "other": 1}, set="set", repeats=7,
                             skipped=("old-pack/2",), unknown_fields=5, assumed_utc=6)  # fmt: skip
    numbers = numbers_of(receipt, catalogue())
    assert numbers == Numbers(units=1, bytes=2400, lines=13, records=13, inspected=10, refused=3,
                              findings=5, live=4, shadow=1, held=3, repeats=7,
                              refused_by_code={"not_public": 2, "json_syntax": 1},
                              by_rule={live(): 4, SHADOW: 1}, held_by_rule={live(): 3},
                              by_category={"SCAMS_AND_FRAUD/live": 4, "SCAMS_AND_FRAUD/shadow": 1},
                              by_severity={"high/live": 4, "high/shadow": 1},
                              by_language={"en": 9, "other": 1}, skipped={"old-pack/2": 1},
                              sets={"set": 1}, unknown_fields=5, assumed_utc=6, first="2026-11-25",
                              last="2026-11-25")  # fmt: skip


def test_a_file_refused_whole_is_one_unit_and_one_record() -> None:
    receipt = sample_receipt(inspected=0, refused={"format_unknown": 1}, kind="file", lines=0)
    numbers = numbers_of(receipt, catalogue())
    assert (numbers.units, numbers.files_refused, numbers.records, numbers.refused) == (1, 1, 1, 1)


@pytest.mark.parametrize(("changes", "fault"), [
    ({}, None), ({"by_rule": {}, "findings": 0, "set": "other"}, None),
    ({"records": 104}, "does_not_close"), ({"findings": 3}, "does_not_close"),
    ({"held": {live(): 3}}, "does_not_close"), ({"held": {SHADOW: 1}}, "does_not_close"),
    ({"inspected": 104, "refused": {"not_public": -1}}, "does_not_close"),
    ({"set": "other"}, "rule_unknown"), ({"by_rule": {live("no-such-rule"): 2}}, "rule_unknown"),
    ({"by_rule": {"one-time-codes/1/asks-for-code/loud": 2}}, "rule_unknown"),
], ids=["it closes", "no finding needs no set", "a record too many", "a finding without its rule",
        "more held than found", "held of a rule not met", "a negative count", "an unknown set",
        "a rule not in its set", "a mode that is none"])  # fmt: skip
def test_what_may_not_be_counted(changes: dict[str, object], fault: str | None) -> None:
    receipt = sample_receipt(by_rule={live(): 2}, set="set")
    receipt = msgspec.structs.replace(receipt, **changes)
    assert folding.left_out_reason(receipt, catalogue()) == fault


def test_a_campaign_counts_the_findings_of_its_packs_alone() -> None:
    other = sample_pack("bait", rules=[sample_rule("prize", severity="low")], category="VIOLENCE")
    known = catalogue(sample_pack(), other)
    prize = live("prize", "bait")
    found = {"by_rule": {live(): 4, prize: 2}, "held": {live(): 1, prize: 1}}
    whole = numbers_of(sample_receipt(set="set", repeats=9, **found), known)
    part = folding.only_packs(whole, [known.packs["bait", 1]])
    assert (part.findings, part.held, part.by_rule) == (2, 1, {prize: 2})
    assert (part.by_category, part.by_severity) == ({"VIOLENCE/live": 2}, {"low/live": 2})
    assert (part.inspected, part.refused, part.repeats) == (100, 3, 9)


def test_a_rule_id_may_hold_a_slash_without_being_taken_for_another() -> None:
    known = catalogue(sample_pack(rules=[sample_rule("a/b")]))
    assert known.ruling("set", live("a/b")) == folding.Ruling("SCAMS_AND_FRAUD", "high")
    assert known.ruling("set", live("a")) is None


def test_measures_name_every_number_once_in_a_fixed_order() -> None:
    parts = [Numbers(units=1, refused_by_code={"b": 1, "a": 2}, by_rule={live(): 1}),
             Numbers(partly_read=1, copy_findings=2, copy_groups=1)]  # fmt: skip
    numbers = sum_records(Numbers, parts)
    named = [(measure, key) for measure, key, _ in folding.measures(numbers)]
    assert len(named) == len(set(named))
    assert [key for measure, key in named if measure == "refused_by_code"] == ["a", "b"]
    assert {measure for measure, _ in named} == set(Numbers.__struct_fields__) - {
        *("held_by_rule", "by_category", "by_severity", "by_language", "skipped", "sets"),
        *("first", "last", "copy_groups_by_rule"),
    }


@pytest.mark.parametrize(
    ("field", "name"), [("id", "../evil"), ("campaign", "2026-11"), ("campaign", "a/b")]
)
def test_a_name_that_cannot_be_a_path_is_told_and_its_rules_known(field: str, name: str) -> None:
    pack = {**sample_pack(), field: name}
    found = catalogue(pack)
    named = f"{'pack' if field == 'id' else field} {name}"
    assert (found.unpublishable, found.campaigns) == ([named], {})
    assert found.ruling("set", live(pack=str(pack["id"])))


def test_a_damaged_set_in_the_bucket_is_an_operator_error() -> None:
    made = World()
    made.files["sets/0123abcd.json"] = b'{"packs": 3}'
    with pytest.raises(OperatorError, match="cannot be read"):
        made.context(CLOSED).public.catalogue()


def test_a_set_with_unknown_fields_is_read() -> None:
    pack = {**sample_pack(), "new_field": 1, "campaign": None}
    found = read_set(encoded_set(pack, fold="7", format=1)).packs[0]
    assert found.rules[0].groups[0][0] == "otp"


NEWCOMBE = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718)]  # fmt: skip
"""R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
Medicine 17 (1998), table I, method 3."""


@pytest.mark.parametrize(("count", "of", "low", "high"), NEWCOMBE)
def test_wilson_gives_what_newcombe_printed(count: int, of: int, low: float, high: float) -> None:
    found = wilson_interval(count, of)
    assert found == pytest.approx((low, high), abs=0.000_05)
    mirrored = wilson_interval(of - count, of)
    assert mirrored == pytest.approx((1 - found[1], 1 - found[0]))


def test_a_share_of_few_is_blank_and_says_why() -> None:
    assert estimate(0, 0).note == "none yet"
    blank = estimate(19, 19, at_least=20)
    assert (blank.share, blank.low, blank.high) == (None, None, None)
    assert estimate(20, 20, at_least=20).share == 1


@pytest.mark.parametrize(("seconds", "median", "p90"), [
    pytest.param({"3600": 1}, 1, 1, id="one"),
    pytest.param({"3600": 1, "7200": 1}, 1.5, 1.9, id="between two"),
    pytest.param({"3600": 9, "36000": 1}, 1, 1.9, id="one of ten is slow"),
    pytest.param({"0": 5, "36000": 5}, 5, 10, id="half and half"),
])  # fmt: skip
def test_percentiles(seconds: dict[str, int], median: float, p90: float) -> None:
    found = percentiles(seconds)
    assert (found.median_hours, found.p90_hours) == (median, p90)
    assert percentiles({}).median_hours is None


@pytest.mark.parametrize(("seconds", "rounded"),
    [(0.4, 0), (59, 59), (999, 999), (1_004, 1_000), (1_005, 1_010), (12_345, 12_300)])  # fmt: skip
def test_durations_keep_three_digits(seconds: float, rounded: int) -> None:
    assert rounded_seconds(seconds) == rounded


def test_precision_takes_back_what_fell_and_gives_back_what_was_restored() -> None:
    errors = errors_of(
        {"a/1/r/live/confirmed": 8, "a/1/r/live/overturned": 2, "a/1/r/shadow/dismissed": 2,
         "a/1/r/live/restored": 1, "a/1/r/live/escalated": 5},
        rules=["a/1/quiet"],
        as_of="2026-11-30",
    )  # fmt: skip
    rule = errors.by_rule["a/1/r"]
    assert (rule.decided, rule.dismissed, rule.overturned, rule.precision) == (10, 2, 2, 0.7)
    assert errors.by_rule["a/1/quiet"].precision is None
    assert (errors.decided, errors.as_of, errors.note) == (10, "2026-11-30", "")


def test_no_more_findings_stand_than_were_decided_and_none_too_few() -> None:
    """A dismissal that was overturned and reopened no longer counts; nor does a confirmation."""
    anew = {"dismissed": 1, "restored": 1, "dismissed_anew": 1}
    errors = errors_of({f"a/1/r/live/{what}": n for what, n in (anew | {"confirmed": 1}).items()})
    assert (errors.decided, errors.precision, errors.high) == (1, 1.0, 1.0)
    anew = {"confirmed": 1, "overturned": 1, "confirmed_anew": 1}
    errors = errors_of({f"a/1/r/live/{what}": n for what, n in (anew | {"dismissed": 1}).items()})
    assert (errors.decided, errors.precision, errors.low) == (1, 0.0, 0.0)
    posts = {f"OTHER/{what}": n for what, n in anew.items() if what != "dismissed"}
    found = strata_of(posts, {"not_violating": 200}, 1_000)["all"]
    assert (found.confirmed, found.prevalence.share) == (0, 0.0)


def test_recall_and_prevalence_hold_their_intervals_and_their_strata() -> None:
    """200 looked at, 2 bad, of 10,000 posts with 90 confirmed: 99 missed, 48 % recalled."""
    strata = strata_of(
        {"VIOLENCE/confirmed": 60, "SELF_HARM/confirmed": 40, "SELF_HARM/overturned": 10},
        {"violating": 2, "violating/VIOLENCE": 2, "not_violating": 198, "gone": 20},
        10_000,
    )
    whole = strata["all"]
    assert (whole.confirmed, whole.missed.count, whole.missed.of) == (90, 2, 200)
    missed = 9_910 * 0.01
    assert whole.recall.share == pytest.approx(90 / (90 + missed), abs=0.0001)
    assert whole.prevalence.share == pytest.approx((90 + missed) / 10_000, abs=0.0001)
    assert whole.recall.low < whole.recall.share < whole.recall.high  # type: ignore[operator]
    assert (strata["SELF_HARM"].missed.count, strata["VIOLENCE"].missed.count) == (0, 2)
    assert strata["SELF_HARM"].recall.share == 1


@pytest.mark.parametrize(("posts", "audited", "why"), [
    ({"A/confirmed": 9}, {"not_violating": 99}, "only 99 of the 100"),
    ({"A/confirmed": 9}, {}, "none yet"), ({}, {"not_violating": 150}, "no violating post"),
])  # fmt: skip
def test_recall_is_blank_with_why(posts: dict[str, int], audited: dict[str, int], why: str) -> None:
    recall = strata_of(posts, audited, 5_000)["all"].recall
    assert recall.share is None
    assert why in recall.note
    assert strata_of({}, {}, 5_000) == {}, "where nothing was decided or looked at"


def test_a_rule_that_people_find_wrong_is_paused_visibly_and_once() -> None:
    made = world(d20261125=40)
    do(made, *decided(2, "confirmed"), *decided(18, "dismissed", measures=None))
    paused = [(provider, one.rule) for provider, one in made.publish(CLOSED).paused]
    assert paused == [("acme", "one-time-codes/asks-for-code")]
    current = made.json("sets/current.json")["set"]
    held = made.json(f"sets/{current}.json")
    (pause,) = held["providers"]["acme"]["paused"]  # type: ignore[index]
    assert pause["since"] == CLOSED
    assert pause["why"] == (
        "of 20 findings of version 1 that people decided by 2026-11-25, 2 stand: at best"
        " 30% with 95% confidence"
    )
    month = made.summary("acme/2026-11")
    assert [note.rule for note in month.paused] == ["one-time-codes/asks-for-code"]
    assert "Paused rules." in made.text("summaries/acme/2026-11.html")
    assert "Paused for acme." in made.text("packs/one-time-codes/1.html")
    assert not made.publish("2026-11-26T03:00:00Z").paused


@pytest.mark.parametrize(("confirmed", "dismissed", "version", "is_paused"), [
    (0, 10, 1, True), (0, 9, 1, False), (4, 8, 1, False), (15, 5, 1, False), (0, 20, 2, False),
], ids=["ten are enough", "nine are too few", "the interval reaches one half", "it is right",
        "a higher version has a clean slate"])  # fmt: skip
def test_a_rule_that_may_be_right_is_not_paused(confirmed: int, dismissed: int, version: int, *,
        is_paused: bool) -> None:  # fmt: skip
    made = world(d20261125=40)
    do(made, *decided(confirmed, "confirmed"), *decided(dismissed, "dismissed", measures=None))
    made.put_set(sample_pack(version=version))
    assert bool(made.publish(CLOSED).paused) is is_paused


def test_another_provider_s_rule_goes_on() -> None:
    made = world(d20261125=40)
    made.store.add(sample_receipt("2026-11-25", 9, provider="kilat"))
    do(made, *decided(20, "dismissed", measures=None))
    made.publish(CLOSED)
    current = made.json("sets/current.json")["set"]
    providers = made.json(f"sets/{current}.json")["providers"]
    assert list(providers) == ["acme"]  # type: ignore[call-overload]
