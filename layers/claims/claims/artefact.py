"""One immutable file of named arrays: an index is read where it lies, and named by its digest.

    magic · length of the directory (4 bytes) · directory (JSON) · arrays, each at a multiple of 8

Numbers are little-endian, as all processors that Lambda has.
"""

import hashlib
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from claims.errors import BadIndexError

if TYPE_CHECKING:
    from array import array

MAGIC = b"terang claims 1\n"
_ALIGNED = 8
_CODES = "BHIf"


def seal(facts: dict[str, Any], arrays: "dict[str, bytes | array[Any]]") -> bytes:
    """The bytes of an artefact; the same content gives the same bytes."""
    places: dict[str, tuple[str, int, int]] = {}
    body = bytearray()
    for name in sorted(arrays):
        one = arrays[name]
        body.extend(bytes(-len(body) % _ALIGNED))
        data = one if isinstance(one, bytes) else one.tobytes()
        places[name] = ("B" if isinstance(one, bytes) else one.typecode, len(body), len(data))
        body.extend(data)
    directory = msgspec.json.encode({"facts": facts, "arrays": places}, order="sorted")
    directory += b" " * (-(len(MAGIC) + 4 + len(directory)) % _ALIGNED)
    return MAGIC + len(directory).to_bytes(4, "little") + directory + body


def digest_of(data: bytes) -> str:
    """The name of an artefact: SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


class _Directory(msgspec.Struct, frozen=True):
    facts: dict[str, Any]
    arrays: dict[str, tuple[str, int, int]]


class Artefact:
    """The facts and arrays of a sealed artefact; nothing is copied.

    Raises:
        BadIndexError: the bytes are no artefact, or an array lies outside of them.
    """

    def __init__(self, data: bytes):
        if not data.startswith(MAGIC) or sys.byteorder != "little":
            raise BadIndexError("no index of claims that this version reads")
        start = len(MAGIC) + 4
        end = start + int.from_bytes(data[len(MAGIC) : start], "little")
        try:
            directory = msgspec.json.decode(data[start:end], type=_Directory)
        except msgspec.MsgspecError as error:
            raise BadIndexError("the index's directory cannot be read") from error
        self.facts = directory.facts
        self._places, self._body = directory.arrays, memoryview(data)[end:]
        for code, at, size in self._places.values():
            if code not in _CODES or at < 0 or size < 0 or at + size > len(self._body):
                raise BadIndexError("the index breaks off")

    def numbers(self, name: str) -> "memoryview[Any]":
        """An array, as a view of its numbers."""
        code, at, size = self._places[name]
        view: memoryview[Any] = self._body[at : at + size].cast(code)  # type: ignore[call-overload]
        return view

    def text(self, name: str) -> str:
        """An array of bytes, as the text that it holds."""
        return bytes(self.numbers(name)).decode()
