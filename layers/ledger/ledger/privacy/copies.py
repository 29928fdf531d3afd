"""Fingerprints of found posts, and what a day's copy groups came to.

A fingerprint is personal data. It is kept with the journal of its day, under a key that only the
stack has, for COPY_DAYS, and goes when its author is erased. The numbers of a closed day are stored
before that, so they never change.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from ledger.privacy.pseudonyms import hkdf
from ledger.records.manifest import Marker

COPY_DAYS = 30
"""How long a fingerprint is kept: as long as the excerpt of a finding that nobody decides."""


class FindingFingerprint(NamedTuple):
    """The fingerprint of a finding's post, with the rule (`pack/version/rule/mode`).

    When an author is erased, the fingerprints of the posts go. Each finding of that day then has
    the `group` in which it was counted.
    """

    finding: str
    rule: str
    fingerprint: bytes
    group: str = ""


class DayCopies(msgspec.Struct, frozen=True):
    """The copy groups of a provider's day: findings that were compared, and groups, also by rule.

    It identifies no post, and is stored once, when the day is closed.
    """

    findings: int
    groups: int
    by_rule: dict[str, int]


class ConfirmedFingerprint(NamedTuple):
    """The fingerprint of a confirmed post, the rule of copies (`pack/rule`), and the decision."""

    rule: str
    decision: str
    fingerprint: bytes


class CopySnapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fingerprints of a provider's confirmed posts, one of each group, by rule and decision.

    `at` is when it was written, RFC 3339 in UTC. `erased` says that an author was erased since:
    then it is empty until the next run of publish.
    """

    at: str
    algorithm: str
    rows: tuple[ConfirmedFingerprint, ...] = ()
    erased: bool = False


class CopyStore(Protocol):
    """Fingerprints, and the copy groups of closed days."""

    def put_fingerprints(
        self, marker: Marker, fingerprints: Sequence[FindingFingerprint], expires: int
    ) -> None:
        """Keep the fingerprints of a unit's findings, before its receipt is stored."""

    def fingerprints(self, provider: str, day: str) -> list[FindingFingerprint]:
        """Return the fingerprints of a day's counted findings that are still kept, by finding."""

    def day_copies(self, provider: str, day: str) -> DayCopies | None:
        """Return the copy groups that were stored when the day was closed."""

    def put_day_copies(self, provider: str, day: str, copies: DayCopies) -> DayCopies:
        """Store a closed day's copy groups if absent; return those that are stored afterwards."""


def copy_key(secret: bytes, provider: str) -> bytes:
    """Derive the key of a provider's fingerprints from the secret of the stack."""
    return hkdf(secret, b"terang copies", provider.encode(), 32)
