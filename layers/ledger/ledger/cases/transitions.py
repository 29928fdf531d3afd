"""The states of a case, and the moves that are allowed in each: the table `TRANSITIONS`."""

from collections.abc import Mapping
from enum import StrEnum

from ledger.cases.refusal import CaseCode


class CaseKind(StrEnum):
    """The subject of a case."""

    FINDING_OR_NOTICE = "finding_or_notice"  # somebody must decide on it
    DECISION = "decision"
    CONTEST = "contest"  # a complaint, or a dispute before a certified body
    ORDER = "order"
    RECORD = "record"  # a suspension, an audited post, or an answer to the flood guard
    GROUP = "group"  # decisions of one look at near copies: its entries are those that count


class CaseState(StrEnum):
    """The state of a case."""

    OPEN = "open"
    ESCALATED = "escalated"
    DECIDED = "decided"
    REFERRED = "referred"
    STANDING = "standing"
    NARROWED = "narrowed"
    OVERTURNED = "overturned"
    CLOSED = "closed"


class Move(StrEnum):
    """The effect of a message on one case."""

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
"""The state of a case that does not exist yet."""

_OUT_OF_ORDER, _DECIDED = CaseCode.OUT_OF_ORDER, CaseCode.DECIDED_ALREADY
_NOTHING = CaseCode.NOTHING_DECIDED

TRANSITIONS: Mapping[tuple[CaseKind, CaseState | None], Mapping[Move, CaseState | CaseCode]] = {
    # A finding is open from the moment it is stored; a notice opens its own case.
    (CaseKind.FINDING_OR_NOTICE, NEW): {Move.OPEN: CaseState.OPEN},
    (CaseKind.FINDING_OR_NOTICE, CaseState.OPEN): {
        Move.NOTE: CaseState.OPEN,
        Move.SKIP: CaseState.OPEN,
        Move.ESCALATE: CaseState.ESCALATED,
        Move.DECIDE: CaseState.DECIDED,
    },
    (CaseKind.FINDING_OR_NOTICE, CaseState.ESCALATED): {
        Move.NOTE: CaseState.ESCALATED,
        Move.SKIP: CaseState.ESCALATED,
        Move.ESCALATE: CaseState.ESCALATED,
        Move.DECIDE: CaseState.DECIDED,
    },
    # An escalation has happened, so it is recorded whenever its message comes.
    (CaseKind.FINDING_OR_NOTICE, CaseState.DECIDED): {
        Move.NOTE: CaseState.DECIDED,
        Move.SKIP: _DECIDED,
        Move.ESCALATE: CaseState.DECIDED,
        Move.DECIDE: _DECIDED,
        # The published check behind it was corrected or withdrawn: somebody must decide again.
        Move.REOPEN: CaseState.OPEN,
    },
    (CaseKind.DECISION, NEW): {Move.DECIDE: CaseState.STANDING, Move.REFER: CaseState.REFERRED},
    # Every complaint gets its answer, also about a decision that another one has overturned, which
    # stays overturned. A changed check does not change the state: no machine overturns a decision.
    (CaseKind.DECISION, CaseState.STANDING): {
        Move.SUPERSEDE: CaseState.STANDING,
        Move.REVIEW: CaseState.STANDING,
        Move.CONTEST: CaseState.STANDING,
        Move.UPHOLD: CaseState.STANDING,
        Move.NARROW: CaseState.NARROWED,
        Move.OVERTURN: CaseState.OVERTURNED,
        Move.RESTORE: _OUT_OF_ORDER,
        Move.WITHDRAW: CaseState.OVERTURNED,
    },
    (CaseKind.DECISION, CaseState.NARROWED): {
        Move.SUPERSEDE: CaseState.NARROWED,
        Move.REVIEW: CaseState.NARROWED,
        Move.CONTEST: CaseState.NARROWED,
        Move.UPHOLD: CaseState.NARROWED,
        Move.NARROW: CaseState.NARROWED,
        Move.OVERTURN: CaseState.OVERTURNED,
        Move.RESTORE: CaseState.NARROWED,
        Move.WITHDRAW: CaseState.OVERTURNED,
    },
    (CaseKind.DECISION, CaseState.OVERTURNED): {
        Move.REVIEW: CaseState.OVERTURNED,
        Move.CONTEST: CaseState.OVERTURNED,
        Move.UPHOLD: CaseState.OVERTURNED,
        Move.NARROW: CaseState.OVERTURNED,
        Move.OVERTURN: CaseState.OVERTURNED,
        Move.RESTORE: CaseState.OVERTURNED,
        Move.WITHDRAW: CaseState.OVERTURNED,
    },
    (CaseKind.DECISION, CaseState.REFERRED): {
        Move.REVIEW: _NOTHING,
        Move.CONTEST: _NOTHING,
        Move.UPHOLD: _NOTHING,
        Move.NARROW: _NOTHING,
        Move.OVERTURN: _NOTHING,
        Move.RESTORE: _NOTHING,
        Move.WITHDRAW: _NOTHING,
    },
    (CaseKind.CONTEST, NEW): {Move.OPEN: CaseState.OPEN},
    (CaseKind.CONTEST, CaseState.OPEN): {Move.ANSWER: CaseState.CLOSED},
    (CaseKind.CONTEST, CaseState.CLOSED): {Move.ANSWER: _DECIDED},
    (CaseKind.ORDER, NEW): {Move.OPEN: CaseState.OPEN, Move.CLOSE: CaseState.CLOSED},
    (CaseKind.ORDER, CaseState.OPEN): {Move.REPORT: CaseState.OPEN, Move.CLOSE: CaseState.CLOSED},
    (CaseKind.ORDER, CaseState.CLOSED): {Move.REPORT: CaseState.CLOSED, Move.CLOSE: _DECIDED},
    (CaseKind.RECORD, NEW): {Move.CLOSE: CaseState.CLOSED},
    (CaseKind.RECORD, CaseState.CLOSED): {Move.CLOSE: _DECIDED},
    (CaseKind.GROUP, NEW): {Move.DECIDE: CaseState.STANDING},
    (CaseKind.GROUP, CaseState.STANDING): {
        Move.DECIDE: CaseState.STANDING,
        Move.REVIEW: CaseState.STANDING,
        Move.OVERTURN: CaseState.STANDING,
        Move.SUPERSEDE: CaseState.STANDING,
    },
}
"""The state after each move, or why the move is refused. Missing pairs cannot occur."""
