"""What a unit is about to store, as data: its findings, its part of the audit sample, its receipt.

Posts become findings, one for each rule that a post satisfies; other posts may be sampled. The
flood guard holds a rule that hits too much of a provider's day: it proposes nothing more that day.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from ledger.findings import (
    Finding,
    FloodQuestion,
    FloodTotal,
    FoundSpan,
    Pseudonyms,
    SampledPost,
    draw_sample,
    excerpt_of,
    finding_id,
)
from ledger.posts import Post, TranslatedPost
from ledger.store import DynamoStore
from ledger.texts import Clock, in_days, utc
from ledger.units import Attempt, FoundCopies, Marker, Receipt, digest_of_ids, rule_key
from matcher import Hit
from matcher.engine import Fingerprints
from matcher.hit import PostResult
from scan.unit_input import Rules, UnitRecords, copy_hit, part_hit

EXCHANGE_SECONDS = 60
"""How old a worker's row, and what it knows of the rows of the others, may be."""

DAY_LENGTH = len("2026-11-25")

TOTAL_DAYS = 2
"""How long the row of a worker is kept: until its day is over everywhere."""


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """A rule floods with more than `per_mille` of a day's posts, from `minimum_posts` on.

    A pack may say that more is to be expected, where many posts are what it looks for.
    """

    per_mille: int
    minimum_posts: int

    def flooded(self, posts: int, hits: Mapping[str, int], expected: Mapping[str, int]) -> set[str]:
        """Return the rules that hit too much. `expected` has per mille by pack.

        >>> FloodLimits(20, 1000).flooded(1000, {"a/b": 21, "a/c": 20, "d/e": 21}, {"d": 100})
        {'a/b'}
        >>> FloodLimits(20, 1000).flooded(999, {"a/b": 999}, {})
        set()
        """
        if posts < self.minimum_posts:
            return set()
        return {
            rule
            for rule, count in hits.items()
            if count * 1000 > self.most_expected(rule, expected) * posts
        }

    def most_expected(self, rule: str, expected: Mapping[str, int]) -> int:
        """Return how many hits of a rule per mille are expected at most."""
        return max(self.per_mille, expected.get(rule.partition("/")[0], 0))


@dataclass(frozen=True, slots=True)
class FloodDecision:
    """All rules (`pack/rule`) that propose nothing in this unit, and the questions to store."""

    held: frozenset[str] = frozenset()
    questions: tuple[FloodQuestion, ...] = ()


@dataclass(slots=True)
class _DayTotal:
    """The posts and live hits of a provider's day: this worker's own, and those of all others.

    `read_at` and `written_at` are the times of the last exchange, in seconds since 1970.
    """

    posts: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    others_posts: int = 0
    others_hits: Counter[str] = field(default_factory=Counter)
    read_at: float = -math.inf
    written_at: float = -math.inf


@dataclass(slots=True)
class FloodGuard:
    """Decides which rules are held, by the receipts of the day so far and the current unit.

    Adding up the day's receipts would read a gigabyte on a day of a million units. Instead each
    worker keeps one row with the sum of the receipts that it committed, and reads the rows of the
    others.

    Limits:
        Rows are up to a minute old. A worker that dies, or learns only from the marker that its
        commit succeeded, leaves those receipts out.
    """

    store: DynamoStore
    clock: Clock
    limits: FloodLimits
    worker: str = field(default_factory=lambda: uuid4().hex)
    _totals: dict[tuple[str, str], _DayTotal] = field(default_factory=dict)

    def decide(
        self,
        provider: str,
        day: str,
        posts: int,
        hits: Mapping[str, int],
        expected: Mapping[str, int],
    ) -> FloodDecision:
        """Decide for one unit.

        `hits` are its live hits by `pack/rule`; `expected` has per mille by pack. A rule that was
        held once stays held for the day, until a person answers its question and opens it.
        """
        if not hits:  # there is nothing to hold
            return FloodDecision()
        opened_by_rule = self.store.floods(provider, day)
        total = self._total(provider, day)
        self._read_others(provider, day, total)
        day_posts = total.posts + total.others_posts + posts
        day_hits = total.hits + total.others_hits + Counter(hits)
        flooded = self.limits.flooded(day_posts, day_hits, expected)
        new = sorted(rule for rule in flooded if rule in hits and rule not in opened_by_rule)
        at = utc(self.clock.now())
        questions = tuple(
            FloodQuestion(
                day=day,
                rule=rule,
                at=at,
                posts=day_posts,
                hits=day_hits[rule],
                expected=self.limits.most_expected(rule, expected),
            )
            for rule in new
        )
        held = {rule for rule, is_opened in opened_by_rule.items() if not is_opened}
        return FloodDecision(frozenset(held.union(new)), questions)

    def count(self, receipt: Receipt) -> None:
        """Add a receipt that this worker has just committed, and write its row once a minute."""
        provider, day = receipt.provider, receipt.at[:DAY_LENGTH]
        total = self._total(provider, day)
        total.posts += receipt.inspected
        for key, count in receipt.by_rule.items():
            pack, _, rule, mode = key.split("/")
            if mode == "live":
                total.hits[f"{pack}/{rule}"] += count
        now = self.clock.now()
        if now.timestamp() - total.written_at > EXCHANGE_SECONDS:
            row = FloodTotal(self.worker, total.posts, dict(total.hits))
            expires = in_days(now, TOTAL_DAYS)
            self.store.put_flood_total(provider, day, row, expires)
            total.written_at = now.timestamp()

    def _total(self, provider: str, day: str) -> _DayTotal:
        """Return this worker's total of a day, and forget other days."""
        if (provider, day) not in self._totals:
            of_today = {key: kept for key, kept in self._totals.items() if key[1] == day}
            self._totals = of_today | {(provider, day): _DayTotal()}
        return self._totals[provider, day]

    def _read_others(self, provider: str, day: str, total: _DayTotal) -> None:
        now = self.clock.now().timestamp()
        if now - total.read_at <= EXCHANGE_SECONDS:
            return
        total.read_at, total.others_posts, total.others_hits = now, 0, Counter()
        for row in self.store.flood_totals(provider, day):
            if row.worker != self.worker:
                total.others_posts += row.posts
                total.others_hits.update(row.hits)


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
    """The findings of a unit's posts, by id.

    `not_asked` posts were not compared with fact-checks, and `not_compared` not with posts that
    people confirmed. `partly_read` posts would have taken more work than one post may take, so that
    only a part of it was done.
    """

    findings: dict[str, ExcerptedFinding] = field(default_factory=dict)
    not_asked: int = 0
    partly_read: int = 0
    not_compared: int = 0


