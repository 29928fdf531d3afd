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
    """S3 keeps the sender's object in a way in which nobody here may read it.

    It was put under a key that only its sender has, or is archived: the sender must put it again.
    """

    code = "object_unreadable"


class OperatorError(TerangError):
    """Something that only the operator can mend: a missing setting, set or permission."""


class KeyUnavailableError(OperatorError):
    """A pinned key of pseudonyms is not there: what needs it comes again, and uses no other."""

    code = "key_unavailable"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"the pseudonym key {key_id} is not in the table, or its time is over")
        self.key_id = key_id


class ImmutableError(OperatorError):
    """Other bytes already stand under a name that is written once."""


class SchemaNewerError(OperatorError):
    """A row of a later release: code that went back does not guess at it."""

    code = "schema_newer"

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"the table holds a row of form {found}, and this release reads forms up to {known}:"
            " go on with the release that wrote it; what waits is tried again"
        )
