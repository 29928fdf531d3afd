"""The statement of reasons of one decision, as the DSA Transparency Database takes it.

Source: Regulation (EU) 2022/2065, Art. 17 and 24(5); the database's schema of 2025-07-01.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsa.statement import taxonomy
from dsa.statement.personal_data import personal_data
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import SourceType
from ledger.foreign_text import is_blank

_SELF_FOUND = SourceType.VOLUNTARY
_OTHER_CONTENT = "A public post of a kind that the schema does not name."


@dataclass(frozen=True, slots=True)
class Matched:
    """The rule that a decision's first finding met, as the published set words it."""

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
class Decided:
    """A decision with a measure, and what its statement says beside the journal.

    `published_at` is the post's time in RFC 3339; `language` is the tag that its sender gave;
    `matched` is nothing for a decision on a notice without a finding.
    """

    entry: JournalEntry
    reason: str
    published_at: str
    language: str
    matched: Matched | None


def statement_of(decided: Decided) -> dict[str, Any]:
    """The statement, keys in the order of the schema and only those that say something.

    The moderator's reason explains it, unless it holds what looks like personal data, or was erased
    with the post's author: then the rule's own words do, for a statement is public. No post,
    account, excerpt or moderator is in it.
    """
    entry = decided.entry
    fields = {
        **_restrictions(entry),
        **_ground(decided),
        "category": taxonomy.CATEGORY_PREFIX + entry.category,
        "category_specification": _keywords(entry),
        "category_specification_other": entry.other if taxonomy.OTHER in entry.keywords else "",
        "content_type": sorted(entry.content_type),
        "content_type_other": _OTHER_CONTENT if _is_other(entry) else "",
        "content_language": _language(decided.language),
        "content_date": decided.published_at[:10],
        "territorial_scope": sorted(entry.scope),
        "application_date": entry.applied_at[:10],
        "decision_facts": _facts(decided),
        "source_type": taxonomy.SOURCE_OF[SourceType(entry.source_type)],
        "automated_detection": "Yes" if entry.source_type == _SELF_FOUND else "No",
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


def _ground(decided: Decided) -> Mapping[str, Any]:
    entry, matched = decided.entry, decided.matched
    illegal = entry.ground == "illegal"
    kind = "illegal_content_legal_ground" if illegal else "incompatible_content_ground"
    text = entry.ground_text or (matched.legal_ground if matched else "")
    return {
        "decision_ground": taxonomy.ILLEGAL if illegal else taxonomy.INCOMPATIBLE,
        "decision_ground_reference_url": entry.ground_url,
        kind: text[:500],
        f"{'illegal' if illegal else 'incompatible'}_content_explanation": _explanation(decided),
    }


def _explanation(decided: Decided) -> str:
    matched = decided.matched
    if not is_blank(decided.reason) and not personal_data(decided.reason):
        return decided.reason[:2000]
    return matched.why if matched else "A moderator found that the post is what the notice says."


def _facts(decided: Decided) -> str:
    """How the post was found and who decided: what the flags beside it say in codes."""
    matched = decided.matched
    if decided.entry.source_type != _SELF_FOUND:
        found = "A notice named the post."
    elif matched is None:
        found = "The provider looked at the post of its own accord."
    else:
        where = f", published at {matched.address}" if matched.address else ""
        found = f"Matched pack {matched.pack} {matched.version} rule {matched.rule}{where}."
    said = f"{found} Decided by a moderator."
    if matched and matched.check and not personal_data(matched.check):
        return f"{said} The claim that it repeats was checked: {matched.check}"
    return said


def _is_other(entry: JournalEntry) -> bool:
    return "CONTENT_TYPE_OTHER" in entry.content_type


def _keywords(entry: JournalEntry) -> list[str]:
    return sorted(taxonomy.KEYWORD_PREFIX + one for one in entry.keywords)


def _language(tag: str) -> str:
    """The language of a tag as the database takes it, or nothing.

    >>> _language("zh-Hant"), _language("ace")
    ('ZH', '')
    """
    language = tag.partition("-")[0].upper()
    return language if language in taxonomy.LANGUAGES else ""
