"""A queue of the local stack: messages are sent as fast as they are taken."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from terang.emulator.stack import StackError

STALL_SECONDS = 180
"""How long a run waits without any progress before it gives up."""

POLL_SECONDS = 0.25
"""The shortest pause between two looks at a queue or a run."""

QUEUE_LENGTH = 1_000
"""Messages that wait at once: for each delivery, the emulator looks at all that wait."""

BATCH = 10
"""The messages that SQS takes at once."""

MESSAGE_BYTES = 1024 * 1024
"""The largest message that SQS accepts, and the most bytes that it takes at once."""


@dataclass(frozen=True, slots=True)
class MessageQueue:
    """A queue, by its address."""

    sqs: Any
    url: str

    def send(self, provider: str, bodies: Iterable[str]) -> None:
        """Send messages in a provider's name. Raises StackError if SQS would not accept one."""
        attributes = {"provider": {"DataType": "String", "StringValue": provider}}
        for batch in _batches(bodies):
            answer = self.sqs.send_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(at), "MessageBody": body, "MessageAttributes": attributes}
                    for at, body in enumerate(batch)
                ],
            )
            if failed := answer.get("Failed"):
                raise StackError(f"SQS refused {len(failed)} messages: {failed[0]['Code']}")

    def wait_for_space(self, check: Callable[[], None]) -> None:
        """Wait until the queue is half empty, and call `check` meanwhile.

        Raises StackError if nothing is taken for STALL_SECONDS.
        """
        last, moved = None, time.monotonic()
        while (waiting := self.waiting()) > QUEUE_LENGTH // 2:
            if waiting != last:
                last, moved = waiting, time.monotonic()
            elif time.monotonic() - moved > STALL_SECONDS:
                raise StackError(f"there was no progress for {STALL_SECONDS} s")
            check()
            time.sleep(POLL_SECONDS)

    def waiting(self) -> int:
        """Return how many messages wait."""
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    """Yield bodies in batches that SQS accepts. Raises StackError for one that it would not."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if length > MESSAGE_BYTES:
            raise StackError(f"a message is larger than {MESSAGE_BYTES} bytes: drop a file")
        if len(batch) == BATCH or size + length > MESSAGE_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
