"""What the DSA Transparency Database refuses or drops, told before anything is sent."""

from typing import Any

import pytest
from support.statement_samples import SOUND, changed, incompatible

from dsa.statement_checks import schema_problems

VISIBILITY_OTHER = ["DECISION_VISIBILITY_OTHER"]

SOUND_ONES = {
    "the sound one": SOUND,
    "on the provider's terms": incompatible(incompatible_content_illegal="No"),
    "fields of null, of nothing and empty": changed() | {"account_type": None, "content_id": {}},
    "only the account is restricted": changed(
        decision_visibility=None, decision_account="DECISION_ACCOUNT_SUSPENDED"
    ),
    "an EAN-13": changed(content_id={"EAN-13": "4006381333931"}),
    "what the database answered": changed(uuid="u", created_at="2026-11-02", permalink="https://x"),
    "something else, described": changed(
        decision_visibility=VISIBILITY_OTHER, decision_visibility_other="A notice above the post"
    ),
    "a legacy keyword that is still taken": changed(
        category="STATEMENT_CATEGORY_CYBER_VIOLENCE", category_specification=["KEYWORD_STALKING"]
    ),
    "texts at their limits": changed(decision_facts="x" * 5000, puid="a" * 500),
    "the first and the last day": changed(
        content_date="2000-01-01", end_date_visibility_restriction="2038-01-01"
    ),
}

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
    "illegal, explained by the terms": (
        changed(incompatible_content_explanation="x"),
        *("incompatible_content_explanation", "dropped"),
    ),
    "terms without their clause": (incompatible(incompatible_content_ground=None),
                                   *("incompatible_content_ground", "required")),
    "illegal, and whether the terms' breach is": (
        changed(incompatible_content_illegal="Yes"),
        *("incompatible_content_illegal", "dropped"),
    ),
    "a yes of another kind": (incompatible(incompatible_content_illegal=True),
                              *("incompatible_content_illegal", "type")),
    "an address that is none": (changed(decision_ground_reference_url="the law"),
                                *("decision_ground_reference_url", "format")),
    "a category of before July 2025": (
        changed(category="STATEMENT_CATEGORY_PORNOGRAPHY_OR_SEXUALIZED_CONTENT"),
        *("category", "expired_code"),
    ),
    "a category that only the report has": (
        changed(category="STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"),
        *("category", "report_only_code"),
    ),
    "a category without its prefix": (changed(category="SCAMS_AND_FRAUD"),
                                      *("category", "not_allowed")),
    "a keyword of before July 2025": (changed(category_specification=["KEYWORD_DISINFORMATION"]),
                                      *("category_specification", "expired_code")),
    "a description of no other keyword": (
        changed(category_specification_other="x"),
        *("category_specification_other", "dropped"),
    ),
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
    "an end before the first day": (
        changed(end_date_visibility_restriction="1999-12-31"),
        *("end_date_visibility_restriction", "date_range"),
    ),
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
    "a field of the prose that the validator has not": (
        changed(content_language_other="x"),
        *("content_language_other", "unknown_field"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND_ONES)
def test_a_sound_statement_has_no_problem(name: str) -> None:
    assert list(schema_problems(SOUND_ONES[name])) == []


@pytest.mark.parametrize("name", WRONG)
def test_each_fault_is_named_and_nothing_else(name: str) -> None:
    statement, field, code = WRONG[name]
    found = [(problem.field, problem.code) for problem in schema_problems(statement)]
    assert found == [(field, code)]
