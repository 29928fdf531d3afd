"""A provider, as the operator registered it."""

import re

import msgspec

PROVIDER_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")


class Provider(msgspec.Struct, frozen=True, omit_defaults=True):
    """One messaging provider as the operator registered it.

    `senders` are the unique ids of the roles that may send its messages (the part of an SQS
    SenderId before the colon). `open_channels` are channels that anyone may join, where the format
    itself does not say so (`telegram:ID`, `discord:GUILD`).
    """

    provider: str
    senders: tuple[str, ...] = ()
    open_channels: tuple[str, ...] = ()


def is_provider_id(value: str) -> bool:
    """Return whether a value can name a provider: 3 to 40 of a-z, 0-9 and hyphens, but not `all`.

    >>> is_provider_id("acme-chat"), is_provider_id("all"), is_provider_id("_x")
    (True, False, False)
    """
    return value != "all" and PROVIDER_ID.fullmatch(value) is not None
