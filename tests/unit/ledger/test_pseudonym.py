"""Pseudonyms: the same account, the same value; another provider or key, another."""

import pytest

from ledger.privacy import Pseudonyms, hkdf

LONG = bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100))

RFC_5869 = {
    "A.1": (
        b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    "A.2": (
        *LONG, 82,
        ("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
         "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
         "cc30c58179ec3e87c14c01d5c1f3434f1d87"),
    ),
    "A.3": (
        b"\x0b" * 22, b"", b"", 42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("secret", "salt", "info", "length", "key"), RFC_5869.values(), ids=RFC_5869
)
def test_keys_are_derived_as_rfc_5869_says(
    secret: bytes, salt: bytes, info: bytes, length: int, key: str
) -> None:
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


def test_the_key_is_not_shown() -> None:
    one = Pseudonyms.derive(b"secret", "acme", "k2026-11")
    assert one.key.hex() not in repr(one)
    assert str(one.key) not in repr(one)
