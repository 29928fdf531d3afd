"""The messages in which a provider reports what people did about a case: eleven types.

`CaseMessage` is their tagged union. To add a type:

1. Declare it here, also in `CaseMessage`; give it rules in `reading`, and its fields to
   `JournalEntry`.
2. Judge it: `judging.case_facts`, `judging.judge`.
3. Publish it: `CaseLine` in `publish.case_line`, `publish.case_numbers`, and once more in
   `recount.recount`; if the yearly report needs it, `dsa.report` and `report_proof`.
4. Let people send it: `desk.items`, `desk.deciding` and a page; its times in
   `terang.case_queue`, its order in `terang.cli.review`; docs/cases.md.

What a moderator holds: an item to look at, and a decision that can still be taken back.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from ledger.dsa_codes import (
    CATEGORIES,
    EEA,
    AccountMeasure,
    AccountType,
    ContentType,
    Monetary,
    Provision,
    Visibility,
)

FINDINGS_IN_DECISION = 20
"""Findings in one decision: each needs three of the 100 actions that a transaction takes."""


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
Words = Annotated[str, Meta(min_length=1, max_length=500)]
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


class Verdict(StrEnum):
    """The decision of a moderator."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ESCALATED = "escalated"
    SKIPPED = "skipped"


class Escalation(StrEnum):
    """Why a case goes to an authority: a threat to life (DSA Art. 18), or a child in danger."""

    THREAT_TO_LIFE = "threat_to_life"
    CHILD_ABUSE = "child_abuse"


class ContestResult(StrEnum):
    """How a complaint or a dispute ended for the decision."""

    UPHELD = "upheld"
    PARTLY_REVERSED = "partly_reversed"
    REVERSED = "reversed"
    OMITTED = "omitted"


class Cause(StrEnum):
    """Why a post or an account came back."""

    COMPLAINT = "complaint"
    DISPUTE = "dispute"
    COURT = "court"
    OWN_INITIATIVE = "own_initiative"


class Answer(StrEnum):
    """The provider's answer to an order."""

    COMPLIED = "complied"
    CONTESTED = "contested"
    REFUSED = "refused"
    IMPOSSIBLE = "impossible"


class AutomatedDecision(StrEnum):
    """How far a machine shaped the verdict. One that was fully automated is refused."""

    NOT_AUTOMATED = "NOT_AUTOMATED"
    PARTIALLY = "PARTIALLY"


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A struct that takes no unknown field."""


class Measures(Strict, frozen=True):
    """The measure taken, in the codes of the DSA. A measure without an end has no end."""

    visibility: Annotated[tuple[Visibility, ...], Meta(max_length=7)] = ()
    visibility_other: Words | None = None
    monetary: Monetary | None = None
    monetary_other: Words | None = None
    provision: Provision | None = None
    account: AccountMeasure | None = None
    account_type: AccountType | None = None
    visibility_until: date | None = None
    monetary_until: date | None = None
    provision_until: date | None = None
    account_until: date | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """What was done, in the order of the DSA's four fields; empty if nothing was."""
        single = (self.monetary, self.provision, self.account)
        return tuple(str(code) for code in (*self.visibility, *single) if code)


class BaseCaseMessage(Strict, frozen=True, tag_field="type", kw_only=True):
    """A message of any type. `id` is the sender's own, and unique over all types."""

    id: Id

    @property
    def type_name(self) -> str:
        """The `type` that the message has as JSON."""
        return str(self.__struct_config__.tag)


class Decision(BaseCaseMessage, frozen=True, tag="decision", kw_only=True):
    """One verdict on findings of one post and one category, or on a notice, or on both.

    `ground`, `ground_text` and `ground_url` are taken from the pack if they are not given, and the
    `scope` of a measure is the provider's territory.

    `group` is the sender's name for a look at near copies: each post gets its own decision, and the
    decisions with one name count once in all figures about how good a rule or a moderator is. They
    have the same moderator, verdict, `opened_at` and `decided_at`.
    """

    findings: Annotated[tuple[FindingId, ...], Meta(max_length=FINDINGS_IN_DECISION)] = ()
    notice: Id | None = None
    group: GroupName | None = None
    verdict: Verdict
    escalation: Escalation | None = None
    measures: Measures | None = None
    ground: Literal["illegal", "terms"] | None = None
    ground_text: Words | None = None
    ground_url: Link | None = None
    reason: Reason | None = None
    reason_language: ReasonLanguage | None = None
    moderator: Moderator
    opened_at: Time
    decided_at: Time
    applied_at: Time | None = None
    scope: Annotated[tuple[Country, ...], Meta(max_length=30)] = ()
    automated_decision: AutomatedDecision = AutomatedDecision.NOT_AUTOMATED
    content_type: Annotated[tuple[ContentType, ...], Meta(min_length=1, max_length=8)] = (
        ContentType.TEXT,
    )


