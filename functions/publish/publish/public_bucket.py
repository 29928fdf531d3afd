"""The public bucket: how a summary is drafted, compared with the published one, and written.

A draft is a function of facts. A provisional summary is replaced by it. A closed period is compared
by its numbers, never by the bytes of its page, and gets a new revision where they differ.

The JSON of a summary is written after its page and its CSV, so a reader who finds it finds all
three. If a run dies in between, the JSON is missing or old, and the next run writes the same bytes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from cases.kinds import CaseNumbers, by_month, of_packs
from ledger.closing import read_pointer
from ledger.codes import OperatorError
from ledger.keys import SENTINEL
from ledger.objects import S3Objects
from ledger.units import sum_records
from phrases import Phrases, of
from publish import precision
from publish.day_facts import DayFacts
from publish.folding import Numbers, PublishedSets, measures, only_packs
from publish.summary import (
    NO_ADDRESS,
    NumberChange,
    PausedNote,
    PeriodKind,
    Summary,
    SummaryPeriod,
    day_period,
    decode_summary,
    encode_summary,
    part_of,
    standing_of,
    summary_path,
)
from rules.pack import Pack
from rules.rule_set import KnownSets, SetError


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
            facts.numbers,
            facts.cases,
            as_of=day,
            provisional=provisional,
            journal=facts.journal,
            open_files=facts.open_files,
            left_out=facts.left_out,
            went_live=facts.went_live,
            paused=tuple(sorted(paused)),
        )

    def all_day(self, day: str, providers: Sequence[Summary], sentinel: Summary | None) -> Summary:
        """Return the draft of a day of all providers, from their summaries in order.

        `sentinel` is the summary of the sentinel post, which is not one of them. Until the day is
        closed, it may still be found.
        """
        found: precision.SentinelDays | UnsetType = UNSET
        if sentinel and precision.is_found(sentinel.numbers.by_rule):
            found = precision.SentinelDays(1, ())
        elif sentinel and not sentinel.provisional:
            found = precision.SentinelDays(0, (day,))
        return self._summary(
            "all",
            day_period(day),
            sum_records(Numbers, [summary.numbers for summary in providers]),
            sum_records(CaseNumbers, [summary.cases for summary in providers]),
            as_of=day,
            **_joined(providers, providers),
            provisional=any(summary.provisional for summary in providers),
            providers=tuple(part_of(summary.provider, summary) for summary in providers),
            sentinel=found,
        )

    def longer(
        self,
        period: SummaryPeriod,
        days: Sequence[Summary],
        providers: Sequence[Summary] = (),
        packs: Sequence[Pack] = (),
        *,
        over: bool,
        before: Summary | None = None,
        terms: dict[str, precision.RuleEvidence] | UnsetType = UNSET,
    ) -> Summary:
        """Return the draft of a month or campaign, from the summaries of its days.

        `days` are its published days in order, at least one, all of one provider or of `all`; for
        `all`, `providers` are the providers' summaries of the same period. `packs` are those of a
        campaign; without any, the findings of all packs count. `over` says whether the last day is
        closed. For a month, `before` is the summary of the month before, and `terms` what its terms
        decided, once it is over.
        """
        notes = _joined(days, days[-1:])
        paused = {*notes["paused"], *self._paused_by(days[0].provider, period.last_day)}
        counted = [
            msgspec.structs.replace(
                day, numbers=only_packs(day.numbers, packs), cases=of_packs(day.cases, packs)
            )
            if packs
            else day
            for day in days
        ]
        draft = self._summary(
            days[0].provider,
            period,
            sum_records(Numbers, [day.numbers for day in counted]),
            sum_records(CaseNumbers, [by_month(day.cases) for day in counted]),
            as_of=days[-1].period,
            **notes
            | {"paused": tuple(sorted(paused)), "went_live": () if packs else notes["went_live"]},
            provisional=not over or any(day.provisional for day in days),
            days=tuple(part_of(day.period, day) for day in counted),
            providers=tuple(part_of(summary.provider, summary) for summary in providers),
            terms=terms,
        )
        if period.kind is not PeriodKind.MONTH:
            return draft
        sentinel = precision.sum_sentinel(day.sentinel for day in days)
        return msgspec.structs.replace(
            draft, standing=standing_of(draft, before), sentinel=sentinel
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
        numbers: Numbers,
        cases: CaseNumbers,
        *,
        as_of: str,
        **said: Any,
    ) -> Summary:
        """Return a summary with the errors in findings of the period; for a campaign, of its rules.

        `as_of` is the last day that is counted; what else is `said` has its field's name.
        """
        found = None if period.kind is PeriodKind.CAMPAIGN else period.name
        by_rule, in_groups = (
            precision.of_cohort(each, found) for each in (cases.by_rule, cases.in_groups)
        )
        rules = {key.rpartition("/")[0] for key in numbers.by_rule}
        return Summary(
            provider=provider,
            kind=period.kind,
            period=period.name,
            first_day=period.first_day,
            last_day=period.last_day,
            numbers=numbers,
            cases=cases,
            errors=precision.errors_of(by_rule, rules, as_of, in_groups),
            **said,
            notice_hours=self.catalogue.notice_hours(numbers.sets, self.notice_hours),
            public_url=self.public_url,
            all_in_shadow="" if self.public_url else NO_ADDRESS,
        )


def _joined(summaries: Sequence[Summary], newest: Sequence[Summary]) -> dict[str, Any]:
    """Return the notes of several summaries. Open files are taken from the newest ones only."""
    paused = {note for summary in summaries for note in summary.paused}
    return {
        "journal": tuple(file for summary in summaries for file in summary.journal),
        "open_files": tuple(note for summary in newest for note in summary.open_files),
        "left_out": tuple(left for summary in summaries for left in summary.left_out),
        "paused": tuple(sorted(paused)),
        "went_live": tuple(note for summary in summaries for note in summary.went_live),
    }


def next_revision(published: Summary | None, draft: Summary) -> Summary:
    """Return the summary to publish: the published summary, the draft, or a revision of it.

    A new revision is needed if the numbers or the receipts left out differ, and for sums over days
    or providers also if the journal files differ. A closed period never becomes provisional again.
    """
    if published is None or published.provisional:
        return draft
    if draft.provisional:
        return published
    changes = tuple(changes_between(published, draft))
    if not changes:
        return published
    revision, why = published.revision + 1, reason_of(changes, published.revision, of("en"))
    return msgspec.structs.replace(draft, revision=revision, why_revised=why, changes=changes)


def has_lost_records(published: Summary, draft: Summary) -> bool:
    """Return whether the table holds less of a day than was published.

    Nothing is ever taken out of the journal; a receipt that is left out still counts as held.
    Limits: a lost case entry is not noticed if a new receipt came instead. `terang fsck` notices
    it.
    """
    before, now = _held(published), _held(draft)
    return any(fewer < more for fewer, more in zip(now, before, strict=True))


def _held(day: Summary) -> tuple[int, int]:
    """Return how many units the table holds of a day, and how many receipts and case entries."""
    left = sum(left.messages or 1 for left in day.left_out)
    records = sum(file.lines for file in day.journal) + len(day.left_out)
    return day.numbers.units + left, records


def changes_between(published: Summary, draft: Summary) -> Iterator[NumberChange]:
    """Yield the numbers that differ between two summaries of a period, in the CSV's order."""
    before, after = _numbers(published), _numbers(draft)
    for measure, key in [*before, *(name for name in after if name not in before)]:
        old, new = before.get((measure, key)), after.get((measure, key))
        if old != new:
            yield NumberChange(measure=measure, key=key, before=old, after=new)


