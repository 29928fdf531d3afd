"""Drafts summaries of days, months and campaigns, of a provider or of all, from the facts. Pure.

`revisions` decides whether a draft is published.
"""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec import UNSET, UnsetType

from cases.kinds import CaseNumbers, by_month, of_packs
from ledger.units import sum_records
from publish.day_facts import DayFacts
from publish.folding import Numbers, only_packs
from publish.periods import PeriodKind, SummaryPeriod, day_period
from publish.precision import (
    Errors,
    RuleEvidence,
    SentinelDays,
    errors_of,
    is_found,
    of_cohort,
    sum_sentinel,
    without_cohorts,
)
from publish.set_catalogue import PublishedSets
from publish.summary import (
    NO_ADDRESS,
    Before,
    MonthCounts,
    PausedNote,
    Standing,
    Summary,
    part_of,
    standing_of,
)
from rules.pack import Pack


class PeriodCounts(NamedTuple):
    """The sums of a period, and its last day that is counted."""

    numbers: Numbers
    cases: CaseNumbers
    last_day: str

    def errors(self, period: SummaryPeriod) -> Errors:
        """Return the errors in findings of the period itself; for a campaign, of its rules."""
        by_rule, in_groups = (
            without_cohorts(tally)
            if period.kind is PeriodKind.CAMPAIGN
            else of_cohort(tally, period.name)
            for tally in (self.cases.by_rule, self.cases.in_groups)
        )
        rules = {key.rpartition("/")[0] for key in self.numbers.by_rule}
        return errors_of(by_rule, rules, self.last_day, in_groups)


@dataclass(frozen=True, slots=True)
class Drafter:
    """Drafts summaries under the operator's settings.

    `notice_hours` is published only if there is no set: each set has its own notice period.
    """

    catalogue: PublishedSets
    public_url: str
    notice_hours: int

    def day(self, provider: str, day: str, facts: DayFacts, *, provisional: bool) -> Summary:
        """Return the draft of a provider's day."""
        pauses = self.catalogue.paused(provider, facts.numbers.sets)
        paused = {PausedNote(provider, note.rule, note.since, note.why) for note in pauses}
        paused |= self._paused_by(provider, day)
        return self._summary(
            provider,
            day_period(day),
            PeriodCounts(facts.numbers, facts.cases, day),
            provisional=provisional,
            journal=facts.journal_files,
            open_files=facts.open_files,
            left_out=facts.left_out,
            paused=_in_order(paused),
        )

    def all_day(self, day: str, providers: Sequence[Summary], sentinel: Summary | None) -> Summary:
        """Return the draft of a day of all providers, from their summaries in order.

        `sentinel` is the summary of the sentinel post, which is not one of them.
        """
        return self._summary(
            "all",
            day_period(day),
            PeriodCounts(
                sum_records(Numbers, [summary.numbers for summary in providers]),
                sum_records(CaseNumbers, [summary.cases for summary in providers]),
                day,
            ),
            **_joined(providers, providers),
            provisional=any(summary.provisional for summary in providers),
            providers=tuple(part_of(summary.provider, summary) for summary in providers),
            sentinel=_sentinel_day(sentinel) if sentinel else UNSET,
        )

    def longer(
        self,
        period: SummaryPeriod,
        days: Sequence[Summary],
        providers: Sequence[Summary] = (),
        packs: Iterable[Pack] = (),
        *,
        over: bool,
        before: Summary | None = None,
        terms: dict[str, RuleEvidence] | UnsetType = UNSET,
    ) -> Summary:
        """Return the draft of a month or campaign, from the summaries of its days.

        `days` are its published days in order, at least one, all of one provider or of `all`; for
        `all`, `providers` are the providers' summaries of the same period. `packs` are those of a
        campaign; without any, the findings of all packs count. `over` says whether the last day is
        closed. For a month, `before` is the summary of the month before, and `terms` what its terms
        decided, once it is over.
        """
        chosen = tuple(packs)
        notes = _joined(days, days[-1:])
        paused = {*notes["paused"], *self._paused_by(days[0].provider, period.last_day)}
        counted = [_counted(day, chosen) for day in days]
        whole = PeriodCounts(
            sum_records(Numbers, [day.numbers for day in counted]),
            sum_records(CaseNumbers, [by_month(day.cases) for day in counted]),
            days[-1].period,
        )
        return self._summary(
            days[0].provider,
            period,
            whole,
            **notes | {"paused": _in_order(paused)},
            provisional=not over or any(day.provisional for day in days),
            days=tuple(
                part_of(day.period, day, only.numbers, only.cases)
                for day, only in zip(days, counted, strict=True)
            ),
            providers=tuple(part_of(summary.provider, summary) for summary in providers),
            standing=_standing(period, whole, days, before)
            if period.kind is PeriodKind.MONTH
            else None,
            terms=terms,
            sentinel=sum_sentinel(day.sentinel for day in days)
            if period.kind is PeriodKind.MONTH
            else UNSET,
        )

    def _paused_by(self, provider: str, day: str) -> set[PausedNote]:
        """Return the pauses that the set in force has for a provider, or for any, by that day.

        The sets that receipts name say the same, but only after the next unit.
        """
        return {
            PausedNote(name, pause.rule, pause.since, pause.why)
            for name, settings in self.catalogue.in_force.providers.items()
            if provider in {name, "all"}
            for pause in settings.paused
            if pause.since[:10] <= day
        }

    def _summary(
        self,
        provider: str,
        period: SummaryPeriod,
        counted: PeriodCounts,
        **said: Any,
    ) -> Summary:
        """Return a summary; what is `said` in addition to its numbers has its field's name."""
        numbers = counted.numbers
        return Summary(
            provider=provider,
            kind=period.kind,
            period=period.name,
            first_day=period.first_day,
            last_day=period.last_day,
            numbers=numbers,
            cases=counted.cases,
            errors=counted.errors(period),
            **said,
            notice_hours=self.catalogue.notice_hours(numbers.sets, self.notice_hours),
            public_url=self.public_url,
            all_in_shadow="" if self.public_url else NO_ADDRESS,
        )


