"""Charts: shapes and text alone, the same bytes for the same numbers."""

import re
from xml.etree import ElementTree as ET

import pytest

from publish.site.charts import GUIDES, bars, columns, steps

HOSTILE = '"><script>alert(1)</script>\x1b[2J'


@pytest.mark.parametrize(
    ("top", "scale"),
    [
        pytest.param(0, [0, 1], id="nothing"),
        pytest.param(3, [0, 1, 2, 3], id="few"),
        pytest.param(17, [0, 5, 10, 15, 20], id="some"),
        pytest.param(100, [0, 50, 100], id="a round number"),
        pytest.param(12_345, [0, 5_000, 10_000, 15_000], id="many"),
    ],
)
def test_a_scale_has_round_whole_steps(top: int, scale: list[int]) -> None:
    assert steps(top) == scale
    assert len(scale) <= GUIDES + 1


def tree(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def test_a_chart_holds_shapes_and_text_alone() -> None:
    drawn = columns("Title", ["1", "2"], [("c1", HOSTILE, [3, 4]), ("shadow", "b", [0, 1])])
    drawn += bars(HOSTILE, [("plain", HOSTILE, 7)])
    for svg in re.findall(r"<svg.*?</svg>", drawn):
        allowed = {"svg", "g", "rect", "path", "text", "title"}
        attributes = {"class", "role", "viewBox", "x", "y", "width", "height", "d", "transform"}
        for element in tree(svg).iter():
            assert element.tag in allowed
            assert set(element.keys()) <= attributes
    assert "<script" not in drawn
    assert "\x1b" not in drawn


def test_a_chart_is_the_same_each_time() -> None:
    series = [("c1", "a", [3, 4])]
    assert columns("t", ["1", "2"], series) == columns("t", ["1", "2"], series)


def test_a_bar_says_what_it_stands_for_when_pointed_at() -> None:
    drawn = columns("t", ["1", "2"], [("c1", "Scams", [1_200, 4])])
    titles = [element.text for element in tree(drawn).iter("title")]
    assert titles == ["t", "1, Scams: 1,200", "2, Scams: 4"]


def test_bars_are_as_long_as_their_numbers() -> None:
    drawn = tree(bars("t", [("plain", "a", 40), ("plain", "b", 10)]))
    widths = sorted(float(rect.get("width", "0")) for rect in drawn.iter("rect"))
    assert widths[1] == pytest.approx(4 * widths[0], rel=0.01)


def test_labels_of_a_month_are_thinned_out() -> None:
    days = [str(day) for day in range(1, 31)]
    drawn = tree(columns("t", days, [("plain", "", [1] * 30)]))
    shown = [str(text.text) for text in drawn.iter("text") if text.get("y") == "238.5"]
    assert shown == ["1", "5", "10", "15", "20", "25", "30"]


def test_no_row_gives_no_chart() -> None:
    assert bars("t", []) == ""
