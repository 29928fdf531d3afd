"""The console over clients of AWS: the issuer, the routes of the sign-in, the desk behind them.

Sign-in is the authorization code flow of OpenID Connect with PKCE. Everything of an attempt that
must come back is derived from one secret in a cookie. A signature with a key of ours would prove
that we made the cookie. That is not needed: the secret is random, the browser that holds it is the
only one that can finish the attempt, and `state`, `nonce` and the verifier of PKCE are keyed
digests of it. Whoever invents a secret of their own has to bring a token with that nonce, signed by
the issuer.
"""

import hmac
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities import parameters

from cases.case_store import TrialRules
from console import browser_session
from console.browser_session import (
    ATTEMPT_COOKIE,
    SESSION_COOKIE,
    ConsoleDoor,
    Grants,
    Sessions,
    TokenChecks,
    TokenError,
    set_cookie,
)
from desk import Moderator
from desk.asking import FormError, body_of, cookie_of, headers_of, phrases_of, read_form
from desk.routes import DeskApplication
from desk.table_desk import PendingSender, SetExamples, TableDesk
from ledger.codes import OperatorError
from ledger.desk_store import DynamoDesk
from ledger.objects import S3Objects, Senders
from ledger.store import DynamoStore
from ledger.texts import Clock, SystemClock, clock_from_setting

KEPT_SECONDS = 3_600
"""How long the configuration and the keys are used before they are read again."""

FRESH_SECONDS = 60
"""How long the keys are not read again for a key that they lack: anybody can name one."""

MOST_BYTES = 256 * 1024
TIMEOUT_SECONDS = 5

_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


class IssuerError(OperatorError):
    """The issuer did not answer, or not as OpenID Connect says."""


class CodeRefusedError(Exception):
    """The issuer does not take this code: it is used, too old, or not ours."""


type Fetch = Callable[[str, Mapping[str, str] | None], dict[str, Any]]
"""Gets an address, or posts a form to it, and returns the JSON object that it answers."""