def inspect_posts(
    posts: Sequence[Post],
    rules: Rules,
    pseudonyms: Pseudonyms,
    *,
    provider: str,
    unit: str,
    found_at: str,
    results: Sequence[PostResult],
    attempt: Attempt,
    fingerprints: Fingerprints,
) -> Inspection:
    """Return all findings of these posts, in order; the same text of the same post counts once.

    `results` are what the matcher found, maybe together with other posts. `attempt` is that by
    which the unit is inspected: it has the copies.
    """
    other_hits, not_asked = _hits_without_terms(posts, rules, attempt.copies)
    findings: dict[str, ExcerptedFinding] = {}
    for number, (post, (term_hits, _)) in enumerate(zip(posts, results, strict=True)):
        if not term_hits and number not in other_hits:
            continue
        account, text, parts = account_of(post, pseudonyms), post.text_digest, dict(post.parts)
        fingerprint = fingerprints.of(parts.values())
        hits: list[_Hit] = [(hit, {}) for hit in term_hits]
        for hit, grounds in hits + other_hits.get(number, []):
            first = hit.spans[0]
            start, excerpt = excerpt_of(
                parts[first.part], first.start, first.end, attempt.excerpt_length
            )
            finding = Finding(
                finding=finding_id(provider, post.id, text, hit.pack, hit.rule, hit.mode),
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
                spans=_found_spans(hit),
                spans_capped=hit.spans_capped or len(hit.spans) > MAX_SPANS or msgspec.UNSET,
                score=_if_any(hit.score),
                threshold=_if_any(hit.threshold),
                unit=unit,
                reach=post.reach,
                language=post.language,
                url=post.url,
                excerpt_start=start,
                **grounds,
            )
            excerpted = ExcerptedFinding(finding, excerpt, fingerprint)
            findings.setdefault(finding.finding, excerpted)
    return Inspection(
        findings,
        not_asked,
        sum(result.partly_read for result in results),
        attempt.copies.not_compared if attempt.copies else 0,
    )


type _Hit = tuple[Hit, dict[str, Any]]
"""A hit, and what its finding rests on: its `label`, or `copy_of`, the decision on another post."""


def _hits_without_terms(
    posts: Sequence[Post], rules: Rules, copies: FoundCopies | None
) -> tuple[dict[int, list[_Hit]], int]:
    """Return what finders and copies hit, by the number of the post, and the posts not tried."""
    hits: defaultdict[int, list[_Hit]] = defaultdict(list)
    not_tried = 0
    for pack, finder in rules.finders:
        found, left_out = finder.found(posts)
        not_tried += left_out
        for number, proposals in found.items():
            parts = dict(posts[number].parts)
            for rule_id, part, term, label in proposals:
                if rule := pack.rule(rule_id):
                    hit = part_hit(pack, rule, part, parts[part], term)
                    hits[number].append((hit, {"label": label}))
    for name, decision, copied in copies.found if copies else ():
        for number in copied:
            hit = copy_hit(rules.copies[name], posts[number])
            hits[number].append((hit, {"copy_of": decision}))
    return hits, not_tried


def match_posts(posts: Sequence[Post], rules: Rules) -> list[PostResult]:
    """Return what the matcher finds in each post."""
    return rules.matcher.results([post.parts for post in posts])


