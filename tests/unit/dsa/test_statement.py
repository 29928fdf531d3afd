"""The statement of reasons that a decision becomes."""

from typing import Any

import msgspec
import pytest
from support.memory_cases import finding
from support.report_ledger_samples import entry
from support.sample_posts import pack

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
FOUND = {
    "verdict": "confirmed",
    "category": "SCAMS_AND_FRAUD",
    "keywords": ("PHISHING",),
    "ground": "illegal",
    "measures": {"visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"]},
    "applied_at": "2026-11-24T10:00:00Z",
    "scope": ("NL", "DE"),
    "automated_decision": "NOT_AUTOMATED",
    "content_type": ("CONTENT_TYPE_TEXT",),
    "moderator": "m-17",
    "opened_at": "2026-11-23T22:00:00Z",
    "source_type": "VOLUNTARY",
    "rules": {"one-time-codes/3/asks-for-code/live": 1},
}


def decided(
    matched: DecidedFinding | None = MATCHED, reason: str = "It asks.", **fields: Any
) -> tuple[CaseEntry, DecidedFinding | None]:
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
    "every measure with its end": decided(
        measures={
            "visibility": ["DECISION_VISIBILITY_OTHER", "DECISION_VISIBILITY_CONTENT_DEMOTED"],
            "visibility_other": "A line above the post",
            "monetary": "DECISION_MONETARY_OTHER",
            "monetary_other": "No adverts beside it",
            "provision": "DECISION_PROVISION_PARTIAL_SUSPENSION",
            "account": "DECISION_ACCOUNT_SUSPENDED",
            "account_type": "ACCOUNT_TYPE_PRIVATE",
            "visibility_until": "2026-12-24",
            "provision_until": "2026-12-25",
            "account_until": "2026-12-26",
        }
    ),
    "partly by machine": decided(automated_decision="PARTIALLY"),
    "a sub-category of its own": decided(
        None, keywords=("OTHER",), other="A kind", ground_text="An invented act"
    ),
    "a reason at its limit": decided(reason="x" * 2_000, ground_text="y" * 500),
    "a language that the database has not": decided(
        DecidedFinding(msgspec.structs.replace(MATCHED.finding, language="ace"), PACK)
    ),
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
        "category_specification": ["KEYWORD_PHISHING"],
        "content_type": ["CONTENT_TYPE_TEXT"],
        "content_language": "ZH",
        "content_date": "2026-11-23",
        "territorial_scope": ["DE", "NL"],
        "application_date": "2026-11-24",
        "decision_facts": "Matched pack one-time-codes 3 rule asks-for-code, published at"
        " https://terang.example/packs/one-time-codes/3.html#asks-for-code."
        " Decided by a moderator.",
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        "puid": decided()[0].journal_entry.entry,
    }


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
