"""The queue of units on SQS."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import batched
from typing import Any

import msgspec

from ledger.records.manifest import Unit

_BATCH = 10  # SQS: entries of one SendMessageBatch
_TRIES = 6


@dataclass(frozen=True, slots=True)
class SqsUnitQueue:
    """The port `UnitQueue` on an SQS client."""

    client: Any
    url: str

    def send(self, units: Iterable[Unit]) -> None:
        """Send all. SendMessageBatch answers 200 with a list of what it did not take."""
        for batch in batched(units, _BATCH):
            entries = [
                {"Id": str(place), "MessageBody": msgspec.json.encode(unit).decode()}
                for place, unit in enumerate(batch)
            ]
            for attempt in range(_TRIES):
                answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
                failed = {failure["Id"] for failure in answer.get("Failed", ())}
                entries = [entry for entry in entries if entry["Id"] in failed]
                if not entries:
                    break
                time.sleep(0.05 * 2**attempt)
            else:
                raise OSError(f"the queue of units did not take {len(entries)} messages")
