"""Cut the values of other formats to the bounds of a post's fields.

A post is not refused for values that its own format allows: lists are shortened to the bounds of a
post, and useless values are left out.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ledger.clock import before_leap_second

LINKS, LINK_LENGTH = 100, 2_048
TEXTS, TEXT_LENGTH = 50, 65_536

_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?")


def bound_links(values: Iterable[Any]) -> list[str] | None:
    """Return the links, each once, in order. A long one keeps its beginning, which has the host.

    >>> bound_links(["https://example.org", None, "https://example.org"])
    ['https://example.org']
    >>> links = bound_links(f"https://{number:03}/".ljust(3_000) for number in range(101))
    >>> len(links), len(links[0])
    (100, 2048)
    """
    links = dict.fromkeys(value[:LINK_LENGTH] for value in values if _is_text(value))
    return list(links)[:LINKS] or None


def bound_texts(values: Iterable[Any]) -> list[str] | None:
    r"""Return the texts that are not blank. From the TEXTS-th on they are joined into one.

    >>> bound_texts(["a caption", "", None])
    ['a caption']
    >>> bound_texts(["a"] * TEXTS + ["b"])[-2:]
    ['a', 'a\nb']
    """
    texts = [value for value in values if _is_text(value)]
    if len(texts) > TEXTS:
        texts[TEXTS - 1 :] = ["\n".join(texts[TEXTS - 1 :])]
    return [text[:TEXT_LENGTH] for text in texts] or None


def language_tag(value: Any) -> str | None:
    """Return the value if it has the length of a language tag."""
    return value if isinstance(value, str) and 2 <= len(value) <= 35 else None


def web_address(value: Any) -> str | None:
    """Return the value if it is an HTTP address that is not too long for a post.

    >>> [len(web_address("https://" + "a" * length) or "") for length in (2040, 2041)]
    [2048, 0]
    """
    usable = isinstance(value, str) and len(value) <= LINK_LENGTH
    return value if usable and value.startswith(("https://", "http://")) else None


def reach_count(value: Any) -> int | None:
    """Return the value if it is a whole number in the bounds of a reach."""
    return value if type(value) is int and 0 <= value <= 2**53 else None


def identifier(value: Any) -> str | None:
    """Return a string or a whole number as an id. Other numbers could have lost digits."""
    return str(value) if type(value) in (int, str) and value != "" else None


def published_time(value: Any) -> tuple[Any, bool]:
    """Return a time of publication, and whether it had no offset and was read as UTC.

    Return any other value as it is: the reader of posts refuses it.

    >>> published_time("2026-11-25 10:00:00")
    ('2026-11-25T10:00:00+00:00', True)
    >>> published_time("2026-11-25T10:00:00+07:00")
    ('2026-11-25T10:00:00+07:00', False)
    """
    if not isinstance(value, str) or not _LOCAL_TIME.fullmatch(value):
        return value, False
    try:
        time = datetime.fromisoformat(before_leap_second(f"{value}Z"))
        return time.astimezone(UTC).isoformat(), True
    except ValueError:
        return value, False


def as_object(value: Any) -> dict[str, Any]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
