"""Care for moderators: what a page hides, when a break is due, and how many severe cards in a row.

The settings are the moderator's own comfort, kept in a cookie and nowhere else: nobody reports how
long or how fast somebody reads.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode

CARE_COOKIE = "desk-care"

BREAK_MINUTES = (30, 45, 60, 90)
SEVERE_IN_A_ROW = (3, 5, 10, 20)
NEW_SITTING_MINUTES = 20
"""After such a pause a new sitting begins, without any reminder."""

YEAR = 31_536_000


@dataclass(frozen=True, slots=True)
class CareSettings:
    """A moderator's settings and the sitting so far.

    `began` and `last` are seconds since 1970 of the sitting's start and of its last decision;
    `severe` is how many severe cards were decided in a row.
    """

    language: str = ""
    blurred: bool = True
    grey: bool = True
    keys: bool = True
    minutes: int = 45
    severe_limit: int = 5
    began: int = 0
    last: int = 0
    severe: int = 0

    @classmethod
    def parse(cls, cookie: str) -> "CareSettings":
        """Read a cookie. A field that is missing or not understood has its default.

        >>> CareSettings.parse("g=0&m=60&x=1").minutes, CareSettings.parse("m=abc").minutes
        (60, 45)
        """
        fields = {name: values[0] for name, values in parse_qs(cookie[:400]).items()}
        default = cls()
        return cls(
            language=fields["l"] if fields.get("l", "").isalpha() and len(fields["l"]) == 2 else "",
            blurred=fields.get("b", "1") != "0",
            grey=fields.get("g", "1") != "0",
            keys=fields.get("k", "1") != "0",
            minutes=_number(fields, "m", default.minutes),
            severe_limit=_number(fields, "s", default.severe_limit),
            began=_number(fields, "n", 0),
            last=_number(fields, "t", 0),
            severe=_number(fields, "r", 0),
        )

    @property
    def cookie(self) -> str:
        """Return the header that sets the cookie. It is nobody's secret and decides nothing."""
        fields = {
            "l": self.language,
            "b": int(self.blurred),
            "g": int(self.grey),
            "k": int(self.keys),
            "m": self.minutes,
            "s": self.severe_limit,
            "n": self.began,
            "t": self.last,
            "r": self.severe,
        }
        return f"{CARE_COOKIE}={urlencode(fields)}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax"

    def after(self, now: datetime, *, severe: bool) -> "CareSettings":
        """Return the settings after a decision on a severe or another card."""
        seconds = int(now.timestamp())
        paused = seconds - self.last > NEW_SITTING_MINUTES * 60
        return replace(
            self,
            began=seconds if paused or not self.began else self.began,
            last=seconds,
            severe=(0 if paused else self.severe) + 1 if severe else 0,
        )

    def after_break(self) -> "CareSettings":
        """Return the settings when the moderator comes back from a break."""
        return replace(self, began=0, last=0, severe=0)

    def is_break_due(self, now: datetime) -> bool:
        """Return whether the sitting is longer than the moderator wanted."""
        if not self.began or not self.minutes or self._is_over(now):
            return False
        return now.timestamp() - self.began > timedelta(minutes=self.minutes).total_seconds()

    def spares_severe(self, now: datetime) -> bool:
        """Return whether the next card should not be a severe one."""
        return (
            bool(self.severe_limit)
            and self.severe >= self.severe_limit
            and not (self._is_over(now))
        )

    def _is_over(self, now: datetime) -> bool:
        return now.timestamp() - self.last > NEW_SITTING_MINUTES * 60


def _number(fields: dict[str, str], name: str, default: int) -> int:
    text = fields.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else default
