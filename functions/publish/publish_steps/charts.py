"""Charts of the pages of summaries: upright bars, lines, and the small line of a trend.

A chart is data: bars, lines, guides and labels with their places in units of the picture.
`templates/charts.html` draws it as inline SVG. The page's stylesheet colours a bar or line by its
class, in dark and in light.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
LINES_FROM = 10
"""Columns from which on a chart of several rows draws lines: its bars would be too thin."""

SMALL_WIDTH, SMALL_HEIGHT, SMALL_BASE, SMALL_BAR = 240.0, 64.0, 46.0, 16.0
"""Of a small chart: its width and height, its base line, and the bar of an open month."""

GUIDES = 4
"""Guides above the base line, at most."""

Series = Sequence[tuple[str, str, Sequence[int | None]]]
"""Rows of a chart: the class that colours it, its name, and a value for each label, or None."""


class ChartBar(NamedTuple):
    """A rectangle, the class that colours it, and what pointing at it says."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    words: str


class ChartLine(NamedTuple):
    """A line: the data of its path, the class that colours it, and its name."""

    path: str
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
    """A picture of `width` and `height` units. Guides lie across it, the base line first.

    Screen readers say the title in place of the picture; a table next to it has the numbers.
    """

    title: str
    height: float
    bars: tuple[ChartBar, ...]
    labels: tuple[ChartLabel, ...]
    guides: tuple[float, ...] = ()
    left: float = 0.0
    width: float = WIDTH
    lines: tuple[ChartLine, ...] = ()


def columns(title: str, labels: Sequence[str], series: Series) -> Chart:
    """Return upright bars, those of a label side by side; of many rows and labels, lines.

    No bar is drawn for 0, and a line passes over what is None. More than twelve labels are thinned
    out to the first and each fifth, so that they do not touch.

    >>> columns("Posts", ["1", "2"], [("plain", "", [5, 0])]).bars[0].words
    '1: 5'
    """
    scale = steps(max((value or 0 for _, _, values in series for value in values), default=0))
    unit = (BASE - TOP) / scale[-1]
    left = 8.0 + DIGIT * len(f"{scale[-1]:,}")
    place = (WIDTH - left) / max(1, len(labels))
    middles = [left + (number + 0.5) * place for number in range(len(labels))]
    every = 1 if len(labels) <= 12 else 5
    texts = [ChartLabel(left - 8, BASE - unit * step + 4, "end", f"{step:,}") for step in scale]
    texts += (
        ChartLabel(middle, BASE + 20, "middle", label)
        for number, (middle, label) in enumerate(zip(middles, labels, strict=True))
        if number == 0 or (number + 1) % every == 0
    )
    drawn: list[ChartBar] = []
    lines: list[ChartLine] = []
    width = min(WIDEST_BAR, BAR_SHARE * place / max(1, len(series)))
    for row, (colour, name, values) in enumerate(series):
        if len(labels) >= LINES_FROM and len(series) > 1:
            known = [at for at, value in enumerate(values) if value is not None]
            heights = [BASE - unit * (values[at] or 0) for at in known]
            path = line_path([middles[at] for at in known], heights)
            lines.append(ChartLine(path, colour, name))
            continue
        for middle, label, value in zip(middles, labels, values, strict=True):
            if value:
                words = f"{label}, {name}: {value:,}" if name else f"{label}: {value:,}"
                x, height = middle + (row - len(series) / 2) * width, unit * value
                drawn.append(ChartBar(x, BASE - height, width, height, colour, words))
    guides = tuple(BASE - unit * step for step in scale)
    return Chart(title, HEIGHT, tuple(drawn), tuple(texts), guides, left, lines=tuple(lines))


def line_path(xs: Sequence[float], ys: Sequence[float | None]) -> str:
    """Return the path of a line, which stops where a value is missing.

    >>> line_path([0, 5, 10, 15], [1, 2, None, 3])
    'M0.0 1.0L5.0 2.0M15.0 3.0h0'
    """
    path, is_open = "", False
    for number, (x, y) in enumerate(zip(xs, ys, strict=True)):
        if y is not None:
            path += f"{'L' if is_open else 'M'}{x:.1f} {y:.1f}"
            if not is_open and all(later is None for later in ys[number + 1 : number + 2]):
                path += "h0"  # a point alone, which a round end of the line shows
        is_open = y is not None
    return path


def trend(
    title: str, labels: Sequence[str], values: Sequence[float | None], *, is_open: bool
) -> Chart:
    """Return a small line for a trend. An open last month is a hatched bar: it will grow.

    The first and last label are shown. The title holds no numbers: a table of the page has them.
    """
    unit = (SMALL_BASE - 4) / (max((value or 0 for value in values), default=0) or 1)
    step = (SMALL_WIDTH - SMALL_BAR) / max(1, len(values) - 1)
    middles = [SMALL_BAR / 2 + number * step for number in range(len(values))]
    ys = [None if value is None else SMALL_BASE - unit * value for value in values]
    drawn: list[ChartBar] = []
    if is_open and (last := ys.pop()) is not None:
        x = middles[-1] - SMALL_BAR / 2
        drawn.append(ChartBar(x, last, SMALL_BAR, SMALL_BASE - last, "open", labels[-1]))
    texts = tuple(
        ChartLabel(*place, labels[number])
        for number, place in {
            0: (0.0, SMALL_BASE + 15, "start"),
            len(labels) - 1: (SMALL_WIDTH, SMALL_BASE + 15, "end"),
        }.items()
    )
    line = ChartLine(line_path(middles[: len(ys)], ys), "plain", title)
    return Chart(
        title,
        SMALL_HEIGHT,
        tuple(drawn),
        texts,
        guides=(SMALL_BASE,),
        width=SMALL_WIDTH,
        lines=(line,),
    )


def steps(top: int) -> list[int]:
    """Return the guides of a scale from 0: whole numbers, 1, 2 or 5 times a power of ten apart.

    >>> steps(17), steps(0), steps(1_234)
    ([0, 5, 10, 15, 20], [0, 1], [0, 500, 1000, 1500])
    """
    sizes = (digit * 10**power for power in range(len(str(top))) for digit in (1, 2, 5))
    step = next(size for size in sizes if size * GUIDES >= top)
    return [step * n for n in range(-(-max(top, 1) // step) + 1)]
