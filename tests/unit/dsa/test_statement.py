"""The statement of reasons that a decision becomes, and what the database would refuse."""

from typing import Any

import msgspec
import pytest
from support.case_world import finding
from support.report_ledger_samples import entry
from support.sample_posts import pack
from support.statement_samples import SOUND, changed, incompatible, wrong

from dsa.statement import DecidedFinding, build_statement
from dsa.statement_checks import meaning_problems, schema_problems
from ledger.cases import CaseEntry
from rules.pack import LegalGround

PACK = msgspec.structs.replace(pack(), legal_ground=LegalGround("An invented act, section 5", ""))
MATCHED = DecidedFinding(
    finding(1, pack="one-time-codes", published_at="2026-11-23T22:00:00Z", language="zh-Hant"),
    PACK,
    "https://terang.example/packs/one-time-codes/3.html#asks-for-code",
)
FOUND = {"verdict": "confirmed", "category": "SCAMS_AND_FRAUD", "keywords": ("PHISHING",),
         "ground": "illegal", "measures": {"visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"]},
         "applied_at": "2026-11-24T10:00:00Z", "scope": ("NL", "DE"),
         "automated_decision": "NOT_AUTOMATED", "content_type": ("CONTENT_TYPE_TEXT",),
         "moderator": "m-17", "opened_at": "2026-11-23T22:00:00Z", "source_type": "VOLUNTARY",
         "rules": {"one-time-codes/3/asks-for-code/live": 1}}  # fmt: skip


def decided(matched: DecidedFinding | None = MATCHED, reason: str = "It asks.",
            **fields: Any) -> tuple[CaseEntry, DecidedFinding | None]:  # fmt: skip
    made = entry("decision", 1, 1, **(FOUND | fields))
    return CaseEntry(1, "decide", "standing", made, "d-1", reason=reason), matched


def ground(text: str) -> DecidedFinding:
    """The finding of a pack with this legal ground."""
    legal_ground = LegalGround(text, "")
    return DecidedFinding(MATCHED.finding, msgspec.structs.replace(PACK, legal_ground=legal_ground))


NOTICED: dict[str, Any] = {"source_type": "TRUSTED_FLAGGER", "rules": {}}
DECISIONS = {
    "found by a rule": decided(),
    "against the terms": decided(ground="terms", category="OTHER_VIOLATION_TC",
                                 keywords=("NUDITY",), ground_text="Rules, 7", matched=None,
                                 **NOTICED),
    "on a notice": decided(None, ground_text="An invented act", **NOTICED),
    "every measure with its end": decided(measures={
        "visibility": ["DECISION_VISIBILITY_OTHER", "DECISION_VISIBILITY_CONTENT_DEMOTED"],
        "visibility_other": "A line above the post", "visibility_until": "2026-12-24",
        "monetary": "DECISION_MONETARY_OTHER", "monetary_other": "No adverts beside it",
        "provision": "DECISION_PROVISION_PARTIAL_SUSPENSION", "provision_until": "2026-12-25",
        "account": "DECISION_ACCOUNT_SUSPENDED", "account_type": "ACCOUNT_TYPE_PRIVATE",
        "account_until": "2026-12-26"}),
    "partly by machine": decided(automated_decision="PARTIALLY"),
    "a sub-category of its own": decided(
        None, keywords=("OTHER",), other="A kind", ground_text="An invented act"),
    "a reason at its limit": decided(reason="x" * 2_000, ground_text="y" * 500),
    "a language that the database has not": decided(
        DecidedFinding(msgspec.structs.replace(MATCHED.finding, language="ace"), PACK)),
}  # fmt: skip


@pytest.mark.parametrize("name", DECISIONS)
def test_the_database_would_take_it_and_it_means_what_it_says(name: str) -> None:
    statement = msgspec.json.decode(msgspec.json.encode(build_statement(*DECISIONS[name])))
    assert list(schema_problems(statement)) == []
    packs = {"one-time-codes": (frozenset({"SCAMS_AND_FRAUD"}), PACK.legal_ground.text)}
    assert list(meaning_problems(statement, packs)) == []


