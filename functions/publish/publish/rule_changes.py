"""What a run changes in the set in force: rules that are paused, and rules that go live.

Here is also what pages say of trials: it follows from published summaries and the set in force.

A rule that people find wrong too often is paused. A rule that a provider adopted after a trial
proposes there. Both are notes of one provider in the next set, which is put in force on top of the
set in force. What dies in between is done by the next run: it finds the same facts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import msgspec

from ledger.cases import JournalEntry
from ledger.closing import NO_SET, put_in_force
from ledger.codes import OperatorError
from ledger.objects import S3Objects
from publish.precision import RuleErrors, errors_of
from publish.public_bucket import SummaryBucket
from publish.summary import Standing, Summary, WentLive
from rules import rule_set
from rules.pack import MOST_EXPECTED, Pack

AT_LEAST = 10
"""Decided findings of one provider below which no rule is paused."""


def pauses_due(
    provider: str, standing: Standing, in_force: rule_set.RuleSet, below: float, since: str
) -> Iterator[rule_set.Paused]:
    """Yield the rules in force that must be paused for a provider and are not yet.

    A version is judged by all of its findings in the cohorts, of whatever month. It is paused if
    even the upper end of its precision's interval is below `below`. The set in which it is paused
    gives these figures as the reason; only a higher version with other rules ends the pause.
    """
    whole = Counter[str]()
    for cohort in standing.cohorts:
        whole.update(cohort.by_rule)
    errors = errors_of(whole).by_rule
    paused = {pause.rule for pause in in_force.settings_of(provider).paused}
    for pack in in_force.packs:
        for rule in pack.rules:
            found = errors.get(f"{pack.id}/{pack.version}/{rule.id}", RuleErrors())
            name, decided = f"{pack.id}/{rule.id}", found.decided or 0
            if found.precision is None or found.high is None or name in paused:
                continue
            if decided >= AT_LEAST and found.high < below:
                yield rule_set.Paused(
                    name,
                    since,
                    f"of {decided} findings of version {pack.version} that people decided by"
                    f" {standing.day}, {round(found.precision * decided)} stand: at best"
                    f" {100 * found.high:.0f}% with 95% confidence",
                )


def adoptions_due(
    entries: Iterable[JournalEntry],
    settings: rule_set.ProviderSettings,
    in_force: rule_set.RuleSet,
    since: str,
    found: Mapping[str, int],
) -> Iterator[rule_set.Adopted]:
    """Yield the newest adoption of each rule that the set in force lacks.

    `entries` are those of the provider with these settings, and `found` is what its rules found
    (`most_found`). An adoption that has lapsed comes again only if what was tried returns.
    """
    known = {(one.rule, one.matching, one.band) for one in settings.live_here}
    adoptions = (entry for entry in entries if entry.type == "adoption")
    ordered = sorted(adoptions, key=lambda entry: (entry.at, entry.entry))
    for entry in {entry.rule: entry for entry in ordered}.values():
        evidence = msgspec.convert(entry.evidence, rule_set.Evidence)
        expected = min(2 * found.get(entry.tried, 0), MOST_EXPECTED)
        made = rule_set.Adopted(
            entry.rule, entry.version, entry.matching, entry.band, since, evidence, expected
        )
        is_new = (made.rule, made.matching, made.band) not in known
        if is_new and rule_set.is_as_tried(in_force.packs, made):
            yield made


def most_found(days: Iterable[Summary]) -> dict[str, int]:
    """Return how many findings each `pack/version/rule` made per mille of its fullest day."""
    most = Counter[str]()
    for numbers in [day.numbers for day in days if day.numbers.inspected]:
        found = Counter[str]()
        for key, count in numbers.by_rule.items():
            found[key.rpartition("/")[0]] += count
        most |= Counter({tried: ceil(1000 * n / numbers.inspected) for tried, n in found.items()})
    return dict(most)


def change_rules(
    objects: S3Objects,
    bucket: str,
    notes: Sequence[tuple[str, rule_set.Paused | rule_set.Adopted]],
    now: datetime,
) -> str:
    """Put a set with these notes by provider in force on top of the set in force.

    Return its digest. Raises OperatorError while others keep publishing sets, or if no set exists.
    """

    def make_next(before: bytes | None) -> bytes:
        if before is None:
            raise OperatorError(NO_SET)
        try:
            return rule_set.with_notes(rule_set.load_set(before), notes)
        except rule_set.SetError as error:
            raise OperatorError(f"the set in force cannot be changed: {error}") from error

    return put_in_force(objects, bucket, make_next, now)


@dataclass(frozen=True, slots=True)
class PublishedTrials:
    """What all months say of trials, whatever the version of a rule (`pack/rule`).

    `went_live` are the adoptions, oldest first. `answers` counts what people said of drawn
    findings, by rule and verdict, and `tried_by` names their providers by rule.
    """

    went_live: Sequence[WentLive]
    answers: Mapping[str, Counter[str]]
    tried_by: Mapping[str, set[str]]

    def live_here(self, pack: Pack, in_force: rule_set.RuleSet) -> list[tuple[str, WentLive]]:
        """Return the adoptions of rules of a pack, by rule and provider; [] if it is replaced.

        Each is `live`, `paused` there, or `lapsed`: the set in force lacks it. The day of those in
        the set is that on which they came into one.
        """
        if pack not in in_force.packs:
            return []
        found = {
            (rule_of(note.tried), note.provider): ("lapsed", note)
            for note in self.went_live
            if note.tried.partition("/")[0] == pack.id
        }
        for provider, settings in in_force.providers.items():
            paused = {pause.rule for pause in settings.paused}
            for one in settings.live_here:
                of, _, rule = one.rule.partition("/")
                if of == pack.id:
                    tried, day = f"{of}/{one.version}/{rule}", one.since[:10]
                    evidence = msgspec.to_builtins(one.evidence)
                    note = WentLive(provider, day, tried, one.band, evidence)
                    state = "paused" if one.rule in paused else "live"
                    found[one.rule, provider] = state, note
        return [found[key] for key in sorted(found)]

    def tried(self, pack: Pack) -> list[tuple[str, Counter[str], int]]:
        """Return the tried rules of a pack, their answers, and how many providers adopted none.

        Nobody has to say that a trial ended with a no, so nobody can hide one. A trial under way
        counts as not adopted.
        """
        found = []
        for rule in pack.rules:
            name = f"{pack.id}/{rule.id}"
            if answers := self.answers.get(name):
                adopted = {note.provider for note in self.went_live if rule_of(note.tried) == name}
                found.append((rule.id, answers, len(self.tried_by[name] - adopted)))
        return found


def trials_of(months: Iterable[Summary], public: SummaryBucket) -> PublishedTrials:
    """Return what the months of `all`, and of those who tried rules, say of trials."""
    went_live: list[WentLive] = []
    answers, tried_by = defaultdict[str, Counter[str]](Counter), defaultdict[str, set[str]](set)
    for month in months:
        went_live += month.went_live
        for part in month.providers if month.cases.tried else ():
            own = public.published(part.name, month.period)
            for key, count in own.cases.tried.items() if own else ():
                tried, _, verdict = key.rpartition("/")
                answers[rule_of(tried)][verdict] += count
                tried_by[rule_of(tried)].add(part.name)
    return PublishedTrials(went_live, answers, tried_by)


def rule_of(tried: str) -> str:
    """Return `pack/rule` of `pack/version/rule`."""
    pack, _, rule = tried.split("/")
    return f"{pack}/{rule}"
