"""Sign in, be somebody for a while, and sign out: over the table, with an issuer that signs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities import parameters
from integration.decided_cases import found
from integration.test_desk_store import deliver, name
from integration.test_trials import RULE, answer, begin, drawn, prizes, scan, status
from support.sign_in_world import CLIENT, ISSUER, ORIGIN, Browser, MemoryIssuer
from support.world import ROLE, World

from console.application import Console, IssuerError, console_of
from console.browser_session import SESSION_COOKIE, SESSIONS
from ledger.keys import Provider
from ledger.table import Table

Made = tuple[World, MemoryIssuer, Browser]


@pytest.fixture
def made(new_world: Callable[..., World]) -> Made:
    """A world whose provider `acme` decides at the console, its issuer, and a browser."""
    world = new_world()
    world.store.put_provider(Provider("acme", (ROLE,), door="console"))
    issuer = MemoryIssuer(world.clock.now())
    return world, issuer, Browser(console(world, issuer).respond)


def console(world: World, issuer: MemoryIssuer, secret: str = "") -> Console:
    settings = {
        "TABLE": world.table, "OUT_BUCKET": world.out, "PUBLIC_BUCKET": world.public,
        "PUBLIC_URL": "https://terang.example", "TRIAL_LEAST": "0.9", "TRIAL_PEOPLE": "3",
        "CONSOLE_QUEUE_URL": world.queue_url, "CONSOLE_URL": ORIGIN, "CONSOLE_ISSUER": ISSUER,
        "CONSOLE_DISCOVERY": "", "CONSOLE_CLIENT_ID": CLIENT, "CONSOLE_CLIENT_SECRET": secret,
        "CONSOLE_MODERATOR_CLAIM": "cognito:username", "CONSOLE_GROUPS_CLAIM": "cognito:groups",
        "TODAY": "",
    }  # fmt: skip
    clients = world.clients
    built = console_of(settings, clients.dynamodb, clients.s3, clients.sqs, lambda *_: None)
    built.sign_in.issuer.fetch = issuer.fetch
    sessions = replace(built.sign_in.door.sessions, clock=world.clock)
    door = replace(built.sign_in.door, sessions=sessions)
    sign_in = replace(built.sign_in, door=door, clock=world.clock)
    desk = replace(built.desk.desk, clock=world.clock)  # type: ignore[type-var]
    return Console(sign_in, replace(built.desk, desk=desk, door=door))


def sign_in(issuer: MemoryIssuer, browser: Browser) -> dict[str, Any]:
    address = browser.get("/sign-in")["headers"]["Location"]
    return browser.get("/callback", issuer.authorize(address))


def test_cookies_may_be_left_in_their_header(made: Made) -> None:
    _, issuer, browser = made
    sign_in(issuer, browser)
    browser.headers["cookie"] = "; ".join(f"{name}={it}" for name, it in browser.cookies.items())
    respond = browser.respond
    browser.respond = lambda event: respond({k: v for k, v in event.items() if k != "cookies"})
    assert browser.get("/")["statusCode"] == 200


def test_somebody_signs_in_sees_the_queue_and_signs_out(made: Made) -> None:
    _, issuer, browser = made
    away = browser.get("/")
    assert (away["statusCode"], away["headers"]["Location"]) == (303, "/sign-in")
    back = sign_in(issuer, browser)
    assert (back["statusCode"], back["headers"]["Location"]) == (303, "/")
    assert set(browser.cookies) == {SESSION_COOKIE}
    page = browser.get("/")
    assert page["statusCode"] == 200
    assert "m-7" in page["body"]
    left = browser.post("/sign-out", {"token": token_in(page["body"])})
    assert left["statusCode"] == 200
    assert browser.cookies == {}
    assert "https://issuer.example/logout" in left["body"]
    assert browser.get("/")["statusCode"] == 303


def test_the_console_asks_of_a_trial_what_the_stack_asks(made: Made) -> None:
    """The lower end of 30 right of 30 is .88, and this stack asks for .9."""
    world, issuer, browser = made
    begin(world)
    scan(world, prizes(30))
    for number, one in enumerate(drawn(world)):
        assert status(world, answer(one, moderator=f"m-{number % 2}")) == "taken"
    sign_in(issuer, browser)
    assert (
        "the lower of the two shares must be 90% or more" in browser.get(f"/rules/{RULE}")["body"]
    )


def token_in(page: str) -> str:
    return page.partition('name="token" value="')[2].partition('"')[0]


@pytest.mark.parametrize("signs_in_again", [False, True])
def test_a_copied_cookie_is_worth_nothing_afterwards(signs_in_again: bool, made: Made) -> None:
    """After the sign-out, or after the next sign-in in the same browser."""
    _, issuer, browser = made
    sign_in(issuer, browser)
    copied = dict(browser.cookies)
    if signs_in_again:
        sign_in(issuer, browser)
    else:
        browser.post("/sign-out", {"token": token_in(browser.get("/")["body"])})
    assert browser.cookies != copied
    browser.cookies = copied
    assert browser.get("/")["statusCode"] == 303


def test_a_renewal_that_meets_a_sign_out_fails(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """It read the session before the sign-out, and writes it afterwards."""
    world, issuer, browser = made
    sign_in(issuer, browser)
    sessions, secret = (browser.respond.__self__.sign_in.door.sessions,
                        browser.cookies[SESSION_COOKIE])  # fmt: skip
    [row] = world.store.table.query(SESSIONS, "")
    sessions.end(secret)
    world.clock.moment += timedelta(minutes=6)
    with monkeypatch.context() as before:
        before.setattr(Table, "get", lambda *_: row)
        assert sessions.moderator(secret) is not None
    assert sessions.moderator(secret) is None


def test_the_table_keeps_no_cookie(made: Made) -> None:
    world, issuer, browser = made
    sign_in(issuer, browser)
    assert browser.cookies[SESSION_COOKIE].encode() not in world.everything()


CHANGES: dict[str, dict[str, Any]] = {
    "an expired token": {"exp": 1}, "another client's token": {"aud": "client-2"},
    "an access token": {"token_use": "access"}, "another nonce": {"nonce": "n"},
    "no group": {"cognito:groups": []},
    "an e-mail address for a name": {"cognito:username": "ada@example.org"},
    "a moderator of a provider that decides by queue": {"cognito:groups": ["beta/moderator"]},
    "a moderator of a provider that nobody registered": {"cognito:groups": ["gamma/lead"]},
}  # fmt: skip


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_nobody_gets_a_session_with(changes: dict[str, Any], made: Made) -> None:
    world, issuer, browser = made
    world.store.put_provider(Provider("beta", (ROLE,)))
    issuer.changes = changes
    assert sign_in(issuer, browser)["statusCode"] == 403
    assert browser.cookies == {}
    assert browser.get("/")["statusCode"] == 303


def test_a_way_back_works_once(made: Made) -> None:
    """The code is used, and the cookie of the attempt is gone."""
    _, issuer, browser = made
    address = browser.get("/sign-in")["headers"]["Location"]
    attempt = dict(browser.cookies)
    query = issuer.authorize(address)
    assert browser.get("/callback", query)["statusCode"] == 303
    assert browser.get("/callback", query)["statusCode"] == 403
    browser.cookies = attempt
    assert browser.get("/callback", query)["statusCode"] == 403


def test_a_way_back_of_another_browser_signs_nobody_in(made: Made) -> None:
    """Somebody sends a link with their own code, so that others work in their name."""
    _, issuer, browser = made
    query = issuer.authorize(browser.get("/sign-in")["headers"]["Location"])
    victim = Browser(browser.respond)
    assert victim.get("/callback", query)["statusCode"] == 403
    victim.get("/sign-in")
    assert victim.get("/callback", query)["statusCode"] == 403
    assert SESSION_COOKIE not in victim.cookies


def test_an_attempt_ends_after_ten_minutes(made: Made) -> None:
    world, issuer, browser = made
    query = issuer.authorize(browser.get("/sign-in")["headers"]["Location"])
    world.clock.moment += timedelta(minutes=11)
    assert browser.get("/callback", query)["statusCode"] == 403


def test_a_denial_of_the_issuer_is_a_refusal(made: Made) -> None:
    _, issuer, browser = made
    query = issuer.authorize(browser.get("/sign-in")["headers"]["Location"])
    state = query.partition("state=")[2]
    assert browser.get("/callback", f"error=access_denied&state={state}")["statusCode"] == 403


class TestLimits:
    """A session ends when nobody uses it, after twelve hours, and when the door is closed."""

    def test_idle_for_an_hour(self, made: Made) -> None:
        world, issuer, browser = made
        sign_in(issuer, browser)
        for _ in range(3):
            world.clock.moment += timedelta(minutes=50)
            assert browser.get("/")["statusCode"] == 200
        world.clock.moment += timedelta(minutes=61)
        assert browser.get("/")["statusCode"] == 303

    def test_twelve_hours(self, made: Made) -> None:
        world, issuer, browser = made
        sign_in(issuer, browser)
        for _ in range(15):
            world.clock.moment += timedelta(minutes=50)
            status = browser.get("/")["statusCode"]
        assert status == 303

    def test_another_door(self, made: Made) -> None:
        world, issuer, browser = made
        sign_in(issuer, browser)
        world.store.put_provider(Provider("acme", (ROLE,)))
        fresh = Browser(console(world, issuer).respond, dict(browser.cookies))
        assert fresh.get("/")["statusCode"] == 303


class TestForms:
    """A form counts only with the session's own token, from our own pages."""

    def test_of_another_page_does_nothing(self, made: Made) -> None:
        _, issuer, browser = made
        sign_in(issuer, browser)
        token = token_in(browser.get("/")["body"])
        for origin in ("https://evil.example", "null", ""):
            assert browser.post("/sign-out", {"token": token}, origin)["statusCode"] == 403
            assert browser.post("/next", {"token": token}, origin)["statusCode"] == 403
        assert browser.post("/next", {"token": "0" * 64})["statusCode"] == 403
        assert browser.get("/")["statusCode"] == 200

    def test_of_an_ended_session_shows_what_was_typed_and_nothing_runs(self, made: Made) -> None:
        world, issuer, browser = made
        sign_in(issuer, browser)
        world.clock.moment += timedelta(hours=2)
        typed = "It asks <script>alert(1)</script> for a code."
        form = {"token": "x", "reason": typed, "id": "f-1"}
        answer = browser.post("/card/ab/decide", form)
        assert answer["statusCode"] == 401
        assert "It asks &lt;script&gt;" in answer["body"]
        assert "<script>" not in answer["body"]
        assert "default-src 'none'" in answer["headers"]["Content-Security-Policy"]
        elsewhere = browser.post("/card/ab/decide", form, "https://evil.example")
        assert elsewhere["statusCode"] == 401
        assert "It asks" not in elsewhere["body"]


