"""Bar charts, and the first screen of a summary: what was read, done, wrong and open.

A chart is data: bars, guides and labels with their places in units of the picture.
`templates/charts.html` draws it as inline SVG. The page's stylesheet colours a bar by its class, in
dark and in light.

A month is compared with the published months before it. Their pages and this one change together:
`site_files` writes the later pages again when an earlier month gets a revision.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from cases.kinds import CaseNumbers
from phrases import Phrases, to_translate
from publish.precision import RuleErrors, of_cohort
from publish.summary import PeriodKind, Standing, Summary

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
    sizes = (digit * 10**power for power in count() for digit in (1, 2, 5))
    step = next(size for size in sizes if size * GUIDES >= top)
    return [step * n for n in range(-(-max(top, 1) // step) + 1)]


TREND_MONTHS = 12
"""Months of a trend, the page's own month included."""

REMOVED = "DECISION_VISIBILITY_CONTENT_REMOVED"
DISABLED = "DECISION_VISIBILITY_CONTENT_DISABLED"
LABELLED = "DECISION_VISIBILITY_CONTENT_LABELLED"
SHOWN_MEASURES = (REMOVED, DISABLED, LABELLED)

EXACT = 9_000
"""Decided findings up to which a share of four decimals gives back the count."""


@dataclass(frozen=True, slots=True)
class WrongShare:
    """How many decided findings turned out wrong: the rest of the precision, and its interval.

    `count` is None where so many were decided that the published share does not give it back.
    `dismissed` are those of them that people dismissed for good, if that is known; decisions on the
    others were overturned.
    """

    decided: int
    count: int | None
    dismissed: int | None
    share: float
    low: float
    high: float


def wrong_share(errors: RuleErrors) -> WrongShare | None:
    """Return the share of decided findings that turned out wrong, or None before any decision.

    >>> wrong = wrong_share(RuleErrors(4, 1, 1, 0.5, 0.15, 0.85))
    >>> wrong.count, wrong.dismissed
    (2, 1)
    """
    if errors.precision is None or not errors.decided:
        return None
    share, decided = 1 - errors.precision, errors.decided
    low, high = 1 - (errors.high or 0), 1 - (errors.low or 0)
    count = round(share * decided) if decided <= EXACT else None
    dismissed = None if count is None else count - (errors.overturned or 0)
    if dismissed is not None and not 0 <= dismissed <= (errors.dismissed or 0):
        dismissed = None  # a decision that fell while its check changed is subtracted twice
    return WrongShare(decided, count, dismissed, share, low, high)


def trends(months: Sequence[Summary], phrases: Phrases) -> dict[str, Chart]:
    """Return a small chart for each answer; {} for a single month: its number says it all."""
    if len(months) < 2:
        return {}
    labels = [phrases.short_month(month.period) for month in months]
    wrong = [wrong_share(month.errors) for month in months]
    answers: dict[str, tuple[str, list[float | None]]] = {
        "read": (
            to_translate("Posts read by month"),
            [month.numbers.inspected for month in months],
        ),
        "done": (
            to_translate("Measures taken by month"),
            [sum(month.cases.by_measure.values()) for month in months],
        ),
        "wrong": (
            to_translate("Share of decided findings that were wrong, by month"),
            [found.share if found else None for found in wrong],
        ),
        "open": (
            to_translate("Cases open at the end of the month"),
            [month.standing.open if month.standing else None for month in months],
        ),
    }
    return {
        name: small_columns(phrases.gettext(title), labels, values)
        for name, (title, values) in answers.items()
    }


def listed(parts: Sequence[str], phrases: Phrases) -> str:
    """Return parts as a list in a sentence.

    >>> from phrases import of
    >>> listed(["1 a", "2 b", "3 c"], of("en"))
    '1 a, 2 b and 3 c'
    >>> listed(["1 a", "2 b"], of("en")), listed(["1 a"], of("en"))
    ('1 a and 2 b', '1 a')
    """
    if len(parts) < 2:
        return "".join(parts)
    first = phrases.comma.join(parts[:-1])
    return phrases.gettext("%(parts)s and %(last)s", parts=first, last=parts[-1])


def done_words(cases: CaseNumbers, phrases: Phrases) -> str:
    """Return the actions taken in one sentence; measures that nobody took are left out."""
    removed, disabled, labelled = (cases.by_measure.get(code, 0) for code in SHOWN_MEASURES)
    other = sum(cases.by_measure.values()) - removed - disabled - labelled
    counts = [
        (removed, phrases.gettext("%(count)s removed a post", count=removed)),
        (disabled, phrases.gettext("%(count)s disabled access to one", count=disabled)),
        (labelled, phrases.gettext("%(count)s put a label on one", count=labelled)),
        (other, phrases.gettext("%(count)s restricted something else", count=other)),
    ]
    said = listed([words for count, words in counts if count], phrases)
    first = phrases.gettext("Nothing was removed, disabled or labelled.")
    if said:
        first = phrases.gettext("Of the measures that people took, %(said)s.", said=said)
    back = phrases.gettext("Nothing came back.")
    if restored := sum(cases.reinstated.values()):
        back = phrases.ngettext("%(num)s post came back.", "%(num)s posts came back.", restored)
    return f"{first}{phrases.gap}{back}"


def mistake_words(summary: Summary, day: str, phrases: Phrases) -> str:
    """Return how many of a month's measures were overturned by a day; "" for other periods."""
    if summary.kind is not PeriodKind.MONTH:
        return ""
    fell = of_cohort(summary.cases.overturned_measures, summary.period)
    messages = (
        to_translate("%(wrong)s of %(count)s removals"),
        to_translate("%(wrong)s of %(count)s blocks of access"),
        to_translate("%(wrong)s of %(count)s labels"),
    )
    counts = [
        phrases.gettext(message, wrong=fell.get(code, 0), count=count)
        for code, message in zip(SHOWN_MEASURES, messages, strict=True)
        if (count := summary.cases.by_measure.get(code, 0))
    ]
    said = listed(counts, phrases)
    return said and phrases.gettext(
        "Mistakes: by %(day)s, %(said)s had been overturned.", day=phrases.day(day), said=said
    )


def open_words(waiting: Standing, phrases: Phrases) -> str:
    """Return what waited for people, in one sentence; kinds without a case are left out."""
    found, notices = sum(waiting.open_findings.values()), waiting.open_notices
    came, disputed, ordered = waiting.open_complaints, waiting.open_disputes, waiting.open_orders
    counts = [
        (found, phrases.ngettext("%(num)s finding", "%(num)s findings", found)),
        (notices, phrases.ngettext("%(num)s notice", "%(num)s notices", notices)),
        (came, phrases.ngettext("%(num)s complaint", "%(num)s complaints", came)),
        (disputed, phrases.ngettext("%(num)s dispute", "%(num)s disputes", disputed)),
        (ordered, phrases.ngettext("%(num)s order", "%(num)s orders", ordered)),
    ]
    said = listed([words for count, words in counts if count], phrases)
    day = phrases.day(waiting.day)
    if not said:
        return phrases.gettext("Nothing was waiting on %(day)s.", day=day)
    return phrases.gettext("On %(day)s these waited for people: %(said)s.", day=day, said=said)
