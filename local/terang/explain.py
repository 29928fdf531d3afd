"""Why a text hits a rule, and why it does not: each rule is loosened until it does."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from matcher import Hit, Matcher, Pack, Rule

LOOSER: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a phrase of `unless` stands near", {"unless": ()}),
    ("the term stands inside a phrase of `except`", {"except_": ()}),
    ("the terms stand more than `within` words apart", {"within": None}),
)
"""What can keep a rule whose groups are all met from hitting, and the rule without it."""


def explain(packs: Sequence[Pack], text: str) -> Iterator[str]:
    """Lines that tell what hits a text and why, then what nearly does and why not.

    A rule is spoken of when at least one of its groups is met.
    """
    hits = Matcher(packs).find(text)
    for hit in hits:
        yield f"HIT {hit.pack}/{hit.rule} ({hit.mode}, {hit.severity})"
        yield from _spans(hit, text)
    hitting = {(hit.pack, hit.rule) for hit in hits}
    for pack in packs:
        for rule in pack.rules:
            if (pack.id, rule.id) not in hitting and (why := why_not(pack, rule, text)):
                yield f"no  {pack.id}/{rule.id}: {why}"
    if not hits:
        yield "no rule hits this text"


def why_not(pack: Pack, rule: Rule, text: str) -> str:
    """What decided against a rule, or nothing where none of its groups is met."""
    groups = [msgspec.structs.replace(_bare(rule), groups=(group,)) for group in rule.groups]
    if rule.links:
        groups.append(msgspec.structs.replace(_bare(rule), groups=(), links=rule.links))
    met = [bool(_find(pack, one, text)) for one in groups]
    if not any(met):
        return ""
    if not all(met):
        missing = [_words(one) for one, found in zip(groups, met, strict=True) if not found]
        return f"nothing of {' or of '.join(missing)}"
    for why, change in LOOSER:
        if _find(pack, msgspec.structs.replace(rule, **change), text):
            return why
    return "more than one of `unless`, `except` and `within` stands against it"


def _bare(rule: Rule) -> Rule:
    """A rule without what could keep a single group from hitting."""
    return msgspec.structs.replace(rule, links=(), within=None, unless=(), except_=())


def _find(pack: Pack, rule: Rule, text: str) -> tuple[Hit, ...]:
    return Matcher([msgspec.structs.replace(pack, rules=(rule,))]).find(text)


def _words(rule: Rule) -> str:
    terms = rule.groups[0] if rule.groups else rule.links
    shown = ", ".join(terms[:4])
    return f"[{shown}{', …' if len(terms) > 4 else ''}]"


def _spans(hit: Hit, text: str) -> Iterator[str]:
    for span in hit.spans:
        seen = f" through {', '.join(map(str, span.evasion))}" if span.evasion else ""
        found = text[span.start : span.end]
        yield f"    {span.start}-{span.end} {found!r} is the term {span.term!r}{seen}"