@pytest.mark.parametrize(("language", "words"), [("en-GB", "You are not signed in"),
    ("id-ID,en", "Anda belum masuk"), ("zh", "您尚未登录")])  # fmt: skip
def test_a_stranger_is_answered_in_their_language(language: str, words: str, made: Made) -> None:
    _, issuer, browser = made
    browser.headers["accept-language"] = language
    issuer.changes = {"cognito:groups": []}
    body = sign_in(issuer, browser)["body"]
    assert f'<html lang="{language[:2]}">' in body
    assert f"<h1>{words}</h1>" in body
    assert "no_group" in body


def test_back_and_another_verdict_is_told_what_is_stored(made: Made) -> None:
    """Also when decide has taken it, and nothing waits there any more."""
    world, issuer, browser = made
    [finding] = found(world)
    sign_in(issuer, browser)
    page = browser.get(f"/card/{finding}")["body"]
    form = {"token": token_in(page), "id": page.partition('name="id" value="')[2].partition('"')[0]}
    form |= {"verdict": "dismissed", "reason": "A joke."}
    for state in ("can be undone", "recorded"):
        assert browser.post(f"/card/{finding}/decide", form)["statusCode"] == 303
        answer = browser.post(f"/card/{finding}/decide", form | {"verdict": "confirmed"})
        assert (answer["statusCode"], f"Dismissed, {state}" in answer["body"]) == (409, True)
        deliver(world, name(form["id"]))


