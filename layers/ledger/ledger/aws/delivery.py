"""One delivery of SQS in plain words, and when there is too little time left to begin it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ledger.errors import OperatorError, TerangError

RESERVE_SECONDS = 20
"""Time that a delivery must have left to begin: else it is handed back, and comes again."""

ATTRIBUTES = ("provider", "first_sender", "first_sent")
"""The attributes of a message that anybody here reads."""


class TimeReserveError(OperatorError):
    """Too little time is left to begin: the delivery comes again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery: its queue, body, sender, attributes and when it was sent."""

    queue_arn: str
    body: str
    sender_id: str
    attributes: dict[str, str]
    sent_at: datetime

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Message":
        """The delivery of one record of an SQS event."""
        named = record.get("messageAttributes") or {}
        return cls(
            queue_arn=record["eventSourceARN"],
            body=record["body"],
            sender_id=record["attributes"].get("SenderId") or "",
            attributes={
                name: named[name].get("stringValue") or "" for name in ATTRIBUTES if name in named
            },
            sent_at=datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC),
        )


def keep_reserve(seconds_left: Callable[[], float]) -> None:
    """Raise TimeReserveError when too little time is left to begin something."""
    if seconds_left() < RESERVE_SECONDS:
        raise TimeReserveError("too little time is left to begin")


def code_of(error: BaseException | None) -> str:
    """The code of an error, the platform's or ours: its message could hold what was sent.

    >>> code_of(KeyError("x"))
    ''
    """
    if isinstance(error, TerangError):
        return str(getattr(error, "code", ""))
    answer = getattr(error, "response", None) or {}  # a timeout has none, under that very name
    return str(answer.get("Error", {}).get("Code", ""))


def tell_failures(
    failures: Iterable[tuple[Any, BaseException | None, Any]], log: Callable[..., None]
) -> None:
    """Log what deliveries failed of, in the form in which Powertools keeps it; nothing of theirs.

    Raises MemoryError if one did: the worker is spent, and a fresh one takes what is left.
    """
    for _, error, _ in failures:
        log("failed", extra={"error": type(error).__name__, "code": code_of(error)})
        if isinstance(error, MemoryError):
            raise error
