"""The first screen of a summary: what it says of earlier months, its charts, and its files."""

import io
import itertools
import shutil
import zipfile
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from support.decided_findings import decided, do, world
from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt
from support.published_days import folder_of_every_kind
from support.published_site import pages_of, parsed, sample_site, text_of
from support.sample_entries import contest, decision, outcome

from cases.kinds import CaseNumbers
from phrases import LANGUAGES, of
from publish.folding import Numbers, PublishedSets
from publish.summary import PeriodKind, Summary, SummaryPart
from publish_steps import charts, tables
from publish_steps.page_words import done_words, environment, html_ending
from publish_steps.site_pages import Pages
from recount import differences_of, recount_command

HOSTILE = '"><script>alert(1)</script>\x1b[2J'


def tree(chart: charts.Chart) -> ET.Element:
    """The chart as it is drawn in a page."""
    page = '{% import "charts.html" as charts %}{{ charts.draw(chart) }}'
    return ET.fromstring(environment().from_string(page).render(chart=chart))


def part(day: str, live: int = 0, **numbers: int) -> SummaryPart:
    counts = {"inspected": 0, "refused": 0, "shadow": 0, "held": 0} | numbers
    return SummaryPart(day, provisional=False, revision=1, live=live,
                       by_category={"VIOLENCE/live": live}, **counts)  # fmt: skip


@pytest.mark.parametrize(("top", "scale"), [
    pytest.param(0, [0, 1], id="nothing"),
    pytest.param(3, [0, 1, 2, 3], id="few"),
    pytest.param(17, [0, 5, 10, 15, 20], id="some"),
    pytest.param(100, [0, 50, 100], id="a round number"),
    pytest.param(12_345, [0, 5_000, 10_000, 15_000], id="many"),
])  # fmt: skip
def test_a_scale_has_round_whole_steps(top: int, scale: list[int]) -> None:
    assert charts.steps(top) == scale
    assert len(scale) <= charts.GUIDES + 1


@pytest.mark.parametrize("chart", [
    charts.columns(HOSTILE, [HOSTILE, "2"], [("c1", HOSTILE, [3, 4]), ("shadow", "b", [0, 1])]),
    charts.columns(HOSTILE, [HOSTILE] * 30, [("c1", HOSTILE, [0, *range(29)])]),
    charts.trend(HOSTILE, [HOSTILE] * 3, [1, None, 3], is_open=False),
    charts.trend(HOSTILE, [HOSTILE, "2"], [1, 3], is_open=True),
], ids=["columns", "lines", "a trend", "an open month"])  # fmt: skip
def test_a_drawn_chart_holds_shapes_and_text_alone(chart: charts.Chart) -> None:
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
        0, 0, chart.width, chart.height,
    ]  # fmt: skip
    assert "\x1b" not in "".join(drawn.itertext())


def test_a_bar_says_what_it_means_when_pointed_at() -> None:
    drawn = tree(charts.columns("t", ["1", "2"], [("c1", "Scams", [1_200, 4])]))
    titles = [element.text for element in drawn.iter("title")]
    assert titles == ["t", "1, Scams: 1,200", "2, Scams: 4"]


def test_columns_of_a_label_are_side_by_side_on_the_base_line() -> None:
    chart = charts.columns("t", ["1", "2"], [("c1", "a", [10, 0]), ("c2", "b", [5, 20])])
    first, beside, second = chart.bars
    assert [bar.colour for bar in chart.bars] == ["c1", "c2", "c2"]
    assert all(bar.y + bar.height == pytest.approx(charts.BASE) for bar in chart.bars)
    assert second.height == pytest.approx(2 * first.height) == pytest.approx(4 * beside.height)
    assert beside.x == pytest.approx(first.x + first.width)


@pytest.mark.parametrize(("days", "has_lines"), [(9, False), (10, True), (30, True)])
def test_from_ten_days_on_a_chart_draws_lines(days: int, *, has_lines: bool) -> None:
    chart = charts.columns("t", ["1"] * days, [("c1", "a", [1] * days), ("c2", "b", [0] * days)])
    assert [line.colour for line in chart.lines] == (["c1", "c2"] if has_lines else [])
    assert len(chart.bars) == (0 if has_lines else days)


