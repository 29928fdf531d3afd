"""Drafting: summaries of days, months, campaigns and of all providers, as the facts stand now.

Whether a draft is published, or what stands stays, is settled elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from folding import Numbers, fold, only_packs
from gathering import DayFacts
from periods import Period, day_period
from published_set import Catalogue, PublishedPack
from summary import (
    NO_ADDRESS,
    JournalFile,
    LeftOut,
    OpenFileNote,
    Part,
    PausedNote,
    Summary,
    errors_of,
    part_of,
)


@dataclass(frozen=True, slots=True)
class Notes:
    """What a summary says beside its numbers."""

    journal: tuple[JournalFile, ...]
    open_files: tuple[OpenFileNote, ...]
    left_out: tuple[LeftOut, ...]
    paused: tuple[PausedNote, ...]


@dataclass(frozen=True, slots=True)
class Drafter:
    """Writes drafts under the operator's settings; with no public address all runs in shadow.

    `notice_hours` is told only while there is no set: each set has a notice period of its own.
    """

    catalogue: Catalogue
    public_url: str
    notice_hours: int

    def day(self, provider: str, day: str, facts: DayFacts, *, provisional: bool) -> Summary:
        """The draft of a provider's day."""
        found = self.catalogue.paused(provider, facts.numbers.sets)
        paused = tuple(PausedNote(provider, note.rule, note.since, note.why) for note in found)
        notes = Notes((facts.journal_file,), facts.open_files, facts.left_out, paused)
        return self._summary(
            provider, day_period(day), facts.numbers, notes, provisional=provisional
        )

    def all_day(self, day: str, providers: Sequence[Summary]) -> Summary:
        """The draft of a day of all providers, from their summaries in order."""
        return self._summary(
            "all",
            day_period(day),
            fold(summary.numbers for summary in providers),
            _joined(providers, providers),
            provisional=any(summary.provisional for summary in providers),
            providers=tuple(part_of(summary.provider, summary) for summary in providers),
        )

    def longer(
        self,
        period: Period,
        days: Sequence[Summary],
        providers: Sequence[Summary] = (),
        packs: Iterable[PublishedPack] = (),
        *,
        over: bool,
    ) -> Summary:
        """The draft of a month or campaign, from the summaries of its days.

        Args:
            period: The month or campaign.
            days: The published days in it, in order, at least one; all of one provider or `all`.
            providers: For `all`, the providers' summaries of the same period, in order.
            packs: For a campaign, the packs whose findings count; none for all.
            over: Whether the period's last day is closed.
        """
        chosen = tuple(packs)

        def counted(day: Summary) -> Numbers:
            return only_packs(day.numbers, chosen) if chosen else day.numbers

        return self._summary(
            days[0].provider,
            period,
            fold(counted(day) for day in days),
            _joined(days, days[-1:]),
            provisional=not over or any(day.provisional for day in days),
            days=tuple(part_of(day.period, day, counted(day)) for day in days),
            providers=tuple(part_of(summary.provider, summary) for summary in providers),
        )

    def _summary(
        self,
        provider: str,
        period: Period,
        numbers: Numbers,
        notes: Notes,
        *,
        provisional: bool,
        days: tuple[Part, ...] = (),
        providers: tuple[Part, ...] = (),
    ) -> Summary:
        return Summary(
            provider=provider,
            kind=period.kind,
            period=period.name,
            first_day=period.first_day,
            last_day=period.last_day,
            provisional=provisional,
            numbers=numbers,
            errors=errors_of(numbers),
            days=days,
            providers=providers,
            journal=notes.journal,
            open_files=notes.open_files,
            left_out=notes.left_out,
            paused=notes.paused,
            notice_hours=self.catalogue.notice_hours(numbers.sets, self.notice_hours),
            public_url=self.public_url,
            all_in_shadow="" if self.public_url else NO_ADDRESS,
        )


def _joined(summaries: Sequence[Summary], newest: Sequence[Summary]) -> Notes:
    """What several summaries say beside their numbers; files are open only in the newest ones."""
    paused = {note: None for summary in summaries for note in summary.paused}
    return Notes(
        journal=tuple(file for summary in summaries for file in summary.journal),
        open_files=tuple(note for summary in newest for note in summary.open_files),
        left_out=tuple(left for summary in summaries for left in summary.left_out),
        paused=tuple(sorted(paused, key=lambda note: (note.provider, note.rule, note.since))),
    )
