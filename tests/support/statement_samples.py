"""A sound statement of reasons, and changes that break it."""

from collections.abc import Callable
from typing import Any

SOUND: dict[str, Any] = {
    "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
    "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
    "illegal_content_legal_ground": "Article 5 of an invented act, (EU) 2022/2065",
    "illegal_content_explanation": "The post asks its readers for one-time codes.",
    "content_type": ["CONTENT_TYPE_TEXT"], "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "category_specification": ["KEYWORD_PHISHING"], "content_language": "ID",
    "content_date": "2026-11-01", "territorial_scope": ["DE"], "application_date": "2026-11-02",
    "decision_facts": "Matched pack one-time-codes 3 rule asks-for-code; decided by a moderator.",
    "source_type": "SOURCE_VOLUNTARY", "automated_detection": "Yes",
    "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED", "puid": "3f1c-0001",
}  # fmt: skip


def changed(**fields: Any) -> dict[str, Any]:
    """The sound statement with these fields; None takes one away."""
    return {name: value for name, value in (SOUND | fields).items() if value is not None}


def incompatible(**fields: Any) -> dict[str, Any]:
    """A sound statement that rests on the provider's terms."""
    terms = {"decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
             "incompatible_content_ground": "Rules 4.2",
             "incompatible_content_explanation": "The post asks its readers for one-time codes.",
             "illegal_content_legal_ground": None, "illegal_content_explanation": None}  # fmt: skip
    return changed(**(terms | fields))


def wrong(code: str, field: str = "", made: Callable[..., dict[str, Any]] = changed,
          **fields: Any) -> tuple[dict[str, Any], str, str]:  # fmt: skip
    """A statement with these fields, and its one problem: of the first of them if none is named."""
    return made(**fields), field or next(iter(fields)), code
