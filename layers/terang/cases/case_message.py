"""What every kind of message about a case has: its fields, its rules, its entry, its public line.

A kind is one class, and everything about it stands there, in the order in which it happens: fields,
rules between them (`rules`), the facts it needs (`ask`), its judgement (`judge`), what only it adds
to its line in the public journal (`line`), and what that line adds to the numbers (`count`).

A line keeps the parts of a case entry that are counted. It drops ids, posts, times and free text,
rounds durations to three digits, and has letters for moderators, valid for one provider and month.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cases.case_facts import Acceptance, Facts, FactsReader
from ledger.cases import CaseFacts, JournalEntry, case_id
from ledger.dsa_codes import CATEGORIES, EEA, AnyCode, CaseCode, CaseRefusal, Strict
from ledger.refusals import Code
from ledger.texts import utc
from ledger.units import Tally, says

type FieldRule = tuple[bool, AnyCode, str]
"""Whether a rule is broken, and then the code and field of the refusal."""

MISSING, CONFLICT, RANGE = Code.FIELD_MISSING, CaseCode.FIELD_CONFLICT, Code.FIELD_RANGE

type Addend = tuple[str, object, int]
"""One addition: the name of a number, its key (COUNT if it is a plain count), and how many."""

COUNT = ""

REFERENCES = {
    "decision": "decision",
    "complaint": "complaint",
    "dispute": "dispute",
    "notice": "notice",
    "follows": "order",
    "group": "group",
}
"""The fields that hold another message's id, and the type of that message."""

KEPT_APART = frozenset({"id", "findings", "finding", "post", "url", "reason", "reason_language"})
"""Fields that only the case keeps, where they can be erased, and not the journal."""


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


class CaseLine(CaseFacts, msgspec.Struct, frozen=True):
    """One line on a case: one thing that people did. What does not apply is left out."""

    n: Annotated[
        int,
        Meta(ge=1, description="Running number of the day, after the receipts, in random order."),
    ]
    kind: Annotated[Literal["case"], says("Always `case`: it is no receipt.")]
    moderator: Annotated[
        str, says("Who did it, as a letter that holds for this provider and month.")
    ] = ""
    about: Annotated[
        str, says("The verdict of the decision that it is about, if it is about one.")
    ] = ""
    measures: Annotated[tuple[str, ...], says("What was done, in the codes of the DSA.")] = ()
    automated: Annotated[
        str, says("How far a machine shaped the verdict: `PARTIALLY`, or nothing.")
    ] = ""
    review_seconds: Annotated[int | None, says("From the opening of the case to the verdict.")] = (
        None
    )
    wait_seconds: Annotated[
        int | None,
        says(
            "From the finding, notice, complaint or dispute to what this line says."
            " Three significant digits."
        ),
    ] = None
    answers: Annotated[
        str, says("Of a decision `notice`; of an outcome `complaint` or `dispute`.")
    ] = ""
    drawn: Annotated[bool, says("Whether the decision was drawn for a second review: 1 in 20.")] = (
        False
    )
    undoes: Annotated[tuple[str, ...], says("The measures of the overturned decision.")] = ()
    order: Annotated[str, says("Kind of an order: `act` or `inform`.")] = ""
    received: Annotated[
        bool, says("Whether this is an order's first line, by which it is counted.")
    ] = False
    acknowledge_seconds: Annotated[
        int | None, says("From the order to the word that it was received.")
    ] = None
    effect_seconds: Annotated[int | None, says("From the order to what was done about it.")] = None
    held: Annotated[str, says("The rule that the flood guard held, and when: `day/pack/rule`.")] = (
        ""
    )
    group: Annotated[
        str,
        says(
            "First 12 hex digits of the SHA-256 of the group's id, if the decision was"
            " taken for a group of near copies; the lines of one group share it."
        ),
    ] = ""

    @property
    def counts_alone(self) -> bool:
        """It counts as a look: it has no group, or is the first of it."""
        return self.leads or not self.group

    @property
    def by_look(self) -> Tally:
        """The findings by which it counts: all of `found`, or of a group those not yet counted."""
        return self.counted if self.group else self.found


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

    def judge(self, facts: Facts) -> Acceptance | CaseRefusal:
        """Return the entry and moves of the message, or why it is refused. Pure."""
        raise NotImplementedError

    @staticmethod
    def line(_entry: JournalEntry) -> dict[str, Any]:
        """Return the fields of the public line that only this kind has, or has otherwise."""
        return {}

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield what a public line adds to the numbers."""
        raise NotImplementedError


def order_of_times(opened_at: datetime, decided_at: datetime) -> FieldRule:
    """Return the rule that a verdict follows the opening of its case."""
    return decided_at < opened_at, RANGE, "decided_at"


def category_rules(category: str, keyword: str | None, other: str | None) -> Iterator[FieldRule]:
    """Yield the rules of a keyword: it is one of its category, and OTHER needs words."""
    yield keyword is not None and keyword not in CATEGORIES[category], RANGE, "keyword"
    yield keyword == "OTHER" and other is None, MISSING, "other"
    yield keyword != "OTHER" and other is not None, CONFLICT, "other"


def entry_of(message: BaseCaseMessage, provider: str, at: datetime, **more: Any) -> JournalEntry:
    """Return the journal entry of a message: its own fields, and `more` that replaces them."""
    fields: dict[str, Any] = {}
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if value is None or name in KEPT_APART:
            continue
        if name in REFERENCES:
            fields[name] = case_id(REFERENCES[name], provider, value)
        elif name == "keyword":
            fields["keywords"] = (value,)
        else:
            fields[name] = _as_text(value)
    return JournalEntry(
        entry=case_id(message.type_name, provider, message.id),
        type=message.type_name,
        provider=provider,
        at=utc(at),
        **(fields | more),
    )


def _as_text(value: Any) -> Any:
    """Return times, days and codes as text, and everything else as it is."""
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


def seconds_between(began: str, ended: str) -> int | None:
    """Return the rounded time between two moments; None if one of them is empty."""
    if not (began and ended):
        return None
    length = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    return rounded_seconds(length.total_seconds())


def rounded_seconds(seconds: float) -> int:
    """Return a duration with three significant digits, too coarse to identify a moment.

    >>> rounded_seconds(4.6), rounded_seconds(86_399), rounded_seconds(-3)
    (5, 86400, 0)
    """
    whole = max(0, round(seconds))
    step: int = 10 ** max(0, len(str(whole)) - 3)
    return (whole + step // 2) // step * step
