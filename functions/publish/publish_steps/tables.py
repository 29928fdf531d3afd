"""Rows of the pages of summaries: rules, categories, refusals, cases, complaints and providers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

from cases.kinds import CaseNumbers
from ledger.units import Percentiles, percentiles
from phrases import CATEGORIES, category_words, to_translate
from publish.folding import PublishedSets
from publish.precision import FEW, REMOVED, Estimate, RuleErrors, estimate
from publish.summary import Cohort, PeriodKind, Summary, SummaryPart
from publish_steps.charts import Chart, Series, columns
from publish_steps.page_words import CHARTS, case_words
from rules.pack import Pack, Rule, Said

Say = Callable[[str], str]
"""Translates a label of a chart; `str` leaves it in English."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One version of a rule, and what it found."""

    pack: Pack
    rule: Rule
    title: Said
    why: Said
    live: int
    shadow: int
    held: int
    errors: RuleErrors


@dataclass(frozen=True, slots=True)
class TableRow:
    """A named count: `key` as in the JSON, `words` for people, `colour` a class of the page."""

    key: str
    words: str
    live: int
    shadow: int = 0
    colour: str = ""


def rule_rows(
    summary: Summary, catalogue: PublishedSets, language: str
) -> tuple[list[RuleRow], list[RuleRow]]:
    """Return the rules with findings, most first, and those that ran and found nothing."""
    known = catalogue.packs
    ran = catalogue.ran(summary.provider, summary.numbers.sets)
    found = {key.rpartition("/")[0] for key in summary.numbers.by_rule}
    rows = [
        _rule_row(pack, rule, summary, language)
        for version, pack in known.items()
        if summary.kind is not PeriodKind.CAMPAIGN or pack.campaign == summary.period
        if version in ran
        or any(f"{pack.id}/{pack.version}/{rule.id}" in found for rule in pack.rules)
        for rule in pack.rules
    ]
    rows.sort(key=lambda row: (-row.live, -row.shadow, row.pack.id, row.pack.version, row.rule.id))
    return [row for row in rows if row.live or row.shadow], [
        row for row in rows if not (row.live or row.shadow)
    ]


def category_rows(by_category: Mapping[str, int]) -> list[TableRow]:
    """Return the categories with findings in their fixed order; keys are `category/mode`."""
    met = {key.rpartition("/")[0] for key in by_category}
    ordered = [name for name in CATEGORIES if name in met] + sorted(met - CATEGORIES.keys())
    return [
        TableRow(
            key=name,
            words=category_words(name),
            live=by_category.get(f"{name}/live", 0),
            shadow=by_category.get(f"{name}/shadow", 0),
            colour=colour_of(name),
        )
        for name in ordered
    ]


def count_rows(
    tally: Mapping[str, int], words: Callable[[str], str] = case_words
) -> list[TableRow]:
    """Return the counts of a tally in words, the most first."""
    rows = [TableRow(code, words(code), count) for code, count in tally.items()]
    return sorted(rows, key=lambda row: (-row.live, row.key))


def colour_of(category: str) -> str:
    """Return the class that colours a category; it is the same on every page.

    >>> colour_of("SCAMS_AND_FRAUD"), colour_of("NEW_ONE")
    ('c1', 'c0')
    """
    order = list(CATEGORIES)
    return f"c{order.index(category) + 1}" if category in order else "c0"


def is_busy(part: SummaryPart) -> bool:
    """Return whether posts were received, decided or acted on in a part of a summary."""
    return any((part.inspected, part.refused, part.decided, part.overturned, part.acted))


def by_day(title: str, days: Iterable[SummaryPart], series: Series) -> Chart:
    """Return a chart of days, labelled by the day of the month, without a leading zero."""
    return columns(title, [day.name[8:].lstrip("0") for day in days], series)


def day_charts(
    days: Sequence[SummaryPart], rows: Iterable[TableRow], say: Say = str
) -> dict[str, Chart]:
    """Return the charts of days by name, without those that would show nothing.

    Findings in shadow have a chart of their own: nobody was asked to look at them. On a day that is
    not busy no number is known.
    """
    live: Series = [
        (
            row.colour,
            say(row.words),
            [day.by_category.get(f"{row.key}/live", 0) if is_busy(day) else None for day in days],
        )
        for row in rows
        if row.live
    ]
    series: dict[str, Series] = {
        name: [("plain", "", [getattr(day, name) for day in days])]
        for name in ("inspected", "shadow")
    }
    series["live"] = live
    series["decided"] = [
        (colour, say(words), [getattr(day, name) if is_busy(day) else None for day in days])
        for colour, name, words in (
            ("plain", "decided", to_translate("Decided findings")),
            ("fell", "overturned", to_translate("Overturned")),
        )
    ]
    return {
        name: by_day(say(CHARTS[name]), days, rows)
        for name, rows in series.items()
        if any(value for _, _, values in rows for value in values)
    }


