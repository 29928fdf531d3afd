"""Charts: their geometry follows the numbers, and they consist of shapes and text."""

import itertools
from xml.etree import ElementTree as ET

import pytest

from cases.kinds import CaseNumbers
from publish.folding import Numbers, PublishedSets
from publish.summary import PeriodKind, Standing, Summary, SummaryPart
from publish_steps.headline import BASE, GUIDES, WIDTH, Chart, bars, columns, steps
from publish_steps.page_words import environment
from publish_steps.site_pages import Pages
from publish_steps.tables import (
    TableRow,
    category_chart,
    complaints_chart,
    decided_chart,
    findings_chart,
    inspected_chart,
    open_chart,
)

HOSTILE = '"><script>alert(1)</script>\x1b[2J'


def tree(chart: Chart) -> ET.Element:
    """The chart as it is drawn in a page."""
    page = '{% import "charts.html" as charts %}{{ charts.draw(chart) }}'
    return ET.fromstring(environment().from_string(page).render(chart=chart))


def part(day: str, **numbers: int) -> SummaryPart:
    counts = dict.fromkeys(("inspected", "refused", "live", "shadow", "held"), 0) | numbers
    by_category = {"VIOLENCE/live": counts["live"]}
    return SummaryPart(day, provisional=False, revision=1, by_category=by_category, **counts)


@pytest.mark.parametrize(("top", "scale"), [
    pytest.param(0, [0, 1], id="nothing"),
    pytest.param(3, [0, 1, 2, 3], id="few"),
    pytest.param(17, [0, 5, 10, 15, 20], id="some"),
    pytest.param(100, [0, 50, 100], id="a round number"),
    pytest.param(12_345, [0, 5_000, 10_000, 15_000], id="many"),
])  # fmt: skip
def test_a_scale_has_round_whole_steps(top: int, scale: list[int]) -> None:
    assert steps(top) == scale
    assert len(scale) <= GUIDES + 1


@pytest.mark.parametrize("chart", [
    columns(HOSTILE, [HOSTILE, "2"], [("c1", HOSTILE, [3, 4]), ("shadow", "b", [0, 1])]),
    bars(HOSTILE, [("plain", HOSTILE, 7), ("plain", "b", 0)]),
    bars("many rows", [("plain", str(n), 1_000 * n) for n in range(40)]),
], ids=["columns", "bars", "many bars"])  # fmt: skip
def test_a_drawn_chart_holds_shapes_and_text_alone(chart: Chart) -> None:
    """Screen readers say its first child, the title; every coordinate is a plain number."""
    drawn = tree(chart)
    assert drawn.attrib.keys() == {"class", "role", "viewBox"}
    assert drawn[0].tag == "title"
    for element in drawn.iter():
        assert element.tag in {"svg", "rect", "path", "text", "title"}
        assert set(element.keys()) <= {"class", "role", "viewBox", "x", "y", "width", "height", "d"}
        for side in {"x", "y", "width", "height"} & set(element.keys()):
            assert float(element.attrib[side]) >= 0
    assert [float(number) for number in drawn.attrib["viewBox"].split()] == [
        0, 0, WIDTH, chart.height,
    ]  # fmt: skip
    assert "\x1b" not in "".join(drawn.itertext())


def test_a_bar_says_what_it_means_when_pointed_at() -> None:
    drawn = tree(columns("t", ["1", "2"], [("c1", "Scams", [1_200, 4])]))
    titles = [element.text for element in drawn.iter("title")]
    assert titles == ["t", "1, Scams: 1,200", "2, Scams: 4"]


def test_columns_are_stacked_on_the_base_line_in_the_order_of_the_series() -> None:
    chart = columns("t", ["1", "2"], [("c1", "a", [10, 0]), ("c2", "b", [5, 20])])
    first, above, second = chart.bars
    assert [bar.colour for bar in chart.bars] == ["c1", "c2", "c2"]
    assert first.y + first.height == pytest.approx(BASE)
    assert above.y + above.height == pytest.approx(first.y)
    assert second.y + second.height == pytest.approx(BASE)
    assert second.height == pytest.approx(2 * first.height) == pytest.approx(4 * above.height)
    assert first.x == above.x < second.x


def test_a_guide_is_as_high_as_a_column_of_its_number() -> None:
    chart = columns("t", ["1"], [("c1", "", [15])])
    texts = {label.text: guide for label, guide in zip(chart.labels, chart.guides, strict=False)}
    assert texts["15"] == pytest.approx(chart.bars[0].y)
    assert texts["0"] == BASE
    for label, guide in zip(chart.labels, chart.guides, strict=False):
        assert abs(label.y - guide) < 10


