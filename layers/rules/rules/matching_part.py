"""The part of a pack that can change what a rule finds or proposes, and its digest.

A version that differs from an earlier one only in its words or its card has the same digest, so it
keeps the notice date of that version. A set publishes the digest of each pack: anyone can compute
it from the pack's JSON in the set, without the keys below.
"""

import hashlib
from typing import Any

import msgspec

from rules.pack import Pack

NOT_OF_PACK = ("version", "digest", "published_at", "title", "why", "translations", "card")
"""Keys of a pack that its matching part lacks."""

NOT_OF_RULE = ("why",)
"""Keys of a rule that its matching part lacks."""


def matching_digest(pack: Pack) -> str:
    """Return the SHA-256, in hex, of the matching part: compact JSON with sorted keys."""
    part: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(pack))
    for key in NOT_OF_PACK:
        part.pop(key, None)
    for rule in part["rules"]:
        for key in NOT_OF_RULE:
            rule.pop(key, None)
    return hashlib.sha256(msgspec.json.encode(part, order="sorted")).hexdigest()
