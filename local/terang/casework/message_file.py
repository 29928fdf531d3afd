"""Reads files of messages about cases whole, and writes them line by line."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ledger.cases.messages import BaseCaseMessage
from ledger.errors import OperatorError

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are not JSON of the wanted form."""


def read_messages(path: Path, *, may_be_pipe: bool = False) -> list[dict[str, Any]]:
    """Return the messages of a file: one object, an array of objects, or one object a line.

    `decide` checks their fields. Raises OperatorError for a file that cannot be read as JSON
    objects.
    """
    data = read_file(path, may_be_pipe=may_be_pipe)
    try:
        whole = msgspec.json.decode(data, type=dict[str, Any] | list[dict[str, Any]])
    except UNREADABLE:
        return decode_lines(data, dict[str, Any], str(path), "not a JSON object")
    return whole if isinstance(whole, list) else [whole]


def read_file(path: Path, *, may_be_pipe: bool = False) -> bytes:
    """Return the bytes of a file. Raises OperatorError for one that cannot be read.

    A file that a user names may be a pipe (`<(…)` of a shell). One that is found in a folder, or
    is written to afterwards, may not: reading would wait forever if nobody writes into it.
    """
    try:
        if path.exists() and not (path.is_file() or may_be_pipe):
            raise OperatorError(f"cannot read {path}: not a file")
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from None


def decode_lines[T](data: bytes, kind: type[T], name: str, problem: str = "") -> list[T]:
    """Decode each line that is not blank.

    Raises OperatorError with the name and line of the first that cannot be decoded.
    """
    decoder, values = msgspec.json.Decoder(kind), []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                values.append(decoder.decode(line))
            except UNREADABLE as error:
                raise OperatorError(f"{name}:{number}: {problem or error}") from None
    return values


def decided_in(messages: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the findings that these messages decide; skipped ones are not decided."""
    named = [
        message.get("findings")
        for message in messages
        if message.get("type") == "decision" and message.get("verdict") != "skipped"
    ]
    lists = [value for value in named if isinstance(value, list)]
    return {finding for value in lists for finding in value if isinstance(finding, str)}


@dataclass(slots=True)
class MessageFile:
    """Appends messages to a file, and flushes each to the disk at once.

    The file's earlier content stays. Only one writer may write at a time.
    """

    path: Path
    _ends: list[int] = field(default_factory=list)

    def write(self, messages: Sequence[BaseCaseMessage]) -> None:
        """Make these messages the only ones of this session in the file.

        The last messages of the call before may be missing or replaced.
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
        """Return where this session begins: after the last line of the earlier content."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        before = self.path.read_bytes() if self.path.exists() else b""
        gap = b"\n" if before and not before.endswith(b"\n") else b""
        with self.path.open("ab") as file:
            file.write(gap)
        return len(before) + len(gap)
