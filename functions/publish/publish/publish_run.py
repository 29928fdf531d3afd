"""One run of publish: it makes the numbers, and then goes through the steps.

Days come first, then months and campaigns. Each summary takes the same way: read what may have
changed, count it, draft a summary, compare the draft with the published summary, write it.

A day may have changed if it is open, has no seal, has one that disagrees with the published files,
or is due for its daily check, which reads the day from nothing. A run that is short of time leaves
the remaining checks to the next run.

A step does something with the numbers and makes none: pages, files for the providers, the public
log. The core knows no step; `handler.py` puts the list together.

A summary is written after the files that it names: a day after its journal, a month after its days,
the index last. If a run dies, the published files are older but consistent, and the next run
completes them.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Annotated, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from ledger.cases import JournalEntry
from ledger.codes import OperatorError
from ledger.keys import SENTINEL, is_provider_id, sentinel_post
from ledger.store import DynamoStore, assign_letters
from ledger.texts import Clock, in_days, utc
from ledger.units import OpenFile
from publish import day_facts
from publish import summary as summaries
from publish.folding import PublishedSets, copies_of_day
from publish.precision import RuleEvidence, bar_of_pack, is_found, sum_evidence, term_evidence
from publish.public_bucket import Drafter, SummaryBucket, has_lost_records, next_revision
from publish.rule_changes import adoptions_due, change_rules, most_found, pauses_due
from rules.pack import Pack
from rules.rule_set import Adopted, Paused

LOOK_BACK_DAYS = 35
"""How many closed days are looked at again: any month's first day and four days more."""

LETTER_DAYS = 120
"""How long moderators keep the letters of a month: longer than its days can be revised."""

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
    """The table, buckets, clock and settings of a run, and its steps in their order.

    `has_time` says whether a run may still read a sealed day for its daily check. `send_sentinel`
    sends a message as the provider `sentinel`; without it there is no such post.
    """

    store: DynamoStore
    public: SummaryBucket
    seals: day_facts.SealBucket
    clock: Clock
    public_url: str
    notice_hours: int
    pause_below: float
    has_time: Callable[[], bool]
    send_sentinel: Callable[[str], object] | None = None
    steps: Sequence["PublishStep"] = ()


class LogGrowth(NamedTuple):
    """How many leaves the public log has, and how many of them this run added."""

    size: int
    added: int


@dataclass(slots=True)
class PublishResult:
    """What a run did, for logs and metrics. Steps add to it: the last three are theirs alone."""

    written: int = 0
    paused: list[tuple[str, Paused]] = field(default_factory=list)
    revised: list[str] = field(default_factory=list)
    left_out: list[summaries.LeftOut] = field(default_factory=list)
    unpublishable: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    sentinel_missed: str = ""
    unproved: list[str] = field(default_factory=list)
    log: LogGrowth | None = None
    log_refused: str = ""


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
    first = request.since or summaries.days_before(closed, LOOK_BACK_DAYS - 1)
    return summaries.days_between(min(first, last), last)


def publish(context: PublishContext, request: PublishRequest) -> PublishResult:
    """Publish every summary that is due and differs from the published one; then `end` each step.

    Raises OperatorError if a provider is registered under a name that cannot be part of a path.
    """
    context.public.list_summaries()
    now = context.clock.now()
    today, closed = now.date().isoformat(), summaries.last_closed_day(now)
    catalogue = context.public.catalogue()
    providers = [provider.provider for provider in context.store.providers()]
    if SENTINEL in providers and not context.send_sentinel:
        providers.remove(SENTINEL)
    for name in providers:
        if not is_provider_id(name):
            raise OperatorError(f"a provider is registered under {name!r}, which is not an id")
    run = PublishRun(
        context=context,
        request=request,
        catalogue=catalogue,
        today=today,
        closed=closed,
        days=days_due(request, today, closed),
        providers=providers,
        result=PublishResult(unpublishable=catalogue.unpublishable),
    )
    send = context.send_sentinel
    if SENTINEL in providers and send and not any(context.store.receipts(SENTINEL, today)):
        send(sentinel_post(today))
    for provider in providers:
        run.publish_days(provider)
    run.publish_days_of_all()
    run.publish_months()
    if run.change_rules():
        run = replace(run, catalogue=context.public.catalogue())
        run.publish_months()  # they name the pauses
    run.publish_campaigns()
    for path, schema in day_facts.json_schemas().items():
        context.public.put(path, schema)
    for step in context.steps:
        step.end(run)
    return run.result