class ByNow(NamedTuple):
    """Of a month by now: wrong removals, rejected proposals, and overturned decisions.

    `said` is the first month whose summary says so.
    """

    said: str
    wrong: Estimate
    rejected: Estimate
    overturned: int


def by_now(month: str, known: Iterable[Summary]) -> ByNow | None:
    """Return what became of a month by the newest of `known`, a provider's months in order.

    None if none of them follows the month.
    """
    found = [
        _became(summary.period, cohort)
        for summary in known
        if summary.standing
        for cohort in summary.standing.cohorts
        if cohort.month == month
    ]
    return next((one for one in found if one[1:] == found[-1][1:]), None)


def _became(said: str, cohort: Cohort) -> ByNow:
    fell, removed = cohort.overturned_measures.get(REMOVED, 0), cohort.measures.get(REMOVED, 0)
    errors = cohort.errors
    return ByNow(
        said,
        wrong=estimate(fell, removed, FEW),
        rejected=estimate(errors.dismissed or 0, errors.decided or 0, FEW),
        overturned=cohort.overturned_measures.get("decisions", 0),
    )


def same_days(month: Summary, before: Summary) -> tuple[SummaryPart, ...]:
    """Return the days of an earlier month; compared with an open one, only as far as that goes."""
    last = month.days[-1].name[8:] if month.provisional else "31"
    return tuple(day for day in before.days if day.name[8:] <= last)


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A provider's month as the index compares it, and what became of it by now."""

    month: Summary
    became: ByNow

    @property
    def took(self) -> Percentiles:
        """Return how long decisions on findings took."""
        return clock(self.month.cases.decide_seconds)

    def rate(self, count: int, of: int) -> float | None:
        """Return how many these are of so many posts read; None for few cases."""
        read = self.month.numbers.inspected
        return of * count / read if count >= FEW and read else None


COLUMNS: dict[str, Callable[[ProviderRow], float]] = {
    "read": lambda row: row.month.numbers.inspected,
    "found": lambda row: row.rate(row.month.numbers.findings, 1_000) or 0,
    "removed": lambda row: row.rate(row.month.cases.by_measure.get(REMOVED, 0), 10_000) or 0,
    "wrong": lambda row: row.became.wrong.share or 0,
    "overturned": lambda row: row.became.overturned,
    "median": lambda row: row.took.median_hours or 0,
    "open": lambda row: row.month.standing.open if row.month.standing else 0,
}
"""The columns by which the index sorts providers, the most first."""


def _rule_row(pack: Pack, rule: Rule, summary: Summary, language: str) -> RuleRow:
    numbers, key = summary.numbers, f"{pack.id}/{pack.version}/{rule.id}"
    return RuleRow(
        pack=pack,
        rule=rule,
        title=pack.title_in(language),
        why=pack.reason_in(language, rule),
        live=numbers.by_rule.get(f"{key}/live", 0),
        shadow=numbers.by_rule.get(f"{key}/shadow", 0),
        held=sum(numbers.held_by_rule.get(f"{key}/{mode}", 0) for mode in ("live", "shadow")),
        errors=summary.errors.by_rule.get(key, RuleErrors()),
    )


MODERATOR_DECISIONS = 20
"""Decisions below which a moderator is not shown: it would judge a person by a few cases."""

NOT_FOLLOWED = ("contested", "refused", "impossible")


@dataclass(frozen=True, slots=True)
class Contest:
    """Complaints or disputes of some periods: how many came, how they ended, how long it took."""

    words: str
    came: int
    ended: Mapping[str, int]
    took: Percentiles

    @property
    def answered(self) -> int:
        """How many ended."""
        return sum(self.ended.values())

    @property
    def changed(self) -> Estimate:
        """How many of the answers changed the decision in whole or in part."""
        changed = self.ended.get("reversed", 0) + self.ended.get("partly_reversed", 0)
        return estimate(changed, self.answered, FEW)


