"""What a unit is about to store, as data: its findings, its part of the audit sample, its receipt.

Each rule that a post satisfies is a finding. One of a live rule gets a record; one of a rule in
shadow is only counted, with its band, unless the stack keeps all. If its rule is on trial, it may
be drawn: then it also has a record, for people to judge. Posts without a finding may be sampled.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from ledger.draws import DrawnFinding, Draws, draw_rank
from ledger.findings import (
    Finding,
    FoundSpan,
    Pseudonyms,
    SampledPost,
    draw_sample,
    excerpt_of,
    finding_id,
)
from ledger.objects import S3Objects, read_draws
from ledger.posts import Post, TranslatedPost
from ledger.texts import Clock, utc
from ledger.units import Attempt, FoundCopies, Marker, Receipt, digest_of_ids, rule_key, sum_tallies
from matcher import Hit, Span
from matcher.engine import Fingerprints
from matcher.fold import fold
from matcher.hit import PostResult
from rules.rule import Mode
from rules.rule_set import HIGH
from scan.flood_guard import FloodDecision
from scan.unit_input import SNAPSHOT_SECONDS, Rules, UnitRecords, copy_hit, part_hit

MAX_SPANS = 100
"""The most spans that a finding keeps: a post can repeat a term many thousand times. A finding
that lost spans says so."""


@dataclass(frozen=True, slots=True)
class ExcerptedFinding:
    """A finding as it would be stored, with its excerpt and the fingerprint of its post.

    `drawn` is the row of a drawn one.
    """

    finding: Finding
    excerpt: str
    fingerprint: bytes = b""
    drawn: DrawnFinding | None = None


class ShadowFindings(StrEnum):
    """What a stack keeps of a finding of a rule in shadow: its number alone, or all of it."""

    COUNTED = "counted"
    ALL = "all"


@dataclass(slots=True)
class KnownDraws:
    """The newest draws of each provider, kept in memory for a minute, and earlier ones by name."""

    objects: S3Objects
    clock: Clock
    work_bucket: str
    _kept: dict[str, tuple[float, Draws]] = field(default_factory=dict)

    def newest(self, provider: str) -> Draws:
        """Return the draws of a provider; nothing is drawn where there are none."""
        now = self.clock.now().timestamp()
        read_at, draws = self._kept.get(provider, (0.0, Draws()))
        if not 0 <= now - read_at <= SNAPSHOT_SECONDS:
            draws = read_draws(self.objects, self.work_bucket, provider)
            self._kept[provider] = now, draws
        return draws

    def of(self, provider: str, digest: str) -> Draws:
        """Return the draws that an attempt went by."""
        newest = self.newest(provider)
        if digest in ("", newest.digest):
            return newest if digest else Draws()
        return read_draws(self.objects, self.work_bucket, provider, digest)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What gets a record of the findings of rules in shadow: all, or those drawn for trials."""

    shadow: ShadowFindings
    draws: Draws = field(default_factory=Draws)
    key: bytes = b""

    def counts(self, hit: Hit) -> bool:
        """Return whether a hit is counted without a record."""
        return hit.mode is Mode.SHADOW and self.shadow is ShadowFindings.COUNTED

    def drawn(self, hit: Hit, post: Post) -> DrawnFinding | None:
        """Return the row of a hit that is drawn, still without its finding."""
        rule = f"{hit.pack}/{hit.rule}"
        if rule not in self.draws.rules or not self.counts(hit):
            return None
        folded = " ".join(" ".join(fold(text).split()) for _, text in post.parts)
        rank = draw_rank(self.key, rule, folded)
        draw = self.draws.draw_of(rule, hit.version, rank, is_high=hit.band == HIGH)
        row = DrawnFinding("", rule, hit.version, rank, hit.band or "", extra=draw == HIGH)
        return row if draw else None


@dataclass(frozen=True, slots=True)
class Inspection:
    """The findings of a unit's posts.

    `findings` are those to record, by id. `counted` are those of rules in shadow, drawn ones too,
    by their key in `by_rule`, and `high` are those of them in that band. `met` are the ids of the
    posts that have a finding. `not_asked` posts were not compared with fact-checks, and
    `not_compared` not with posts that people confirmed. `partly_read` posts took more work than one
    post may take: a part was done. `draws` is the digest of the draws.
    """

    findings: dict[str, ExcerptedFinding] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)
    high: Counter[str] = field(default_factory=Counter)
    met: set[str] = field(default_factory=set)
    not_asked: int = 0
    partly_read: int = 0
    not_compared: int = 0
    draws: str = ""

    def count(self, hits: Iterable[Hit]) -> None:
        """Count hits without a record."""
        for hit in hits:
            key = rule_key(hit.pack, hit.version, hit.rule, hit.mode)
            self.counted[key] += 1
            if hit.band == HIGH:
                self.high[key] += 1


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
    keeping: Keeping,
) -> Inspection:
    """Return all findings of these posts, in order.

    The same text of the same post is recorded once. `results` are what the matcher found, maybe
    together with other posts. `attempt` is that by which the unit is inspected: it has the copies.
    """
    other_hits, not_asked = _hits_without_terms(posts, rules, attempt.copies)
    made = Inspection(
        not_asked=not_asked,
        partly_read=sum(result.partly_read for result in results),
        not_compared=attempt.copies.not_compared if attempt.copies else 0,
        draws=attempt.draws,
    )
    for number, (post, (term_hits, _)) in enumerate(zip(posts, results, strict=True)):
        if not term_hits and number not in other_hits:
            continue
        hits: list[_Hit] = [(rules.in_its_band(hit), {}) for hit in term_hits]
        hits += other_hits.get(number, [])
        made.met.add(post.id)
        made.count(hit for hit, _ in hits if keeping.counts(hit))
        draws = {(hit.pack, hit.rule): row for hit, _ in hits if (row := keeping.drawn(hit, post))}
        recorded = [
            pair
            for pair in _with_places(hits, draws, post, rules)
            if not keeping.counts(pair[0]) or (pair[0].pack, pair[0].rule) in draws
        ]
        if not recorded:
            continue
        account, text, parts = account_of(post, pseudonyms), post.text_digest, dict(post.parts)
        fingerprint = fingerprints.of(parts.values())
        for hit, grounds in recorded:
            first, drawn = hit.spans[0], draws.get((hit.pack, hit.rule))
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
                spans=tuple(map(_found_span, hit.spans[:MAX_SPANS])),
                spans_capped=hit.spans_capped or len(hit.spans) > MAX_SPANS or msgspec.UNSET,
                score=_if_any(hit.score),
                threshold=_if_any(hit.threshold),
                band=hit.band or msgspec.UNSET,
                drawn=drawn is not None or msgspec.UNSET,
                unit=unit,
                reach=post.reach,
                language=post.language,
                url=post.url,
                excerpt_start=start,
                **grounds,
            )
            if drawn:
                drawn = msgspec.structs.replace(
                    drawn, finding=finding.finding, fingerprint=fingerprint
                )
            excerpted = ExcerptedFinding(finding, excerpt, fingerprint, drawn)
            made.findings.setdefault(finding.finding, excerpted)
    return made


