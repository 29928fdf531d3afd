"""A case: a finding, notice, order, decision, complaint or dispute, and its history."""

from collections.abc import Mapping

import msgspec

from ledger.cases.messages import Measures
from ledger.cases.transitions import NEW, CaseState, Move
from ledger.records.finding import Finding
from ledger.records.identity import digest

SECOND_REVIEW_PER = 20
"""One decision in this many is drawn for a second review; of a group, one for all of it."""

GROUP_FORM = 3
"""The form of entries with a group: code that does not know groups would count them twice."""


class DecidedScore(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decided finding of a scored rule (`pack/version/rule`), and what decided its score.

    `decided` are the terms and signs without each of which the score is below the threshold.
    It is kept to be added up over many findings, and never published of one.
    """

    rule: str
    score: int
    decided: tuple[str, ...] = ()


class JournalEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of any type, without its words about a person; publish folds these entries.

    It holds no post, address, account, excerpt or reason. `entry` is the id of the message
    (`case_id`), for a decision also the unique id of its statement; `cases` are those it moved;
    `at` is the commit. Times are RFC 3339 in UTC, days YYYY-MM-DD. Fields of the message keep their
    names; a reference to another message is the id of that entry.

    One flat struct holds all types, since its JSON is stored with the fields in this order, and a
    fold reads a field without asking for the type. The messages themselves are the tagged union
    `CaseMessage`.

    A decision also has `rules` (findings by `pack/version/rule/mode`), `found_days` (the
    day of each finding: its cohort), `found` (both together: `day/pack/version/rule/mode`),
    the first `found_at`, the largest `reach`, `set`, `source_type`, and `scores` (its findings of
    scored rules). `about` is the entry which this one is about, so that no fold has to join: the
    decision, the notice of a decision, the first message of an order. `answers` is the complaint or
    dispute of an outcome. `overturns` says that this entry was the first to overturn the decision,
    and `decided_in` in which month the decision was made. Entries of earlier releases lack it, so
    their overturned measures are not counted and their closed days stay as they are.

    The decisions of one look at near copies share a `group`, and so do later messages about them.
    A group counts once: `counted` has those keys of `found` with which no earlier entry of the
    group made the same move, and `leads` is set on the first decision.

    A correction is not a message: a published check changed. It has the link under `check`,
    `corrected` or `withdrawn` under `why`, and the finding under `found` if its verdict no longer
    counts.

    The answer to a question of the flood guard has the `day` and the `held_rule` (`pack/rule`).
    """

    entry: str
    type: str
    provider: str
    at: str
    cases: tuple[str, ...] = ()
    decision: str = ""
    complaint: str = ""
    dispute: str = ""
    notice: str = ""
    follows: str = ""
    verdict: str = ""
    escalation: str = ""
    measures: Measures | None = None
    ground: str = ""
    ground_text: str = ""
    ground_url: str = ""
    moderator: str = ""
    opened_at: str = ""
    decided_at: str = ""
    applied_at: str = ""
    scope: tuple[str, ...] = ()
    automated_decision: str = ""
    content_type: tuple[str, ...] = ()
    by: str = ""
    body: str = ""
    received_at: str = ""
    outcome: str = ""
    implemented: bool | None = None
    category: str = ""
    keywords: tuple[str, ...] = ()
    other: str = ""
    trusted_flagger: bool = False
    article_16: bool = False
    items: int = 0
    kind: str = ""
    authority: str = ""
    country: str = ""
    acknowledged_at: str = ""
    effected_at: str = ""
    regulation: str = ""
    why: str = ""
    from_at: str = ""
    until: str = ""
    cause: str = ""
    reinstated_at: str = ""
    month: str = ""
    rules: dict[str, int] = {}
    found_days: tuple[str, ...] = ()
    found: dict[str, int] = {}
    found_at: str = ""
    reach: int | None = None
    set: str = ""
    source_type: str = ""
    overturns: bool = False
    check: str = ""
    day: str = ""
    held_rule: str = ""
    scores: tuple[DecidedScore, ...] = ()
    about: "JournalEntry | None" = None
    answers: "JournalEntry | None" = None
    group: str = ""
    leads: bool = False
    counted: dict[str, int] = {}
    decided_in: str = ""
    due_at: str = ""

    @property
    def form(self) -> int:
        """The form of the record: a reader that does not know groups must refuse one."""
        return GROUP_FORM if self.group else 1

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
    def form(self) -> int:
        """The form of the record: that of its entry."""
        return self.journal_entry.form


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

    `at` is when it was first sent, RFC 3339 in UTC; empty in records of earlier releases.
    """

    message: str
    provider: str
    line: bytes
    day: str
    at: str = ""


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
        """Return an order's first entry, with the times that later messages have added so far."""
        times = {
            name: next(
                (at for entry in self.entries if (at := getattr(entry.journal_entry, name))), ""
            )
            for name in ("acknowledged_at", "effected_at")
        }
        return msgspec.structs.replace(self.entries[0].journal_entry, **times)

    @property
    def is_erased(self) -> bool:
        """Return whether the author of the post that a finding or a notice is about was erased."""
        if self.finding is not None:
            return self.finding.is_erased
        first = self.entries[0] if self.entries else None
        return first is not None and first.journal_entry.type == "notice" and not first.post

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
