"""Errors, the codes of refusals, and the codes of the Digital Services Act (DSA).

Errors are grouped by who must act. A refusal is data: a code and a place. People decide in the
codes of the DSA: categories with their keywords, countries, and measures. Categories and keywords
are written without the prefixes `STATEMENT_CATEGORY_` and `KEYWORD_`, as in packs; the codes of
measures are whole, as the transparency database wants them.

Source: European Commission, DSA Transparency Database, and Implementing Regulation (EU) 2024/2835,
Annexes I and II.
"""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class TerangError(Exception):
    """The root of all errors that Terang raises itself."""


class ObjectChangedError(TerangError):
    """The sender's object is no longer the pinned version: the sender must drop it again."""

    code = "object_changed"


class ObjectGoneError(TerangError):
    """The sender's object was deleted before it was read: the sender must drop it again."""

    code = "object_gone"


class ObjectUnreadableError(TerangError):
    """S3 keeps the sender's object in a way that nobody here may read.

    It is archived, or encrypted with a key that only the sender has: the sender must put it again.
    """

    code = "object_unreadable"


class OperatorError(TerangError):
    """Something that only the operator can repair: a missing setting, set or permission."""


def logged(error: BaseException | None) -> dict[str, str]:
    """Return what a log may say of an error: its class, and the words that are for the operator.

    Any other error may quote a post.

    >>> logged(OperatorError("no set is in force")), logged(ValueError("some text"))
    ({'error': 'OperatorError', 'why': 'no set is in force'}, {'error': 'ValueError'})
    """
    why = {"why": str(error)} if isinstance(error, OperatorError) else {}
    return {"error": type(error).__name__} | why


class KeyUnavailableError(OperatorError):
    """A pinned key of pseudonyms is missing. What needs it is retried; no other key is used."""

    code = "key_unavailable"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"the pseudonym key {key_id} is not in the table, or it has expired")
        self.key_id = key_id


class ImmutableError(OperatorError):
    """An object that is written once already has other bytes."""


class SchemaNewerError(OperatorError):
    """A later release wrote the record, and this release does not guess its meaning."""

    code = "schema_newer"

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"the table holds a row of form {found}, and this release reads forms up to {known}:"
            " go on with the release that wrote it; what waits is tried again"
        )


class Code(StrEnum):
    """Why a record, or a whole file, was refused. Published; a code's meaning never changes."""

    NOT_PUBLIC = "not_public"
    ENCODING = "encoding"
    LINE_LONG = "line_long"
    JSON_SYNTAX = "json_syntax"
    JSON_DEPTH = "json_depth"
    JSON_DUPLICATE_KEY = "json_duplicate_key"
    NOT_AN_OBJECT = "not_an_object"
    FIELD_MISSING = "field_missing"
    FIELD_TYPE = "field_type"
    FIELD_LENGTH = "field_length"
    FIELD_RANGE = "field_range"
    TIME_SYNTAX = "time_syntax"
    TIME_OFFSET = "time_offset"
    MSG_SYNTAX = "msg_syntax"
    SENDER_UNKNOWN = "sender_unknown"
    PROVIDER_UNKNOWN = "provider_unknown"
    OBJECT_CHANGED = "object_changed"
    OBJECT_GONE = "object_gone"
    OBJECT_UNREADABLE = "object_unreadable"
    # of a whole file, or of an item in a format other than JSON Lines
    EMPTY = "empty"
    FORMAT_UNKNOWN = "format_unknown"
    TOO_LARGE_FOR_FORMAT = "too_large_for_format"
    BOMB = "bomb"
    GZIP_TRUNCATED = "gzip_truncated"
    GZIP_BROKEN = "gzip_broken"
    ZIP_BROKEN = "zip_broken"
    ZIP_ENCRYPTED = "zip_encrypted"
    ZIP_METHOD = "zip_method"
    ZIP_NESTED = "zip_nested"
    ZIP_LINK = "zip_link"
    ZIP_OVERLAP = "zip_overlap"
    CSV_HEADER = "csv_header"
    CSV_NO_AUDIENCE = "csv_no_audience"
    CSV_ROW = "csv_row"
    CHANNEL_NOT_OPEN = "channel_not_open"
    NOT_A_POST = "not_a_post"


ADVICE = {
    Code.ENCODING: "Send text in UTF-8.",
    Code.EMPTY: "The file holds no record.",
    Code.GZIP_TRUNCATED: "The file ends too early: pack it again, and send it whole.",
    Code.ZIP_NESTED: "Pack plain files. An archive in an archive is not read.",
    Code.CSV_ROW: "A row needs a cell for each column, without NUL, and each quote inside a quoted"
    " cell doubled.",
}
"""What the sender can do, for codes that mean one thing wherever they occur."""


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """One record that was not accepted: its code and place, and nothing of its content.

    `line` counts from 1 and `byte` from 0, both within the unit (the sender's receipt adds them up
    over the file). `at` is the place in the sender's own format (`messages[3]`); `field` names the
    wrong field as the format calls it.
    """

    code: Code
    line: int | None = None
    byte: int | None = None
    at: str = ""
    field: str = ""


