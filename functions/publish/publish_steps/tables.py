"""Rows and charts of the pages of summaries: categories, refusals, languages, cases and complaints.

A chart is data: bars, guides and labels with their places in units of the picture.
`templates/charts.html` draws it as inline SVG. The page's stylesheet colours a bar by its class, in
dark and in light.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cases.kinds import CaseNumbers
from ledger.units import Percentiles, percentiles
from phrases import CATEGORIES, category_words, to_translate
from publish.folding import PublishedSets
from publish.precision import Estimate, RuleErrors, estimate
from publish.summary import PeriodKind, Standing, Summary, SummaryPart
from publish_steps.page_words import case_words
from rules.pack import Pack, Rule, Said

WIDTH = 560.0
"""Units of a chart's width; at 390 pixels a unit is about 0.6 of a pixel, so labels are large."""

HEIGHT, TOP, BASE = 260.0, 12.0, 228.0
"""Of upright bars: the height of the picture, where the plot begins, and its base line."""

DIGIT = 10
"""Units that a digit of a label may take on a narrow screen, where the text is largest."""

BAR_SHARE = 0.72
"""The part of a column's place that its bar fills."""

WIDEST_BAR = 56.0
ROW, ROW_TEXT, ROW_BAR = 46.0, 17.0, 14.0
"""Of lying bars: the height of a row, the base line of its text, and the thickness of its bar."""

SMALL_WIDTH, SMALL_HEIGHT, SMALL_BASE, SMALL_BAR = 240.0, 64.0, 46.0, 16.0
"""Of a small chart: its width and height, its base line, and its widest bar."""

GUIDES = 4
"""Guides above the base line, at most."""

Say = Callable[[str], str]
"""Translates a label of a chart; `str` leaves it in English."""

Series = Sequence[tuple[str, str, Sequence[int]]]
"""Rows of a chart: the class that colours it, its name, and a value for each label."""


class ChartBar(NamedTuple):
    """A rectangle, the class that colours it, and what pointing at it says."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    words: str


class ChartLabel(NamedTuple):
    """A text and where it is: the class says whether it starts, ends or is centred there."""

    x: float
    y: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of `WIDTH` and `height` units. Guides lie across it, the base line first.

    Screen readers say the title in place of the picture; a table next to it has the numbers.
    """

    title: str
    height: float
    bars: tuple[ChartBar, ...]
    labels: tuple[ChartLabel, ...]
    guides: tuple[float, ...] = ()
    left: float = 0.0
    width: float = WIDTH


def columns(title: str, labels: Sequence[str], series: Series) -> Chart:
    """Return upright bars, the series stacked in their order. No bar is drawn for 0.

    More than twelve labels are thinned out to the first and each fifth, so that they do not touch.

    >>> columns("Posts", ["1", "2"], [("plain", "", [5, 0])]).bars[0].words
    '1: 5'
    """
    stacked = [sum(column) for column in zip(*(values for _, _, values in series), strict=True)]
    scale = steps(max(stacked, default=0))
    unit = (BASE - TOP) / scale[-1]
    left = 8.0 + DIGIT * len(f"{scale[-1]:,}")
    place = (WIDTH - left) / max(1, len(labels))
    width = min(WIDEST_BAR, BAR_SHARE * place)
    every = 1 if len(labels) <= 12 else 5
    drawn: list[ChartBar] = []
    texts = [ChartLabel(left - 8, BASE - unit * step + 4, "end", f"{step:,}") for step in scale]
    for number, label in enumerate(labels):
        middle, top = left + (number + 0.5) * place, BASE
        for colour, name, values in series:
            if value := values[number]:
                words = f"{label}, {name}: {value:,}" if name else f"{label}: {value:,}"
                top -= unit * value
                drawn.append(ChartBar(middle - width / 2, top, width, unit * value, colour, words))
        if number == 0 or (number + 1) % every == 0:
            texts.append(ChartLabel(middle, BASE + 20, "middle", label))
    guides = tuple(BASE - unit * step for step in scale)
    return Chart(title, HEIGHT, tuple(drawn), tuple(texts), guides, left)


