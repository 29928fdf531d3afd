"""The beginning of a file, as much of it as shows its format."""

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

from ledger.records.json_text import nests_too_deep
from ledger.records.refusal import Code, FileRefusedError
from ledger.streams.json_document import JsonDocument, decode_object, decode_value
from ledger.streams.lines import BOM

HEAD_BYTES = 256 * 1024

LINES = 20
"""The most lines of the head, blank ones aside, that are tried as JSON objects."""

POST_KEYS = frozenset({"account", "text"})
"""An object with these keys is itself a post, whatever other keys it has."""


@dataclass(frozen=True)
class FileHead:
    """The first HEAD_BYTES of a file and its name; `whole` if they are the entire file."""

    head: bytes
    name: str = ""
    whole: bool = False

    @cached_property
    def text(self) -> bytes:
        """The head without a leading byte order mark and white space."""
        return self.head.removeprefix(BOM).lstrip()

    @cached_property
    def lines(self) -> list[bytes]:
        """The first complete lines that are not blank."""
        lines = self.text.split(b"\n")
        if not self.whole:
            lines.pop()
        return [line for line in lines if line.strip()][:LINES]

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """Those of the lines that are JSON objects."""
        values = (decode_object(line) for line in self.lines if not nests_too_deep(line))
        return [value for value in values if isinstance(value, dict)]

    @cached_property
    def outline(self) -> dict[str, Any]:
        """The keys of the first object, in order; a value is None where the head cuts it off.

        Empty if the file does not begin with an object, or if that object is a post.
        """
        document = JsonDocument(BytesIO(self.text))
        outline: dict[str, Any] = {}
        try:
            for key in document.members():
                outline[key] = None
                value = decode_value(document.value())
                outline[key] = None if isinstance(value, Code) else value
        except FileRefusedError:
            pass  # the head ends within the object
        return {} if outline.keys() >= POST_KEYS else outline

    @cached_property
    def is_array(self) -> bool:
        """Whether the head is one array of objects, or the beginning of one."""
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
