"""Pseudonyms and their keys: one a month, agreed on by all, and gone when its time is over."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, cast

import pytest
from support.sample_posts import StandingClock

from ledger.codes import KeyUnavailableError
from ledger.findings import Pseudonyms, hkdf
from ledger.store import MonthSalt, PseudonymKeys


@dataclass(slots=True)
class MemorySalts:
    """The salts as the port `SaltStore` promises them."""

    stored: dict[str, MonthSalt] = field(default_factory=dict)

    def month_salt(self, key_id: str) -> MonthSalt | None:
        return self.stored.get(key_id)

    def month_salts(self) -> list[MonthSalt]:
        return [self.stored[key] for key in sorted(self.stored)]

    def put_month_salt(self, salt: MonthSalt) -> MonthSalt:
        return self.stored.setdefault(salt.key_id, salt)


_numbers = count()


def keys(salts: MemorySalts, clock: StandingClock, secret: bytes = b"secret") -> PseudonymKeys:
    """A fresh worker, whose salts are like no other's."""
    return PseudonymKeys(
        cast("Any", salts), clock, secret, lambda: next(_numbers).to_bytes(32, "big")
    )


def test_two_workers_agree_on_a_month() -> None:
    salts, clock = MemorySalts(), StandingClock()
    first, second = (keys(salts, clock).in_force("acme").of("ana") for _ in range(2))
    assert first == second
    assert first.startswith("k2026-11:")


def test_a_key_changes_only_with_the_month() -> None:
    salts, clock = MemorySalts(), StandingClock(datetime(2026, 11, 1, tzinfo=UTC))
    worker, seen = keys(salts, clock), set()
    for _ in range(30):
        seen.add(worker.in_force("acme").of("ana"))
        clock.move(days=1)
    assert len(seen) == 1
    assert worker.in_force("acme").of("ana") not in seen


def test_a_key_needs_the_secret_and_the_salt_and_the_provider() -> None:
    clock = StandingClock()
    salts = MemorySalts()
    values = {keys(salts, clock).in_force("acme").of("ana").partition(":")[2],
              keys(salts, clock, b"other").in_force("acme").of("ana").partition(":")[2],
              keys(MemorySalts(), clock).in_force("acme").of("ana").partition(":")[2],
              keys(salts, clock).in_force("acne").of("ana").partition(":")[2]}  # fmt: skip
    assert len(values) == 4


@pytest.mark.parametrize(("moment", "kept"), [
    ("2028-11-30T23:59:59+00:00", True), ("2028-12-01T00:00:00+00:00", False),
], ids=["to the last moment", "and no longer"])  # fmt: skip
def test_a_key_is_kept_for_24_months(moment: str, *, kept: bool) -> None:
    """A worker that has met it before forgets it too, and the table's lateness is no help."""
    salts, clock = MemorySalts(), StandingClock()
    worker = keys(salts, clock)
    pinned = worker.in_force("acme")
    clock.moment = datetime.fromisoformat(moment)
    for one in (worker, keys(salts, clock)):
        assert [found.key_id for found in one.kept("acme")] == ["k2026-11"] * kept
        if kept:
            assert one.named("acme", "k2026-11").of("ana") == pinned.of("ana")
        else:
            with pytest.raises(KeyUnavailableError, match="k2026-11"):
                one.named("acme", "k2026-11")


def test_a_named_key_is_never_created() -> None:
    salts = MemorySalts()
    with pytest.raises(KeyUnavailableError):
        keys(salts, StandingClock()).named("acme", "k2026-11")
    assert salts.stored == {}


def test_the_keys_of_the_coming_days_are_made_ahead() -> None:
    salts, clock = MemorySalts(), StandingClock(datetime(2027, 1, 30, tzinfo=UTC))
    keys(salts, clock).make_ahead(30)
    assert [*salts.stored] == ["k2027-01", "k2027-02", "k2027-03"]


def test_nothing_secret_is_shown_where_a_key_is_printed() -> None:
    """A traceback or a log prints what a variable holds."""
    salts, secret = MemorySalts(), b"the root key"
    made = keys(salts, StandingClock(datetime(2026, 11, 25, tzinfo=UTC)), secret)
    pseudonyms = made.in_force("acme")
    [salt] = salts.stored.values()
    shown = "".join(map(repr, (made, pseudonyms, salt)))
    assert repr(secret) not in shown
    assert repr(salt.salt) not in shown
    assert not any(one in shown for one in (repr(pseudonyms.key), pseudonyms.key.hex()))


LONG = bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100))

RFC_5869 = {
    "A.1": (b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
    "A.2": (*LONG, 82, ("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                        "cc30c58179ec3e87c14c01d5c1f3434f1d87")),
    "A.3": (b"\x0b" * 22, b"", b"", 42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("secret", "salt", "info", "length", "key"), RFC_5869.values(), ids=RFC_5869
)
def test_keys_are_derived_as_rfc_5869_says(secret: bytes, salt: bytes, info: bytes, length: int,
                                           key: str) -> None:  # fmt: skip
    assert hkdf(secret, salt, info, length).hex() == key


def test_longer_than_255_blocks_is_an_error() -> None:
    assert len(hkdf(b"s", b"", b"", 255 * 32)) == 255 * 32
    with pytest.raises(ValueError, match="bytes must be in range"):
        hkdf(b"s", b"", b"", 255 * 32 + 1)


def test_a_pseudonym_differs_by_account_provider_secret_and_key() -> None:
    derive = Pseudonyms.derive
    values = {derive(b"secret", "acme", "k1").of("ana"), derive(b"secret", "acme", "k1").of("Ana"),
              derive(b"secret", "acne", "k1").of("ana"), derive(b"secreT", "acme", "k1").of("ana"),
              derive(b"secret", "acme", "k2").of("ana")}  # fmt: skip
    assert len(values) == 5
    assert len({value.partition(":")[2] for value in values}) == 5
    assert derive(b"secret", "acme", "k1").of("ana") in values


def test_a_pseudonym_starts_with_the_id_of_its_key() -> None:
    assert Pseudonyms.derive(b"s", "acme", "k2").of("\u00e9\U0001f600").startswith("k2:")
