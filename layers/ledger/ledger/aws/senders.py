"""Who sent a message: the attribute `provider`, believed if the sender's role is registered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ledger.aws.delivery import Message
from ledger.ports import Clock, Store
from ledger.records.provider import Provider, is_provider_id

_MILLISECONDS = re.compile("[0-9]{1,14}")  # up to about the year 5138

REGISTRY_SECONDS = 60
"""How long a worker believes what a provider registered before it looks again."""


@dataclass(slots=True)
class Senders:
    """The registered senders. `redrive` is the operator's role that repeats dead letters."""

    store: Store
    clock: Clock
    redrive: str = ""
    _known: dict[str, tuple[float, Provider | None]] = field(default_factory=dict)

    def believed(self, sender_id: str, attributes: Mapping[str, str]) -> str | None:
        """The provider of a message, or nothing if its sender is unknown.

        `sender_id` is SQS's own SenderId, for a role `ID:session`. When the redrive role repeats a
        message, the attribute `first_sender` names whom it repeats.
        """
        sender = sender_id.partition(":")[0]
        if self._repeats(sender_id):
            sender = attributes.get("first_sender", "").partition(":")[0]
        name = attributes.get("provider", "")
        provider = self._registered(name) if is_provider_id(name) else None
        return name if provider and sender and sender in provider.senders else None

    def first_sent(self, message: Message) -> datetime:
        """Return when a message was sent first, so that a dead letter is judged as on that day.

        SQS stamps a message again when the redrive role repeats it. That role alone may name an
        earlier time, under the attribute `first_sent`, in milliseconds since 1970.
        """
        named = message.attributes.get("first_sent", "")
        if self._repeats(message.sender_id) and _MILLISECONDS.fullmatch(named):
            return min(datetime.fromtimestamp(int(named) / 1000, UTC), message.sent_at)
        return message.sent_at

    def _repeats(self, sender_id: str) -> bool:
        return bool(self.redrive) and sender_id.partition(":")[0] == self.redrive

    def _registered(self, name: str) -> Provider | None:
        now = self.clock.now().timestamp()
        known = self._known.get(name)
        if known is None or now - known[0] > REGISTRY_SECONDS:
            known = (now, self.store.provider(name))
            if known[1] is not None:  # names that nobody registered are without number
                self._known[name] = known
        return known[1]