def bars(title: str, rows: Sequence[tuple[str, str, int]]) -> Chart:
    """Return lying bars, one for each (class, label, value), the first on top.

    Label and number are above their bar, so that a long name needs no room at the side.

    >>> [label.text for label in bars("Posts", [("plain", "acme", 1200)]).labels]
    ['acme', '1,200']
    """
    unit = WIDTH / max([1, *(value for _, _, value in rows)])
    drawn: list[ChartBar] = []
    texts: list[ChartLabel] = []
    for number, (colour, label, value) in enumerate(rows):
        y = ROW * number + ROW_TEXT
        texts += ChartLabel(0.0, y, "start", label), ChartLabel(WIDTH, y, "end", f"{value:,}")
        if value:
            words = f"{label}: {value:,}"
            drawn.append(ChartBar(0.0, y + 7, unit * value, ROW_BAR, colour, words))
    return Chart(title, ROW * len(rows), tuple(drawn), tuple(texts))


def small_columns(title: str, labels: Sequence[str], values: Sequence[float | None]) -> Chart:
    """Return a small chart of upright bars for a trend: the last bar is the page's own.

    The first and last label are shown. The title holds no numbers: a table of the page has them.

    >>> [bar.colour for bar in small_columns("t", ["Oct", "Nov"], [1, 2]).bars]
    ['earlier', 'plain']
    """
    unit = (SMALL_BASE - 2) / (max((value or 0 for value in values), default=0) or 1)
    place = SMALL_WIDTH / max(1, len(values))
    width = min(SMALL_BAR, BAR_SHARE * place)
    drawn = [
        ChartBar(
            (number + 0.5) * place - width / 2,
            SMALL_BASE - unit * value,
            width,
            unit * value,
            "plain" if number == len(values) - 1 else "earlier",
            label,
        )
        for number, (label, value) in enumerate(zip(labels, values, strict=True))
        if value
    ]
    ends = {0: labels[0], len(labels) - 1: labels[-1]} if labels else {}
    texts = tuple(
        ChartLabel((number + 0.5) * place, SMALL_BASE + 15, "middle", label)
        for number, label in ends.items()
    )
    return Chart(title, SMALL_HEIGHT, tuple(drawn), texts, guides=(SMALL_BASE,), width=SMALL_WIDTH)


