"""Many messages are sent to the local stack no faster than it takes them."""

from collections.abc import Callable
from typing import Any

import pytest

from terang import runner
from terang.emulator import StackError
from terang.runner import BATCH, MESSAGE_BYTES, QUEUE_LENGTH, MessageQueue


class Emulator:
    """A queue from which somebody takes a share of the messages between two looks."""

    def __init__(self, taken: int):
        self.waiting, self.taken, self.most, self.calls = 0, taken, 0, 0

    def send_message_batch(self, **sent: Any) -> dict[str, Any]:
        self.waiting += len(sent["Entries"])
        self.most = max(self.most, self.waiting)
        self.calls += 1
        return {}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.waiting)}}

    def take(self, _: float) -> None:
        self.waiting = max(0, self.waiting - self.taken)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], tuple[Emulator, Any]]:
    """Start a queue whose worker takes so many messages in each pause."""

    def started(taken: int) -> tuple[Emulator, MessageQueue]:
        emulator, seconds = Emulator(taken), iter(range(10_000))
        monkeypatch.setattr(runner.time, "sleep", emulator.take)
        monkeypatch.setattr(runner.time, "monotonic", lambda: next(seconds))
        return emulator, MessageQueue(emulator, "http://queue")

    return started


def test_messages_wait_for_space(start: Callable[[int], tuple[Emulator, Any]]) -> None:
    emulator, queue = start(100)
    for _ in range(6):
        queue.wait_for_space(lambda: None)
        queue.send("acme", ["{}"] * (QUEUE_LENGTH // 2))
    assert QUEUE_LENGTH // 2 < emulator.most <= QUEUE_LENGTH
    assert emulator.calls == 6 * QUEUE_LENGTH // 2 // BATCH


def test_a_queue_from_which_nobody_takes_is_an_error(
    start: Callable[[int], tuple[Emulator, Any]],
) -> None:
    _, queue = start(0)
    queue.send("acme", ["{}"] * QUEUE_LENGTH)
    looks: list[int] = []
    with pytest.raises(StackError, match="no progress"):
        queue.wait_for_space(lambda: looks.append(1))
    assert looks


def test_what_sqs_would_not_take_is_not_sent(start: Callable[[int], tuple[Emulator, Any]]) -> None:
    emulator, queue = start(0)
    with pytest.raises(StackError, match="drop a file"):
        queue.send("acme", ["x" * (MESSAGE_BYTES + 1)])
    queue.send("acme", ["x" * MESSAGE_BYTES, "y", "z"])
    assert (emulator.calls, emulator.waiting) == (2, 3)
