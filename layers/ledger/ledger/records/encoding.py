"""Records as JSON for files: indented for people, or one a line."""

from collections.abc import Iterable
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="deterministic")


def pretty(record: Any) -> bytes:
    r"""A record as indented JSON with a newline at its end.

    >>> pretty({"a": 1})
    b'{\n  "a": 1\n}\n'
    """
    return msgspec.json.format(_encoder.encode(record), indent=2) + b"\n"


def lines_of_json(records: Iterable[Any]) -> bytes:
    r"""Records as JSON Lines, keys in a fixed order.

    >>> lines_of_json([{"a": 1}, {"b": 2}])
    b'{"a":1}\n{"b":2}\n'
    """
    return _encoder.encode_lines(records)
