"""Rows of the pages' tables, and their charts, from a summary and the published sets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from phrases import Phrases, to_translate
from phrases.categories import CATEGORIES, category_words
from publish.catalogue import PublishedSets
from publish.count.precision import RuleErrors
from publish.periods import PeriodKind
from publish.site.charts import Chart, Say, bars, columns
from publish.site.code_words import language_words, refusal_words
from publish.summary import Summary, SummaryPart
from rules.pack import Pack, Rule
from rules.translation import Said

SHADOW = ("shadow", to_translate("In shadow"))


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One version of a rule, and what it found."""

    pack: str
    version: int
    rule: str
    why: Said
    severity: str
    category: str
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
        if version in ran or any(_rule_name(pack, rule) in found for rule in pack.rules)
        for rule in pack.rules
    ]
    rows.sort(key=lambda row: (-row.live, -row.shadow, row.pack, row.version, row.rule))
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


def refusal_rows(by_code: Mapping[str, int]) -> list[TableRow]:
    """Return codes of refusal with their meaning, most records first."""
    rows = [TableRow(code, refusal_words(code), count) for code, count in by_code.items()]
    return sorted(rows, key=lambda row: (-row.live, row.key))


def language_rows(tally: Mapping[str, int], phrases: Phrases) -> list[TableRow]:
    """Return posts by the language that the sender gave, the most first, with its name."""
    rows = [
        TableRow(code, phrases.gettext(language_words(code)) or phrases.language_name(code), count)
        for code, count in tally.items()
    ]
    return sorted(rows, key=lambda row: (-row.live, row.key))


def is_busy(part: SummaryPart) -> bool:
    """Return whether anything was received, decided or overturned in a part of a summary."""
    return any((part.inspected, part.refused, part.decided, part.overturned))


def colour_of(category: str) -> str:
    """Return the class that colours a category; it is the same on every page.

    >>> colour_of("SCAMS_AND_FRAUD"), colour_of("NEW_ONE")
    ('c1', 'c0')
    """
    order = list(CATEGORIES)
    return f"c{order.index(category) + 1}" if category in order else "c0"


def findings_chart(days: Iterable[SummaryPart], rows: Iterable[TableRow], say: Say = str) -> Chart:
    """Return findings by day: live ones stacked by category, all in shadow on top."""
    shown = list(days)
    live = [
        (row.colour, say(row.words), [day.by_category.get(f"{row.key}/live", 0) for day in shown])
        for row in rows
        if row.live
    ]
    shadow = (SHADOW[0], say(SHADOW[1]), [day.shadow for day in shown])
    labels = [day_label(day.name) for day in shown]
    title = say(to_translate("Findings by day and category"))
    return columns(title, labels, [*live, shadow])


def inspected_chart(days: Iterable[SummaryPart], say: Say = str) -> Chart:
    """Return inspected posts by day."""
    shown = list(days)
    values = [day.inspected for day in shown]
    labels = [day_label(day.name) for day in shown]
    return columns(say(to_translate("Inspected posts by day")), labels, [("plain", "", values)])


def category_chart(rows: Iterable[TableRow], say: Say = str) -> Chart:
    """Return the findings of a day by category."""
    shown = list(rows)
    live = [(row.colour, say(row.words), row.live) for row in shown if row.live]
    shadow = sum(row.shadow for row in shown)
    whole = [*live, *([(SHADOW[0], say(SHADOW[1]), shadow)] if shadow else [])]
    return bars(say(to_translate("Findings by category")), whole)


def refusal_chart(rows: Iterable[TableRow], say: Say = str) -> Chart:
    """Return refused records by code."""
    title = say(to_translate("Refused records by code"))
    return bars(title, [("plain", row.key, row.live) for row in rows])


def day_label(day: str) -> str:
    """Return the day of the month, without a leading zero.

    >>> day_label("2026-11-05")
    '5'
    """
    return day[8:].lstrip("0")


def _rule_name(pack: Pack, rule: Rule) -> str:
    return f"{pack.id}/{pack.version}/{rule.id}"


def _rule_row(pack: Pack, rule: Rule, summary: Summary, language: str) -> RuleRow:
    numbers, key = summary.numbers, _rule_name(pack, rule)
    return RuleRow(
        pack=pack.id,
        version=pack.version,
        rule=rule.id,
        why=pack.reason_in(language, rule),
        severity=rule.severity,
        category=category_words(pack.category_of(rule)),
        live=numbers.by_rule.get(f"{key}/live", 0),
        shadow=numbers.by_rule.get(f"{key}/shadow", 0),
        held=sum(numbers.held_by_rule.get(f"{key}/{mode}", 0) for mode in ("live", "shadow")),
        errors=summary.errors.by_rule.get(key, RuleErrors()),
    )


def months_of(days: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield days by month, newest first.

    >>> list(months_of(["2026-10-31", "2026-11-01", "2026-11-02"]))
    [('2026-11', ['2026-11-02', '2026-11-01']), ('2026-10', ['2026-10-31'])]
    """
    months: dict[str, list[str]] = {}
    for day in sorted(days, reverse=True):
        months.setdefault(day[:7], []).append(day)
    yield from months.items()
