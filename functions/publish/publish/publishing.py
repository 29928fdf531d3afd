"""One run of publish: days, months and campaigns, then the pages of packs, then the index.

Each summary takes the same steps: read what may have changed, count it, draft a summary, compare
the draft with what is published, write it. Then results are handed to the providers.

A summary is written after the files that it names: a day after its journal, a month after its
days, the index last. If a run dies, the published files are older but consistent, and the next
run completes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from ledger.errors import OperatorError
from ledger.privacy.moderator_letters import assign_letters
from ledger.records.manifest import OpenFile
from ledger.records.provider import is_provider_id
from publish.catalogue import PublishedSets
from publish.context import PublishContext, PublishRequest, PublishResult, days_due
from publish.count.case_numbers import fold_cases
from publish.count.folding import fold
from publish.count.precision import errors_of, without_cohorts
from publish.day_facts import DayFacts, DayRecords, count_day
from publish.draft_summary import Drafter
from publish.handover.auditing import encode_key, hand_out, key_path
from publish.handover.pausing import due, pause
from publish.handover.statement_batches import batch_statements
from publish.handover.year_report import YearReports
from publish.periods import PeriodKind, SummaryPeriod, campaign_period, last_closed_day, month_of
from publish.revisions import has_lost_records, next_revision
from publish.site.pages import Contents, ListedProvider, Pages
from publish.summary import Summary, json_schemas, period_of
from rules.pack import Pack

LETTER_DAYS = 120
"""How long moderators keep the letters of a month: longer than its days can be revised."""


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


def publish(context: PublishContext, request: PublishRequest) -> PublishResult:
    """Publish every summary that is due and differs from the published one, then all pages.

    Open files are closed last: one that cannot be closed must not hold back any number.

    Raises:
        OperatorError: a provider is registered under a name that cannot be part of a path.
    """
    context.public.list_summaries()
    run = start_run(context, request)
    for provider in run.providers:
        publish_days(run, provider)
    publish_days_of_all(run)
    publish_months(run)
    if pause_rules(run):
        run = replace(run, catalogue=context.public.catalogue())
        publish_months(run)  # they name the pauses
    publish_campaigns(run)
    publish_site(run)
    report_years(run)
    close_files(run)
    return run.result


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


def publish_days(run: PublishRun, provider: str) -> None:
    """Publish a provider's days, from the first on which anything arrived, and hand them over."""
    context = run.context
    files = context.store.files(provider)
    known = context.public.periods(provider, PeriodKind.DAY)
    begun = bool(known) and known[0] < run.days[0]
    for day in run.days:
        records = read_day(context, provider, day, files)
        facts = count_day(provider, day, records, run.catalogue)
        begun = begun or not facts.is_empty or day in known
        if begun:
            hand_out(context.out, provider, day[:7], partial(context.store.samples, provider, day))
            draft = run.drafter.day(provider, day, facts, provisional=day > run.closed)
            publish_summary(run, draft, facts)
            if any(entry.measures for entry in records.entries):
                batch_statements(context.out, provider, day)


def read_day(
    context: PublishContext, provider: str, day: str, files: Sequence[OpenFile]
) -> DayRecords:
    """Read a day's receipts and case entries, and give its moderators their letters."""
    store = context.store
    receipts, entries = store.receipts(provider, day), store.journal_entries(provider, day)
    if not entries:
        return DayRecords(receipts, files)
    expires = int((context.clock.now() + timedelta(days=LETTER_DAYS)).timestamp())
    moderators = [entry.moderator for entry in sorted(entries, key=lambda entry: entry.entry)]
    letters = assign_letters(store, provider, day[:7], moderators, expires)
    return DayRecords(receipts, files, entries, letters)


def publish_days_of_all(run: PublishRun) -> None:
    """Publish the days of all providers together."""
    for day in run.days:
        if summaries := run.context.public.published_by_providers(day):
            publish_summary(run, run.drafter.all_day(day, summaries))


def publish_months(run: PublishRun) -> None:
    """Publish each month that a day of this run belongs to: first the providers, then `all`."""
    months = {month.name: month for month in map(month_of, run.days)}
    for month in months.values():
        for provider in (*run.providers, "all"):
            publish_longer(run, provider, month)


def publish_campaigns(run: PublishRun) -> None:
    """Publish the campaigns that ended recently or not yet, for the providers that run them."""
    for name, packs in run.catalogue.campaigns.items():
        period = campaign_period(name, (pack.in_force for pack in packs))
        if period.last_day < run.days[0]:
            continue
        for provider in (*run.providers, "all"):
            ran = run.catalogue.ran(provider, run.catalogue.sets)
            if chosen := [pack for pack in packs if (pack.id, pack.version) in ran]:
                publish_longer(run, provider, period, chosen)


