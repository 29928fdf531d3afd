"""Check that a statement which the database accepts is not misleading, and names nobody.

Writes the statement of reasons of one decision, as the DSA Transparency Database takes it.

Source: Regulation (EU) 2022/2065, Art. 17 and 24(5); the database's schema of 2025-07-01.

What only many statements together show: repeated puids, useless flags, sudden changes.

Source: large platforms have published an inverted flag for years, removed duplicates by the
million, and named a wrong source. Each of those files passes the schema.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from dsa import statement_schema
from dsa.statement_schema import StatementProblem, is_present, parse_day
from ledger.cases import JournalEntry
from ledger.dsa_codes import NOT_SPECIFIED_NOTICE, SourceType
from ledger.texts import is_blank

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
    "OTHER_VIOLATION_TC": ("decision_ground", statement_schema.ILLEGAL),
    NOT_SPECIFIED_NOTICE: ("source_type", statement_schema.VOLUNTARY),
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
    for name in _ENDS:
        end = parse_day(statement.get(name))
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
    notified = source in statement_schema.SOURCES and source != statement_schema.VOLUNTARY
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
    category = _without_prefix(statement.get("category"), statement_schema.CATEGORY_PREFIX)
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
    additions = _all_without_prefix(
        statement.get("category_addition"), statement_schema.CATEGORY_PREFIX
    )
    allowed = {statement_schema.OTHER}.union(
        *(statement_schema.KEYWORDS_OF.get(name, frozenset()) for name in (category, *additions))
    )
    specification = statement.get("category_specification")
    for keyword in _all_without_prefix(specification, statement_schema.KEYWORD_PREFIX):
        counted = statement_schema.STATEMENT_ONLY.get(keyword, keyword)
        if keyword in statement_schema.KEYWORDS and counted not in allowed and is_present(category):
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


_OTHER_CONTENT = "A public post of a kind that the schema does not name."


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """The rule of a decision's first finding, in the words of the published set."""

    pack: str
    version: int
    rule: str
    why: str
    legal_ground: str
    address: str
    """Where everybody can read the rule, or empty."""
    check: str = ""
    """The link to the published fact-check that the finding proposed, or empty."""


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """A decision with a measure, and what its statement needs in addition to the journal entry.

    `published_at` is the post's time in RFC 3339; `language` is the tag that its sender gave;
    `rule` is None for a decision on a notice without a finding.
    """

    entry: JournalEntry
    reason: str
    published_at: str
    language: str
    rule: MatchedRule | None


def build_statement(facts: StatementFacts) -> dict[str, Any]:
    """Return the statement: keys in the order of the schema, empty ones left out.

    The moderator's reason explains it, unless it holds what looks like personal data, or was erased
    with the post's author: then the rule's own words do, because a statement is public. It holds no
    post, account, excerpt or moderator.
    """
    entry = facts.entry
    is_other = "CONTENT_TYPE_OTHER" in entry.content_type
    fields = {
        **_restrictions(entry),
        **_ground(facts),
        "category": statement_schema.CATEGORY_PREFIX + entry.category,
        "category_specification": sorted(
            statement_schema.KEYWORD_PREFIX + name for name in entry.keywords
        ),
        "category_specification_other": entry.other
        if statement_schema.OTHER in entry.keywords
        else "",
        "content_type": sorted(entry.content_type),
        "content_type_other": _OTHER_CONTENT if is_other else "",
        "content_language": _language(facts.language),
        "content_date": facts.published_at[:10],
        "territorial_scope": sorted(entry.scope),
        "application_date": entry.applied_at[:10],
        "decision_facts": _decision_facts(facts),
        "source_type": statement_schema.SOURCE_OF[SourceType(entry.source_type)],
        "automated_detection": "Yes" if entry.source_type == SourceType.VOLUNTARY else "No",
        "automated_decision": f"AUTOMATED_DECISION_{entry.automated_decision}",
        "puid": entry.entry,
    }
    return {name: value for name, value in fields.items() if value not in ("", None, [])}


def _restrictions(entry: JournalEntry) -> Mapping[str, Any]:
    measures = entry.measures
    if measures is None:
        raise ValueError(f"decision {entry.entry} took no measure: it has no statement")
    ends = {
        "visibility": measures.visibility_until,
        "monetary": measures.monetary_until,
        "service": measures.provision_until,
        "account": measures.account_until,
    }
    return {
        "decision_visibility": sorted(measures.visibility),
        "decision_visibility_other": measures.visibility_other,
        "decision_monetary": measures.monetary,
        "decision_monetary_other": measures.monetary_other,
        "decision_provision": measures.provision,
        "decision_account": measures.account,
        "account_type": measures.account_type,
        **{
            f"end_date_{name}_restriction": end.isoformat() if end else None
            for name, end in ends.items()
        },
    }


def _ground(facts: StatementFacts) -> Mapping[str, Any]:
    entry, rule = facts.entry, facts.rule
    illegal = entry.ground == "illegal"
    ground_field = "illegal_content_legal_ground" if illegal else "incompatible_content_ground"
    text = entry.ground_text or (rule.legal_ground if rule else "")
    return {
        "decision_ground": statement_schema.ILLEGAL if illegal else statement_schema.INCOMPATIBLE,
        "decision_ground_reference_url": entry.ground_url,
        ground_field: text[:500],
        f"{'illegal' if illegal else 'incompatible'}_content_explanation": _explanation(facts),
    }


