"""A provider, as the operator registered it.

A provider's webhook: the address that gets its events, and the secrets that sign them.

All webhooks of a stack are one JSON object in Secrets Manager, by provider.
"""

import base64
import json
import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

PROVIDER_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")

SENTINEL = "sentinel"
"""The provider, and the pack, of the post that the stack sends itself. It is part of no sum."""

SENTINEL_TEXT = "Sentinel post of Terang: the paper lantern at the end of the pier is lit."
"""It is also in `packs/sentinel.yaml`, for everybody to read."""


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


def is_provider_id(value: str) -> bool:
    """Return whether a value can name a provider: 3 to 40 of a-z, 0-9 and hyphens, but not `all`.

    >>> is_provider_id("acme-chat"), is_provider_id("all"), is_provider_id("_x")
    (True, False, False)
    """
    return value != "all" and PROVIDER_ID.fullmatch(value) is not None


SECRET_PREFIX = "whsec_"  # noqa: S105 - the standard's prefix, and no secret
SECRET_BYTES = 32
OVERLAP_SECONDS = 24 * 3600
"""How long a replaced secret still signs, so that the receiver can change over."""


class WebhookSecret(msgspec.Struct, frozen=True, omit_defaults=True):
    """A secret as Standard Webhooks writes it. `until` ends it, in seconds since 1970; 0 never."""

    secret: str
    until: int = 0

    @property
    def key(self) -> bytes:
        """Return the bytes that sign."""
        return base64.b64decode(self.secret.removeprefix(SECRET_PREFIX))


class Webhook(msgspec.Struct, frozen=True):
    """An https address and its secrets, the newest first."""

    url: str
    secrets: tuple[WebhookSecret, ...]

    def keys(self, now: float) -> list[bytes]:
        """Return the bytes that sign at a time, of the newest secret first."""
        return [each.key for each in self.secrets if not each.until or each.until > now]


type Webhooks = dict[str, Webhook]
"""The webhooks of a stack by provider."""


def renewed(before: Webhook | None, url: str, random: Callable[[int], bytes], now: int) -> Webhook:
    """Return the webhook with a new secret. The secret before it signs for another day."""
    new = WebhookSecret(SECRET_PREFIX + base64.b64encode(random(SECRET_BYTES)).decode())
    newest = before.secrets[:1] if before else ()
    return Webhook(
        url, (new, *(WebhookSecret(each.secret, now + OVERLAP_SECONDS) for each in newest))
    )


def split_webhook_url(url: str) -> SplitResult:
    """Return the parts of a webhook's address.

    Raises ValueError for one that is not https, has no host, or carries a name, a password, a
    fragment or a character that does not belong in a request.

    >>> split_webhook_url("https://hooks.example:8443/terang").port
    8443
    """
    parts = urlsplit(url)
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise ValueError("An address has only printable ASCII characters")
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("An address begins with https:// and names a host")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("An address has no user, password or fragment")
    if parts.port == 0:
        raise ValueError("0 is not a port")
    return parts


def sentinel_post(day: str) -> str:
    """Return the post that the stack sends itself on a day, and must find: a harmless one.

    It takes the way of any post: queue, scan, rules in force, table, summary. A day has one
    message, so a repeat counts once.

    >>> sentinel_post("2026-11-25")[:48]
    '{"id": "sentinel-2026-11-25", "account": "sentin'
    """
    return json.dumps(
        {
            "id": f"{SENTINEL}-{day}",
            "account": SENTINEL,
            "text": SENTINEL_TEXT,
            "language": "en",
            "audience": "public",
            "published_at": f"{day}T00:00:00Z",
        }
    )
