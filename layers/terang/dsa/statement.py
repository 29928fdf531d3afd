"""What is written about a decision with a measure: the author's notice, the statement of reasons.

Decide writes the notice, and the desk shows it before the decision. Each language has a template,
`templates/notice.<language>.txt`, and one of how a complaint ended. The statement goes to the DSA
Transparency Database, in the codes of its schema of 2025-07-01. It is public, so it must not hold
personal data.

Source: Regulation (EU) 2022/2065 (DSA), Art. 17, 20, 21 and 24(5).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger.cases import CaseEntry, JournalEntry
from ledger.codes import CATEGORIES, Measures, SourceType
from ledger.findings import Finding
from ledger.numbers import CONTEST_MONTHS
from ledger.posts import ISO_639_1
from ledger.removals import Removal
from ledger.texts import is_blank, months_after, replace_controls
from rules.pack import Pack, Said

NOTICE_LANGUAGES = ("en", "id", "zh")
PRESERVED_MONTHS = 6


@dataclass(frozen=True, slots=True)
class DecidedFinding:
    """A finding that was decided on, with the pack that made it.

    `page` is the public page of its rule, empty if no public pages are served.
    """

    finding: Finding
    pack: Pack
    page: str = ""

    @property
    def why(self) -> str:
        """Return the public explanation of the rule."""
        rule = self.pack.rule(self.finding.rule)
        return rule.why if rule else ""


@cache
def _environment() -> Environment:
    """Make the environment once: compiling a template takes longer than filling it."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        finalize=lambda value: replace_controls(str(value), keep="\n"),
        # The notices are plain text, not markup.
        autoescape=False,  # noqa: S701  # nosec B701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def author_notice(
    language: str,
    decision: CaseEntry,
    findings: Sequence[DecidedFinding],
    notices: Sequence[CaseEntry],
    number: str = "",
    object_at: str = "",
    public_url: str = "",
) -> str:
    """Return the notice of a decision with a measure, in one of `NOTICE_LANGUAGES`.

    `findings` and `notices` are those that were decided on. `object_at` is the address of a form
    for complaints, which takes the `number`. A decision that is not sent yet has none.
    """
    entry = decision.journal_entry
    assert entry.measures is not None  # noqa: S101 - a decision without one has no notice
    found = [decided.finding for decided in findings]
    posts = [finding.post for finding in found] or [notice.post for notice in notices]
    urls = [finding.url for finding in found] + [notice.url for notice in notices]
    applied = date.fromisoformat(entry.applied_at[:10])
    tongue = "" if language == "en" else f".{language}"
    template = _environment().get_template(f"notice.{language}.txt")
    return template.render(
        entry=entry,
        done=[*_measures(entry.measures)],
        post=replace_controls(posts[0]),  # an id with line breaks could forge lines
        url=replace_controls(next(filter(None, urls), "")),
        reason=decision.reason,
        reason_language=decision.reason_language,
        rules=[_rule(decided, language) for decided in findings],
        contest_until=months_after(applied, CONTEST_MONTHS).isoformat(),
        number=number,
        object_at=object_at,
        authors=f"{public_url}/authors{tongue}.html" if public_url else "",
    )


def outcome_notice(language: str, entry: JournalEntry, reason: str, number: str) -> str:
    """Return the notice of how a complaint ended, to whoever complained."""
    template = _environment().get_template(f"outcome.{language}.txt")
    done = [*_measures(entry.measures)] if entry.measures else []
    return template.render(entry=entry, reason=reason, number=number, done=done)


def order_texts(order: JournalEntry, name: str) -> dict[str, str]:
    """Return what an answered removal order needs, in English; `name` is the provider's for it.

    `annex-2` or `annex-3` answers the authority (TCO, Art. 3(6) to (8)). `author` tells the author
    (Art. 11), and is missing while the authority forbids it.
    """
    if order.regulation != "tco" or order.kind != "act" or not order.outcome:
        return {}
    names = ["annex-2", "author"] if order.outcome == "complied" else ["annex-3"]
    facts = {"order": order, "removal": order.removal or Removal(), "name": name}
    spoken = (each for each in names if each != "author" or not order.is_silent)
    return {each: _environment().get_template(f"{each}.txt").render(facts) for each in spoken}


def preserved_until(order: JournalEntry) -> date | None:
    """Return until when a host preserves what it removed: six months, or longer (TCO, Art. 6)."""
    if order.removal and order.removal.preserved_until:
        return order.removal.preserved_until
    done = order.effected_at[:10]
    return months_after(date.fromisoformat(done), PRESERVED_MONTHS) if done else None


def _rule(decided: DecidedFinding, language: str) -> dict[str, object]:
    """Return what the notice says of a rule.

    Title and `why` are in the notice's language; `is_english` says that one of them is in English
    because the pack does not have it in that language.
    """
    finding, pack = decided.finding, decided.pack
    rule = pack.rule(finding.rule)
    title = pack.title_in(language)
    why = pack.reason_in(language, rule) if rule else Said("", language)
    return {
        "title": title.text,
        "name": f"{finding.pack}/{finding.version}/{finding.rule}",
        "why": why.text,
        "is_english": not {title.language, why.language} <= {language},
        "page": decided.page,
        "finding": finding,
    }


def _measures(measures: Measures) -> Iterator[dict[str, str]]:
    """Yield each measure: its code, its end, and the provider's words if the code ends in OTHER."""
    for kind in ("visibility", "monetary", "provision", "account"):
        codes = getattr(measures, kind) or ()
        end = getattr(measures, f"{kind}_until")
        for code in (codes,) if isinstance(codes, str) else codes:
            other = getattr(measures, f"{kind}_other", None) if code.endswith("_OTHER") else None
            until = end.isoformat() if end else ""
            yield {"code": str(code), "until": until, "other": other or ""}


