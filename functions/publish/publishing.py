"""Publishing: days, months and campaigns, then the pages of packs, then the index.

Each step writes what the next one names: the journal before its summary, the days before their
month, everything before the index. A run that dies leaves a smaller truth behind, never a wrong
one, and the next run ends it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from drafting import Drafter
from folding import fold
from gathering import DayFacts, gather
from json_schemas import json_schemas
from ledger.errors import OperatorError
from ledger.ports import Clock, Store
from ledger.provider import Provider, is_provider_id
from pages import Contents, Listed, Pages
from periods import (
    LOOK_BACK_DAYS,
    Kind,
    Period,
    campaign_period,
    days_before,
    days_between,
    last_closed_day,
    month_of,
)
from published_set import Catalogue, PublishedPack
from revising import settle
from shelf import Shelf
from summary import LeftOut, Summary

Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Order(msgspec.Struct, frozen=True):
    """What is asked for: nothing (all closed days), or also open days up to `through`.

    `through` without `provisional` publishes closed days only, and none after it.
    """

    through: Day | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """All that publishing needs of the world.

    `close` is asked for each file that is still open: if its last worker died after its last
    range, nobody else would write the sender's receipt.
    """

    store: Store
    shelf: Shelf
    clock: Clock
    close: Callable[[str], object]
    public_url: str
    notice_hours: int


@dataclass(slots=True)
class Outcome:
    """What a run did, for logs and metrics."""

    written: int = 0
    revised: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    unpublishable: list[str] = field(default_factory=list)


def publish(desk: Desk, order: Order) -> Outcome:
    """Publish what is due and not yet published as it now stands.

    Files are asked to close last, so that one which cannot be closed holds back no number.
    """
    desk.shelf.look()
    run = _Run.of(desk, order)
    for provider in run.providers:
        run.publish_days(provider)
    run.publish_all_days()
    run.publish_months()
    run.publish_campaigns()
    run.publish_rest()
    for provider in run.providers:
        for file in desk.store.files(provider):
            if not file.closed:
                desk.close(file.file)
    return run.outcome


def days_due(order: Order, today: str, closed: str) -> list[str]:
    """The days that a run looks at, oldest first.

    >>> days_due(Order(), "2026-11-26", "2026-11-25")[-1]
    '2026-11-25'
    >>> days_due(Order("2026-12-31", provisional=True), "2026-11-26", "2026-11-25")[-1]
    '2026-11-26'
    """
    last = closed
    if order.provisional:
        last = max(closed, min(order.through or today, today))
    elif order.through:
        last = min(closed, order.through)
    return days_between(days_before(closed, LOOK_BACK_DAYS - 1), last)


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

    desk: Desk
    catalogue: Catalogue
    drafter: Drafter
    pages: Pages
    days: list[str]
    closed: str
    providers: list[str]
    outcome: Outcome

    @classmethod
    def of(cls, desk: Desk, order: Order) -> "_Run":
        now = desk.clock.now()
        today, closed = now.date().isoformat(), last_closed_day(now)
        catalogue = desk.shelf.catalogue()
        return cls(
            desk=desk,
            catalogue=catalogue,
            drafter=Drafter(catalogue, desk.public_url, desk.notice_hours),
            pages=Pages(catalogue, desk.public_url, today),
            days=days_due(order, today, closed),
            closed=closed,
            providers=_named(desk.store.providers()),
            outcome=Outcome(unpublishable=catalogue.unpublishable),
        )

    def publish_days(self, provider: str) -> None:
        """Publish a provider's days, from the first on which anything came."""
        files = self.desk.store.files(provider)
        known = self.desk.shelf.periods(provider, Kind.DAY)
        begun = bool(known) and known[0] < self.days[0]
        for day in self.days:
            receipts = self.desk.store.receipts(provider, day)
            facts = gather(provider, day, receipts, files, self.catalogue)
            begun = begun or not facts.silent
            if begun:
                draft = self.drafter.day(provider, day, facts, provisional=day > self.closed)
                self._settle(draft, facts)

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
        shelf = self.desk.shelf
        for path, schema in json_schemas().items():
            shelf.put(path, schema)
        months = self._all_of("all", Kind.MONTH)
        totals = fold(month.numbers for month in months)
        campaigns = shelf.periods("all", Kind.CAMPAIGN)
        for (pack, version), page in self.pages.packs(totals, campaigns).items():
            shelf.put(f"packs/{pack}/{version}.html", page.encode())
        shelf.put("index.html", self.pages.index(self._contents(months)).encode())

    def _settle_longer(
        self, provider: str, period: Period, packs: Sequence[PublishedPack] = ()
    ) -> None:
        """Publish a month or campaign as the fold of those of its days that stand."""
        days = self._all_of(provider, Kind.DAY, period.first_day, period.last_day)
        if days:
            parts = self._standing_of_all(period.name) if provider == "all" else ()
            over = period.last_day <= self.closed
            self._settle(self.drafter.longer(period, days, parts, packs, over=over))

    def _settle(self, draft: Summary, facts: DayFacts | None = None) -> None:
        """Write what shall stand, if it does not: first what it names, then the summary."""
        shelf = self.desk.shelf
        standing = shelf.standing(draft.provider, draft.period)
        settled = settle(standing, draft)
        if settled == standing:
            return
        if standing and settled.revision > standing.revision:
            shelf.keep(standing)
            self.outcome.revised.append(settled.path)
        if facts:
            shelf.put(facts.journal_file.path, facts.journal)
            self.outcome.left_out.extend(facts.left_out)
        earlier = [
            name for name in shelf.periods(draft.provider, draft.kind) if name < draft.period
        ]
        shelf.put_summary(settled, self.pages.summary(settled, earlier[-1] if earlier else ""))
        self.outcome.written += 1

    def _standing_of_all(self, period: str) -> list[Summary]:
        """What stands for a period, of each provider that was ever published."""
        shelf = self.desk.shelf
        names = sorted(name for name in shelf.names if name != "all")
        return [found for name in names if (found := shelf.standing(name, period))]

    def _all_of(self, provider: str, kind: Kind, first: str = "", last: str = "~") -> list[Summary]:
        """What stands of a provider and kind, from the first name to the last, in order."""
        shelf = self.desk.shelf
        names = [name for name in shelf.periods(provider, kind) if first <= name <= last]
        return [found for name in names if (found := shelf.standing(provider, name))]

    def _contents(self, months: Sequence[Summary]) -> Contents:
        """What the index lists."""
        shelf = self.desk.shelf
        return Contents(
            months=tuple(months),
            providers=tuple(
                Listed(
                    provider=name,
                    days=tuple(shelf.periods(name, Kind.DAY)),
                    months=tuple(shelf.periods(name, Kind.MONTH)),
                    campaigns=tuple(shelf.periods(name, Kind.CAMPAIGN)),
                    newest=shelf.standing(name, days[-1]),
                )
                for name in sorted(shelf.names, key=lambda name: (name != "all", name))
                if (days := shelf.periods(name, Kind.DAY))
            ),
        )