def _sentinel_day(day: Summary) -> SentinelDays | UnsetType:
    """Return whether the sentinel post was found; UNSET while an open day may still find it."""
    if is_found(day.numbers.by_rule):
        return SentinelDays(1, ())
    return UNSET if day.provisional else SentinelDays(0, (day.period,))


def _counted(day: Summary, packs: tuple[Pack, ...]) -> PeriodCounts:
    """Return what a day adds to a longer period; to a campaign, only findings of its packs."""
    if not packs:
        return PeriodCounts(day.numbers, day.cases, day.period)
    return PeriodCounts(only_packs(day.numbers, packs), of_packs(day.cases, packs), day.period)


def _standing(
    period: SummaryPeriod, whole: PeriodCounts, days: Sequence[Summary], before: Summary | None
) -> Standing:
    live = {day.period: day.numbers.live for day in days}
    month = MonthCounts(period.name, whole.last_day, whole.numbers, whole.cases, live)
    if before is None or before.standing is None:
        return standing_of(month, Standing(), None)
    return standing_of(month, before.standing, Before(before.period, before.revision))


def _joined(summaries: Sequence[Summary], newest: Sequence[Summary]) -> dict[str, Any]:
    """Return the notes of several summaries. Open files are taken from the newest ones only."""
    paused = {note for summary in summaries for note in summary.paused}
    return {
        "journal": tuple(file for summary in summaries for file in summary.journal),
        "open_files": tuple(note for summary in newest for note in summary.open_files),
        "left_out": tuple(left for summary in summaries for left in summary.left_out),
        "paused": _in_order(paused),
    }


def _in_order(paused: Iterable[PausedNote]) -> tuple[PausedNote, ...]:
    key = operator.attrgetter("provider", "rule", "since", "why")
    return tuple(sorted(paused, key=key))
