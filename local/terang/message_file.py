"""Files of messages about cases: read whole, written line by line."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ledger.case_messages import Message
from ledger.errors import OperatorError


def read_messages(path: Path) -> list[dict[str, Any]]:
    """The messages of a file, as they stand: one object, an array of them, or a line each.

    Whether each is what it should be is for `decide` to say. Raises OperatorError for a file that
    cannot be read as JSON objects.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from None
    try:
        whole = msgspec.json.decode(data, type=dict[str, Any] | list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [_one(path, number, line) for number, line in _numbered(data)]
    return whole if isinstance(whole, list) else [whole]


def _numbered(data: bytes) -> list[tuple[int, bytes]]:
    return [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]


def _one(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise OperatorError(f"{path}:{number}: not a JSON object") from None


@dataclass(slots=True)
class MessageFile:
    """Appends to a file: each message is on the disk as soon as it is there.

    What stood in the file before stays. One writer at a time.
    """

    path: Path
    _ends: list[int] = field(default_factory=list)

    def write(self, messages: Sequence[Message]) -> None:
        """Let the file end with these messages of this sitting and no others.

        A message may be taken back from the end, and others follow in its place.
        """
        if not self._ends:
            if not messages:
                return
            self._ends = [self._begin()]
        with self.path.open("r+b") as file:
            del self._ends[len(messages) + 1 :]
            file.truncate(self._ends[-1])
            file.seek(self._ends[-1])
            for message in messages[len(self._ends) - 1 :]:
                file.write(msgspec.json.encode(message) + b"\n")
                self._ends.append(file.tell())
            file.flush()
            os.fsync(file.fileno())

    def _begin(self) -> int:
        """Where this sitting begins: behind the last line of what stood before."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        before = self.path.read_bytes() if self.path.exists() else b""
        gap = b"\n" if before and not before.endswith(b"\n") else b""
        with self.path.open("ab") as file:
            file.write(gap)
        return len(before) + len(gap)
