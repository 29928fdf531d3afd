"""A tip line over an index in force, with its own clock, asked as AWS asks it."""

import io
import json
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
from support.sample_checks import CHECKS, PUBLISHER, check, table

from answer.ask_routes import JSON_PARTNER, JSON_SECRET, routes_of
from answer.tip_line import IndexInForce, TipLine
from claims.admission import Trust, admit, build_index
from claims.fact_check import Check, FeedCheck, Rating, read_feed
from ledger.closing import POINTER_KEY, set_key
from ledger.keys import factchecks_key
from ledger.texts import clock_from_setting
from strangers import RateLimit

BOT = "terang_bot"
PARTNERS = {"helpdesk": sha256(b"open sesame").hexdigest(),
            "telegram": sha256(b"web-hook_1").hexdigest()}  # fmt: skip
KNOWN = {JSON_PARTNER: "helpdesk", JSON_SECRET: "open sesame"}
GARAM = "Minum air garam hangat tiga kali sehari menyembuhkan pilek dalam satu malam"
MORE = (check(11, GARAM, "SALAH", language="id", date="2020-01-01"),)


def built(*rows: dict[str, str]) -> bytes:
    """An index of these checks."""
    return build_index(admit(read_feed(io.BytesIO(table(*rows))), Trust([PUBLISHER])).checks)


@dataclass(slots=True)
class Public:
    """The public bucket, with an index in force."""

    stored: dict[str, bytes] = field(default_factory=dict)

    def put(self, index: bytes | None) -> None:
        digest = sha256(index).hexdigest() if index is not None else ""
        data = msgspec.json.encode({"packs": [], "notice_hours": 24, "factchecks": digest})
        name = sha256(data).hexdigest()
        self.stored |= {set_key(name): data,
                        POINTER_KEY: msgspec.json.encode({"set": name, "since": ""})}  # fmt: skip
        if index is not None:
            self.stored[factchecks_key(digest)] = index

    def get(self, bucket: str, key: str) -> bytes | None:
        return self.stored.get(key)


def built_with(claim: str, publisher: str) -> bytes:
    """An index of one check whose texts no import has cleaned."""
    url = f"https://{PUBLISHER}/1"
    found = Check(url, claim, Rating.FALSE, "SALAH", publisher, "2026-10-01", "id", "health")
    return build_index([FeedCheck(found)])


@cache
def sample_index() -> bytes:
    return built(*CHECKS, *MORE)


def public_with(index: bytes | None) -> Public:
    public = Public()
    public.put(index)
    return public


@dataclass(slots=True)
class Line:
    """A tip line, and its clock."""

    public: Public
    signed: bool = False
    most: int = 1_000
    seconds: float = 1_000.0
    tip_line: TipLine = field(init=False)
    sent: str = ""

    def __post_init__(self) -> None:
        now = lambda: self.seconds  # noqa: E731 - the field of this moment
        self.tip_line = TipLine(
            routes_of(secrets=lambda: PARTNERS, asks_for_secret=not self.signed, bot=BOT),
            RateLimit(self.most, now), IndexInForce(self.public, "public", now),
            clock_from_setting("2026-11-25"))  # fmt: skip

    def ask(self, body: Any, **changes: Any) -> tuple[int, dict[str, Any]]:
        """Ask at the function URL."""
        text = body if isinstance(body, str) else json.dumps(body)
        event = {"requestContext": {"http": {"method": "POST"}}, "headers": KNOWN, "body": text}
        response, _ = self.tip_line.take(event | changes)
        self.sent = response["body"]
        return response["statusCode"], json.loads(self.sent)

    def visit(self, route: str, body: str = "", address: str = "192.0.2.7",
              **changes: Any) -> tuple[dict[str, Any], str]:  # fmt: skip
        """Send a request over the API. Return the response, and how it is counted."""
        method, _, path = route.partition(" ")
        http = {"method": method, "path": path, "sourceIp": address}
        event = {"routeKey": route, "requestContext": {"http": http}, "body": body, "headers": {}}
        return self.tip_line.take(event | changes)
