"""The pack `factchecks`: what a set says about findings that rest on a published fact-check.

Its rules have no words: a post meets one when the index of checks that the set names attaches a
check of that topic. It is in the set like other packs, so that it is listed, counted, paused and
explained like them. Nobody writes it, and its id is reserved.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from rules.pack import Ground, InForce, LegalGround, Pack, Rule, Severity

FACTCHECKS = "factchecks"
"""The id of the pack."""

RENEWED_DAYS = 30
"""An import in the last so many days of the pack renews it, under a higher version."""


class Topic(NamedTuple):
    """A rule of the pack: a topic, and what its findings count as."""

    id: str
    category: str
    keyword: str
    severity: Severity
    about: str


TOPICS = (
    Topic("health", "RISK_FOR_PUBLIC_SECURITY", "RISK_PUBLIC_HEALTH", Severity.MEDIUM, "health"),
    Topic("money", "SCAMS_AND_FRAUD", "OTHER", Severity.MEDIUM, "money and fraud"),
    Topic("disaster", "OTHER_VIOLATION_TC", "OTHER", Severity.MEDIUM, "disasters and safety"),
    Topic("technology", "OTHER_VIOLATION_TC", "OTHER", Severity.LOW, "technology and products"),
)
"""Facts that anybody can look up. They exclude claims about anything else, and claims that name a
party, an office, an election, a protest, a war, a religion or a people."""

# Published words: a change of them raises the version of the pack.
_WHY = (
    "Repeats a claim on {about} that a trusted publisher has checked and found false, misleading"
    " or without its context. What is proposed is a label with the link to that check."
)
_PACK: dict[str, Any] = {
    "title": "Claims that a published fact-check is about",
    "why": (
        "A post that repeats a claim which somebody has checked gets the link to that check, as a"
        " proposed label. Whether the claim is true is the publisher's word, never this system's."
        " Which checks there are is told by the index that the set names; a post of fewer than"
        " eight words is never met."
    ),
    "category": "OTHER_VIOLATION_TC",
    "ground": Ground.TERMS,
    "legal_ground": LegalGround(
        "The provider's terms on claims that an independent fact-check is about",
        "https://schema.org/ClaimReview",
    ),
    "owner": "the publishers of the checks",
}


def factchecks_pack(before: Pack | None, languages: Iterable[str], now: datetime) -> Pack:
    """Return the pack for the next set. `before` is the pack in the set in force, if any.

    The version stays while the rules do, whatever checks come and go: everybody can read these at
    their publishers. Other rules, or the end of its year, make a new version.

    >>> first = factchecks_pack(None, ["en"], datetime(2026, 11, 25, tzinfo=UTC))
    >>> first.version, str(first.in_force.until), [rule.id for rule in first.rules]
    (1, '2027-11-25', ['health', 'money', 'disaster', 'technology'])
    >>> factchecks_pack(first, ["en", "id"], datetime(2027, 1, 1, tzinfo=UTC)).version
    1
    >>> factchecks_pack(first, ["en"], datetime(2027, 11, 1, tzinfo=UTC)).version
    2
    """
    today = now.astimezone(UTC).date()
    rules = tuple(map(_rule, TOPICS))
    digest = sha256(msgspec.json.encode([_PACK, rules], order="sorted")).hexdigest()
    ordered = tuple(sorted(languages))
    if before is not None and before.digest == digest and not _ends_soon(before, today):
        return msgspec.structs.replace(before, languages=ordered)
    return Pack(
        id=FACTCHECKS,
        version=before.version + 1 if before else 1,
        keywords=(),
        languages=ordered,
        in_force=InForce(today, today + timedelta(days=365)),
        rules=rules,
        digest=digest,
        published_at=now.astimezone(UTC).replace(microsecond=0),
        **_PACK,
    )


def without_factchecks(packs: Iterable[Pack]) -> tuple[Pack, ...]:
    """Return the packs of words."""
    return tuple(pack for pack in packs if pack.id != FACTCHECKS)


def pack_yaml(pack: Pack) -> bytes:
    """Return the pack for people to read, as JSON, which is YAML too."""
    fields = msgspec.to_builtins(pack)
    for name in ("digest", "languages", "published_at"):  # the set says the last two
        del fields[name]
    return msgspec.json.format(msgspec.json.encode(fields, order="sorted"), indent=2) + b"\n"


def _rule(topic: Topic) -> Rule:
    return Rule(
        id=topic.id,
        severity=topic.severity,
        why=_WHY.format(about=topic.about),
        category=topic.category,
        keywords=(topic.keyword,),
    )


def _ends_soon(pack: Pack, today: date) -> bool:
    return pack.in_force.until - today < timedelta(days=RENEWED_DAYS)