class SecondReview(BaseCaseMessage, frozen=True, tag="second_review", kw_only=True):
    """Another moderator's verdict on a decision that was drawn for one. It changes nothing."""

    decision: Id
    verdict: Literal["confirmed", "dismissed", "escalated"]
    moderator: Moderator
    opened_at: Time
    decided_at: Time


class Complaint(BaseCaseMessage, frozen=True, tag="complaint", kw_only=True):
    """Somebody contests a decision with the provider; the complaint's text is not kept."""

    decision: Id
    by: Literal["author", "notifier"]
    received_at: Time


class Dispute(BaseCaseMessage, frozen=True, tag="dispute", kw_only=True):
    """A certified body takes up a decision out of court."""

    decision: Id
    body: Words
    received_at: Time


class Outcome(BaseCaseMessage, frozen=True, tag="outcome", kw_only=True):
    """How a complaint or a dispute ended.

    `measures` are those that remain after a partial reversal, or that are newly imposed.
    `implemented` says whether the provider did what the body of a dispute said.
    """

    complaint: Id | None = None
    dispute: Id | None = None
    outcome: ContestResult
    reason: Reason
    moderator: Moderator | None = None
    measures: Measures | None = None
    implemented: bool | None = None
    decided_at: Time


class Notice(BaseCaseMessage, frozen=True, tag="notice", kw_only=True):
    """Somebody reports that a post is illegal (DSA Art. 16), or against the terms."""

    post: Id
    url: Link | None = None
    finding: FindingId | None = None
    category: Category
    keyword: Keyword | None = None
    other: Words | None = None
    trusted_flagger: bool
    article_16: bool = True
    items: Items = 1
    received_at: Time


class Order(BaseCaseMessage, frozen=True, tag="order", kw_only=True):
    """An authority's order to act against items, or to inform.

    `follows` names the earlier message of the same order that this one completes.
    An order to inform takes `authority`, `country`, `received_at`, `acknowledged_at`,
    `effected_at`, `due_at`, `outcome`, `regulation` and `follows`: any other field could be about a
    person. `due_at` is the deadline that the authority set, if it set one.
    """

    kind: Literal["act", "inform"]
    authority: Words
    country: Country
    category: Category | None = None
    keyword: Keyword | None = None
    other: Words | None = None
    items: Items | None = None
    received_at: Time
    acknowledged_at: Time | None = None
    effected_at: Time | None = None
    due_at: Time | None = None
    outcome: Answer | None = None
    ground: Words | None = None
    regulation: Literal["dsa", "tco"] = "dsa"
    follows: Id | None = None


class Suspension(BaseCaseMessage, frozen=True, tag="suspension", kw_only=True):
    """Somebody's service, notices or complaints were suspended (DSA Art. 23); nobody is named."""

    why: Literal["illegal_content", "unfounded_notices", "unfounded_complaints"]
    from_at: Time
    until: date
    moderator: Moderator


class Reinstatement(BaseCaseMessage, frozen=True, tag="reinstatement", kw_only=True):
    """What a decision took away was restored."""

    decision: Id
    cause: Cause
    reinstated_at: Time
    moderator: Moderator


class Audit(BaseCaseMessage, frozen=True, tag="audit", kw_only=True):
    """A moderator's verdict on a post of the month's sample."""

    post: Id
    month: Month
    verdict: Literal["violating", "not_violating", "gone"]
    category: Category | None = None
    moderator: Moderator
    opened_at: Time
    decided_at: Time


class FloodAnswer(BaseCaseMessage, frozen=True, tag="flood_answer", kw_only=True):
    """A moderator's answer to the question of the flood guard: one for each rule and day.

    `opened` proposes all findings of the rule that were held that day, and lets the rule propose
    again. `left_held` leaves them as they are: counted, and not proposed.
    """

    day: Annotated[date, Meta(description="The day on which the rule was held, UTC.")]
    held_rule: RuleName
    verdict: Literal["opened", "left_held"]
    reason: Reason | None = None
    moderator: Moderator
    opened_at: Time
    decided_at: Time


type CaseMessage = (
    Decision
    | SecondReview
    | Complaint
    | Dispute
    | Outcome
    | Notice
    | Order
    | Suspension
    | Reinstatement
    | Audit
    | FloodAnswer
)

MESSAGE_TYPES: dict[str, type[BaseCaseMessage]] = {
    str(message_type.__struct_config__.tag): message_type
    for message_type in get_args(CaseMessage.__value__)
}
"""The types of `CaseMessage` by their `type`."""


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
