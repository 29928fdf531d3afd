"""A provider, as the operator registered it."""

import re
from typing import Literal

import msgspec

PROVIDER_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")

SENTINEL = "sentinel"
"""The provider, and the pack, of the post that the stack sends itself. It is part of no sum."""


class Provider(msgspec.Struct, frozen=True, omit_defaults=True):
    """One messaging provider as the operator registered it.

    `senders` are the unique ids of the roles that may send its messages (the part of an SQS
    SenderId before the colon). `open_channels` are channels that anyone may join, where the format
    itself does not say so (`telegram:ID`, `discord:GUILD`). `door` is how its moderators decide: in
    messages that its senders put into the queue, or signed in at the console. Nobody uses both, so
    that one person is not two moderators. `territory` has the countries, sorted, in which its
    decisions hold that name none.
    """

    provider: str
    senders: tuple[str, ...] = ()
    open_channels: tuple[str, ...] = ()
    door: Literal["queue", "console"] = "queue"
    territory: tuple[str, ...] = ()

    @property
    def form(self) -> int:
        """Earlier code would take decisions from the queue."""
        return 1 if self.door == "queue" else 3


def is_provider_id(value: str) -> bool:
    """Return whether a value can name a provider: 3 to 40 of a-z, 0-9 and hyphens, but not `all`.

    >>> is_provider_id("acme-chat"), is_provider_id("all"), is_provider_id("_x")
    (True, False, False)
    """
    return value != "all" and PROVIDER_ID.fullmatch(value) is not None
