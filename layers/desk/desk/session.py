"""What a door proves: the session of a request, and that its own page sent a form."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl

from desk.moderator import Moderator
from phrases import to_translate

FORM_BYTES = 65_536
"""The largest form: a reason has 2,000 code points, an excerpt at most 2,000."""

FORM_FIELDS = 400


@dataclass(frozen=True, slots=True)
class DeskSession:
    """Who sits at the desk in this request, and the token that each form of it must carry.

    The token belongs to the session and cannot be guessed, such as a keyed digest of its id.
    """

    moderator: Moderator
    token: str


class DeskDoor(Protocol):
    """What a door knows: its own address, and who makes a request."""

    @property
    def origin(self) -> str:
        """Return the origin of the pages, such as `https://console.example.org`."""

    @property
    def sign_in(self) -> str:
        """Return the path where somebody without a session is sent; empty without one."""

    @property
    def sign_out(self) -> str:
        """Return the path that a POST signs out at; empty without one."""

    def session(self, event: Mapping[str, Any]) -> DeskSession | None:
        """Return the session of a request, from its cookies; None without one in force."""


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of an HTTP API's event, by their names in lower case."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def cookie_of(event: Mapping[str, Any], name: str) -> str:
    """Return the value of a cookie of an HTTP API's event; empty without one, or with two.

    >>> cookie_of({"cookies": ["a=1", "b=2"]}, "b"), cookie_of({"cookies": ["a=1", "a=2"]}, "a")
    ('2', '')
    """
    pairs = (cookie.partition("=") for cookie in event.get("cookies") or ())
    values = [value for given, _, value in pairs if given.strip() == name]
    return values[0] if len(values) == 1 else ""


def body_of(event: Mapping[str, Any]) -> str:
    """Return the body of an HTTP API's event as text."""
    body: str = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body).decode("utf-8", "replace")
    return body


class FormError(Exception):
    """A form that is not ours, is broken, or is too large. Nothing of it was done."""


def read_form(event: Mapping[str, Any], session: DeskSession, origin: str) -> dict[str, list[str]]:
    """Return the fields of a form that this session's own page sent. Raises FormError.

    Source: OWASP ASVS 5.0, 3.5.1 (cross-site requests): a token in the form, and the Origin that a
    browser sends with each POST.
    """
    headers, body = headers_of(event), body_of(event)
    if headers.get("origin") != origin or headers.get("sec-fetch-site", "same-origin") != (
        "same-origin"
    ):
        raise FormError(to_translate("The form came from another page."))
    if len(body) > FORM_BYTES:
        raise FormError(to_translate("The form is too long."))
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise FormError(to_translate("The form has another type."))
    try:
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS)
    except ValueError:
        raise FormError(to_translate("The form cannot be read.")) from None
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    token = form.pop("token", [""])[0]
    if not hmac.compare_digest(token.encode(), session.token.encode()):
        raise FormError(to_translate("The page is older than this session. Load it again."))
    return form
