"""The forms in a real browser: three languages, two widths, light and dark, no script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from support.chromium import IN_CHROMIUM, Window, check_page
from support.form_server import served
from support.forms_world import REPORT, FormsWorld
from support.hostile import HOSTILE

from phrases import LANGUAGES

pytestmark = IN_CHROMIUM


@pytest.fixture
def world() -> FormsWorld:
    return FormsWorld()


@pytest.fixture
def origin(world: FormsWorld) -> Iterator[str]:
    with served(world.forms.take) as address:
        yield address


def send(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button").click()
    check_page(page)


def is_refused(window: Window, status: str) -> None:
    """The page says why, and Chromium complains of its status alone."""
    assert window.page.get_by_role("alert").is_visible()
    [complaint] = window.complaints
    assert status in complaint
    window.complaints.clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_objecting_by_number(world: FormsWorld, origin: str, window: Window, language: str) -> None:
    number, page = world.decided(), window.page
    page.goto(f"{origin}/object?language={language}")
    check_page(page)
    page.locator("#number").fill(number)
    send(page)
    page.locator("textarea").fill("I quoted it.")
    send(page)
    assert [one["reason"] for one in world.sent] == ["I quoted it."]
    assert page.locator("html").get_attribute("lang") == language
    assert page.context.cookies() == []
    assert page.url == f"{origin}/object?language={language}", "and no number"


@pytest.mark.parametrize("language", LANGUAGES)
def test_reporting_a_post(world: FormsWorld, origin: str, window: Window, language: str) -> None:
    page = window.page
    page.goto(f"{origin}/report?language={language}")
    page.locator("summary").click()
    check_page(page)
    for name in ("url", "text", "name", "email"):
        page.locator(f"#{name}").fill(REPORT[name])
    page.locator("select").select_option(REPORT["category"])
    page.get_by_role("checkbox").check()
    page.locator("#flagger").fill("nobody")
    send(page)
    is_refused(window, "403")
    page.locator("#flagger").fill("")
    send(page)
    assert page.locator(".number").inner_text() == page.locator("#number").input_value()
    assert len(world.sent) == 1


def test_an_unknown_number_is_an_alert_without_rows(origin: str, window: Window) -> None:
    window.page.goto(f"{origin}/object")
    window.page.locator("#number").fill("7K3M-9QXW-2D4F")
    send(window.page)
    assert "Nothing is known" in window.page.get_by_role("alert").inner_text()
    assert not window.page.locator(".steps").is_visible()


def test_hostile_words_run_nowhere(origin: str, window: Window) -> None:
    page = window.page
    page.goto(f"{origin}/report")
    page.locator("form").evaluate("form => form.noValidate = true")
    for name in ("url", "text", "name"):
        page.locator(f"#{name}").fill("".join(HOSTILE.values()))
    send(page)
    is_refused(window, "400")
    assert page.locator("img, script").count() == 0
