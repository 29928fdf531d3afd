"""Units are sent in tens; what the queue did not take is sent again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from ledger.objects import SqsUnitQueue
from ledger.units import RangeMessage, Source

SOURCE = Source("drop", "drop/acme/a b+\u00e9", "v1", "etag", 99)


def units(number: int) -> list[RangeMessage]:
    return [
        RangeMessage(
            "f1", "acme", place, SOURCE, place, place + 1, "set", "k1", "2026-11-25T12:00:00Z"
        )
        for place in range(number)
    ]


@dataclass(slots=True)
class Queue:
    """Refuses the ids that it is told to, call by call."""

    refusals: Iterator[set[str]]
    taken: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803
        refused = next(self.refusals, set())
        self.calls.append(len(Entries))
        for entry in Entries:
            if entry["Id"] not in refused:
                self.taken.append(
                    msgspec.json.decode(entry["MessageBody"], type=RangeMessage).number
                )
        return {"Failed": [{"Id": one} for one in sorted(refused)]} if refused else {}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("ledger.objects.time.sleep", slept.append)
    return slept


def test_units_go_in_tens() -> None:
    queue = Queue(iter(()))
    SqsUnitQueue(queue, "url").send(units(23))
    assert (queue.calls, queue.taken) == ([10, 10, 3], list(range(23)))


def test_what_the_queue_did_not_take_is_sent_again(pauses: list[float]) -> None:
    queue = Queue(iter([{"1", "7"}, {"7"}]))
    SqsUnitQueue(queue, "url").send(units(10))
    assert queue.calls == [10, 2, 1]
    assert sorted(queue.taken) == list(range(10))
    assert pauses == [0.05, 0.1]


def test_what_the_queue_never_takes_raises() -> None:
    with pytest.raises(OSError, match="did not take 1 messages"):
        SqsUnitQueue(Queue(iter([{"1"}] * 6)), "url").send(units(2))


def test_no_units_are_no_message() -> None:
    queue = Queue(iter(()))
    SqsUnitQueue(queue, "url").send([])
    assert queue.calls == []
