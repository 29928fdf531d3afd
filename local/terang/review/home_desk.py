"""The desk at home: the port `Desk` over the findings of a run or a stack, for one moderator.

Decisions are pending in the moderator's book. Claims are the moderator's own: at home nobody else
sits at this desk, and decide refuses the second of two decisions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from desk.items import Dossier, Item
from desk.moderator import Moderator
from desk.ports import CannedReason, DeskQuality, FirstDecision
from ledger.cases.messages import CaseMessage
from ledger.cases.pending import ItemClaim, PendingDecision
from ledger.clock import Clock
from terang.case_messages import decode_lines
from terang.review.pending_book import PendingBook

FRESH_SECONDS = 60
"""How long a stack's list of items is shown before it is read again."""


class HomeSource(Protocol):
    """Where the items come from: a run's folder, or a stack."""

    def dossiers(self, own: Sequence[CaseMessage]) -> list[Dossier]:
        """Return everything that waits after the moderator's own messages."""

    def territory(self) -> tuple[str, ...]:
        """Return the countries in which decisions hold if they name none."""

    def whole(self, dossier: Dossier) -> Dossier:
        """Return an item with its near copies and earlier decisions."""

    def goldens(self) -> list[Dossier]:
        """Return the cards for training."""

    def quality(self, own: Sequence[CaseMessage]) -> DeskQuality:
        """Return how second reviews agreed and decisions held."""


@dataclass(slots=True)
class HomeDesk:
    """The port `Desk` for one moderator at home."""

    source: HomeSource
    book: PendingBook
    clock: Clock
    reasons_file: Path
    _claims: dict[str, ItemClaim] = field(default_factory=dict)
    _dossiers: dict[str, Dossier] = field(default_factory=dict)
    _listed: set[str] = field(default_factory=set)
    _read_at: datetime | None = None

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self.clock.now()

    def items(self, moderator: Moderator) -> Sequence[Item]:
        """Return all that waits and is not decided in this book."""
        self._refresh(self.clock.now())
        open_keys = self._listed - self._decided()
        return [each.item for key, each in self._dossiers.items() if key in open_keys]

    def dossier(self, moderator: Moderator, key: str) -> Dossier | None:
        """Return everything about one item."""
        if not self._dossiers:
            self._refresh(self.clock.now())
        known = self._dossiers.get(key)
        if known is None:
            return next((each for each in self.source.goldens() if each.item.key == key), None)
        whole = self.source.whole(known)
        decided = self._decided()
        open_copies = tuple(copy for copy in whole.copies if copy.key not in decided)
        return replace(whole, copies=open_copies)

    def territory(self, moderator: Moderator) -> tuple[str, ...]:
        """Return the countries in which decisions hold if they name none."""
        return self.source.territory()

    def search(self, moderator: Moderator, text: str) -> frozenset[str]:
        """Return the keys of items whose excerpt holds this text, without regard to case."""
        wanted = text.casefold()
        return frozenset(
            key
            for key, dossier in self._dossiers.items()
            if any(wanted in (each.excerpt or "").casefold() for each in dossier.findings)
        )

    def goldens(self, moderator: Moderator) -> Sequence[Dossier]:
        """Return the cards for training."""
        return self.source.goldens()

    def claims(self, moderator: Moderator) -> Mapping[str, ItemClaim]:
        """Return the own claims that have not ended."""
        now = self.clock.now()
        return {
            key: claim
            for key, claim in self._claims.items()
            if datetime.fromisoformat(claim.until) > now
        }

    def claim(self, moderator: Moderator, key: str, until: datetime) -> ItemClaim:
        """Claim an item. Nobody else sits at this desk."""
        claim = ItemClaim(item=key, moderator=moderator.name, until=until.isoformat())
        self._claims[key] = claim
        return claim

    def release(self, moderator: Moderator, key: str) -> None:
        """End the own claim."""
        self._claims.pop(key, None)

    def store_pending(self, moderator: Moderator, pending: PendingDecision) -> FirstDecision | None:
        """Store a decision as pending, unless another one of this book decided the item."""
        for each in self.book.standing:
            if each.id != pending.id and not each.leaves_open and {*each.items} & {*pending.items}:
                return FirstDecision(moderator=each.moderator, decided_at=each.held_at)
        return self.book.store_pending(pending)

    def undo(self, moderator: Moderator, pending: str) -> bool:
        """Take back an own decision that is still pending."""
        return self.book.undo(pending, self.clock.now())

    def recent(self, moderator: Moderator) -> Sequence[PendingDecision]:
        """Return the decisions of the last day, the newest first."""
        since = self.clock.now() - timedelta(days=1)
        decisions = self.book.decisions
        return [each for each in decisions if datetime.fromisoformat(each.held_at) > since]

    def reasons(self, moderator: Moderator) -> Sequence[CannedReason]:
        """Return the reasons in the file next to the decisions."""
        if not self.reasons_file.exists():
            return []
        data = self.reasons_file.read_bytes()
        return decode_lines(data, CannedReason, str(self.reasons_file))

    def put_reasons(self, moderator: Moderator, reasons: Sequence[CannedReason]) -> None:
        """Replace the file of reasons."""
        lines = b"".join(msgspec.json.encode(reason) + b"\n" for reason in reasons)
        part = self.reasons_file.with_name(f"{self.reasons_file.name}.new")
        part.write_bytes(lines)
        part.replace(self.reasons_file)

    def quality(self, moderator: Moderator) -> DeskQuality:
        """Return how second reviews agreed and decisions held."""
        return self.source.quality(self._messages())

    def _messages(self) -> list[CaseMessage]:
        return [message for each in reversed(self.book.standing) for message in each.messages]

    def _decided(self) -> set[str]:
        """Return the items that decisions of this book closed."""
        return {key for each in self.book.standing if not each.leaves_open for key in each.items}

    def _refresh(self, now: datetime) -> None:
        age = now - self._read_at if self._read_at else timedelta.max
        if age > timedelta(seconds=FRESH_SECONDS):
            found = {each.item.key: each for each in self.source.dossiers(self._messages())}
            self._dossiers |= found
            self._listed = set(found)
            self._read_at = now
