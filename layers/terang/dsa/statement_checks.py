"""Check statements of reasons offline: would the DSA Transparency Database take them, and rightly?

`schema_problems` are those of its own validator (API, schema of 2025-07-01), `meaning_problems`
what it accepts although it misleads or names somebody. `Distribution` finds what only many
statements together show: repeated puids, useless flags, sudden changes.

Source: large platforms have published an inverted flag for years, removed duplicates by the
million, and named a wrong source. Each of those files passes the schema.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from hashlib import blake2b
from itertools import pairwise
from typing import Any, NamedTuple

from dsa.statement import (
    CATEGORY_PREFIX,
    CONTENT_LANGUAGES,
    EXPIRED,
    ILLEGAL,
    INCOMPATIBLE,
    KEYWORD_PREFIX,
    KEYWORDS,
    KEYWORDS_OF,
    OTHER,
    SOURCE_OF,
    STATEMENT_ONLY,
    is_present,
    parse_day,
    personal_data,
)
from ledger import codes


class StatementProblem(NamedTuple):
    """One problem of a statement. `code` is stable and one word; `message` is for people."""

    field: str
    code: str
    message: str


type FieldCheck = Callable[[str, Any], StatementProblem | None]
"""Returns the problem of a field with a value that is not empty, or None."""


def _text(limit: int, pattern: re.Pattern[str] | None = None, meaning: str = "") -> FieldCheck:
    """Allow a string of at most `limit` code points that matches the pattern, if there is one."""

    def check(field: str, value: Any) -> StatementProblem | None:
        if not isinstance(value, str):
            return _wrong_type(field, value, "a string")
        if len(value) > limit:
            return StatementProblem(field, "too_long", f"{len(value)} characters, at most {limit}")
        if pattern and not pattern.fullmatch(value):
            return StatementProblem(field, "format", f"{_short(value)} is not {meaning}")
        return None

    return check


def _code(codes: Collection[str], meaning: str, *, many: bool = False) -> FieldCheck:
    """Allow one code of a list, or an array of such codes."""

    def check(field: str, value: Any) -> StatementProblem | None:
        if not isinstance(value, list if many else str):
            return _wrong_type(field, value, f"{'an array of' if many else 'one'} {meaning}")
        for code in value if many else (value,):
            if not isinstance(code, str) or code not in codes:
                return _wrong_code(field, code, codes, meaning)
        return None

    return check


def _day(first: date) -> FieldCheck:
    """Allow a day as `YYYY-MM-DD`, from `first` to the last that the database accepts."""

    def check(field: str, value: Any) -> StatementProblem | None:
        day, last = parse_day(value), date(2038, 1, 1)
        if day is None:
            return StatementProblem(field, "format", f"{_short(value)} is not a day as YYYY-MM-DD")
        if not first <= day <= last:
            return StatementProblem(field, "date_range", f"{day}: from {first} to {last}")
        return None

    return check


def _content_id(field: str, value: Any) -> StatementProblem | None:
    """Allow an object with the single key `EAN-13`, thirteen digits."""
    if not isinstance(value, dict) or set(value) - {"EAN-13"}:
        return _wrong_type(field, value, "an object with the one key EAN-13")
    number = value.get("EAN-13")
    if number is not None and not (isinstance(number, str) and re.fullmatch(r"\d{13}", number)):
        return StatementProblem(field, "format", f"{_short(number)}: an EAN-13 has thirteen digits")
    return None


_REPORT_ONLY = CATEGORY_PREFIX + codes.NOT_SPECIFIED_ORDER
_VOLUNTARY = SOURCE_OF[codes.SourceType.VOLUNTARY]
_NOT_AUTOMATED = "AUTOMATED_DECISION_NOT_AUTOMATED"
_DEGREES = ("AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_PARTIALLY", _NOT_AUTOMATED)
_URL = re.compile(r"https?://[^\s/?#]+\.[^\s]+", re.IGNORECASE)
_PUID = re.compile(r"[a-zA-Z0-9\-_]+")
_YES_OR_NO = _code(("Yes", "No"), "of Yes and No")
_FROM_2000 = _day(date(2000, 1, 1))
_CATEGORIES = frozenset(CATEGORY_PREFIX + category for category in KEYWORDS_OF) - {_REPORT_ONLY}

FIELDS: Mapping[str, FieldCheck] = {
    "decision_visibility": _code([*codes.Visibility], "visibility restrictions", many=True),
    "decision_visibility_other": _text(500),
    "end_date_visibility_restriction": _FROM_2000,
    "decision_monetary": _code([*codes.Monetary], "monetary restriction"),
    "decision_monetary_other": _text(500),
    "end_date_monetary_restriction": _FROM_2000,
    "decision_provision": _code([*codes.Provision], "restriction of the service"),
    "end_date_service_restriction": _FROM_2000,
    "decision_account": _code([*codes.AccountMeasure], "restriction of the account"),
    "end_date_account_restriction": _FROM_2000,
    "account_type": _code([*codes.AccountType], "type of account"),
    "decision_ground": _code((ILLEGAL, INCOMPATIBLE), "ground"),
    "decision_ground_reference_url": _text(500, _URL, "an http(s) address"),
    "illegal_content_legal_ground": _text(500),
    "illegal_content_explanation": _text(2000),
    "incompatible_content_ground": _text(500),
    "incompatible_content_explanation": _text(2000),
    "incompatible_content_illegal": _YES_OR_NO,
    "category": _code(_CATEGORIES, "category"),
    "category_addition": _code(_CATEGORIES, "categories", many=True),
    "category_specification": _code(
        [KEYWORD_PREFIX + keyword for keyword in KEYWORDS], "keywords", many=True
    ),
    "category_specification_other": _text(500),
    "content_type": _code([*codes.ContentType], "types of content", many=True),
    "content_type_other": _text(500),
    "content_language": _code(CONTENT_LANGUAGES, "ISO 639-1 code in upper case"),
    "content_date": _FROM_2000,
    "content_id": _content_id,
    "territorial_scope": _code(codes.EEA, "countries of the EEA", many=True),
    "application_date": _day(date(2020, 1, 1)),
    "decision_facts": _text(5000),
    "source_type": _code([*SOURCE_OF.values()], "source"),
    "source_identity": _text(500),
    "automated_detection": _YES_OR_NO,
    "automated_decision": _code(_DEGREES, "degree of automation"),
    "puid": _text(500, _PUID, "a puid: letters, digits, - and _"),
}
"""Every field that may be sent. Greece is GR here; the yearly report calls it EL."""

REQUIRED = (
    *("decision_ground", "category", "content_type", "content_date", "application_date"),
    *("decision_facts", "source_type", "automated_detection", "automated_decision", "puid"),
    "territorial_scope",  # so the documentation says; the validator lets it be absent
)

RESTRICTIONS = [f"decision_{kind}" for kind in ("visibility", "monetary", "provision", "account")]
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
    for name, value in statement.items():
        check = FIELDS.get(name)
        if check is None:
            if name not in ADDED_BY_DATABASE:
                message = "the schema of 2025-07-01 has no such field"
                yield StatementProblem(name, "unknown_field", message)
        elif is_present(value) and (problem := check(name, value)):
            yield problem
    for name in REQUIRED:
        if not is_present(statement.get(name)):
            yield StatementProblem(name, "required", "is required")
    if not any(is_present(statement.get(name)) for name in RESTRICTIONS):
        message = f"at least one of {', '.join(RESTRICTIONS)}"
        yield StatementProblem("decision_visibility", "no_restriction", message)
    yield from _other_problems(statement)
    yield from _ground_problems(statement)
    if is_present(statement.get("source_identity")) and statement.get("source_type") == _VOLUNTARY:
        yield _dropped("source_identity", f"source_type is {_VOLUNTARY}")


def _other_problems(statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
    for name, code, described_in, required in _DESCRIBED_OTHERS:
        value = statement.get(name)
        chosen = code in value if isinstance(value, list | str) else False
        described = is_present(statement.get(described_in))
        if chosen and required and not described:
            yield StatementProblem(described_in, "required", f"{name} says {code}: say which")
        if described and not chosen:
            yield _dropped(described_in, f"{name} does not say {code}")


def _ground_problems(statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
    ground = statement.get("decision_ground")
    for of_ground, names in _GROUND_FIELDS.items():
        for name in names:
            present = is_present(statement.get(name))
            if ground == of_ground and not present:
                yield StatementProblem(name, "required", f"decision_ground is {ground}")
            elif present and ground != of_ground and ground in (ILLEGAL, INCOMPATIBLE):
                yield _dropped(name, f"decision_ground is {ground}")
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
    if value == _REPORT_ONLY:
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


_FREE_ENDS = ("_other", "_explanation", "_facts", "_identity", "_legal_ground", "_content_ground")
FREE_TEXTS = tuple(name for name in FIELDS if name.endswith(_FREE_ENDS))
"""The fields in which people write."""

_BY_MACHINE = re.compile(
    r"""\b(?:
      matched\ (?:the\ )?(?:pack|rule|keyword|hash|pattern)
    | (?:found|detected|flagged|identified)\ (?:by|through|with|using)\ (?:(?:an?|the|our)\ )?
      (?:automat\w*|machine|classifier|algorithm|system|software|filter|tool|rule|pack)
    | automatic(?:ally)?\ (?:detect|flagg|found|identif)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BY_PERSON = re.compile(
    r"\b(?:(?:confirmed|decided|reviewed|checked|taken) by (?:a |an |one of )?(?:our )?(?:human"
    r"|moderator|person|reviewer)|human (?:review|moderator|decision))",
    re.IGNORECASE,
)
_PACK = re.compile(r"\bpack (?P<pack>[a-z0-9][a-z0-9-]{2,39})\b")

_CONTRADICTIONS = {
    "OTHER_VIOLATION_TC": ("decision_ground", ILLEGAL),
    codes.NOT_SPECIFIED_NOTICE: ("source_type", _VOLUNTARY),
}
type PackCodes = Mapping[str, tuple[frozenset[str], str]]
"""The categories of each pack and the text of its legal ground, by its id."""


def meaning_problems(
    statement: Mapping[str, Any], packs: PackCodes, today: date | None = None
) -> Iterator[StatementProblem]:
    """Yield the problems that the database accepts, but that mislead its readers.

    `packs` are those that `decision_facts` may name, or whose ground a statement may have. With
    `today`, later days of content and application are problems.
    """
    yield from _text_problems(statement)
    yield from _date_problems(statement, today)
    yield from _flag_problems(statement)
    yield from _category_problems(statement, packs)


def _text_problems(statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
    for name in FREE_TEXTS:
        value = statement.get(name)
        if isinstance(value, str):
            if is_present(value) and sum(map(str.isalnum, value)) < 2:
                yield StatementProblem(name, "too_short", f"{value[:40]!r} says nothing")
            for kind in personal_data(value):
                message = f"holds what looks like a {kind}; statements are public (Art. 24(5))"
                yield StatementProblem(name, f"personal_data_{kind}", message)


def _date_problems(statement: Mapping[str, Any], today: date | None) -> Iterator[StatementProblem]:
    content = parse_day(statement.get("content_date"))
    applied = parse_day(statement.get("application_date"))
    if content and applied and content > applied:
        message = f"{content} is after application_date {applied}"
        yield StatementProblem("content_date", "date_order", message)
    for name in statement:
        end = parse_day(statement[name]) if name.startswith("end_date_") else None
        if end and applied and end < applied:
            message = f"{end} is before application_date {applied}"
            yield StatementProblem(name, "date_order", message)
    for name, day in (("content_date", content), ("application_date", applied)):
        if day and today and day > today:
            yield StatementProblem(name, "date_order", f"{day} is in the future")


def _flag_problems(statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
    detection, source = statement.get("automated_detection"), statement.get("source_type")
    facts = statement.get("decision_facts")
    by_machine = isinstance(facts, str) and _BY_MACHINE.search(facts)
    notified = source in SOURCE_OF.values() and source != _VOLUNTARY
    if detection == "Yes" and notified and not by_machine:
        message = f"Yes, but source_type says that somebody notified it: {source}"
        yield StatementProblem("automated_detection", "flag_contradicts_source", message)
    if detection == "No" and by_machine and not notified:
        message = f"No, but decision_facts says {by_machine[0]!r}"
        yield StatementProblem("automated_detection", "flag_contradicts_facts", message)
    decision = statement.get("automated_decision")
    by_person = isinstance(facts, str) and _BY_PERSON.search(facts)
    if decision == "AUTOMATED_DECISION_FULLY" and by_person:
        message = f"FULLY, but decision_facts says {by_person[0]!r}"
        yield StatementProblem("automated_decision", "flag_contradicts_facts", message)


def _category_problems(
    statement: Mapping[str, Any], packs: PackCodes
) -> Iterator[StatementProblem]:
    category = _without_prefix(statement.get("category"), CATEGORY_PREFIX)
    field, value = _CONTRADICTIONS.get(category, ("", ""))
    if value and statement.get(field) == value:
        message = f"{category}, but {field} is {value}"
        yield StatementProblem("category", "category_contradicts_field", message)
        return
    facts = statement.get("decision_facts")
    pack = _PACK.search(facts) if isinstance(facts, str) else None
    if pack and pack["pack"] in packs:
        what, wanted = f"pack {pack['pack']}", packs[pack["pack"]][0]
    else:
        texts = [statement.get(names[0]) for names in _GROUND_FIELDS.values()]
        of_ground = (of_pack for of_pack, ground in packs.values() if ground in texts)
        what, wanted = "the pack with this ground", frozenset[str]().union(*of_ground)
    if category and wanted and category not in wanted:
        message = f"{category}, but {what} is about {', '.join(sorted(wanted))}"
        yield StatementProblem("category", "category_not_of_pack", message)
        return  # its keywords belong to the wrong category too
    additions = _all_without_prefix(statement.get("category_addition"), CATEGORY_PREFIX)
    allowed = {OTHER}.union(*(KEYWORDS_OF.get(name, ()) for name in (category, *additions)))
    for keyword in _all_without_prefix(statement.get("category_specification"), KEYWORD_PREFIX):
        counted = STATEMENT_ONLY.get(keyword, keyword)
        if keyword in KEYWORDS and counted not in allowed and is_present(category):
            message = f"{keyword} is not a sub-category of {category}"
            yield StatementProblem("category_specification", "keyword_of_other_category", message)


def _without_prefix(value: object, prefix: str) -> str:
    return value.removeprefix(prefix) if isinstance(value, str) else ""


def _all_without_prefix(value: object, prefix: str) -> list[str]:
    return [_without_prefix(code, prefix) for code in value] if isinstance(value, list) else []


FLAG_STATEMENTS = 20
"""Statements of a source from which its flags are judged."""

MONTH_STATEMENTS = 100
"""Statements of a month from which it is compared with another."""

LARGE_SHIFT = 0.35
"""Total variation distance between the categories of two months from which it is a problem."""

_NEARLY_ALL = 0.9


class Distribution[P]:
    """Counts the statements of one or several files; a puid takes about 90 bytes of memory."""

    def __init__(self) -> None:
        self.puids: set[int] = set()
        self.flags = defaultdict[str, Counter[tuple[bool, str]]](Counter)
        self.months = defaultdict[str, Counter[str]](Counter)
        self.first_of_month: dict[str, P] = {}
        self.first: P | None = None

    def add(self, place: P, statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
        """Count the statement at a place. Yields a problem if its puid was added before."""
        self.first = self.first or place
        puid = statement.get("puid")
        if isinstance(puid, str) and puid:
            # 64 bits: among ten million puids two collide by chance in one of 370,000 files
            digest = blake2b(puid.encode("utf-8", "replace"), digest_size=8).digest()
            number = int.from_bytes(digest)
            if number in self.puids:
                message = "was used before; it must be unique in a platform, forever"
                yield StatementProblem("puid", "duplicate_puid", message)
            self.puids.add(number)
        source = statement.get("source_type")
        if isinstance(source, str):
            for flag in ("automated_detection", "automated_decision"):
                value = statement.get(flag)
                if isinstance(value, str):
                    self.flags[flag][source == _VOLUNTARY, value] += 1
        applied, category = statement.get("application_date"), statement.get("category")
        if isinstance(applied, str) and isinstance(category, str):
            month = applied[:7]
            self.first_of_month.setdefault(month, place)
            self.months[month][category] += 1

    def problems(self) -> Iterator[tuple[P, StatementProblem]]:
        """Yield problems of all statements together, each with its first statement's place."""
        if self.first is not None:
            for problem in self._flag_problems():
                yield self.first, problem
        yield from self._shift_problems()

    def _flag_problems(self) -> Iterator[StatementProblem]:
        for flag, counts in self.flags.items():
            voluntary, notified = Counter[str](), Counter[str]()
            for (is_voluntary, value), number in counts.items():
                (voluntary if is_voluntary else notified)[value] += number
            if min(voluntary.total(), notified.total()) < FLAG_STATEMENTS:
                continue
            values = set(voluntary) | set(notified)
            # A provider whose people decide everything rightly says so every time.
            if len(values) == 1 and values != {_NOT_AUTOMATED}:
                message = f"{values.pop()} in all, whether found by the provider or notified"
                yield StatementProblem(flag, "flag_constant", message)
            elif flag == "automated_detection" and (
                voluntary["No"] > _NEARLY_ALL * voluntary.total()
                and notified["Yes"] > _NEARLY_ALL * notified.total()
            ):
                message = "Yes for nearly all that was notified, No for nearly all that was found"
                yield StatementProblem(flag, "flag_inverted", message)

    def _shift_problems(self) -> Iterator[tuple[P, StatementProblem]]:
        large = sorted(m for m, n in self.months.items() if n.total() >= MONTH_STATEMENTS)
        for last, month in pairwise(large):
            grown = _growth(self.months[last], self.months[month])
            shift = sum(map(abs, grown.values())) / 2
            if shift > LARGE_SHIFT:
                most = max(grown, key=lambda name: grown[name]).removeprefix(CATEGORY_PREFIX)
                message = (
                    f"{month} differs from {last} in {shift:.0%} of its categories, most in {most}"
                )
                problem = StatementProblem("category", "distribution_shift", message)
                yield self.first_of_month[month], problem


def _growth(before: Counter[str], after: Counter[str]) -> dict[str, float]:
    """Return by how much the share of each category grew.

    >>> _growth(Counter(a=2), Counter(a=1, b=1)) == {"a": -0.5, "b": 0.5}
    True
    """
    return {
        name: after[name] / after.total() - before[name] / before.total()
        for name in {**after, **before}
    }
