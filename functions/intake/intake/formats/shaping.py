"""What other formats say, brought into the bounds that a post has.

A post of another format is not refused for what its own format allows: lists are cut to the
length that a post may have, and a value that is of no use is left out.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ledger.clock import before_leap_second

LINKS, LINK_LENGTH = 100, 2_048
TEXTS, TEXT_LENGTH = 50, 65_536

_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?")


def links(values: Iterable[Any]) -> list[str] | None:
    """The links, each once, in order; a long one keeps its beginning, which names the host.

    >>> links(["https://example.org", None, "https://example.org"])
    ['https://example.org']
    """
    found = dict.fromkeys(value[:LINK_LENGTH] for value in values if _is_text(value))
    return list(found)[:LINKS] or None


def texts(values: Iterable[Any]) -> list[str] | None:
    """The texts that are not blank; those beyond the last place are joined to it.

    >>> texts(["a caption", "", None])
    ['a caption']
    """
    found = [value for value in values if _is_text(value)]
    found[TEXTS - 1 :] = ["\n".join(found[TEXTS - 1 :])] if len(found) >= TEXTS else []
    return [text[:TEXT_LENGTH] for text in found] or None


def language(value: Any) -> str | None:
    """A language tag, if it is one by its length."""
    return value if isinstance(value, str) and 2 <= len(value) <= 35 else None


def web_address(value: Any) -> str | None:
    """An address of the web of a length that a post may have."""
    usable = isinstance(value, str) and len(value) <= LINK_LENGTH
    return value if usable and value.startswith(("https://", "http://")) else None


def count(value: Any) -> int | None:
    """A whole number that can be a reach."""
    return value if type(value) is int and 0 <= value <= 2**53 else None


def identifier(value: Any) -> str | None:
    """An id as a string, where it is a string or a whole number that lost no digits."""
    return str(value) if type(value) in (int, str) and value != "" else None


def moment(value: Any) -> tuple[Any, bool]:
    """A time of publication, and whether it had no offset and was taken for UTC.

    What is no time is handed on, to be refused where posts are read.

    >>> moment("2026-11-25 10:00:00")
    ('2026-11-25T10:00:00+00:00', True)
    >>> moment("2026-11-25T10:00:00+07:00")
    ('2026-11-25T10:00:00+07:00', False)
    """
    if not isinstance(value, str) or not _LOCAL_TIME.fullmatch(value):
        return value, False
    try:
        read = before_leap_second(f"{value}Z")
        return datetime.fromisoformat(read).astimezone(UTC).isoformat(), True
    except ValueError:
        return value, False


def as_object(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
