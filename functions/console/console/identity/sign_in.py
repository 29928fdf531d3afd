"""Sign in with the authorization code flow and PKCE, come back, and sign out.

Everything of an attempt that must come back is derived from one secret in a cookie. A signature
with a key of ours would prove that we made the cookie. That is not needed: the secret is random,
the browser that holds it is the only one that can finish the attempt, and `state`, `nonce` and the
verifier of PKCE are keyed digests of it. Whoever invents a secret of their own has to bring a token
with that nonce, signed by the issuer.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from console.identity import pages
from console.identity.door import ATTEMPT_COOKIE, SESSION_COOKIE, ConsoleDoor, set_cookie
from console.identity.grants import GrantError, Grants
from console.identity.issuer import CodeRefusedError, Issuer
from console.identity.tokens import TokenChecks, TokenError
from desk.moderator import Moderator
from desk.routes.asking import phrases_of
from desk.session import FormError, body_of, cookie_of, headers_of, read_form
from ledger.clock import Clock

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
        except (TokenError, GrantError) as error:
            return self._refuse(event, error.code)
        except CodeRefusedError:
            return self._refuse(event, "code_refused")
        if not self.door.is_open(moderator.provider):
            return self._refuse(event, "other_door")
        self.door.sessions.end(cookie_of(event, SESSION_COOKIE))
        secret = self.door.sessions.begin(moderator)
        who = {
            "moderator": moderator.name,
            "provider": moderator.provider,
            "role": str(moderator.role),
        }
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
        page = pages.signed_out(phrases_of(event), elsewhere)
        return _page(HTTPStatus.OK, page, set_cookie(SESSION_COOKIE, "", 0))

    def signed_out(self, event: Event) -> Answer:
        """Show that nobody is signed in any more."""
        return _page(HTTPStatus.OK, pages.signed_out(phrases_of(event), ""))

    def session_ended(self, event: Event) -> Answer:
        """Answer a form whose session ended: nothing was done, and the typed text is shown again.

        Only a form of our own pages is shown, so that no other site can write on this page.
        """
        is_ours = headers_of(event).get("origin") == self.door.origin
        page = pages.session_ended(phrases_of(event), body_of(event) if is_ours else "")
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
        page = pages.refused(phrases_of(event), code)
        return _page(HTTPStatus.FORBIDDEN, page, set_cookie(ATTEMPT_COOKIE, "", 0))


def _see(address: str, *cookies: str) -> Answer:
    status = int(HTTPStatus.SEE_OTHER)
    return {"statusCode": status, "headers": {"Location": address}, "cookies": [*cookies]}


def _page(status: HTTPStatus, page: str, *cookies: str) -> Answer:
    headers = {"Content-Type": "text/html; charset=utf-8"}
    return {"statusCode": int(status), "headers": headers, "cookies": [*cookies], "body": page}