def test_an_open_month_is_a_hatched_bar_after_a_line() -> None:
    labels = ["Oct", "Nov", "Dec (12 of 31 days)"]
    chart = charts.trend("t", labels, [4, 8, 2], is_open=True)
    (bar,), (line,) = chart.bars, chart.lines
    assert (bar.colour, bar.words, line.path.count("L")) == ("open", labels[-1], 1)
    assert 4 * bar.height == pytest.approx(charts.SMALL_BASE - 4)
    assert not charts.trend("t", labels, [4, 8, 2], is_open=False).bars


def test_a_line_passes_over_days_without_a_number_and_one_row_of_days_is_bars() -> None:
    days, known = [str(day) for day in range(12)], [4, None] * 6
    lines = charts.columns("t", days, [("c1", "a", known), ("c2", "b", known)]).lines
    assert [line.path.count("L") for line in lines] == [5, 5]
    assert f" {charts.BASE:.1f}" not in lines[0].path
    assert not charts.columns("t", days, [("plain", "", known)]).lines


def test_a_guide_is_as_high_as_a_column_of_its_number() -> None:
    chart = charts.columns("t", ["1"], [("c1", "", [15])])
    texts = {label.text: guide for label, guide in zip(chart.labels, chart.guides, strict=False)}
    assert (texts["15"], texts["0"]) == (pytest.approx(chart.bars[0].y), charts.BASE)
    for label, guide in zip(chart.labels, chart.guides, strict=False):
        assert abs(label.y - guide) < 10


@pytest.mark.parametrize("days", [3, 9])
def test_columns_stay_in_the_picture_and_do_not_touch(days: int) -> None:
    chart = charts.columns("t", [str(day) for day in range(days)], [("plain", "", [9] * days)])
    ends = [(bar.x, bar.x + bar.width) for bar in chart.bars]
    assert ends[0][0] > chart.left
    assert ends[-1][1] <= charts.WIDTH
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(ends))


def test_labels_of_a_month_are_thinned_out() -> None:
    days = [str(day) for day in range(1, 31)]
    chart = charts.columns("t", days, [("plain", "", [1] * 30)])
    shown = [label.text for label in chart.labels if label.anchor == "middle"]
    assert shown == ["1", "5", "10", "15", "20", "25", "30"]


def test_the_charts_of_a_period_show_each_day_and_shadow_apart() -> None:
    days = [part("2026-11-05", inspected=90, live=2, shadow=1, decided=4, overturned=1),
            part("2026-11-06", inspected=8, overturned=2)]  # fmt: skip
    rows = [tables.TableRow("VIOLENCE", "Violence", 2, 1, "c2"),
            tables.TableRow("SELF_HARM", "Self-harm", 0, 3, "c6")]  # fmt: skip
    drawn = tables.day_charts(days, rows)
    shown = {name: [(bar.colour, bar.words) for bar in drawn[name].bars] for name in drawn}
    assert shown == {
        "inspected": [("plain", "5: 90"), ("plain", "6: 8")], "shadow": [("plain", "5: 1")],
        "live": [("c2", "5, Violence: 2")],
        "decided": [("plain", "5, Decided findings: 4"), ("fell", "5, Overturned: 1"),
                    ("fell", "6, Overturned: 2")],
    }  # fmt: skip


