"""The geometry of bar charts; `templates/charts.html` draws it as inline SVG.

A chart is data: bars, guides and labels with their places in units of the picture. The page's
stylesheet colours a bar by its class, in dark and in light.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

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
