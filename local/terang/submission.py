"""Sends statements of reasons to the DSA Transparency Database, and writes a yearly report.

Sending continues after a stop. Source: the API of the database, schema of 2025-07-01. It answers
201 when it took a whole batch, else 422, and took nothing; then `errors` has `statement_<n>` or
`existing_puids`.

For a report, a provider describes itself in a YAML file, a stack holds the entries, and a report
written over an earlier one is a correction of it.
"""

import csv
import io
import os
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import batched, zip_longest
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import urllib3
import yaml
from rich.progress import track
from yaml.constructor import ConstructorError

from dsa.indicators import About
from dsa.report import LEDGER, Period
from dsa.report_entries import NOT_DESCRIBED, Entries, file_name
from dsa.report_proof import WrittenReport, prove
from dsa.statement import BATCH
from dsa.statement_checks import schema_problems
from ledger.cases import JournalEntry
from ledger.codes import OperatorError
from ledger.store import DynamoStore
from terang.case_queue import decode_lines, read_file
from terang.report_lint import report_problems
from terang.statement_files import statements_in
from terang.terminal import parse_day, screen

TRIES = 6
"""Tries of a request that was throttled (429) or not answered; each waits twice as long."""

WHY_REFUSED = {401: "it does not know the token", 403: "the token may not send statements"}

