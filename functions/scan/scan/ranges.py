"""The lines that a range owns: those whose first byte lies in it."""

import re
from dataclasses import dataclass

from ledger.ports import Objects
from ledger.records.identity import unit_id
from ledger.records.manifest import Unit
from ledger.records.post import LINE_BYTES
from scan.reading import BOM

# Inside a text each quote stands behind a backslash, so this is the field and nothing else.
_PSEUDONYM = re.compile(rb'"account":"k[0-9]{4}-[0-9]{2}:[0-9a-f]{32}"')

READ_ON_BYTES = 256 * 1024
PASS_OVER_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Owned:
    """Whole lines, and how many bytes of a last line beyond all bounds were passed over.

    `size` counts both: the sizes of a source's ranges add up to the source.
    """

    data: bytes
    passed_over: int = 0

    @property
    def size(self) -> int:
        """Bytes that the range owns."""
        return len(self.data) + self.passed_over

    def id_in(self, unit: Unit) -> str:
        """Return the unit's id, over its own bytes.

        The id of a translated unit leaves out the pseudonyms, which change with the month, so that
        the same file is known when it comes again later. A translated unit that holds refusals
        alone says nothing of what was refused, so the digest of the file's content joins the id.
        A byte order mark that does not begin the file is read as part of its record. Such a unit
        has another id than the same bytes at the start of a file.
        """
        tail = b"\n+%d" % self.passed_over if self.passed_over else b""
        data = self.data
        if unit.start and data.startswith(BOM):
            tail += b"\n+mark"
        if unit.translated:
            data, posts = _PSEUDONYM.subn(b'"account":""', data)
            tail += b"" if posts else unit.content.encode()
        return unit_id(unit.provider, data + tail)


def owned(objects: Objects, unit: Unit) -> Owned:
    """Read the lines that begin in the unit's range; flat memory whatever their length.

    Raises ObjectChangedError or ObjectGoneError.
    """
    # One byte before the range tells whether a line begins at its first byte.
    before = min(unit.start, 1)
    data = objects.read_range(unit.source, unit.start - before, unit.end)
    if before:
        first = data.find(b"\n")
        if first < 0:
            return Owned(b"")
        data = data[first + 1 :]
    if not data or data.endswith(b"\n"):
        return Owned(data)
    return _read_on(objects, unit, data)


def _read_on(objects: Objects, unit: Unit, data: bytes) -> Owned:
    """The data with the rest of its last line; past the bound its rest is only counted."""
    pieces, position, passed_over = [data], unit.end, 0
    last = len(data) - data.rfind(b"\n") - 1
    while position < unit.source.size:
        step = READ_ON_BYTES if last <= LINE_BYTES else PASS_OVER_BYTES
        end = min(unit.source.size, position + step)
        more = objects.read_range(unit.source, position, end)
        newline = more.find(b"\n") + 1
        rest = more[:newline] if newline else more
        if last <= LINE_BYTES:
            pieces.append(rest)
            last += len(rest)
        else:
            passed_over += len(rest)
        if newline:
            break
        position = end
    return Owned(b"".join(pieces), passed_over)
