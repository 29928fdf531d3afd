"""Whether a statement that the database takes also means what it says."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from dsa.statement import taxonomy
from dsa.statement.fields import day_of
from dsa.statement.personal_data import personal_data
from dsa.statement.problem import Problem
from dsa.statement.rules import is_there

FREE_TEXTS = (
    "decision_facts",
    "decision_visibility_other",
    "decision_monetary_other",
    "illegal_content_legal_ground",
    "illegal_content_explanation",
    "incompatible_content_ground",
    "incompatible_content_explanation",
    "category_specification_other",
    "content_type_other",
    "source_identity",
)
"""The fields in which somebody writes."""

_ENDS = (
    "end_date_visibility_restriction",
    "end_date_monetary_restriction",
    "end_date_service_restriction",
    "end_date_account_restriction",
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

type PackCodes = Mapping[str, tuple[str, frozenset[str]]]
"""The category and keywords of each pack, by its id."""


def meaning_problems(
    statement: Mapping[str, Any], packs: PackCodes, today: date | None = None
) -> Iterator[Problem]:
    """What the database would take and readers would be misled by.

    `packs` are those that `decision_facts` may name; `today` makes later days of content and
    application wrong.
    """
    yield from _personal(statement)
    yield from _dates(statement, today)
    yield from _flags(statement)
    yield from _categories(statement, packs)


def _personal(statement: Mapping[str, Any]) -> Iterator[Problem]:
    for field in FREE_TEXTS:
        value = statement.get(field)
        if isinstance(value, str):
            for kind in personal_data(value):
                message = f"holds what looks like a {kind}; statements are public (Art. 24(5))"
                yield Problem(field, f"personal_data_{kind}", message)


def _dates(statement: Mapping[str, Any], today: date | None) -> Iterator[Problem]:
    content, applied = (day_of(statement.get(f"{one}_date")) for one in ("content", "application"))
    if content and applied and content > applied:
        message = f"{content} is after application_date {applied}"
        yield Problem("content_date", "date_order", message)
    for field in _ENDS:
        end = day_of(statement.get(field))
        if end and applied and end < applied:
            yield Problem(field, "date_order", f"{end} is before application_date {applied}")
    for field, day in (("content_date", content), ("application_date", applied)):
        if day and today and day > today:
            yield Problem(field, "date_order", f"{day} is in the future")


def _flags(statement: Mapping[str, Any]) -> Iterator[Problem]:
    detection, source = statement.get("automated_detection"), statement.get("source_type")
    facts = statement.get("decision_facts")
    by_machine = isinstance(facts, str) and _BY_MACHINE.search(facts)
    noticed = source in taxonomy.SOURCES and source != taxonomy.VOLUNTARY
    if detection == "Yes" and noticed and not by_machine:
        message = f"Yes, and source_type says that somebody notified it: {source}"
        yield Problem("automated_detection", "flag_contradicts_source", message)
    if detection == "No" and by_machine and not noticed:
        message = f"No, and decision_facts says {by_machine[0]!r}"
        yield Problem("automated_detection", "flag_contradicts_facts", message)
    decision = statement.get("automated_decision")
    by_person = isinstance(facts, str) and _BY_PERSON.search(facts)
    if decision == "AUTOMATED_DECISION_FULLY" and by_person:
        message = f"FULLY, and decision_facts says {by_person[0]!r}"
        yield Problem("automated_decision", "flag_contradicts_facts", message)


def _categories(statement: Mapping[str, Any], packs: PackCodes) -> Iterator[Problem]:
    category = _code(statement.get("category"), taxonomy.CATEGORY_PREFIX)
    keywords = _codes(statement.get("category_specification"), taxonomy.KEYWORD_PREFIX)
    facts = statement.get("decision_facts")
    named = _PACK.search(facts) if isinstance(facts, str) else None
    if named and category and named["pack"] in packs:
        wanted = packs[named["pack"]][0]
        if category != wanted:
            message = f"{category}, and pack {named['pack']} is about {wanted}"
            yield Problem("category", "category_not_of_pack", message)
            return  # its keywords are another's too
    allowed = {taxonomy.OTHER}
    additions = _codes(statement.get("category_addition"), taxonomy.CATEGORY_PREFIX)
    for one in (category, *additions):
        allowed |= taxonomy.KEYWORDS_OF.get(one, frozenset())
    for keyword in keywords:
        counted = taxonomy.STATEMENT_ONLY.get(keyword, keyword)
        if keyword in taxonomy.KEYWORDS and counted not in allowed and is_there(category):
            message = f"{keyword} is no sub-category of {category}"
            yield Problem("category_specification", "keyword_of_other_category", message)


def _code(value: object, prefix: str) -> str:
    return value.removeprefix(prefix) if isinstance(value, str) else ""


def _codes(value: object, prefix: str) -> list[str]:
    return [_code(one, prefix) for one in value] if isinstance(value, list) else []
