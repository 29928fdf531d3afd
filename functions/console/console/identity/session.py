"""Sessions: the browser holds a random secret, the table holds its digest and who it is.

Nothing has to be signed, and a sign-out ends a session everywhere at once. A copy of the table lets
nobody in, since it has only the digests.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import msgspec

from desk.moderator import Door, Moderator, Role
from ledger.aws.table import Table, put_where, record_of
from ledger.clock import Clock

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
