"""Who is at the console: a checked identity token, what it grants, and the session that it begins.

The browser holds a random secret; the table holds its digest and who it is. Nothing has to be
signed, and a sign-out ends a session everywhere at once. A copy of the table lets nobody in, since
it has only the digests.

Last come the few pages for people who have no session, in which everything that somebody typed is
escaped, and the door of the console: its cookies, and who makes a request.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
import msgspec

from desk import Door, Moderator, Role
from desk.asking import DeskSession, cookie_of
from ledger.keys import is_provider_id
from ledger.table import Table, put_where, record_of
from ledger.texts import Clock, replace_controls
from phrases import Phrases, package_words

ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384")
"""Signatures with a public key. Never `none`, and never a shared secret: the key is public."""

LEEWAY_SECONDS = 60
TOKEN_LETTERS = 16_384

type Claims = Mapping[str, Any]


class TokenError(Exception):
    """A token that proves nothing, or whose account is nobody at the desk.

    `code` says why, for the log; it holds nothing of the token.
    """

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class TokenChecks:
    """Checks identity tokens of one issuer for one client. `key` returns a public key by its id.

    Source: OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725 (best practices for JWT).
    """

    issuer: str
    client_id: str
    key: Callable[[str], dict[str, Any] | None]

    def claims(self, token: str, nonce: str, now: datetime) -> Claims:
        """Return the claims of a token that answers the request with this nonce.

        Raises TokenError. `now` decides whether it has ended.
        """
        if len(token) > TOKEN_LETTERS:
            raise TokenError("too_long")
        claims = self._signed(token)
        seconds = now.timestamp()
        if not _number(claims.get("exp")) or claims["exp"] + LEEWAY_SECONDS <= seconds:
            raise TokenError("expired")
        if not _number(claims.get("iat")) or claims["iat"] - LEEWAY_SECONDS > seconds:
            raise TokenError("not_yet")
        if claims.get("token_use", "id") != "id":  # Cognito signs access tokens with the same keys
            raise TokenError("wrong_kind")
        if claims.get("azp", self.client_id) != self.client_id:
            raise TokenError("wrong_audience")
        given = claims.get("nonce")
        if not (isinstance(given, str) and hmac.compare_digest(given.encode(), nonce.encode())):
            raise TokenError("wrong_nonce")
        return claims

    def _signed(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise TokenError("wrong_algorithm")
            if str(header.get("typ", "JWT")).lower() not in {"jwt", "id_token+jwt"}:
                raise TokenError("wrong_kind")
            key = self.key(str(header.get("kid", "")))
            if key is None:
                raise TokenError("unknown_key")
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(key, algorithm=algorithm),
                algorithms=[algorithm],
                audience=self.client_id,
                issuer=self.issuer,
                # The time is checked above, by the stack's clock.
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidAudienceError:
            raise TokenError("wrong_audience") from None
        except jwt.InvalidIssuerError:
            raise TokenError("wrong_issuer") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise TokenError("forged") from None
        return claims


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""What names a moderator in a message. It has no `@`, so no e-mail address fits."""

_RANK = (Role.AUDITOR, Role.MODERATOR, Role.LEAD)


@dataclass(frozen=True, slots=True)
class Grants:
    """Reads the claims that the operator chose: `moderator_claim` and `groups_claim`."""

    moderator_claim: str
    groups_claim: str

    def moderator(self, claims: Claims) -> Moderator:
        """Return the moderator of a checked token.

        Groups are named `<provider>/<role>`; others are ignored. Raises TokenError if the name does
        not fit, if no group fits, or if the groups name two providers.
        """
        name = claims.get(self.moderator_claim)
        if not (isinstance(name, str) and NAME.fullmatch(name)):
            raise TokenError("no_moderator")
        granted = set(_granted(claims.get(self.groups_claim)))
        providers = {provider for provider, _ in granted}
        if not providers:
            raise TokenError("no_group")
        if len(providers) > 1:
            raise TokenError("two_providers")
        role = max((role for _, role in granted), key=_RANK.index)
        return Moderator(name, providers.pop(), role, Door.CONSOLE)


def _granted(groups: object) -> Iterator[tuple[str, Role]]:
    for group in group_names(groups):
        provider, _, role = group.partition("/")
        if is_provider_id(provider) and role in set(Role):
            yield provider, Role(role)


def group_names(groups: object) -> list[str]:
    """Return the names of groups, in a list or as the one text that HTTP APIs make of a list.

    >>> group_names(["acme/lead"]), group_names("[acme/lead acme/auditor]"), group_names(7)
    (['acme/lead'], ['acme/lead', 'acme/auditor'], [])
    """
    if isinstance(groups, str):
        return groups.removeprefix("[").removesuffix("]").replace(",", " ").split()
    if isinstance(groups, list):
        return [group for group in groups if isinstance(group, str)]
    return []


IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
RENEWED_AFTER = timedelta(minutes=5)
"""A session that was used is written again at most this often."""

SESSIONS = "D#_session"


