"""The pages in a real browser: at two widths, dark and light, from a folder and from a server."""

import functools
import http.server
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser
from support.chromium import IN_CHROMIUM, Window, check_page
from support.log_world import LogWorld
from support.publish_world import World, live, sample_pack, sample_receipt, sample_rule, scored_pack
from support.sample_entries import contest, decision, entry, outcome
from support.serving import Quiet, serving

from ledger.cases import JournalEntry

PAGES = {
    "the index": "index.html",
    "an open month": "summaries/acme/2026-11.html",
    "a month of all": "summaries/all/2026-10.html",
    "a revised day": "summaries/acme/2026-11-20.html",
    "a day with every notice": "summaries/acme/2026-11-25.html",
    "a campaign": "summaries/acme/autumn.html",
    "a pack": "packs/one-time-codes/1.html",
    "a pack with a trial": "packs/threats/1.html",
    "a pack with scores": "packs/by-weight/1.html",
    "an open month in Indonesian": "summaries/acme/2026-11.id.html",
    "the index in Chinese": "index.zh.html",
    "the page for authors": "authors.zh.html",
    "the method": "method.id.html",
    "the index, with a log": "logged/index.html",
    "a month, with a log": "logged/summaries/all/2026-11.zh.html",
    "the method, with a log": "logged/method.id.html",
    "the check, with a log": "logged/check.zh.html",
}

pytestmark = IN_CHROMIUM


def everything_people_do() -> Iterator[JournalEntry]:
    """Cases of every kind on one day, so that the pages show every table about them."""
    first = decision("first")
    yield first
    for number in range(22):
        yield decision(f"c {number}", looked_seconds=number % 7, after_hours=number)
        yield decision(f"d {number}", "dismissed", moderator="budi", measures=None)
    complaint, dispute = contest("x", first), contest("y", first, "dispute")
    for asked in (complaint, dispute):
        yield msgspec.structs.replace(asked, at=first.at)
    yield outcome("ox", complaint, day="2026-11-25")
    yield outcome("oy", dispute, "upheld", day="2026-11-25", implemented=True, moderator="")
    yield entry("n", "notice", category="VIOLENCE", items=2, trusted_flagger=True)
    yield entry("s", "suspension", why="illegal_content", moderator="sari")
    yield entry("v", "second_review", decision=first.entry, about=first, verdict="dismissed",
                moderator="sari")  # fmt: skip
    for number, end in enumerate(("complied", "contested", "")):
        yield entry(f"w {number}", "order", kind="act", country="DE", items=1, outcome=end,
                    authority="An office", received_at="2026-11-24T08:00:00Z",
                    acknowledged_at="2026-11-24T09:00:00Z")  # fmt: skip
    tried = {"tried": "threats/1/names-a-place", "band": "all", "moderator": "sari"}
    evidence = {"judged": 30, "right": 29, "wrong": 1, "low": 0.8333, "high": 0.9941, "people": 2}
    yield entry("t", "trial", verdict="right", **tried)
    yield entry(
        "u", "adoption", rule="threats/names-a-place", version=1, evidence=evidence, **tried
    )
    for number in range(120):
        bad = {"category": "VIOLENCE"} if number == 7 else {}
        verdict = "violating" if bad else "not_violating"
        yield entry(f"a {number}", "audit", month="2026-11", verdict=verdict, **bad)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site with every kind of page and notice, as a folder."""
    made = World(public_url="")
    rules = [sample_rule(), sample_rule("sells-accounts", severity="medium")]
    packs = [sample_pack(rules=rules, campaign="autumn"),
             sample_pack("threats", rules=[sample_rule("names-a-place")], category="VIOLENCE"),
             scored_pack()]  # fmt: skip
    pause = {"rule": "threats/names-a-place", "since": "2026-11-24", "why": "The title of a song."}
    digest = made.put_set(*packs, acme={"packs": None, "paused": [pause]})
    found = {live(): 7, live("sells-accounts"): 2, "threats/1/names-a-place/shadow": 3}
    for number in range(1, 6):
        for day in ("2026-10-29", f"2026-11-{number * 5:02}"):
            made.store.add(
                sample_receipt(day, number, inspected=1_000 * number, by_rule=found, set=digest)
            )
    made.store.add(sample_receipt("2026-10-29", provider="kilat", inspected=40, set=digest))
    made.store.add(sample_receipt(number=7, by_rule=found, held={live(): 4}, set=digest))
    made.store.add(sample_receipt(number=8, records=7))
    for done in everything_people_do():
        made.store.do(done)
    made.publish("2026-11-26T02:00:00Z")
    made.store.add(sample_receipt("2026-11-20", 9, inspected=12, set=digest))
    made.publish("2026-11-26T03:00:00Z")
    root = tmp_path_factory.mktemp("site")
    logged = LogWorld()
    logged.put_set(sample_pack())
    logged.count(sample_receipt())
    logged.publish("2026-11-26T02:00:00Z")
    logged.copy_to(root / "logged")
    return made.copy_to(root)


class QuietFolder(Quiet, http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[str]:
    handler = functools.partial(QuietFolder, directory=str(folder))
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)) as address:
        yield address


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_is_accessible_fits_its_window_and_asks_for_nothing(window: Window, folder: Path,
        path: str) -> None:  # fmt: skip
    window.page.goto(f"file://{folder}/{path}")
    window.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    check_page(window.page)
    assert window.complaints == []


def test_the_stylesheet_is_allowed_and_a_script_is_not(window: Window, served: str) -> None:
    window.page.goto(f"{served}/index.html")
    assert window.complaints == []
    family = "getComputedStyle(document.querySelector('h1')).fontFamily"
    assert "serif" in window.page.evaluate(family)
    window.page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.body.append(script);
        }"""
    )
    assert window.page.evaluate("window.ran") is None
    window.complaints.clear()  # the browser notes the script


