"""What the desk answers: who decided before, canned reasons, and how well decisions hold.

How well decisions hold: agreement of second reviews with its interval, and overturned rates.

Nobody is ranked: the facts hold no moderator.

What a door proves: the session of a request, and that its own page sent a form.
"""

import base64
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Protocol
from urllib.parse import parse_qsl

import msgspec

from desk.items import Moderator, rules_of
from ledger.aws.desk_store import PendingDecision
from ledger.cases import JournalEntry
from phrases import to_translate


class FirstDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Who decided an item before, and when. This very form did if `undone` or `stored` is set."""

    moderator: str
    decided_at: str
    undone: bool = False
    stored: PendingDecision | None = None


class CannedReason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reason to choose with one key. Without a `pack` it fits every pack."""

    text: str
    verdict: str
    language: str
    pack: str = ""


class RuleQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How decisions on a rule held: how many were confirmed, dismissed, and overturned later."""

    rule: str
    confirmed: int
    dismissed: int
    overturned: int


class DeskQuality(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of the lead's page. `pairs` counts (first verdict, second verdict); no person."""

    pairs: tuple[tuple[str, str, int], ...]
    rules: tuple[RuleQuality, ...]
    since: str


Z95 = 1.96
"""Standard deviations around a mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often second reviews agreed: raw, and as Cohen's kappa with its 95 % interval.

    `kappa` is None where it is not defined: fewer than two looks, or one verdict alone.
    """

    pairs: int
    agreed: int
    kappa: float | None
    low: float
    high: float


def agreement(pairs: Iterable[tuple[str, str, int]]) -> Agreement:
    """Return the agreement of first and second verdicts.

    Kappa is the agreement beyond what chance would give: 1 is always, 0 is no better than chance.
    Limits: the interval is the large-sample one and too narrow below some 30 pairs.
    Source: Cohen, A coefficient of agreement for nominal scales (1960).

    >>> found = agreement([("c", "c", 20), ("c", "d", 5), ("d", "c", 10), ("d", "d", 15)])
    >>> found.pairs, found.agreed, round(found.kappa or 0, 2)
    (50, 35, 0.4)
    """
    counts = Counter[tuple[str, str]]()
    for first, second, count in pairs:
        counts[first, second] += count
    total = counts.total()
    agreed = sum(count for (first, second), count in counts.items() if first == second)
    if total < 2:
        return Agreement(total, agreed, None, -1.0, 1.0)
    firsts, seconds = Counter[str](), Counter[str]()
    for (first, second), count in counts.items():
        firsts[first] += count
        seconds[second] += count
    chance = sum(firsts[verdict] * seconds[verdict] for verdict in firsts) / total**2
    if chance == 1:
        return Agreement(total, agreed, None, -1.0, 1.0)
    observed = agreed / total
    kappa = (observed - chance) / (1 - chance)
    error = Z95 * sqrt(observed * (1 - observed) / (total * (1 - chance) ** 2))
    return Agreement(total, agreed, kappa, max(-1.0, kappa - error), min(1.0, kappa + error))


def quality_of(entries: Iterable[JournalEntry], since: str) -> DeskQuality:
    """Return the facts of the lead's page from journal entries.

    A decision counts once for each of its rules, with all its findings. So do the decisions of one
    look at near copies, and those of them that fell.
    """
    seen: set[tuple[str, str]] = set()
    fallen: set[tuple[str, str]] = set()
    pairs = Counter[tuple[str, str]]()
    decided = Counter[tuple[str, str]]()
    for entry in entries:
        if entry.type == "second_review" and entry.about is not None:
            pairs[entry.about.verdict, entry.verdict] += 1
        elif entry.type == "decision" and entry.verdict in {"confirmed", "dismissed"}:
            for rule in rules_of(entry):
                look = entry.look, rule
                decided[rule, entry.verdict] += look not in seen
                seen.add(look)
        if entry.overturns and entry.about is not None:
            fallen.update((entry.about.look, rule) for rule in rules_of(entry.about))
    overturned = Counter(rule for _, rule in fallen)
    rules = sorted({rule for rule, _ in decided} | set(overturned))
    return DeskQuality(
        pairs=tuple((*pair, count) for pair, count in sorted(pairs.items())),
        rules=tuple(
            RuleQuality(
                rule=rule,
                confirmed=decided[rule, "confirmed"],
                dismissed=decided[rule, "dismissed"],
                overturned=overturned[rule],
            )
            for rule in rules
        ),
        since=since,
    )


FORM_BYTES = 65_536
"""The largest form: a reason has 2,000 code points, an excerpt at most 2,000."""

FORM_FIELDS = 400


@dataclass(frozen=True, slots=True)
class DeskSession:
    """Who sits at the desk in this request, and the token that each form of it must carry.

    The token belongs to the session and cannot be guessed, such as a keyed digest of its id.
    """

    moderator: Moderator
    token: str


class DeskDoor(Protocol):
    """What a door knows: its own address, and who makes a request."""

    @property
    def origin(self) -> str:
        """Return the origin of the pages, such as `https://console.example.org`."""

    @property
    def sign_in(self) -> str:
        """Return the path where somebody without a session is sent; empty without one."""

    @property
    def sign_out(self) -> str:
        """Return the path that a POST signs out at; empty without one."""

    def session(self, event: Mapping[str, Any]) -> DeskSession | None:
        """Return the session of a request, from its cookies; None without one in force."""


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of an HTTP API's event, by their names in lower case."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def cookie_of(event: Mapping[str, Any], name: str) -> str:
    """Return the value of a cookie of an HTTP API's event; empty without one, or with two.

    >>> cookie_of({"cookies": ["a=1", "b=2"]}, "b"), cookie_of({"cookies": ["a=1", "a=2"]}, "a")
    ('2', '')
    """
    pairs = (cookie.partition("=") for cookie in event.get("cookies") or ())
    values = [value for given, _, value in pairs if given.strip() == name]
    return values[0] if len(values) == 1 else ""


def body_of(event: Mapping[str, Any]) -> str:
    """Return the body of an HTTP API's event as text."""
    body: str = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body).decode("utf-8", "replace")
    return body


class FormError(Exception):
    """A form that is not ours, is broken, or is too large. Nothing of it was done."""


def read_form(event: Mapping[str, Any], session: DeskSession, origin: str) -> dict[str, list[str]]:
    """Return the fields of a form that this session's own page sent. Raises FormError.

    Source: OWASP ASVS 5.0, 3.5.1 (cross-site requests): a token in the form, and the Origin that a
    browser sends with each POST.
    """
    headers, body = headers_of(event), body_of(event)
    if headers.get("origin") != origin or headers.get("sec-fetch-site", "same-origin") != (
        "same-origin"
    ):
        raise FormError(to_translate("The form came from another page."))
    if len(body) > FORM_BYTES:
        raise FormError(to_translate("The form is too long."))
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise FormError(to_translate("The form has another type."))
    try:
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS)
    except ValueError:
        raise FormError(to_translate("The form cannot be read.")) from None
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    token = form.pop("token", [""])[0]
    if not hmac.compare_digest(token.encode(), session.token.encode()):
        raise FormError(to_translate("The page is older than this session. Load it again."))
    return form
