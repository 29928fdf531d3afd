"""Why a message about a case was refused, and the receipt that says so."""

from enum import StrEnum
from typing import Literal

import msgspec

from ledger.records.refusal import Code


class CaseCode(StrEnum):
    """Codes of messages about cases, beside those of records. A code's meaning never changes."""

    TYPE_UNKNOWN = "type_unknown"  # no such type of message
    FIELD_UNKNOWN = "field_unknown"  # a field that the type does not have
    FIELD_CONFLICT = "field_conflict"  # a field that does not go with another one, or lacks it
    NEEDS_PERSON = "needs_person"  # nobody is named who decided, or a machine did
    PERSON_FIELD = "person_field"  # an order to inform keeps its clock and authority only
    TOO_MANY = "too_many"  # more findings than one decision takes
    ID_REUSED = "id_reused"  # the sender's id stands for another message already
    OTHER_PROVIDER = "other_provider"  # a finding of somebody else
    UNKNOWN = "unknown"  # what the message refers to is not here, or not yet
    NOT_COUNTED = "not_counted"  # no receipt counts the finding yet
    MIXED_POSTS = "mixed_posts"  # one decision is about one post
    MIXED_CATEGORIES = "mixed_categories"  # and about one category
    DECIDED_ALREADY = "decided_already"  # somebody was first
    STALE = "stale"  # the case moved after it was opened
    SAME_MODERATOR = "same_moderator"  # another person must look
    OUT_OF_ORDER = "out_of_order"  # something must come first
    NOTHING_DECIDED = "nothing_decided"  # it was passed on, so there is nothing to contest
    NOT_IN_SAMPLE = "not_in_sample"  # nobody asked for it, and it would bend the sample
    TIME_FUTURE = "time_future"  # a time after the message's own arrival
    TIME_EARLY = "time_early"  # a time before what the message is about


type AnyCode = Code | CaseCode


class EarlierMove(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who was first: what they decided and when, under the provider's own pseudonym."""

    moderator: str = ""
    verdict: str = ""
    at: str = ""


class CaseRefusal(msgspec.Struct, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """Why one message was refused, and nothing of its words.

    `waits_for` names the case that must move before the message can be judged again; a message
    that waits is not lost. `advice` says of a time what was received and what is allowed.
    """

    code: AnyCode
    field: str = ""
    first: EarlierMove | None = None
    waits_for: str = ""
    advice: str = ""


class CaseReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message: `refused`, `waiting` for another one until `waits_until`, or `taken` after that.

    `kind` tells it from the receipt of a message of posts. `message` is the message's own id here,
    and names the receipt; `id` and `type` are the sender's, where they could be read. `field` names
    the field at fault, `first` who was first; `advice` says what was received and what is allowed.
    """

    message: str
    provider: str
    status: str
    at: str
    kind: Literal["case"]
    type: str = ""
    id: str = ""
    code: str = ""
    field: str = ""
    first: EarlierMove | None = None
    waits_until: str = ""
    advice: str = ""
