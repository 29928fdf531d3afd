"""One delivery of SQS: a range of a file, or a message of a sender who must be believed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ledger.closing import Closing
from ledger.errors import OperatorError
from ledger.manifest import Unit
from ledger.ports import Clock
from senders import Senders
from unit_work import Outcome, Scanner

RESERVE_SECONDS = 20
"""Time that a delivery must have left to begin: else it is handed back, and comes again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery in plain words: its queue, body, sender, attributes and when it was sent."""

    queue_arn: str
    body: str
    sender_id: str
    attributes: dict[str, str]
    sent_at: datetime


class TimeReserveError(OperatorError):
    """Too little time is left to begin: the delivery comes again."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Takes deliveries one by one."""

    scanner: Scanner
    closing: Closing
    senders: Senders
    clock: Clock
    posts_queue_arn: str
    trial_day: bool

    def take(self, message: Message, seconds_left: Callable[[], float]) -> Outcome | None:
        """Scan what was delivered; nothing for a sender who is not believed.

        Raises TimeReserveError when too little time is left, and whatever the platform raises:
        the delivery then comes again.
        """
        if seconds_left() < RESERVE_SECONDS:
            raise TimeReserveError("too little time is left to begin")
        if message.queue_arn != self.posts_queue_arn:
            unit = msgspec.json.decode(message.body, type=Unit)
            outcome = self.scanner.scan_range(unit)
            self.closing.close(unit.file)
            return outcome
        provider = self.senders.believed(message.sender_id, message.attributes)
        if provider is None:
            return None
        sent_at = self.clock.now() if self.trial_day else message.sent_at
        return self.scanner.scan_message(provider, message.body, sent_at)
