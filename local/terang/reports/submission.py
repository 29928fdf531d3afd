"""Sends statements of reasons to the DSA Transparency Database, and continues after a stop.

Source: the API of the database, schema of 2025-07-01. It answers 201 when it took a whole batch,
else 422, and took nothing; then `errors` has `statement_<n>` or `existing_puids`.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any

import msgspec
import urllib3

from dsa.statement.schema import BATCH, schema_problems
from ledger.errors import OperatorError
from terang.case_messages import decode_lines, read_file
from terang.reports.statement_files import statements_in

TRIES = 6
"""Tries of a request that was throttled (429) or not answered; each waits twice as long."""

_LONGEST_PAUSE_SECONDS = 120.0
_TIMEOUT = urllib3.Timeout(connect=10, read=60)


class ApiError(OperatorError):
    """The database cannot be used now: wrong token or address, or it is down."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The database's answer to a batch.

    `taken` are its records by puid. If it is empty, nothing was taken: `existing` are puids that it
    has, `refused` names wrong fields by place in the batch (from 0).
    """

    taken: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    existing: frozenset[str] = frozenset()
    refused: Mapping[int, Mapping[str, Sequence[str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SorApi:
    """Sends batches to one address; tries again after 429 and network errors."""

    address: str
    token: str = field(repr=False)
    pause: Callable[[float], None] = time.sleep
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=_TIMEOUT)
    )

    def send(self, batch: Sequence[Mapping[str, Any]]) -> BatchResult:
        """Send 1 to 100 statements, as long as it takes.

        A try whose answer was lost is safe to repeat: the database knows the puids that it has.

        Raises ApiError if another try makes no sense, or after TRIES of them.
        """
        body = msgspec.json.encode({"statements": batch})
        for attempt in range(TRIES):
            try:
                response = self._post(body)
            except urllib3.exceptions.HTTPError as error:
                problem, wait = type(error).__name__, None
            else:
                if response.status in (201, 422):
                    return _answer(batch, response.status, response.data)
                problem, wait = f"HTTP {response.status}", response.headers.get("Retry-After")
                if response.status != 429 and response.status < 500:
                    raise ApiError(f"{self.address} answered {problem}: {_why(response.status)}")
            if attempt + 1 < TRIES:
                self.pause(_seconds(wait, attempt))
        raise ApiError(f"{self.address} took nothing in {TRIES} tries; the last: {problem}")

    def _post(self, body: bytes) -> urllib3.BaseHTTPResponse:
        return self.pool.request(
            "POST",
            f"{self.address.rstrip('/')}/api/v1/statements",
            body=body,
            redirect=False,  # a redirect would carry the token elsewhere
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/json",
                "Content-Type": "application/json",
            },
        )


def _answer(batch: Sequence[Mapping[str, Any]], status: int, data: bytes) -> BatchResult:
    try:
        body = msgspec.json.decode(data, type=dict[str, Any])
        if status == 201:
            return BatchResult(taken={str(record["puid"]): record for record in body["statements"]})
        errors = dict(body.get("errors") or {})
        existing = frozenset(map(str, errors.pop("existing_puids", ())))
        if "existing" in body:
            existing |= {str(body["existing"]["puid"])}
            errors.pop("puid", None)
        refused = {int(key.removeprefix("statement_")): value for key, value in errors.items()}
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise ApiError(f"HTTP {status} with a body that is not from this API") from error
    puids = {str(statement["puid"]) for statement in batch}
    if not (refused or existing & puids) or not all(0 <= n < len(batch) for n in refused):
        raise ApiError(f"HTTP {status} that does not name a statement of the batch")
    return BatchResult(existing=existing, refused=refused)


def _why(status: int) -> str:
    reasons = {401: "it does not know the token", 403: "the token may not send statements"}
    return reasons.get(status, "is this the address of the API?")


def _seconds(wait: str | None, attempt: int) -> float:
    """Return how long to wait: as the database asked, else doubling with jitter."""
    if wait and wait.isdigit():
        return min(float(wait), _LONGEST_PAUSE_SECONDS)
    longest = min(2.0**attempt, _LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter needs no secrecy


type Statement = dict[str, Any]

KEPT = ("puid", "uuid", "created_at", "permalink")
"""Fields of the database's answer that the file of sent statements keeps."""


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
        """Read the earlier records. A last line that a crash cut off is dropped.

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
    """Sends the statements not sent before; `report` prints a line for each refused one."""

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
