"""One delivery of SQS: a range of a file, or a message of a sender who must be believed."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ledger.aws.queue import Delivery, Senders, require_reserve
from ledger.clock import Clock
from ledger.closing import Closing
from ledger.records.manifest import Unit
from scan.unit_work import Outcome, Scanner


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Takes deliveries one by one."""

    scanner: Scanner
    closing: Closing
    senders: Senders
    clock: Clock
    posts_queue_arn: str
    trial_day: bool

    def take(self, message: Delivery, seconds_left: Callable[[], float]) -> Outcome | None:
        """Scan what was delivered; nothing for a sender who is not believed.

        Raises TimeReserveError when too little time is left, and whatever the platform raises:
        the delivery then comes again.
        """
        require_reserve(seconds_left)
        if message.queue_arn != self.posts_queue_arn:
            unit = msgspec.json.decode(message.body, type=Unit)
            outcome = self.scanner.scan_range(unit)
            self.closing.close(unit.file)
            return outcome
        provider = self.senders.believed(message.sender_id, message.attributes)
        if provider is None:
            return None
        sent_at = self.clock.now() if self.trial_day else self.senders.first_sent(message)
        return self.scanner.scan_message(provider, message.body, sent_at)
