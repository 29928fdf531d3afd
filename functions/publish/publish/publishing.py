"""Publishing: days, months and campaigns, then the pages of packs, then the index.

Each step writes what the next one names: the journal before its summary, the days before their
month, everything before the index. A run that dies leaves a smaller truth behind, never a wrong
one, and the next run ends it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from ledger.errors import OperatorError
from ledger.privacy.moderator_aliases import assign_aliases
from ledger.records.provider import Provider, is_provider_id
from publish.catalogue import Catalogue
from publish.context import PublishContext, PublishRequest, PublishResult, days_due
from publish.count.case_numbers import fold_cases
from publish.count.folding import fold
from publish.count.precision import errors_of, without_cohorts
from publish.draft_summary import Drafter
from publish.gathering import DayEntries, DayFacts, gather
from publish.handover.auditing import encode_key, hand_out, key_path
from publish.handover.pausing import due, pause
from publish.handover.statement_batches import batch_statements
from publish.handover.year_report import YearReports
from publish.periods import PeriodKind, SummaryPeriod, campaign_period, last_closed_day, month_of
from publish.revising import is_behind, settle
from publish.site.json_schemas import json_schemas
from publish.site.pages import Contents, ListedProvider, Pages
from publish.site.wording import period_of
from publish.summary import Summary
from rules.pack import Pack

LETTER_DAYS = 120
"""For how long moderators keep their letters of a month: longer than its days can be revised."""


def publish(desk: PublishContext, order: PublishRequest) -> PublishResult:
    """Publish what is due and not yet published as it now stands.

    Files are asked to close last, so that one which cannot be closed holds back no number.
    """
    desk.public.look()
    run = _Run.of(desk, order)
    for provider in run.providers:
        run.publish_days(provider)
    run.publish_all_days()
    run.publish_months()
    if run.pause_rules():
        run = run.anew()
        run.publish_months()
    run.publish_campaigns()
    run.publish_rest()
    run.report_years()
    for provider in run.providers:
        for file in desk.store.files(provider):
            if not file.closed:
                desk.close(file.file)
    return run.outcome


def _named(providers: Iterable[Provider]) -> list[str]:
    """The providers' ids, which become paths; one that cannot is the operator's to mend."""
    names = [provider.provider for provider in providers]
    for name in names:
        if not is_provider_id(name):
            raise OperatorError(f"a provider is registered under {name!r}, which is no id")
    return names


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: what it was asked, and what it has learnt."""

    context: PublishContext
    order: PublishRequest
    catalogue: Catalogue
    drafter: Drafter
    pages: Pages
    days: list[str]
    closed: str
    providers: list[str]
    outcome: PublishResult

    @classmethod
    def of(cls, desk: PublishContext, order: PublishRequest) -> "_Run":
        now = desk.clock.now()
        today, closed = now.date().isoformat(), last_closed_day(now)
        catalogue = desk.public.catalogue()
        return cls(
            context=desk,
            order=order,
            catalogue=catalogue,
            drafter=Drafter(catalogue, desk.public_url, desk.notice_hours),
            pages=Pages(
                catalogue, desk.public_url, today, desk.public.index_of(catalogue.in_force)
            ),
            days=days_due(order, today, closed),
            closed=closed,
            providers=_named(desk.store.providers()),
            outcome=PublishResult(unpublishable=catalogue.unpublishable),
        )

    def publish_days(self, provider: str) -> None:
        """Publish a provider's days, from the first on which anything came."""
        files = self.context.store.files(provider)
        known = self.context.public.periods(provider, PeriodKind.DAY)
        begun = bool(known) and known[0] < self.days[0]
        for day in self.days:
            receipts = self.context.store.receipts(provider, day)
            people = self._people(provider, day)
            facts = gather(provider, day, receipts, people, files, self.catalogue)
            begun = begun or not facts.silent or day in known
            if begun:
                sampled = partial(self.context.store.samples, provider, day)
                hand_out(self.context.out, provider, day[:7], sampled)
                draft = self.drafter.day(provider, day, facts, provisional=day > self.closed)
                self._settle(draft, facts)
                if any(entry.measures for entry in people.entries):
                    batch_statements(self.context.out, provider, day)

    def publish_all_days(self) -> None:
        """Publish the days of all providers together."""
        for day in self.days:
            if summaries := self._standing_of_all(day):
                self._settle(self.drafter.all_day(day, summaries))

    def publish_months(self) -> None:
        """Publish each month that a day of this run belongs to, for all after its providers."""
        months = {month.name: month for day in self.days if (month := month_of(day))}
        for month in months.values():
            for provider in (*self.providers, "all"):
                self._settle_longer(provider, month)

    def pause_rules(self) -> bool:
        """Pause the rules that people find wrong too often; whether there was any."""
        desk, in_force = self.context, self.catalogue.in_force
        for provider in self.providers:
            months = desk.public.periods(provider, PeriodKind.MONTH)
            newest = desk.public.standing(provider, months[-1]) if months else None
            if newest and newest.standing:
                self.outcome.paused += due(provider, newest.standing, in_force, desk.pause_below)
        if not self.outcome.paused:
            return False
        pause(desk.public.objects, desk.public.bucket, self.outcome.paused, desk.clock.now())
        return True

    def anew(self) -> "_Run":
        """The same run under the sets as they are now."""
        fresh = _Run.of(self.context, self.order)
        return replace(fresh, days=self.days, outcome=self.outcome)

    def publish_campaigns(self) -> None:
        """Publish the campaigns that are not long over, for the providers that run their packs."""
        for name, packs in self.catalogue.campaigns.items():
            period = campaign_period(name, (pack.in_force for pack in packs))
            if period.last_day < self.days[0]:
                continue
            for provider in (*self.providers, "all"):
                ran = self.catalogue.ran(provider, self.catalogue.sets)
                if chosen := [pack for pack in packs if (pack.id, pack.version) in ran]:
                    self._settle_longer(provider, period, chosen)

    def publish_rest(self) -> None:
        """Publish the schemas, a page for each version of a pack, and last the index."""
        shelf = self.context.public
        for path, schema in json_schemas().items():
            shelf.put(path, schema)
        for month in {day[:7] for day in self.days if month_of(day).last_day <= self.closed}:
            if key := self.context.store.audit_key(month):
                shelf.put(key_path(month), encode_key(month, key))
        months = self._all_of("all", PeriodKind.MONTH)
        totals = fold(month.numbers for month in months)
        decided = errors_of(without_cohorts(fold_cases(month.cases for month in months).by_rule))
        campaigns = shelf.periods("all", PeriodKind.CAMPAIGN)
        for (pack, version), page in self.pages.packs(totals, decided, campaigns).items():
            shelf.put(f"packs/{pack}/{version}.html", page.encode())
        shelf.put("index.html", self.pages.index(self._contents(months)).encode())

    def report_years(self) -> None:
        """Write the reports of a year that is over."""
        desk = self.context
        years = YearReports(desk.store, desk.public, desk.out, desk.clock.now().date())
        for provider in self.providers:
            self.outcome.unproved += years.write(provider, self.closed)

    def _settle_longer(
        self, provider: str, period: SummaryPeriod, packs: Sequence[Pack] = ()
    ) -> None:
        """Publish a month or campaign as the fold of those of its days that stand."""
        days = self._all_of(provider, PeriodKind.DAY, period.first_day, period.last_day)
        if days:
            parts = self._standing_of_all(period.name) if provider == "all" else ()
            over = period.last_day <= self.closed
            before = self._before(provider, period)
            self._settle(self.drafter.longer(period, days, parts, packs, over=over, before=before))

    def _before(self, provider: str, period: SummaryPeriod) -> Summary | None:
        """The newest summary of the same kind and provider before this period."""
        shelf = self.context.public
        earlier = [name for name in shelf.periods(provider, period.kind) if name < period.name]
        return shelf.standing(provider, earlier[-1]) if earlier else None

    def _people(self, provider: str, day: str) -> DayEntries:
        """What people did on a day, and the letters of the moderators among them."""
        store = self.context.store
        entries = store.journal_entries(provider, day)
        named = sorted(entries, key=lambda entry: entry.entry)
        if not named:
            return DayEntries()
        expires = int((self.context.clock.now() + timedelta(days=LETTER_DAYS)).timestamp())
        moderators = [entry.moderator for entry in named]
        return DayEntries(entries, assign_aliases(store, provider, day[:7], moderators, expires))

    def _settle(self, draft: Summary, facts: DayFacts | None = None) -> None:
        """Write what shall stand, if it does not: first what it names, then the summary.

        A day of which the table holds less than was published stays as it stands: the table was
        restored to an earlier moment, or lost something, and somebody must say which is true.
        """
        shelf = self.context.public
        standing = shelf.standing(draft.provider, draft.period)
        day = f"{draft.provider}/{draft.period}"
        if facts and standing and is_behind(standing, draft) and day not in self.order.accept:
            self.outcome.behind.append(day)
            return
        settled = settle(standing, draft)
        if settled == standing and not self.order.rebuild:
            return
        if standing and settled.revision > standing.revision:
            shelf.keep(standing)
            self.outcome.revised.append(settled.path)
        written = False
        if facts and facts.journal_file == settled.journal[0]:
            written = shelf.put(facts.journal_file.path, facts.journal)
            self.outcome.left_out.extend(facts.left_out)
        before = self._before(draft.provider, period_of(draft))
        page = self.pages.summary(settled, before.period if before else "")
        written |= shelf.put_summary(settled, page)
        self.outcome.written += written

    def _standing_of_all(self, period: str) -> list[Summary]:
        """What stands for a period, of each provider that was ever published."""
        shelf = self.context.public
        names = sorted(name for name in shelf.names if name != "all")
        return [found for name in names if (found := shelf.standing(name, period))]

    def _all_of(
        self, provider: str, kind: PeriodKind, first: str = "", last: str = "~"
    ) -> list[Summary]:
        """What stands of a provider and kind, from the first name to the last, in order."""
        shelf = self.context.public
        names = [name for name in shelf.periods(provider, kind) if first <= name <= last]
        return [found for name in names if (found := shelf.standing(provider, name))]

    def _contents(self, months: Sequence[Summary]) -> Contents:
        """What the index lists."""
        shelf = self.context.public
        return Contents(
            months=tuple(months),
            providers=tuple(
                ListedProvider(
                    provider=name,
                    days=tuple(shelf.periods(name, PeriodKind.DAY)),
                    months=tuple(shelf.periods(name, PeriodKind.MONTH)),
                    campaigns=tuple(shelf.periods(name, PeriodKind.CAMPAIGN)),
                    newest=shelf.standing(name, days[-1]),
                )
                for name in sorted(shelf.names, key=lambda name: (name != "all", name))
                if (days := shelf.periods(name, PeriodKind.DAY))
            ),
        )