def fetch_json(url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Get or post over HTTPS. Raises CodeRefusedError for a 400, IssuerError for other failures."""
    check_address(url)
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, data, {"Accept": "application/json"})  # noqa: S310
    try:
        with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
            body = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if form is not None and error.code in {400, 401}:
            raise CodeRefusedError from None
        raise IssuerError(f"the issuer answered {error.code}") from None
    except OSError as error:
        raise IssuerError(f"the issuer did not answer: {type(error).__name__}") from None
    try:
        fields = json.loads(body) if len(body) <= MOST_BYTES else None
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise IssuerError("the issuer answered with no JSON object")
    return fields


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: an address of the issuer must not lead elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def check_address(url: str) -> None:
    """Raise IssuerError unless an address is HTTPS, or HTTP on loopback as on the local stack."""
    parts = urllib.parse.urlsplit(url)
    host = parts.netloc.rpartition("@")[2].partition(":")[0]
    is_loopback = host in _LOOPBACK or host.endswith(".localhost")
    if not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback)):
        raise IssuerError("the issuer has an address without HTTPS")


@dataclass(slots=True)
class Issuer:
    """The issuer as its own configuration describes it, read once an hour.

    `discovery` is the address of the configuration; empty for the usual one under the issuer.
    Source: OpenID Connect Discovery 1.0, section 4; RFC 7636 (PKCE).
    """

    issuer: str
    client_id: str
    discovery: str = ""
    client_secret: Callable[[], str] | None = None
    fetch: Fetch = fetch_json
    now: Callable[[], float] = time.monotonic
    _configuration: tuple[float, dict[str, Any]] | None = field(default=None)
    _keys: tuple[float, dict[str, Any]] | None = field(default=None)

    def sign_in_address(self, redirect: str, state: str, nonce: str, challenge: str) -> str:
        """Return the address at the issuer where somebody signs in for this client."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._address('authorization_endpoint')}?{urllib.parse.urlencode(query)}"

    def sign_out_address(self, back: str) -> str:
        """Return the address that ends the session at the issuer; empty if it names none."""
        if not self.configuration().get("end_session_endpoint"):
            return ""
        # `logout_uri` is what Cognito asks for, the other is the standard's.
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back, "logout_uri": back}
        return f"{self._address('end_session_endpoint')}?{urllib.parse.urlencode(query)}"

    def exchange(self, code: str, verifier: str, redirect: str) -> str:
        """Return the identity token for a code. Raises CodeRefusedError."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }
        if self.client_secret is not None:
            form["client_secret"] = self.client_secret()
        token = self.fetch(self._address("token_endpoint"), form).get("id_token")
        if not isinstance(token, str):
            raise IssuerError("the issuer gave no identity token")
        return token

    def key(self, name: str) -> dict[str, Any] | None:
        """Return a public key of the issuer by its id, or None."""
        found = _key_of(self._key_set(KEPT_SECONDS), name)
        # The issuer may have changed its keys since they were read.
        return found or _key_of(self._key_set(FRESH_SECONDS), name)

    def configuration(self) -> dict[str, Any]:
        """Return the issuer's configuration. Raises IssuerError if it is another issuer's."""
        if self._configuration is None or self.now() - self._configuration[0] > KEPT_SECONDS:
            url = self.discovery or f"{self.issuer}/.well-known/openid-configuration"
            read = self.fetch(url, None)
            if read.get("issuer") != self.issuer:
                raise IssuerError("the configuration is another issuer's")
            self._configuration = self.now(), read
        return self._configuration[1]

    def _address(self, name: str) -> str:
        url = self.configuration().get(name)
        if not isinstance(url, str):
            raise IssuerError(f"the configuration names no {name}")
        check_address(url)
        return url

    def _key_set(self, kept: int) -> dict[str, Any]:
        if self._keys is None or self.now() - self._keys[0] > kept:
            self._keys = self.now(), self.fetch(self._address("jwks_uri"), None)
        return self._keys[1]


def _key_of(keys: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    listed = keys.get("keys")
    for key in listed if isinstance(listed, list) else ():
        if isinstance(key, dict) and key.get("kid") == name and key.get("use", "sig") == "sig":
            return key
    return None


ATTEMPT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """An attempt by its secret."""

    secret: str

    @classmethod
    def begin(cls) -> "SignInAttempt":
        """Return an attempt with a fresh secret."""
        return cls(secrets.token_urlsafe(32))

    def state(self, now: datetime) -> str:
        """Return the state for the issuer. It carries when the attempt began, and proves it."""
        began = str(int(now.timestamp()))
        return f"{began}.{self._derived(f'state {began}')}"

    def knows(self, state: str, now: datetime) -> bool:
        """Return whether a state is of this attempt, and not older than ten minutes."""
        began = state.partition(".")[0]
        if not (began.isascii() and began.isdecimal() and len(began) <= 12):
            return False
        expected = f"{began}.{self._derived(f'state {began}')}"
        is_ours = hmac.compare_digest(state.encode(), expected.encode())
        return is_ours and 0 <= int(now.timestamp()) - int(began) <= ATTEMPT_SECONDS

    @property
    def nonce(self) -> str:
        """Return what the identity token must repeat."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Return the code verifier of PKCE: 43 letters."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """Return the code challenge: the digest of the verifier.

        >>> SignInAttempt("x" * 43).challenge == SignInAttempt("y" * 43).challenge
        False
        """
        return _letters(sha256(self.verifier.encode()).digest())

    def _derived(self, purpose: str) -> str:
        return _letters(hmac.digest(self.secret.encode(), purpose.encode(), "sha256"))


