"""A window of Chromium for the pages of every room."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from support.chromium import Window, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["wide and light", "narrow and dark"])
def window(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Window]:
    """A window that has complained of nothing when it is closed."""
    scheme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened = Window(context.new_page())
    opened.page.on("console", lambda message: opened.complaints.append(message.text))
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.page.on("requestfailed", lambda it: opened.complaints.append(f"{it.failure}: {it.url}"))
    yield opened
    context.close()
    # A page that is left stops loading.
    assert [one for one in opened.complaints if not one.startswith("net::ERR_ABORTED")] == []
