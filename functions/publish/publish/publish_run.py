"""The request to publish, what a run needs from outside, and what it did.

One run of publish: what it works with, and the one place that writes a summary.

Publishes a provider's days: those that may have changed are read, the others are sealed.

A day may have changed if it is open, has no seal, has one that disagrees with the published files,
or is due for its daily check, which reads the day from nothing. A run that is short of time leaves
the remaining checks to the next run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Annotated

import msgspec

from ledger.aws.store import DynamoStore, assign_letters
from ledger.keys import SENTINEL, is_provider_id
from ledger.refusals import OperatorError
from ledger.texts import Clock
from ledger.units import OpenFile
from phrases import LANGUAGES
from publish.day_facts import (
    DayFacts,
    DayJournal,
    Seal,
    SealBucket,
    count_day,
    has_lost_records,
    next_revision,
    open_on,
)
from publish.draft_summary import Drafter
from publish.folding import copies_of_day
from publish.handover import OutBucket, Pause, batch_statements, hand_out
from publish.headline import TREND_MONTHS
from publish.logging_run import LogResult
from publish.periods import (
    LOOK_BACK_DAYS,
    PeriodKind,
    days_before,
    days_between,
    last_closed_day,
    months_before,
)
from publish.public_bucket import SummaryBucket
from publish.public_journal import JournalSpool
from publish.served_log import ServedLog
from publish.set_catalogue import PublishedSets
from publish.site_pages import Pages
from publish.summary import LeftOut, Summary, period_of
from tlog.leaves import Signer

Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class PublishRequest(msgspec.Struct, frozen=True):
    """Which days to publish: by default all closed days of the last LOOK_BACK_DAYS.

    `since` is the first day instead, `through` the last. `provisional` also publishes days that are
    not closed. `check` reads sealed days too, as the daily check does. `rebuild` does so, and
    writes every page again even if its numbers did not change. `accept` names days
    (`provider/day`) to publish although the table lost some of their records.
    """

    through: Day | None = None
    provisional: bool = False
    since: Day | None = None
    check: bool = False
    rebuild: bool = False
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishContext:
    """The table, buckets, clock and settings of a run.

    `close` is called for each open file: if the last worker died after the last range, nobody else
    would write the sender's receipt. `has_time` says whether a run may still read a sealed day for
    its daily check. Without a `log`, nothing is added to any log; `log_key_before` signed it until
    its key was changed. `send_sentinel` sends a message as the provider `sentinel`; without it
    there is no such post. `contact` and `data_licence` are shown on every page.
    """

    store: DynamoStore
    public: SummaryBucket
    seals: SealBucket
    clock: Clock
    close: Callable[[str], object]
    out: OutBucket
    public_url: str
    notice_hours: int
    pause_below: float
    has_time: Callable[[], bool]
    log: ServedLog | None = None
    log_key_before: Signer | None = None
    log_has_begun: bool = False
    send_sentinel: Callable[[str], object] | None = None
    contact: str = ""
    data_licence: str = ""


@dataclass(slots=True)
class PublishResult:
    """What a run did, for logs and metrics."""

    written: int = 0
    paused: list[Pause] = field(default_factory=list)
    revised: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    unpublishable: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    log: LogResult | None = None
    log_refused: str = ""
    sentinel_missed: str = ""


def days_due(request: PublishRequest, today: str, closed: str) -> list[str]:
    """Return the days that a run looks at, oldest first.

    >>> days_due(PublishRequest(), "2026-11-26", "2026-11-25")[-1]
    '2026-11-25'
    >>> days_due(PublishRequest("2026-12-31", provisional=True), "2026-11-26", "2026-11-25")[-1]
    '2026-11-26'
    >>> days_due(PublishRequest(since="2026-11-24"), "2026-11-26", "2026-11-25")
    ['2026-11-24', '2026-11-25']
    """
    last = closed
    if request.provisional:
        last = max(closed, min(request.through or today, today))
    elif request.through:
        last = min(closed, request.through)
    first = request.since or days_before(closed, LOOK_BACK_DAYS - 1)
    return days_between(min(first, last), last)


@dataclass(frozen=True, slots=True)
class PublishRun:
    """What one run works with: the request, the published sets, and the days that it looks at.

    `closed` is the newest closed day; later days are provisional. `result` grows with each step.
    """

    context: PublishContext
    request: PublishRequest
    catalogue: PublishedSets
    today: str
    closed: str
    days: list[str]
    providers: list[str]
    result: PublishResult

    @property
    def drafter(self) -> Drafter:
        """Return what drafts summaries under the sets of this run."""
        return Drafter(self.catalogue, self.context.public_url, self.context.notice_hours)

    @property
    def pages(self) -> dict[str, Pages]:
        """What renders pages under the sets of this run, by language."""
        context = self.context
        return {
            language: Pages(
                self.catalogue,
                context.public_url,
                self.today,
                language,
                contact=context.contact,
                licence=context.data_licence,
                has_log=context.log is not None,
            )
            for language in LANGUAGES
        }


def start_run(context: PublishContext, request: PublishRequest) -> PublishRun:
    """Read the published sets and the list of providers, and choose the days to look at."""
    now = context.clock.now()
    today, closed = now.date().isoformat(), last_closed_day(now)
    catalogue = context.public.catalogue()
    providers = [provider.provider for provider in context.store.providers()]
    if SENTINEL in providers and not context.send_sentinel:
        providers.remove(SENTINEL)
    for name in providers:
        if not is_provider_id(name):
            raise OperatorError(f"a provider is registered under {name!r}, which is not an id")
    return PublishRun(
        context=context,
        request=request,
        catalogue=catalogue,
        today=today,
        closed=closed,
        days=days_due(request, today, closed),
        providers=providers,
        result=PublishResult(unpublishable=catalogue.unpublishable),
    )


def publish_summary(run: PublishRun, draft: Summary, facts: DayFacts | None = None) -> bool:
    """Compare a draft with the published summary, and write it if they differ.

    `facts` are those of a provider's day. If the table holds less of that day than was published,
    write nothing and return False: the table was restored to an earlier moment or lost something,
    and the operator must say which is true (`PublishRequest.accept`).
    """
    public = run.context.public
    published = public.published(draft.provider, draft.period)
    day = f"{draft.provider}/{draft.period}"
    lost = facts and published and has_lost_records(published, draft)
    if lost and day not in run.request.accept:
        run.result.behind.append(day)
        return False
    summary = next_revision(published, draft)
    if summary != published or not public.has_pages(summary) or run.request.rebuild:
        _write(run, published, summary, facts)
    return True


def _write(
    run: PublishRun, published: Summary | None, summary: Summary, facts: DayFacts | None
) -> None:
    """Write a summary in place of the published one, after the files and pages that it needs."""
    public, result = run.context.public, run.result
    if published and summary.revision > published.revision:
        public.keep_revision(published)
        result.revised.append(summary.path)
    written = False
    if facts and facts.journal and facts.journal_files == summary.journal:
        for file, data in zip(facts.journal_files, facts.journal.read(), strict=True):
            written |= public.put(file.path, data)
        result.left_out.extend(facts.left_out)
    _renew_later_pages(run, summary, is_new=published is None)
    if not summary.provisional:
        public.put_archive(summary)
    written |= public.put_summary(summary, _pages_of(run, summary))
    result.written += written


def _pages_of(run: PublishRun, summary: Summary, changed: Summary | None = None) -> dict[str, str]:
    """Return a summary's page by language. `changed` is about to replace an earlier month."""
    public = run.context.public
    before = public.published_before(summary.provider, period_of(summary))
    names = [] if before is None else [before.period]
    if changed and changed.period < summary.period:
        names.append(changed.period)
    months: list[Summary] = []
    if summary.kind is PeriodKind.MONTH:
        known = {
            month.period: month
            for month in public.published_in(
                summary.provider, PeriodKind.MONTH, months_before(summary.period, TREND_MONTHS - 1)
            )
        }
        known |= {changed.period: changed} if changed else {}
        months = [known[name] for name in sorted(known) if name < summary.period]
    archive, digest = public.has_archive(summary), sha256(public.encoded(summary)).hexdigest()
    return {
        language: pages.summary(
            summary, max(names, default=""), months, digest=digest, archive=archive
        )
        for language, pages in run.pages.items()
    }