def publish_longer(
    run: PublishRun, provider: str, period: SummaryPeriod, packs: Sequence[Pack] = ()
) -> None:
    """Publish a month or campaign as the sum of its published days."""
    public = run.context.public
    days = public.published_in(provider, PeriodKind.DAY, period.first_day, period.last_day)
    if days:
        parts = public.published_by_providers(period.name) if provider == "all" else ()
        over = period.last_day <= run.closed
        before = public.published_before(provider, period)
        draft = run.drafter.longer(period, days, parts, packs, over=over, before=before)
        publish_summary(run, draft)


def publish_summary(run: PublishRun, draft: Summary, facts: DayFacts | None = None) -> None:
    """Write a draft if it differs from the published summary: first the files that it names.

    `facts` are those of a provider's day. If the table holds less of that day than was published,
    nothing is written: the table was restored to an earlier moment or lost something, and the
    operator must say which is true (`PublishRequest.accept`).
    """
    public, result = run.context.public, run.result
    published = public.published(draft.provider, draft.period)
    day = f"{draft.provider}/{draft.period}"
    lost = facts and published and has_lost_records(published, draft)
    if lost and day not in run.request.accept:
        result.behind.append(day)
        return
    summary = next_revision(published, draft)
    if summary == published and not run.request.rebuild:
        return
    if published and summary.revision > published.revision:
        public.keep_revision(published)
        result.revised.append(summary.path)
    written = False
    if facts and facts.journal_file == summary.journal[0]:
        written = public.put(facts.journal_file.path, facts.journal)
        result.left_out.extend(facts.left_out)
    before = public.published_before(draft.provider, period_of(draft))
    page = run.pages.summary(summary, before.period if before else "")
    written |= public.put_summary(summary, page)
    result.written += written


def pause_rules(run: PublishRun) -> bool:
    """Pause the rules that people find wrong too often. Return whether there were any."""
    context, paused = run.context, run.result.paused
    for provider in run.providers:
        months = context.public.periods(provider, PeriodKind.MONTH)
        newest = context.public.published(provider, months[-1]) if months else None
        if newest and newest.standing:
            paused += due(provider, newest.standing, run.catalogue.in_force, context.pause_below)
    if paused:
        pause(context.public.objects, context.public.bucket, paused, context.clock.now())
    return bool(paused)


def publish_site(run: PublishRun) -> None:
    """Publish schemas, keys of audit samples, a page for each version of a pack, then the index."""
    public = run.context.public
    for path, schema in json_schemas().items():
        public.put(path, schema)
    for month in {day[:7] for day in run.days if month_of(day).last_day <= run.closed}:
        if key := run.context.store.audit_secret(month):
            public.put(key_path(month), encode_key(month, key))
    months = public.published_in("all", PeriodKind.MONTH)
    totals = fold(month.numbers for month in months)
    decided = errors_of(without_cohorts(fold_cases(month.cases for month in months).by_rule))
    campaigns = public.periods("all", PeriodKind.CAMPAIGN)
    for (pack, version), page in run.pages.packs(totals, decided, campaigns).items():
        public.put(f"packs/{pack}/{version}.html", page.encode())
    checks = public.check_index(run.catalogue.in_force)
    public.put("index.html", run.pages.index(contents(run, months), checks).encode())


def contents(run: PublishRun, months: Sequence[Summary]) -> Contents:
    """Return what the index lists: `all` first, then the providers by name."""
    public = run.context.public
    return Contents(
        months=tuple(months),
        providers=tuple(
            ListedProvider(
                provider=name,
                days=tuple(days),
                months=tuple(public.periods(name, PeriodKind.MONTH)),
                campaigns=tuple(public.periods(name, PeriodKind.CAMPAIGN)),
                newest=public.published(name, days[-1]),
            )
            for name in sorted(public.names, key=lambda name: (name != "all", name))
            if (days := public.periods(name, PeriodKind.DAY))
        ),
    )


def report_years(run: PublishRun) -> None:
    """Write the yearly report of each provider once the year is over."""
    context = run.context
    years = YearReports(context.store, context.public, context.out, context.clock.now().date())
    for provider in run.providers:
        run.result.unproved += years.write(provider, run.closed)


def close_files(run: PublishRun) -> None:
    """Ask each open file to close: its last worker may have died after its last range."""
    for provider in run.providers:
        for file in run.context.store.files(provider):
            if not file.closed:
                run.context.close(file.file)