def _numbers(summary: Summary) -> dict[tuple[str, str], int | str]:
    """Return what counts as a change, by measure and key."""
    counted = chain(measures(summary.numbers), measures(summary.cases, "cases."))
    numbers = {(measure, key): value for measure, key, value in counted}
    if summary.sentinel:
        numbers["sentinel_found", ""] = summary.sentinel.found
    for left in summary.left_out:
        numbers["left_out", f"{left.provider}/{left.day}/{left.receipt}"] = str(left.why)
    if summary.kind is not PeriodKind.DAY or summary.provider == "all":
        for file in summary.journal:
            numbers["journal", file.path] = file.sha256
    return numbers


def why_revised(summary: Summary, phrases: Phrases) -> str:
    """Return why a summary was published again, in a language; "" for a first revision.

    Its JSON says it in English. What other languages say follows from its changes.
    """
    if phrases.language == "en" or not summary.why_revised:
        return summary.why_revised
    return reason_of(summary.changes, summary.revision - 1, phrases)


def reason_of(changes: Iterable[NumberChange], before: int, say: Phrases) -> str:
    """Return why the journal differs from that of the revision before, as far as numbers show it.

    >>> reason_of([NumberChange("units", "", 3, 5)], 1, of("en"))
    '2 units came to the journal after revision 1.'
    """
    late = left = 0
    sorts = set[str]()
    for change in changes:
        sorts.add(change.measure.partition(".")[0])
        if change.measure == "units":
            late = int(change.after or 0) - int(change.before or 0)
        elif change.measure == "left_out":
            left += (change.after is not None) - (change.before is not None)
    if left > 0:
        return say.ngettext(
            "%(num)s unit counted before did not close when it was read again.",
            "%(num)s units counted before did not close when they were read again.",
            left,
        )
    if late > 0:
        return say.ngettext(
            "%(num)s unit came to the journal after revision %(revision)s.",
            "%(num)s units came to the journal after revision %(revision)s.",
            late,
            revision=before,
        )
    if late < 0:
        return say.ngettext(
            "%(num)s unit of revision %(revision)s was no longer in the journal.",
            "%(num)s units of revision %(revision)s were no longer in the journal.",
            -late,
            revision=before,
        )
    if sorts - {"journal", "left_out"} == {"cases"}:
        return say.gettext(
            "Case entries came to the journal after revision %(revision)s.", revision=before
        )
    return say.gettext(
        "The journal differed from the one that revision %(revision)s added up.", revision=before
    )


