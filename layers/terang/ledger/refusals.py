"""Why something was not accepted, as data, and the errors of the ledger, by who must act."""

from enum import StrEnum

import msgspec


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
