"""The body of a message: one post, an array of posts, or lines."""

import msgspec

from ledger.refusal import Code, Refusal


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
        # An object that does not end where the body ends: lines, each judged by itself.
        return data if start == b"{" else Refusal(Code.MSG_SYNTAX)
    return _one_line(data)


_ARRAY = list[msgspec.Raw]


def _one_line(value: bytes | msgspec.Raw) -> bytes:
    """A value without the newlines between its tokens."""
    return msgspec.json.format(bytes(value), indent=-1) + b"\n"
