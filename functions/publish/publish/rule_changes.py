"""What a run changes in the set in force: rules that are paused, and rules that go live.

Here is also what pages say of trials: it follows from published summaries and the set in force.

A rule that people find wrong too often is paused. A rule that a provider adopted after a trial
proposes there. Both are notes of one provider in the next set, which is put in force on top of the
set in force. What dies in between is done by the next run: it finds the same facts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from ledger.cases import JournalEntry
from ledger.closing import NO_SET, put_in_force
from ledger.codes import OperatorError
from ledger.objects import S3Objects
from ledger.units import Tally
from publish.precision import RuleErrors, errors_of
from publish.summary import Standing, WentLive
from rules.pack import Pack
from rules.pinned import rule_digest
from rules.rule_set import (
    Adopted,
    Evidence,
    Paused,
    ProviderSettings,
    RuleSet,
    SetError,
    is_as_tried,
    load_set,
    with_notes,
)

AT_LEAST = 10
"""Decided findings of one provider below which no rule is paused."""


class Pause(NamedTuple):
    """A rule (`pack/rule`) to keep in shadow for a provider, and why."""

    provider: str
    rule: str
    why: str


def due(provider: str, standing: Standing, in_force: RuleSet, below: float) -> Iterator[Pause]:
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
                yield Pause(
                    provider,
                    name,
                    f"of {decided} findings of version {pack.version} that people decided by"
                    f" {standing.day}, {round(found.precision * decided)} stand: at best"
                    f" {100 * found.high:.0f}% with 95% confidence",
                )


def adoptions_due(
    entries: Iterable[JournalEntry], settings: ProviderSettings, in_force: RuleSet, since: str
) -> Iterator[Adopted]:
    """Yield the newest adoption of each rule that the set in force lacks.

    `entries` are those of the provider with these settings. An adoption that has lapsed comes again
    only if what was tried returns.
    """
    known = {(one.rule, one.matching, one.band) for one in settings.live_here}
    adoptions = (entry for entry in entries if entry.type == "adoption")
    ordered = sorted(adoptions, key=lambda entry: (entry.at, entry.entry))
    for entry in {entry.rule: entry for entry in ordered}.values():
        evidence = msgspec.convert(entry.evidence, Evidence)
        made = Adopted(entry.rule, entry.version, entry.matching, entry.band, since, evidence)
        is_new = (made.rule, made.matching, made.band) not in known
        if is_new and is_as_tried(in_force.packs, made):
            yield made


def change_rules(
    objects: S3Objects, bucket: str, notes: Sequence[tuple[str, Paused | Adopted]], now: datetime
) -> str:
    """Put a set with these notes by provider in force on top of the set in force.

    Return its digest. Raises OperatorError while others keep publishing sets, or if no set exists.
    """

    def make_next(before: bytes | None) -> bytes:
        if before is None:
            raise OperatorError(NO_SET)
        try:
            return with_notes(load_set(before), notes)
        except SetError as error:
            raise OperatorError(f"the set in force cannot be changed: {error}") from error

    return put_in_force(objects, bucket, make_next, now)


class LiveHere(NamedTuple):
    """A rule in shadow that a provider has adopted: `live`, `paused` there, or `lapsed` since.

    `since` is the day from which the set has it; of one that has lapsed, the day of its adoption.
    """

    rule: str
    provider: str
    state: str
    since: str
    band: str
    version: int
    evidence: Mapping[str, int | float]


@dataclass(frozen=True, slots=True)
class PublishedTrials:
    """What all months say of trials.

    `went_live` are the adoptions, oldest first. `answers` counts what people said of drawn
    findings, by `pack/version/rule/verdict`, and `tried_by` names who did, by `pack/version/rule`.
    """

    went_live: Sequence[WentLive]
    answers: Tally
    tried_by: Mapping[str, set[str]]

    def live_here(self, pack: Pack, in_force: RuleSet) -> list[LiveHere]:
        """Return who adopted which rule of a pack, by rule and provider; [] if it is replaced."""
        found: dict[tuple[str, str], LiveHere] = {}
        if pack not in in_force.packs:
            return []
        for note in self.went_live:
            of, version, rule = note.tried.split("/")
            if of == pack.id and pack.rule(rule):
                found[rule, note.provider] = LiveHere(
                    rule, note.provider, "lapsed", note.day, note.band, int(version), note.evidence
                )
        for provider, settings in in_force.providers.items():
            paused = {pause.rule for pause in settings.paused}
            for one in settings.live_here:
                of, _, rule = one.rule.partition("/")
                if of == pack.id:
                    state = "paused" if one.rule in paused else "live"
                    evidence = msgspec.to_builtins(one.evidence)
                    found[rule, provider] = LiveHere(
                        rule, provider, state, one.since[:10], one.band, one.version, evidence
                    )
        return [found[key] for key in sorted(found)]

    def tried(self, pack: Pack, known: Iterable[Pack]) -> list[tuple[str, list[int], int]]:
        """Return the rules of a pack that were tried.

        Each has its answers right, wrong and cannot tell, and how many providers tried it and have
        not adopted it. Nobody has to say that a trial ended with a no, so nobody can hide one. A
        trial under way is among them. `known` are all versions of all packs: those that differ in
        their words alone are tried as one.
        """
        found = []
        for rule in pack.rules:
            of = f"{pack.id}/{pack.version}/{rule.id}"
            said = [
                self.answers.get(f"{of}/{what}", 0) for what in ("right", "wrong", "cannot_tell")
            ]
            if not any(said):
                continue
            digest = rule_digest(pack, rule)
            names = {
                f"{pack.id}/{other.version}/{rule.id}"
                for other in known
                if other.id == pack.id
                and (same := other.rule(rule.id))
                and rule_digest(other, same) == digest
            }
            tried = {provider for name in names for provider in self.tried_by.get(name, ())}
            adopted = {note.provider for note in self.went_live if note.tried in names}
            found.append((rule.id, said, len(tried - adopted)))
        return found
