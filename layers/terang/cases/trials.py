"""Trials: people of a provider judge drawn findings of a rule in shadow, and adopt the rule.

An answer says of one drawn finding whether the rule is right. One finding in five is asked of a
second person, blind to the first. Near copies are one: a group is right if every answer to it says
so. What nobody can tell, or two people see differently, counts as wrong.

The evidence is looked at when the first 30, 60 or 120 groups in the order of the draw are judged,
or when no more exist, and not between: who looks after each answer stops at the luckiest moment. A
lead who has read the terms then adopts the rule, for all of its findings or for its `high` band
alone. Publish puts the adoption into the next set.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from cases import case_message
from cases.case_store import Facts, FactsReader, TrialRules
from ledger.cases import CaseKind, Move, case_id
from ledger.codes import CaseCode, CaseRefusal
from ledger.draws import DrawnFinding
from ledger.findings import FindingFingerprint
from ledger.units import rule_key, wilson_interval
from rules.pack_parts import Fingerprinted, copy_groups
from rules.pinned import rule_digest
from rules.rule_set import HIGH, Evidence

LOOKS = (30, 60, 120)
"""Groups in the order of the draw after which the evidence is looked at."""

FEWEST = 16
"""Groups at which it is looked at where no more exist. If all 16 are right, .80 or more are."""

LIFTED = frozenset({"", "not-read"})
"""Why a rule is in shadow, where an adoption lifts it: `mode: shadow`, or an unread card."""

UNLIFTED = "no trial lifts this reason for which the rule is in shadow"

ASKED_TWICE_PER = 5
"""One drawn finding in this many is asked of a second person."""


class Answer(NamedTuple):
    """What one moderator said of one drawn finding."""

    moderator: str
    verdict: str


class Standing(NamedTuple):
    """How a trial stands in one band.

    `groups` exist so far, and the first `judged` of them in the order of the draw are judged.
    `evidence` is that of the last look, None before the first. `why_not` says why the rule may not
    go live: `unjudged`, `too_few` (and no more will come), `not_right` or `people`; it is empty if
    it may.
    """

    groups: int
    judged: int
    evidence: Evidence | None
    why_not: str

    @property
    def next_look(self) -> int:
        """Return how many groups must be judged for the next look; 0 after the last."""
        return next((look for look in LOOKS if look > self.judged), 0)

    def may_pass(self, most: int, least: float) -> bool:
        """Return whether a look at `most` groups could pass with the share that is right so far."""
        if self.evidence is None:
            return True
        right = round(most * self.evidence.right / self.evidence.judged)
        return self.evidence.judged < most and wilson_interval(right, most)[0] >= least

    def said(self, rules: TrialRules) -> str:
        """Return in words what the evidence is, and what is needed."""
        words = (
            f"{self.judged} of {self.groups} drawn texts are judged in the order of the draw, and"
            f" {LOOKS[0]} are needed, or all of at least {FEWEST} if no more come"
        )
        if not self.evidence:
            return words
        return (
            f"{words}; {self.evidence.low:.0%} are right at least, and {rules.least:.0%} are"
            f" needed; {self.evidence.people} of {rules.people} people judged"
        )


def standing_of(
    drawn: Sequence[DrawnFinding],
    answers: Mapping[str, Sequence[Answer]],
    band: str,
    rules: TrialRules,
    *,
    is_over: bool = False,
) -> Standing:
    """Return how a trial stands in a band: `all`, or `high` for the findings of that band alone.

    `answers` are by finding, in the order in which they came. With `is_over`, no more findings will
    be drawn.

    >>> drawn = [DrawnFinding(str(n), "a/b", 1, f"{n:032x}") for n in range(30)]
    >>> answers = {one.finding: [Answer("m-1", "right")] for one in drawn}
    >>> standing_of(drawn, answers, "all", TrialRules(people=1))[2:]
    (Evidence(judged=30, right=30, wrong=0, cannot_tell=0, low=0.8865, high=1.0, people=1, \
twice=0, agreed=0), '')
    """
    groups = [
        [answer for one in group for answer in answers.get(one.finding, ())]
        for group in sample_of(drawn, answers, band)
    ]
    judged = next((at for at, given in enumerate(groups) if not given), len(groups))
    looks = [look for look in LOOKS if look <= judged]
    if is_over and judged == len(groups) >= FEWEST:
        looks.append(min(judged, LOOKS[-1]))
    if not looks:
        is_few = is_over and len(groups) < FEWEST
        return Standing(len(groups), judged, None, "too_few" if is_few else "unjudged")
    evidence, why_not = _evidence(groups[: max(looks)]), ""
    if evidence.low < rules.least:
        why_not = "not_right"
    elif evidence.people < rules.people:
        why_not = "people"
    return Standing(len(groups), judged, evidence, why_not)


def sample_of(
    drawn: Sequence[DrawnFinding], answers: Mapping[str, Sequence[Answer]], band: str
) -> list[list[DrawnFinding]]:
    """Return the groups of near copies that a band is judged by, in the order of the draw.

    A group whose texts are all gone before anybody judged it is left out: nobody can judge it now.
    """
    sample = [one for one in drawn if (one.band == HIGH if band == HIGH else not one.extra)]
    names = group_names(sample)
    groups: dict[str, list[DrawnFinding]] = {}
    for one in sorted(sample, key=lambda one: (one.rank, one.finding)):
        groups.setdefault(names[one.finding], []).append(one)
    return [
        group
        for group in groups.values()
        if any(answers.get(one.finding) or not one.is_forgotten for one in group)
    ]


def group_names(drawn: Sequence[DrawnFinding] | Sequence[FindingFingerprint]) -> dict[str, str]:
    """Return the group of near copies of each finding: the id of one in it."""
    whole = [Fingerprinted(one.finding, one.fingerprint) for one in drawn if one.fingerprint]
    alone = {one.finding: one.finding for one in drawn}
    return alone | copy_groups(whole, {one.finding: one.group for one in drawn if one.group})


def _evidence(groups: Sequence[Sequence[Answer]]) -> Evidence:
    verdicts = [{answer.verdict for answer in given} for given in groups]
    right = sum(said == {"right"} for said in verdicts)
    unclear = sum(said == {"cannot_tell"} for said in verdicts)
    twice = [said for given, said in zip(groups, verdicts, strict=True) if len(given) > 1]
    low, high = wilson_interval(right, len(groups))
    return Evidence(
        judged=len(groups),
        right=right,
        wrong=len(groups) - right - unclear,
        cannot_tell=unclear,
        low=round(low, 4),
        high=round(high, 4),
        people=len({answer.moderator for given in groups for answer in given}),
        twice=len(twice),
        agreed=sum(len(said) == 1 for said in twice),
    )


FRESH_AFTER = timedelta(days=180)
FRESH = 20
"""How old an adoption becomes, and how many fresh decisions must then support it."""


def fresh_due(since: str, decided: int, now: datetime) -> int:
    """Return how many more decisions the desk asks for on what an adopted rule proposes.

    `since` is when it was adopted, RFC 3339, empty if it was not. `decided` counts the decisions on
    its findings in the last ANSWER_DAYS, which the desk reads: older ones are not fresh. Its
    precision comes from the same decisions, and a rule that is often wrong is paused.

    >>> now = datetime.fromisoformat("2027-06-01T00:00:00Z")
    >>> [fresh_due(since, 12, now) for since in ("2026-11-25T12:00:00Z", "2027-02-01T12:00:00Z")]
    [8, 0]
    """
    is_old = since and now - datetime.fromisoformat(since) >= FRESH_AFTER
    return max(0, FRESH - decided) if is_old else 0


def is_asked_twice(finding: str) -> bool:
    """Return whether a drawn finding is asked of a second person.

    >>> is_asked_twice("00000014" + "0" * 56), is_asked_twice("00000015" + "0" * 56)
    (True, False)
    """
    return int(finding[:8], 16) % ASKED_TWICE_PER == 0


def answers_of(facts: Facts, finding: str) -> list[Answer]:
    """Return the answers that were given about a drawn finding, in their order."""
    case = facts.cases.get(finding)
    entries = [entry.journal_entry for entry in case.entries] if case else []
    return [Answer(one.moderator, one.verdict) for one in entries if one.type == "trial"]


class TrialAnswer(case_message.BaseCaseMessage, frozen=True, tag="trial", kw_only=True):
    """A moderator's answer about a drawn finding: was the rule right? The post stays as it is."""

    finding: case_message.FindingId
    verdict: Literal["right", "wrong", "cannot_tell"]
    moderator: case_message.Moderator
    decided_at: case_message.Time = msgspec.field(name="at")

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the finding with its pack, and the trial of its rule."""
        reader.add_cases(facts, self.finding)
        reader.add_packs(facts)
        case = facts.cases.get(self.finding)
        if case and case.finding and case.finding.provider == facts.provider:
            reader.add_trial(facts, f"{case.finding.pack}/{case.finding.rule}")

    def judge(self, facts: Facts) -> case_message.Judging:
        """Take an answer about a finding that was drawn for the trial under way."""
        case = facts.cases.get(self.finding)
        if case is None or case.finding is None:
            return (yield case_message.unknown("finding"))
        finding = case.finding
        if finding.provider != facts.provider:
            yield CaseRefusal(CaseCode.OTHER_PROVIDER, "finding")
        if finding.finding not in facts.in_receipts:
            yield CaseRefusal(CaseCode.NOT_COUNTED, "finding")
        pack = facts.packs[finding.finding]
        rule, trial = pack.rule(finding.rule), facts.trial
        if rule is None or trial is None or trial.matching != rule_digest(pack, rule):
            return (yield CaseRefusal(CaseCode.NOT_ON_TRIAL, "finding"))
        if trial.ended_at:
            yield CaseRefusal(CaseCode.NOT_ON_TRIAL, "finding", advice="the trial has ended")
        groups = group_names(facts.drawn)
        if self.finding not in groups:
            yield CaseRefusal(CaseCode.NOT_IN_SAMPLE, "finding")
        given = answers_of(facts, self.finding)
        if any(answer.moderator == self.moderator for answer in given):
            yield CaseRefusal(CaseCode.SAME_MODERATOR, "moderator")
        if len(given) > is_asked_twice(self.finding):
            yield CaseRefusal(CaseCode.DECIDED_ALREADY, "finding")
        yield from self.before(facts, trial.takes_since, "the trial began", "decided_at")
        entry = self.entry(
            facts,
            tried=f"{finding.pack}/{finding.version}/{finding.rule}",
            band=finding.band or "",
            group=groups[self.finding],
            rules={rule_key(finding.pack, finding.version, finding.rule, finding.mode): 1},
        )
        step = case_message.CaseStep(self.finding, case, CaseKind.FINDING_OR_NOTICE, Move.NOTE)
        return self.taken(entry, [step])

    @staticmethod
    def count(line: case_message.CaseLine) -> Iterator[case_message.Addend]:
        """Yield the answer by rule and verdict."""
        yield "tried", f"{line.tried}/{line.verdict}", 1


class Adoption(case_message.BaseCaseMessage, frozen=True, tag="adoption", kw_only=True):
    """A lead lets a rule in shadow propose at the provider, on the evidence of its trial."""

    rule: case_message.RuleName
    version: Annotated[int, Meta(ge=1, le=10**9)]
    band: Literal["all", "high"]
    terms_read_by: case_message.Moderator
    moderator: case_message.Moderator
    decided_at: case_message.Time = msgspec.field(name="at")

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the trial with the answers so far, and an earlier adoption."""
        reader.add_cases(facts, self._case(facts))
        reader.add_trial(facts, self.rule)
        reader.add_cases(facts, *(one.finding for one in facts.drawn))
        reader.add_packs(facts)

    def judge(self, facts: Facts) -> case_message.Judging:
        """Take an adoption whose evidence holds, once for each rule, version and band."""
        trial = facts.trial
        if trial is None or trial.version != self.version or trial.ended_at:
            return (yield CaseRefusal(CaseCode.NOT_ON_TRIAL, "rule"))
        case = self._case(facts)
        step = case_message.CaseStep(case, facts.cases.get(case), CaseKind.RECORD, Move.CLOSE)
        yield from case_message.refusals_of([step], "rule")
        answers = {one.finding: answers_of(facts, one.finding) for one in facts.drawn}
        asks, is_over = facts.trial_rules.of(facts.packs.values()), trial.is_over(facts.now)
        standing = standing_of(facts.drawn, answers, self.band, asks, is_over=is_over)
        if standing.why_not or standing.evidence is None:
            said = standing.said(asks)
            yield CaseRefusal(CaseCode.NOT_PROVED, standing.why_not, advice=said)
        pack, _, rule = self.rule.partition("/")
        rules = [(made, made.rule(rule)) for made in facts.packs.values()]
        for lacks in sorted({made.lacks_of(one) for made, one in rules if one} - LIFTED):
            yield CaseRefusal(CaseCode.NOT_PROVED, lacks, advice=UNLIFTED)
        yield from self.before(facts, trial.takes_since, "the trial began", "decided_at")
        entry = self.entry(
            facts,
            tried=f"{pack}/{self.version}/{rule}",
            matching=trial.matching,
            evidence=msgspec.to_builtins(standing.evidence),
        )
        return self.taken(entry, [step])

    def _case(self, facts: Facts) -> str:
        """Return the case of the rule, version and band, so that a second adoption is refused."""
        return case_id("adopted", facts.provider, f"{self.rule}/{self.version}/{self.band}")

    @staticmethod
    def count(line: case_message.CaseLine) -> Iterator[case_message.Addend]:
        """Yield the adoption by rule and band."""
        yield "adopted", f"{line.tried}/{line.band}", 1
