"""Check that a statement which the database accepts is not misleading, and names nobody."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from dsa.statement import codes
from dsa.statement.schema import StatementProblem, is_present, parse_day
from ledger.cases.dsa_codes import NOT_SPECIFIED_NOTICE

FREE_TEXTS = (
    *("decision_facts", "decision_visibility_other", "decision_monetary_other"),
    *("illegal_content_legal_ground", "illegal_content_explanation"),
    *("incompatible_content_ground", "incompatible_content_explanation"),
    *("category_specification_other", "content_type_other", "source_identity"),
)
"""The fields in which people write."""

_ENDS = (
    *("end_date_visibility_restriction", "end_date_monetary_restriction"),
    *("end_date_service_restriction", "end_date_account_restriction"),
)
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

_GROUNDS = ("illegal_content_legal_ground", "incompatible_content_ground")
_CONTRADICTIONS = {
    "OTHER_VIOLATION_TC": ("decision_ground", codes.ILLEGAL),
    NOT_SPECIFIED_NOTICE: ("source_type", codes.VOLUNTARY),
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
    for field in FREE_TEXTS:
        value = statement.get(field)
        if isinstance(value, str):
            if is_present(value) and sum(map(str.isalnum, value)) < 2:
                yield StatementProblem(field, "too_short", f"{value[:40]!r} says nothing")
            for kind in personal_data(value):
                message = f"holds what looks like a {kind}; statements are public (Art. 24(5))"
                yield StatementProblem(field, f"personal_data_{kind}", message)


def _date_problems(statement: Mapping[str, Any], today: date | None) -> Iterator[StatementProblem]:
    content = parse_day(statement.get("content_date"))
    applied = parse_day(statement.get("application_date"))
    if content and applied and content > applied:
        message = f"{content} is after application_date {applied}"
        yield StatementProblem("content_date", "date_order", message)
    for field in _ENDS:
        end = parse_day(statement.get(field))
        if end and applied and end < applied:
            message = f"{end} is before application_date {applied}"
            yield StatementProblem(field, "date_order", message)
    for field, day in (("content_date", content), ("application_date", applied)):
        if day and today and day > today:
            yield StatementProblem(field, "date_order", f"{day} is in the future")


def _flag_problems(statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
    detection, source = statement.get("automated_detection"), statement.get("source_type")
    facts = statement.get("decision_facts")
    by_machine = isinstance(facts, str) and _BY_MACHINE.search(facts)
    notified = source in codes.SOURCES and source != codes.VOLUNTARY
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
    category = _without_prefix(statement.get("category"), codes.CATEGORY_PREFIX)
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
        texts = [statement.get(field) for field in _GROUNDS]
        of_ground = (of_pack for of_pack, ground in packs.values() if ground in texts)
        what, wanted = "the pack with this ground", frozenset[str]().union(*of_ground)
    if category and wanted and category not in wanted:
        message = f"{category}, but {what} is about {', '.join(sorted(wanted))}"
        yield StatementProblem("category", "category_not_of_pack", message)
        return  # its keywords belong to the wrong category too
    additions = _all_without_prefix(statement.get("category_addition"), codes.CATEGORY_PREFIX)
    allowed = {codes.OTHER}.union(
        *(codes.KEYWORDS_OF.get(name, frozenset()) for name in (category, *additions))
    )
    specification = statement.get("category_specification")
    for keyword in _all_without_prefix(specification, codes.KEYWORD_PREFIX):
        counted = codes.STATEMENT_ONLY.get(keyword, keyword)
        if keyword in codes.KEYWORDS and counted not in allowed and is_present(category):
            message = f"{keyword} is not a sub-category of {category}"
            yield StatementProblem("category_specification", "keyword_of_other_category", message)


def _without_prefix(value: object, prefix: str) -> str:
    return value.removeprefix(prefix) if isinstance(value, str) else ""


def _all_without_prefix(value: object, prefix: str) -> list[str]:
    return [_without_prefix(code, prefix) for code in value] if isinstance(value, list) else []


class PersonalData(StrEnum):
    """Kinds of personal data that are recognized."""

    EMAIL = "email"
    HANDLE = "handle"
    PHONE = "phone"


_AT = re.compile(r"[@＠]|[(\[]\s?at", re.IGNORECASE)
_DIGITS = re.compile(r"\d")
_EMAIL = re.compile(
    r"\b[\w.+-]{1,64}\s?(?:[@＠]|[(\[]\s?at\s?[)\]])\s?[\w-]+"
    r"(?:(?:\.|\s?[(\[]\s?dot\s?[)\]]\s?)[\w-]+)+",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w.@＠/])[@＠][A-Za-z_][\w.]{2,}")
_PROFILE = re.compile(
    r"(?<![\w.])(?:t(?:elegram)?\.me|wa\.me|(?:www\.|m\.)?(?:instagram|facebook|fb|twitter|x|vk"
    r"|threads|tiktok)\.com|(?:www\.)?threads\.net|bsky\.app/profile|(?:www\.)?youtube\.com/@"
    r"|(?:www\.)?reddit\.com/u(?:ser)?|discord\.gg)/?@?[\w.+-]{3,}",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?<!\d)(?:\d{4}[-/.]\d{2}[-/.]\d{2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?!\d)")
_RUN = r"(?:[ ./\-]?\(?\d\)?)"
_PHONE = re.compile(
    rf"""(?<![\w.,/\-])(?:
      (?:\+|00)\s?[1-9]{_RUN}{{7,14}}                # +62 812 3456 7890
    | \(?0[1-9]\)?{_RUN}{{7,10}}                     # 0812-3456-7890, (030) 1234567
    | \(\d{{3}}\)\s?\d{{3}}[ .\-]\d{{4}}             # (202) 555-0143
    | \d{{3}}[.\-]\d{{3}}[.\-]\d{{4}}                # 202-555-0143
    | 1[3-9]\d(?:[ \-]?\d{{4}}){{2}}                 # 138 0013 8000
    )(?![\w])(?![.,\-/]\d)""",
    re.VERBOSE,
)
_CALLED = re.compile(
    r"(?:\b(?:whatsapp|wa|tel|telp|telephone|phone|mobile|hp|call|hubungi|nomor hp)\b|电话|手机)"
    rf"[\s.:：]*(?:no\.?\s?)?\+?\(?\d{_RUN}{{6,14}}(?!\w)",
    re.IGNORECASE,
)


@lru_cache(4096)  # grounds and explanations repeat from statement to statement
def personal_data(text: str) -> tuple[PersonalData, ...]:
    """Return the kinds of personal data in a text, each once.

    Limits: it recognizes the shapes of phone numbers, e-mail addresses, handles and profile links,
    not names. It does not consult numbering plans, so it also reports numbers that nobody has.
    Dates are not taken for numbers.

    >>> [str(kind) for kind in personal_data("Write to jo@mail.example or +62 812 3456 7890")]
    ['email', 'phone']
    >>> personal_data("Pack 4711 of 2026-11-25, Regulation (EU) 2022/2065, 1,000,000 EUR")
    ()
    """
    return tuple(_personal_data(text))


def _personal_data(text: str) -> Iterator[PersonalData]:
    rest, emails = _EMAIL.subn(" ", text) if _AT.search(text) else (text, 0)
    if emails:
        yield PersonalData.EMAIL
    handle = ("@" in rest or "＠" in rest) and _HANDLE.search(rest)
    if handle or ("/" in text and _PROFILE.search(text)):
        yield PersonalData.HANDLE
    if len(_DIGITS.findall(text)) >= 7:
        without_dates = _DATE.sub(" ", text)
        if _PHONE.search(without_dates) or _CALLED.search(without_dates):
            yield PersonalData.PHONE