@pytest.mark.parametrize(("day", "shown"), [
    pytest.param(part("2026-11-05", decided=1), True, id="decided"),
    pytest.param(part("2026-11-05", overturned=1), True, id="overturned only"),
    pytest.param(part("2026-11-05", inspected=9), False, id="neither"),
    pytest.param(part("2026-11-05", acted=1), False, id="acted on without a finding"),
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
    assert "no post was received or acted on" not in page


@pytest.mark.parametrize(("numbers", "cases", "shown"), [
    ({}, {"decisions": 3}, '<dd class="big">3</dd>\n<dd class="unit">decisions</dd>'),
    ({"inspected": 9}, {"decided": 2}, '<dd class="big">2</dd>\n<dd class="unit">decided findings'),
])  # fmt: skip
def test_decisions_count_where_no_posts_came_in(numbers: Any, cases: Any, shown: str) -> None:
    day = Summary(
        provider="acme", kind=PeriodKind.DAY, period="2026-11-05", first_day="2026-11-05",
        last_day="2026-11-05", provisional=False, notice_hours=24,
        numbers=Numbers(**numbers), cases=CaseNumbers(**cases),
    )  # fmt: skip
    page = Pages(PublishedSets({}), "", "2026-11-30").summary(day, digest="")
    assert shown in page
    assert ("No decisions recorded yet" in page) == bool(numbers)


MONTHS = ("2026-09", "2026-10", "2026-11")


def months_of_posts() -> World:
    """Three months of one provider, each with decisions; the last is open."""
    made = World()
    digest = made.put_set(sample_pack())
    for month in MONTHS:
        day = f"{month}-10"
        made.store.add(sample_receipt(day, by_rule={live(): 4}, set=digest))
        for number in range(3):
            done = decision(f"{month}-{number}", found=day)
            made.store.do(msgspec.structs.replace(done, at=f"{day}T13:00:00Z"))
        made.publish(f"{month}-20T03:00:00Z")
    return made


def test_a_month_compares_itself_with_the_months_before_it() -> None:
    made = months_of_posts()
    page = made.text("summaries/acme/2026-11.html")
    assert "October 2026, days 1 to 19: 100" in page
    assert '<a href="2026-09.html">September 2026</a>' in page
    page = made.text("summaries/acme/2026-10.html")
    assert "September 2026: 100" in page
    assert '<a class="before" rel="next" href="2026-11.html">After: November 2026</a>' in page


def test_a_revised_month_changes_the_pages_of_later_months_before_itself() -> None:
    """A run that dies in between is completed by the next, which still finds the old summary."""
    made = months_of_posts()
    made.store.add(sample_receipt("2026-10-19", 9, inspected=50))
    made.store.add(sample_receipt("2026-10-31", 9, inspected=7))
    made.publish("2026-11-20T04:00:00Z", since="2026-10-01")
    assert "October 2026, days 1 to 19: 150" in made.text("summaries/acme/2026-11.html")
    writes = made.calls.writes
    later, own = "summaries/acme/2026-11.html", "summaries/acme/2026-10.json"
    assert writes.index(later) < writes.index(own)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_is_there_in_each_language(language: str) -> None:
    site = sample_site()
    english = [key for key in pages_of(site) if key.count(".") == 1]
    assert len(english) > 10
    for key in english:
        page = site.text(key.removesuffix(".html") + html_ending(language))
        assert f'<html lang="{language}">' in page
        assert len(page.encode()) < 100_000
        alternates = {link["hreflang"] for tag, link in parsed(page).tags
                      if tag == "link" and "hreflang" in link}  # fmt: skip
        assert alternates == set(LANGUAGES)


def test_a_release_that_wrote_english_alone_is_caught_up_with() -> None:
    made = sample_site()
    whole = dict(made.files)
    for key in [key for key in whole if key.endswith((".id.html", ".zh.html"))]:
        del made.files[key]
    made.publish("2026-11-26T12:00:00Z", "2026-11-26", provisional=True)
    assert made.files == whole


@pytest.mark.parametrize(("fell", "came_back", "words"), [
    pytest.param(0, {}, "Also: 2 labelled and 1 restricted in another way.", id="nothing fell"),
    pytest.param(
        3, {}, "None of the 3 removals overturned in this period was restored.", id="not restored"
    ),
    pytest.param(3, {"complaint": 2}, "2 measures were taken back in this period.", id="some were"),
])  # fmt: skip
def test_what_was_done_is_in_few_words(fell: int, came_back: dict[str, int], words: str) -> None:
    removed = "DECISION_VISIBILITY_CONTENT_REMOVED"
    cases = CaseNumbers(by_measure={removed: 31, "DECISION_VISIBILITY_CONTENT_LABELLED": 2,
                                    "DECISION_ACCOUNT_SUSPENDED": 1},
                        overturned_measures={f"2026-10/{removed}": fell, "2026-10/decisions": 9},
                        reinstated=came_back)  # fmt: skip
    assert words in done_words(cases, of("en"))
    assert ("taken back" in done_words(cases, of("en"))) == bool(came_back)


def contested_removals() -> World:
    """Four removals in October. One falls in October, one in November; the month is over."""
    made = World()
    made.store.add(sample_receipt("2026-10-10"))
    done = [decision(f"d {n}", found="2026-10-10", day="2026-10-10") for n in range(4)]
    fell = [outcome(f"o {n}", contest(f"c {n}", done[n]), day=day)
            for n, day in enumerate(("2026-10-25", "2026-11-20"))]  # fmt: skip
    do(made, *done, *fell)
    made.publish("2026-11-26T02:00:00Z", since="2026-10-01")
    return made


@pytest.mark.parametrize(("language", "words"), [
    ("en", "2 of 4 proved wrong by November 2026"),
    ("id", "2 dari 4 ternyata keliru hingga November 2026"),
    ("zh", "被证明有误，截至 2026年11月"),
])  # fmt: skip
def test_a_month_says_how_many_of_its_removals_were_wrong_by_now(language: str, words: str) -> None:
    """The page of a closed month counts what later months overturned, and says which said so."""
    page = contested_removals().text(f"summaries/acme/2026-10{html_ending(language)}")
    assert words in text_of(page)
    assert "%" not in text_of(page[page.index('id="short"') : page.index('id="found"')])


def has_short_cards(page: str) -> None:
    answers = page[page.index('<dl class="answers">') : page.index("</dl>")]
    for card in answers.split("<dt>")[1:]:
        words = text_of(card.partition("<svg")[0]).split()
        assert len(words) <= 25, words


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_card_has_at_most_25_words(language: str) -> None:
    made = contested_removals()
    for path in ("index", "summaries/acme/2026-10", "summaries/all/2026-11"):
        has_short_cards(made.text(f"{path}{html_ending(language)}"))


def test_pages_that_grew_are_those_that_are_written_at_once() -> None:
    """A month's page changes when a later month overturns its decisions, and with nothing else."""
    made = contested_removals()
    grown = dict(made.files)
    made.publish("2026-11-26T02:00:00Z", since="2026-10-01", rebuild=True)
    assert made.files == grown
    made.store.add(sample_receipt("2026-11-25"))
    made.publish("2026-11-26T03:00:00Z")
    assert "summaries/acme/2026-10.html" not in made.calls.writes


def test_two_rates_are_never_mixed_and_few_cases_have_none() -> None:
    """Of the decisions of two days, one removal of twenty falls, and 14 proposals are rejected."""
    made = world(d20261125=60)
    done = [*decided(20, "confirmed"), *decided(14, "dismissed", measures=None)]
    fell = contest("c", done[0])
    do(made, *done, fell, outcome("o", fell, day="2026-11-25"))
    made.publish(CLOSED)
    has_short_cards(made.text("summaries/acme/2026-11.html"))
    said = text_of(made.text("summaries/acme/2026-11.html"))
    wrong = "proved wrong by 25 November 2026: 5.0%; with 95% confidence between 0.9% and 24%"
    assert f"1 of 20 {wrong}" in said
    assert "Proposals of this period that people rejected: 14 of 34: nobody was affected." in said
    few = text_of(contested_month().text("summaries/acme/2026-11.html"))
    assert "1 of 1 proved wrong by 25 November 2026 What" in few


def test_a_later_month_says_how_many_removals_of_each_month_fell_since(tmp_path: Path) -> None:
    """November overturned a removal of October, which is not a mistake of November's removals."""
    made = contested_removals()
    page = made.text("summaries/acme/2026-11.html")
    assert "Nothing was removed." in page
    assert '<td role="cell" class="num" data-label="Removals">2 of 4</td>' in page
    row = text_of(made.text("index.html").partition('scope="row">')[2].partition("</tr>")[0])
    assert row == "acme 100 0 in all 4 in all 2 of 4 2 – 0"
    folder = made.copy_to(tmp_path)
    for path in sorted((folder / "summaries").glob("*/*.json")):
        assert list(differences_of(folder, path)) == []
    path = folder / "summaries/acme/2026-11.json"
    path.write_bytes(path.read_bytes().replace(b'"2026-10/decisions"', b'"2026-11/decisions"'))
    assert any("overturned_measures" in problem for problem in differences_of(folder, path))


def contested_month() -> World:
    """A month with a decision and a complaint that reversed it."""
    made = World()
    first = decision("d")
    complaint = msgspec.structs.replace(contest("x", first), at=first.at)
    made.store.add(sample_receipt())
    do(made, first, complaint, outcome("o", complaint, day="2026-11-25"))
    made.publish(CLOSED)
    return made


def test_authors_read_how_complaints_ended() -> None:
    made = contested_month()
    page = made.text("authors.html")
    assert "1 complaint was answered so far." in page
    assert "Half of them" not in page, "no median of a single one"
    assert "已答复 1 份申诉" in made.text("authors.zh.html")
    for page, form in ("", "object?language=en"), (".zh", "object?language=zh"), (".id", "report?"):
        assert f'"https://ask.example/{form}' in made.text(f"authors{page}.html")


def test_without_forms_the_page_for_authors_names_none() -> None:
    page = Pages(PublishedSets({}), "", "2026-11-26").authors(CaseNumbers())
    assert "/object" not in page


def unpacked(data: bytes, folder: Path) -> dict[str, Any]:
    """Unpack an archive; its manifest."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
        manifest: dict[str, Any] = msgspec.json.decode(archive.read("manifest.json"))
        names = {file["path"] for file in manifest["files"]}
        assert names | {"manifest.json"} == set(archive.namelist())
    return manifest


def test_each_archive_can_be_recounted_alone_but_a_day_lacks_its_sets(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """A set is larger than all else of a day, and the same for many days."""
    public = folder_of_every_kind(tmp_path / "public")
    archives = sorted(public.glob("summaries/*/*.zip"))
    assert len(archives) > 30
    for path in archives:
        folder = tmp_path / path.parent.name / path.stem
        manifest = unpacked(path.read_bytes(), folder)
        summary = msgspec.json.decode(path.with_suffix(".json").read_bytes())
        lacking = sorted(summary["numbers"]["sets"]) if summary["kind"] == "day" else []
        assert [named["sha256"] for named in manifest["sets"]] == lacking
        for named in manifest["sets"]:
            assert recount_command(folder) == 1
            assert f"{named['path']} is not here" in capsys.readouterr().out
            (folder / "sets").mkdir(exist_ok=True)
            shutil.copy(public / named["path"], folder / named["path"])
        assert recount_command(folder) == 0, capsys.readouterr().out


def test_a_month_carries_on_from_another_that_its_archive_cannot_recount(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    made = months_of_posts()
    assert "summaries/acme/2026-11.zip" not in made.files, "the month is open"
    data = made.files["summaries/acme/2026-10.zip"]
    assert unpacked(data, tmp_path)["sets"] == []
    assert recount_command(tmp_path) == 0
    assert "0 differ; this zip lacks the journals of 1\n" in capsys.readouterr().out
    del made.files["summaries/acme/2026-10.zip"]
    made.publish("2026-11-20T05:00:00Z", since="2026-10-01", rebuild=True)
    assert made.files["summaries/acme/2026-10.zip"] == data


def test_the_feed_names_closed_periods_and_corrections_newest_first() -> None:
    made = months_of_posts()
    made.store.add(sample_receipt("2026-11-10", 9, inspected=50))
    made.publish("2026-11-20T04:00:00Z")
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ET.fromstring(made.files["feed.xml"])
    titles = [entry.findtext(f"{atom}title") or "" for entry in feed.iter(f"{atom}entry")]
    dates = [entry.findtext(f"{atom}updated") or "" for entry in feed.iter(f"{atom}entry")]
    assert dates == sorted(dates, reverse=True)
    assert date.fromisoformat(dates[0][:10]) == date(2026, 11, 20)
    assert "Correction: All providers, 10 November 2026, revision 2" in titles
    assert "acme, October 2026" in titles
    assert not [title for title in titles if "November 2026" in title and "acme, N" in title]
