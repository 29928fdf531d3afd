"""Faults to put into statements that are sound, each of another code."""

import json
from pathlib import Path
from typing import Any

Statement = dict[str, Any]

FAULTS: dict[str, tuple[str, Any]] = {
    "type": ("content_type", "CONTENT_TYPE_TEXT"), "too_long": ("decision_facts", "x" * 5_001),
    "format": ("content_date", "3 November 2026"), "date_range": ("content_date", "1999-12-31"),
    "not_allowed": ("territorial_scope", ["EL"]),
    "expired_code": ("category_addition", ["STATEMENT_CATEGORY_NON_CONSENSUAL_BEHAVIOUR"]),
    "report_only_code": ("category_addition", ["STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"]),
    "unknown_field": ("content_language_other", "Sundanese"), "required": ("content_type", None),
    "no_restriction": ("decision_visibility", None),
    "dropped": ("incompatible_content_ground", "Rules 4.2"),
    "personal_data_email": ("decision_facts", "Reported by jo.doe@mail.example."),
    "personal_data_phone": ("illegal_content_explanation", "Says to call +62 812 3456 7890."),
    "personal_data_handle": ("decision_facts", "The account @invented_seller posted it."),
    "date_order": ("end_date_visibility_restriction", "2026-10-01"),
    "flag_contradicts_source": ("source_type", "SOURCE_ARTICLE_16"),
    "flag_contradicts_facts": ("automated_detection", "No"),
    "category_not_of_pack": ("category", "STATEMENT_CATEGORY_ANIMAL_WELFARE"),
    "keyword_of_other_category": ("category_specification", ["KEYWORD_NUDITY"]),
    "category_contradicts_field": ("category", "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"),
    "too_short": ("illegal_content_legal_ground", "x"), "duplicate_puid": ("puid", ""),
}  # fmt: skip
"""The field of each fault and its value; a puid is that of the first statement."""


def seed(folder: Path) -> list[tuple[str, str, str]]:
    """Put each fault into a statement of its own; puid, field and code of each, in order."""
    wanted: list[tuple[str, str, str]] = []
    faults = list(FAULTS)
    first = ""
    for path in sorted(folder.glob("*.json")):
        batch = json.loads(path.read_bytes())
        for statement in batch["statements"]:
            if not first:
                first = statement["puid"]
            elif faults and _found_by_rule(statement):
                wanted.append(_break(statement, faults.pop(0), first))
        path.write_text(json.dumps(batch, indent=2))
    assert not faults
    return wanted


def _found_by_rule(statement: Statement) -> bool:
    return statement["source_type"] == "SOURCE_VOLUNTARY" and "decision_account" not in statement


def _break(statement: Statement, code: str, first: str) -> tuple[str, str, str]:
    field, value = FAULTS[code]
    if code == "duplicate_puid":
        value = first
    if code == "flag_contradicts_source":
        statement["decision_facts"] = "A notice named the post."
        statement["automated_detection"] = "Yes"
    statement[field] = value
    named = "automated_detection" if code == "flag_contradicts_source" else field
    return statement["puid"], named, code
