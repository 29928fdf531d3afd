"""How deep a stream of JSON nests, counted on its bytes before a parser sees them.

ijson names each value by its whole path, so a hundred thousand open brackets took more memory than
any machine has.
"""

import re

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:(")|\\?\Z)', re.DOTALL)
"""A string, or one that goes on in the next piece: else each of its quotes would begin anew."""
_END_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class Nesting:
    """Follows the brackets of a stream, in pieces of any size.

    Limits: What opens and closes within one piece is counted by itself, so twice the limit may
    pass.

    >>> nesting = Nesting(2)
    >>> nesting.exceeds(b'[{"a": "[[["'), nesting.exceeds(b"}, [[[[1]]]]]")
    (False, True)
    """

    def __init__(self, limit: int):
        self._limit, self._depth = limit, 0
        self._in_string = False
        self._rest = b""

    def exceeds(self, data: bytes) -> bool:
        """Return whether the stream nests deeper than the limit, these bytes included.

        Brackets that close each other are taken out level by level: with the simple version, a
        loop over each byte, a feed would take ten times as long to read.
        """
        brackets = self._outside_strings(self._rest + data).translate(None, _NO_BRACKETS)
        for _ in range(self._limit + 1):
            shorter = brackets.replace(b"[]", b"").replace(b"{}", b"")
            if len(shorter) == len(brackets):
                break
            brackets = shorter
        else:
            return True
        closing = brackets.count(b"]") + brackets.count(b"}")
        self._depth = max(0, self._depth - closing) + len(brackets) - closing
        return self._depth > self._limit

    def _outside_strings(self, data: bytes) -> bytes:
        """Return the bytes outside of strings, also where a string goes on in the next piece."""
        self._rest = b""
        if self._in_string:
            end = _END_OF_STRING.match(data)
            if end is None:
                self._rest = _odd_backslash(data)
                return b""
            self._in_string, data = False, data[end.end() :]
        return _STRING.sub(self._take, data)

    def _take(self, string: re.Match[bytes]) -> bytes:
        """Take a string out, and note whether it ended."""
        if string[1] is None:
            self._in_string, self._rest = True, _odd_backslash(string[0])
        return b""


def _odd_backslash(data: bytes) -> bytes:
    r"""Return the backslash that escapes what comes next, or nothing.

    >>> _odd_backslash(rb"a\\"), _odd_backslash(rb"a\\\\"[:-1])
    (b'', b'\\')
    """
    return data[-1:] if (len(data) - len(data.rstrip(b"\\"))) % 2 else b""