def _renew_later_pages(run: PublishRun, summary: Summary, *, is_new: bool) -> None:
    """Write the later pages again that show a summary: before it is written itself.

    The page after a new summary links to it: a late receipt can make a provider begin with an
    earlier day. The pages of later months compare themselves with each month before them. If this
    run dies in between, the summary is not written yet, so the next run does this again.
    """
    public = run.context.public
    later: list[Summary] = []
    if summary.kind is PeriodKind.MONTH:
        last = months_before(summary.period, 1 - TREND_MONTHS)
        found = public.published_in(summary.provider, PeriodKind.MONTH, summary.period, last)
        later = [month for month in found if month.period > summary.period]
    elif is_new and (following := public.published_after(summary.provider, period_of(summary))):
        later = [following]
    for following in later:
        public.put_pages(following, _pages_of(run, following, changed=summary))


LETTER_DAYS = 120
"""How long moderators keep the letters of a month: longer than its days can be revised."""


def publish_days(run: PublishRun, provider: str) -> None:
    """Publish a provider's days, from the first on which anything arrived, and hand them over."""
    context = run.context
    files = context.store.files(provider)
    known = context.public.periods(provider, PeriodKind.DAY)
    begun = bool(known) and known[0] < run.days[0]
    for day in run.days:
        is_known = begun or day in known
        if has_seal_in_force(run, provider, day, is_known=is_known):
            begun = is_known or bool(open_on(provider, day, files))
            if begun == is_known:
                continue  # else the first file is open: the day is published though it is empty
        begun = publish_day(run, provider, day, files, begun=is_known)