def test_bars_are_as_long_as_their_numbers_and_the_largest_fills_the_width() -> None:
    chart = bars("t", [("plain", "a", 40), ("fell", "b", 10), ("plain", "none", 0)])
    assert [bar.width for bar in chart.bars] == [pytest.approx(WIDTH), pytest.approx(WIDTH / 4)]
    assert [label.text for label in chart.labels] == ["a", "40", "b", "10", "none", "0"]
    assert all(bar.y + bar.height < chart.height for bar in chart.bars)


@pytest.mark.parametrize("days", [3, 30])
def test_columns_stay_in_the_picture_and_do_not_touch(days: int) -> None:
    chart = columns("t", [str(day) for day in range(days)], [("plain", "", [9] * days)])
    ends = [(bar.x, bar.x + bar.width) for bar in chart.bars]
    assert ends[0][0] > chart.left
    assert ends[-1][1] <= WIDTH
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(ends))


def test_labels_of_a_month_are_thinned_out() -> None:
    days = [str(day) for day in range(1, 31)]
    chart = columns("t", days, [("plain", "", [1] * 30)])
    shown = [label.text for label in chart.labels if label.anchor == "middle"]
    assert shown == ["1", "5", "10", "15", "20", "25", "30"]


def test_the_chart_of_decisions_has_what_was_decided_and_above_it_what_was_overturned() -> None:
    chart = decided_chart([
        part("2026-11-05", decided=4, overturned=1), part("2026-11-06", overturned=2),
    ])  # fmt: skip
    assert [(bar.colour, bar.words) for bar in chart.bars] == [
        ("plain", "5, Decided: 4"),
        ("fell", "5, Overturned: 1"),
        ("fell", "6, Overturned: 2"),
    ]
    decided, overturned, _ = chart.bars
    assert overturned.y + overturned.height == pytest.approx(decided.y)
    assert decided.height == pytest.approx(4 * overturned.height)


def test_the_charts_of_a_period_show_each_day_and_category() -> None:
    days = [part("2026-11-05", inspected=90, live=2, shadow=1), part("2026-11-06", inspected=8)]
    rows = [
        TableRow("VIOLENCE", "Violence", 2, 1, "c2"),
        TableRow("SELF_HARM", "Self-harm", 0, 3, "c6"),
    ]
    assert [(bar.colour, bar.words) for bar in findings_chart(days, rows).bars] == [
        ("c2", "5, Violence: 2"), ("shadow", "5, In shadow: 1"),
    ]  # fmt: skip
    assert [bar.words for bar in inspected_chart(days).bars] == ["5: 90", "6: 8"]
    assert [(bar.colour, bar.words) for bar in category_chart(rows).bars] == [
        ("c2", "Violence: 2"), ("shadow", "In shadow: 4"),
    ]  # fmt: skip


def test_a_reversed_complaint_has_a_colour_of_its_own() -> None:
    chart = complaints_chart(CaseNumbers(complaints_ended={"reversed": 1, "upheld": 3}))
    assert chart is not None
    assert [(bar.colour, bar.words) for bar in chart.bars] == [
        ("plain", "Decision upheld: 3"), ("fell", "Reversed: 1"),
    ]  # fmt: skip
    assert complaints_chart(CaseNumbers()) is None


def test_open_findings_are_shown_by_age() -> None:
    chart = open_chart(Standing("2026-11-30", open_findings={"2026-11-30": 2, "2026-10-01": 1}))
    assert chart is not None
    assert [bar.words for bar in chart.bars] == ["1 day or less: 2", "more than 30 days: 1"]
    assert open_chart(Standing("2026-11-30", open_findings={"2026-11-30": 2})) is None


@pytest.mark.parametrize(("day", "shown"), [
    pytest.param(part("2026-11-05", decided=1), True, id="decided"),
    pytest.param(part("2026-11-05", overturned=1), True, id="overturned only"),
    pytest.param(part("2026-11-05", inspected=9), False, id="neither"),
])  # fmt: skip
def test_the_chart_of_decisions_is_on_a_page_with_any(day: SummaryPart, *, shown: bool) -> None:
    month = Summary(
        provider="acme", kind=PeriodKind.MONTH, period="2026-11", first_day="2026-11-01",
        last_day="2026-11-30", provisional=False, notice_hours=24,
        days=(day, part("2026-11-06", inspected=1)),
        numbers=Numbers(), cases=CaseNumbers(by_verdict={"skipped": 1}),
    )  # fmt: skip
    page = Pages(PublishedSets({}), "", "2026-11-30").summary(month, digest="")
    assert ("<title>Findings decided and decisions overturned by day</title>" in page) == shown
