"""What every kind of message about a case has: its fields, its rules, its entry, its public line.

A kind is one class, and everything about it stands there, in the order in which it happens: fields,
rules between them (`rules`), the facts it needs (`ask`), its judgement (`judge`), what only it adds
to its line in the public journal (`line`), and what that line adds to the numbers (`count`).
Judging is pure: no clock, no store. `ledger.cases` says which moves a case allows.

Published numbers are computed from the times that a message states: how long a post waited for a
decision, and how long the decision took. A provider's clock may differ from ours, so each bound is
wider by `SKEW`.

A line keeps the parts of a case entry that are counted. It drops ids, posts, times and free text,
rounds durations to three digits, and has letters for moderators, valid for one provider and month.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Never

import msgspec
from msgspec import Meta

from cases.case_store import Acceptance, Facts, FactsReader
from ledger import cases
from ledger.codes import CATEGORIES, EEA, AnyCode, CaseCode, CaseRefusal, Code, EarlierMove, Strict
from ledger.texts import rounded_seconds, utc
from ledger.units import Tally
from rules.pack import Pack

type FieldRule = tuple[bool, AnyCode, str]
"""Whether a rule is broken, and then the code and field of the refusal."""

MISSING, CONFLICT, RANGE = Code.FIELD_MISSING, CaseCode.FIELD_CONFLICT, Code.FIELD_RANGE

type Judging = Generator[CaseRefusal, Never, Acceptance]
"""A judgement yields reasons to refuse, and ends with the first; without one, it is accepted."""

type Addend = tuple[str, object, int]
"""One addition: the name of a number, its key (COUNT if it is a plain count), and how many."""

COUNT = ""

SKEW = timedelta(minutes=5)
OLDEST = timedelta(days=731)
"""The greatest age of a notice, order or suspension: two years, one of them a leap year."""

REFERENCES = {"follows": "order"} | {
    name: name for name in ("decision", "complaint", "dispute", "notice", "group")
}
"""The fields that hold another message's id, and the type of that message."""

KEPT_APART = frozenset(
    {"id", "findings", "finding", "post", "url", "reason", "reason_language", "source", "code"}
)
"""Fields that the journal does not have, or not under this name.

The case alone keeps words and addresses, where they can be erased.
"""


def _whole(pattern: str) -> str:
    """Return the pattern for a whole text: in Python, `$` alone also matches before a newline."""
    return f"^({pattern})$(?!\n)"


Id = Annotated[str, Meta(min_length=1, max_length=200)]
_A_LOOK = "Name of a look at near copies, the same in each of its decisions."
GroupName = Annotated[str, Meta(min_length=1, max_length=200, description=_A_LOOK)]
FindingId = Annotated[str, Meta(pattern=_whole("[0-9a-f]{64}"))]
_A_PSEUDONYM = "A pseudonym of the provider's, not a name."
Moderator = Annotated[str, Meta(pattern=_whole("[A-Za-z0-9._-]{1,100}"), description=_A_PSEUDONYM)]
_A_TIME = (
    "RFC 3339 with an offset. At most 5 minutes after the message is sent, and at most 5 minutes"
    " before what the message is about."
)
Time = Annotated[datetime, Meta(tz=True, description=_A_TIME)]
Reason = Annotated[str, Meta(min_length=1, max_length=2_000)]
ReasonLanguage = Annotated[
    str,
    Meta(
        pattern=_whole("[a-z]{2,3}"),
        description="The language of the reason, ISO 639. The author's notice names it.",
    ),
]
Link = Annotated[str, Meta(pattern=_whole(r"https?://\S+"), max_length=500)]
Items = Annotated[int, Meta(ge=1, le=1_000_000)]
Category = Annotated[str, Meta(pattern=_whole("|".join(CATEGORIES)))]
Keyword = Annotated[str, Meta(pattern=_whole("[A-Z_]{1,60}"))]
Country = Annotated[str, Meta(pattern=_whole("|".join(sorted(EEA))))]
_AN_ID = "[a-z0-9][a-z0-9-]{0,99}"
RuleName = Annotated[
    str, Meta(pattern=_whole(f"{_AN_ID}/{_AN_ID}"), description="The rule, as `pack/rule`.")
]
Month = Annotated[str, Meta(pattern=_whole("[0-9]{4}-(0[1-9]|1[0-2])"))]


