"""Deliveries of SQS: a range of a file, or messages of registered senders."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from ledger.aws.queue import Delivery, Senders, require_reserve
from ledger.clock import Clock
from ledger.closing import Closing
from ledger.records.manifest import RangeMessage
from scan.batches.messages import EndedMessages, Message, merge_messages
from scan.batches.scanner import MessageScanner
from scan.effects import UnitOutcome
from scan.unit_work import UnitScanner


@dataclass(frozen=True, slots=True)
class UnknownSender:
    """A delivery, by its name in SQS, whose sender is not registered. Nothing of it is stored."""

    delivery: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Takes ranges one by one, and messages all at once.

    On a trial day, a day that the settings fix, every message counts as sent now.
    """

    scanner: UnitScanner
    messages: MessageScanner
    closing: Closing
    senders: Senders
    clock: Clock
    posts_queue_arn: str
    trial_day: bool

    def take(self, delivery: Delivery, seconds_left: Callable[[], float]) -> UnitOutcome:
        """Scan the range of a file.

        Raises TimeReserveError when too little time is left, and any error of the platform. SQS
        then delivers it again.
        """
        require_reserve(seconds_left)
        unit = msgspec.json.decode(delivery.body, type=RangeMessage)
        outcome = self.scanner.scan_range(unit)
        self.closing.close(unit.file)
        return outcome

    def take_messages(
        self, deliveries: Iterable[Delivery], seconds_left: Callable[[], float]
    ) -> Iterator[EndedMessages | UnknownSender]:
        """Scan messages. Yield what has ended or failed, and each one of an unknown sender.

        SQS then delivers again what has failed, and whatever was not yielded.
        """
        known: list[Message] = []
        for delivery in deliveries:
            provider = self.senders.provider_of_sender(delivery.sender_id, delivery.attributes)
            if provider is None:
                yield UnknownSender(delivery.id)
                continue
            sent_at = self.clock.now() if self.trial_day else self.senders.first_sent(delivery)
            known.append(
                Message.of(provider, delivery.body, sent_at, delivery.receives, delivery.id)
            )
        if known:
            yield from self.messages.scan(merge_messages(known), seconds_left)
