"""Read JSON that strangers wrote, strictly, and write JSON files."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from ledger.records.refusal import Code, Refusal

JSON_DEPTH = 64
"""The deepest nesting that is read, below the limits of all parsers."""

_ARRAY = list[msgspec.Raw]
_encoder = msgspec.json.Encoder(order="deterministic")


class DuplicateKeyError(Exception):
    """One object has the same key twice. The key is not named: it may be the sender's words."""


def reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these pairs, for `json.loads(…, object_pairs_hook=…)`.

    Raises DuplicateKeyError for a second key of the same name: nobody could say which was meant.
    """
    record = dict(pairs)
    if len(record) < len(pairs):
        raise DuplicateKeyError
    return record


def read_object(line: bytes) -> dict[str, Any] | Refusal:
    """Return the JSON object of a line, or why the line is refused.

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
        msgspec.json.decode(line)  # the strict grammar: no NaN, lone surrogate, control character
        record = json.loads(text, object_pairs_hook=reject_duplicate_keys)
    except DuplicateKeyError:
        return Refusal(Code.JSON_DUPLICATE_KEY)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Refusal(Code.JSON_SYNTAX)
    return record if isinstance(record, dict) else Refusal(Code.NOT_AN_OBJECT)


def nests_too_deep(line: bytes) -> bool:
    """Return whether brackets nest deeper than JSON_DEPTH, outside of strings.

    >>> nests_too_deep(b"[" * 65), nests_too_deep(b'"' + b"[" * 65 + b'"')
    (True, False)
    """
    if line.count(b"[") + line.count(b"{") <= JSON_DEPTH:
        return False
    depth, in_string, escaped = 0, False, False
    for byte in line:
        if in_string:
            in_string = escaped or byte != 0x22
            escaped = byte == 0x5C and not escaped
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            if depth > JSON_DEPTH:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


def lines_of_body(body: str) -> bytes | Refusal:
    r"""Return the records of a message's body as JSON Lines, or why nothing of it can be read.

    A body is one object, an array of objects, or lines.

    >>> lines_of_body('[{"id": "1"},\n {"id": "2"}]')
    b'{"id":"1"}\n{"id":"2"}\n'
    >>> lines_of_body('{"id": "1"}\n{"id": "2"}')
    b'{"id": "1"}\n{"id": "2"}'
    >>> lines_of_body("hello")
    Refusal(code=<Code.MSG_SYNTAX: 'msg_syntax'>)
    """
    try:
        data = body.encode()
    except UnicodeEncodeError:
        return Refusal(Code.ENCODING)
    start = data.lstrip()[:1]
    if start not in (b"{", b"["):
        return Refusal(Code.MSG_SYNTAX)
    try:
        if start == b"[":
            return b"".join(_one_line(item) for item in msgspec.json.decode(data, type=_ARRAY))
        msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return _salvaged_lines(data)
    return _one_line(data)


def _salvaged_lines(data: bytes) -> bytes | Refusal:
    """Return the lines of a body that is not valid JSON as a whole, or the items of its array.

    The standard library reads some text that is not Unicode, such as half a surrogate pair. The
    item that holds it is refused when its line is read, and the other items are not.
    """
    lines = data.strip().split(b"\n")
    if data.lstrip().startswith(b"{") and (len(lines) == 1 or any(map(_is_object, lines))):
        return data
    try:
        value = json.loads(data, object_pairs_hook=reject_duplicate_keys)
    except (ValueError, RecursionError, DuplicateKeyError):
        return Refusal(Code.MSG_SYNTAX)
    items = value if isinstance(value, list) else [value]
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def _is_object(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _one_line(value: bytes | msgspec.Raw) -> bytes:
    """Return a value without the newlines between its tokens."""
    return msgspec.json.format(bytes(value), indent=-1) + b"\n"


def encode_json(record: Any) -> bytes:
    """Return a record as indented JSON, with a newline at its end."""
    return msgspec.json.format(_encoder.encode(record), indent=2) + b"\n"


def json_schema(title: str, described: Any) -> dict[str, Any]:
    """Return the JSON Schema of a type under a title.

    >>> json_schema("A count", int)["type"]
    'integer'
    """
    dialect = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": dialect, "title": title, **msgspec.json.schema(described)}
    return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])  # without tuples


def encode_json_lines(records: Iterable[Any]) -> bytes:
    r"""Return records as JSON Lines, with keys in a fixed order.

    >>> encode_json_lines([{"a": 1}, {"b": 2}])
    b'{"a":1}\n{"b":2}\n'
    """
    return _encoder.encode_lines(records)
