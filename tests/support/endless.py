"""A stream that is made while it is read, so that nothing of it is held."""

import io
from collections.abc import Iterator


class Endless(io.RawIOBase):
    """The pieces one after the other, as a file."""

    def __init__(self, pieces: Iterator[bytes]):
        self._pieces, self._rest = pieces, b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
