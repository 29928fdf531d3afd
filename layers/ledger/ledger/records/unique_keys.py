"""Objects of JSON in which no key stands twice: nobody could say which was meant."""

from typing import Any


class DuplicateKeyError(Exception):
    """The same key twice in one object. The key is not told: it may be the sender's words."""


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs, for `json.loads(…, object_pairs_hook=unique)`.

    >>> unique([("a", 1), ("b", 2)])
    {'a': 1, 'b': 2}
    """
    record = dict(pairs)
    if len(record) < len(pairs):
        raise DuplicateKeyError
    return record
