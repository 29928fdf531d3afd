"""The errors of the ledger, grouped by who must act."""


class TerangError(Exception):
    """The root of all errors that Terang raises itself."""


class ObjectChangedError(TerangError):
    """The sender's object is no longer the pinned version: the sender must drop it again."""

    code = "object_changed"


class ObjectGoneError(TerangError):
    """The sender's object was deleted before it was read: the sender must drop it again."""

    code = "object_gone"


class OperatorError(TerangError):
    """Something that only the operator can mend: a missing setting, set or permission."""


class ImmutableError(OperatorError):
    """Other bytes already stand under a name that is written once."""
