"""The fields of a statement of reasons, each with what it may hold.

Source: the validator of the DSA Transparency Database's API, schema of 2025-07-01.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from dsa.statement import taxonomy
from dsa.statement.problem import Problem, shown

PUID = re.compile(r"[a-zA-Z0-9\-_]+")
_URL = re.compile(r"https?://[^\s/?#]+\.[^\s]+", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LAST_DAY = date(2038, 1, 1)
"""The last day that the database takes."""


class Holds(Protocol):
    """What a field may hold."""

    def problem(self, field: str, value: Any) -> Problem | None:
        """What is wrong with a value that is there, or nothing."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string of at most `limit` code points, of a pattern if there is one."""

    limit: int
    pattern: re.Pattern[str] | None = None
    means: str = ""

    def problem(self, field: str, value: Any) -> Problem | None:
        """What is wrong with a value that is there, or nothing."""
        if not isinstance(value, str):
            return _type(field, value, "a string")
        if len(value) > self.limit:
            return Problem(field, "too_long", f"{len(value)} characters, at most {self.limit}")
        if self.pattern and not self.pattern.fullmatch(value):
            return Problem(field, "format", f"{shown(value)} is no {self.means}")
        return None


@dataclass(frozen=True, slots=True)
class OneOf:
    """One code of a list."""

    codes: Collection[str]
    means: str

    def problem(self, field: str, value: Any) -> Problem | None:
        """What is wrong with a value that is there, or nothing."""
        if not isinstance(value, str):
            return _type(field, value, f"one {self.means}")
        return None if value in self.codes else _no_code(field, value, self.codes, self.means)


@dataclass(frozen=True, slots=True)
class SomeOf:
    """An array of codes of a list, each once."""

    codes: Collection[str]
    means: str

    def problem(self, field: str, value: Any) -> Problem | None:
        """What is wrong with a value that is there, or nothing."""
        if not isinstance(value, list):
            return _type(field, value, f"an array of {self.means}")
        for one in value:
            if not isinstance(one, str) or one not in self.codes:
                return _no_code(field, one, self.codes, self.means)
        return None


@dataclass(frozen=True, slots=True)
class Day:
    """A day as `YYYY-MM-DD`, from `first` to 2038-01-01."""

    first: date

    def problem(self, field: str, value: Any) -> Problem | None:
        """What is wrong with a value that is there, or nothing."""
        day = day_of(value)
        if day is None:
            return Problem(field, "format", f"{shown(value)} is no day as YYYY-MM-DD")
        if not self.first <= day <= LAST_DAY:
            return Problem(field, "date_range", f"{day}: from {self.first} to {LAST_DAY}")
        return None


@dataclass(frozen=True, slots=True)
class ContentId:
    """An object whose only key is `EAN-13`, thirteen digits."""

    def problem(self, field: str, value: Any) -> Problem | None:
        """What is wrong with a value that is there, or nothing."""
        if not isinstance(value, dict) or set(value) - {"EAN-13"}:
            return _type(field, value, "an object with the one key EAN-13")
        number = value.get("EAN-13")
        if number is not None and not (isinstance(number, str) and re.fullmatch(r"\d{13}", number)):
            return Problem(field, "format", f"{shown(number)}: an EAN-13 has thirteen digits")
        return None


def day_of(value: Any) -> date | None:
    """The day that a value says, or nothing.

    >>> day_of("2026-11-01"), day_of("2026-02-30"), day_of(20261101)
    (datetime.date(2026, 11, 1), None, None)
    """
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


_CATEGORIES = frozenset(
    taxonomy.CATEGORY_PREFIX + category
    for category in taxonomy.KEYWORDS_OF
    if category not in taxonomy.REPORT_ONLY
)
_KEYWORDS = frozenset(taxonomy.KEYWORD_PREFIX + code for code in taxonomy.KEYWORDS)
_EXPIRED = {taxonomy.CATEGORY_PREFIX + code for code in taxonomy.EXPIRED_CATEGORIES} | {
    taxonomy.KEYWORD_PREFIX + code for code in taxonomy.EXPIRED_KEYWORDS
}
_REPORT_ONLY = {taxonomy.CATEGORY_PREFIX + code for code in taxonomy.REPORT_ONLY}
_YES_OR_NO = OneOf(("Yes", "No"), "of Yes and No")
_END = Day(date(2000, 1, 1))

