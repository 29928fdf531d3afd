"""The keys of the pseudonyms: one for each month, made when it is first needed, and destroyed.

A key is derived from the secret of the stack and from the month's own random salt in the table.
Who has only one of them has nothing: when the salt is gone, so is the key.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ledger.errors import KeyUnavailableError
from ledger.ports import Clock, Store
from ledger.privacy.pseudonym import MonthSalt, Pseudonyms, hkdf

KEY_MONTHS = 24
"""Months for which a key is kept after its own, longer than anything under it is needed.

A file may wait 22 days for its dead letters; an excerpt then has 30 days until somebody decides,
198 after a measure, 366 while a complaint is open and 14 after its answer: 630 days in all.
"""

SALT_BYTES = 32


def _fresh_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


@dataclass(frozen=True, slots=True, repr=False)
class PseudonymKeys:
    """The keys of one stack; a worker remembers those that it has met."""

    store: Store
    clock: Clock
    secret: bytes
    fresh_salt: Callable[[], bytes] = _fresh_salt
    _met: dict[str, MonthSalt] = field(default_factory=dict)

    def in_force(self, provider: str) -> Pseudonyms:
        """The provider's pseudonyms of this month; whoever comes first makes the month's key."""
        return self._derived(self._made(self.clock.now()), provider)

    def named(self, provider: str, key_id: str) -> Pseudonyms:
        """The provider's pseudonyms under the key that a manifest pinned.

        Raises KeyUnavailableError if it is not there or its time is over: no other key will do.
        """
        found = self._met.get(key_id) or self.store.month_salt(key_id)
        if found is None:
            raise KeyUnavailableError(key_id)
        return self._derived(found, provider)

    def make_ahead(self, days: int) -> None:
        """Make the keys of the coming days now: a tombstone must stand under each."""
        for day in range(days + 1):
            self._made(self.clock.now() + timedelta(days=day))

    def kept(self, provider: str) -> list[Pseudonyms]:
        """The provider's pseudonyms under all keys that are kept, by month."""
        now = self.clock.now().timestamp()
        living = [one for one in self.store.month_salts() if one.expires > now]
        return [self._derived(one, provider) for one in living]

    def _made(self, moment: datetime) -> MonthSalt:
        key_id = key_id_of(moment)
        if key_id not in self._met:
            own = MonthSalt(key_id, self.fresh_salt(), _expiry(moment))
            self._met[key_id] = self.store.month_salt(key_id) or self.store.begin_month(own)
        return self._met[key_id]

    def _derived(self, month: MonthSalt, provider: str) -> Pseudonyms:
        if month.expires <= self.clock.now().timestamp():
            raise KeyUnavailableError(month.key_id)  # the table may be days late to delete it
        self._met[month.key_id] = month
        secret = hkdf(self.secret, month.salt, b"terang pseudonyms of a month", 32)
        return Pseudonyms.derive(secret, provider, month.key_id)


def key_id_of(moment: datetime) -> str:
    """The key in force at a moment: it changes with the month in UTC, and never else.

    >>> key_id_of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    'k2026-11'
    """
    return f"k{moment.astimezone(UTC):%Y-%m}"


def _expiry(moment: datetime) -> int:
    """The end of the month KEY_MONTHS after that of the moment, in seconds since 1970."""
    months = moment.astimezone(UTC).year * 12 + moment.astimezone(UTC).month + KEY_MONTHS
    return int(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp())
