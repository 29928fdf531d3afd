"""One run of publish: what it works with, and the one place that writes a summary."""

from dataclasses import dataclass
from hashlib import sha256

from ledger.errors import OperatorError
from ledger.records.provider import SENTINEL, is_provider_id
from phrases import LANGUAGES
from publish.catalogue import PublishedSets
from publish.context import PublishContext, PublishRequest, PublishResult, days_due
from publish.day_facts import DayFacts
from publish.draft_summary import Drafter
from publish.periods import PeriodKind, last_closed_day, months_before
from publish.revisions import has_lost_records, next_revision
from publish.site.headline import TREND_MONTHS
from publish.site.pages import Pages
from publish.summary import Summary, period_of


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
