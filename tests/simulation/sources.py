"""The queues that functions take from, as the template maps them to the functions."""

from dataclasses import dataclass
from typing import Any

from simulation.sqs import SQS

VISIBILITY = 1_860.0
RECEIVES = 5


@dataclass(frozen=True, slots=True)
class Source:
    """A queue that a function reads. Messages that fail too often go to another queue."""

    queue: str
    function: str
    batch: int

    @property
    def url(self) -> str:
        return url_of(self.queue)

    @property
    def dead(self) -> str:
        return url_of(f"{self.queue}-dead")

    def make_queue(self, sqs: SQS) -> None:
        sqs.create_queue(f"{self.queue}-dead")
        queue = sqs.queues[sqs.create_queue(self.queue)["QueueUrl"]]
        queue.visibility, queue.dead, queue.most = VISIBILITY, self.dead, RECEIVES


UNITS, POSTS = Source("units", "scan", 1), Source("posts", "scan", 1_000)
CASES = Source("cases", "decide", 10)
CONSOLE = Source("console", "decide", 10)
SOURCES = [UNITS, POSTS, CASES, CONSOLE]
"""Queues and their functions; another function is another line here, and nothing else."""


def failed_of(answer: Any, sent: set[str]) -> set[str]:
    """What the answer of a function says failed, as AWS reads it: nothing said, nothing failed.

    A failure without a name is one of the whole batch.
    Source: AWS Lambda Developer Guide, "Reporting batch item failures".
    """
    if not answer or not answer.get("batchItemFailures"):
        return set()
    named = {failure.get("itemIdentifier") for failure in answer["batchItemFailures"]}
    return sent if named & {None, ""} else named & sent


def url_of(queue: str) -> str:
    return f"https://sqs.example/{queue}"
