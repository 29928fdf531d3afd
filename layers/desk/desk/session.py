"""The session of a moderator, as a door proves it, and the checks on every form."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl

from desk.moderator import Moderator

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


class FormError(Exception):
    """A form that is not ours, is broken, or is too large. Nothing of it was done."""


def read_form(
    body: str, headers: Mapping[str, str], session: DeskSession, origin: str
) -> dict[str, list[str]]:
    """Return the fields of a form that this session's own page sent. Raises FormError.

    `headers` have names in lower case. Source: OWASP ASVS 5.0, 3.5.1 (cross-site requests): a token
    in the form, and the Origin that a browser sends with each POST.
    """
    if headers.get("origin") != origin or headers.get("sec-fetch-site", "same-origin") != (
        "same-origin"
    ):
        raise FormError("The form came from another page.")
    if len(body) > FORM_BYTES:
        raise FormError("The form is too long.")
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise FormError("The form has another type.")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS)
    except ValueError:
        raise FormError("The form cannot be read.") from None
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    token = form.pop("token", [""])[0]
    if not hmac.compare_digest(token.encode(), session.token.encode()):
        raise FormError("The page is older than this session. Load it again.")
    return form