def steps(top: int) -> list[int]:
    """Return the guides of a scale from 0: whole numbers, 1, 2 or 5 times a power of ten apart.

    >>> steps(17), steps(0), steps(1_234)
    ([0, 5, 10, 15, 20], [0, 1], [0, 500, 1000, 1500])
    """
    sizes = (digit * 10**power for power in range(len(str(top))) for digit in (1, 2, 5))
    step = next(size for size in sizes if size * GUIDES >= top)
    return [step * n for n in range(-(-max(top, 1) // step) + 1)]


SHADOW = ("shadow", to_translate("In shadow"))


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


def by_day(title: str, days: Iterable[SummaryPart], series: Series) -> Chart:
    """Return a chart of days, labelled by the day of the month, without a leading zero."""
    return columns(title, [day.name[8:].lstrip("0") for day in days], series)


def findings_chart(days: Sequence[SummaryPart], rows: Iterable[TableRow], say: Say = str) -> Chart:
    """Return findings by day: live ones stacked by category, all in shadow on top."""
    live = [
        (row.colour, say(row.words), [day.by_category.get(f"{row.key}/live", 0) for day in days])
        for row in rows
        if row.live
    ]
    shadow = (SHADOW[0], say(SHADOW[1]), [day.shadow for day in days])
    return by_day(say(to_translate("Findings by day and category")), days, [*live, shadow])


def inspected_chart(days: Sequence[SummaryPart], say: Say = str) -> Chart:
    """Return inspected posts by day."""
    values = [day.inspected for day in days]
    return by_day(say(to_translate("Inspected posts by day")), days, [("plain", "", values)])


def category_chart(rows: Sequence[TableRow], say: Say = str) -> Chart:
    """Return the findings of a day by category."""
    drawn = [(row.colour, say(row.words), row.live) for row in rows if row.live]
    if shadow := sum(row.shadow for row in rows):
        drawn.append((SHADOW[0], say(SHADOW[1]), shadow))
    return bars(say(to_translate("Findings by category")), drawn)


def refusal_chart(rows: Iterable[TableRow], say: Say = str) -> Chart:
    """Return refused records by code."""
    title = say(to_translate("Refused records by code"))
    return bars(title, [("plain", row.key, row.live) for row in rows])


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
        return estimate(changed, self.answered)


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


@dataclass(frozen=True, slots=True)
class CaseTables:
    """What a page shows about cases in addition to the plain counts."""

    decide: Percentiles
    notice: Percentiles
    hurried: Estimate
    agreement: Estimate
    verdicts: list[TableRow]
    measures: list[TableRow]
    contests: list[Contest]
    orders: list[OrderRow]
    moderators: list[ModeratorRow]
    moderators_hidden: int
    notices: list[TableRow]

    @property
    def any(self) -> bool:
        """Return whether anybody did anything."""
        return any((self.verdicts, self.orders, self.notices, self.contests))


def case_tables(numbers: CaseNumbers) -> CaseTables:
    """Return the rows and shares of a period's case numbers."""
    shown, hidden = _moderators(numbers.by_moderator)
    looks = numbers.decisions - numbers.grouped + numbers.groups
    disputes = Contest(
        to_translate("Disputes before certified bodies"),
        numbers.disputes,
        numbers.disputes_ended,
        percentiles(numbers.dispute_seconds),
    )
    return CaseTables(
        decide=percentiles(numbers.decide_seconds),
        notice=percentiles(numbers.notice_seconds),
        hurried=estimate(numbers.under_5_seconds, looks),
        agreement=estimate(numbers.agreed, numbers.second_reviews),
        verdicts=count_rows(numbers.by_verdict),
        measures=count_rows(numbers.by_measure),
        contests=[one for one in (complaints_of(numbers), disputes) if one.came or one.ended],
        orders=_orders(numbers),
        moderators=shown,
        moderators_hidden=hidden,
        notices=count_rows(numbers.notices_by_category),
    )


def complaints_of(numbers: CaseNumbers) -> Contest:
    """Return the complaints of these numbers.

    >>> complaints_of(CaseNumbers(complaints_ended={"reversed": 1, "upheld": 3})).answered
    4
    """
    return Contest(
        to_translate("Complaints by authors and notifiers"),
        sum(numbers.complaints.values()),
        numbers.complaints_ended,
        percentiles(numbers.complaint_seconds),
    )


def decided_chart(days: Sequence[SummaryPart], say: Say = str) -> Chart:
    """Return findings decided by day, with the decisions overturned that day on top."""
    series = [
        ("plain", say(to_translate("Decided")), [day.decided for day in days]),
        ("fell", say(to_translate("Overturned")), [day.overturned for day in days]),
    ]
    title = to_translate("Findings decided and decisions overturned by day")
    return by_day(say(title), days, series)


def open_chart(standing: Standing, say: Say = str) -> Chart | None:
    """Return open findings by how long they have waited; None where the table says it all."""
    rows = [("plain", say(age), count) for age, count in standing.ages()]
    several = sum(1 for *_, count in rows if count) > 1
    return bars(say(to_translate("Open findings by age")), rows) if several else None


def complaints_chart(numbers: CaseNumbers, say: Say = str) -> Chart | None:
    """Return how complaints ended, if any did; reversed decisions have their own colour."""
    ended, colours = numbers.complaints_ended, {"reversed": "fell"}
    rows = [
        (colours.get(outcome, "plain"), say(case_words(outcome)), ended.get(outcome, 0))
        for outcome in ("upheld", "partly_reversed", "reversed", "omitted")
    ]
    return bars(say(to_translate("Complaints by outcome")), rows) if len(ended) > 1 else None


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
            acknowledged=percentiles(acknowledged[order]),
            effected=percentiles(effected[order]),
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
