"""Decisions: a moderator's verdict on findings of one post, on a notice, or on both.

One verdict moves all its findings and its notice, or none of them.

The decisions of a group are judged one by one, so one refusal leaves the others. The first one
opens the case of the group; a later one gets an entry there only if it has a rule that the group
has not counted yet.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import Meta

from cases.case_message import (
    CONFLICT,
    COUNT,
    MISSING,
    RANGE,
    Addend,
    BaseCaseMessage,
    CaseLine,
    CaseStep,
    Category,
    Country,
    FieldRule,
    FindingId,
    GroupName,
    Id,
    Judging,
    Keyword,
    Link,
    Moderator,
    Reason,
    ReasonLanguage,
    Time,
    category_rules,
    ground_of,
    order_of_times,
    refusals_of,
    seconds_between,
    stated_at,
    unknown,
)
from cases.case_store import Facts, FactsReader
from ledger import codes
from ledger.cases import (
    Case,
    CaseKind,
    DecidedScore,
    JournalEntry,
    Move,
    counted_once,
    is_for_second_review,
)
from ledger.findings import Finding
from ledger.texts import in_days, utc
from ledger.units import rule_key
from rules.law import deciding

FINDINGS_IN_DECISION = 20
"""Findings in one decision: each needs three of the 100 actions that a transaction takes."""

DISMISSED_DAYS = 7
MEASURE_DAYS = 184 + 14
"""How long an excerpt is kept after a decision.

As long as a measure can be contested, since both sides then look at it: the longest six months (DSA
Art. 20(1), 21), and two weeks for a complaint that was sent on the last day. Without a measure
nobody needs it for long.
"""

HURRIED_BELOW_SECONDS = 5
"""Below so many seconds from opening a case to its verdict, nobody can have read it."""

JUDGED = ("confirmed", "dismissed")
"""The verdicts that say whether a finding was right. Escalated and skipped do not."""


class Verdict(StrEnum):
    """The decision of a moderator."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ESCALATED = "escalated"
    SKIPPED = "skipped"


class Escalation(StrEnum):
    """Why a case goes to an authority: a threat to life (DSA Art. 18), or a child in danger."""

    THREAT_TO_LIFE = "threat_to_life"
    CHILD_ABUSE = "child_abuse"


class AutomatedDecision(StrEnum):
    """How far a machine shaped the verdict. One that was fully automated is refused."""

    NOT_AUTOMATED = "NOT_AUTOMATED"
    PARTIALLY = "PARTIALLY"


MOVES = {
    Verdict.CONFIRMED: Move.DECIDE,
    Verdict.DISMISSED: Move.DECIDE,
    Verdict.ESCALATED: Move.ESCALATE,
    Verdict.SKIPPED: Move.SKIP,
}


