"""Decisions of the console: a message names one, and it is taken from the table.

Whoever sends such a message decides nothing by it. The provider, the moderator and the messages are
those of the stored decision, and only the console's role stores one. A message that comes too early
only shortens the time in which the decision can be taken back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from decide.case_work import CaseOutcome, CaseWork
from ledger.aws.queue import Senders, require_reserve
from ledger.cases.messages import CaseMessage
from ledger.cases.pending import PendingDecision, PendingName, PendingState
from ledger.ports import PendingStore


@dataclass(frozen=True, slots=True)
class PendingDecisions:
    """Takes the decisions that the console's messages name.

    The order loses no decision and repeats none. The decision is sent first: then it can no longer
    be taken back. Its messages are taken next, and each is recognised if it comes again. Its end is
    written last. If a worker dies in between, the next delivery continues.
    """

    store: PendingStore
    work: CaseWork
    senders: Senders

    def take(self, body: str, seconds_left: Callable[[], float]) -> list[CaseOutcome]:
        """Return the outcome of each message of the decision; none if it was taken back.

        Raises msgspec.MsgspecError if the body names no decision: the console sends no such one.
        """
        name = msgspec.json.decode(body, type=PendingName)
        pending = self.store.release_pending(name.provider, name.pending)
        if pending.state is not PendingState.SENT:
            return []
        outcomes, woken = [], []
        for message in pending.messages:
            require_reserve(seconds_left)
            outcome, *others = self._take_message(pending, message)
            outcomes.append(outcome)
            woken += others
        self.store.end_pending(_ended(pending, outcomes))
        return outcomes + woken

    def _take_message(
        self, pending: PendingDecision, message: CaseMessage
    ) -> Iterator[CaseOutcome]:
        """Take a message as if it was sent when the moderator decided."""
        clock, trial = self.work.clock, self.work.trial_day
        sent_at = clock.now() if trial else datetime.fromisoformat(pending.held_at)
        return self.work.take(
            pending.provider,
            msgspec.json.encode(message),
            sent_at,
            self.senders.other_door(pending.provider, "console"),
        )


def _ended(pending: PendingDecision, outcomes: list[CaseOutcome]) -> PendingDecision:
    """Return the decision with its outcome: refused if one of its messages was, else waiting."""
    by_status = {one.status: one for one in reversed(outcomes)}
    worst = by_status.get("refused") or by_status.get("waiting")
    if worst is None:
        return msgspec.structs.replace(pending, state=PendingState.TAKEN)
    state = PendingState(worst.status)
    return msgspec.structs.replace(pending, state=state, code=worst.code, first=worst.first)
