"""One immutable file of named arrays. It is read in place, and its digest is its name.

    magic · length of the directory (4 bytes) · directory (JSON) · arrays, each at a multiple of 8

Numbers are little-endian, as on all processors that Lambda has.
"""

import hashlib
import sys
from array import array
from collections.abc import Buffer, Mapping
from io import BytesIO
from shutil import copyfileobj
from typing import Any, BinaryIO

import msgspec

MAGIC = b"terang claims 1\n"
_ALIGNED = 8
_BYTES = {"B": 1, "H": 2, "I": 4, "f": 4}

type Arrays = dict[str, bytes | bytearray | array[Any]]
"""Arrays by name, before they are written."""


class BadIndexError(ValueError):
    """The bytes are not the expected index, or this version cannot read them."""


def digest_of(data: bytes) -> str:
    """Return the name of an index: SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


class IndexFileWriter:
    """Writes an index array by array. `body` holds the arrays until the directory is known."""

    def __init__(self, body: BinaryIO):
        self._body = body
        self._places: dict[str, tuple[str, int, int]] = {}

    def add(self, arrays: Mapping[str, Buffer]) -> None:
        """Append arrays to the body."""
        for name in sorted(arrays):
            view = memoryview(arrays[name])
            self._body.write(bytes(-self._body.tell() % _ALIGNED))
            self._places[name] = (view.format, self._body.tell(), view.nbytes)
            self._body.write(view)

    def file_bytes(self, facts: dict[str, Any]) -> bytes:
        """Return the whole file; the same content in the same order gives the same bytes."""
        directory = msgspec.json.encode({"facts": facts, "arrays": self._places}, order="sorted")
        directory += b" " * (-(len(MAGIC) + 4 + len(directory)) % _ALIGNED)
        whole = BytesIO()
        whole.write(MAGIC + len(directory).to_bytes(4, "little") + directory)
        self._body.seek(0)
        copyfileobj(self._body, whole)
        return whole.getvalue()


class ArraySet:
    """Named arrays in memory, of a file or of an index that is being built."""

    def __init__(self, arrays: Mapping[str, Buffer]):
        self._arrays = arrays

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def numbers(self, name: str) -> "memoryview[Any]":
        """Return a view of the numbers of an array."""
        return memoryview(self._arrays[name])

    def text(self, name: str) -> str:
        """Return an array of bytes, decoded as text."""
        return str(self.numbers(name), "utf-8")


class _Directory(msgspec.Struct, frozen=True):
    facts: dict[str, Any]
    arrays: dict[str, tuple[str, int, int]]


class IndexFile(ArraySet):
    """The facts and arrays of an index, without copying them.

    Raises BadIndexError if the bytes are not an index, or an array lies outside them.
    """

    def __init__(self, data: bytes):
        if not data.startswith(MAGIC) or sys.byteorder != "little":
            raise BadIndexError("not an index of claims that this version reads")
        start = len(MAGIC) + 4
        end = start + int.from_bytes(data[len(MAGIC) : start], "little")
        try:
            directory = msgspec.json.decode(data[start:end], type=_Directory)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadIndexError("the index's directory cannot be read") from error
        self.facts, body, views = directory.facts, memoryview(data)[end:], {}
        for name, (code, at, size) in directory.arrays.items():
            if code not in _BYTES or at < 0 or size < 0 or size % _BYTES[code]:
                raise BadIndexError("the index's directory cannot be read")
            if at + size > len(body):
                raise BadIndexError("the index breaks off")
            views[name] = body[at : at + size].cast(code)  # type: ignore[call-overload]
        super().__init__(views)
