"""What a file of messages may leave to us: which finding is meant, and in which order to send."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger.clock import Clock, utc
from ledger.ports import Objects
from ledger.records.finding import Finding
from terang.casework.message_file import decode_lines

type Fields = Mapping[str, Any]

REFERENCES = ("notice", "decision", "complaint", "dispute", "follows")
"""Fields that name another message."""

NAMES = ("id", "findings", "finding", *REFERENCES)
"""Fields by which messages hang together."""

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
}
"""Times that a message owes."""


def findings_in(objects: Objects, out_bucket: str, provider: str) -> list[Finding]:
    """Return the findings that the provider was told of and that are still kept, by day and unit.

    Raises OperatorError for a file that holds something else.
    """
    return [
        finding
        for key in objects.keys(out_bucket, f"out/{provider}/findings/")
        for finding in findings_of(objects.get(out_bucket, key) or b"", key)
    ]


def findings_of(data: bytes, name: str) -> list[Finding]:
    """Return the findings of a file. Raises OperatorError with the line that is none."""
    return decode_lines(data, Finding, name)


def resolved(message: Fields, findings: Iterable[Finding]) -> dict[str, Any] | None:
    """The message with the ids of the findings that its `post` and `rule` mean.

    `rule` is `pack/rule` or a list of them. A notice keeps its post, and takes the last finding.
    Nothing if there is no such finding; a message without `rule` stays as it is.
    """
    if "rule" not in message:
        return dict(message)
    rules = message["rule"] if isinstance(message["rule"], list) else [message["rule"]]
    meant = [
        one.finding
        for one in findings
        if one.post == message.get("post") and f"{one.pack}/{one.rule}" in rules
    ]
    if not meant:
        return None
    rest = {name: value for name, value in message.items() if name != "rule"}
    if message.get("type") == "notice":
        return rest | {"finding": meant[-1]}
    del rest["post"]
    return rest | {"findings": meant}


def timed(message: Fields, clock: Clock) -> dict[str, Any]:
    """The message with the moment for each time that it owes and does not say."""
    now = utc(clock.now())
    owed = [*TIMES.get(str(message.get("type")), ())]
    if message.get("measures") and message.get("type") == "decision":
        owed.append("applied_at")
    return dict.fromkeys(owed, now) | dict(message)


def waves(messages: Sequence[Fields]) -> list[list[Fields]]:
    """The messages in an order in which each finds what it refers to.

    A queue keeps no order, so one wave is sent when the last is taken. A message goes after those
    that it names, and after earlier ones that hang together with it over findings and names.

    >>> [[one["id"] for one in wave] for wave in waves(
    ...     [{"id": "o", "complaint": "c"}, {"id": "d"}, {"id": "c", "decision": "d"}])]
    [['d'], ['c'], ['o']]
    """
    depths = _depths(_behind(messages))
    ordered: dict[int, list[Fields]] = {}
    for place, message in enumerate(messages):
        ordered.setdefault(depths[place], []).append(message)
    return [ordered[one] for one in sorted(ordered)]


def _depths(behind: Sequence[set[int]]) -> dict[int, int]:
    """Return for each place the length of the longest chain of places that it is behind.

    The simple version calls itself for each place; a chain of a thousand messages is too deep for
    that. A ring is cut where it closes: decide will say so.
    """
    depths: dict[int, int] = {}
    for start in range(len(behind)):
        path = [start]
        on_path = {start}
        while path:
            place = path[-1]
            before = behind[place] - on_path
            waiting = next((one for one in before if one not in depths), None)
            if waiting is not None:
                path.append(waiting)
                on_path.add(waiting)
                continue
            depths.setdefault(place, max((1 + depths[one] for one in before), default=0))
            on_path.remove(path.pop())
    return depths


def _behind(messages: Sequence[Fields]) -> list[set[int]]:
    """For each message the places of those that should be taken before it."""
    places = {
        name: place for place, message in enumerate(messages) for name in _texts(message, "id")
    }
    threads = _threads(messages)
    earlier: dict[int, set[int]] = {}
    behind = []
    for place, message in enumerate(messages):
        named = {places[one] for one in _texts(message, *REFERENCES) if one in places}
        before = earlier.setdefault(threads[place], set())
        behind.append((named | before) - {place})
        before.add(place)
    return behind


def _threads(messages: Sequence[Fields]) -> list[int]:
    """For each message a number that it shares with those that it hangs together with."""
    members: dict[int, set[str]] = {}
    thread_of: dict[str, int] = {}
    for place, message in enumerate(messages):
        names = set(_texts(message, *NAMES))
        for joined in {thread_of[name] for name in names if name in thread_of}:
            names |= members.pop(joined)
        members[place] = names
        thread_of |= dict.fromkeys(names, place)
    return [
        next((thread_of[name] for name in _texts(message, *NAMES)), -1 - place)
        for place, message in enumerate(messages)
    ]


def _texts(message: Fields, *names: str) -> list[str]:
    """The texts in these fields, alone or in lists; whatever else they hold is no matter here."""
    values = [message.get(name) for name in names]
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one for one in flat if isinstance(one, str)]
