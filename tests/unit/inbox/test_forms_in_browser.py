"""The forms in a real browser: three languages, two widths, light and dark, no script."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page
from support.chromium import IN_CHROMIUM, Window, check_page
from support.forms_world import REPORT, FormsWorld
from support.hostile import HOSTILE

from phrases import LANGUAGES

pytestmark = IN_CHROMIUM


class _Api(BaseHTTPRequestHandler):
    """The HTTP API in front of the forms; `asked` are the addresses that a log could hold."""

    world: FormsWorld
    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        self._respond("")

    def do_POST(self) -> None:
        self._respond(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _respond(self, body: str) -> None:
        self.asked.append(self.path)
        parts = urlsplit(self.path)
        reply, _ = self.world.forms.take({
            "routeKey": f"{self.command} {parts.path}", "headers": dict(self.headers),
            "requestContext": {"http": {"method": self.command, "sourceIp": "192.0.2.7"}},
            "queryStringParameters": dict(parse_qsl(parts.query)), "body": body,
        })  # fmt: skip
        self.send_response(reply["statusCode"])
        for name, value in reply["headers"].items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply["body"].encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def api() -> type[_Api]:
    return type("_Served", (_Api,), {"world": FormsWorld(), "asked": []})


@pytest.fixture
def served(api: type[_Api]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(window: Window) -> Page:
    return window.page


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
def test_from_a_number_to_an_objection(
    api: type[_Api], served: str, page: Page, language: str
) -> None:
    number = api.world.decided()
    page.goto(f"{served}/object?language={language}")
    check_page(page)
    page.locator("#number").fill(number)
    send(page)
    page.locator("textarea").fill("I quoted it.")
    send(page)
    assert [one["reason"] for one in api.world.sent] == ["I quoted it."]
    assert page.locator("html").get_attribute("lang") == language
    assert page.context.cookies() == []
    assert not any(number[:4] in path for path in api.asked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_a_report_to_its_number(
    api: type[_Api], served: str, window: Window, language: str
) -> None:
    page = window.page
    page.goto(f"{served}/report?language={language}")
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
    assert len(api.world.sent) == 1


def test_hostile_words_run_nowhere(served: str, window: Window) -> None:
    page = window.page
    page.goto(f"{served}/report")
    page.locator("form").evaluate("form => form.noValidate = true")
    for name in ("url", "text", "name"):
        page.locator(f"#{name}").fill("".join(HOSTILE.values()))
    send(page)
    is_refused(window, "400")
    assert page.locator("img, script").count() == 0
