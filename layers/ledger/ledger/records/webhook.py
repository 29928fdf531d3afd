"""A provider's webhook: the address that gets its events, and the secrets that sign them.

All webhooks of a stack are one JSON object in Secrets Manager, by provider.
"""

import base64
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

import msgspec

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
