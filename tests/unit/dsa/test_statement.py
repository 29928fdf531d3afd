"""The statement of reasons that a decision becomes, and what the database would refuse."""

from typing import Any

import msgspec
import pytest
from support.case_world import finding
from support.report_ledger_samples import entry
from support.sample_posts import pack
from support.statement_samples import SOUND, changed, incompatible

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
        "visibility_other": "A line above the post",
        "monetary": "DECISION_MONETARY_OTHER",
        "monetary_other": "No adverts beside it",
        "provision": "DECISION_PROVISION_PARTIAL_SUSPENSION",
        "account": "DECISION_ACCOUNT_SUSPENDED",
        "account_type": "ACCOUNT_TYPE_PRIVATE",
        "visibility_until": "2026-12-24",
        "provision_until": "2026-12-25",
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


def test_a_sub_category_of_its_own_is_described() -> None:
    statement = build_statement(*DECISIONS["a sub-category of its own"])
    assert statement["category_specification"] == ["KEYWORD_OTHER"]
    assert statement["category_specification_other"] == "A kind"


def test_a_sub_category_that_the_schema_names_is_not_described() -> None:
    """The database drops a description without the keyword that it describes."""
    statement = build_statement(*decided(keywords=("PHISHING",), other="A kind"))
    assert "category_specification_other" not in statement
    assert list(schema_problems(statement)) == []


def test_a_reason_that_names_somebody_gives_way_to_the_rules_own() -> None:
    statement = build_statement(*decided(reason="Its author, @invented_seller, asks."))
    assert statement["illegal_content_explanation"] == "Asks for a code."


@pytest.mark.parametrize("blank", ["", " ", "\u200b\x00"])
def test_a_blank_reason_gives_way_to_the_rules_own(blank: str) -> None:
    statement = build_statement(*decided(reason=blank))
    assert statement["illegal_content_explanation"] == "Asks for a code."


def test_what_a_notice_told_was_not_found_by_machine() -> None:
    assert (
        build_statement(*decided(None, ground_text="x", **NOTICED))["automated_detection"] == "No"
    )


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
    "no restriction": (changed(decision_visibility=[]), "decision_visibility", "no_restriction"),
    "visibility is a string": (changed(decision_visibility="DECISION_VISIBILITY_CONTENT_REMOVED"),
                               *("decision_visibility", "type")),
    "visibility of another kind": (changed(decision_visibility=["DECISION_ACCOUNT_SUSPENDED"]),
                                   *("decision_visibility", "not_allowed")),
    "other visibility, not described": (changed(decision_visibility=VISIBILITY_OTHER),
                                        *("decision_visibility_other", "required")),
    "description of no other visibility": (changed(decision_visibility_other="x"),
                                           *("decision_visibility_other", "dropped")),
    "other monetary, not described": (changed(decision_monetary="DECISION_MONETARY_OTHER"),
                                      *("decision_monetary_other", "required")),
    "two accounts' restrictions": (changed(decision_account=["DECISION_ACCOUNT_SUSPENDED"]),
                                   *("decision_account", "type")),
    "a blank explanation": (changed(illegal_content_explanation=" \u200b"),
                            "illegal_content_explanation", "required"),
    "no ground": (changed(decision_ground=None), "decision_ground", "required"),
    "illegal without the law": (changed(illegal_content_legal_ground=""),
                                *("illegal_content_legal_ground", "required")),
    "illegal, explained by the terms": (changed(incompatible_content_explanation="x"),
                                        *("incompatible_content_explanation", "dropped")),
    "terms without their clause": (incompatible(incompatible_content_ground=None),
                                   *("incompatible_content_ground", "required")),
    "illegal, and whether the terms' breach is":
        (changed(incompatible_content_illegal="Yes"), *("incompatible_content_illegal", "dropped")),
    "a yes of another kind": (incompatible(incompatible_content_illegal=True),
                              *("incompatible_content_illegal", "type")),
    "an address that is none": (changed(decision_ground_reference_url="the law"),
                                *("decision_ground_reference_url", "format")),
    "a category of before July 2025":
        (changed(category="STATEMENT_CATEGORY_PORNOGRAPHY_OR_SEXUALIZED_CONTENT"),
         *("category", "expired_code")),
    "a category that only the report has":
        (changed(category="STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"),
         *("category", "report_only_code")),
    "a category without its prefix": (changed(category="SCAMS_AND_FRAUD"),
                                      *("category", "not_allowed")),
    "a keyword of before July 2025": (changed(category_specification=["KEYWORD_DISINFORMATION"]),
                                      *("category_specification", "expired_code")),
    "a description of no other keyword":
        (changed(category_specification_other="x"), *("category_specification_other", "dropped")),
    "no type of content": (changed(content_type=[]), "content_type", "required"),
    "another type of content, not described": (changed(content_type=["CONTENT_TYPE_OTHER"]),
                                               *("content_type_other", "required")),
    "a language in lower case": (changed(content_language="id"),
                                 *("content_language", "not_allowed")),
    "a language of three letters": (changed(content_language="IND"),
                                    *("content_language", "not_allowed")),
    "a day that is none": (changed(content_date="2026-02-30"), "content_date", "format"),
    "a day with a time": (changed(application_date="2026-11-02T10:00:00Z"),
                          *("application_date", "format")),
    "a day before the first": (changed(application_date="2019-12-31"),
                               *("application_date", "date_range")),
    "an end before the first day": (changed(end_date_visibility_restriction="1999-12-31"),
                                    *("end_date_visibility_restriction", "date_range")),
    "an end after the last day": (changed(end_date_visibility_restriction="2038-01-02"),
                                  *("end_date_visibility_restriction", "date_range")),
    "an EAN of twelve digits": (changed(content_id={"EAN-13": "400638133393"}),
                                *("content_id", "format")),
    "an id that is no EAN": (changed(content_id={"ISBN": "1"}), "content_id", "type"),
    "no territory": (changed(territorial_scope=None), "territorial_scope", "required"),
    "Greece by its Eurostat code": (changed(territorial_scope=["EL"]),
                                    *("territorial_scope", "not_allowed")),
    "no facts": (changed(decision_facts=None), "decision_facts", "required"),
    "facts too long": (changed(decision_facts="x" * 5001), "decision_facts", "too_long"),
    "who notified what nobody did": (changed(source_identity="An invented authority"),
                                     *("source_identity", "dropped")),
    "a source that is none": (changed(source_type="VOLUNTARY"), "source_type", "not_allowed"),
    "a flag in lower case": (changed(automated_detection="yes"),
                             *("automated_detection", "not_allowed")),
    "a decision that is none": (changed(automated_decision="NOT_AUTOMATED"),
                                *("automated_decision", "not_allowed")),
    "no puid": (changed(puid=None), "puid", "required"),
    "a puid with a blank": (changed(puid="3f1c 0001"), "puid", "format"),
    "a puid with a newline at its end": (changed(puid="3f1c\n"), "puid", "format"),
    "a field of the prose that the validator has not":
        (changed(content_language_other="x"), *("content_language_other", "unknown_field")),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND_ONES)
def test_a_sound_statement_has_no_problem(name: str) -> None:
    assert list(schema_problems(SOUND_ONES[name])) == []


@pytest.mark.parametrize("name", WRONG)
def test_each_fault_is_named_and_nothing_else(name: str) -> None:
    statement, field, code = WRONG[name]
    found = [(problem.field, problem.code) for problem in schema_problems(statement)]
    assert found == [(field, code)]
