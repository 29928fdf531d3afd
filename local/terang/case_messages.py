"""Messages about cases: reads and writes their files, completes them, and puts them in order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ledger.clock import Clock, utc
from ledger.ports import Objects
from ledger.records.finding import Finding
from terang import InputError

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are not JSON of the wanted form."""


def read_messages(path: Path, *, may_be_pipe: bool = False) -> list[dict[str, Any]]:
    """Return the messages of a file: one object, an array of objects, or one object a line.

    `decide` checks their fields. Raises InputError for a file that is not JSON objects.
    """
    data = read_file(path, may_be_pipe=may_be_pipe)
    try:
        whole = msgspec.json.decode(data, type=dict[str, Any] | list[dict[str, Any]])
    except UNREADABLE:
        return decode_lines(data, dict[str, Any], str(path), "not a JSON object")
    return whole if isinstance(whole, list) else [whole]


def read_file(path: Path, *, may_be_pipe: bool = False) -> bytes:
    """Return the bytes of a file. Raises InputError for one that cannot be read.

    Only a file that a user names may be a pipe (`<(…)` of a shell): reading a pipe waits forever if
    nobody writes into it.
    """
    try:
        if path.exists() and not (path.is_file() or may_be_pipe):
            raise InputError(f"cannot read {path}: not a file")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None


def decode_lines[T](data: bytes, kind: type[T], name: str, problem: str = "") -> list[T]:
    """Decode each line that is not blank. Raises InputError as `decoded` does."""
    return list(decoded(data.split(b"\n"), kind, name, problem))


def decoded[T](lines: Iterable[bytes], kind: type[T], name: str, problem: str = "") -> Iterator[T]:
    """Yield the value of each line that is not blank.

    Raises InputError with the name and number of the first that cannot be decoded.
    """
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except UNREADABLE as error:
                raise InputError(f"{name}:{number}: {problem or error}") from None


type Fields = Mapping[str, Any]

REFERENCES = ("notice", "decision", "complaint", "dispute", "follows")

LINKS = ("id", "findings", "finding", *REFERENCES)
"""Fields that link messages to each other."""

TIMES = {
    "decision": ("opened_at", "decided_at"),
    "second_review": ("opened_at", "decided_at"),
    "complaint": ("received_at",),
    "dispute": ("received_at",),
    "outcome": ("decided_at",),
    "notice": ("received_at",),
    "order": ("received_at",),
    "suspension": ("from_at",),
    "reinstatement": ("reinstated_at",),
    "audit": ("opened_at", "decided_at"),
    "flood_answer": ("opened_at", "decided_at"),
}
"""The times that a message of each type must have."""


def findings_in(objects: Objects, out_bucket: str, provider: str) -> list[Finding]:
    """Return the findings in the provider's part of the out bucket, by day and unit.

    Raises InputError for a file that holds something else.
    """
    return [
        finding
        for key in objects.keys(out_bucket, f"out/{provider}/findings/")
        for finding in findings_of(objects.get(out_bucket, key) or b"", key)
    ]


def findings_of(data: bytes, name: str) -> list[Finding]:
    """Return the findings of a file. Raises InputError with the line that is not a finding."""
    return decode_lines(data, Finding, name)


def resolve_findings(message: Fields, findings: Iterable[Finding]) -> dict[str, Any] | None:
    """Return the message with the ids of the findings that its `post` and `rule` mean.

    `rule` is `pack/rule` or a list of them. A notice keeps its post, and gets the last finding.
    Return None if there is no such finding. A message without `rule` stays as it is.
    """
    if "rule" not in message:
        return dict(message)
    rules = message["rule"] if isinstance(message["rule"], list) else [message["rule"]]
    meant = [
        finding.finding
        for finding in findings
        if finding.post == message.get("post") and f"{finding.pack}/{finding.rule}" in rules
    ]
    if not meant:
        return None
    rest = {name: value for name, value in message.items() if name != "rule"}
    if message.get("type") == "notice":
        return rest | {"finding": meant[-1]}
    del rest["post"]
    return rest | {"findings": meant}


def complete_times(message: Fields, clock: Clock) -> dict[str, Any]:
    """Return the message with the current time for each required time that it lacks."""
    now = utc(clock.now())
    required = [*TIMES.get(str(message.get("type")), ())]
    if message.get("measures") and message.get("type") == "decision":
        required.append("applied_at")
    return dict.fromkeys(required, now) | dict(message)


def in_waves(messages: Sequence[Fields]) -> list[list[Fields]]:
    """Return the messages in waves, so that each comes after those that it refers to.

    A queue keeps no order, so a wave is sent when the one before is answered. A message also comes
    after earlier ones that are linked to it by findings and names.

    >>> [[message["id"] for message in wave] for wave in in_waves(
    ...     [{"id": "o", "complaint": "c"}, {"id": "d"}, {"id": "c", "decision": "d"}])]
    [['d'], ['c'], ['o']]
    """
    depths = _depths(_predecessors(messages))
    waves: dict[int, list[Fields]] = {}
    for place, message in enumerate(messages):
        waves.setdefault(depths[place], []).append(message)
    return [waves[depth] for depth in sorted(waves)]


def _depths(predecessors: Sequence[set[int]]) -> dict[int, int]:
    """Return for each place the length of the longest chain of predecessors.

    A function that calls itself for each place fails on a chain of a thousand messages. A ring is
    cut where it closes: decide will refuse it.
    """
    depths: dict[int, int] = {}
    for start in range(len(predecessors)):
        path = [start]
        on_path = {start}
        while path:
            place = path[-1]
            before = predecessors[place] - on_path
            unknown = next((other for other in before if other not in depths), None)
            if unknown is not None:
                path.append(unknown)
                on_path.add(unknown)
                continue
            depths.setdefault(place, max((1 + depths[other] for other in before), default=0))
            on_path.remove(path.pop())
    return depths


def _predecessors(messages: Sequence[Fields]) -> list[set[int]]:
    """Return for each message the places of those that must be taken before it."""
    places = {
        name: place for place, message in enumerate(messages) for name in _texts(message, "id")
    }
    threads = _threads(messages)
    earlier: dict[int, set[int]] = {}
    predecessors = []
    for place, message in enumerate(messages):
        named = {places[name] for name in _texts(message, *REFERENCES) if name in places}
        before = earlier.setdefault(threads[place], set())
        predecessors.append((named | before) - {place})
        before.add(place)
    return predecessors


def _threads(messages: Sequence[Fields]) -> list[int]:
    """Return for each message a number that it shares with the messages linked to it."""
    members: dict[int, set[str]] = {}
    thread_of: dict[str, int] = {}
    for place, message in enumerate(messages):
        names = set(_texts(message, *LINKS))
        for joined in {thread_of[name] for name in names if name in thread_of}:
            names |= members.pop(joined)
        members[place] = names
        thread_of |= dict.fromkeys(names, place)
    return [
        next((thread_of[name] for name in _texts(message, *LINKS)), -1 - place)
        for place, message in enumerate(messages)
    ]


def _texts(message: Fields, *names: str) -> list[str]:
    values = [message.get(name) for name in names]
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [item for item in flat if isinstance(item, str)]
