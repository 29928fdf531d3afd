"""Trials at the desk: what they ask of people, and how each rule of a provider runs there.

A group of near copies is one card, shown once, and one in five to a second person where the stack
asks for two. The card is blind: it has neither score and band of the finding nor what others said.
Findings of the `high` band are asked for only where all findings were not right often enough.

What a rule would bring is told in cards and minutes a day. The minutes come from the median time of
all decisions of the provider, never of a person.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import batched
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from cases import trials
from cases.case_message import seconds_between
from cases.case_store import TrialRules
from cases.decision import JUDGED
from desk import Dossier, Item, ItemKind, Moderator, OpenFinding
from desk.table_dossiers import BATCH, LISTED_SECONDS, PAST_SECONDS, Dossiers, Kept
from ledger.cases import Case, JournalEntry
from ledger.draws import DrawnFinding, Trial
from ledger.findings import Finding
from ledger.store import DynamoStore
from ledger.texts import utc
from rules.law import deciding
from rules.pack import Mode, Pack, Rule
from rules.pinned import rule_digest
from rules.rule_set import ALL, HIGH, Evidence

FOUND_DAYS = 7
"""Days whose published summaries say what a rule finds in a day."""

TIMED = 10
"""Decisions from which on the median time of a card is told: of fewer it would be a person's."""

TRIED = trials.LIFTED | {"notice"}
"""Why a rule that can be tried is in shadow: a notice ends by itself."""


class RuleState(StrEnum):
    """How far a rule is on its way to propose at a provider."""

    MAY_GO_LIVE = "may_go_live"
    ON_TRIAL = "on_trial"
    ENDED = "ended"  # the operator ended its trial
    LAPSED = "lapsed"  # what it finds was changed after it was tried
    NOT_TRIED = "not_tried"
    SOON = "soon"  # it was adopted, and is live once the notice period is over
    LIVE = "live"
    PAUSED = "paused"


class Asked(NamedTuple):
    """What a trial asks of people in a band, by its `groups`: `judged` of `look` are judged.

    `first` has a drawn finding of each group that nobody has judged, with who judged all others
    where only another person helps. `second` has those that a second person is asked about, with
    who was the first. Of the rule's findings, the share `share_high` has the band `high`.
    """

    trial: Trial
    standings: dict[str, trials.Standing]
    band: str
    groups: list[list[DrawnFinding]]
    first: dict[str, str]
    second: dict[str, str]
    judged: int
    look: int
    share_high: float


