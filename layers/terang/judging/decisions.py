"""Judge decisions. One verdict moves all its findings and its notice, or none of them.

The decisions of a group are judged one by one, so one refusal leaves the others. The first one
opens the case of the group; a later one gets an entry there only if it has a rule that the group
has not counted yet.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from judging.judgement import (
    Acceptance,
    Facts,
    PackFacts,
    Step,
    before,
    entry_of,
    excerpt_end_after_decision,
    group_step,
    is_forgotten,
    refusals_of,
    stated_at,
    taken,
    unknown,
)
from ledger.case_messages import Decision, Verdict
from ledger.cases import Case, CaseKind, DecidedScore, JournalEntry, Move, counted_once
from ledger.dsa_codes import CaseCode, CaseRefusal, SourceType
from ledger.findings import Finding
from ledger.texts import utc
from ledger.units import rule_key
from rules.pack_parts import deciding

MOVES = {
    Verdict.CONFIRMED: Move.DECIDE,
    Verdict.DISMISSED: Move.DECIDE,
    Verdict.ESCALATED: Move.ESCALATE,
    Verdict.SKIPPED: Move.SKIP,
}


def judge_decision(message: Decision, facts: Facts) -> Acceptance | CaseRefusal:
    """Take a decision, or return the first reason to refuse it."""
    refusal = next(_refusals(message, facts), None)
    if refusal is not None:
        return refusal
    notice = _notice(message, facts)
    findings = _findings(message, facts)
    pack = facts.packs[message.findings[0]] if message.findings else PackFacts()
    of_findings = _from_findings(findings, facts)
    group = _group(message, facts)
    counted = counted_once(of_findings["found"], group, Move.DECIDE) if message.group else {}
    entry = entry_of(
        message,
        facts,
        **_ground(message, pack),
        **of_findings,
        **(_from_notice(notice.first) if notice and notice.first and not findings else {}),
        source_type=source_of(notice.first if notice else None),
        about=notice.first if notice else None,
        counted=counted,
        scope=message.scope or facts.territory,
        leads=message.group is not None and group is None,
    )
    decides = MOVES[message.verdict] is Move.DECIDE
    opening = Step(entry.entry, None, CaseKind.DECISION, Move.DECIDE if decides else Move.REFER)
    counts = group_step(entry.group, group, Move.DECIDE) if counted else None
    return taken(message, entry, (*_steps(message, facts, entry), opening), group=counts)


def source_of(notice: JournalEntry | None) -> SourceType:
    """Return the code for who made the provider look at the post."""
    if notice is None:
        return SourceType.VOLUNTARY
    if notice.trusted_flagger:
        return SourceType.TRUSTED_FLAGGER
    return SourceType.ARTICLE_16 if notice.article_16 else SourceType.OTHER_NOTIFICATION


def _refusals(message: Decision, facts: Facts) -> Iterator[CaseRefusal]:
    """Yield all reasons to refuse a decision, in the order in which a sender can correct them."""
    yield from _missing_cases(message, facts)
    yield from _mixed_cases(message, facts)
    yield from _another_look(message, facts)
    yield from _too_early(message, facts)
    field = "findings" if message.findings else "notice"
    yield from refusals_of(_steps(message, facts), field)
    opened_at = datetime.fromisoformat(utc(message.opened_at))  # entries have whole seconds
    for case in _cases(message, facts):
        escalated = [entry.journal_entry for entry in case.entries if entry.move == Move.ESCALATE]
        if any(stated_at(entry, "decided_at") > opened_at for entry in escalated):
            yield CaseRefusal(CaseCode.STALE, "opened_at")


def _missing_cases(message: Decision, facts: Facts) -> Iterator[CaseRefusal]:
    """Refuse findings and notices that are missing, another provider's, or not counted yet."""
    for name in message.findings:
        finding = facts.finding(name)
        if finding is None:
            yield unknown("findings")
        elif finding.provider != facts.provider:
            yield CaseRefusal(CaseCode.OTHER_PROVIDER, "findings")
        elif name not in facts.in_receipts:
            yield CaseRefusal(CaseCode.NOT_COUNTED, "findings")
    if message.notice is not None and _notice(message, facts) is None:
        yield unknown("notice", facts.id_of("notice", message.notice))


def _mixed_cases(message: Decision, facts: Facts) -> Iterator[CaseRefusal]:
    """Refuse several posts or categories: a decision is counted once, as one measure."""
    notice = _notice(message, facts)
    findings = _findings(message, facts)
    posts = {finding.post for finding in findings}
    if notice is not None:
        posts.add(notice.entries[0].post)
    posts.discard("")  # of an erased author
    if len(posts) > 1:
        yield CaseRefusal(CaseCode.MIXED_POSTS, "findings")
    if len({finding.category for finding in findings}) > 1:
        yield CaseRefusal(CaseCode.MIXED_CATEGORIES, "findings")