CATEGORY_PREFIX = "STATEMENT_CATEGORY_"
KEYWORD_PREFIX = "KEYWORD_"
OTHER = "OTHER"
ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"

CONTENT_LANGUAGES = frozenset(code.upper() for code in ISO_639_1) | {"BH"}
"""ISO 639-1 in upper case. The database also keeps BH, which the standard withdrew."""

SOURCE_OF = {
    SourceType.VOLUNTARY: "SOURCE_VOLUNTARY",
    SourceType.ARTICLE_16: "SOURCE_ARTICLE_16",
    SourceType.TRUSTED_FLAGGER: "SOURCE_TRUSTED_FLAGGER",
    SourceType.OTHER_NOTIFICATION: "SOURCE_TYPE_OTHER_NOTIFICATION",
}

KEYWORDS_OF = {category: frozenset(keywords) for category, keywords in CATEGORIES.items()}

STATEMENT_ONLY = {"STALKING": "CYBER_STALKING"}
"""Keywords that only a statement may carry, each with the one that the report counts it as."""

KEYWORDS = frozenset[str]().union(*KEYWORDS_OF.values(), STATEMENT_ONLY)

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

BATCH = 100
"""Most statements of one request."""


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
    rest, emails = _EMAIL.subn(" ", text) if _AT.search(text) else (text, 0)
    handle = ("@" in rest or "＠" in rest) and _HANDLE.search(rest)
    profile = "/" in text and _PROFILE.search(text)
    dateless = _DATE.sub(" ", text) if len(_DIGITS.findall(text)) >= 7 else ""
    phone = _PHONE.search(dateless) or _CALLED.search(dateless)
    kinds = zip(PersonalData, (emails, handle or profile, phone), strict=True)
    return tuple(kind for kind, found in kinds if found)


_OTHER_CONTENT = "A public post of a kind that the schema does not name."


def build_statement(decision: CaseEntry, found: DecidedFinding | None) -> dict[str, Any]:
    """Return the statement: keys in the order of the schema, empty ones left out.

    `found` is the first finding of the decision, None if it is on a notice alone. A notice does not
    say when its post was published, so the time when it was received is used.

    The moderator's reason explains it, unless it holds what looks like personal data, or was erased
    with the post's author: then the rule's own words do, because a statement is public. It holds no
    post, account, excerpt or moderator.
    """
    entry = decision.journal_entry
    if found:  # the sender stated when the post was published: at the latest when it was found
        published_at = min(found.finding.published_at, found.finding.found_at)
    else:
        published_at = entry.about.received_at if entry.about else entry.opened_at
    fields = {
        **_restrictions(entry),
        **_ground(decision, found),
        "category": CATEGORY_PREFIX + entry.category,
        "category_specification": sorted(KEYWORD_PREFIX + name for name in entry.keywords),
        "category_specification_other": entry.other if OTHER in entry.keywords else "",
        "content_type": sorted(entry.content_type),
        "content_type_other": _OTHER_CONTENT if "CONTENT_TYPE_OTHER" in entry.content_type else "",
        "content_language": _language(found.finding.language or "" if found else ""),
        "content_date": published_at[:10],
        "territorial_scope": sorted(entry.scope),
        "application_date": entry.applied_at[:10],
        "decision_facts": _decision_facts(entry, found),
        "source_type": SOURCE_OF[SourceType(entry.source_type)],
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


def _ground(decision: CaseEntry, found: DecidedFinding | None) -> dict[str, str]:
    entry = decision.journal_entry
    is_illegal = entry.ground == "illegal"
    kind, ground_field = ("illegal", "legal_ground") if is_illegal else ("incompatible", "ground")
    ground = entry.ground_text or (found.pack.legal_ground.text if found else "")
    explanation = decision.reason
    if is_blank(explanation) or personal_data(explanation):
        noticed = "A moderator found that the post is what the notice says."
        explanation = found.why if found else noticed
    return {
        "decision_ground": ILLEGAL if is_illegal else INCOMPATIBLE,
        "decision_ground_reference_url": entry.ground_url,
        f"{kind}_content_{ground_field}": ground[:500],
        f"{kind}_content_explanation": explanation,
    }


def _decision_facts(entry: JournalEntry, found: DecidedFinding | None) -> str:
    """Say how the post was found and who decided, as the automated flags say it in codes."""
    is_noticed = entry.source_type != SourceType.VOLUNTARY
    text = "A notice named the post. " if is_noticed else ""
    if found:
        finding, where = found.finding, f", published at {found.page}" if found.page else ""
        text += f"Matched pack {finding.pack} {finding.version} rule {finding.rule}{where}. "
    elif entry.about and not is_noticed:  # a moderator's own notice
        text += "A rule on trial found the post, and a moderator reported it. "
    elif not is_noticed:
        text = "The provider looked at the post of its own accord. "
    text += "Decided by a moderator."
    check = found.finding.checks[0].url if found and found.finding.checks else ""
    if check and not personal_data(check):
        return f"{text} The claim that it repeats was checked: {check}"
    return text


def _language(tag: str) -> str:
    """Return the language of a tag as the database spells it, or an empty text.

    >>> _language("zh-Hant"), _language("ace")
    ('ZH', '')
    """
    language = tag.partition("-")[0].upper()
    return language if language in CONTENT_LANGUAGES else ""
