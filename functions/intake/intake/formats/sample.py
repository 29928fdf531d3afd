"""The beginning of a file, as far as it takes to tell its format."""

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

from ledger.records.json_text import nests_too_deep
from ledger.records.refusal import Code, FileRefusedError
from ledger.streams.json_document import JsonDocument, decode_object, decode_value
from ledger.streams.lines import BOM

HEAD_BYTES = 256 * 1024
"""How much of a file is looked at."""

LINES = 20
"""How many of its lines that are not blank."""

POST_KEYS = frozenset({"account", "text"})
"""What an object has that is itself a post, whatever else it has."""


@dataclass(frozen=True)
class Sample:
    """The first bytes of a file, its name, and whether they are all of it."""

    head: bytes
    name: str = ""
    whole: bool = False

    @cached_property
    def text(self) -> bytes:
        """The head from its first byte that is neither a byte order mark nor white space."""
        return self.head.removeprefix(BOM).lstrip()

    @cached_property
    def lines(self) -> list[bytes]:
        """The first whole lines that are not blank."""
        found = self.text.split(b"\n")
        if not self.whole:
            found.pop()
        return [line for line in found if line.strip()][:LINES]

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """The lines that are JSON objects by themselves."""
        found = (decode_object(line) for line in self.lines if not nests_too_deep(line))
        return [record for record in found if isinstance(record, dict)]

    @cached_property
    def outline(self) -> dict[str, Any]:
        """The keys of the first object, in order, with their values where the head holds them.

        Empty where the file does not begin with an object, or where that object is a post.
        """
        document = JsonDocument(BytesIO(self.text))
        found: dict[str, Any] = {}
        try:
            for key in document.members():
                found[key] = None
                value = decode_value(document.value())
                found[key] = None if isinstance(value, Code) else value
        except FileRefusedError:
            pass  # the head ends somewhere
        return {} if found.keys() >= POST_KEYS else found

    @cached_property
    def is_array(self) -> bool:
        """Whether the file is one array of objects, or may become one."""
        document = JsonDocument(BytesIO(self.text))
        if document.peek() != b"[":
            return False
        objects = 0
        try:
            for _ in document.elements():
                objects += document.peek() == b"{"
                document.skip()
        except FileRefusedError:
            return objects > 0
        return not document.peek()