@dataclass(frozen=True, slots=True)
class PublishRun:
    """What one run works with: the request, the published sets, and the days that it looks at.

    `closed` is the newest closed day; later days are provisional. `result` grows as the run goes.
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

    def publish_days(self, provider: str) -> None:
        """Publish a provider's days, from the first on which anything arrived."""
        files = self.context.store.files(provider)
        known = self.context.public.periods(provider, summaries.PeriodKind.DAY)
        begun = bool(known) and known[0] < self.days[0]
        for day in self.days:
            is_known = begun or day in known
            if self._has_seal_in_force(provider, day, is_known=is_known):
                begun = is_known or bool(day_facts.open_on(provider, day, files))
                if begun == is_known:
                    continue  # else the first file is open: the day is published though it is empty
            begun = self._publish_day(provider, day, files, begun=is_known)

    def _has_seal_in_force(self, provider: str, day: str, *, is_known: bool) -> bool:
        """Return whether a day need not be read: it is sealed as it is published, and not due."""
        context, request = self.context, self.request
        reads_all = request.check or request.rebuild or f"{provider}/{day}" in request.accept
        if reads_all or day > self.closed:
            return False
        seal = context.seals.read(provider, day)
        if seal is None:
            return False
        published = context.public.published(provider, day)
        if (is_known and published is None) or not seal.agrees_with(published):
            return False
        return not (seal.is_due(context.clock.now()) and context.has_time())

    def _publish_day(
        self, provider: str, day: str, files: Sequence[OpenFile], *, begun: bool
    ) -> bool:
        """Read a day, publish it if it is due, and seal it. Return whether it has begun by then."""
        context = self.context
        receipts = context.store.receipts(provider, day)
        entries = context.store.journal_entries(provider, day)
        letters: dict[str, str] = {}
        if entries:
            expires = in_days(context.clock.now(), LETTER_DAYS)
            who = [entry.moderator for entry in sorted(entries, key=lambda entry: entry.entry)]
            letters = assign_letters(context.store, provider, day[:7], who, expires)
        copies = copies_of_day(context.store, provider, day, closed=day <= self.closed)
        published = context.public.published(provider, day)
        at_least = len(published.journal) if published else 0
        with closing(day_facts.JournalSpool(at_least)) as spool:
            facts = day_facts.count_day(
                provider, day, receipts, entries, letters, copies, files, self.catalogue, spool
            )
            begun = begun or not facts.is_empty
            is_behind = False
            if begun:
                for step in context.steps:
                    step.day_counted(self, provider, day)
                draft = self.drafter.day(provider, day, facts, provisional=day > self.closed)
                is_behind = not self._publish_summary(draft, facts)
                for step in context.steps:
                    step.day_published(self, provider, day, entries)
        if day <= self.closed and not is_behind:
            context.seals.write(provider, day, day_facts.Seal.of(facts, context.clock.now()))
        return begun

    def publish_days_of_all(self) -> None:
        """Publish the days of all providers together, and note a missed sentinel post."""
        public = self.context.public
        for day in self.days:
            sentinel = public.published(SENTINEL, day)
            if summaries := public.published_by_providers(day):
                self._publish_summary(self.drafter.all_day(day, summaries, sentinel))
        newest = public.published(SENTINEL, self.closed) if SENTINEL in self.providers else None
        if newest and not is_found(newest.numbers.by_rule):
            self.result.sentinel_missed = self.closed

    def publish_months(self) -> None:
        """Publish each month that a day of this run belongs to: first the providers, then `all`."""
        months = {month.name: month for month in map(summaries.month_of, self.days)}
        for month in months.values():
            for provider in (*self.providers, "all"):
                self._publish_longer(provider, month)

    def publish_campaigns(self) -> None:
        """Publish the campaigns that ended recently or not yet, for the providers that run them."""
        for name, packs in self.catalogue.campaigns.items():
            period = summaries.campaign_period(name, packs)
            if period.last_day < self.days[0]:
                continue
            for provider in (*self.providers, "all"):
                ran = self.catalogue.ran(provider, self.catalogue.sets)
                if chosen := [pack for pack in packs if (pack.id, pack.version) in ran]:
                    self._publish_longer(provider, period, chosen)

    def _publish_longer(
        self, provider: str, period: summaries.SummaryPeriod, packs: Sequence[Pack] = ()
    ) -> None:
        """Publish a month or campaign as the sum of its published days."""
        public = self.context.public
        days = public.published_in(
            provider, summaries.PeriodKind.DAY, period.first_day, period.last_day
        )
        if not days:
            return
        parts = public.published_by_providers(period.name) if provider == "all" else ()
        over = period.last_day <= self.closed
        before = public.published_before(provider, period.kind, period.name)
        terms = self._terms(provider, period, parts) if over else UNSET
        self._publish_summary(
            self.drafter.longer(period, days, parts, packs, over=over, before=before, terms=terms)
        )

    def _terms(
        self, provider: str, period: summaries.SummaryPeriod, parts: Sequence[summaries.Summary]
    ) -> dict[str, RuleEvidence] | UnsetType:
        """Return what terms of scored rules decided in a month that is over; UNSET if not known.

        A closed month keeps what it was published with: nothing is decided in it any more.
        """
        if period.kind is not summaries.PeriodKind.MONTH:
            return UNSET
        published = self.context.public.published(provider, period.name)
        if published and not published.provisional:
            return published.terms
        if provider == "all":
            return sum_evidence(part.terms for part in parts if part.terms)
        packs = self.catalogue.packs

        def bar_of(rule: str) -> float | None:
            pack, version, _ = rule.split("/")
            known = packs.get((pack, int(version)))
            return bar_of_pack(known) if known else None

        days = summaries.days_between(period.first_day, period.last_day)
        store = self.context.store
        return term_evidence(
            (entry for day in days for entry in store.journal_entries(provider, day)), bar_of
        )

    def change_rules(self) -> bool:
        """Pause rules that people find wrong too often, and let adopted ones propose.

        Return whether there were any. An adoption that a dead run left comes with the next one.
        """
        context, result, in_force = self.context, self.result, self.catalogue.in_force
        adopted: list[tuple[str, Adopted]] = []
        since = utc(context.clock.now())
        for provider in self.providers:
            months = context.public.periods(provider, summaries.PeriodKind.MONTH)
            newest = context.public.published(provider, months[-1]) if months else None
            if newest and newest.standing:
                below = context.pause_below
                pauses = pauses_due(provider, newest.standing, in_force, below, since)
                result.paused += ((provider, pause) for pause in pauses)
            days = [*filter(None, (context.public.published(provider, day) for day in self.days))]
            entries = (
                entry
                for day in days
                if day.went_live
                for entry in context.store.journal_entries(provider, day.period)
            )
            settings, found = in_force.settings_of(provider), most_found(days)
            adoptions = adoptions_due(entries, settings, in_force, since, found)
            adopted += ((provider, adoption) for adoption in adoptions)
        changes: list[tuple[str, Paused | Adopted]] = [*result.paused, *adopted]
        if changes:
            public = context.public
            change_rules(public.objects, public.bucket, changes, context.clock.now())
        return bool(changes)

    def _publish_summary(
        self, draft: summaries.Summary, facts: day_facts.DayFacts | None = None
    ) -> bool:
        """Compare a draft with the published summary, and write it if they differ.

        `facts` are those of a provider's day. If the table holds less of that day than was
        published, write nothing and return False: the table was restored to an earlier moment or
        lost something, and the operator must say which is true (`PublishRequest.accept`).
        """
        context, request = self.context, self.request
        published = context.public.published(draft.provider, draft.period)
        day = f"{draft.provider}/{draft.period}"
        lost = facts and published and has_lost_records(published, draft)
        if lost and day not in request.accept:
            self.result.behind.append(day)
            return False
        summary = next_revision(published, draft)
        is_same = summary == published and all(step.shows(self, summary) for step in context.steps)
        if not is_same or request.rebuild:
            self._write(published, summary, facts)
        return True

    def _write(
        self,
        published: summaries.Summary | None,
        summary: summaries.Summary,
        facts: day_facts.DayFacts | None,
    ) -> None:
        """Write a summary in place of the published one, after the files that it names."""
        public, result = self.context.public, self.result
        if published and summary.revision > published.revision:
            public.keep_revision(published)
            result.revised.append(summary.path)
        written = False
        if facts and facts.journal == summary.journal:
            for file, data in zip(facts.journal, facts.spool.read(), strict=True):
                written |= public.put(file.path, data)
            result.left_out.extend(facts.left_out)
        for step in self.context.steps:
            written |= step.show(self, summary, is_new=published is None)
        written |= public.put_summary(summary)
        result.written += written


class PublishStep:
    """What a room adds to a run. Each method is called at its moment; most steps need one or two.

    A step gets what else it needs when it is made. Whatever it raises ends the run.
    """

    def day_counted(self, run: PublishRun, provider: str, day: str) -> None:
        """Work on a provider's day that was read, before its summary is compared."""

    def shows(self, run: PublishRun, summary: summaries.Summary) -> bool:  # noqa: ARG002
        """Return whether all that shows a published summary is there; else it is written again."""
        return True

    def show(self, run: PublishRun, summary: summaries.Summary, *, is_new: bool) -> bool:  # noqa: ARG002
        """Write what shows a summary, before its JSON. Return whether anything was written."""
        return False

    def day_published(
        self, run: PublishRun, provider: str, day: str, entries: Sequence[JournalEntry]
    ) -> None:
        """Work on a provider's day after its summary; `entries` are its case entries."""

    def end(self, run: PublishRun) -> None:
        """Work after all summaries of the run."""
