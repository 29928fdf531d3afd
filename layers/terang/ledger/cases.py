"""The states of a case, and the moves that are allowed in each: the table `TRANSITIONS`.

A case: a finding, notice, order, decision, complaint or dispute, and its history.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from ledger.codes import CaseCode, Measures
from ledger.findings import Finding, digest
from ledger.removals import Removal
from ledger.units import Count, Tally


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

_DECIDED, _NOTHING = CaseCode.DECIDED_ALREADY, CaseCode.NOTHING_DECIDED

# Every complaint gets its answer, also about a decision that another one has overturned, which
# stays overturned. A changed check does not change the state: no machine overturns a decision.
_ABOUT_DECISION = (Move.REVIEW, Move.CONTEST, Move.UPHOLD, Move.NARROW, Move.OVERTURN, Move.RESTORE,
                   Move.WITHDRAW)  # fmt: skip
_IN_FORCE = {
    Move.NARROW: CaseState.NARROWED,
    Move.OVERTURN: CaseState.OVERTURNED,
    Move.WITHDRAW: CaseState.OVERTURNED,
}

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
    (CaseKind.DECISION, CaseState.STANDING): {
        **dict.fromkeys((*_ABOUT_DECISION, Move.SUPERSEDE), CaseState.STANDING),
        **_IN_FORCE,
        Move.RESTORE: CaseCode.OUT_OF_ORDER,
    },
    (CaseKind.DECISION, CaseState.NARROWED): {
        **dict.fromkeys((*_ABOUT_DECISION, Move.SUPERSEDE), CaseState.NARROWED),
        **_IN_FORCE,
    },
    (CaseKind.DECISION, CaseState.OVERTURNED): dict.fromkeys(_ABOUT_DECISION, CaseState.OVERTURNED),
    (CaseKind.DECISION, CaseState.REFERRED): dict.fromkeys(_ABOUT_DECISION, _NOTHING),
    (CaseKind.CONTEST, NEW): {Move.OPEN: CaseState.OPEN},
    (CaseKind.CONTEST, CaseState.OPEN): {Move.ANSWER: CaseState.CLOSED},
    (CaseKind.CONTEST, CaseState.CLOSED): {Move.ANSWER: _DECIDED},
    (CaseKind.ORDER, NEW): {Move.OPEN: CaseState.OPEN, Move.CLOSE: CaseState.CLOSED},
    (CaseKind.ORDER, CaseState.OPEN): {Move.REPORT: CaseState.OPEN, Move.CLOSE: CaseState.CLOSED},
    (CaseKind.ORDER, CaseState.CLOSED): {Move.REPORT: CaseState.CLOSED, Move.CLOSE: _DECIDED},
    (CaseKind.RECORD, NEW): {Move.CLOSE: CaseState.CLOSED},
    (CaseKind.RECORD, CaseState.CLOSED): {Move.CLOSE: _DECIDED},
    (CaseKind.GROUP, NEW): {Move.DECIDE: CaseState.STANDING},
    (CaseKind.GROUP, CaseState.STANDING): dict.fromkeys(
        (Move.DECIDE, Move.REVIEW, Move.OVERTURN, Move.SUPERSEDE), CaseState.STANDING
    ),
}
"""The state after each move, or why the move is refused. Missing pairs cannot occur."""

SECOND_REVIEW_PER = 20
"""One decision in this many is drawn for a second review; of a group, one for all of it."""


class DecidedScore(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decided finding of a scored rule (`pack/version/rule`), and what decided its score.

    `decided` are the terms and signs without each of which the score is below the threshold.
    It is kept to be added up over many findings, and never published of one.
    """

    rule: str
    score: int
    decided: tuple[str, ...] = ()