def _explanation(facts: StatementFacts) -> str:
    if not is_blank(facts.reason) and not personal_data(facts.reason):
        return facts.reason
    rule = facts.rule
    return rule.why if rule else "A moderator found that the post is what the notice says."


def _decision_facts(facts: StatementFacts) -> str:
    """Say how the post was found and who decided, as the automated flags say it in codes."""
    rule = facts.rule
    is_noticed = facts.entry.source_type != SourceType.VOLUNTARY
    text = "A notice named the post. " if is_noticed else ""
    if rule:
        where = f", published at {rule.address}" if rule.address else ""
        text += f"Matched pack {rule.pack} {rule.version} rule {rule.rule}{where}. "
    elif not is_noticed:
        text = "The provider looked at the post of its own accord. "
    text += "Decided by a moderator."
    if rule and rule.check and not personal_data(rule.check):
        return f"{text} The claim that it repeats was checked: {rule.check}"
    return text


def _language(tag: str) -> str:
    """Return the language of a tag as the database spells it, or an empty text.

    >>> _language("zh-Hant"), _language("ace")
    ('ZH', '')
    """
    language = tag.partition("-")[0].upper()
    return language if language in statement_schema.CONTENT_LANGUAGES else ""


FLAG_STATEMENTS = 20
"""Statements of a source from which its flags are judged."""

MONTH_STATEMENTS = 100
"""Statements of a month from which it is compared with another."""

LARGE_SHIFT = 0.35
"""Total variation distance between the categories of two months from which it is a problem."""

_NEARLY_ALL = 0.9

_BY_PEOPLE = "AUTOMATED_DECISION_NOT_AUTOMATED"
"""A provider whose people decide everything rightly says so every time."""


@dataclass(slots=True)
class Distribution[P: Hashable]:
    """Counts the statements of one or several files; a puid takes about 90 bytes of memory."""

    puids: set[int] = field(default_factory=set)
    flags: dict[str, Counter[tuple[bool, object]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    months: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    first_of_month: dict[str, P] = field(default_factory=dict)
    first: P | None = None

    def add(self, place: P, statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
        """Count the statement at a place. Yields a problem if its puid was added before."""
        self.first = self.first or place
        puid = statement.get("puid")
        if isinstance(puid, str) and puid:
            # 64 bits: among ten million puids two collide by chance in one of 370,000 files
            digest = int.from_bytes(
                blake2b(puid.encode("utf-8", "replace"), digest_size=8).digest()
            )
            if digest in self.puids:
                message = "was used before; it must be unique in a platform, forever"
                yield StatementProblem("puid", "duplicate_puid", message)
            self.puids.add(digest)
        source = statement.get("source_type")
        if isinstance(source, str):
            for flag in ("automated_detection", "automated_decision"):
                value = statement.get(flag)
                if isinstance(value, str):
                    self.flags[flag][source == statement_schema.VOLUNTARY, value] += 1
        applied, category = statement.get("application_date"), statement.get("category")
        if isinstance(applied, str) and isinstance(category, str):
            month = applied[:7]
            self.first_of_month.setdefault(month, place)
            self.months[month][category] += 1

    def problems(self) -> Iterator[tuple[P, StatementProblem]]:
        """Yield problems of all statements together, each with its first statement's place."""
        if self.first is not None:
            yield from ((self.first, problem) for problem in self._flag_problems())
        yield from self._shift_problems()

    def _flag_problems(self) -> Iterator[StatementProblem]:
        for flag, counts in self.flags.items():
            voluntary, notified = (
                Counter(
                    {
                        value: n
                        for (is_voluntary, value), n in counts.items()
                        if is_voluntary == kind
                    }
                )
                for kind in (True, False)
            )
            if min(voluntary.total(), notified.total()) < FLAG_STATEMENTS:
                continue
            values = set(voluntary) | set(notified)
            if len(values) == 1 and values != {_BY_PEOPLE}:
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
            before, after = self.months[last], self.months[month]
            shift = distance(before, after)
            if shift > LARGE_SHIFT:

                def growth(
                    category: str, old: Counter[str] = before, new: Counter[str] = after
                ) -> float:
                    return new[category] / new.total() - old[category] / old.total()

                most = max(after, key=growth).removeprefix(statement_schema.CATEGORY_PREFIX)
                message = (
                    f"{month} differs from {last} in {shift:.0%} of its categories, most in {most}"
                )
                problem = StatementProblem("category", "distribution_shift", message)
                yield self.first_of_month[month], problem


def distance(left: Counter[str], right: Counter[str]) -> float:
    """Return the total variation distance of two tallies: 0 for equal shares, 1 for none common.

    >>> distance(Counter(a=2), Counter(a=1, b=1))
    0.5
    """
    shares = (
        abs(left[key] / left.total() - right[key] / right.total()) for key in set(left) | set(right)
    )
    return sum(shares) / 2