def has_seal_in_force(run: PublishRun, provider: str, day: str, *, is_known: bool) -> bool:
    """Return whether a day need not be read: it is sealed as it is published, and not due."""
    context, request = run.context, run.request
    reads_all = request.check or request.rebuild or f"{provider}/{day}" in request.accept
    if reads_all or day > run.closed:
        return False
    seal = context.seals.read(provider, day)
    if seal is None:
        return False
    published = context.public.published(provider, day)
    if (is_known and published is None) or not seal.agrees_with(published):
        return False
    return not (seal.is_due(context.clock.now()) and context.has_time())


def publish_day(
    run: PublishRun, provider: str, day: str, files: Sequence[OpenFile], *, begun: bool
) -> bool:
    """Read a day, publish it if it is due, and seal it. Return whether anything arrived by then."""
    context = run.context
    stored = read_day(run, provider, day, files)
    copies = copies_of_day(run.context.store, provider, day, closed=day <= run.closed)
    stored = replace(stored, copies=copies)
    published = context.public.published(provider, day)
    with JournalSpool() as journal:
        at_least = len(published.journal) if published else 1
        facts = count_day(provider, day, stored, run.catalogue, journal, at_least)
        begun = begun or not facts.is_empty
        is_behind = False
        if begun:
            hand_out(context.out, provider, day[:7], partial(context.store.samples, provider, day))
            draft = run.drafter.day(provider, day, facts, provisional=day > run.closed)
            is_behind = not publish_summary(run, draft, facts)
            if any(entry.measures for entry in stored.entries):
                batch_statements(context.out, provider, day)
    if day <= run.closed and not is_behind:
        context.seals.write(provider, day, Seal.of(facts, context.clock.now()))
    return begun


def read_day(run: PublishRun, provider: str, day: str, files: Sequence[OpenFile]) -> DayJournal:
    """Read a day's case entries and give its moderators their letters; receipts are yet to read."""
    store = run.context.store
    receipts, entries = store.receipts(provider, day), store.journal_entries(provider, day)
    if not entries:
        return DayJournal(receipts, files)
    expires = int((run.context.clock.now() + timedelta(days=LETTER_DAYS)).timestamp())
    moderators = [entry.moderator for entry in sorted(entries, key=lambda entry: entry.entry)]
    letters = assign_letters(store, provider, day[:7], moderators, expires)
    return DayJournal(receipts, files, entries, letters)
