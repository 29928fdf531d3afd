"""One run of publish: what it works with, and the one place that writes a summary."""

from dataclasses import dataclass

from ledger.errors import OperatorError
from ledger.records.provider import is_provider_id
from publish.catalogue import PublishedSets
from publish.context import PublishContext, PublishRequest, PublishResult, days_due
from publish.day_facts import DayFacts
from publish.draft_summary import Drafter
from publish.periods import last_closed_day
from publish.revisions import has_lost_records, next_revision
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
    def pages(self) -> Pages:
        """Return what renders pages under the sets of this run."""
        return Pages(self.catalogue, self.context.public_url, self.today)


def start_run(context: PublishContext, request: PublishRequest) -> PublishRun:
    """Read the published sets and the list of providers, and choose the days to look at."""
    now = context.clock.now()
    today, closed = now.date().isoformat(), last_closed_day(now)
    catalogue = context.public.catalogue()
    providers = [provider.provider for provider in context.store.providers()]
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
    """Write a draft if it differs from the published summary: first the files that it names.

    `facts` are those of a provider's day. If the table holds less of that day than was published,
    nothing is written: the table was restored to an earlier moment or lost something, and the
    operator must say which is true (`PublishRequest.accept`). Then the answer is False.
    """
    public, result = run.context.public, run.result
    published = public.published(draft.provider, draft.period)
    day = f"{draft.provider}/{draft.period}"
    lost = facts and published and has_lost_records(published, draft)
    if lost and day not in run.request.accept:
        result.behind.append(day)
        return False
    summary = next_revision(published, draft)
    if summary == published and not run.request.rebuild:
        return True
    if published and summary.revision > published.revision:
        public.keep_revision(published)
        result.revised.append(summary.path)
    written = False
    if facts and facts.journal and facts.journal_files == summary.journal:
        for file, data in zip(facts.journal_files, facts.journal.read(), strict=True):
            written |= public.put(file.path, data)
        result.left_out.extend(facts.left_out)
    if published is None:
        _link_next_page(run, summary)
    before = public.published_before(draft.provider, period_of(draft))
    page = run.pages.summary(summary, before.period if before else "")
    written |= public.put_summary(summary, page)
    result.written += written
    return True


def _link_next_page(run: PublishRun, summary: Summary) -> None:
    """Let the page of the next period link to a summary that is published later than it.

    A late receipt can make a provider begin with an earlier day. The summary itself is written
    afterwards, so that the next run does this again if this one dies.
    """
    public = run.context.public
    following = public.published_after(summary.provider, period_of(summary))
    if following:
        page = run.pages.summary(following, summary.period)
        public.put(f"{following.path}.html", page.encode())