def test_a_notice_about_what_a_rule_found_names_both() -> None:
    facts = build_statement(*decided(source_type="ARTICLE_16"))["decision_facts"]
    assert facts.startswith("A notice named the post. Matched pack one-time-codes 3 rule asks-for")


def test_it_says_what_was_decided_and_no_more() -> None:
    statement = build_statement(*decided())
    assert statement == {
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
        "illegal_content_legal_ground": "An invented act, section 5",
        "illegal_content_explanation": "It asks.",
        "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "category_specification": ["KEYWORD_PHISHING"], "content_type": ["CONTENT_TYPE_TEXT"],
        "content_language": "ZH", "content_date": "2026-11-23", "territorial_scope": ["DE", "NL"],
        "application_date": "2026-11-24",
        "decision_facts": "Matched pack one-time-codes 3 rule asks-for-code, published at"
                          " https://terang.example/packs/one-time-codes/3.html#asks-for-code."
                          " Decided by a moderator.",
        "source_type": "SOURCE_VOLUNTARY", "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        "puid": decided()[0].journal_entry.entry,
    }  # fmt: skip


def test_a_long_ground_of_a_pack_is_cut() -> None:
    assert build_statement(*decided(ground("y" * 501)))["illegal_content_legal_ground"] == "y" * 500


def test_a_sub_category_is_described_if_the_schema_does_not_name_it() -> None:
    """The database drops a description without the keyword that it describes."""
    statement = build_statement(*DECISIONS["a sub-category of its own"])
    assert statement["category_specification"] == ["KEYWORD_OTHER"]
    assert statement["category_specification_other"] == "A kind"
    statement = build_statement(*decided(keywords=("PHISHING",), other="A kind"))
    assert "category_specification_other" not in statement
    assert list(schema_problems(statement)) == []


@pytest.mark.parametrize("reason",
    ["", " ", "\u200b\x00", "Its author, @invented_seller, asks."])  # fmt: skip
def test_a_blank_reason_and_one_that_names_somebody_give_way_to_the_rules_own(reason: str) -> None:
    statement = build_statement(*decided(reason=reason))
    assert statement["illegal_content_explanation"] == "Asks for a code."


def test_what_a_notice_told_was_not_found_by_machine() -> None:
    statement = build_statement(*decided(None, ground_text="x", **NOTICED))
    assert statement["automated_detection"] == "No"


def test_a_decision_without_a_measure_has_no_statement() -> None:
    with pytest.raises(ValueError, match="no measure"):
        build_statement(*decided(measures=None))


VISIBILITY_OTHER = ["DECISION_VISIBILITY_OTHER"]

SOUND_ONES = {
    "the sound one": SOUND,
    "on the provider's terms": incompatible(incompatible_content_illegal="No"),
    "fields of null, of nothing and empty": changed() | {"account_type": None, "content_id": {}},
    "only the account is restricted":
        changed(decision_visibility=None, decision_account="DECISION_ACCOUNT_SUSPENDED"),
    "an EAN-13": changed(content_id={"EAN-13": "4006381333931"}),
    "what the database answered": changed(uuid="u", created_at="2026-11-02", permalink="https://x"),
    "something else, described": changed(decision_visibility=VISIBILITY_OTHER,
                                         decision_visibility_other="A notice above the post"),
    "a legacy keyword that is still taken": changed(category="STATEMENT_CATEGORY_CYBER_VIOLENCE",
                                                    category_specification=["KEYWORD_STALKING"]),
    "texts at their limits": changed(decision_facts="x" * 5000, puid="a" * 500),
    "the first and the last day":
        changed(content_date="2000-01-01", end_date_visibility_restriction="2038-01-01"),
}  # fmt: skip

WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no restriction": wrong("no_restriction", decision_visibility=[]),
    "visibility is a string": wrong("type",
                                    decision_visibility="DECISION_VISIBILITY_CONTENT_REMOVED"),
    "visibility of another kind": wrong("not_allowed",
                                        decision_visibility=["DECISION_ACCOUNT_SUSPENDED"]),
    "other visibility, not described":
        wrong("required", "decision_visibility_other", decision_visibility=VISIBILITY_OTHER),
    "description of no other visibility": wrong("dropped", decision_visibility_other="x"),
    "other monetary, not described": wrong("required", "decision_monetary_other",
                                           decision_monetary="DECISION_MONETARY_OTHER"),
    "two accounts' restrictions": wrong("type", decision_account=["DECISION_ACCOUNT_SUSPENDED"]),
    "a blank explanation": wrong("required", illegal_content_explanation=" \u200b"),
    "no ground": wrong("required", decision_ground=None),
    "illegal without the law": wrong("required", illegal_content_legal_ground=""),
    "illegal, explained by the terms": wrong("dropped", incompatible_content_explanation="x"),
    "terms without their clause": wrong("required", made=incompatible,
                                        incompatible_content_ground=None),
    "illegal, and whether the terms' breach is":
        wrong("dropped", incompatible_content_illegal="Yes"),
    "a yes of another kind": wrong("type", made=incompatible, incompatible_content_illegal=True),
    "an address that is none": wrong("format", decision_ground_reference_url="the law"),
    "a category of before July 2025":
        wrong("expired_code", category="STATEMENT_CATEGORY_PORNOGRAPHY_OR_SEXUALIZED_CONTENT"),
    "a category that only the report has":
        wrong("report_only_code", category="STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"),
    "a category without its prefix": wrong("not_allowed", category="SCAMS_AND_FRAUD"),
    "a keyword of before July 2025": wrong("expired_code",
                                           category_specification=["KEYWORD_DISINFORMATION"]),
    "a description of no other keyword": wrong("dropped", category_specification_other="x"),
    "no type of content": wrong("required", content_type=[]),
    "another type of content, not described":
        wrong("required", "content_type_other", content_type=["CONTENT_TYPE_OTHER"]),
    "a language in lower case": wrong("not_allowed", content_language="id"),
    "a language of three letters": wrong("not_allowed", content_language="IND"),
    "a day that is none": wrong("format", content_date="2026-02-30"),
    "a day with a time": wrong("format", application_date="2026-11-02T10:00:00Z"),
    "a day before the first": wrong("date_range", application_date="2019-12-31"),
    "an end before the first day": wrong("date_range",
                                         end_date_visibility_restriction="1999-12-31"),
    "an end after the last day": wrong("date_range", end_date_visibility_restriction="2038-01-02"),
    "an EAN of twelve digits": wrong("format", content_id={"EAN-13": "400638133393"}),
    "an id that is no EAN": wrong("type", content_id={"ISBN": "1"}),
    "no territory": wrong("required", territorial_scope=None),
    "Greece by its Eurostat code": wrong("not_allowed", territorial_scope=["EL"]),
    "no facts": wrong("required", decision_facts=None),
    "facts too long": wrong("too_long", decision_facts="x" * 5001),
    "who notified what nobody did": wrong("dropped", source_identity="An invented authority"),
    "a source that is none": wrong("not_allowed", source_type="VOLUNTARY"),
    "a flag in lower case": wrong("not_allowed", automated_detection="yes"),
    "a decision that is none": wrong("not_allowed", automated_decision="NOT_AUTOMATED"),
    "no puid": wrong("required", puid=None),
    "a puid with a blank": wrong("format", puid="3f1c 0001"),
    "a puid with a newline at its end": wrong("format", puid="3f1c\n"),
    "a field of the prose that the validator has not":
        wrong("unknown_field", content_language_other="x"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND_ONES)
def test_a_sound_statement_has_no_problem(name: str) -> None:
    assert list(schema_problems(SOUND_ONES[name])) == []


@pytest.mark.parametrize("name", WRONG)
def test_each_fault_is_named_and_nothing_else(name: str) -> None:
    statement, field, code = WRONG[name]
    found = [(problem.field, problem.code) for problem in schema_problems(statement)]
    assert found == [(field, code)]