class RuleView(NamedTuple):
    """How a rule (`pack/rule`) runs at a provider, and what people there found out about it.

    `why` is the code of why it is in shadow. `paused` and `adopted` are when that was, and the
    latter in which band. `asked` is of its trial, if what runs now is tried, and `ended` if that
    was ended; `is_tried` also if what ran before was. `decided` is how often decisions found it
    right, and `fresh` how many more are needed because it was adopted long ago. It finds `a_day` in
    a day, `live_a_day` of them as proposals, and a card takes so many `seconds`; None before
    anybody can tell.
    """

    name: str
    pack: Pack
    rule: Rule
    why: str
    paused: str
    adopted: tuple[str, str]
    is_tried: bool
    asked: Asked | None
    ended: Asked | None
    decided: Evidence | None
    fresh: int
    a_day: float
    live_a_day: float
    seconds: float | None

    @property
    def state(self) -> RuleState:
        """Return how far the rule is."""
        if self.paused:
            return RuleState.PAUSED
        if self.pack.mode_of(self.rule) is Mode.LIVE:
            return RuleState.LIVE
        if self.why in TRIED and self.adopted[0]:
            return RuleState.SOON
        if self.asked:
            return RuleState.MAY_GO_LIVE if self.passed else RuleState.ON_TRIAL
        if self.ended:
            return RuleState.ENDED
        return RuleState.LAPSED if self.is_tried else RuleState.NOT_TRIED

    @property
    def may_be_tried(self) -> bool:
        """Return whether a lead may begin a trial of it."""
        untried = {RuleState.NOT_TRIED, RuleState.ENDED, RuleState.LAPSED}
        return self.state in untried and self.why in TRIED

    def begun(self, moderator: str, now: datetime) -> Trial:
        """Return a trial of what the rule finds now."""
        matching = rule_digest(self.pack, self.rule)
        return Trial(self.name, self.pack.version, matching, utc(now), moderator)

    @property
    def shadow_because(self) -> str:
        """Return why it is in shadow, `mode` if its pack says so; empty if it is live."""
        by_pack = "mode" if self.pack.mode_of(self.rule) is Mode.SHADOW else ""
        return "paused" if self.paused else self.why or by_pack

    @property
    def passed(self) -> list[str]:
        """Return the bands in which it may go live by its evidence, the widest first."""
        if self.asked is None or self.paused or self.why not in TRIED:
            return []
        return [band for band, standing in self.asked.standings.items() if not standing.why_not]

    @property
    def band(self) -> str:
        """Return the band in which it is live or may go live, or which is asked for."""
        return self.adopted[0] or next(iter(self.passed), self.asked.band if self.asked else ALL)

    @property
    def precision(self) -> Evidence | None:
        """Return how often it was right here: in its trial, or by decisions since it is live."""
        evidence = self.asked.standings[self.band].evidence if self.asked else None
        return self.decided if self.state is RuleState.LIVE else evidence or self.decided

    @property
    def cards(self) -> float:
        """Return how many cards a day it brings, or would bring."""
        if self.band != HIGH:
            return self.a_day
        if self.state is RuleState.LIVE:
            return self.live_a_day
        return self.a_day * (self.asked.share_high if self.asked else 1)

    @property
    def minutes(self) -> float | None:
        """Return how many minutes a day these cards take."""
        return None if self.seconds is None else self.cards * self.seconds / 60


def asked_by(
    trial: Trial,
    rule: Rule,
    drawn: Sequence[DrawnFinding],
    answers: Mapping[str, Sequence[trials.Answer]],
    rules: TrialRules,
    now: datetime,
) -> Asked:
    """Return what the trial of a rule asks of people. What an erased author wrote is not asked.

    Nor is anything of a rule that found too few texts, of which no more will come.
    """
    bands, is_over = (ALL, HIGH) if rule.score and rule.score.high else (ALL,), trial.is_over(now)
    standings = {
        band: trials.standing_of(drawn, answers, band, rules, is_over=is_over) for band in bands
    }
    whole, band = standings[ALL], ALL
    most = min(whole.groups, trials.LOOKS[-1]) if is_over else trials.LOOKS[-1]
    if HIGH in bands and whole.why_not == "not_right" and not whole.may_pass(most, rules.least):
        band = HIGH
    evidence, why_not = standings[band].evidence, standings[band].why_not
    look = evidence.judged if evidence and not why_not else standings[band].next_look
    judges = {answer.moderator for one in drawn for answer in answers.get(one.finding, ())}
    alone = min(judges) if why_not == "people" and len(judges) == 1 else ""
    first, second = dict[str, str](), dict[str, str]()
    groups = trials.sample_of(drawn, answers, band)
    for group in groups[:look]:
        given = [(one, answer) for one in group for answer in answers.get(one.finding, ())]
        if not given and why_not not in {"", "too_few"}:
            left = [one.finding for one in group if not one.is_forgotten]
            first |= dict.fromkeys(left[:1], alone)
        elif len(given) == 1 and rules.people > 1:
            [(one, answer)] = given
            if not one.is_forgotten and trials.is_asked_twice(one.finding):
                second[one.finding] = answer.moderator
    sample = [one.band == HIGH for one in drawn if not one.extra]
    share_high, judged = sum(sample) / max(1, len(sample)), len(groups[:look]) - len(first)
    return Asked(trial, standings, band, groups, first, second, judged, look, share_high)