def merge_inspections(inspections: Sequence[Inspection]) -> Inspection:
    """Return the inspection of several units as one. A finding belongs to the first that has it."""
    findings: dict[str, ExcerptedFinding] = {}
    for inspection in inspections:
        for name, excerpted in inspection.findings.items():
            findings.setdefault(name, excerpted)
    return Inspection(
        findings,
        sum(inspection.not_asked for inspection in inspections),
        sum(inspection.partly_read for inspection in inspections),
        sum(inspection.not_compared for inspection in inspections),
    )


def sample_unflagged(
    posts: Sequence[Post],
    inspection: Inspection,
    pseudonyms: Pseudonyms,
    *,
    key: bytes,
    provider: str,
) -> list[SampledPost]:
    """Return the unit's part of the month's audit sample: posts of which no text has a finding.

    People judge them to see what the rules missed. `key` is the key of the month.
    """
    flagged = {excerpted.finding.post for excerpted in inspection.findings.values()}
    unflagged = {post.id: post for post in posts if post.id not in flagged}
    return [
        SampledPost(post, rank, account_of(unflagged[post], pseudonyms))
        for post, rank in draw_sample(key, provider, unflagged)
    ]


def account_of(post: Post, pseudonyms: Pseudonyms) -> str:
    """Return the pseudonym of a post's author; a translated post already holds one."""
    return post.account if isinstance(post, TranslatedPost) else pseudonyms.of(post.account)


def count_live_hits(inspection: Inspection) -> dict[str, int]:
    """Count the findings of each live rule, by `pack/rule`."""
    findings = (excerpted.finding for excerpted in inspection.findings.values())
    live = (finding for finding in findings if finding.mode == "live")
    return dict(Counter(f"{finding.pack}/{finding.rule}" for finding in live))


def count_by_rule(findings: Iterable[Finding]) -> dict[str, int]:
    """Count findings by `pack/version/rule/mode`."""
    return dict(
        Counter(
            rule_key(finding.pack, finding.version, finding.rule, finding.mode)
            for finding in findings
        )
    )


def _found_spans(hit: Hit) -> tuple[FoundSpan, ...]:
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


@dataclass(frozen=True, slots=True)
class UnitJob:
    """A unit to scan; `file` and `number` name the range that it was cut as, if any."""

    provider: str
    unit: str
    kind: str
    size: int
    source: str = ""
    file: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class UnitEffects:
    """Everything that a unit is about to store. `attempt` is the recorded one, if there is one."""

    job: UnitJob
    records: UnitRecords
    rules: Rules
    inspection: Inspection
    flood: FloodDecision
    sample: Sequence[SampledPost]
    audit_key: bytes
    attempt: Attempt | None
    now: datetime

    @property
    def marker(self) -> Marker:
        """The record that the unit is committed. That of a batch names the batch itself."""
        job = self.job
        batch = job.unit if job.kind == "messages" else ""
        return Marker(job.unit, job.provider, self.now.date().isoformat(), batch)

    @property
    def accounts(self) -> set[str]:
        """The pseudonyms of all authors of whom something would be stored."""
        of_findings = {found.finding.account for found in self.inspection.findings.values()}
        return of_findings | {post.account for post in self.sample}

    def findings(self) -> list[ExcerptedFinding]:
        """Return the findings, those of held rules marked as held."""
        return [
            replace(excerpted, finding=msgspec.structs.replace(finding, held=True))
            if finding.mode == "live" and f"{finding.pack}/{finding.rule}" in self.flood.held
            else excerpted
            for excerpted in self.inspection.findings.values()
            for finding in [excerpted.finding]
        ]

    def receipt(self, own: Sequence[Finding], repeats: int) -> Receipt:
        """Return the unit's receipt.

        `own` are the findings that this unit stored first, in order of their ids. Another unit had
        stored `repeats` more before.
        """
        job, rules = self.job, self.rules
        return Receipt(
            **self.records.counts,
            unit=job.unit,
            provider=job.provider,
            kind=job.kind,
            source=job.source,
            bytes=job.size,
            findings=len(own),
            findings_digest=digest_of_ids(finding.finding for finding in own),
            repeats=repeats,
            by_rule=count_by_rule(own),
            held=count_by_rule(finding for finding in own if finding.held),
            set=rules.set,
            skipped=rules.skipped,
            at=utc(self.now),
            not_asked=self.inspection.not_asked,
            not_compared=self.inspection.not_compared,
            no_rules=len(self.records.posts) if rules.none_in_force else 0,
            partly_read=self.inspection.partly_read,
        )


@dataclass(frozen=True, slots=True)
class UnitOutcome:
    """The receipt of a delivered unit, if it has one, and whether this delivery committed it."""

    receipt: Receipt | None
    new: bool


def own_findings(stored: Iterable[Finding], units: Collection[str]) -> list[Finding]:
    """Return the findings that these units stored first, in order of their ids."""
    own = (finding for finding in stored if finding.unit in units)
    return sorted(own, key=lambda finding: finding.finding)