class SignedIn(msgspec.Struct, frozen=True):
    """Who signed in and when (seconds since 1970), and when the session was last used."""

    name: str
    provider: str
    role: Role
    began: int
    used: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions in the table."""

    table: Table
    clock: Clock

    def begin(self, moderator: Moderator) -> str:
        """Store a new session and return its secret for the cookie."""
        secret, now = secrets.token_urlsafe(32), self._seconds()
        signed_in = SignedIn(moderator.name, moderator.provider, moderator.role, now, now)
        new = self.table.put_if_absent(
            SESSIONS, _name(secret), signed_in, used=now, expires=_last(signed_in)
        )
        if not self.table.transact(new):
            raise OSError("a random name was taken")
        return secret

    def moderator(self, secret: str) -> Moderator | None:
        """Return who a session belongs to, if it is in force; renew it if it was used."""
        if not secret:
            return None
        stored = record_of(self.table.get(SESSIONS, _name(secret)), SignedIn)
        if stored is None:
            return None
        now = self._seconds()
        idle = now - stored.used
        if idle > IDLE.total_seconds() or now >= _last(stored):
            return None
        if idle > RENEWED_AFTER.total_seconds():
            self._renew(secret, stored, now)
        return Moderator(stored.name, stored.provider, stored.role, Door.CONSOLE)

    def end(self, secret: str) -> None:
        """End a session. Its row stays, empty, until it expires: no role deletes items."""
        stored = record_of(self.table.get(SESSIONS, _name(secret)), SignedIn)
        if stored is not None:
            self.table.put(SESSIONS, _name(secret), used=0, expires=_last(stored))

    def _renew(self, secret: str, stored: SignedIn, now: int) -> None:
        """Write when it was used, unless it was ended or renewed meanwhile."""
        renewed = msgspec.structs.replace(stored, used=now)
        put = self.table.put_action(
            SESSIONS, _name(secret), renewed, used=now, expires=_last(stored)
        )
        self.table.transact(put_where(put, "used = :before", before=stored.used))

    def _seconds(self) -> int:
        return int(self.clock.now().timestamp())


def form_token(secret: str) -> str:
    """Return the token that each form of a session carries: a keyed digest of its secret.

    >>> form_token("a") == form_token("b")
    False
    """
    return hmac.new(secret.encode(), b"form", sha256).hexdigest()


def _name(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _last(signed_in: SignedIn) -> int:
    return signed_in.began + int(LONGEST.total_seconds())


REFUSALS: dict[str, str] = package_words(Path(__file__).parent)["refusals"]
"""What somebody can do about a refusal. Other codes say only that it did not work: try again."""

TYPED = ("reason", "text")
"""The fields of a form that somebody typed."""


def refused_page(phrases: Phrases, code: str) -> str:
    """Return the page of an attempt that did not work."""
    _ = phrases.gettext
    why = REFUSALS.get(code, "")
    words = _(why) or _("The sign-in did not work, or took more than ten minutes.")
    title = _("You are not signed in")
    return _page(phrases, title, [words, _("Code: %(code)s", code=code)])


def signed_out(phrases: Phrases, elsewhere: str) -> str:
    """Return the page after signing out; `elsewhere` ends the session at the issuer too."""
    _ = phrases.gettext
    title, ended = _("You are signed out"), _("The session has ended.")
    if not elsewhere:
        return _page(phrases, title, [ended])
    words = escape(_("Sign out at the sign-in service too"))
    link = f'<p><a href="{escape(elsewhere)}">{words}</a></p>'
    return _page(phrases, title, [_("On a shared machine, sign out there too.")], link)


def session_ended(phrases: Phrases, form: str) -> str:
    """Return the page of a form whose session had ended, with the text typed in it."""
    _ = phrases.gettext
    try:
        fields = parse_qsl(form, max_num_fields=400)
    except ValueError:
        fields = []
    typed = [value for name, value in fields if name.rpartition("-")[0] in TYPED or name in TYPED]
    shown = "".join(
        f'<p class="text" dir="auto">{escape(replace_controls(value, keep=chr(10)))}</p>'
        for value in typed
        if value
    )
    kept = f"<h2>{escape(_('What you had typed'))}</h2>{shown}" if shown else ""
    words = [_("Nothing was decided by your last form. Decisions before it are kept.")]
    return _page(phrases, _("Your session has ended"), words, kept)


def broken_page(phrases: Phrases) -> str:
    """Return the page of a request that failed on our side."""
    _ = phrases.gettext
    words = [_("A form may not be stored. Load the page again in a moment: it counts once.")]
    return _page(phrases, _("Something failed here"), words)


def _page(phrases: Phrases, title: str, words: Iterable[str], markup: str = "") -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in words)
    return (
        f'<!doctype html>\n<html lang="{phrases.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} · Terang</title>\n"
        '<link rel="stylesheet" href="/static/desk.css">\n'
        '</head>\n<body>\n<header class="top"><span class="brand">Terang</span></header>\n'
        f'<main id="main">\n<h1>{escape(title)}</h1>\n{paragraphs}\n{markup}\n'
        f'<p><a href="/sign-in">{escape(phrases.gettext("Sign in"))}</a></p>\n'
        "</main>\n</body>\n</html>\n"
    )


SESSION_COOKIE = "__Host-terang-session"
ATTEMPT_COOKIE = "__Host-terang-attempt"
"""Browsers take a name with `__Host-` only with Secure, over TLS, for this host and all its paths:
no neighbouring host can plant one."""


@dataclass(frozen=True, slots=True)
class ConsoleDoor:
    """The port DeskDoor. `is_open` says whether a provider's moderators decide at the console."""

    origin: str
    sessions: Sessions
    is_open: Callable[[str], bool]

    sign_in = "/sign-in"
    sign_out = "/sign-out"

    def session(self, event: Mapping[str, Any]) -> DeskSession | None:
        """Return the session of a request, from its cookie; None without one in force."""
        secret = cookie_of(event, SESSION_COOKIE)
        moderator = self.sessions.moderator(secret)
        if moderator is None or not self.is_open(moderator.provider):
            return None
        return DeskSession(moderator, form_token(secret))


def set_cookie(name: str, value: str, seconds: int | None = None) -> str:
    """Return a cookie that only this host and no script sees; 0 seconds delete it.

    `Lax`: the way back from the issuer comes from another site.
    """
    ends = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{ends}"