FIELDS: Mapping[str, Holds] = {
    "decision_visibility": SomeOf(taxonomy.VISIBILITIES, "visibility restrictions"),
    "decision_visibility_other": Text(500),
    "end_date_visibility_restriction": _END,
    "decision_monetary": OneOf(taxonomy.MONETARIES, "monetary restriction"),
    "decision_monetary_other": Text(500),
    "end_date_monetary_restriction": _END,
    "decision_provision": OneOf(taxonomy.PROVISIONS, "restriction of the service"),
    "end_date_service_restriction": _END,
    "decision_account": OneOf(taxonomy.ACCOUNTS, "restriction of the account"),
    "end_date_account_restriction": _END,
    "account_type": OneOf(taxonomy.ACCOUNT_TYPES, "type of account"),
    "decision_ground": OneOf((taxonomy.ILLEGAL, taxonomy.INCOMPATIBLE), "ground"),
    "decision_ground_reference_url": Text(500, _URL, "http(s) address"),
    "illegal_content_legal_ground": Text(500),
    "illegal_content_explanation": Text(2000),
    "incompatible_content_ground": Text(500),
    "incompatible_content_explanation": Text(2000),
    "incompatible_content_illegal": _YES_OR_NO,
    "category": OneOf(_CATEGORIES, "category"),
    "category_addition": SomeOf(_CATEGORIES, "categories"),
    "category_specification": SomeOf(_KEYWORDS, "keywords"),
    "category_specification_other": Text(500),
    "content_type": SomeOf(taxonomy.CONTENT_TYPES, "types of content"),
    "content_type_other": Text(500),
    "content_language": OneOf(taxonomy.LANGUAGES, "ISO 639-1 code in upper case"),
    "content_date": Day(date(2000, 1, 1)),
    "content_id": ContentId(),
    "territorial_scope": SomeOf(taxonomy.TERRITORIES, "countries of the EEA"),
    "application_date": Day(date(2020, 1, 1)),
    "decision_facts": Text(5000),
    "source_type": OneOf(taxonomy.SOURCES, "source"),
    "source_identity": Text(500),
    "automated_detection": _YES_OR_NO,
    "automated_decision": OneOf(taxonomy.AUTOMATED_DECISIONS, "degree of automation"),
    "puid": Text(500, PUID, "puid: letters, digits, - and _"),
}
"""Every field that may be sent."""

REQUIRED = (
    "decision_ground",
    "category",
    "content_type",
    "content_date",
    "application_date",
    "decision_facts",
    "source_type",
    "automated_detection",
    "automated_decision",
    "puid",
)

RESTRICTIONS = (
    "decision_visibility",
    "decision_monetary",
    "decision_provision",
    "decision_account",
)
"""At least one of these is there."""

ANSWERED = frozenset(
    {"uuid", "id", "created_at", "platform_name", "platform_uid", "permalink", "self"}
)
"""Fields that the database adds; in its answers and files they are no problem."""


def _type(field: str, value: Any, wanted: str) -> Problem:
    return Problem(field, "type", f"{shown(value)}: must be {wanted}")


def _no_code(field: str, value: Any, codes: Collection[str], means: str) -> Problem:
    if not isinstance(value, str):
        return _type(field, value, f"one of the {means}, as a string")
    if value in _EXPIRED:
        return Problem(field, "expired_code", f"{value} went with the schema of 2025-07-01")
    if value in _REPORT_ONLY:
        return Problem(field, "report_only_code", f"{value} stands only in the yearly report")
    some = ", ".join(sorted(codes)[:8]) + (", …" if len(codes) > 8 else "")
    return Problem(field, "not_allowed", f"{shown(value)} is not allowed; {means}: {some}")