def _letters(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


CALLBACK = "/callback"
SIGNED_OUT = "/signed-out"
CODE_LETTERS = 4_096

type Answer = dict[str, Any]
type Event = Mapping[str, Any]
type Report = Callable[[str, Mapping[str, str]], None]
"""Hears what came of an attempt: `signed_in`, `signed_out`, or `refused` with a code."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The routes that need no session.

    Source: RFC 9700 (best current practice for OAuth 2.0); OWASP ASVS 5.0, V7 and V10.
    """

    issuer: Issuer
    checks: TokenChecks
    grants: Grants
    door: ConsoleDoor
    clock: Clock
    report: Report

    def routes(self) -> dict[tuple[str, str], Callable[[Event], Answer]]:
        """Return what answers which method and path."""
        return {
            ("GET", self.door.sign_in): self.start,
            ("GET", CALLBACK): self.come_back,
            ("POST", self.door.sign_out): self.leave,
            ("GET", SIGNED_OUT): self.signed_out,
        }

    def start(self, _: Event) -> Answer:
        """Send the browser to the issuer."""
        attempt = SignInAttempt.begin()
        address = self.issuer.sign_in_address(
            self._redirect, attempt.state(self.clock.now()), attempt.nonce, attempt.challenge
        )
        cookie = set_cookie(ATTEMPT_COOKIE, attempt.secret, ATTEMPT_SECONDS)
        return _see(address, cookie)

    def come_back(self, event: Event) -> Answer:
        """Take what the issuer sent the browser back with, and begin a session."""
        try:
            moderator = self._moderator(event)
        except TokenError as error:
            return self._refuse(event, error.code)
        except CodeRefusedError:
            return self._refuse(event, "code_refused")
        if not self.door.is_open(moderator.provider):
            return self._refuse(event, "other_door")
        self.door.sessions.end(cookie_of(event, SESSION_COOKIE))
        secret = self.door.sessions.begin(moderator)
        role = str(moderator.role)
        who = {"moderator": moderator.name, "provider": moderator.provider, "role": role}
        self.report("signed_in", who)
        return _see("/", set_cookie(SESSION_COOKIE, secret), set_cookie(ATTEMPT_COOKIE, "", 0))

    def leave(self, event: Event) -> Answer:
        """End the session here, and offer to end it at the issuer."""
        session = self.door.session(event)
        if session is not None:
            try:
                read_form(event, session, self.door.origin)
            except FormError:
                return self._refuse(event, "foreign_form")
            self.door.sessions.end(cookie_of(event, SESSION_COOKIE))
            self.report("signed_out", {"moderator": session.moderator.name})
        elsewhere = self.issuer.sign_out_address(f"{self.door.origin}{SIGNED_OUT}")
        page = browser_session.signed_out(phrases_of(event), elsewhere)
        return _page(HTTPStatus.OK, page, set_cookie(SESSION_COOKIE, "", 0))

    def signed_out(self, event: Event) -> Answer:
        """Show that nobody is signed in any more."""
        return _page(HTTPStatus.OK, browser_session.signed_out(phrases_of(event), ""))

    def session_ended(self, event: Event) -> Answer:
        """Answer a form whose session ended: nothing was done, and the typed text is shown again.

        Only a form of our own pages is shown, so that no other site can write on this page.
        """
        is_ours = headers_of(event).get("origin") == self.door.origin
        page = browser_session.session_ended(phrases_of(event), body_of(event) if is_ours else "")
        return _page(HTTPStatus.UNAUTHORIZED, page)

    @property
    def _redirect(self) -> str:
        return f"{self.door.origin}{CALLBACK}"

    def _moderator(self, event: Event) -> Moderator:
        query = event.get("queryStringParameters") or {}
        secret, now = cookie_of(event, ATTEMPT_COOKIE), self.clock.now()
        attempt = SignInAttempt(secret)
        if not secret or not attempt.knows(str(query.get("state", "")), now):
            raise TokenError("wrong_state")
        code = str(query.get("code", ""))
        if query.get("error") or not code or len(code) > CODE_LETTERS:
            raise TokenError("no_code")
        token = self.issuer.exchange(code, attempt.verifier, self._redirect)
        return self.grants.moderator(self.checks.claims(token, attempt.nonce, now))

    def _refuse(self, event: Event, code: str) -> Answer:
        self.report("refused", {"code": code})
        page = browser_session.refused_page(phrases_of(event), code)
        return _page(HTTPStatus.FORBIDDEN, page, set_cookie(ATTEMPT_COOKIE, "", 0))


def _see(address: str, *cookies: str) -> Answer:
    status = int(HTTPStatus.SEE_OTHER)
    return {"statusCode": status, "headers": {"Location": address}, "cookies": [*cookies]}


def _page(status: HTTPStatus, page: str, *cookies: str) -> Answer:
    headers = {"Content-Type": "text/html; charset=utf-8"}
    return {"statusCode": int(status), "headers": headers, "cookies": [*cookies], "body": page}


@dataclass(frozen=True, slots=True)
class Console:
    """Answers the events of the HTTP API."""

    sign_in: SignIn
    desk: DeskApplication

    def respond(self, event: Event) -> Answer:
        """Return the answer to a request, always with the security headers."""
        event = _with_cookies(event)
        place = event["requestContext"]["http"]["method"], event["rawPath"]
        route = self.sign_in.routes().get(place)
        if route is not None:
            try:
                return self.desk.secured(route(event))
            except IssuerError:
                self.sign_in.report("refused", {"code": "issuer_failed"})
                return self.failed(event, HTTPStatus.BAD_GATEWAY)
        if place[0] == "POST" and self.sign_in.door.session(event) is None:
            return self.desk.secured(self.sign_in.session_ended(event))
        return self.desk.respond(event)

    def failed(self, event: Event, status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR) -> Answer:
        """Return the page of a request that failed on our side."""
        page = browser_session.broken_page(phrases_of(event))
        return self.desk.secured(_page(status, page))


def _with_cookies(event: Event) -> Event:
    """Return the event with its cookies in a list, as AWS gives them.

    The local stack leaves them in the header.
    """
    headers = event.get("headers") or {}
    if "cookies" in event or "cookie" not in headers:
        return event
    return {**event, "cookies": [part.strip() for part in headers["cookie"].split(";")]}


def console_of(
    setting: Mapping[str, str], dynamodb: Any, s3: Any, sqs: Any, report: Report
) -> Console:
    """Build the console over clients of AWS. A missing setting raises KeyError."""
    clock = clock_from_setting(setting["TODAY"])
    # Tokens have the issuer's times, and the issuer knows nothing of the day of a trial.
    identity_clock = SystemClock()
    store = DynamoStore.of(dynamodb, setting["TABLE"], clock)
    senders = Senders(store, clock)
    rows = DynamoDesk(store.table, clock)
    secret = setting["CONSOLE_CLIENT_SECRET"]  # empty: a public client, with PKCE alone
    issuer = Issuer(
        setting["CONSOLE_ISSUER"],
        setting["CONSOLE_CLIENT_ID"],
        setting["CONSOLE_DISCOVERY"],
        (lambda: str(parameters.get_secret(secret, max_age=300))) if secret else None,
    )
    door = ConsoleDoor(
        setting["CONSOLE_URL"],
        Sessions(store.table, identity_clock),
        lambda provider: not senders.other_door(provider, "console"),
    )
    sign_in = SignIn(
        issuer=issuer,
        checks=TokenChecks(setting["CONSOLE_ISSUER"], setting["CONSOLE_CLIENT_ID"], issuer.key),
        grants=Grants(setting["CONSOLE_MODERATOR_CLAIM"], setting["CONSOLE_GROUPS_CLAIM"]),
        door=door,
        clock=identity_clock,
        report=report,
    )
    desk = TableDesk(
        store=store,
        desk=rows,
        sender=PendingSender(rows, sqs, setting["CONSOLE_QUEUE_URL"]),
        objects=S3Objects(s3),
        clock=clock,
        public_bucket=setting["PUBLIC_BUCKET"],
        public_url=setting["PUBLIC_URL"],
        out_bucket=setting["OUT_BUCKET"],
        trial_rules=TrialRules(float(setting["TRIAL_LEAST"]), int(setting["TRIAL_PEOPLE"])),
    )
    return Console(sign_in, DeskApplication(desk, door, SetExamples(desk.packs)))