def test_a_reader_finds_the_way_from_the_index_to_a_rule(window: Window, served: str) -> None:
    page = window.page
    page.goto(served)
    page.get_by_role("link", name="November 2026").first.click()
    title = page.get_by_role("heading", level=1)
    assert title.inner_text() == "All providers, November 2026"
    page.get_by_role("link", name="acme", exact=True).click()
    page.get_by_role("link", name="asks-for-code").first.click()
    assert page.url.endswith("packs/one-time-codes/1.html#asks-for-code")


def test_on_a_phone_a_rule_is_a_line_and_the_contents_stay(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"file://{folder}/summaries/acme/2026-11.html")
    row = page.locator(".rules tbody tr").first
    cells = [cell.inner_text() for cell in row.locator("th, td").all() if cell.is_visible()]
    assert cells == ["asks-for-code", "42", "49%"]
    assert page.evaluate("document.querySelector('.rules tbody tr').offsetHeight") < 45
    page.evaluate("scrollTo(0, 3000)")
    assert page.locator(".contents").bounding_box()["y"] == 0  # type: ignore[index]
    page.close()


@pytest.mark.parametrize("path", ["index.wrong", "summaries/all/2026-11"])
def test_on_a_phone_no_number_of_a_provider_is_cut(
    browser: Browser, folder: Path, path: str
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"file://{folder}/{path}.html")
    cells = page.locator(".side td")
    boxes = cells.evaluate_all("all => all.map(it => it.getBoundingClientRect().toJSON())")
    assert len(boxes) >= 14
    assert all(box["width"] and box["right"] <= 390 for box in boxes)
    page.close()


def test_the_keyboard_reaches_the_contents_first(window: Window, folder: Path) -> None:
    window.page.goto(f"file://{folder}/index.html")
    window.page.keyboard.press("Tab")
    focused = window.page.evaluate("document.activeElement.textContent")
    assert focused == "Skip to the contents"


def test_charts_follow_the_scheme(browser: Browser, folder: Path) -> None:
    seen = set()
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(f"file://{folder}/summaries/acme/2026-11.html")
        seen.add(page.evaluate("getComputedStyle(document.querySelector('rect.c1')).fill"))
        context.close()
    assert len(seen) == 2
