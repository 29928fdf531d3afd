"""Folding: what of a receipt is counted, under which name, and which receipt is not counted."""

import msgspec
import pytest
from support.publish_world import MemoryObjects, live, sample_pack, sample_receipt, sample_rule

from ledger.refusals import OperatorError
from ledger.units import sum_records
from publish.folding import (
    LeftOutReason,
    Numbers,
    PublishedSets,
    Ruling,
    left_out_reason,
    measures,
    numbers_of,
    only_packs,
)
from publish.public_bucket import SummaryBucket
from rules.rule_set import read_set

SHADOW = "one-time-codes/1/asks-for-code/shadow"


def encoded_set(*packs: dict[str, object], **fields: object) -> bytes:
    return msgspec.json.encode({"packs": packs, "notice_hours": 24} | fields)


def catalogue(*packs: dict[str, object]) -> PublishedSets:
    return PublishedSets({"set": read_set(encoded_set(*(packs or [sample_pack()])))})


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
    pytest.param({}, None, id="a receipt that closes"),
    pytest.param({"records": 104}, LeftOutReason.DOES_NOT_CLOSE, id="a record too many"),
    pytest.param(
        {"findings": 3}, LeftOutReason.DOES_NOT_CLOSE, id="a finding without its rule"
    ),
    pytest.param(
        {"held": {live(): 3}}, LeftOutReason.DOES_NOT_CLOSE, id="more held than found"
    ),
    pytest.param(
        {"held": {SHADOW: 1}}, LeftOutReason.DOES_NOT_CLOSE, id="held of a rule not met"
    ),
    pytest.param({"inspected": 104, "refused": {"not_public": -1}},
                 LeftOutReason.DOES_NOT_CLOSE,
                 id="sums that close with a negative count"),
    pytest.param(
        {"set": "other"}, LeftOutReason.RULE_UNKNOWN, id="a set that is not published"
    ),
    pytest.param({"by_rule": {live("no-such-rule"): 2}}, LeftOutReason.RULE_UNKNOWN,
                 id="a rule not in its set"),
    pytest.param({"by_rule": {"one-time-codes/1/asks-for-code/loud": 2}},
                 LeftOutReason.RULE_UNKNOWN, id="a mode that does not exist"),
    pytest.param(
        {"by_rule": {}, "findings": 0, "set": "other"}, None, id="no finding needs no set"
    ),
])  # fmt: skip
def test_what_may_not_be_counted(changes: dict[str, object], fault: LeftOutReason | None) -> None:
    receipt = sample_receipt(by_rule={live(): 2}, set="set")
    receipt = msgspec.structs.replace(receipt, **changes)
    assert left_out_reason(receipt, catalogue()) == fault


def test_a_campaign_counts_the_findings_of_its_packs_alone() -> None:
    other = sample_pack("bait", rules=[sample_rule("prize", severity="low")], category="VIOLENCE")
    known = catalogue(sample_pack(), other)
    prize = live("prize", "bait")
    receipt = sample_receipt(
        by_rule={live(): 4, prize: 2}, held={live(): 1, prize: 1}, set="set", repeats=9
    )
    whole = numbers_of(receipt, known)
    part = only_packs(whole, [known.packs["bait", 1]])
    assert (part.findings, part.held, part.by_rule) == (2, 1, {prize: 2})
    assert part.by_category == {"VIOLENCE/live": 2}
    assert part.by_severity == {"low/live": 2}
    assert (part.inspected, part.refused, part.repeats) == (100, 3, 9)


def test_a_rule_id_may_hold_a_slash_without_being_taken_for_another() -> None:
    known = catalogue(sample_pack(rules=[sample_rule("a/b")]))
    assert known.ruling("set", live("a/b")) == Ruling("SCAMS_AND_FRAUD", "high")
    assert known.ruling("set", live("a")) is None


def test_measures_name_every_number_once_in_a_fixed_order() -> None:
    numbers = sum_records(
        Numbers,
        [Numbers(units=1, refused_by_code={"b": 1, "a": 2}, by_rule={live(): 1}),
         Numbers(partly_read=1, copy_findings=2, copy_groups=1)],
    )  # fmt: skip
    named = [(measure, key) for measure, key, _ in measures(numbers)]
    assert len(named) == len(set(named))
    assert [key for measure, key in named if measure == "refused_by_code"] == ["a", "b"]
    assert {measure for measure, _ in named} == set(Numbers.__struct_fields__) - {
        *("held_by_rule", "by_category", "by_severity", "by_language", "skipped", "sets"),
        *("first", "last", "copy_groups_by_rule"),
    }


@pytest.mark.parametrize(("changes", "named"), [
    pytest.param({"id": "../evil"}, "pack ../evil", id="a pack that climbs out of its folder"),
    pytest.param({"campaign": "2026-11"}, "campaign 2026-11", id="a campaign named as a month"),
    pytest.param({"campaign": "a/b"}, "campaign a/b", id="a campaign with a slash"),
])  # fmt: skip
def test_a_name_that_cannot_be_a_path_is_told_and_its_rules_are_known(
    changes: dict[str, object], named: str
) -> None:
    pack = {**sample_pack(), **changes}
    found = catalogue(pack)
    assert found.unpublishable == [named]
    assert found.campaigns == {}
    assert found.ruling("set", live(pack=str(pack["id"])))


def test_a_damaged_set_in_the_bucket_is_an_operator_error() -> None:
    objects = MemoryObjects()
    objects.stored["sets/0123abcd.json"] = b'{"packs": 3}'
    with pytest.raises(OperatorError, match="cannot be read"):
        SummaryBucket(objects, "public").catalogue()


def test_a_set_with_unknown_fields_is_read() -> None:
    pack = {**sample_pack(), "new_field": 1, "campaign": None}
    found = read_set(encoded_set(pack, fold="7", format=1)).packs[0]
    assert found.rules[0].groups[0][0] == "otp"
