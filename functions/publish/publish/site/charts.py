"""Charts as inline SVG: no script, no style of their own, the same bytes for the same numbers.

pygal computes scales, guides and bars. Of what it draws only shapes and text are taken over, by
an allow-list: its scripts, styles, comments with the date of drawing and tooltips stay behind, so
that a page can forbid all of these, and the page's stylesheet colours the charts by class.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup
from pygal.style import Style

from ledger.foreign_text import replace_controls

WIDTH = 560
"""Units of a chart's width; at 390 pixels a unit is about 0.6 of a pixel, so labels are large."""

LABEL_UNITS = 15
ROW_UNITS = 38
GUIDES = 4
"""Guides above the base line, at most."""

_DRAWN = {
    "g": ("transform",),
    "rect": ("x", "y", "width", "height"),
    "path": ("d",),
    "text": ("x", "y"),
}
_LEFT_BEHIND = {"tooltip-overlay", "text-overlay", "overlay", "titles", "background"}
_NUMBER = re.compile(r"-?\d+\.\d+")

Series = Sequence[tuple[str, str, Sequence[int]]]
"""Rows of a chart: the class that colours it, its name, and a value for each label."""


def columns(title: str, labels: Sequence[str], series: Series) -> Markup:
    """Upright bars, the series on top of each other; labels thinned out so that they do not touch.

    Args:
        title: Said by screen readers in place of the picture; the table beside it has the numbers.
        labels: One for each column, for example the days of a month.
        series: What is stacked; empty for an empty chart.
    """
    top = max((sum(column) for column in zip(*(row[2] for row in series), strict=True)), default=0)
    every = 1 if len(labels) <= 12 else 5
    shown = [label if n == 0 or (n + 1) % every == 0 else "" for n, label in enumerate(labels)]
    chart = pygal.StackedBar(**_config(height=260, x_labels=shown, y_labels=_scale(top)))
    return _drawn(chart, title, labels, series)


def bars(title: str, rows: Sequence[tuple[str, str, int]]) -> Markup:
    """Lying bars, one for each (class, label, value), the first on top."""
    if not rows:
        return Markup()
    top = max(value for _, _, value in rows)
    upwards = [*reversed(rows)]
    chart = pygal.HorizontalStackedBar(
        **_config(
            height=60 + ROW_UNITS * len(rows),
            x_labels=[label for _, label, _ in upwards],
            y_labels=_scale(top),
        )
    )
    classes = list(dict.fromkeys(name for name, _, _ in upwards))
    series = [
        (name, "", [value if row == name else 0 for row, _, value in upwards]) for name in classes
    ]
    return _drawn(chart, title, [label for _, label, _ in upwards], series)


def steps(top: int) -> list[int]:
    """The guides of a scale from nought: whole numbers, each 1, 2 or 5 times a power of ten.

    >>> steps(17), steps(0), steps(1_234)
    ([0, 5, 10, 15, 20], [0, 1], [0, 500, 1000, 1500])
    """
    sizes = (digit * 10**power for power in count() for digit in (1, 2, 5))
    step = next(size for size in sizes if size * GUIDES >= top)
    return [step * n for n in range(-(-max(top, 1) // step) + 1)]


def _scale(top: int) -> list[dict[str, Any]]:
    return [{"value": step, "label": f"{step:,}"} for step in steps(top)]


def _config(**changes: Any) -> dict[str, Any]:
    style = Style(label_font_size=LABEL_UNITS, major_label_font_size=LABEL_UNITS)
    fixed = {
        "js": (),
        "css": (),
        "show_legend": False,
        "truncate_label": -1,
        "spacing": 8,
        "margin": 8,
    }
    return {**fixed, "width": WIDTH, "style": style, **changes}


def _drawn(chart: Any, title: str, labels: Sequence[str], series: Series) -> Markup:
    for _, name, values in series:
        chart.add(
            replace_controls(name),
            [_bar(label, name, n) for label, n in zip(labels, values, strict=True)],
        )
    root = chart.render_tree()
    kind = "chart lying" if getattr(chart, "horizontal", False) else "chart"
    picture = ET.Element("svg", {"class": kind, "role": "img", "viewBox": root.get("viewBox")})
    ET.SubElement(picture, "title").text = replace_controls(title)
    _take_over(root, picture, [name for name, _, _ in series])
    drawn = ET.tostring(picture, encoding="unicode")
    # Only shapes of the allow-list came over, and text that ElementTree escapes.
    return Markup(drawn)  # noqa: S704 # nosec B704


def _bar(label: str, name: str, value: int) -> dict[str, Any]:
    """A bar, and what pointing at it says."""
    said = f"{label}, {name}: {value:,}" if name else f"{label}: {value:,}"
    return {"value": value, "label": replace_controls(said)}


def _take_over(drawn: Any, into: ET.Element, colours: Sequence[str]) -> None:
    """Copy what a chart may hold, below `into`."""
    for child in drawn:
        names = set((child.get("class") or "").split())
        tag = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if tag not in _DRAWN or names & _LEFT_BEHIND or _is_flat(tag, child):
            continue
        kept = {key: _rounded(child.get(key)) for key in _DRAWN[tag] if child.get(key)}
        if meaning := " ".join(_meanings(names, colours)):
            kept["class"] = meaning
        copy = ET.Element(tag, kept)
        if tag == "text":
            copy.text = replace_controls(child.text or "")
        _take_over(child, copy, colours)
        if "bar" in names and len(copy):
            ET.SubElement(copy, "title").text = _said(child)
        if len(copy) or copy.text or tag in {"rect", "path"}:
            into.append(copy)


def _is_flat(tag: str, shape: Any) -> bool:
    return tag == "rect" and not all(float(shape.get(side) or 0) for side in ("width", "height"))


def _meanings(names: Iterable[str], colours: Sequence[str]) -> list[str]:
    """The classes that the stylesheet knows; a colour is named by its series, not its number."""
    kept = [name for name in ("axis", "x", "y", "guide", "series") if name in names]
    numbers = (name.removeprefix("color-") for name in names if name.startswith("color-"))
    return kept + [colours[int(number)] for number in numbers]


def _said(bar: Any) -> str:
    return next((child.text for child in bar if child.get("class") == "label"), "")


def _rounded(text: str) -> str:
    """Numbers with one decimal: a tenth of a unit is never seen, and bytes are saved."""
    return _NUMBER.sub(lambda found: f"{float(found.group()):.1f}".removesuffix(".0"), text)