@dataclass(frozen=True, slots=True)
class OrderRow:
    """The orders of one kind, country and authority, with their clocks."""

    kind: str
    country: str
    authority: str
    came: int
    items: int
    acknowledged: Percentiles
    effected: Percentiles
    complied: int
    not_followed: dict[str, int]


@dataclass(frozen=True, slots=True)
class ModeratorRow:
    """How many decisions a moderator made, and the share that confirmed."""

    letter: str
    decisions: int
    confirmed: Estimate


def case_tables(numbers: CaseNumbers) -> SimpleNamespace:
    """Return by name the rows and shares that a page shows of a period's case numbers.

    `any` says whether anybody did anything, `moderators_hidden` how many moderators are not shown.
    """
    shown, hidden = _moderators(numbers.by_moderator)
    looks = numbers.decisions - numbers.grouped + numbers.groups
    disputes = Contest(
        to_translate("Disputes before certified bodies"),
        numbers.disputes,
        numbers.disputes_ended,
        clock(numbers.dispute_seconds),
    )
    rows = {
        "verdicts": count_rows(numbers.by_verdict),
        "orders": _orders(numbers),
        "notices": count_rows(numbers.notices_by_category),
        "contests": [one for one in (complaints_of(numbers), disputes) if one.came or one.ended],
    }
    return SimpleNamespace(
        **rows,
        any=any(rows.values()),
        decide=clock(numbers.decide_seconds),
        notice=clock(numbers.notice_seconds),
        hurried=estimate(numbers.under_5_seconds, looks - numbers.untimed, FEW),
        agreement=estimate(numbers.agreed, numbers.second_reviews, FEW),
        measures=count_rows(numbers.by_measure),
        moderators=shown,
        moderators_hidden=hidden,
    )


def clock(seconds: Mapping[str, int]) -> Percentiles:
    """Return how long something took, from a tally of seconds; of few cases the count alone.

    >>> clock({"60": 9}).median_hours, clock({"60": 10}).median_hours
    (None, 0.017)
    """
    took = percentiles(seconds)
    return took if took.of >= FEW else Percentiles(took.of)


def complaints_of(numbers: CaseNumbers) -> Contest:
    """Return the complaints of these numbers.

    >>> complaints_of(CaseNumbers(complaints_ended={"reversed": 1, "upheld": 3})).answered
    4
    """
    return Contest(
        to_translate("Complaints by authors and notifiers"),
        sum(numbers.complaints.values()),
        numbers.complaints_ended,
        clock(numbers.complaint_seconds),
    )


def _orders(numbers: CaseNumbers) -> list[OrderRow]:
    """Return a row for each kind, country and authority. The authority is last in each key."""
    ended = _by_order(numbers.orders_ended)
    acknowledged = _by_order(numbers.order_acknowledge_seconds)
    effected = _by_order(numbers.order_effect_seconds)
    came = {tuple(key.split("/", 2)) for key in numbers.orders}
    return [
        OrderRow(
            kind=order[0],
            country=order[1],
            authority=order[2],
            came=numbers.orders.get("/".join(order), 0),
            items=numbers.order_items.get("/".join(order), 0),
            acknowledged=clock(acknowledged[order]),
            effected=clock(effected[order]),
            complied=ended[order]["complied"],
            not_followed={how: ended[order][how] for how in NOT_FOLLOWED if ended[order][how]},
        )
        for order in sorted(came | ended.keys() | acknowledged.keys())
    ]


def _by_order(tally: Mapping[str, int]) -> defaultdict[tuple[str, ...], Counter[str]]:
    """Return the counts by kind, country and authority, each by the third part of its key."""
    found: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for key, count in tally.items():
        kind, country, third, authority = key.split("/", 3)
        found[kind, country, authority][third] += count
    return found


def _moderators(by_moderator: Mapping[str, int]) -> tuple[list[ModeratorRow], int]:
    """Return the moderators with enough decisions, and how many others there are."""
    decisions, confirmed = Counter[str](), Counter[str]()
    for key, count in by_moderator.items():
        letter, _, verdict = key.rpartition("/")
        decisions[letter] += count
        confirmed[letter] += count if verdict == "confirmed" else 0
    rows = [
        ModeratorRow(letter, count, estimate(confirmed[letter], count))
        for letter, count in sorted(decisions.items(), key=lambda one: (len(one[0]), one[0]))
        if count >= MODERATOR_DECISIONS
    ]
    return rows, len(decisions) - len(rows)
