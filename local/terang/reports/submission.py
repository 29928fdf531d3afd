"""Sends statements of reasons to the DSA Transparency Database, and continues after a stop."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any

import msgspec

from dsa.statement.schema import BATCH, schema_problems
from ledger.errors import OperatorError
from terang.casework.message_file import decode_lines, read_file
from terang.reports.statement_files import statements_in
from terang.reports.transparency_database import SorApi

type Statement = dict[str, Any]

KEPT = ("puid", "uuid", "created_at", "permalink")
"""What the file of sent statements keeps of the database's answer."""


class _SentLine(msgspec.Struct):
    """A line of the file of sent statements, as far as it is read again."""

    puid: str


@dataclass(slots=True)
class SentFile:
    """The file of the statements that the database has: a line for each, never changed."""

    path: Path
    puids: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> "SentFile":
        """Read what was sent before. A last line that a crash cut off is dropped.

        Raises OperatorError if the file holds anything else; it is left as it is.
        """
        sent = cls(path)
        if path.exists():
            data = read_file(path)
            whole = data[: data.rfind(b"\n") + 1]
            sent.puids = {row.puid for row in decode_lines(whole, _SentLine, str(path))}
            if whole != data:
                path.write_bytes(whole)
        return sent

    def add(self, rows: Sequence[Statement]) -> None:
        """Append statements, and return only when they are on disk."""
        with self.path.open("ab") as file:
            file.write(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
            file.flush()
            os.fsync(file.fileno())
        self.puids |= {row["puid"] for row in rows}


@dataclass(slots=True)
class Submission:
    """Sends what was not sent before; `report` prints a line about a statement that is refused."""

    api: SorApi
    sent: SentFile
    report: Callable[[str], None]
    refused: int = 0

    def send(self, files: Sequence[Path]) -> Iterator[None]:
        """Send batch after batch; yield after each. Raises OperatorError if it cannot go on."""
        for batch in batched(self._unsent(files), BATCH):
            valid = [statement for statement in batch if self._is_valid(statement)]
            self.refused += len(batch) - len(valid)
            self._send_batch(valid)
            yield

    def _send_batch(self, batch: list[Statement]) -> None:
        """Send a batch until the database has everything that it accepts.

        It accepts a batch whole or not at all, so refused and known statements are taken out.
        """
        while batch:
            answer = self.api.send(batch)
            if answer.taken:
                rows = [{key: row.get(key) for key in KEPT} for row in answer.taken.values()]
                self.sent.add(rows)
                return
            known = [statement for statement in batch if statement["puid"] in answer.existing]
            self.sent.add([{"puid": statement["puid"], "uuid": None} for statement in known])
            for place, errors in answer.refused.items():
                for name, messages in errors.items():
                    self.report(f"{batch[place]['puid']}: {name}: refused: {'; '.join(messages)}")
            self.refused += len(answer.refused)
            batch = [
                statement
                for place, statement in enumerate(batch)
                if place not in answer.refused and statement["puid"] not in answer.existing
            ]

    def _is_valid(self, statement: Statement) -> bool:
        """Report the problems for which the database would refuse a statement."""
        problems = list(schema_problems(statement))
        for problem in problems:
            puid = statement.get("puid")
            self.report(f"{puid}: {problem.field}: {problem.code}: {problem.message}")
        return not problems

    def _unsent(self, files: Sequence[Path]) -> Iterator[Statement]:
        seen: set[str] = set()
        for path in files:
            for item in statements_in(path, lambda _: None):
                if item.problem and not item.statement:
                    raise OperatorError(f"{path}: item {item.number}: {item.problem.message}")
                puid = str(item.statement.get("puid"))
                if puid not in self.sent.puids and puid not in seen:
                    seen.add(puid)
                    yield item.statement