def seconds_a_card(entries: Iterable[JournalEntry]) -> float | None:
    """Return the median time from opening a card to its decision; None of fewer than TIMED."""
    times = [
        seconds
        for entry in entries
        if entry.type == "decision" and entry.verdict in JUDGED and (entry.leads or not entry.group)
        if (seconds := seconds_between(entry.opened_at, entry.decided_at)) is not None
    ]
    return median(times) if len(times) >= TIMED else None


def terms_of(rule: Rule) -> Iterator[tuple[str, str, int | None]]:
    """Yield the terms of a rule with their family, and their weights if it has a score.

    >>> rule = Rule(id="r", severity="low", why="w", groups=(("send", "{link}"),), unless=("joke",))
    >>> list(terms_of(rule))
    [('term', 'send', None), ('sign', '{link}', None), ('unless', 'joke', None)]
    """
    if score := rule.score:
        signs = {f"{{{sign}}}": weight for sign, weight in score.signs.items()}
        for family, weights in (("term", score.terms), ("pinyin", score.pinyin), ("sign", signs)):
            yield from ((family, *weighed) for weighed in weights.items())
    for term in () if score else (term for group in rule.term_groups for term in group):
        yield "sign" if term.startswith("{") else "term", term, None
    yield from (("link", host, None) for host in rule.links)
    yield from (("unless", term, None) for term in (*rule.except_, *rule.unless))


