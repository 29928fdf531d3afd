"""One line as one JSON object, by the grammar and with each key once."""

import json
from typing import Any

import msgspec

from ledger.records.refusal import Code, Refusal
from ledger.records.unique_keys import DuplicateKeyError, unique


def read_object(line: bytes) -> dict[str, Any] | Refusal:
    """The object of a line, or why it is none.

    >>> read_object(b'{"a": 1, "a": 2}')
    Refusal(code=<Code.JSON_DUPLICATE_KEY: 'json_duplicate_key'>)
    >>> read_object(b'{"a": 1}')
    {'a': 1}
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return Refusal(Code.ENCODING)
    try:
        msgspec.json.decode(line)  # the grammar: no NaN, no lone surrogate, no control character
        record = json.loads(text, object_pairs_hook=unique)
    except DuplicateKeyError:
        return Refusal(Code.JSON_DUPLICATE_KEY)  # the key may be the sender's words
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Refusal(Code.JSON_SYNTAX)
    return record if isinstance(record, dict) else Refusal(Code.NOT_AN_OBJECT)