def _another_look(message: Decision, facts: Facts) -> Iterator[CaseRefusal]:
    """Refuse a decision that is not of the same look as the others of its group."""
    group = _group(message, facts)
    if group is None or group.first is None:
        return
    first = group.first
    own = {
        "verdict": str(message.verdict),
        "moderator": message.moderator,
        "opened_at": utc(message.opened_at),
        "decided_at": utc(message.decided_at),
        "category": _findings(message, facts)[0].category,
    }
    for name, value in own.items():
        wanted = getattr(first, name)
        if value != wanted:
            advice = f"{name} is {value}; the first decision of the group has {wanted}"
            yield CaseRefusal(CaseCode.FIELD_CONFLICT, "group", advice=advice)


def _group(message: Decision, facts: Facts) -> Case | None:
    """Return the case of the decision's group; None before the group's first decision."""
    return facts.cases.get(facts.id_of("group", message.group)) if message.group else None


def _too_early(message: Decision, facts: Facts) -> Iterator[CaseRefusal]:
    """Refuse times before a finding was found or a notice received.

    The first of them allows a moderator to look and to take a measure, the last one to decide.
    """
    starts = [_start(case) for case in _cases(message, facts)]
    event = "the finding was found, or the notice received"
    yield from before(message, facts, min(starts), event, "opened_at", "applied_at")
    yield from before(message, facts, max(starts), event, "decided_at")


def _start(case: Case) -> datetime:
    """Return when a finding was found or a notice received."""
    if case.finding is not None:
        return datetime.fromisoformat(case.finding.found_at)
    return stated_at(case.entries[0].journal_entry, "received_at")


def _cases(message: Decision, facts: Facts) -> list[Case]:
    cases = [facts.cases[name] for name in message.findings if name in facts.cases]
    notice = _notice(message, facts)
    return [*cases, notice] if notice else cases


def _findings(message: Decision, facts: Facts) -> list[Finding]:
    return [finding for name in message.findings if (finding := facts.finding(name))]


def _notice(message: Decision, facts: Facts) -> Case | None:
    if message.notice is None:
        return None
    return facts.cases.get(facts.id_of("notice", message.notice))


def _steps(message: Decision, facts: Facts, entry: JournalEntry | None = None) -> Iterator[Step]:
    """Yield the step of each finding and of the notice; given its entry, also of the excerpts."""
    move = MOVES[message.verdict]
    for case in _cases(message, facts):
        ends = entry is not None and case.excerpt is not None
        yield Step(
            case.case,
            case,
            CaseKind.FINDING_OR_NOTICE,
            move,
            closes=move is Move.DECIDE and case.finding is not None,
            excerpt_expires=excerpt_end_after_decision(entry, facts.now)
            if entry and ends
            else None,
            forgets=is_forgotten(entry) if entry and ends else False,
        )


def _ground(message: Decision, pack: PackFacts) -> dict[str, Any]:
    """Return the sender's ground or the pack's, never the text of one with the other's link."""
    if message.ground_text is not None or message.ground_url is not None:
        return {"ground": message.ground or pack.ground}
    if message.ground not in {None, pack.ground}:
        return {}
    return {
        "ground": pack.ground,
        "ground_text": pack.ground_text,
        "ground_url": pack.ground_url,
    }


def _from_findings(findings: Sequence[Finding], facts: Facts) -> dict[str, Any]:
    """Return the entry's fields about its findings; none if there are none.

    `keywords` holds those of all findings, so `other` is the first explanation of any of them.
    """
    if not findings:
        return {}
    keys = [
        rule_key(finding.pack, finding.version, finding.rule, finding.mode) for finding in findings
    ]
    days = [finding.found_at[:10] for finding in findings]
    by_day = Counter(f"{day}/{key}" for day, key in zip(days, keys, strict=True))
    packs = [facts.packs[finding.finding] for finding in findings]
    keywords = {word for pack in packs for word in pack.keywords}
    reaches = [finding.reach for finding in findings if finding.reach is not None]
    return {
        "category": findings[0].category,
        "keywords": tuple(sorted(keywords)),
        "other": next((pack.other for pack in packs if pack.other), ""),
        "rules": dict(sorted(Counter(keys).items())),
        "found_days": tuple(sorted(days)),
        "found": dict(sorted(by_day.items())),
        "found_at": min(finding.found_at for finding in findings),
        "reach": max(reaches, default=None),
        "set": findings[0].set,
        "scores": tuple(map(_score, filter(_has_whole_score, findings))),
    }


def _has_whole_score(finding: Finding) -> bool:
    """Return whether all that a finding's score is the sum of is kept."""
    return bool(finding.score and finding.threshold and not finding.spans_capped)


def _score(finding: Finding) -> DecidedScore:
    weights = [(span.term, span.weight) for span in finding.spans if span.weight]
    return DecidedScore(
        rule=f"{finding.pack}/{finding.version}/{finding.rule}",
        score=finding.score or 0,
        decided=deciding(weights, finding.threshold or 0),
    )


def _from_notice(notice: JournalEntry) -> dict[str, Any]:
    """Return the fields about a notice, for a decision without findings."""
    return {
        "category": notice.category,
        "keywords": notice.keywords,
        "other": notice.other,
        "found_at": notice.received_at,
    }
