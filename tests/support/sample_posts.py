"""Invented posts and a pack for them, harmless to read."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from support.canary import ACCOUNT, TEXT

from matcher import Pack

POST: dict[str, Any] = {"id": "1", "account": ACCOUNT, "text": f"The {TEXT} opens at nine.",
    "audience": "public", "published_at": "2026-11-25T10:00:00+07:00"}  # fmt: skip

OTP = "Please SEND ME the one-time code you just got"
"""Hits `codes/asks-for-code`, which is live."""

PRIZE = "You won the grand prize"
"""Hits `prizes/names-prize`, which is in shadow."""

PACK = """
id: codes
version: 3
title: Theft of one-time codes
why: For trials.
category: SCAMS_AND_FRAUD
keywords: [PHISHING]
ground: illegal
legal_ground: {text: A provision, url: https://law.example/1}
languages: [en]
owner: trust@provider.example
in_force: {from: 2026-11-01, until: 2027-04-30}
rules:
  - id: asks-for-code
    severity: high
    why: Asks for a code.
    all: [[one-time code], [send me]]
    match: [Send me the one-time code]
    ignore: [Nothing]
"""

SHADOW = """
id: prizes
version: 1
title: Prizes
why: For trials.
category: SCAMS_AND_FRAUD
keywords: [OTHER]
ground: illegal
legal_ground: {text: A provision, url: https://law.example/2}
languages: [en]
owner: trust@provider.example
in_force: {from: 2026-11-01, until: 2027-04-30}
mode: shadow
rules:
  - id: names-prize
    severity: low
    why: Counts prizes.
    any: [grand prize]
    match: [The grand prize]
    ignore: [Nothing]
"""


def fields(**changes: Any) -> dict[str, Any]:
    """The fields of a public post, changed; a field that is `...` is left out."""
    return {name: value for name, value in (POST | changes).items() if value is not ...}


def line(**changes: Any) -> bytes:
    """The post as JSON, without a newline."""
    return json.dumps(fields(**changes), ensure_ascii=False).encode()


def lines(*texts: str, start: int = 0) -> bytes:
    """A line for a post of each text; their ids count from `start`."""
    return b"".join(line(id=f"p{start + n}", text=text) + b"\n" for n, text in enumerate(texts))


def pack(text: str = PACK, **changes: Any) -> Pack:
    """A pack as it stands in a set, published long ago, with other values for some attributes."""
    parsed = Pack.parse(text, "sample")
    return msgspec.structs.replace(
        parsed, **({"published_at": datetime(2026, 1, 1, tzinfo=UTC)} | changes)
    )


@dataclass(slots=True)
class StandingClock:
    """A clock that stands until somebody moves it."""

    moment: datetime = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        """Let some time pass: `move(seconds=31)`."""
        self.moment += timedelta(**by)
