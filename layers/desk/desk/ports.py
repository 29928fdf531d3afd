"""The port of the desk: all that its pages read and write, for one provider at a time.

The caller has checked who the moderator is; an implementation checks that the requested item
belongs to `moderator.provider`, and answers None as if it did not exist. Nothing is counted: a
claim is a put with an end, a decision is stored once under its id, and undo marks that record.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from desk.items import Dossier, Item
from desk.moderator import Moderator
from ledger.cases.pending import ItemClaim, PendingDecision


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


class DeskQueue(Protocol):
    """What waits."""

    def now(self) -> datetime:
        """Return the time in UTC."""

    def items(self, moderator: Moderator) -> Sequence[Item]:
        """Return all that waits at the moderator's provider, in any order.

        Items with a decision that is pending or sent are left out. The list may lag a few seconds.
        """

    def dossier(self, moderator: Moderator, key: str) -> Dossier | None:
        """Return everything about one item; None if the provider has none with this key.

        An item that was decided meanwhile is returned too: its form may hold a typed reason.
        """

    def territory(self, moderator: Moderator) -> tuple[str, ...]:
        """Return the countries in which the provider's decisions hold if they name none."""

    def search(self, moderator: Moderator, text: str) -> frozenset[str]:
        """Return the keys of items whose excerpt holds this text, without regard to case."""

    def goldens(self, moderator: Moderator) -> Sequence[Dossier]:
        """Return the cards for training, whose answer is known. Nothing about them is stored."""


class DeskClaims(Protocol):
    """Who is on what."""

    def claims(self, moderator: Moderator) -> Mapping[str, ItemClaim]:
        """Return the claims in force at the moderator's provider, by item."""

    def claim(self, moderator: Moderator, key: str, until: datetime) -> ItemClaim:
        """Claim an item, or renew the own claim. Return the claim in force, own or a colleague's.

        A conditional put: only where no claim is in force, or the moderator's own.
        """

    def release(self, moderator: Moderator, key: str) -> None:
        """End the own claim."""


class DeskDecisions(Protocol):
    """Decisions, first pending and then sent."""

    def store_pending(self, moderator: Moderator, pending: PendingDecision) -> FirstDecision | None:
        """Store a decision as pending. Return None, or who decided one of its items before.

        The same id again changes nothing and returns None, unless it was undone. The sender turns
        it into case messages after `due_at`, exactly once by their ids, whatever dies in between.
        """

    def undo(self, moderator: Moderator, pending: str) -> bool:
        """Take back an own pending decision; False if it is sent, unknown or a colleague's.

        The items wait again, and the id stays used up.
        """

    def recent(self, moderator: Moderator) -> Sequence[PendingDecision]:
        """Return the moderator's decisions of the last day, the newest first, with their state."""


class DeskQualityStore(Protocol):
    """Canned reasons, and facts for leads."""

    def reasons(self, moderator: Moderator) -> Sequence[CannedReason]:
        """Return the provider's canned reasons, in order; none if it has not edited them."""

    def put_reasons(self, moderator: Moderator, reasons: Sequence[CannedReason]) -> None:
        """Replace the provider's canned reasons."""

    def quality(self, moderator: Moderator) -> DeskQuality:
        """Return how second reviews agreed and how decisions held, of the last 90 days."""


class Desk(DeskQueue, DeskClaims, DeskDecisions, DeskQualityStore, Protocol):
    """All of it. A door brings one implementation."""
