"""A problem of a statement: where it is, and what is allowed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `code` is stable and one word; `message` is for people."""

    field: str
    code: str
    message: str


def shown(value: object) -> str:
    """A value as a message shows it, cut short.

    >>> shown("x" * 50)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'"
    """
    text = value if isinstance(value, str) else repr(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
