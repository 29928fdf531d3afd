"""Who may ask, and how often: partners with their secrets, and a count that keeps no asker."""

import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b, sha256

from answer.request import WINDOW_SECONDS, RequestError

_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Partners:
    """Partners by id, each with the SHA-256 of its secret in hex.

    `secrets` is called for each request, and may cache its result.
    """

    secrets: Callable[[], Mapping[str, str]]

    def admit(self, partner: str, secret: str) -> None:
        """Raise RequestError unless the partner is known and the secret is its own.

        An unknown partner and a wrong secret take the same time and get the same answer.
        """
        given = sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
        known = self.secrets().get(partner, _NO_DIGEST)
        if not hmac.compare_digest(given.encode(), known.encode()):
            raise RequestError(403, "not_known")


@dataclass(slots=True)
class RateLimit:
    """How often each asker may ask one worker within a minute.

    An asker is counted under a digest whose key is drawn each minute and never leaves the
    worker. Nothing is stored, so the limit of all workers together is higher.
    """

    most: int
    now: Callable[[], float]
    _began: float = float("-inf")
    _key: bytes = b""
    _counted: dict[bytes, int] = field(default_factory=dict)

    def count(self, asker: str) -> None:
        """Count a request. Raises RequestError beyond the limit."""
        now = self.now()
        if now - self._began >= WINDOW_SECONDS:
            self._began, self._key, self._counted = now, os.urandom(16), {}
        digest = blake2b(
            asker.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16
        ).digest()
        self._counted[digest] = self._counted.get(digest, 0) + 1
        if self._counted[digest] > self.most:
            raise RequestError(429, "too_often")
