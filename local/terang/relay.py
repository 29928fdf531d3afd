"""Posts of a stream into a stack: batches, the cursor, back-off and the lag.

`relay_sources` reads the streams. The cursor moves only when a batch is acknowledged: what was not
is read again, and nothing but the cursor is kept on disk. Before a batch is sent, the cursor's file
names the place where it ends. A relay that was killed reads up to there and sends the same bytes
again, which a stack recognises. Where places are words, which have no order, each post is a body
of its own instead. A deletion becomes a case message `deleted`.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from ledger.codes import OperatorError
from ledger.findings import digest
from terang import InputError
from terang.emulator import StackError
from terang.remote import MessageQueue, what_to_do
from terang.terminal import print_warning, screen

BODY_BYTES = 100_000
LONGEST_BYTES = 1_000_000  # of a line: the door and SQS take no longer body
QUIET_SECONDS, PATIENCE_SECONDS, LONGEST_WAIT_SECONDS, REPORT_SECONDS = 1, 5, 60, 60
REMEMBERED = 20_000


class Seen(NamedTuple):
    """What a source read: a post as a line, the id of a deleted post, or nothing to send.

    `place` is where the stream continues after it, and reads the same again from there. `at` is
    when it happened, in seconds since 1970. `left_out` is why a post is not passed on. With nothing
    but its place it says that the stream is silent.
    """

    place: int | str
    at: float = 0
    line: bytes = b""
    deleted: str = ""
    left_out: str = ""


class Source(Protocol):
    """A stream of posts. `ends` says that there is nothing after its end."""

    name: str
    ends: bool

    def start(self) -> int | str:
        """Return the place of now: a first start reads nothing older."""

    def read(self, place: Any) -> Iterator[Seen]:
        """Yield what comes after a place. Raises OSError when the stream breaks off."""


class Cursor(msgspec.Struct, frozen=True):
    """How far a source was acknowledged, and where the batch ends that was sent next."""

    source: str
    place: int | str
    until: int | None = None

    def write(self, path: Path | None) -> None:
        """Replace the file, so that a crash leaves the old one or the new one."""
        if path is not None:
            new = path.with_name(f"{path.name}.new")
            with new.open("wb") as file:
                file.write(msgspec.json.encode(self))
                os.fsync(file.fileno())
            new.replace(path)

    @classmethod
    def read(cls, path: Path | None, source: Source) -> "Cursor":
        """Return the stored cursor, or that of now. Raises InputError for one of another source."""
        if path is None or not path.exists():
            return cls(source.name, source.start())
        try:
            cursor = msgspec.json.decode(path.read_bytes(), type=cls)
        except msgspec.MsgspecError as error:
            raise InputError(f"{path}: not a cursor of terang relay: {error}") from None
        if cursor.source != source.name:
            raise InputError(f"{path} is the cursor of {cursor.source}; name another file")
        return cursor


@dataclass(slots=True)
class Batch:
    """What is acknowledged together: posts and deletions up to a place."""

    place: int | str
    at: float = 0
    lines: dict[str, list[bytes]] = field(default_factory=lambda: {"posts": [], "cases": []})
    size: int = 0
    began: float = 0

    def add(self, seen: Seen) -> None:
        """Add what was read."""
        self.began = self.began or time.monotonic()
        self.place, self.at = seen.place, seen.at or self.at
        if seen.line:
            self.lines["posts"].append(seen.line)
        elif seen.deleted:
            name = digest("deleted", str(seen.at), seen.deleted)[:32]
            message = {"type": "deleted", "id": f"deleted-{name}", "post": seen.deleted}
            self.lines["cases"].append(msgspec.json.encode(message))
        self.size += len(seen.line)

    def is_due(self, seen: Seen, until: int | None) -> bool:
        """Return whether it is sent before `seen`. What has one place stays together."""
        age = time.monotonic() - self.began if self.began else 0
        if until is not None and isinstance(seen.place, int):
            return seen.place > until
        if seen.place == self.place and self.size < LONGEST_BYTES:
            return age > QUIET_SECONDS and seen == Seen(self.place)
        return self.size + len(seen.line) > BODY_BYTES or age > PATIENCE_SECONDS


type Send = Callable[[str, list[bytes]], int]
"""Sends bodies to `posts` or `cases`; returns how many posts were refused. OSError: once more."""


def relay(source: Source, send: Send, path: Path | None) -> Counter[str]:
    """Pass a stream on until it ends. Return the counts of what became of it.

    Raises OperatorError for what waiting does not mend.
    """
    cursor = Cursor.read(path, source)
    cursor.write(path)
    batch, until, told = Batch(cursor.place), cursor.until, time.monotonic()
    counts, recent = Counter[str](), dict[int, None]()
    for seen in _read(source, cursor.place):
        if batch.is_due(seen, until):
            cursor = _hand_on(batch, cursor, send, path, counts)
            batch, until = Batch(batch.place, batch.at), None
            if time.monotonic() - told > REPORT_SECONDS:
                _report(source.name, counts, batch.at)
                told = time.monotonic()
        left_out = "repeated" if seen.line and hash(seen.line) in recent else seen.left_out
        recent[hash(seen.line)] = None
        if len(recent) > REMEMBERED:
            del recent[next(iter(recent))]
        counts[left_out] += bool(left_out)
        batch.add(Seen(seen.place, seen.at) if left_out else seen)
    _hand_on(batch, cursor, send, path, counts)
    _report(source.name, counts, batch.at)
    return counts


def _hand_on(
    batch: Batch, cursor: Cursor, send: Send, path: Path | None, counts: Counter[str]
) -> Cursor:
    """Send a batch until it is taken, and move the cursor behind it."""
    limit = BODY_BYTES if isinstance(batch.place, int) else 0
    for kind, lines in batch.lines.items():
        if lines:
            if limit:
                msgspec.structs.replace(cursor, until=batch.place).write(path)
            bodies, tries = [*bodies_of(lines, limit)], 0
            while True:
                try:
                    counts["refused"] += send(kind, bodies)
                    break
                except OSError as error:
                    tries = _wait(tries, error)
            counts[kind] += len(lines)
    after = Cursor(cursor.source, batch.place)
    after.write(path)
    return after


def _report(name: str, counts: Counter[str], at: float) -> None:
    said = ", ".join(f"{word} {count:,}" for word, count in counts.items() if count)
    lag = f"; lag {max(0, time.time() - at):,.1f} s" if at else ""
    screen.print(f"{name}: {said or 'nothing yet'}{lag}")


def _read(source: Source, place: int | str) -> Iterator[Seen]:
    """Yield what a source reads. When it breaks off, go on where it was."""
    tries = 0
    while True:
        try:
            for seen in source.read(place):
                place, tries = seen.place, 0
                yield seen
            why = "the stream ended"
        except OSError as error:
            why = str(error)
        if source.ends:
            return
        yield Seen(place)
        tries = _wait(tries, why)


def _wait(tries: int, why: object) -> int:
    """Wait longer after each try, by chance, up to a minute. Return the number of tries."""
    seconds = random.uniform(0.5, 1) * min(2**tries, LONGEST_WAIT_SECONDS)  # noqa: S311 - no secret
    print_warning(f"{why}; again in {seconds:.1f} s")
    time.sleep(seconds)
    return tries + 1


def bodies_of(lines: Iterable[bytes], limit: int) -> Iterator[bytes]:
    r"""Yield lines together, in bodies of at most `limit` bytes or of one line.

    >>> list(bodies_of([b"a", b"b", b"c"], 3))
    [b'a\nb', b'c']
    """
    body = b""
    for line in lines:
        if body and len(body) + len(line) >= limit:
            yield body
            body = b""
        body += b"\n" + line if body else line
    if body:
        yield body


def to_stdout(_kind: str, bodies: list[bytes]) -> int:
    """Print posts and messages."""
    sys.stdout.buffer.write(b"".join(body + b"\n" for body in bodies))
    sys.stdout.buffer.flush()
    return 0


def to_queues(connect: Callable[[], Any], urls: dict[str, str], provider: str) -> Send:
    """Return what sends to the queues. After an error it connects again: credentials end."""
    sqs: Any = None

    def send(kind: str, bodies: list[bytes]) -> int:
        nonlocal sqs
        try:
            sqs = sqs or connect()
            MessageQueue(sqs, urls[kind]).send(provider, map(bytes.decode, bodies))
        except (BotoCoreError, ClientError, StackError) as error:
            sqs = None
            raise OSError(what_to_do(error) or str(error)) from error
        return 0

    return send


def to_door(address: str, secret: str) -> Send:
    """Return what sends to `/v1/posts` and `/v1/cases` of a stack, with a bearer secret."""
    busy = {408, 425, 429, 500, 502, 503, 504}  # it waits as long as Retry-After says
    again = urllib3.Retry(
        6, allowed_methods=None, status_forcelist=busy, backoff_factor=1, backoff_jitter=1
    )
    pool = urllib3.PoolManager(retries=again, timeout=LONGEST_WAIT_SECONDS)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/jsonl"}

    def send(kind: str, bodies: list[bytes]) -> int:
        refused = 0
        for body in bodies:
            url = f"{address.rstrip('/')}/v1/{kind}"
            try:  # a redirect would carry the secret elsewhere
                answer = pool.request("POST", url, body=body, headers=headers, redirect=False)
            except urllib3.exceptions.HTTPError as error:
                raise OSError(f"{url} does not take it: {error}") from error
            if answer.status not in {202, 422}:
                said = answer.data.decode("utf-8", "replace")[:500]
                raise OperatorError(f"{url} answers {answer.status}: {said}")
            refused += answer.json()["refused_records"]
        return refused

    return send
