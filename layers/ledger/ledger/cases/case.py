"""A case: a finding, notice, order, decision, complaint or dispute, and what became of it.

What may happen to a case in which state is one table, `TRANSITIONS`; everything else asks it.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from ledger.cases.entry import CaseEntry, JournalEntry
from ledger.cases.refusal import CaseCode
from ledger.records.finding import Finding


class Kind(StrEnum):
    """What a case is about. A finding and a notice are matters: somebody must decide on them."""

    MATTER = "matter"
    DECISION = "decision"
    CONTEST = "contest"  # a complaint, or a dispute before a certified body
    ORDER = "order"
    RECORD = "record"  # a suspension, or an audited post: nothing follows


class State(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    ESCALATED = "escalated"
    DECIDED = "decided"
    REFERRED = "referred"
    STANDING = "standing"
    NARROWED = "narrowed"
    OVERTURNED = "overturned"
    CLOSED = "closed"


class Move(StrEnum):
    """What a message does to one case."""

    OPEN = "open"
    NOTE = "note"
    SKIP = "skip"
    ESCALATE = "escalate"
    DECIDE = "decide"
    REFER = "refer"
    REVIEW = "review"
    CONTEST = "contest"
    UPHOLD = "uphold"
    NARROW = "narrow"
    OVERTURN = "overturn"
    RESTORE = "restore"
    WITHDRAW = "withdraw"
    ANSWER = "answer"
    REPORT = "report"
    CLOSE = "close"
    REOPEN = "reopen"
    SUPERSEDE = "supersede"


NEW = None
"""The state of a case that is not there yet."""

_OUT_OF_ORDER, _DECIDED = CaseCode.OUT_OF_ORDER, CaseCode.DECIDED_ALREADY
_NOTHING = CaseCode.NOTHING_DECIDED

TRANSITIONS: Mapping[tuple[Kind, State | None], Mapping[Move, State | CaseCode]] = {
    # A finding is open from the moment it is put; a notice opens itself.
    (Kind.MATTER, NEW): {Move.OPEN: State.OPEN},
    (Kind.MATTER, State.OPEN): {
        Move.NOTE: State.OPEN,
        Move.SKIP: State.OPEN,
        Move.ESCALATE: State.ESCALATED,
        Move.DECIDE: State.DECIDED,
    },
    (Kind.MATTER, State.ESCALATED): {
        Move.NOTE: State.ESCALATED,
        Move.SKIP: State.ESCALATED,
        Move.ESCALATE: State.ESCALATED,
        Move.DECIDE: State.DECIDED,
    },
    # That an authority was told is recorded whenever the message comes: it happened.
    (Kind.MATTER, State.DECIDED): {
        Move.NOTE: State.DECIDED,
        Move.SKIP: _DECIDED,
        Move.ESCALATE: State.DECIDED,
        Move.DECIDE: _DECIDED,
        # The published check that it rests on was corrected or withdrawn: somebody must look again.
        Move.REOPEN: State.OPEN,
    },
    (Kind.DECISION, NEW): {Move.DECIDE: State.STANDING, Move.REFER: State.REFERRED},
    # Every complaint gets its answer, also on a decision that another one has overturned;
    # what is overturned does not stand up again.
    # What a changed check supersedes stays what it was: no machine overturns a decision.
    (Kind.DECISION, State.STANDING): {
        Move.SUPERSEDE: State.STANDING,
        Move.REVIEW: State.STANDING,
        Move.CONTEST: State.STANDING,
        Move.UPHOLD: State.STANDING,
        Move.NARROW: State.NARROWED,
        Move.OVERTURN: State.OVERTURNED,
        Move.RESTORE: _OUT_OF_ORDER,
        Move.WITHDRAW: State.OVERTURNED,
    },
    (Kind.DECISION, State.NARROWED): {
        Move.SUPERSEDE: State.NARROWED,
        Move.REVIEW: State.NARROWED,
        Move.CONTEST: State.NARROWED,
        Move.UPHOLD: State.NARROWED,
        Move.NARROW: State.NARROWED,
        Move.OVERTURN: State.OVERTURNED,
        Move.RESTORE: State.NARROWED,
        Move.WITHDRAW: State.OVERTURNED,
    },
    (Kind.DECISION, State.OVERTURNED): {
        Move.REVIEW: State.OVERTURNED,
        Move.CONTEST: State.OVERTURNED,
        Move.UPHOLD: State.OVERTURNED,
        Move.NARROW: State.OVERTURNED,
        Move.OVERTURN: State.OVERTURNED,
        Move.RESTORE: State.OVERTURNED,
        Move.WITHDRAW: State.OVERTURNED,
    },
    (Kind.DECISION, State.REFERRED): {
        Move.REVIEW: _NOTHING,
        Move.CONTEST: _NOTHING,
        Move.UPHOLD: _NOTHING,
        Move.NARROW: _NOTHING,
        Move.OVERTURN: _NOTHING,
        Move.RESTORE: _NOTHING,
        Move.WITHDRAW: _NOTHING,
    },
    (Kind.CONTEST, NEW): {Move.OPEN: State.OPEN},
    (Kind.CONTEST, State.OPEN): {Move.ANSWER: State.CLOSED},
    (Kind.CONTEST, State.CLOSED): {Move.ANSWER: _DECIDED},
    (Kind.ORDER, NEW): {Move.OPEN: State.OPEN, Move.CLOSE: State.CLOSED},
    (Kind.ORDER, State.OPEN): {Move.REPORT: State.OPEN, Move.CLOSE: State.CLOSED},
    (Kind.ORDER, State.CLOSED): {Move.REPORT: State.CLOSED, Move.CLOSE: _DECIDED},
    (Kind.RECORD, NEW): {Move.CLOSE: State.CLOSED},
    (Kind.RECORD, State.CLOSED): {Move.CLOSE: _DECIDED},
}
"""What each move makes of a case, or why it is refused. A pair that is missing cannot come up."""


class Waiting(msgspec.Struct, frozen=True):
    """A message that came before what it refers to: its id, its own bytes, and the day it came.

    `at` is when it was first sent, RFC 3339 in UTC; empty in what an earlier release kept.
    """

    message: str
    provider: str
    line: bytes
    day: str
    at: str = ""


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that the table holds of a case, read at one time.

    `finding` and `excerpt` are those of a finding; `excerpt_expires` is the excerpt's end in
    seconds since 1970; `entries` are in order, from number 1.
    """

    case: str
    entries: tuple[CaseEntry, ...] = ()
    finding: Finding | None = None
    excerpt: str | None = None
    excerpt_expires: int | None = None
    waiting: tuple[Waiting, ...] = ()

    @property
    def state(self) -> State | None:
        """Where it stands; None for one that is not there."""
        if self.entries:
            return State(self.entries[-1].state)
        return State.OPEN if self.finding else NEW

    @property
    def next_number(self) -> int:
        """The number of the entry that comes next."""
        return len(self.entries) + 1

    @property
    def first(self) -> JournalEntry | None:
        """What opened it, or the first thing that was done about a finding."""
        return self.entries[0].entry if self.entries else None

    def entry_by(self, *moves: Move) -> JournalEntry | None:
        """The first entry that made one of these moves."""
        return next((one.entry for one in self.entries if one.move in moves), None)

    @property
    def contests_open(self) -> int:
        """Complaints and disputes about a decision that have no answer yet."""
        moves = [entry.move for entry in self.entries]
        answers = (Move.UPHOLD, Move.NARROW, Move.OVERTURN)
        return moves.count(Move.CONTEST) - sum(map(moves.count, answers))


class CaseMove(msgspec.Struct, frozen=True):
    """What a commit does to one case: its next entry, if any, and what becomes of its items.

    `closes` takes the finding off the list of open ones, `reopens` is one that comes back to it;
    `excerpt_expires` is the excerpt's new end, None leaves it, and `forgets` says that its text
    goes at once.
    """

    case: str
    entry: CaseEntry | None = None
    closes: bool = False
    excerpt_expires: int | None = None
    forgets: bool = False
    reopens: Finding | None = None


class CaseMarker(msgspec.Struct, frozen=True):
    """That a message was committed: its id, the digest of what it says, its day and entry.

    `wakes` are the cases whose waiting messages it lets be judged anew.
    """

    message: str
    provider: str
    digest: str
    day: str
    entry: str
    wakes: tuple[str, ...] = ()