class FileRefusedError(TerangError):
    """A whole file is refused: the sender must change it, and `advice` says how.

    `at` is the place in the file, if one is known. The error holds nothing of the content.
    """

    def __init__(self, code: Code, at: str = "", advice: str = "") -> None:
        super().__init__(f"{code} {at}".rstrip())
        self.code, self.at, self.advice = code, at, advice or ADVICE.get(code, "")


NOT_SPECIFIED_ORDER, NOT_SPECIFIED_NOTICE = "NOT_SPECIFIED_ORDER", "NOT_SPECIFIED_NOTICE"

CATEGORIES = msgspec.json.decode(
    Path(__file__).with_name("categories.json").read_bytes(), type=dict[str, tuple[str, ...]]
)
"""Every category with its keywords, in the order of the report's template.

A notice, an order or an audit may name any of them. A pack may carry far fewer.
"""

EEA = frozenset(
    """AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI
    SK""".split()  # noqa: SIM905 - a list of thirty strings is no easier to read
)
EU = EEA - {"IS", "LI", "NO"}


def countries_of(territory: str) -> tuple[str, ...]:
    """Return the countries of codes with commas between them, sorted. They are all of the EEA.

    >>> countries_of("NL,DE"), len(countries_of("EU")), len(countries_of("EEA"))
    (('DE', 'NL'), 27, 30)
    """
    known = {"EU": EU, "EEA": EEA} | {country: {country} for country in EEA}
    if unknown := set(territory.split(",")) - known.keys():
        raise OperatorError(f"territory {min(unknown)!r}: give EU, EEA or countries, such as DE,AT")
    return tuple(sorted({name for code in territory.split(",") for name in known[code]}))


class Visibility(StrEnum):
    """How the visibility of the post was restricted."""

    CONTENT_REMOVED = "DECISION_VISIBILITY_CONTENT_REMOVED"
    CONTENT_DISABLED = "DECISION_VISIBILITY_CONTENT_DISABLED"
    CONTENT_DEMOTED = "DECISION_VISIBILITY_CONTENT_DEMOTED"
    CONTENT_AGE_RESTRICTED = "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED"
    CONTENT_INTERACTION_RESTRICTED = "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED"
    CONTENT_LABELLED = "DECISION_VISIBILITY_CONTENT_LABELLED"
    OTHER = "DECISION_VISIBILITY_OTHER"


class Monetary(StrEnum):
    """How payments for the post were restricted."""

    SUSPENSION = "DECISION_MONETARY_SUSPENSION"
    TERMINATION = "DECISION_MONETARY_TERMINATION"
    OTHER = "DECISION_MONETARY_OTHER"


class Provision(StrEnum):
    """How the service for the author was restricted."""

    PARTIAL_SUSPENSION = "DECISION_PROVISION_PARTIAL_SUSPENSION"
    TOTAL_SUSPENSION = "DECISION_PROVISION_TOTAL_SUSPENSION"
    PARTIAL_TERMINATION = "DECISION_PROVISION_PARTIAL_TERMINATION"
    TOTAL_TERMINATION = "DECISION_PROVISION_TOTAL_TERMINATION"


class AccountMeasure(StrEnum):
    """How the author's account was restricted."""

    SUSPENDED = "DECISION_ACCOUNT_SUSPENDED"
    TERMINATED = "DECISION_ACCOUNT_TERMINATED"


class AccountType(StrEnum):
    """Whose account it is."""

    BUSINESS = "ACCOUNT_TYPE_BUSINESS"
    PRIVATE = "ACCOUNT_TYPE_PRIVATE"


class ContentType(StrEnum):
    """The kind of content that was decided on."""

    APP = "CONTENT_TYPE_APP"
    AUDIO = "CONTENT_TYPE_AUDIO"
    IMAGE = "CONTENT_TYPE_IMAGE"
    PRODUCT = "CONTENT_TYPE_PRODUCT"
    SYNTHETIC_MEDIA = "CONTENT_TYPE_SYNTHETIC_MEDIA"
    TEXT = "CONTENT_TYPE_TEXT"
    VIDEO = "CONTENT_TYPE_VIDEO"
    OTHER = "CONTENT_TYPE_OTHER"


Words = Annotated[str, Meta(min_length=1, max_length=500)]


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


class SourceType(StrEnum):
    """What made somebody look: an own initiative, or a notice."""

    VOLUNTARY = "VOLUNTARY"
    ARTICLE_16 = "ARTICLE_16"
    TRUSTED_FLAGGER = "TRUSTED_FLAGGER"
    OTHER_NOTIFICATION = "OTHER_NOTIFICATION"


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
    NOT_ON_TRIAL = "not_on_trial"  # no trial of this version of the rule is under way
    NOT_PROVED = "not_proved"  # the evidence of the trial does not hold
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
