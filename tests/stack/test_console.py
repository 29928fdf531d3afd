"""A moderator signs in at the stack's own user pool, decides, takes back, and signs out."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stack.console_browser import Browser, Page, console_address
from stack.running import DAY, Running
from support.chromium import ARGUMENTS, CHROMIUM, HAS_CHROMIUM

from ledger.records.provider import Provider
from terang.emulator.stack import ACCOUNT

PROVIDER = "console-chat"
PASSWORD = "a long pass phrase, 15 letters and M0re"


@pytest.fixture(scope="module")
def origin(running: Running) -> Iterator[str]:
    """The console's address on the local stack, which is known only after the deployment."""
    with console_address(running.stack.url) as (origin, known):
        known["api"] = running.outputs["ConsoleApiId"]
        tell_the_console(running, origin)
        yield origin


def tell_the_console(running: Running, origin: str) -> None:
    """Register the address at the pool, and give the function the settings that follow from it."""
    outputs = running.outputs
    pool = outputs["ConsolePoolId"]
    functions, cognito = running.stack.client("lambda"), running.stack.client("cognito-idp")
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="local",
        CallbackURLs=[f"{origin}/callback"],
        LogoutURLs=[f"{origin}/signed-out"],
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        AllowedOAuthFlowsUserPoolClient=True,
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]["ClientId"]
    name = outputs["ConsoleFunction"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    local = {
        "CONSOLE_URL": origin,
        "CONSOLE_CLIENT_ID": client,
        "CONSOLE_DISCOVERY": f"{running.stack.url}/{pool}/.well-known/openid-configuration",
    }
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables | local}
    )


def account(running: Running, name: str, group: str) -> None:
    """Make an account in a group."""
    cognito, pool = running.stack.client("cognito-idp"), running.outputs["ConsolePoolId"]
    cognito.admin_create_user(
        UserPoolId=pool, Username=name, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
    )
    with suppress(cognito.exceptions.GroupExistsException):
        cognito.create_group(UserPoolId=pool, GroupName=group)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)


def signed_in(origin: str, name: str) -> tuple[Browser, Page]:
    """A browser in which somebody has gone all the way, and the page that it came to."""
    browser = Browser()
    away = browser.get(f"{origin}/sign-in")
    assert away.status == 303, away.text
    form = browser.get(away.location)
    assert form.status == 200, form.text
    there = away.location.partition("/oauth2/")[0]
    fields = form.hidden | {"username": name, "password": PASSWORD}
    back = browser.post(f"{there}/login", fields)
    assert back.status in {302, 303}, back.text
    assert back.location.startswith(f"{origin}/callback"), back.location
    return browser, browser.get(back.location)