type _Hit = tuple[Hit, dict[str, Any]]
"""A hit, and what its finding rests on: its `label`, or `copy_of`, the decision on another post."""


def _with_places(
    hits: list[_Hit], drawn: Collection[tuple[str, str]], post: Post, rules: Rules
) -> list[_Hit]:
    """Return the hits, drawn ones with their places, which the matcher has left out."""
    if all(hit.spans for hit, _ in hits if (hit.pack, hit.rule) in drawn):
        return hits
    [found] = rules.matcher.results([post.parts])
    placed = {(hit.pack, hit.rule): hit for hit in found.hits}
    return [(placed.get((hit.pack, hit.rule), hit), grounds) for hit, grounds in hits]


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


def match_posts(posts: Sequence[Post], rules: Rules, shadow: ShadowFindings) -> list[PostResult]:
    """Return what the matcher finds in each post, with the places that are recorded."""
    with_places = shadow is ShadowFindings.ALL
    return rules.matcher.results([post.parts for post in posts], shadow_places=with_places)


def merge_inspections(inspections: Sequence[Inspection]) -> Inspection:
    """Return the inspection of several units by the same draws as one.

    A finding belongs to the first that has it.
    """
    merged = Inspection(
        not_asked=sum(inspection.not_asked for inspection in inspections),
        partly_read=sum(inspection.partly_read for inspection in inspections),
        not_compared=sum(inspection.not_compared for inspection in inspections),
        draws=inspections[0].draws,
    )
    for inspection in inspections:
        for name, excerpted in inspection.findings.items():
            merged.findings.setdefault(name, excerpted)
        merged.counted.update(inspection.counted)
        merged.high.update(inspection.high)
        merged.met.update(inspection.met)
    return merged


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
    unflagged = {post.id: post for post in posts if post.id not in inspection.met}
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
    keys = (rule_key(each.pack, each.version, each.rule, each.mode) for each in findings)
    return dict(Counter(keys))


def _found_span(span: Span) -> FoundSpan:
    evasion = tuple(map(str, span.evasion))
    return FoundSpan(span.part, span.start, span.end, span.term, evasion, _if_any(span.weight))


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

    def receipt(self, own: Sequence[Finding], stored: Iterable[Finding]) -> Receipt:
        """Return the unit's receipt, whose findings are those recorded and those only counted.

        `own` are the findings that this unit stored first, in order of their ids, and `stored` all
        that are stored now. Drawn ones count each time, as others of rules in shadow do.
        """
        job, rules, inspection = self.job, self.rules, self.inspection
        counted = [finding for finding in own if not finding.drawn]
        repeats = sum(not finding.drawn for finding in stored) - len(counted)
        by_rule = sum_tallies([count_by_rule(counted), inspection.counted])
        is_high = (finding for finding in counted if finding.band == HIGH)
        return Receipt(
            **self.records.counts,
            unit=job.unit,
            provider=job.provider,
            kind=job.kind,
            source=job.source,
            bytes=job.size,
            findings=sum(by_rule.values()),
            recorded=len(own),
            findings_digest=digest_of_ids(finding.finding for finding in own),
            repeats=repeats,
            by_rule=by_rule,
            high=sum_tallies([count_by_rule(is_high), inspection.high]),
            held=count_by_rule(finding for finding in own if finding.held),
            set=rules.set,
            skipped=rules.skipped,
            at=utc(self.now),
            not_asked=inspection.not_asked,
            not_compared=inspection.not_compared,
            draws=inspection.draws,
            no_rules=len(self.records.posts) if rules.none_in_force else 0,
            partly_read=inspection.partly_read,
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


def message_receipt(batch: Receipt, job: UnitJob, records: UnitRecords) -> Receipt:
    """Return what a batch's receipt holds of one message: its records, and not its findings."""
    return Receipt(
        **records.counts,
        unit=job.unit,
        provider=batch.provider,
        kind="message",
        bytes=job.size,
        findings_digest=digest_of_ids(()),
        set=batch.set,
        skipped=batch.skipped,
        at=batch.at,
        no_rules=len(records.posts) if batch.no_rules else 0,
    )
