"""Posts become findings: one for each rule that a post satisfies."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from ledger.clock import utc
from ledger.privacy.pseudonyms import Pseudonyms
from ledger.records.finding import Finding, FoundSpan, excerpt_of
from ledger.records.identity import finding_id
from ledger.records.post import Post, TranslatedPost
from ledger.records.receipt import rule_key
from matcher import Hit
from scan.check_hits import NO_CHECKS, CheckHit
from scan.rule_sets import Rules


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as it would be put, with its excerpt."""

    finding: Finding
    excerpt: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """What posts came to.

    `not_asked` of them were not compared with checks any more. `partly_read` of them would have
    taken more work than a post may take, so that only a part of it was done.
    """

    found: list[Found]
    not_asked: int
    partly_read: int


def inspect_posts(
    posts: Sequence[Post],
    rules: Rules,
    pseudonyms: Pseudonyms,
    *,
    provider: str,
    unit: str,
    found_at: str,
) -> Inspected:
    """All findings of these posts, in order; the same text of the same post counts once."""
    found: dict[str, Found] = {}
    results = rules.matcher.results([post.parts for post in posts])
    of_checks = rules.checks.hits(posts) if rules.checks else NO_CHECKS
    for number, (post, (of_words, _)) in enumerate(zip(posts, results, strict=True)):
        if not of_words and number not in of_checks.by_post:
            continue
        hits = [CheckHit(hit) for hit in of_words] + of_checks.by_post.get(number, [])
        account = account_of(post, pseudonyms)
        text, parts = post.text_digest, dict(post.parts)
        for hit, label in hits:
            one = finding_id(provider, post.id, text, hit.pack, hit.rule, hit.mode)
            finding = Finding(
                finding=one,
                provider=provider,
                post=post.id,
                account=account,
                published_at=utc(post.published_at),
                found_at=found_at,
                pack=hit.pack,
                version=hit.version,
                set=rules.set,
                rule=hit.rule,
                mode=hit.mode,
                category=hit.category,
                severity=hit.severity,
                spans=_spans(hit),
                spans_capped=True if _is_capped(hit) else msgspec.UNSET,
                unit=unit,
                reach=post.reach,
                language=post.language,
                url=post.url,
                label=label,
            )
            first = hit.spans[0]
            excerpt = excerpt_of(parts[first.part], first.start, first.end)
            found.setdefault(one, Found(finding, excerpt))
    partly_read = sum(result.partly_read for result in results)
    return Inspected(list(found.values()), of_checks.not_asked, partly_read)


def account_of(post: Post, pseudonyms: Pseudonyms) -> str:
    """The pseudonym of a post's author; of a translated post it is one already."""
    return post.account if isinstance(post, TranslatedPost) else pseudonyms.of(post.account)


def live_hits(found: Iterable[Found]) -> dict[str, int]:
    """How often each live rule hit, by `pack/rule`."""
    live = (one.finding for one in found if one.finding.mode == "live")
    return dict(Counter(f"{finding.pack}/{finding.rule}" for finding in live))


def by_rule(findings: Iterable[Finding]) -> dict[str, int]:
    """Findings by `pack/version/rule/mode`."""
    return dict(Counter(rule_key(one.pack, one.version, one.rule, one.mode) for one in findings))


MAX_SPANS = 100
"""Spans that a finding keeps: a post can repeat a term many thousand times. A finding says so."""


def _is_capped(hit: Hit) -> bool:
    return hit.spans_capped or len(hit.spans) > MAX_SPANS


def _spans(hit: Hit) -> tuple[FoundSpan, ...]:
    return tuple(
        FoundSpan(span.part, span.start, span.end, span.term, tuple(map(str, span.evasion)))
        for span in hit.spans[:MAX_SPANS]
    )
