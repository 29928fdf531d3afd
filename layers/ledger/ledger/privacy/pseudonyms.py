"""Replace accounts with keyed pseudonyms before anything is stored.

Each month's key is derived from the secret of the stack and from a random salt in the table.
Neither is of use alone: once the salt is deleted, nobody can compute the month's pseudonyms again.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ledger.clock import Clock
from ledger.errors import KeyUnavailableError

KEY_MONTHS = 24
"""Months for which a key is kept after its own, longer than anything needs it.

A file may wait 22 days for its dead letters. An excerpt then has 30 days until somebody decides,
198 after a measure, 366 while a complaint is open and 14 after its answer: 630 days in all.
"""

SALT_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Pseudonyms:
    """The pseudonyms of one provider and month: the same account gives the same value.

    They cannot be reversed, and nobody is followed from one provider to the next. A pseudonym is
    still personal data for anyone who holds the key.
    """

    key: bytes
    key_id: str

    @classmethod
    def derive(cls, secret: bytes, provider: str, key_id: str) -> "Pseudonyms":
        """Derive the provider's key from the secret of the month that `key_id` names."""
        return cls(hkdf(secret, b"terang pseudonym", f"{key_id}/{provider}".encode(), 32), key_id)

    def of(self, account: str) -> str:
        """Return the pseudonym of an account: the key's id, a colon and 32 hex digits.

        >>> Pseudonyms.derive(b"secret", "acme", "k2026-11").of("user1")
        'k2026-11:1ccc7b1091f146dfa31e14ff2c1f9df1'
        """
        mac = hmac.digest(self.key, account.encode(), "sha256")
        return f"{self.key_id}:{mac.hex()[:32]}"


@dataclass(frozen=True, slots=True, repr=False)
class MonthSalt:
    """The random salt of one month's key; `expires` is in seconds since 1970."""

    key_id: str
    salt: bytes
    expires: int


class SaltStore(Protocol):
    """The salts of the months."""

    def month_salt(self, key_id: str) -> MonthSalt | None:
        """Return the salt of a month's key, if it is still kept."""

    def month_salts(self) -> list[MonthSalt]:
        """Return all salts that are kept, by month."""

    def put_month_salt(self, salt: MonthSalt) -> MonthSalt:
        """Put a month's salt if it has none yet; return the one that is stored afterwards."""


def _random_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


@dataclass(frozen=True, slots=True, repr=False)
class PseudonymKeys:
    """The keys of one stack. A worker remembers the salts that it has read."""

    store: SaltStore
    clock: Clock
    secret: bytes
    fresh_salt: Callable[[], bytes] = _random_salt
    _known: dict[str, MonthSalt] = field(default_factory=dict)

    def in_force(self, provider: str) -> Pseudonyms:
        """Return the provider's pseudonyms of this month; the first caller makes the key."""
        return self._derived(self._salt_at(self.clock.now()), provider)

    def named(self, provider: str, key_id: str) -> Pseudonyms:
        """Return the provider's pseudonyms under the key that a manifest pinned.

        Raises KeyUnavailableError if that key was deleted or has expired: no other key will do.
        """
        salt = self._known.get(key_id) or self.store.month_salt(key_id)
        if salt is None:
            raise KeyUnavailableError(key_id)
        return self._derived(salt, provider)

    def make_ahead(self, days: int) -> None:
        """Make the keys of the coming days now: an erased author needs a tombstone under each."""
        for day in range(days + 1):
            self._salt_at(self.clock.now() + timedelta(days=day))

    def kept(self, provider: str) -> list[Pseudonyms]:
        """Return the provider's pseudonyms under all keys that are kept, by month."""
        now = self.clock.now().timestamp()
        living = [salt for salt in self.store.month_salts() if salt.expires > now]
        return [self._derived(salt, provider) for salt in living]

    def _salt_at(self, moment: datetime) -> MonthSalt:
        key_id = key_id_of(moment)
        if key_id not in self._known:
            new = MonthSalt(key_id, self.fresh_salt(), _expiry(moment))
            self._known[key_id] = self.store.month_salt(key_id) or self.store.put_month_salt(new)
        return self._known[key_id]

    def _derived(self, salt: MonthSalt, provider: str) -> Pseudonyms:
        if salt.expires <= self.clock.now().timestamp():
            raise KeyUnavailableError(salt.key_id)  # the table may delete it days later
        self._known[salt.key_id] = salt
        secret = hkdf(self.secret, salt.salt, b"terang pseudonyms of a month", 32)
        return Pseudonyms.derive(secret, provider, salt.key_id)


def key_id_of(moment: datetime) -> str:
    """Return the id of the key in force at a moment. It changes with the month in UTC.

    >>> key_id_of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    'k2026-11'
    """
    return f"k{moment.astimezone(UTC):%Y-%m}"


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """Derive `length` bytes (at most 8,160) of key for one purpose.

    Source: RFC 5869 with SHA-256.
    """
    extracted = hmac.digest(salt, secret, "sha256")
    block, out = b"", b""
    for counter in range(1, -(-length // hashlib.sha256().digest_size) + 1):
        block = hmac.digest(extracted, block + info + bytes([counter]), "sha256")
        out += block
    return out[:length]


def _expiry(moment: datetime) -> int:
    """Return the end of the month KEY_MONTHS after that of the moment, in seconds since 1970."""
    months = moment.astimezone(UTC).year * 12 + moment.astimezone(UTC).month + KEY_MONTHS
    return int(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp())
