"""Accounts become keyed pseudonyms at the door, before anything is stored."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Pseudonyms:
    """The pseudonyms of one provider and month: the same account, the same value; not reversible.

    Another provider has another key, so that nobody is followed from one to the next.
    A pseudonym is still personal data for whoever holds the key.
    """

    key: bytes
    key_id: str

    @classmethod
    def derive(cls, secret: bytes, provider: str, key_id: str) -> "Pseudonyms":
        """The provider's key, derived from the secret of the month that `key_id` names."""
        return cls(hkdf(secret, b"terang pseudonym", f"{key_id}/{provider}".encode(), 32), key_id)

    def of(self, account: str) -> str:
        """The pseudonym of an account: the key's id, a colon and 32 hex digits.

        >>> Pseudonyms.derive(b"secret", "acme", "k2026-11").of("user1")
        'k2026-11:1ccc7b1091f146dfa31e14ff2c1f9df1'
        """
        mac = hmac.digest(self.key, account.encode(), "sha256")
        return f"{self.key_id}:{mac.hex()[:32]}"


@dataclass(frozen=True, slots=True, repr=False)
class MonthSalt:
    """What makes a month's key beside the stack's secret; `expires` is in seconds since 1970."""

    key_id: str
    salt: bytes
    expires: int


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
