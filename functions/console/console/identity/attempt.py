"""One attempt to sign in: everything that must come back, derived from one secret in a cookie.

A signature with a key of ours would prove that we made the cookie. That is not needed: the secret
is random, the browser that holds it is the only one that can finish the attempt, and `state`,
`nonce` and the verifier of PKCE are keyed digests of it. Whoever invents a secret of their own has
to bring a token with that nonce, signed by the issuer.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

ATTEMPT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """An attempt by its secret."""

    secret: str

    @classmethod
    def begin(cls) -> "SignInAttempt":
        """Return an attempt with a fresh secret."""
        return cls(secrets.token_urlsafe(32))

    def state(self, now: datetime) -> str:
        """Return the state for the issuer. It carries when the attempt began, and proves it."""
        began = str(int(now.timestamp()))
        return f"{began}.{self._derived(f'state {began}')}"

    def knows(self, state: str, now: datetime) -> bool:
        """Return whether a state is of this attempt, and not older than ten minutes."""
        began = state.partition(".")[0]
        if not (began.isascii() and began.isdecimal() and len(began) <= 12):
            return False
        expected = f"{began}.{self._derived(f'state {began}')}"
        is_ours = hmac.compare_digest(state.encode(), expected.encode())
        return is_ours and 0 <= int(now.timestamp()) - int(began) <= ATTEMPT_SECONDS

    @property
    def nonce(self) -> str:
        """Return what the identity token must repeat."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Return the code verifier of PKCE: 43 letters."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """Return the code challenge: the digest of the verifier.

        >>> SignInAttempt("x" * 43).challenge == SignInAttempt("y" * 43).challenge
        False
        """
        return _letters(sha256(self.verifier.encode()).digest())

    def _derived(self, purpose: str) -> str:
        return _letters(hmac.digest(self.secret.encode(), purpose.encode(), "sha256"))


def _letters(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