class CaseLine(cases.CaseFacts, msgspec.Struct, frozen=True):
    """One line on a case: one thing that people did. What does not apply is left out."""

    n: Annotated[int, Meta(ge=1)]
    kind: Literal["case"]
    moderator: str = ""
    about: str = ""
    measures: tuple[str, ...] = ()
    automated: str = ""
    review_seconds: int | None = None
    wait_seconds: int | None = None
    answers: str = ""
    drawn: bool = False
    undoes: tuple[str, ...] = ()
    order: str = ""
    received: bool = False
    acknowledge_seconds: int | None = None
    effect_seconds: int | None = None
    held: str = ""
    group: str = ""

    @property
    def counts_alone(self) -> bool:
        """It counts as a look: it has no group, or is the first of it."""
        return self.leads or not self.group

    @property
    def by_look(self) -> Tally:
        """The findings by which it counts: all of `found`, or of a group those not yet counted."""
        return self.counted if self.group else self.found


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One move of one case; `case` is None if the message opens it."""

    id: str
    case: cases.Case | None
    kind: cases.CaseKind
    move: cases.Move
    closes: bool = False
    excerpt_expires: int | None = None
    forgets: bool = False

    @property
    def outcome(self) -> cases.CaseState | CaseCode:
        """Return the next state, or the code of the refusal, from the table of transitions."""
        return cases.TRANSITIONS[self.kind, self.case.state if self.case else cases.NEW][self.move]


class BaseCaseMessage(Strict, frozen=True, tag_field="type", kw_only=True):
    """A message of any type. `id` is the sender's own, and unique over all types."""

    id: Id

    @property
    def type_name(self) -> str:
        """The `type` that the message has as JSON."""
        return str(self.__struct_config__.tag)

    @property
    def may_wait(self) -> bool:
        """Whether another message may have to come first."""
        return True

    @classmethod
    def refused_name(cls, _fields: Mapping[str, Any]) -> str | None:
        """Return the first of these fields that could be about a person and must not be sent."""
        return None

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rules between the fields, in order.

        `FIELD_MISSING` if another field requires this one, `FIELD_CONFLICT` if one excludes it.
        """
        yield from ()

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the facts that `judge` needs."""

    def judge(self, facts: Facts) -> Judging:
        """Return the entry and moves of the message, after the reasons to refuse it."""
        raise NotImplementedError

    @staticmethod
    def line(_entry: cases.JournalEntry) -> dict[str, Any]:
        """Return the fields of the public line that only this kind has, or has otherwise."""
        return {}

    @staticmethod
    def count(_line: CaseLine, /) -> Iterator[Addend]:
        """Yield what a public line adds to the numbers."""
        yield from ()

    def entry(self, facts: Facts, **more: Any) -> cases.JournalEntry:
        """Return the journal entry: the message's own fields, and `more` that replaces them."""
        return entry_of(self, facts.provider, facts.now, **more)

    def taken(
        self,
        entry: cases.JournalEntry,
        steps: Iterable[CaseStep],
        excerpts: Iterable[cases.CaseMove] = (),
        group: CaseStep | None = None,
    ) -> Acceptance:
        """Return the acceptance with these steps.

        `excerpts` change only when excerpts expire. `group` is the step by which a group of
        decisions counts: the message's entry does not list the case of the group, and the entry of
        that case keeps no words.
        """
        steps = tuple(steps)
        entry = msgspec.structs.replace(entry, cases=tuple(step.id for step in steps))
        moves = [self._move(step, entry) for step in steps]
        if group is not None:
            moves.append(_without_words(self._move(group, entry)))
        return Acceptance(entry, (*moves, *excerpts))

    def _move(self, step: CaseStep, entry: cases.JournalEntry) -> cases.CaseMove:
        kept = ("reason", "post", "url", "reason_language")
        case_entry = cases.CaseEntry(
            number=step.case.next_number if step.case else 1,
            move=step.move,
            state=str(step.outcome),
            journal_entry=entry,
            message=self.id,
            **{name: getattr(self, name, None) or "" for name in kept},
        )
        return cases.CaseMove(step.id, case_entry, step.closes, step.excerpt_expires, step.forgets)

    def after_arrival(self, facts: Facts) -> Iterator[CaseRefusal]:
        """Refuse times that the message states and that are later than its first sending.

        Days, such as the end of a measure, and the deadline of an order may be in the future.
        """
        sent = facts.first_sent
        latest = (_day(sent) + timedelta(days=1) if facts.by_day else sent) + SKEW
        for name, sent_as in self._sent_names().items():
            stated = getattr(self, name)
            if isinstance(stated, datetime) and stated > latest and name != "due_at":
                advice = (
                    f"{sent_as} is {utc(stated)}; at most {utc(latest)} is allowed:"
                    " 5 minutes after the message was first sent"
                )
                yield CaseRefusal(CaseCode.TIME_FUTURE, sent_as, advice=advice)

    def _sent_names(self) -> dict[str, str]:
        """Return what each field is called in a message."""
        return dict(zip(self.__struct_fields__, self.__struct_encode_fields__, strict=True))

    def before(
        self, facts: Facts, start: datetime, event: str, *names: str
    ) -> Iterator[CaseRefusal]:
        """Refuse each of these fields whose time is before the `event` at `start`.

        An event cannot begin after the message about it was sent. If the clocks disagree, the time
        of sending is the bound.
        """
        start = min(start, facts.first_sent)
        earliest = (_day(start) if facts.by_day else start) - SKEW
        for name in names:
            stated = getattr(self, name)
            if stated is not None and stated < earliest:
                sent_as = self._sent_names()[name]
                advice = (
                    f"{sent_as} is {utc(stated)}; at least {utc(earliest)} is allowed:"
                    f" 5 minutes before {event}"
                )
                yield CaseRefusal(CaseCode.TIME_EARLY, sent_as, advice=advice)

    def too_old(self, facts: Facts, name: str) -> Iterator[CaseRefusal]:
        """Refuse a time over two years old: a mistyped year distorts waiting times."""
        oldest = facts.first_sent - OLDEST
        return self.before(facts, oldest, "the last two years began", name)


