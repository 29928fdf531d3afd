"""Deliveries of messages about cases: believed like posts, and taken one by one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from decide.case_work import CaseWork, Handled
from ledger.aws.queue import Delivery, Senders, require_reserve
from ledger.cases.refusal import CaseRefusal
from ledger.records.json_text import lines_of_body
from ledger.records.refusal import Refusal


@dataclass(frozen=True, slots=True)
class CaseDeliveries:
    """Takes deliveries; those that were done in part go on from there when they come again."""

    work: CaseWork
    senders: Senders

    def take(self, message: Delivery, seconds_left: Callable[[], float]) -> list[Handled] | None:
        """What became of each message of a delivery; nothing for a sender who is not believed.

        Raises TimeReserveError when too little time is left, and whatever the platform raises:
        the delivery then comes again, and what of it was taken is known.
        """
        provider = self.senders.believed(message.sender_id, message.attributes)
        if provider is None:
            return None
        sent_at = self.work.clock.now() if self.work.trial_day else self.senders.first_sent(message)
        return list(self._take(provider, message.body, sent_at, seconds_left))

    def _take(
        self, provider: str, body: str, sent_at: datetime, seconds_left: Callable[[], float]
    ) -> Iterator[Handled]:
        lines = lines_of_body(body)
        if isinstance(lines, Refusal):
            data = body.encode("utf-8", "surrogatepass")
            yield self.work.refuse(provider, data, CaseRefusal(lines.code))
            return
        for line in lines.split(b"\n"):
            if line.strip():
                require_reserve(seconds_left)
                yield from self.work.take(provider, line, sent_at)
