"""JSON values from bytes that are already bounded, or the code of why there is none."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from intake.formats.lines import lines
from ledger.records.post import too_deep
from ledger.records.refusal import Code
from ledger.records.unique_keys import DuplicateKeyError, unique


def decode_object(raw: bytes | Code) -> dict[str, Any] | Code:
    """The object that these bytes are, or why they are none; a code is handed on.

    >>> decode_object(b'{"a": 1, "a": 2}')
    <Code.JSON_DUPLICATE_KEY: 'json_duplicate_key'>
    """
    record = decode(raw)
    return record if isinstance(record, dict | Code) else Code.NOT_AN_OBJECT


def decode(raw: bytes | Code) -> Any:
    """The value that these bytes are, or a Code; a string is never a Code.

    JSON_DEPTH is looked at by who bounds the bytes; here only a parser's own limit counts.
    """
    if isinstance(raw, Code):
        return raw
    try:
        text = raw.decode("utf-8")
        msgspec.json.decode(raw)  # the grammar: no NaN, no lone surrogate, no control character
        return json.loads(text, object_pairs_hook=unique)
    except UnicodeDecodeError:
        return Code.ENCODING
    except DuplicateKeyError:
        return Code.JSON_DUPLICATE_KEY
    except RecursionError:
        return Code.JSON_DEPTH
    except (msgspec.DecodeError, ValueError):
        return Code.JSON_SYNTAX


def object_lines(stream: BinaryIO) -> Iterator[tuple[str, dict[str, Any] | Code]]:
    r"""The object of each line that is not blank, or why it is none, with its place.

    >>> import io
    >>> list(object_lines(io.BytesIO(b'\n{"a": 1}\n[]')))
    [('line 2', {'a': 1}), ('line 3', <Code.NOT_AN_OBJECT: 'not_an_object'>)]
    """
    for number, line, _ in lines(stream):
        at = f"line {number}"
        if line is None:
            yield at, Code.LINE_LONG
        elif line.strip():
            yield at, Code.JSON_DEPTH if too_deep(line) else decode_object(line)
