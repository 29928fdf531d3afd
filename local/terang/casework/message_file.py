"""Files of messages about cases: read whole, written line by line."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ledger.cases.messages import BaseCaseMessage
from ledger.errors import OperatorError

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What bytes that are no JSON of the wanted form raise where they are decoded."""


def read_messages(path: Path, *, may_be_pipe: bool = False) -> list[dict[str, Any]]:
    """Return the messages of a file: one object, an array of them, or a line each.

    Whether each is what it should be is for `decide` to say. Raises OperatorError for a file that
    cannot be read as JSON objects.
    """
    data = read_file(path, may_be_pipe=may_be_pipe)
    try:
        whole = msgspec.json.decode(data, type=dict[str, Any] | list[dict[str, Any]])
    except UNREADABLE:
        return decode_lines(data, dict[str, Any], str(path), "not a JSON object")
    return whole if isinstance(whole, list) else [whole]


def read_file(path: Path, *, may_be_pipe: bool = False) -> bytes:
    """Return the bytes of a file. Raises OperatorError for one that cannot be read.

    A file that is named in a call may be a pipe (`<(…)` of a shell); one that is found in a folder,
    or written to afterwards, may not: nobody might ever write into it.
    """
    try:
        if path.exists() and not (path.is_file() or may_be_pipe):
            raise OperatorError(f"cannot read {path}: not a file")
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from None


def decode_lines[T](data: bytes, kind: type[T], name: str, fault: str = "") -> list[T]:
    """Return each line that is not blank as one value of JSON.

    Raises OperatorError with the name and line of the first that is none.
    """
    decoder, found = msgspec.json.Decoder(kind), []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                found.append(decoder.decode(line))
            except UNREADABLE as error:
                raise OperatorError(f"{name}:{number}: {fault or error}") from None
    return found


def decided_in(messages: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the findings that these messages decide; one that was skipped is not decided."""
    named = [
        message.get("findings")
        for message in messages
        if message.get("type") == "decision" and message.get("verdict") != "skipped"
    ]
    lists = [value for value in named if isinstance(value, list)]
    return {finding for value in lists for finding in value if isinstance(finding, str)}


@dataclass(slots=True)
class MessageFile:
    """Appends to a file: each message is on the disk as soon as it is there.

    What stood in the file before stays. One writer at a time.
    """

    path: Path
    _ends: list[int] = field(default_factory=list)

    def write(self, messages: Sequence[BaseCaseMessage]) -> None:
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
