"""Why a message about a case was refused, and the receipt that says so."""

from enum import StrEnum
from typing import Literal

import msgspec

from ledger.records.refusal import Code


class CaseCode(StrEnum):
    """Codes of messages about cases, in addition to `Code`. A code's meaning never changes."""

    TYPE_UNKNOWN = "type_unknown"  # there is no such type of message
    FIELD_UNKNOWN = "field_unknown"  # a field that the type does not have
    FIELD_CONFLICT = "field_conflict"  # a field that another field excludes
    NEEDS_PERSON = "needs_person"  # no moderator is named, or a machine decided
    PERSON_FIELD = "person_field"  # a field that an order to inform does not take
    TOO_MANY = "too_many"  # more findings than one decision takes
    ID_REUSED = "id_reused"  # the sender has used the id for another message
    OTHER_PROVIDER = "other_provider"  # another provider's finding
    UNKNOWN = "unknown"  # what the message refers to is not known, or not yet
    NOT_COUNTED = "not_counted"  # no receipt counts the finding yet
    MIXED_POSTS = "mixed_posts"  # one decision is about one post
    MIXED_CATEGORIES = "mixed_categories"  # and about one category
    DECIDED_ALREADY = "decided_already"  # somebody decided before
    STALE = "stale"  # the case changed after the moderator opened it
    SAME_MODERATOR = "same_moderator"  # another person must look
    WRONG_DOOR = "wrong_door"  # the provider's moderators decide elsewhere
    OUT_OF_ORDER = "out_of_order"  # another message must come first
    NOTHING_DECIDED = "nothing_decided"  # it was passed on, so there is nothing to contest
    NOT_IN_SAMPLE = "not_in_sample"  # it was not drawn, and would bias the sample
    TIME_FUTURE = "time_future"  # a time after the message's own arrival
    TIME_EARLY = "time_early"  # before what it is about, or over two years old


type AnyCode = Code | CaseCode


class EarlierMove(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who decided before (the provider's own pseudonym), what they decided, and when."""

    moderator: str = ""
    verdict: str = ""
    at: str = ""


class CaseRefusal(msgspec.Struct, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """Why one message was refused, without any of its words.

    `waits_for` names the case that must move before the message can be judged again: until then the
    message is kept. `advice` names the received value and the allowed ones.
    """

    code: AnyCode
    field: str = ""
    first: EarlierMove | None = None
    waits_for: str = ""
    advice: str = ""


class CaseReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The status of one message: `refused`, `waiting` until `waits_until`, or `taken` after a wait.

    `kind` distinguishes it from the receipt of a message of posts. `message` is Terang's id of the
    message and names the receipt; `id` and `type` are the sender's, if they could be read. `field`
    names the wrong field, `first` who decided before, `advice` what was received and is allowed.
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
