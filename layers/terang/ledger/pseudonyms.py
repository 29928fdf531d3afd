"""The keys of pseudonyms, and the letters that replace moderators in the public journal.

Each month's key of the pseudonyms is made when it is first needed, and kept in the table.

A letter tells a provider's moderators apart within a month, and not over two months. Letters are
dealt in turn and stored, not computed: anyone who knows all pseudonyms could reverse a digest.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ledger.privacy import MonthSalt, Pseudonyms, hkdf, key_id_of
from ledger.refusals import KeyUnavailableError
from ledger.texts import Clock

if TYPE_CHECKING:
    from ledger.aws.store import DynamoStore

KEY_MONTHS = 24
"""Months for which a key is kept after its own, longer than anything needs it.

A file may wait 22 days for its dead letters. An excerpt then has 30 days until somebody decides,
198 after a measure, 366 while a complaint is open and 14 after its answer: 630 days in all.
"""

SALT_BYTES = 32


def _random_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


@dataclass(frozen=True, slots=True, repr=False)
class PseudonymKeys:
    """The keys of one stack. A worker remembers the salts that it has read."""

    store: "DynamoStore"
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


def _expiry(moment: datetime) -> int:
    """Return the end of the month KEY_MONTHS after that of the moment, in seconds since 1970."""
    months = moment.astimezone(UTC).year * 12 + moment.astimezone(UTC).month + KEY_MONTHS
    return int(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp())


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def assign_letters(
    store: "DynamoStore", provider: str, month: str, moderators: Iterable[str], expires: int
) -> dict[str, str]:
    """Return the letters of a month's (YYYY-MM) moderators, and deal letters to new ones in order.

    No letter is dealt twice: of two callers, the one who comes second reads the letters again.
    """
    known = store.moderator_letters(provider, month)
    for moderator in moderators:
        while moderator and moderator not in known:
            letter = nth_letter(len(known))
            if store.put_moderator_letter(provider, month, letter, moderator, expires):
                known[moderator] = letter
            else:
                known = store.moderator_letters(provider, month)
    return known


def nth_letter(number: int) -> str:
    """Return the letters of a number from 0, as a spreadsheet names its columns.

    >>> nth_letter(0), nth_letter(25), nth_letter(26), nth_letter(701), nth_letter(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    rest, last = divmod(number, len(ALPHABET))
    return (nth_letter(rest - 1) if rest else "") + ALPHABET[last]
