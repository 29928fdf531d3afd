"""The errors of the ledger, grouped by who must act."""


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
