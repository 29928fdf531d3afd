"""The body of a message: one post, an array of posts, or lines."""

import json

import msgspec

from ledger.records.refusal import Code, Refusal
from ledger.records.unique_keys import DuplicateKeyError, unique


def lines_of(body: str) -> bytes | Refusal:
    r"""The posts of a body as JSON Lines, or why nothing of it can be read.

    >>> lines_of('[{"id": "1"},\n {"id": "2"}]')
    b'{"id":"1"}\n{"id":"2"}\n'
    >>> lines_of('{"id": "1"}\n{"id": "2"}')
    b'{"id": "1"}\n{"id": "2"}'
    >>> lines_of("hello")
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
        return _salvaged(data)
    return _one_line(data)


_ARRAY = list[msgspec.Raw]


def _salvaged(data: bytes) -> bytes | Refusal:
    """A body that is not JSON as a whole: lines, or the items that can still be told apart.

    The standard library reads what is no Unicode, such as half a surrogate pair; the item that
    holds it is refused when its line is read, and the others are not.
    """
    lines = data.strip().split(b"\n")
    if data.lstrip().startswith(b"{") and (len(lines) == 1 or any(map(_is_object, lines))):
        return data
    try:
        value = json.loads(data, object_pairs_hook=unique)
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
    """A value without the newlines between its tokens."""
    return msgspec.json.format(bytes(value), indent=-1) + b"\n"
