"""Writes the statement of reasons of one decision, as the DSA Transparency Database takes it.

Source: Regulation (EU) 2022/2065, Art. 17 and 24(5); the database's schema of 2025-07-01.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsa.statement import codes
from dsa.statement.meaning import personal_data
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import SourceType
from ledger.untrusted_text import is_blank

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
        "category": codes.CATEGORY_PREFIX + entry.category,
        "category_specification": sorted(codes.KEYWORD_PREFIX + name for name in entry.keywords),
        "category_specification_other": entry.other if codes.OTHER in entry.keywords else "",
        "content_type": sorted(entry.content_type),
        "content_type_other": _OTHER_CONTENT if is_other else "",
        "content_language": _language(facts.language),
        "content_date": facts.published_at[:10],
        "territorial_scope": sorted(entry.scope),
        "application_date": entry.applied_at[:10],
        "decision_facts": _decision_facts(facts),
        "source_type": codes.SOURCE_OF[SourceType(entry.source_type)],
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
        "decision_ground": codes.ILLEGAL if illegal else codes.INCOMPATIBLE,
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
    return language if language in codes.CONTENT_LANGUAGES else ""