@dataclass(slots=True)
class TrialDesk:
    """Reads the trials of providers; `seconds` is a clock that only goes on."""

    store: DynamoStore
    dossiers: Dossiers
    rules: TrialRules
    seconds: Callable[[], float]
    _drawn: Kept[list[DrawnFinding]] = field(init=False)
    _found: Kept[dict[str, float]] = field(init=False)

    def __post_init__(self) -> None:
        self._drawn, self._found = Kept(self.seconds), Kept(self.seconds)

    @staticmethod
    def items(moderator: Moderator, views: Iterable[RuleView]) -> list[Item]:
        """Return the drawn findings that this moderator may judge, one of each group."""
        return [
            Item(
                key=finding,
                kind=ItemKind.TRIAL,
                since=asked.trial.began_at,
                category=view.pack.category_of(view.rule),
                severity=view.rule.severity.value,
                rules=(view.name,),
            )
            for view in views
            if (asked := view.asked) and view.state in {RuleState.ON_TRIAL, RuleState.MAY_GO_LIVE}
            for finding, judge in (asked.first | asked.second).items()
            if judge != moderator.name
        ]

    def dossier(self, case: Case, finding: Finding) -> Dossier:
        """Return the card of a drawn finding: blind to its score, its band, and to colleagues."""
        spans = tuple(msgspec.structs.replace(each, weight=UNSET) for each in finding.spans)
        blind = msgspec.structs.replace(
            finding, spans=spans, score=UNSET, threshold=UNSET, band=UNSET
        )
        shown = OpenFinding(blind, case.excerpt)
        facts = self.dossiers.rule_facts([shown])
        answers = (entry.journal_entry for entry in case.entries)
        item = Item(
            key=finding.finding,
            kind=ItemKind.TRIAL,
            since=finding.found_at,
            category=finding.category,
            severity=next((known.rule.severity.value for _, known in facts), ""),
            rules=(f"{finding.pack}/{finding.rule}",),
            language=finding.language or "",
            not_for=tuple(answer.moderator for answer in answers if answer.type == "trial"),
        )
        return Dossier(item, (shown,), rules=facts)

    def views(
        self,
        provider: str,
        entries: Iterable[JournalEntry],
        now: datetime,
        decided: Mapping[str, Evidence] = MappingProxyType({}),
    ) -> list[RuleView]:
        """Return the rules that run for a provider, those that would bring most cards first.

        `decided` says how often the decisions on a rule's findings found it right.
        """
        in_force, entries = self.dossiers.in_force(), [*entries]
        if in_force is None:
            return []
        rule_set, since = in_force
        # At home the day of the run may be pinned, and the hour be earlier than that of the run.
        now = max(now, datetime.fromisoformat(since))
        settings, is_public = rule_set.settings_of(provider), bool(self.dossiers.public_url)
        selection = rule_set.for_provider(provider, now, public=is_public)
        on_trial = {each.rule: each for each in self.store.trials(provider)}
        paused = {pause.rule: pause.since for pause in settings.paused}
        adopted = defaultdict[str, dict[str, tuple[str, str]]](dict)
        answers = defaultdict[str, list[trials.Answer]](list)
        for entry in entries:
            if entry.type == "trial":
                answers[entry.cases[0]].append(trials.Answer(entry.moderator, entry.verdict))
            elif entry.type == "adoption":  # publish may not have put it into the set yet
                adopted[entry.rule][entry.matching] = entry.band, entry.at
        for one in settings.live_here:
            adopted[one.rule][one.matching] = one.band, one.since
        seconds = seconds_a_card(entries)
        found = self._found.get((provider,), PAST_SECONDS, partial(self._read_found, provider))
        views = []
        for pack, rule in [(each, rule) for each in selection.packs for rule in each.rules]:
            name, asked = f"{pack.id}/{rule.id}", None
            trial, is_tried = on_trial.get(name), name in on_trial or name in adopted
            matching = rule_digest(pack, rule) if is_tried else ""
            band, day = adopted[name].get(matching, ("", ""))
            judged = decided.get(name, Evidence()).judged
            if trial and trial.matching == matching:
                drawn = self._kept(provider, trial)
                asked = asked_by(trial, rule, drawn, answers, self.rules.of([pack]), now)
            views.append(
                RuleView(
                    name=name,
                    pack=pack,
                    rule=rule,
                    why=selection.shadowed.get(name, ""),
                    paused=paused.get(name, ""),
                    adopted=(band, day),
                    is_tried=is_tried,
                    asked=None if trial and trial.ended_at else asked,
                    ended=asked if trial and trial.ended_at else None,
                    decided=decided.get(name),
                    fresh=trials.fresh_due(day, judged, now),
                    a_day=found.get(name, 0.0),
                    live_a_day=found.get(f"{name}/{Mode.LIVE}", 0.0),
                    seconds=seconds,
                )
            )
        return sorted(views, key=lambda view: (-view.cards, view.name))

    def terms(self, provider: str, view: RuleView) -> list[tuple[str, str, int | None, int]]:
        """Return the terms of a rule by `terms_of`, with how many drawn findings each decided.

        Those that decided any come first, then the heaviest.
        """
        decided = Counter[str]()
        names = self._kept(provider, view.asked.trial) if view.asked else []
        for part in batched((one.finding for one in names), BATCH):
            for finding in self.store.findings(part):
                weights = [(span.term, span.weight or 0) for span in finding.spans]
                named = deciding(weights, finding.threshold or 0, finding.score or 0)
                decided.update(named if finding.threshold else {at.term for at in finding.spans})
        rows = [(*named, decided[named[1]]) for named in terms_of(view.rule)]
        return sorted(rows, key=lambda row: (-row[3], -(row[2] or 0), row[0], row[1]))

    def _kept(self, provider: str, trial: Trial) -> list[DrawnFinding]:
        read = partial(self.store.drawn, provider, trial.rule, trial.version)
        return self._drawn.get((provider, trial.rule, trial.matching), LISTED_SECONDS, read)

    def _read_found(self, provider: str) -> dict[str, float]:
        """Return the findings a day by rule, and by rule and mode, of the last published days."""
        today, found, days = self.store.clock.now().date(), Counter[str](), 0
        packs = self.dossiers.decided_packs
        for back in range(FOUND_DAYS):
            key = f"summaries/{provider}/{today - timedelta(days=back)}.json"
            if data := packs.objects.get(packs.public_bucket, key):
                days += 1
                for rule, count in msgspec.json.decode(data)["numbers"]["by_rule"].items():
                    pack, _, name, mode = rule.split("/")
                    found[f"{pack}/{name}"] += count
                    found[f"{pack}/{name}/{mode}"] += count
        return {rule: count / days for rule, count in found.items()}