_LONGEST_PAUSE_SECONDS = 120.0
_TIMEOUT = urllib3.Timeout(connect=10, read=60)


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

        Raises OperatorError if another try makes no sense, such as one with the same wrong token,
        or after TRIES of them.
        """
        body = msgspec.json.encode({"statements": batch})
        headers = dict.fromkeys(("Accept", "Content-Type"), "application/json")
        headers["Authorization"] = f"Bearer {self.token}"
        for attempt in range(TRIES):
            try:
                response = self.pool.request(
                    "POST",
                    f"{self.address.rstrip('/')}/api/v1/statements",
                    body=body,
                    redirect=False,  # a redirect would carry the token elsewhere
                    headers=headers,
                )
            except urllib3.exceptions.HTTPError as error:
                problem, wait = type(error).__name__, None
            else:
                if response.status in (201, 422):
                    return _answer(batch, response.status, response.data)
                problem, wait = f"HTTP {response.status}", response.headers.get("Retry-After")
                if response.status != 429 and response.status < 500:
                    why = WHY_REFUSED.get(response.status, "is this the address of the API?")
                    raise OperatorError(f"{self.address} answered {problem}: {why}")
            if attempt + 1 < TRIES:
                self.pause(_seconds(wait, attempt))
        raise OperatorError(f"{self.address} took nothing in {TRIES} tries; the last: {problem}")


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
        raise OperatorError(f"HTTP {status} with a body that is not from this API") from error
    puids = {str(statement["puid"]) for statement in batch}
    if not (refused or existing & puids) or not all(0 <= n < len(batch) for n in refused):
        raise OperatorError(f"HTTP {status} that does not name a statement of the batch")
    return BatchResult(existing=existing, refused=refused)


def _seconds(wait: str | None, attempt: int) -> float:
    """Return how long to wait: as the database asked, else doubling with jitter."""
    if wait and wait.isdigit():
        return min(float(wait), _LONGEST_PAUSE_SECONDS)
    longest = min(2.0**attempt, _LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter needs no secrecy


type Statement = dict[str, Any]


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
                kept = ("puid", "uuid", "created_at", "permalink")
                self.sent.add(
                    [{key: row.get(key) for key in kept} for row in answer.taken.values()]
                )
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


CORRECTIONS, DRAFT = "corrections.csv", "not-ready.txt"


class AboutError(ValueError):
    """An about file cannot be used; the message has the line, the reason and the allowed values."""


def read_about(path: Path) -> About:
    """Read what a provider says about itself. Raises AboutError with the file's name and line."""
    try:
        top = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        return About() if top is None else _struct(About, top)
    except OSError as error:
        raise AboutError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AboutError(f"{path}: not text in UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AboutError(f"{path}:{line}: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        raise AboutError(f"{path}: a character not allowed in YAML: {error.reason}") from error
    except RecursionError as error:
        raise AboutError(f"{path}: nested too deep, or inside itself") from error


def _struct[S: msgspec.Struct](kind: type[S], node: yaml.Node) -> S:
    """Convert a mapping to a struct. Raises ConstructorError with the place of the problem."""
    if not isinstance(node, yaml.MappingNode):
        raise _error_at(node, f"must be fields such as {', '.join(kind.__struct_fields__[:3])}")
    types = get_type_hints(kind, include_extras=True)
    fields: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        if name not in types:
            raise _error_at(key, f"there is no {name!r}; allowed: {', '.join(types)}")
        if name in fields:
            raise _error_at(key, f"{name!r} is there twice")
        fields[name] = _value(types[name], value, name)
    return kind(**fields)


def _value(kind: Any, node: yaml.Node, name: str) -> Any:
    bare = getattr(kind, "__origin__", kind)  # without Annotated
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return _struct(bare, node)
    try:
        return msgspec.convert(yaml.SafeLoader("").construct_object(node, deep=True), kind)
    except (ValueError, msgspec.ValidationError) as error:  # YAML parses days itself
        raise _error_at(node, f"{name}: {error}") from error


def _error_at(node: yaml.Node, problem: str) -> ConstructorError:
    return ConstructorError(problem=problem, problem_mark=node.start_mark)


def read_ledger(
    store: DynamoStore, provider: str, period: Period
) -> tuple[Entries, dict[str, int]]:
    """Return all entries of a provider and period, and how many posts were inspected by month."""

    def read(day: str) -> tuple[list[JournalEntry], int]:
        receipts = store.receipts(provider, day)
        return store.journal_entries(provider, day), sum(receipt.inspected for receipt in receipts)

    count = (period.last - period.first).days + 1
    days = [(period.first + timedelta(days=number)).isoformat() for number in range(count)]
    entries: list[JournalEntry] = []
    inspected = Counter[str]()
    with ThreadPoolExecutor(8) as pool:  # a day takes sixteen short queries
        results = track(pool.map(read, days), "reading days", count, console=screen)
        for day, (of_day, posts) in zip(days, results, strict=True):
            entries += of_day
            inspected[day[:7]] += posts
    return Entries.of(entries), dict(+inspected)


def write_report(folder: Path, files: Mapping[str, bytes], about: About) -> int:
    """Write a report. Return the number of cells that differ from an earlier version.

    The earlier version moves to `r<number>` in the same folder. `corrections.csv` names each
    changed cell with its former value, the day and the reason. A version with a file `DRAFT` was
    never published: it is replaced, and the one before it is the earlier one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    changes: list[list[str]] = []
    is_draft = (folder / DRAFT).is_file()
    number = len(list(folder.glob("r[0-9]*"))) + (not is_draft)
    kept = folder / f"r{number}"
    before = kept if is_draft else folder
    earlier = {name: (before / name).read_bytes() for name in files if (before / name).is_file()}
    if is_draft:
        (folder / CORRECTIONS).unlink(missing_ok=True)
    if earlier and any(earlier.get(name) != data for name, data in files.items() if name != LEDGER):
        changes = list(_changes(earlier, files, number + 1, about))
        kept.mkdir(exist_ok=is_draft)
        for name in () if is_draft else (*earlier, CORRECTIONS):
            if (folder / name).is_file():
                shutil.move(folder / name, kept / name)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    if changes:
        header = ["Version", "File", "Row", "Column", "Before", "Now", "Date", "Reason and method"]
        text = io.StringIO(newline="")
        csv.writer(text).writerows([header, *changes])
        (folder / CORRECTIONS).write_text(text.getvalue(), encoding="utf-8", newline="")
    return len(changes)


def read_period(text: str) -> Period:
    """Return the period. Raises ValueError if it is neither a year nor two days."""
    first, _, last = text.partition("/")
    if re.fullmatch(r"20\d\d", text):
        return Period.year(int(text))
    try:
        period = Period(parse_day(first), parse_day(last))
    except ValueError:
        period = None
    if period is None or period.first > period.last:
        raise ValueError(f"--period {text!r}: write a year, or FIRST/LAST as YYYY-MM-DD")
    return period


FORM = Path(__file__).with_name("report_form.yaml")
"""The form of the provider's own words; nothing in it is filled in."""


def not_ready(folder: Path, about: About, period: Period, today: date) -> Iterator[str]:
    """Yield what stands against publishing a report, and what a person still owes."""
    if today <= period.last:
        yield f"the period is not over: it ends on {period.last}"
    said = msgspec.structs.asdict(about)
    yield from (f"{name}: write it in the form" for name in ("name", "service") if not said[name])
    texts = msgspec.structs.asdict(about.qualitative).items()
    for name in (name for name, text in texts if not text.strip()):
        yield f"qualitative.{name}: write it in the form; the report has a text of Terang's"
    if about.published is None or about.published <= period.last:
        yield "published: write the day in the form; it is after the end of the period"
    if (folder / CORRECTIONS).is_file() and not about.correction:
        yield "correction: an earlier version differs; write why, and by which method"
    for part in () if about.other else range(3, 7):
        if NOT_DESCRIBED in (folder / file_name(part)).read_text("utf-8"):
            yield f'other: {file_name(part)} counts an "Other" that nobody described; say what'
    for each in report_problems(folder):
        yield f"{file_name(each.part)}: row {each.row}: {each.code}: {each.message}"
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    yield from prove(WrittenReport.read(files)).differences


def _changes(
    earlier: Mapping[str, bytes], files: Mapping[str, bytes], version: int, about: About
) -> Iterator[list[str]]:
    published = about.published.isoformat() if about.published else ""
    for name, data in files.items():
        if not name.endswith(".csv") or name not in earlier:
            continue
        old, new = (
            list(csv.reader(io.StringIO(text.decode(), newline="")))
            for text in (earlier[name], data)
        )
        titles = new[0]
        for row, (was, cells) in enumerate(zip_longest(old, new, fillvalue=list[str]())):
            befores, nows = ([*some, *[""] * len(titles)] for some in (was, cells))
            for title, before, now in zip(titles, befores, nows, strict=False):
                if before != now:
                    reason = about.correction
                    yield [str(version), name, str(row), title, before, now, published, reason]
