"""A case, and the entries of which it is made."""

import msgspec

from ledger.cases.messages import Measures
from ledger.cases.transitions import NEW, CaseState, Move
from ledger.records.finding import Finding
from ledger.records.identity import digest

SECOND_REVIEW_PER = 20
"""One decision in so many is drawn for a second review."""


class JournalEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What publish folds: a message in full, but for its words on a person.

    It holds no post, address, account, excerpt or reason. `entry` is the id of the message
    (`case_id`), for a decision also the unique id of its statement; `cases` are those it moved;
    `at` is the commit. Times are RFC 3339 in UTC, days YYYY-MM-DD; what a message refers to stands
    as the id of that entry. Fields of the message keep their names.

    Of a decision there are also `rules` (findings by `pack/version/rule/mode`), `found_days` (the
    day of each finding: its cohort), `found` (both together: `day/pack/version/rule/mode`),
    `found_at` and `reach` of the first and largest, `set`, and `source_type`. An entry on a
    decision carries the decision's own under `about`, an outcome also the complaint or dispute
    under `answers`; a decision on a notice carries the notice's under `about`, a later message of
    an order the first one: nobody has to join.
    `overturns` says that by this entry the decision was overturned first. A correction is no
    message: a published check changed. It has the link under `check`, `corrected` or `withdrawn`
    under `why`, and the finding under `found` where its verdict counts no longer.
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
    about: "JournalEntry | None" = None
    answers: "JournalEntry | None" = None


class CaseEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of one case: the journal's, and beside it what must not stand there.

    `move` is what the message did to this case, and `state` the case's state after it;
    `message` is the sender's id. `reason`, `post` and `url` are kept here only.
    """

    number: int
    move: str
    state: str
    entry: JournalEntry
    message: str
    reason: str = ""
    post: str = ""
    url: str = ""


def case_id(kind: str, provider: str, message: str) -> str:
    """The id of what a message opens: `kind` is the message's type, `message` the sender's id.

    >>> case_id("decision", "acme", "d-1") == case_id("decision", "other", "d-1")
    False
    """
    return digest(kind, provider, message)


def is_for_second_review(decision: str) -> bool:
    """Whether a decision, by its id, was drawn for a second review: one in twenty, by its hash.

    >>> is_for_second_review("00000014" + "0" * 56), is_for_second_review("00000015" + "0" * 56)
    (True, False)
    """
    return int(decision[:8], 16) % SECOND_REVIEW_PER == 0


class ParkedMessage(msgspec.Struct, frozen=True):
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
    parked: tuple[ParkedMessage, ...] = ()

    @property
    def state(self) -> CaseState | None:
        """Where it stands; None for one that is not there."""
        if self.entries:
            return CaseState(self.entries[-1].state)
        return CaseState.OPEN if self.finding else NEW

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
    def is_erased(self) -> bool:
        """Return whether the author of the post that a finding or a notice is about was erased."""
        if self.finding is not None:
            return self.finding.is_erased
        first = self.entries[0] if self.entries else None
        return first is not None and first.entry.type == "notice" and not first.post

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
