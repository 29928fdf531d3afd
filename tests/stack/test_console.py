"""A moderator signs in at the stack's own user pool, decides, takes back, and signs out."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from stack.console_browser import PASSWORD, Browser, ConsoleAddress, Page, account, console_address
from stack.running import STACK, Running
from support.chromium import NEEDS_CHROMIUM, chromium
from support.format_files import post
from tools.flow import desk_flow as flow

from ledger.codes import OperatorError
from terang.remote import Remote


@pytest.fixture(scope="module")
def address(running: Running) -> Iterator[ConsoleAddress]:
    """The console's address on the local stack, which is known only after the deployment."""
    with console_address(running) as address:
        yield address


@pytest.fixture(scope="module")
def origin(address: ConsoleAddress) -> str:
    return address.origin


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
    """A finding of a post with a word to look for; the posts of a day at the desk come with it."""
    text, at = "Send me the OTP please, neighbour <b>of mine</b>", "2026-11-24T08:00:00Z"
    asks = post(id="c-1", text=text, published_at=at, language="en")
    posts = [asks, asks | {"id": "c-2"}, *flow.posts(single=7, groups=(3,), quiet=1)]
    flow.prepare(running, tmp_path_factory.mktemp("console"), posts)
    account(running, "n-1", "other-chat/moderator")
    open_ones = running.store.open_findings(flow.PROVIDER, 20)
    return next(each.finding for each in open_ones if each.post == "c-1")


def decide(browser: Browser, origin: str, key: str, **fields: str) -> Page:
    card = browser.get(f"{origin}/card/{key}")
    assert card.status == 200, card.text
    form = card.hidden | {"verdict": "dismissed", "reason": "It is a joke."} | fields
    form |= {"opened": "yes"}
    form.pop("shown", None)  # nothing that was shown is left out
    return browser.post(f"{origin}/card/{key}/decide", form)


def test_a_moderator_signs_in_decides_and_leaves(running: Running, origin: str, found: str) -> None:
    browser, back = signed_in(origin, "m-7")
    assert (back.status, back.location) == (303, "/"), back.text
    queue = browser.get(f"{origin}/")
    assert queue.status == 200, queue.text
    assert f"/card/{found}" in queue.text
    card = browser.get(f"{origin}/card/{found}")
    assert "&lt;b&gt;of mine" in card.text
    first = decide(browser, origin, found)
    assert first.status == 303, first.text
    recent = browser.get(f"{origin}/history")
    [pending] = running.desk.pending_by(flow.PROVIDER, "m-7", datetime(2026, 1, 1, tzinfo=UTC))
    undone = browser.post(f"{origin}/undo/{pending.id}", {"token": recent.hidden["token"]})
    assert undone.status == 303
    again = decide(browser, origin, found)
    failed = [line for line in running.logs().splitlines() if "at_line" in line]
    assert (again.status, failed) == (303, [])
    flow.hurry(running, "m-7")
    decided_posts = {"c-1", "c-2"}  # a near copy is decided with it
    flow.wait_for(lambda: {post for post, _, _ in flow.taken(running)} == decided_posts)
    entries = flow.entries_of(running, "decision")
    decided = {(entry.moderator, entry.verdict, entry.group) for entry in entries}
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
@NEEDS_CHROMIUM
def test_a_day_at_the_desk(running: Running, address: ConsoleAddress, found: str) -> None:
    """Decide ten findings by keys, undo, complain, reverse, audit, adopt; no page complains. What
    decide takes is what was pressed. `make flow` does it with a hundred findings."""
    with chromium() as browser:
        figures = list(flow.live(running, address, browser, findings=10, locales=["zh-CN"]))
    assert figures[0].startswith("10 findings by 30 keys")
    assert [line for line in figures if "WRONG" in line] == []


def test_leads_are_the_group_of_the_pool(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in running.stack.environment().items():
        monkeypatch.setenv(name, value)
    account(running, "m-90", "lead-chat/lead")
    account(running, "m-91", "lead-chat/moderator")
    remote = Remote.find(STACK)
    assert remote.leads("lead-chat") == {"m-90"}
    with pytest.raises(OperatorError, match="who is in the group other-chat/lead"):
        remote.leads("other-chat")