SUMMARY_KEY = re.compile(r"summaries/(?P<provider>[^/]+)/(?P<period>[^/.]+)\.json")
SET_KEY = re.compile(r"sets/(?P<digest>[0-9a-f]{8,64})\.json")


@dataclass(slots=True)
class SummaryBucket:
    """The public bucket, and the summaries that were read from it or written to it.

    `names` holds the published periods of each provider, `files` the paths of all that is below
    `summaries/` or was put; both are empty before `list_summaries`.
    """

    objects: S3Objects
    bucket: str
    known_sets: KnownSets = field(default_factory=KnownSets)
    summaries: dict[str, Summary] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    def list_summaries(self) -> None:
        """List the published summaries, and the files that show them."""
        self.files.update(self.objects.keys(self.bucket, "summaries/"))
        for match in filter(None, map(SUMMARY_KEY.fullmatch, self.files)):
            self.names.setdefault(match["provider"], set()).add(match["period"])

    def catalogue(self) -> PublishedSets:
        """Return all published sets and which one is in force. Only sets not yet known are read."""
        matches = map(SET_KEY.fullmatch, self.objects.keys(self.bucket, "sets/"))
        digests = [match["digest"] for match in matches if match]
        try:
            sets = self.known_sets.read(digests, lambda digest: self._read(f"sets/{digest}.json"))
        except SetError as error:
            raise OperatorError(f"a published set cannot be read: {error}") from error
        pointer = read_pointer(self.objects, self.bucket)
        return PublishedSets(sets, pointer.set if pointer else "")

    def periods(self, provider: str, kind: PeriodKind) -> list[str]:
        """Return the published days, months or campaigns of a provider, in order."""
        return sorted(name for name in self.names.get(provider, ()) if kind_of(name) is kind)

    def published(self, provider: str, period: str) -> Summary | None:
        """Return the published summary, if there is one."""
        path = summary_path(provider, period)
        if path not in self.summaries and period in self.names.get(provider, ()):
            self.summaries[path] = decode_summary(self._read(f"{path}.json"))
        return self.summaries.get(path)

    def published_by_providers(self, period: str) -> list[Summary]:
        """Return the summaries of a period of all providers but the sentinel."""
        names = sorted(self.names.keys() - {"all", SENTINEL})
        return [summary for name in names if (summary := self.published(name, period))]

    def published_in(
        self, provider: str, kind: PeriodKind, first: str = "", last: str = "~"
    ) -> list[Summary]:
        """Return a provider's summaries of a kind, from the first name to the last, in order."""
        names = [name for name in self.periods(provider, kind) if first <= name <= last]
        return [summary for name in names if (summary := self.published(provider, name))]

    def published_before(self, provider: str, kind: PeriodKind, period: str) -> Summary | None:
        """Return the newest summary of the kind before a period."""
        earlier = [name for name in self.periods(provider, kind) if name < period]
        return self.published(provider, earlier[-1]) if earlier else None

    def published_after(self, provider: str, kind: PeriodKind, period: str) -> Summary | None:
        """Return the oldest summary of the kind after a period."""
        later = [name for name in self.periods(provider, kind) if name > period]
        return self.published(provider, later[0]) if later else None

    def encoded(self, summary: Summary) -> bytes:
        """Return the JSON of a summary: the published bytes if they say the same.

        Another release may write other fields. The log names their digest, and only a revision may
        replace them.
        """
        if self.published(summary.provider, summary.period) == summary:
            return self._read(f"{summary.path}.json")
        return encode_summary(summary)

    def put(self, key: str, data: bytes) -> bool:
        """Write unless the same bytes are there already. Return whether it was written."""
        is_new = self.objects.get(self.bucket, key) != data
        if is_new:
            self.objects.put(self.bucket, key, data)
        self.files.add(key)
        return is_new

    def put_summary(self, summary: Summary) -> bool:
        """Write the JSON of a summary. Return whether it was written."""
        is_new = self.put(f"{summary.path}.json", self.encoded(summary))
        self.summaries[summary.path] = summary
        self.names.setdefault(summary.provider, set()).add(summary.period)
        return is_new

    def keep_revision(self, summary: Summary) -> None:
        """Copy a summary that is about to be replaced, and its journal, to `<period>.r<n>`.

        If an earlier run died after it had replaced the journal, that run made the copy.
        """
        ending = f"r{summary.revision}"
        data = self._read(f"{summary.path}.json")
        self.objects.put_new(self.bucket, f"{summary.path}.{ending}.json", data)
        if summary.kind != PeriodKind.DAY or summary.provider == "all":
            return
        for file in summary.journal:
            journal = self._read(file.path)
            if sha256(journal).hexdigest() == file.sha256:
                kept = f"{file.path.removesuffix('.jsonl')}.{ending}.jsonl"
                self.objects.put_new(self.bucket, kept, journal)

    def _read(self, key: str) -> bytes:
        data = self.objects.get(self.bucket, key)
        if data is None:
            raise OperatorError(f"{key} was listed in the public bucket and is gone")
        return data


def kind_of(name: str) -> PeriodKind:
    """Return the kind of period that a name is of.

    >>> kind_of("2026-11-25").value, kind_of("2026-11").value, kind_of("november-2026").value
    ('day', 'month', 'campaign')
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
        return PeriodKind.DAY
    return PeriodKind.MONTH if re.fullmatch(r"\d{4}-\d{2}", name) else PeriodKind.CAMPAIGN