@pytest.fixture(scope="module")
def found(running: Running, origin: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A provider that decides at the console, with a finding of a post with a word to look for."""
    path = tmp_path_factory.mktemp("console") / "posts.jsonl"
    post = {
        "id": "c-1",
        "account": "user-1",
        "text": "Send me the OTP please, neighbour <b>of mine</b>",
        "audience": "public",
        "published_at": "2026-11-24T08:00:00Z",
        "language": "en",
    }
    other = post | {"id": "c-3", "text": "My cousin wants you to send me the OTP for a new phone"}
    posts = [post, post | {"id": "c-2"}, other]
    path.write_text("".join(json.dumps(each) + "\n" for each in posts))
    running.take(PROVIDER, Path(path))
    running.store.put_provider(Provider(PROVIDER, (ACCOUNT,), door="console"))
    account(running, "m-7", f"{PROVIDER}/moderator")
    account(running, "m-8", f"{PROVIDER}/lead")
    account(running, "n-1", "other-chat/moderator")
    open_ones = running.store.open_findings(PROVIDER, 3)
    return next(each.finding for each in open_ones if each.post == "c-1")


def decide(browser: Browser, origin: str, key: str, **fields: str) -> Page:
    card = browser.get(f"{origin}/card/{key}")
    assert card.status == 200, card.text
    form = card.hidden | {"verdict": "dismissed", "reason": "It is a joke."} | fields
    form.pop("shown", None)  # nothing that was shown is left out
    return browser.post(f"{origin}/card/{key}/decide", form)


def entries(running: Running) -> list[Any]:
    journal = running.store.journal_entries(PROVIDER, DAY)
    return [entry for entry in journal if entry.type == "decision"]


def wait_for(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_moderator_signs_in_decides_and_signs_out(
    running: Running, origin: str, found: str
) -> None:
    browser, back = signed_in(origin, "m-7")
    assert (back.status, back.location) == (303, "/"), back.text
    queue = browser.get(f"{origin}/")
    assert queue.status == 200, queue.text
    assert f"/card/{found}" in queue.text
    card = browser.get(f"{origin}/card/{found}")
    assert "&lt;b&gt;of mine" in card.text
    first = decide(browser, origin, found)
    assert first.status == 303, first.text
    recent = browser.get(f"{origin}/recent")
    [pending] = running.desk.held_by(PROVIDER, "m-7", datetime(2026, 1, 1, tzinfo=UTC))
    undone = browser.post(f"{origin}/undo/{pending.id}", {"token": recent.hidden["token"]})
    assert undone.status == 303
    again = decide(browser, origin, found)
    failed = [line for line in running.logs().splitlines() if "at_line" in line]
    assert (again.status, failed) == (303, [])
    wait_for(lambda: len(entries(running)) == 2)  # a near copy is decided with it
    decided = {(entry.moderator, entry.verdict, entry.group) for entry in entries(running)}
    [(moderator, verdict, group)] = decided
    assert (moderator, verdict) == ("m-7", "dismissed")
    assert group
    assert f"/card/{found}" not in browser.get(f"{origin}/").text
    left = browser.post(f"{origin}/sign-out", {"token": recent.hidden["token"]})
    assert left.status == 200, left.text
    assert browser.get(f"{origin}/").status == 303
    assert "neighbour" not in running.logs()


def test_another_providers_moderator_has_no_session(origin: str, found: str) -> None:
    """`other-chat` is not registered, so its accounts are nobody here."""
    _, back = signed_in(origin, "n-1")
    assert back.status == 403
    assert "other_door" in back.text


@pytest.mark.browser
@pytest.mark.skipif(not HAS_CHROMIUM, reason="no Chromium: set CHROMIUM")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_in_a_browser_by_keys(
    running: Running, origin: str, found: str, scheme: str, width: int
) -> None:
    """Sign in at the pool, decide by keys, take it back, sign out; no page complains."""
    playwright = pytest.importorskip("playwright.sync_api")
    complaints: list[str] = []
    look: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = opened.new_context(**look, locale="id-ID").new_page()
        page.goto(f"{origin}/")
        page.fill("input[name=username]", "m-7")  # who has the claim on the third post
        page.fill("input[name=password]", PASSWORD)
        with page.expect_navigation(url=f"{origin}/"):
            page.press("input[name=password]", "Enter")
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        assert page.locator("html").get_attribute("lang") == "id"
        with page.expect_navigation(url="**/card/*"):
            page.keyboard.press("n")
        page.keyboard.press(" ")
        assert "OTP" in page.locator("p.text").first.inner_text()
        page.keyboard.press("d")
        with page.expect_navigation():
            page.keyboard.press("1")
        held = running.desk.held_by(PROVIDER, "m-7", datetime(2026, 1, 1, tzinfo=UTC))[-1]
        with page.expect_navigation(url="**/card/*"):
            page.keyboard.press("u")
        undone = running.desk.pending(PROVIDER, held.id)
        assert undone is not None
        assert undone.state == "undone"
        with page.expect_navigation():
            page.locator("form[action='/sign-out'] button").click()
        assert page.locator("h1").inner_text() == "Anda sudah keluar"
        page.goto(f"{origin}/recent")
        assert not page.url.startswith(origin)
        opened.close()
    assert complaints == []
