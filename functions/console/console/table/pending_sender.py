"""Hand a decision over: first the message that will send it, then the decision itself."""

from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.aws.desk_store import DynamoDesk
from ledger.cases.pending import UNDO_SECONDS, PendingDecision, PendingName


@dataclass(frozen=True, slots=True)
class PendingSender:
    """Stores decisions that can be taken back, and the messages that name them in the queue."""

    desk: DynamoDesk
    sqs: Any
    queue_url: str

    def store_pending(self, pending: PendingDecision) -> PendingDecision | None:
        """Store a decision that will be sent. Return None, or the decision in its way.

        The message goes first. If this worker dies after it, decide finds no decision and makes its
        id void. In the other order a decision could stay stored that nobody ever sends.
        """
        if self.desk.pending(pending.provider, pending.id) is None:
            name = PendingName(pending.provider, pending.id)
            self.sqs.send_message(
                QueueUrl=self.queue_url,
                MessageBody=msgspec.json.encode(name).decode(),
                DelaySeconds=UNDO_SECONDS,
            )
        return self.desk.store_pending(pending)
