"""Who may ask, and how often: a partner by its secret, or whoever signed the request."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from answer.http import Refused, Request

PARTNER, SECRET = "x-terang-partner", "x-terang-secret"
WINDOW_SECONDS = 60
_NOBODY = "0" * 64


@dataclass(frozen=True, slots=True)
class Partners:
    """Partners by id, each with the SHA-256 of its secret in hex; none where requests are signed.

    `secrets` is asked each time, and may keep what it knows for a while.
    """

    secrets: Callable[[], Mapping[str, str]] | None

    def asker(self, request: Request) -> str:
        """Who asks. Raises Refused for somebody unknown.

        Whether a partner is unknown or its secret wrong takes the same time, and is told alike.
        """
        if self.secrets is None:
            if not request.caller:  # nobody comes here whom AWS has not let through
                raise Refused(403, "not_known")
            return request.caller
        name = request.headers.get(PARTNER, "")
        given = sha256(request.headers.get(SECRET, "").encode()).hexdigest()
        known = self.secrets().get(name, _NOBODY)
        if not hmac.compare_digest(given.encode(), known.encode()):
            raise Refused(403, "not_known")
        return name


@dataclass(slots=True)
class Window:
    """How often each partner may ask one worker within a minute.

    Nothing is stored: with `AnswerConcurrency` workers at a time, that many times as much gets
    through at most.
    """

    most: int
    now: Callable[[], float]
    _began: float = 0.0
    _counted: dict[str, int] = field(default_factory=dict)

    def let_through(self, asker: str) -> None:
        """Count a question. Raises Refused where it is one too many."""
        now = self.now()
        if now - self._began >= WINDOW_SECONDS:
            self._began, self._counted = now, {}
        self._counted[asker] = self._counted.get(asker, 0) + 1
        if self._counted[asker] > self.most:
            raise Refused(429, "too_often")
