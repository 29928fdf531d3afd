"""The codes that a statement of reasons may carry, as the transparency database spells them.

Source: the API of the DSA Transparency Database, schema of 2025-07-01.

The fields of a statement of reasons, and whether the DSA Transparency Database would take it.

Checked offline. Source: the validator of the database's API, schema of 2025-07-01.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from ledger.dsa_codes import (
    CATEGORIES,
    EEA,
    NOT_SPECIFIED_ORDER,
    AccountMeasure,
    AccountType,
    ContentType,
    Monetary,
    Provision,
    SourceType,
    Visibility,
)
from ledger.posts import ISO_639_1
from ledger.texts import is_blank

CATEGORY_PREFIX = "STATEMENT_CATEGORY_"
KEYWORD_PREFIX = "KEYWORD_"
OTHER = "OTHER"

CONTENT_LANGUAGES = frozenset(code.upper() for code in ISO_639_1) | {"BH"}
"""ISO 639-1 in upper case. The database also keeps BH, which the standard withdrew."""

TERRITORIES = EEA
"""Greece is GR here, as in the database; the yearly report calls it EL."""

REPORT_ONLY = frozenset({NOT_SPECIFIED_ORDER})

STATEMENT_ONLY = {"STALKING": "CYBER_STALKING"}
"""Keywords that only a statement may carry, each with the one that the report counts it as."""

KEYWORDS_OF = {category: frozenset(keywords) for category, keywords in CATEGORIES.items()}

KEYWORDS = frozenset[str]().union(*KEYWORDS_OF.values(), STATEMENT_ONLY)
"""The keywords that a statement may carry."""

EXPIRED = frozenset(
    {
        "STATEMENT_CATEGORY_PORNOGRAPHY_OR_SEXUALIZED_CONTENT",
        "STATEMENT_CATEGORY_SCOPE_OF_PLATFORM_SERVICE",
        "STATEMENT_CATEGORY_NON_CONSENSUAL_BEHAVIOUR",
        "STATEMENT_CATEGORY_UNSAFE_AND_ILLEGAL_PRODUCTS",
        "KEYWORD_DISINFORMATION",
        "KEYWORD_MISINFORMATION",
    }
)
"""Categories and keywords of the schema before 2025-07-01."""

VISIBILITIES = tuple(map(str, Visibility))
MONETARIES = tuple(map(str, Monetary))
PROVISIONS = tuple(map(str, Provision))
ACCOUNTS = tuple(map(str, AccountMeasure))
ACCOUNT_TYPES = tuple(map(str, AccountType))
CONTENT_TYPES = tuple(map(str, ContentType))
ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
SOURCE_OF = {
    SourceType.VOLUNTARY: "SOURCE_VOLUNTARY",
    SourceType.ARTICLE_16: "SOURCE_ARTICLE_16",
    SourceType.TRUSTED_FLAGGER: "SOURCE_TRUSTED_FLAGGER",
    SourceType.OTHER_NOTIFICATION: "SOURCE_TYPE_OTHER_NOTIFICATION",
}

SOURCES = tuple(SOURCE_OF.values())
VOLUNTARY = SOURCE_OF[SourceType.VOLUNTARY]
AUTOMATED_DECISIONS = tuple(
    f"AUTOMATED_DECISION_{degree}" for degree in ("FULLY", "PARTIALLY", "NOT_AUTOMATED")
)

BATCH = 100
"""Most statements of one request."""

LAST_DAY = date(2038, 1, 1)
"""The last day that the database accepts."""


@dataclass(frozen=True, slots=True)
class StatementProblem:
    """One problem of a statement. `code` is stable and one word; `message` is for people."""

    field: str
    code: str
    message: str


class FieldType(Protocol):
    """The allowed values of a field."""

    def problem(self, field: str, value: Any) -> StatementProblem | None:
        """Return the problem of a value that is not empty, or None."""


@dataclass(frozen=True, slots=True)
class TextField:
    """A string of at most `limit` code points that matches the pattern, if there is one."""

    limit: int
    pattern: re.Pattern[str] | None = None
    meaning: str = ""

    def problem(self, field: str, value: Any) -> StatementProblem | None:
        """Return the problem of a value that is not empty, or None."""
        if not isinstance(value, str):
            return _wrong_type(field, value, "a string")
        if len(value) > self.limit:
            message = f"{len(value)} characters, at most {self.limit}"
            return StatementProblem(field, "too_long", message)
        if self.pattern and not self.pattern.fullmatch(value):
            return StatementProblem(field, "format", f"{_short(value)} is not {self.meaning}")
        return None


@dataclass(frozen=True, slots=True)
class CodeField:
    """One code of a list."""

    codes: Collection[str]
    meaning: str

    def problem(self, field: str, value: Any) -> StatementProblem | None:
        """Return the problem of a value that is not empty, or None."""
        if not isinstance(value, str):
            return _wrong_type(field, value, f"one {self.meaning}")
        return None if value in self.codes else _wrong_code(field, value, self.codes, self.meaning)


@dataclass(frozen=True, slots=True)
class CodesField:
    """An array of codes of a list."""

    codes: Collection[str]
    meaning: str

    def problem(self, field: str, value: Any) -> StatementProblem | None:
        """Return the problem of a value that is not empty, or None."""
        if not isinstance(value, list):
            return _wrong_type(field, value, f"an array of {self.meaning}")
        for code in value:
            if not isinstance(code, str) or code not in self.codes:
                return _wrong_code(field, code, self.codes, self.meaning)
        return None


@dataclass(frozen=True, slots=True)
class DayField:
    """A day as `YYYY-MM-DD`, from `first` to LAST_DAY."""

    first: date

    def problem(self, field: str, value: Any) -> StatementProblem | None:
        """Return the problem of a value that is not empty, or None."""
        day = parse_day(value)
        if day is None:
            return StatementProblem(field, "format", f"{_short(value)} is not a day as YYYY-MM-DD")
        if not self.first <= day <= LAST_DAY:
            message = f"{day}: from {self.first} to {LAST_DAY}"
            return StatementProblem(field, "date_range", message)
        return None


@dataclass(frozen=True, slots=True)
class ContentIdField:
    """An object with the single key `EAN-13`, thirteen digits."""

    def problem(self, field: str, value: Any) -> StatementProblem | None:
        """Return the problem of a value that is not empty, or None."""
        if not isinstance(value, dict) or set(value) - {"EAN-13"}:
            return _wrong_type(field, value, "an object with the one key EAN-13")
        number = value.get("EAN-13")
        if number is not None and not (isinstance(number, str) and re.fullmatch(r"\d{13}", number)):
            message = f"{_short(number)}: an EAN-13 has thirteen digits"
            return StatementProblem(field, "format", message)
        return None


_URL = re.compile(r"https?://[^\s/?#]+\.[^\s]+", re.IGNORECASE)
_PUID = re.compile(r"[a-zA-Z0-9\-_]+")
_YES_OR_NO = CodeField(("Yes", "No"), "of Yes and No")
_END = DayField(date(2000, 1, 1))
_CATEGORIES = frozenset(
    CATEGORY_PREFIX + category for category in KEYWORDS_OF if category not in REPORT_ONLY
)
_REPORT_ONLY = frozenset(CATEGORY_PREFIX + category for category in REPORT_ONLY)
_KEYWORDS = frozenset(KEYWORD_PREFIX + keyword for keyword in KEYWORDS)

FIELDS: Mapping[str, FieldType] = {
    "decision_visibility": CodesField(VISIBILITIES, "visibility restrictions"),
    "decision_visibility_other": TextField(500),
    "end_date_visibility_restriction": _END,
    "decision_monetary": CodeField(MONETARIES, "monetary restriction"),
    "decision_monetary_other": TextField(500),
    "end_date_monetary_restriction": _END,
    "decision_provision": CodeField(PROVISIONS, "restriction of the service"),
    "end_date_service_restriction": _END,
    "decision_account": CodeField(ACCOUNTS, "restriction of the account"),
    "end_date_account_restriction": _END,
    "account_type": CodeField(ACCOUNT_TYPES, "type of account"),
    "decision_ground": CodeField((ILLEGAL, INCOMPATIBLE), "ground"),
    "decision_ground_reference_url": TextField(500, _URL, "an http(s) address"),
    "illegal_content_legal_ground": TextField(500),
    "illegal_content_explanation": TextField(2000),
    "incompatible_content_ground": TextField(500),
    "incompatible_content_explanation": TextField(2000),
    "incompatible_content_illegal": _YES_OR_NO,
    "category": CodeField(_CATEGORIES, "category"),
    "category_addition": CodesField(_CATEGORIES, "categories"),
    "category_specification": CodesField(_KEYWORDS, "keywords"),
    "category_specification_other": TextField(500),
    "content_type": CodesField(CONTENT_TYPES, "types of content"),
    "content_type_other": TextField(500),
    "content_language": CodeField(CONTENT_LANGUAGES, "ISO 639-1 code in upper case"),
    "content_date": DayField(date(2000, 1, 1)),
    "content_id": ContentIdField(),
    "territorial_scope": CodesField(TERRITORIES, "countries of the EEA"),
    "application_date": DayField(date(2020, 1, 1)),
    "decision_facts": TextField(5000),
    "source_type": CodeField(SOURCES, "source"),
    "source_identity": TextField(500),
    "automated_detection": _YES_OR_NO,
    "automated_decision": CodeField(AUTOMATED_DECISIONS, "degree of automation"),
    "puid": TextField(500, _PUID, "a puid: letters, digits, - and _"),
}
"""Every field that may be sent."""

REQUIRED = (
    *("decision_ground", "category", "content_type", "content_date", "application_date"),
    *("decision_facts", "source_type", "automated_detection", "automated_decision", "puid"),
    "territorial_scope",  # so the documentation says; the validator lets it be absent
)

RESTRICTIONS = (
    *("decision_visibility", "decision_monetary", "decision_provision", "decision_account"),
)
"""A statement has at least one of these."""

ADDED_BY_DATABASE = frozenset(
    {"uuid", "id", "created_at", "platform_name", "platform_uid", "permalink", "self"}
)
"""Fields that the database adds in its answers and files."""

_DESCRIBED_OTHERS = (
    ("decision_visibility", "DECISION_VISIBILITY_OTHER", "decision_visibility_other", True),
    ("decision_monetary", "DECISION_MONETARY_OTHER", "decision_monetary_other", True),
    ("content_type", "CONTENT_TYPE_OTHER", "content_type_other", True),
    ("category_specification", "KEYWORD_OTHER", "category_specification_other", False),
)
"""A field, its code for "other", the field that describes it, and whether that is required."""

_GROUND_FIELDS = {
    ILLEGAL: ("illegal_content_legal_ground", "illegal_content_explanation"),
    INCOMPATIBLE: ("incompatible_content_ground", "incompatible_content_explanation"),
}


def schema_problems(statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
    """Yield one problem for each field that the database would refuse, or would drop silently.

    An empty string, an empty array and null count as absent.

    >>> [problem.field for problem in schema_problems({"puid": "a b"})][:3]
    ['puid', 'decision_ground', 'category']
    """
    for field, value in statement.items():
        field_type = FIELDS.get(field)
        if field_type is None:
            if field not in ADDED_BY_DATABASE:
                message = "the schema of 2025-07-01 has no such field"
                yield StatementProblem(field, "unknown_field", message)
        elif is_present(value) and (problem := field_type.problem(field, value)):
            yield problem
    for field in REQUIRED:
        if not is_present(statement.get(field)):
            yield StatementProblem(field, "required", "is required")
    if not any(is_present(statement.get(field)) for field in RESTRICTIONS):
        message = f"at least one of {', '.join(RESTRICTIONS)}"
        yield StatementProblem("decision_visibility", "no_restriction", message)
    yield from _other_problems(statement)
    yield from _ground_problems(statement)
    if is_present(statement.get("source_identity")) and (statement.get("source_type") == VOLUNTARY):
        yield _dropped("source_identity", f"source_type is {VOLUNTARY}")


def is_present(value: object) -> bool:
    """Return whether a field is filled in. The database trims texts, so a blank one is not."""
    return not is_blank(value) if isinstance(value, str) else value not in (None, [], {})


def parse_day(value: Any) -> date | None:
    """Return the day of a text `YYYY-MM-DD`, or None.

    >>> parse_day("2026-11-01"), parse_day("2026-02-30"), parse_day(20261101)
    (datetime.date(2026, 11, 1), None, None)
    """
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _other_problems(statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
    for field, code, described_in, required in _DESCRIBED_OTHERS:
        value = statement.get(field)
        chosen = code in value if isinstance(value, list | str) else False
        described = is_present(statement.get(described_in))
        if chosen and required and not described:
            yield StatementProblem(described_in, "required", f"{field} says {code}: say which")
        if described and not chosen:
            yield _dropped(described_in, f"{field} does not say {code}")


def _ground_problems(statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
    ground = statement.get("decision_ground")
    for ground_of_fields, fields in _GROUND_FIELDS.items():
        for field in fields:
            present = is_present(statement.get(field))
            if ground == ground_of_fields and not present:
                yield StatementProblem(field, "required", f"decision_ground is {ground}")
            elif present and ground != ground_of_fields and ground in tuple(_GROUND_FIELDS):
                yield _dropped(field, f"decision_ground is {ground}")
    if ground == ILLEGAL and is_present(statement.get("incompatible_content_illegal")):
        yield _dropped("incompatible_content_illegal", f"decision_ground is {ground}")


def _dropped(field: str, reason: str) -> StatementProblem:
    return StatementProblem(field, "dropped", f"the database drops it, because {reason}")


def _wrong_type(field: str, value: Any, wanted: str) -> StatementProblem:
    return StatementProblem(field, "type", f"{_short(value)}: must be {wanted}")


def _wrong_code(field: str, value: Any, allowed: Collection[str], meaning: str) -> StatementProblem:
    if not isinstance(value, str):
        return _wrong_type(field, value, f"one of the {meaning}, as a string")
    if value in EXPIRED:
        message = f"{value} was removed from the schema on 2025-07-01"
        return StatementProblem(field, "expired_code", message)
    if value in _REPORT_ONLY:
        message = f"{value} is a code of the yearly report only"
        return StatementProblem(field, "report_only_code", message)
    some = ", ".join(sorted(allowed)[:8]) + (", …" if len(allowed) > 8 else "")
    message = f"{_short(value)} is not allowed; {meaning}: {some}"
    return StatementProblem(field, "not_allowed", message)


def _short(value: object) -> str:
    """Return a value as messages show it, cut after 40 characters.

    >>> [len(_short("a" * length)) for length in (40, 41)]
    [42, 43]
    """
    text = value if isinstance(value, str) else repr(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
