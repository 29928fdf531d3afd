"""The door of the deployed console: its cookies, and who makes a request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from console.identity.session import Sessions, form_token
from desk.session import DeskSession, cookie_of

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