class CaseFacts(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The fields of a case entry that are public: its line in the journal has the same names.

    Their meaning is in `schema_words.json` of publish, under `CaseLine`.
    """

    type: str
    verdict: str = ""
    category: str = ""
    found: Tally = {}
    ground: str = ""
    overturns: bool = False
    decided_in: str = ""
    by: str = ""
    outcome: str = ""
    implemented: bool | None = None
    cause: str = ""
    why: str = ""
    trusted_flagger: bool = False
    items: Count = 0
    country: str = ""
    authority: str = ""
    month: str = ""
    tried: str = ""
    band: str = ""
    evidence: dict[str, int | float] = {}
    leads: bool = False
    counted: Tally = {}


class JournalEntry(CaseFacts, frozen=True):
    """One message of any type, without its words about a person; publish folds these entries.

    It holds no post, address, account, excerpt or reason. `entry` is the id of the message
    (`case_id`), for a decision also the unique id of its statement; `cases` are those it moved;
    `at` is the commit. Times are RFC 3339 in UTC, days YYYY-MM-DD. Fields of the message keep their
    names; a reference to another message is the id of that entry. One struct holds all types.
    A decision also has `rules` (findings by `pack/version/rule/mode`), `found_days` (the
    day of each finding: its cohort), `found` (both together: `day/pack/version/rule/mode`),
    the first `found_at`, the largest `reach`, `set`, `source_type`, and `scores` (its findings of
    scored rules). `about` is the entry which this one is about, so that no fold has to join: the
    decision, the notice of a decision, an order so far. `answers` is the complaint or dispute of an
    outcome. `overturns` says that this entry was the first to overturn the decision, and
    `decided_in` in which month that was made.

    The decisions of one look at near copies share a `group`, and so do later messages about them.
    A group counts once: `counted` has the keys of `found` with which no earlier entry of it made
    the same move, and `leads` is set on the first decision.

    A correction is not a message: a published check changed. It has the link under `check`,
    `corrected` or `withdrawn` under `why`, and the finding under `found` if its verdict no longer
    counts. An answer to the flood guard has the `day` and the `held_rule`, a trial's answer the
    `group` of near copies of its finding, an adoption the `matching` digest of what was tried.
    """

    entry: str
    provider: str
    at: str
    cases: tuple[str, ...] = ()
    decision: str = ""
    complaint: str = ""
    dispute: str = ""
    notice: str = ""
    follows: str = ""
    escalation: str = ""
    measures: Measures | None = None
    ground_text: str = ""
    ground_url: str = ""
    moderator: str = ""
    opened_at: str = ""
    decided_at: str = ""
    applied_at: str = ""
    scope: tuple[str, ...] = ()
    automated_decision: str = ""
    content_type: tuple[str, ...] = ()
    body: str = ""
    received_at: str = ""
    keywords: tuple[str, ...] = ()
    other: str = ""
    article_16: bool = False
    kind: str = ""
    acknowledged_at: str = ""
    effected_at: str = ""
    regulation: str = ""
    from_at: str = ""
    until: str = ""
    reinstated_at: str = ""
    rules: dict[str, int] = {}
    found_days: tuple[str, ...] = ()
    found_at: str = ""
    reach: int | None = None
    set: str = ""
    source_type: str = ""
    check: str = ""
    day: str = ""
    held_rule: str = ""
    scores: tuple[DecidedScore, ...] = ()
    about: "JournalEntry | None" = None
    answers: "JournalEntry | None" = None
    group: str = ""
    due_at: str = ""
    rule: str = ""
    version: int = 0
    matching: str = ""
    terms_read_by: str = ""
    removal: Removal | None = None
    made_by: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether an authority forbade to tell the author of it, and nobody has (TCO, 11(3))."""
        return bool(self.removal and self.removal.silent_until and not self.removal.told_on)

    @property
    def done(self) -> tuple[str, ...]:
        """The codes of its measures."""
        return self.measures.codes if self.measures else ()

    @property
    def look(self) -> str:
        """The id by which a decision is counted and drawn: its group's, or its own."""
        return self.group or self.entry


class CaseEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of one case: the `journal_entry`, and fields that must not be in the journal.

    `move` is what the message did to this case, `state` the state of the case after it, `message`
    the sender's id. `reason`, its language, `post` and `url` are kept only here, where they can be
    erased.
    """

    number: int
    move: str
    state: str
    journal_entry: JournalEntry = msgspec.field(name="entry")
    message: str
    reason: str = ""
    post: str = ""
    url: str = ""
    reason_language: str = ""

    @property
    def lost_post(self) -> bool:
        """Whether it named a post: a notice, or a decision of the provider's own initiative."""
        alone = self.journal_entry.type == "decision" and len(self.journal_entry.cases) == 1
        return not self.post and (alone or self.journal_entry.type == "notice")


def case_id(kind: str, provider: str, message: str) -> str:
    """Return the id of the case that a message opens.

    >>> case_id("decision", "acme", "d-1") == case_id("decision", "other", "d-1")
    False
    """
    return digest(kind, provider, message)


def is_for_second_review(look: str) -> bool:
    """Return whether a decision or a group is drawn for a second review.

    >>> is_for_second_review("00000014" + "0" * 56), is_for_second_review("00000015" + "0" * 56)
    (True, False)
    """
    return int(look[:8], 16) % SECOND_REVIEW_PER == 0


class WaitingMessage(msgspec.Struct, frozen=True):
    """A message that came before the one it refers to: its id, its bytes, and the day it came.

    `at` is when it was first sent, RFC 3339 in UTC.
    """

    message: str
    provider: str
    line: bytes
    day: str
    at: str


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that the table holds about a case, read at one time.

    `entries` are in order, from number 1. A finding's case also has `finding` and `excerpt`;
    `excerpt_expires` is in seconds since 1970.
    """

    case: str
    entries: tuple[CaseEntry, ...] = ()
    finding: Finding | None = None
    excerpt: str | None = None
    excerpt_expires: int | None = None
    waiting: tuple[WaitingMessage, ...] = ()

    @property
    def state(self) -> CaseState | None:
        """Return the state of the case; None if it does not exist."""
        if self.entries:
            return CaseState(self.entries[-1].state)
        return CaseState.OPEN if self.finding else NEW

    @property
    def next_number(self) -> int:
        """Return the number of the next entry."""
        return len(self.entries) + 1

    @property
    def first(self) -> JournalEntry | None:
        """Return what opened it, or the first thing that was done about a finding."""
        return self.entries[0].journal_entry if self.entries else None

    def entry_by(self, *moves: Move) -> JournalEntry | None:
        """Return the first entry that made one of these moves."""
        return next((entry.journal_entry for entry in self.entries if entry.move in moves), None)

    def order_so_far(self) -> JournalEntry:
        """Return an order's first entry, with what later messages have added so far."""
        entries = [entry.journal_entry for entry in self.entries]
        added = {
            name: next((said for entry in entries if (said := getattr(entry, name))), "")
            for name in ("acknowledged_at", "effected_at", "outcome", "ground")
        }
        return msgspec.structs.replace(entries[0], **added, removal=entries[-1].removal)

    @property
    def is_erased(self) -> bool:
        """Return whether the author of the post that a finding or a notice is about was erased."""
        if self.finding is not None:
            return self.finding.is_erased
        return bool(self.entries) and self.entries[0].lost_post

    @property
    def contests_open(self) -> int:
        """Return how many complaints and disputes about a decision have no answer yet."""
        moves = [entry.move for entry in self.entries]
        answers = (Move.UPHOLD, Move.NARROW, Move.OVERTURN)
        return moves.count(Move.CONTEST) - sum(map(moves.count, answers))


def counted_once(found: Mapping[str, int], group: Case | None, move: Move) -> dict[str, int]:
    """Return the keys of `found` with which no entry of the group made this move yet, each as 1.

    A key names a rule and the day of the finding. `group` is None before the first entry.

    >>> counted_once({"2026-11-25/a/1/r/live": 2}, None, Move.DECIDE)
    {'2026-11-25/a/1/r/live': 1}
    """
    entries = group.entries if group else ()
    before = {key for entry in entries if entry.move == move for key in entry.journal_entry.counted}
    return {key: 1 for key in sorted(found) if key not in before}


class CaseMove(msgspec.Struct, frozen=True):
    """The effect of a commit on one case: its next entry, if any, and changes of its other items.

    `closes` removes the finding from the list of open ones, and `reopens` is a finding to put back.
    `excerpt_expires` is the excerpt's new end (None: unchanged); `forgets` deletes its text now.
    """

    case: str
    entry: CaseEntry | None = None
    closes: bool = False
    excerpt_expires: int | None = None
    forgets: bool = False
    reopens: Finding | None = None


class CaseMarker(msgspec.Struct, frozen=True):
    """The record that a message was committed: its id, the digest of its content, day and entry.

    `wakes` are the cases that have waiting messages which can be judged now.
    """

    message: str
    provider: str
    digest: str
    day: str
    entry: str
    wakes: tuple[str, ...] = ()
