"""Posts become findings, one for each rule that a post satisfies; other posts may be sampled."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from ledger.clock import utc
from ledger.privacy.audit_sample import SampledPost, draw_sample
from ledger.privacy.pseudonyms import Pseudonyms
from ledger.records.finding import EXCERPT_LENGTH, Finding, FoundSpan, excerpt_of
from ledger.records.identity import finding_id
from ledger.records.manifest import FoundCopies
from ledger.records.post import Post, TranslatedPost
from ledger.records.receipt import rule_key
from matcher import Hit
from matcher.copies.fingerprint import Fingerprints
from matcher.hit import PostResult
from scan.fact_checks import CheckHits, FoundHit
from scan.rule_sets import Rules

MAX_SPANS = 100
"""The most spans that a finding keeps: a post can repeat a term many thousand times. A finding
that lost spans says so."""


@dataclass(frozen=True, slots=True)
class ExcerptedFinding:
    """A finding as it would be stored, with its excerpt and the fingerprint of its post."""

    finding: Finding
    excerpt: str
    fingerprint: bytes = b""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The findings of a unit's posts.

    `not_asked` posts were not compared with fact-checks, and `not_compared` not with posts that
    people confirmed. `partly_read` posts would have taken more work than one post may take, so that
    only a part of it was done.
    """

    findings: list[ExcerptedFinding]
    not_asked: int
    partly_read: int
    not_compared: int = 0


def inspect_posts(
    posts: Sequence[Post],
    rules: Rules,
    pseudonyms: Pseudonyms,
    *,
    provider: str,
    unit: str,
    found_at: str,
    excerpt_length: int = EXCERPT_LENGTH,
    results: Sequence[PostResult] | None = None,
    fingerprints: Fingerprints | None = None,
    copies: FoundCopies | None = None,
) -> Inspection:
    """Return all findings of these posts, in order; the same text of the same post counts once.

    `results` are what the matcher found, if the posts were matched together with others.
    `fingerprints` makes the fingerprints of posts with findings. `copies` are those of the unit's
    attempt.
    """
    if results is None:
        results = match_posts(posts, rules)
    check_hits = rules.checks.hits(posts) if rules.checks else CheckHits()
    other_hits = {number: [*hits] for number, hits in check_hits.by_post.items()}
    for rule, decision, copied in copies.found if copies else ():
        for number in copied:
            copy = FoundHit(rules.copies[rule].hit(posts[number]), copy_of=decision)
            other_hits.setdefault(number, []).append(copy)
    writer = _FindingWriter(
        provider, unit, rules.set, found_at, excerpt_length, pseudonyms, fingerprints
    )
    findings: dict[str, ExcerptedFinding] = {}
    for number, (post, (term_hits, _)) in enumerate(zip(posts, results, strict=True)):
        if term_hits or number in other_hits:
            hits = [FoundHit(hit) for hit in term_hits] + other_hits.get(number, [])
            for found in writer.findings(post, hits):
                findings.setdefault(found.finding.finding, found)
    partly_read = sum(result.partly_read for result in results)
    not_compared = copies.not_compared if copies else 0
    return Inspection(list(findings.values()), check_hits.not_asked, partly_read, not_compared)


@dataclass(frozen=True, slots=True)
class _FindingWriter:
    """Writes the findings of a unit's posts."""

    provider: str
    unit: str
    set: str
    found_at: str
    excerpt_length: int
    pseudonyms: Pseudonyms
    fingerprints: Fingerprints | None

    def findings(self, post: Post, hits: Iterable[FoundHit]) -> Iterator[ExcerptedFinding]:
        """Yield the finding of each hit."""
        account = account_of(post, self.pseudonyms)
        text, parts = post.text_digest, dict(post.parts)
        fingerprint = self.fingerprints.of(parts.values()) if self.fingerprints else b""
        for hit, label, copy_of in hits:
            first = hit.spans[0]
            start, excerpt = excerpt_of(
                parts[first.part], first.start, first.end, self.excerpt_length
            )
            finding = Finding(
                finding=finding_id(self.provider, post.id, text, hit.pack, hit.rule, hit.mode),
                provider=self.provider,
                post=post.id,
                account=account,
                published_at=utc(post.published_at),
                found_at=self.found_at,
                pack=hit.pack,
                version=hit.version,
                set=self.set,
                rule=hit.rule,
                mode=hit.mode,
                category=hit.category,
                severity=hit.severity,
                spans=_spans(hit),
                spans_capped=True if _is_capped(hit) else msgspec.UNSET,
                score=_if_any(hit.score),
                threshold=_if_any(hit.threshold),
                unit=self.unit,
                reach=post.reach,
                language=post.language,
                url=post.url,
                label=label,
                copy_of=copy_of,
                excerpt_start=start,
            )
            yield ExcerptedFinding(finding, excerpt, fingerprint)


def match_posts(posts: Sequence[Post], rules: Rules) -> list[PostResult]:
    """Return what the matcher finds in each post."""
    return rules.matcher.results([post.parts for post in posts])


def merge_inspections(inspections: Iterable[Inspection]) -> Inspection:
    """Return the inspection of several units as one. A finding belongs to the first that has it."""
    merged = list(inspections)
    findings: dict[str, ExcerptedFinding] = {}
    for inspection in merged:
        for excerpted in inspection.findings:
            findings.setdefault(excerpted.finding.finding, excerpted)
    return Inspection(
        list(findings.values()),
        sum(inspection.not_asked for inspection in merged),
        sum(inspection.partly_read for inspection in merged),
        sum(inspection.not_compared for inspection in merged),
    )


def sample_unflagged(
    posts: Sequence[Post],
    findings: Iterable[ExcerptedFinding],
    pseudonyms: Pseudonyms,
    *,
    key: bytes,
    provider: str,
) -> list[SampledPost]:
    """Return the unit's part of the month's audit sample: posts of which no text has a finding.

    People judge them to see what the rules missed. `key` is the key of the month.
    """
    flagged = {excerpted.finding.post for excerpted in findings}
    unflagged = {post.id: post for post in posts if post.id not in flagged}
    return [
        SampledPost(post, rank, account_of(unflagged[post], pseudonyms))
        for post, rank in draw_sample(key, provider, unflagged)
    ]


def account_of(post: Post, pseudonyms: Pseudonyms) -> str:
    """Return the pseudonym of a post's author; a translated post already holds one."""
    return post.account if isinstance(post, TranslatedPost) else pseudonyms.of(post.account)


def count_live_hits(findings: Iterable[ExcerptedFinding]) -> dict[str, int]:
    """Count the findings of each live rule, by `pack/rule`."""
    live = (excerpted.finding for excerpted in findings if excerpted.finding.mode == "live")
    return dict(Counter(f"{finding.pack}/{finding.rule}" for finding in live))


def count_by_rule(findings: Iterable[Finding]) -> dict[str, int]:
    """Count findings by `pack/version/rule/mode`."""
    return dict(
        Counter(
            rule_key(finding.pack, finding.version, finding.rule, finding.mode)
            for finding in findings
        )
    )


def _is_capped(hit: Hit) -> bool:
    return hit.spans_capped or len(hit.spans) > MAX_SPANS


def _spans(hit: Hit) -> tuple[FoundSpan, ...]:
    return tuple(
        FoundSpan(
            span.part,
            span.start,
            span.end,
            span.term,
            tuple(map(str, span.evasion)),
            _if_any(span.weight),
        )
        for span in hit.spans[:MAX_SPANS]
    )


def _if_any(number: int | None) -> int | msgspec.UnsetType:
    return msgspec.UNSET if number is None else number
