"""One run of publish: days, months and campaigns, then the pages of packs, then the index.

Each summary takes the same steps: read what may have changed, count it, draft a summary, compare
the draft with the published summary, write it. Then results are handed to the providers.

A summary is written after the files that it names: a day after its journal, a month after its days,
the index last. If a run dies, the published files are older but consistent, and the next run
completes them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from secrets import token_bytes

from msgspec import UNSET, UnsetType

from ledger.keys import SENTINEL
from ledger.texts import utc
from ledger.units import sum_records
from publish.case_numbers import CaseNumbers
from publish.folding import Numbers
from publish.handover import (
    SNAPSHOT_DAYS,
    SnapshotBucket,
    YearReports,
    due,
    encode_key,
    key_path,
    pause,
    send_sentinel,
)
from publish.logging_run import DueLeaves, LogResult, log_run, newest_log
from publish.page_words import page_path
from publish.periods import (
    LOOK_BACK_DAYS,
    PeriodKind,
    SummaryPeriod,
    campaign_period,
    days_before,
    days_between,
    month_of,
)
from publish.precision import (
    RuleEvidence,
    bar_of_pack,
    errors_of,
    is_found,
    sum_evidence,
    term_evidence,
    without_cohorts,
)
from publish.public_bucket import SummaryBucket
from publish.publish_run import (
    PublishContext,
    PublishRequest,
    PublishResult,
    PublishRun,
    publish_days,
    publish_summary,
    start_run,
)
from publish.served_log import KnownLog, LogBusyError, LogRefusedError, ServedLog, checking_programs
from publish.site_pages import Contents, ListedProvider, feed_of
from publish.summary import Summary, json_schemas
from publish.tables import sign_rows
from rules.pack import Pack
from rules.pinned import definition_of
from tlog.tree import LogFiles

LOG = "log"
"""What `PublishRequest.accept` names if the served log is to be taken up after a restored table."""

NEW_LOG = "new-log"
"""What it names if a new log may begin although the key of the log is lost."""


def publish(context: PublishContext, request: PublishRequest) -> PublishResult:
    """Publish every summary that is due and differs from the published one, then all pages.

    Open files are closed last: one that cannot be closed must not hold back any number. Raises
    OperatorError if a provider is registered under a name that cannot be part of a path.
    """
    context.public.list_summaries()
    run = start_run(context, request)
    if SENTINEL in run.providers and context.send_sentinel:
        send_sentinel(context.store, run.today, context.send_sentinel)
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
    renew_snapshots(run)
    close_files(run)
    add_to_log(run)
    return run.result


def publish_days_of_all(run: PublishRun) -> None:
    """Publish the days of all providers together, and note a missed sentinel post."""
    public = run.context.public
    for day in run.days:
        sentinel = public.published(SENTINEL, day)
        if summaries := public.published_by_providers(day):
            publish_summary(run, run.drafter.all_day(day, summaries, sentinel))
    newest = public.published(SENTINEL, run.closed) if SENTINEL in run.providers else None
    if newest and not is_found(newest.numbers.by_rule):
        run.result.sentinel_missed = run.closed


def publish_months(run: PublishRun) -> None:
    """Publish each month that a day of this run belongs to: first the providers, then `all`."""
    months = {month.name: month for month in map(month_of, run.days)}
    for month in months.values():
        for provider in (*run.providers, "all"):
            publish_longer(run, provider, month)


def publish_campaigns(run: PublishRun) -> None:
    """Publish the campaigns that ended recently or not yet, for the providers that run them."""
    for name, packs in run.catalogue.campaigns.items():
        period = campaign_period(name, packs)
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
        terms = terms_of(run, provider, period, parts) if over else UNSET
        draft = run.drafter.longer(
            period, days, parts, packs, over=over, before=before, terms=terms
        )
        publish_summary(run, draft)


def terms_of(
    run: PublishRun, provider: str, period: SummaryPeriod, parts: Sequence[Summary]
) -> dict[str, RuleEvidence] | UnsetType:
    """Return what the terms of scored rules decided in a month that is over; UNSET if not known.

    A closed month keeps what it was published with: nothing is decided in it any more.
    """
    if period.kind is not PeriodKind.MONTH:
        return UNSET
    published = run.context.public.published(provider, period.name)
    if published and not published.provisional:
        return published.terms
    if provider == "all":
        known = [part.terms for part in parts if part.terms]
        return sum_evidence(known)
    packs = run.catalogue.packs

    def bar_of(rule: str) -> float | None:
        pack, version, _ = rule.split("/")
        known = packs.get((pack, int(version)))
        return bar_of_pack(known) if known else None

    days = days_between(period.first_day, period.last_day)
    return term_evidence(
        (entry for day in days for entry in run.context.store.journal_entries(provider, day)),
        bar_of,
    )


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
        if key := run.context.store.audit_key(month):
            public.put(key_path(month), encode_key(month, key))
    months = public.published_in("all", PeriodKind.MONTH)
    sentinel = public.published_in(SENTINEL, PeriodKind.MONTH)  # for the page of its own pack
    totals = sum_records(Numbers, [month.numbers for month in (*months, *sentinel)])
    cases = sum_records(CaseNumbers, [month.cases for month in months])
    decided = errors_of(without_cohorts(cases.by_rule))
    campaigns = public.periods("all", PeriodKind.CAMPAIGN)
    terms = sum_evidence(month.terms for month in months if month.terms)
    checks = public.check_index(run.catalogue.in_force)
    listed = contents(run, months)
    publish_signs(run)
    for language, pages in run.pages.items():
        for (pack, version), page in pages.packs(totals, decided, campaigns, terms).items():
            public.put(page_path(f"packs/{pack}/{version}", language), page.encode())
        public.put(page_path("authors", language), pages.authors(cases).encode())
        public.put(page_path("method", language), pages.method().encode())
    public.put("feed.xml", feed_of(listed.providers, public.published, run.context.public_url))
    for language, pages in reversed(run.pages.items()):
        public.put(page_path("index", language), pages.index(listed, checks).encode())


def publish_signs(run: PublishRun) -> None:
    """Publish the signs that the set in force names: a page, and each definition by its digest."""
    rows = sign_rows(run.catalogue.in_force)
    for row in rows:
        if row.is_known:
            run.context.public.put(f"signs/{row.digest}.json", definition_of(row.id))
    for language, pages in run.pages.items() if rows else ():
        run.context.public.put(page_path("signs", language), pages.signs().encode())


def contents(run: PublishRun, months: Sequence[Summary]) -> Contents:
    """Return what the index lists: `all`, the providers by name, and last the sentinel."""
    public = run.context.public
    return Contents(
        months=tuple(months),
        providers=tuple(
            ListedProvider(
                provider=name,
                days=tuple(days),
                months=tuple(public.periods(name, PeriodKind.MONTH)),
                campaigns=tuple(public.periods(name, PeriodKind.CAMPAIGN)),
            )
            for name in sorted(
                public.names, key=lambda name: (name != "all", name == SENTINEL, name)
            )
            if (days := public.periods(name, PeriodKind.DAY))
        ),
        newest=newest_day(public),
    )


def newest_day(public: SummaryBucket) -> Summary | None:
    """Return the newest day of all providers on which posts were read, or the newest day."""
    days = public.periods("all", PeriodKind.DAY)[-LOOK_BACK_DAYS:]
    found = (public.published("all", day) for day in reversed(days))
    with_posts = next((day for day in found if day and day.numbers.inspected), None)
    return with_posts or (public.published("all", days[-1]) if days else None)


def report_years(run: PublishRun) -> None:
    """Write the yearly report of each provider once the year is over."""
    context = run.context
    years = YearReports(context.store, context.public, context.out, context.clock.now().date())
    for provider in sorted({*run.providers} - {SENTINEL}):
        run.result.unproved += years.write(provider, run.closed)


def renew_snapshots(run: PublishRun) -> None:
    """Renew what the rules of copies of each provider compare posts with."""
    context, in_force = run.context, run.catalogue.in_force
    bucket = SnapshotBucket(context.seals.objects, context.seals.bucket)
    now = context.clock.now()
    for provider in run.providers:
        packs = in_force.packs_of(provider, now.date())
        bucket.renew(context.store, provider, packs, decided_days(run, provider), now)


def decided_days(run: PublishRun, provider: str) -> list[str]:
    """Return the days whose decisions a snapshot needs: those with cases, and the open ones."""
    days = days_between(days_before(run.today, SNAPSHOT_DAYS), run.today)
    published = {day: run.context.public.published(provider, day) for day in days}
    return [
        day
        for day, summary in published.items()
        if day > run.closed or (summary and summary.cases != CaseNumbers())
    ]


def close_files(run: PublishRun) -> None:
    """Ask each open file to close: its last worker may have died after its last range."""
    for provider in run.providers:
        for file in run.context.store.files(provider):
            if not file.closed:
                run.context.close(file.file)


def add_to_log(run: PublishRun) -> None:
    """Add published files to the public log. A log that cannot grow holds back nothing else."""
    context, accept = run.context, run.request.accept
    if context.log is None:
        return
    now = context.clock.now()
    for path, program in checking_programs().items():
        context.public.put(path, program)

    def due(log: ServedLog, known: KnownLog) -> Iterator[bytes]:
        found = DueLeaves(
            log=log,
            known=known,
            files=LogFiles(known.size, log.read),
            public=context.public,
            seals=context.seals,
            store=context.store,
            make_key=partial(token_bytes, 32),
            today=run.today,
        )
        return found.leaves(run.providers, run.days, run.result.behind)

    try:
        log = newest_log(
            context.log,
            context.log_key_before,
            utc(now),
            has_begun=context.log_has_begun,
            may_begin=NEW_LOG in accept,
        )
        if LOG in accept:
            log.adopt()
        run.result.log = log_run(log, partial(due, log), now, context.has_time)
    except LogBusyError:
        run.result.log = LogResult(0, 0, is_busy=True)
    except LogRefusedError as error:
        run.result.log_refused = str(error)