def test_browsers_are_asked_to_stay_with_https(made: Made) -> None:
    _, issuer, browser = made
    away, back = browser.get("/"), sign_in(issuer, browser)
    for given in (away, back, browser.get("/"), browser.get("/static/desk.css")):
        assert given["headers"]["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_secret_is_shown_to_the_issuer_alone(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read from Secrets Manager when a code is exchanged, and no page or address has it."""
    world, issuer, _ = made
    parameters.clear_caches()
    monkeypatch.setattr(
        parameters, "get_secret", lambda name, **_: {"client": "s3cr3t words"}[name]
    )
    browser = Browser(console(world, issuer, "client").respond)
    pages = [browser.get("/sign-in"), sign_in(issuer, browser), browser.get("/")]
    assert [page["statusCode"] for page in pages] == [303, 303, 200]
    assert issuer.secrets == ["s3cr3t words"]
    assert not any("s3cr3t" in str(page) for page in pages)


def test_an_issuer_that_fails_is_said_to_fail(made: Made) -> None:
    _, issuer, browser = made
    issuer.keys = []
    answer = sign_in(issuer, browser)
    assert answer["statusCode"] == 403  # no key signed it
    browser.respond.__self__.sign_in.issuer.fetch = _fails
    browser.respond.__self__.sign_in.issuer._configuration = None
    assert browser.get("/sign-in")["statusCode"] == 502


def _fails(url: str, form: Any) -> dict[str, Any]:
    raise IssuerError("the issuer answered 500")
