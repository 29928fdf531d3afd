"""A file of messages about cases through the queue, in an order in which each finds its like."""

from collections.abc import Callable, Sequence

from ledger.records.finding import Finding
from terang.casework.case_queue import Answer, CaseQueue
from terang.casework.case_shorthand import Fields, resolved, timed, waves

NOT_SENT = "not sent"
"""The status of a message whose post and rule name no finding."""


def send_file(
    queue: CaseQueue,
    messages: Sequence[Fields],
    findings: Callable[[], Sequence[Finding]],
    *,
    trial: bool = False,
) -> list[Answer]:
    """What became of each message, those first that were sent first.

    `findings` is asked only if a message names post and rule. In a trial, times that are owed and
    not said are now; elsewhere they must be said, or a second sending would be another message.
    Raises OperatorError as the queue does.
    """
    known = findings() if any("rule" in message for message in messages) else ()
    pairs = [(message, resolved(message, known)) for message in messages]
    lost = [
        Answer(
            str(message.get("id", "")), str(message.get("type", "")), NOT_SENT, "unknown", "rule"
        )
        for message, sent in pairs
        if sent is None
    ]
    answers = list(lost)
    for wave in waves([sent for _, sent in pairs if sent is not None]):
        answers += queue.send(timed(one, queue.clock) if trial else one for one in wave)
    return answers


def told(answers: Sequence[Answer]) -> list[str]:
    """Lines for people: each message that was not simply taken, and how many were."""
    taken = sum(answer.status == "taken" for answer in answers)
    others = [str(answer) for answer in answers if answer.status != "taken"]
    return [*others, f"{taken} of {len(answers)} messages about cases taken"]