class Decision(BaseCaseMessage, frozen=True, tag="decision", kw_only=True):
    """One verdict on findings of one post and one category, or on a notice, or on both.

    Without both it is the provider's own initiative: it names the post and the category itself, and
    no notice was received. Another tool may not say when the case was opened; a decision on
    findings does.

    `ground`, `ground_text` and `ground_url` are taken from the pack if they are not given, and the
    `scope` of a measure is the provider's territory.

    `group` is the sender's name for a look at near copies: each post gets its own decision, and the
    decisions with one name count once in all figures about how good a rule or a moderator is. They
    have the same moderator, verdict, `opened_at` and `decided_at`.
    """

    findings: Annotated[tuple[FindingId, ...], Meta(max_length=FINDINGS_IN_DECISION)] = ()
    notice: Id | None = None
    post: Id | None = None
    url: Link | None = None
    category: Category | None = None
    keyword: Keyword | None = None
    other: codes.Words | None = None
    group: GroupName | None = None
    verdict: Verdict
    escalation: Escalation | None = None
    measures: codes.Measures | None = None
    ground: Literal["illegal", "terms"] | None = None
    ground_text: codes.Words | None = None
    ground_url: Link | None = None
    reason: Reason | None = None
    reason_language: ReasonLanguage | None = None
    moderator: Moderator
    opened_at: Time | None = None
    decided_at: Time
    applied_at: Time | None = None
    scope: Annotated[tuple[Country, ...], Meta(max_length=30)] = ()
    automated_decision: AutomatedDecision = AutomatedDecision.NOT_AUTOMATED
    content_type: Annotated[tuple[codes.ContentType, ...], Meta(min_length=1, max_length=8)] = (
        codes.ContentType.TEXT,
    )

    @property
    def may_wait(self) -> bool:
        """Whether it is on a notice: findings alone are there before it, or it is refused."""
        return self.notice is not None

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rules between the fields, in order."""
        escalated = self.verdict is Verdict.ESCALATED
        confirmed = self.verdict is Verdict.CONFIRMED
        measures, findings = self.measures, self.findings
        alone = not findings and self.notice is None
        yield alone and self.post is None, MISSING, "findings"
        yield alone and self.category is None, MISSING, "category"
        for name in ("post", "url", "category", "keyword", "other"):
            yield not alone and getattr(self, name) is not None, CONFLICT, name
        if self.category is not None:
            yield from category_rules(self.category, self.keyword, self.other)
        yield bool(findings) and self.opened_at is None, MISSING, "opened_at"
        yield len(set(findings)) < len(findings), RANGE, "findings"
        yield self.group is not None and not findings, CONFLICT, "group"
        yield escalated and self.escalation is None, MISSING, "escalation"
        yield not escalated and self.escalation is not None, CONFLICT, "escalation"
        yield measures is not None and not confirmed, CONFLICT, "measures"
        yield from measure_rules(measures)
        yield measures is not None and self.applied_at is None, MISSING, "applied_at"
        yield measures is None and self.applied_at is not None, CONFLICT, "applied_at"
        skipped = self.verdict is Verdict.SKIPPED
        yield self.reason is None and not skipped, MISSING, "reason"
        # A notice has no pack whose ground could be taken.
        needs_ground = confirmed and not findings
        yield needs_ground and self.ground is None, MISSING, "ground"
        yield needs_ground and self.ground_text is None, MISSING, "ground_text"
        yield order_of_times(self.opened_at or self.decided_at, self.decided_at)

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add its cases, its group, the packs of its findings, and where a measure holds."""
        notice = facts.id_of("notice", self.notice)
        reader.add_cases(facts, *self.findings, notice, facts.id_of("group", self.group))
        if self.measures and (provider := reader.store.provider(facts.provider)):
            facts.territory = provider.territory
        reader.add_packs(facts)

    def judge(self, facts: Facts) -> Judging:
        """Take a decision on all of its findings and its notice, or on none."""
        group = facts.cases.get(facts.id_of("group", self.group))
        notice = facts.cases.get(facts.id_of("notice", self.notice))
        cases = [facts.cases[name] for name in self.findings if name in facts.cases]
        findings = [case.finding for case in cases if case.finding]
        cases += [notice] if notice else []
        move = MOVES[self.verdict]
        decides = move is Move.DECIDE
        steps = [
            CaseStep(
                case.case,
                case,
                CaseKind.FINDING_OR_NOTICE,
                move,
                closes=decides and case.finding is not None,
                excerpt_expires=self._excerpt_end(facts.now) if case.excerpt is not None else None,
                forgets=self._forgets and case.excerpt is not None,
            )
            for case in cases
        ]
        # The reasons to refuse it come in the order in which a sender can correct them.
        yield from self._missing_cases(facts)
        yield from _mixed_cases(findings, notice)
        if group and group.first:
            yield from self._another_look(group.first, findings[0].category)
        yield from self._too_early(cases, facts)
        yield from refusals_of(steps, "findings" if self.findings else "notice")
        # Entries have whole seconds.
        opened_at = datetime.fromisoformat(utc(self.opened_at or self.decided_at))
        for earlier in (earlier for case in cases for earlier in case.entries):
            escalated = earlier.move == Move.ESCALATE
            if escalated and stated_at(earlier.journal_entry, "decided_at") > opened_at:
                yield codes.CaseRefusal(codes.CaseCode.STALE, "opened_at")
        about = notice.first if notice else None
        if decides and about and about.moderator == self.moderator:
            yield codes.CaseRefusal(codes.CaseCode.SAME_MODERATOR, "moderator")
        if findings:
            subject = _from_findings(findings, facts)
        else:
            subject = _from_notice(about) if about else {}
        counted = counted_once(subject["found"], group, Move.DECIDE) if self.group else {}
        entry = self.entry(
            facts,
            **self._ground(facts),
            **subject,
            source_type=_source_of(about),
            about=about,
            counted=counted,
            scope=self.scope or facts.territory,
            leads=self.group is not None and group is None,
        )
        opening = CaseStep(
            entry.entry, None, CaseKind.DECISION, Move.DECIDE if decides else Move.REFER
        )
        counts = CaseStep(entry.group, group, CaseKind.GROUP, Move.DECIDE) if counted else None
        return self.taken(entry, (*steps, opening), group=counts)

    def _missing_cases(self, facts: Facts) -> Iterator[codes.CaseRefusal]:
        """Refuse findings and notices that are missing, another provider's, or not counted yet."""
        for name in self.findings:
            finding = facts.cases[name].finding if name in facts.cases else None
            if finding is None:
                yield unknown("findings")
            elif finding.provider != facts.provider:
                yield codes.CaseRefusal(codes.CaseCode.OTHER_PROVIDER, "findings")
            elif name not in facts.in_receipts:
                yield codes.CaseRefusal(codes.CaseCode.NOT_COUNTED, "findings")
        notice = facts.id_of("notice", self.notice)
        if notice and notice not in facts.cases:
            yield unknown("notice", notice)

    def _another_look(self, first: JournalEntry, category: str) -> Iterator[codes.CaseRefusal]:
        """Refuse a decision that is not of the same look as the others of its group."""
        own = {
            "verdict": str(self.verdict),
            "moderator": self.moderator,
            "opened_at": utc(self.opened_at or self.decided_at),
            "decided_at": utc(self.decided_at),
            "category": category,
        }
        for name, value in own.items():
            wanted = getattr(first, name)
            if value != wanted:
                advice = f"{name} is {value}; the first decision of the group has {wanted}"
                yield codes.CaseRefusal(codes.CaseCode.FIELD_CONFLICT, "group", advice=advice)

    def _too_early(self, cases: Sequence[Case], facts: Facts) -> Iterator[codes.CaseRefusal]:
        """Refuse times before a finding was found or a notice received.

        The first of them allows a moderator to look and to take a measure, the last one to decide.
        Of the provider's own initiative only the age is limited.
        """
        if not cases:
            for name in ("decided_at", "applied_at"):
                yield from self.too_old(facts, name)
            return
        starts = [
            datetime.fromisoformat(case.finding.found_at)
            if case.finding
            else stated_at(case.entries[0].journal_entry, "received_at")
            for case in cases
        ]
        event = "the finding was found, or the notice received"
        yield from self.before(facts, min(starts), event, "opened_at", "applied_at")
        yield from self.before(facts, max(starts), event, "decided_at")

    @property
    def _forgets(self) -> bool:
        """Whether nobody may see the excerpt again: suspected abuse of a child."""
        return self.escalation is Escalation.CHILD_ABUSE

    def _excerpt_end(self, now: datetime) -> int | None:
        """Return when the excerpt expires, in seconds since 1970; None: unchanged."""
        if self._forgets:
            return in_days(now, 0)
        if self.verdict is Verdict.DISMISSED:
            return in_days(now, DISMISSED_DAYS)
        return in_days(now, MEASURE_DAYS) if self.measures is not None else None

    def _ground(self, facts: Facts) -> dict[str, Any]:
        """Return the sender's ground or the pack's, never the text of one with the other's link."""
        pack = facts.packs[self.findings[0]] if self.findings else None
        if pack is None or (pack.ground != self.ground and self.ground is not None):
            return {}
        if self.ground_text is not None or self.ground_url is not None:
            return {"ground": pack.ground}
        return ground_of(pack)

    @staticmethod
    def line(entry: JournalEntry) -> dict[str, Any]:
        """Return how long it took, what it answers, and whether it is drawn for a second review.

        Of a group, only the first decision shows that it is drawn.
        """
        is_first = entry.leads or not entry.group
        waited = entry.verdict != Verdict.SKIPPED
        return {
            "automated": "PARTIALLY" if entry.automated_decision == "PARTIALLY" else "",
            "wait_seconds": seconds_between(entry.found_at, entry.decided_at) if waited else None,
            "answers": "notice" if entry.notice else "",
            "drawn": is_first and is_for_second_review(entry.look),
        }

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the decision, its measures, its moderator, and the result for its findings."""
        yield "by_verdict", line.verdict, 1
        if line.verdict == Verdict.SKIPPED:
            return
        yield "decisions", COUNT, 1
        if line.group:
            yield "grouped", COUNT, 1
            yield "groups", COUNT, line.leads
        yield "partly_automated", COUNT, bool(line.automated)
        yield "drawn", COUNT, line.drawn
        yield "notices_answered", COUNT, line.answers == "notice"
        if line.counts_alone:
            seconds = line.review_seconds
            hurried = seconds is not None and seconds < HURRIED_BELOW_SECONDS
            yield "under_5_seconds", COUNT, hurried
            yield "untimed", COUNT, seconds is None
            yield "by_moderator", f"{line.moderator}/{line.verdict}", 1
        if line.wait_seconds is not None:
            yield "decide_seconds" if line.found else "notice_seconds", line.wait_seconds, 1
        yield from (("by_measure", code, 1) for code in line.measures)
        if line.measures:
            yield "by_ground", line.ground, 1
        yield from finding_results(line, line.verdict)
        if line.verdict in JUDGED:
            yield "decided", COUNT, sum(line.found.values())
            yield from results_by_day("by_found_day", line)


def measure_rules(measures: codes.Measures | None) -> Iterator[FieldRule]:
    """Yield the rules between the fields of measures."""
    if measures is None:
        return
    yield not measures.codes, MISSING, "measures.visibility"
    pairs = (
        ("visibility_other", codes.Visibility.OTHER in measures.visibility),
        ("monetary_other", measures.monetary is codes.Monetary.OTHER),
    )
    for name, needed in pairs:
        given = getattr(measures, name) is not None
        yield needed and not given, MISSING, f"measures.{name}"
        yield given and not needed, CONFLICT, f"measures.{name}"
    for name in ("visibility", "monetary", "provision", "account"):
        has_end = getattr(measures, f"{name}_until") is not None
        yield has_end and not getattr(measures, name), CONFLICT, f"measures.{name}_until"
    has_type = measures.account_type is not None
    yield has_type and measures.account is None, CONFLICT, "measures.account_type"


def _mixed_cases(findings: Sequence[Finding], notice: Case | None) -> Iterator[codes.CaseRefusal]:
    """Refuse several posts or categories: a decision is counted once, as one measure."""
    posts = {finding.post for finding in findings}
    posts |= {notice.entries[0].post} if notice else set()
    posts.discard("")  # of an erased author
    if len(posts) > 1:
        yield codes.CaseRefusal(codes.CaseCode.MIXED_POSTS, "findings")
    if len({finding.category for finding in findings}) > 1:
        yield codes.CaseRefusal(codes.CaseCode.MIXED_CATEGORIES, "findings")


def _source_of(notice: JournalEntry | None) -> codes.SourceType:
    """Return the code for who made the provider look at the post."""
    if notice is None or notice.moderator:
        return codes.SourceType.VOLUNTARY
    if notice.trusted_flagger:
        return codes.SourceType.TRUSTED_FLAGGER
    return codes.SourceType.ARTICLE_16 if notice.article_16 else codes.SourceType.OTHER_NOTIFICATION


def _from_findings(findings: Sequence[Finding], facts: Facts) -> dict[str, Any]:
    """Return the entry's fields about its findings.

    `keywords` holds those of all findings, so `other` is the first explanation of any of them.
    """
    keys = [rule_key(one.pack, one.version, one.rule, one.mode) for one in findings]
    days = [finding.found_at[:10] for finding in findings]
    by_day = Counter(f"{day}/{key}" for day, key in zip(days, keys, strict=True))
    rules = [(facts.packs[finding.finding], finding.rule) for finding in findings]
    of_rules = [(pack, rule.keywords if (rule := pack.rule(name)) else ()) for pack, name in rules]
    keywords = {word for pack, words in of_rules for word in pack.keywords or words}
    reaches = [finding.reach for finding in findings if finding.reach is not None]
    return {
        "category": findings[0].category,
        "keywords": tuple(sorted(keywords)),
        "other": next((pack.title for pack, words in of_rules if "OTHER" in words), ""),
        "rules": dict(sorted(Counter(keys).items())),
        "found_days": tuple(sorted(days)),
        "found": dict(sorted(by_day.items())),
        "found_at": min(finding.found_at for finding in findings),
        "reach": max(reaches, default=None),
        "set": findings[0].set,
        "scores": tuple(score for finding in findings if (score := _score(finding))),
    }


def _score(finding: Finding) -> DecidedScore | None:
    """Return the score of a finding; None unless all that it is the sum of is kept."""
    if not (finding.score and finding.threshold) or finding.spans_capped:
        return None
    weights = [(span.term, span.weight) for span in finding.spans if span.weight]
    return DecidedScore(
        rule=f"{finding.pack}/{finding.version}/{finding.rule}",
        score=finding.score,
        decided=deciding(weights, finding.threshold, finding.score),
    )


def _from_notice(notice: JournalEntry) -> dict[str, Any]:
    fields = {name: getattr(notice, name) for name in ("category", "keywords", "other")}
    return fields | {"found_at": notice.received_at}


def finding_results(line: CaseLine, result: str) -> Iterator[Addend]:
    """Yield the result of a decision's findings, and of their post.

    A group counts each rule once; its other findings are counted apart.
    """
    yield from (("by_rule", f"{key}/{result}", count) for key, count in line.by_look.items())
    if line.group:
        for key, count in line.found.items():
            yield "in_groups", f"{key}/{result}", count - line.counted.get(key, 0)
    if line.found and result in {"confirmed", "overturned", "restored", "confirmed_anew"}:
        yield "posts", f"{min(line.found)[:10]}/{line.category}/{result}", 1


def results_by_day(name: str, line: CaseLine) -> Iterator[Addend]:
    """Yield the findings of live rules by the day on which they were found."""
    found = line.found.items()
    yield from ((name, key[:10], count) for key, count in found if key.endswith("/live"))