def judge(message: BaseCaseMessage, facts: Facts) -> Acceptance | CaseRefusal:
    """Return the judgement of a message by these facts; newer facts may change it.

    If the author of one of the posts was erased, the entries keep no words and no address.
    """
    refusal = next(message.after_arrival(facts), None)
    if refusal is not None:
        return refusal
    try:
        return next(message.judge(facts))
    except StopIteration as end:
        judged: Acceptance = end.value
    if any(case.is_erased for case in facts.cases.values()):
        return Acceptance(judged.entry, tuple(map(_without_words, judged.moves)))
    return judged


def order_of_times(opened_at: datetime, decided_at: datetime) -> FieldRule:
    """Return the rule that a verdict follows the opening of its case."""
    return decided_at < opened_at, RANGE, "decided_at"


def category_rules(category: str, keyword: str | None, other: str | None) -> Iterator[FieldRule]:
    """Yield the rules of a keyword: it is one of its category, and OTHER needs words."""
    yield keyword is not None and keyword not in CATEGORIES[category], RANGE, "keyword"
    yield keyword == "OTHER" and other is None, MISSING, "other"
    yield keyword != "OTHER" and other is not None, CONFLICT, "other"


def entry_of(
    message: BaseCaseMessage, provider: str, at: datetime, **more: Any
) -> cases.JournalEntry:
    """Return the journal entry of a message: its own fields, and `more` that replaces them."""
    fields: dict[str, Any] = {}
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if value is None or name in KEPT_APART:
            continue
        if name in REFERENCES:
            fields[name] = cases.case_id(REFERENCES[name], provider, value)
        elif name == "keyword":
            fields["keywords"] = (value,)
        else:
            fields[name] = _as_text(value)
    return cases.JournalEntry(
        entry=cases.case_id(message.type_name, provider, message.id),
        type=message.type_name,
        provider=provider,
        at=utc(at),
        **(fields | more),
    )


def _as_text(value: Any) -> Any:
    match value:
        case datetime():
            return utc(value)
        case date():
            return value.isoformat()
        case StrEnum():
            return str(value)
        case tuple():
            return tuple(map(_as_text, value))
        case _:
            return value


def refusals_of(steps: Iterable[CaseStep], field: str) -> Iterator[CaseRefusal]:
    """Yield a refusal for each step that the table refuses; `field` names the case."""
    for step in steps:
        code, case = step.outcome, step.case
        if isinstance(code, CaseCode) and case is not None:
            waits_for = case.case if code is CaseCode.OUT_OF_ORDER else ""
            first = _who_was_first(case) if code is CaseCode.DECIDED_ALREADY else None
            yield CaseRefusal(code, field, first=first, waits_for=waits_for)


def ground_of(pack: Pack) -> dict[str, str]:
    """Return the fields of an entry that say on what law or clause a pack rests."""
    law = pack.legal_ground
    return {"ground": pack.ground, "ground_text": law.text, "ground_url": law.url}


def unknown(field: str, waits_for: str = "") -> CaseRefusal:
    """Return the refusal of a reference to an unknown case; `waits_for` names one that may come."""
    return CaseRefusal(CaseCode.UNKNOWN, field, waits_for=waits_for)


def earlier_move(entry: cases.JournalEntry) -> EarlierMove:
    """Return the pseudonym, the verdict and the time of an entry."""
    at = entry.decided_at or entry.effected_at or entry.received_at
    return EarlierMove(entry.moderator, entry.verdict or entry.outcome, at)


def _without_words(move: cases.CaseMove) -> cases.CaseMove:
    if move.entry is None:
        return move
    entry = msgspec.structs.replace(move.entry, reason="", post="", url="")
    return msgspec.structs.replace(move, entry=entry)


def _who_was_first(case: cases.Case) -> EarlierMove | None:
    """Return the last of the moves that can be made only once until a case is reopened."""
    once = (cases.Move.DECIDE, cases.Move.ANSWER, cases.Move.CLOSE)
    entries = [entry.journal_entry for entry in case.entries if entry.move in once]
    return earlier_move(entries[-1]) if entries else None


def stated_at(entry: cases.JournalEntry, field: str) -> datetime:
    """Return a time that an entry states, or the time of its commit if the stated one is later.

    The clock of who stated it may be ahead by SKEW, and must not make a later message too early.
    """
    return datetime.fromisoformat(min(getattr(entry, field), entry.at))


def _day(moment: datetime) -> datetime:
    """Return the start of a day: the clock of a trial has the right day only."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def seconds_between(began: str, ended: str) -> int | None:
    """Return the rounded time between two moments; None if one of them is empty."""
    if not (began and ended):
        return None
    length = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    return rounded_seconds(length.total_seconds())
