"""Small invented files of the formats that intake reads, and what comes of reading them."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from intake.arrival import choose_reader
from intake.reader import HEAD_BYTES, Budget, FileContext, FileEffort, PostItem, read_counted
from ledger.codes import Refusal

POST: dict[str, Any] = {"id": "1", "account": "u1", "text": "The market opens at nine.",
                        "audience": "public", "published_at": "2026-11-25T10:00:00Z"}  # fmt: skip

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def post(**changes: Any) -> dict[str, Any]:
    return POST | changes


def json_lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def context(*open_channels: str, budget: Budget | None = None) -> FileContext:
    return FileContext("posts", frozenset(open_channels), FileEffort(budget or Budget()))


def read(
    data: bytes, *open_channels: str, budget: Budget | None = None
) -> list[PostItem | Refusal]:
    """All that the chosen reader gives."""
    reader = choose_reader(data[:HEAD_BYTES], "posts", len(data))
    file_context = context(*open_channels, budget=budget)
    return list(read_counted(reader, io.BytesIO(data), file_context))


def items(found: Iterable[PostItem | Refusal]) -> list[PostItem]:
    return [one for one in found if isinstance(one, PostItem)]


def refusals(found: Iterable[PostItem | Refusal]) -> list[tuple[str, str]]:
    """Code and place of each refusal."""
    return [(one.code.value, one.at) for one in found if isinstance(one, Refusal)]


class Generated(io.RawIOBase):
    """Pieces made as they are read, at most `most` bytes at once; counts what it gave."""

    def __init__(self, pieces: Iterable[bytes], most: int = 1 << 20) -> None:
        super().__init__()
        self._pieces: Iterator[bytes] = iter(pieces)
        self._rest = b""
        self._most = most
        self.given = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Some bytes, or none at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        size = self._most if size < 0 else min(size, self._most)
        data, self._rest = self._rest[:size], self._rest[size:]
        self.given += len(data)
        return data
