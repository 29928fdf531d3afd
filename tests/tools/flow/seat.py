"""A moderator at a browser: signed in at the deployed console, pressing keys, looking at pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stack.console_browser import PASSWORD
from support.chromium import check_page

from console.browser_session import SESSION_COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDE = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "locale": "en-GB"}
NARROW = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


@dataclass
class Seat:
    """A moderator at a browser: the keys pressed, and what the pages complained of."""

    page: "Page"
    origin: str
    name: str
    keys: int = 0
    complaints: list[str] = field(default_factory=list)
    looked: Callable[[str, "Page"], None] = lambda *_: None

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def follow(self, key: str) -> None:
        """Press a key that leads to another page."""
        with self.page.expect_navigation():
            self.press(key)

    def go(self, path: str) -> None:
        """Open a page by its path."""
        self.page.goto(f"{self.origin}{path}")

    def look(self, name: str) -> None:
        """Check that a page is accessible, fits the window, and hand it to whoever looks."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        check_page(self.page, name)
        self.looked(name, self.page)

    @property
    def posts(self) -> list[str]:
        """The posts that the card decides: its own first, then the near copies."""
        copies = self.page.locator(".copy label bdi").all_inner_texts()
        return [self.page.locator("dl.facts bdi").first.inner_text(), *copies]


@contextmanager
def seat(browser: "Browser", origin: str, name: str, look: dict[str, Any] = WIDE,
         **changes: Any) -> Iterator[Seat]:  # fmt: skip
    """Sign in at the pool, and out at the end: then the cookie is gone, and so is the desk."""
    context = browser.new_context(**(look | changes))
    made = Seat(context.new_page(), origin, name)
    page = made.page
    page.goto(f"{origin}/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation(url=f"{origin}/"):
        page.press("input[name=password]", "Enter")
    page.on("console", lambda message: made.complaints.append(message.text))
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    yield made
    with page.expect_navigation():
        page.locator("form[action='/sign-out'] button").click()
    assert SESSION_COOKIE not in {cookie["name"] for cookie in context.cookies()}
    assert made.complaints == []
    made.go("/history")
    assert not page.url.startswith(origin)
    context.close()
