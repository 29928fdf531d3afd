"""What a moderator holds: an item to look at, and a decision that can still be taken back."""

from enum import StrEnum

import msgspec

from ledger.cases.messages import CaseMessage, Decision, Verdict

UNDO_SECONDS = 10
"""How long a decision can be taken back: the delay of the message that names it."""


class ItemClaim(msgspec.Struct, frozen=True):
    """Who looks at an item, until when (RFC 3339 in UTC). One that has ended counts for nothing."""

    item: str
    moderator: str
    until: str


class PendingState(StrEnum):
    """How far a decision of the desk has come."""

    PENDING = "pending"  # it can be taken back
    UNDONE = "undone"  # it was taken back, and its form is used up
    VOID = "void"  # the message that names it came first: it was never stored, and cannot be
    SENT = "sent"  # it is on its way to decide, or in the file
    TAKEN = "taken"
    WAITING = "waiting"
    REFUSED = "refused"


class PendingDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision that can be taken back until `due_at`; its messages are sent after that.

    `id` is the id of its first message and of the form that made it: the same form again is the
    same decision. `items` are the keys of the items that it decides; several for a copy group. If
    it was refused, `code` says why, and `first` which moderator decided before. Times are RFC 3339
    in UTC, with microseconds.
    """

    id: str
    provider: str
    moderator: str
    items: tuple[str, ...] = ()
    messages: tuple[CaseMessage, ...] = ()
    held_at: str = ""
    due_at: str = ""
    state: PendingState = PendingState.PENDING
    code: str = ""
    first: str = ""

    @property
    def leaves_open(self) -> bool:
        """Whether its items wait on after it: they were skipped or escalated."""
        first = next(iter(self.messages), None)
        return isinstance(first, Decision) and first.verdict in {Verdict.SKIPPED, Verdict.ESCALATED}


class PendingName(msgspec.Struct, frozen=True):
    """The message that names a pending decision. It holds nothing that decides anything."""

    provider: str
    pending: str
