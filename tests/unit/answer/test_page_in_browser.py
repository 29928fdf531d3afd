"""The page that asks in a real browser: three languages, two widths, light and dark, no script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from support.chromium import IN_CHROMIUM, Window, check_page
from support.form_server import served
from support.sample_checks import REPEATS_SALT, SALT
from support.tip_line_world import GARAM, Line, built_with, public_with, sample_index

from answer.tip_line import advice_words, nothing_words
from phrases import LANGUAGES, of

HOSTILE = (
    "</textarea></title></style><script>window.ran=1</script>\"'><img src=x onerror=window.ran=2>"
    " {{ 7*7 }} \u202eabc <svg/onload=window.ran=3> javascript:window.ran=4 " + "w" * 300
)

pytestmark = IN_CHROMIUM


@pytest.fixture(name="served")
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the page over the checks that a test asks for, else the sample's."""
    index = getattr(request, "param", None) or sample_index()
    with served(Line(public_with(index)).tip_line.take) as origin:
        yield f"{origin}/"


@pytest.fixture
def page(window: Window) -> Page:
    return window.page


def look_up(page: Page, text: str) -> None:
    """Type a text and send the form by its button."""
    page.locator("textarea").fill(text)
    with page.expect_navigation():
        page.get_by_role("button").click()


def is_sound(page: Page) -> None:
    """No rule of axe is broken, nothing ran, and nothing is wider than the window."""
    check_page(page)
    assert page.evaluate("window.ran") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_and_both_answers_are_accessible(served: str, page: Page, language: str) -> None:
    page.goto(f"{served}?language={language}")
    is_sound(page)
    look_up(page, REPEATS_SALT)
    is_sound(page)
    assert page.get_by_role("heading", level=3).first.inner_text() == SALT
    assert page.locator("html").get_attribute("lang") == language
    look_up(page, "The market opens at nine")
    page.locator("summary").click()
    is_sound(page)
    assert nothing_words(of(language)) in page.locator("main").inner_text()
    assert advice_words(of(language)) in page.locator("main").inner_text()


def test_the_text_is_in_no_address(served: str, page: Page) -> None:
    page.goto(served)
    look_up(page, REPEATS_SALT)
    assert page.url == served
    assert page.locator("textarea").input_value() == REPEATS_SALT
    page.get_by_role("link", name="Bahasa Indonesia").click()
    assert page.url == f"{served}?language=id"


@pytest.mark.parametrize(
    "served", [built_with(f"{GARAM} {HOSTILE}", HOSTILE)], ids=["hostile"], indirect=True
)
def test_hostile_text_is_only_shown(served: str, page: Page) -> None:
    page.goto(served)
    look_up(page, f"{GARAM} {HOSTILE}")
    assert page.locator("ol.checks li").count() == 1
    is_sound(page)
    assert "<script>" in page.locator("textarea").input_value()


def test_the_keyboard_is_enough(served: str, page: Page) -> None:
    page.goto(served)
    page.locator("textarea").focus()
    page.keyboard.type(REPEATS_SALT)
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_role("heading", level=3).count() == 1
