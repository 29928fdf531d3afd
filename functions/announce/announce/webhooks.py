"""Send an event to a provider's webhook, signed as Standard Webhooks says.

The name is resolved once, every address is checked, and the connection goes to a checked one.
Redirects are not followed and the answer's body is not read.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address

from ledger.errors import TerangError
from ledger.records.webhook import Webhook, split_webhook_url

SECONDS = 10
"""The longest that a receiver may take, from the connection to the status of its answer."""

REST_SECONDS = 60
"""How long a worker leaves a slow receiver alone, so that others do not wait for it."""


class WebhookError(TerangError):
    """A receiver did not take an event; `code` says why. The provider must act."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def signed_headers(name: str, body: bytes, keys: Sequence[bytes], now: int) -> dict[str, str]:
    """Return the headers that sign a body, with one signature for each key.

    >>> signed_headers("msg_1", b"{}", [b"key"], 1_700_000_000)["webhook-signature"]
    'v1,XaXLFEFQ69Q4+demDWPEv5ydXczDW2mM5crCUEFcFBA='
    """
    signed = f"{name}.{now}.".encode() + body
    digests = (base64.b64encode(hmac.digest(key, signed, sha256)).decode() for key in keys)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(f"v1,{digest}" for digest in digests),
    }


def is_public_address(address: str) -> bool:
    """Return whether an IPv4 address is on the internet: not private, link-local or multicast.

    >>> is_public_address("93.184.216.34"), is_public_address("169.254.169.254")
    (True, False)
    """
    parsed = IPv4Address(address)
    return parsed.is_global and not parsed.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """Return the IPv4 addresses of a host. A function outside a VPC cannot connect to IPv6."""
    found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Sends events. Only tests replace the fields."""

    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    resolve: Callable[[str, int], list[str]] = resolve
    is_allowed: Callable[[str], bool] = is_public_address
    seconds: float = SECONDS
    _slow: dict[str, float] = field(default_factory=dict)

    def send(self, webhook: Webhook, name: str, body: bytes) -> None:
        """Send one event. Raises WebhookError unless the receiver answers with a status of 2xx."""
        if self._slow.get(webhook.url, 0) > time.monotonic():
            raise WebhookError("left_alone")
        now = time.time()
        headers = signed_headers(name, body, webhook.keys(now), int(now))
        try:
            status = self._post(webhook.url, headers, body)
        except TimeoutError:
            self._slow[webhook.url] = time.monotonic() + REST_SECONDS
            raise WebhookError("timeout") from None
        except ssl.SSLError:
            raise WebhookError("tls") from None
        except (OSError, HTTPException):
            raise WebhookError("unreachable") from None
        if not 200 <= status < 300:
            raise WebhookError(f"http_{status}")

    def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """Return the status of the answer.

        Raises TimeoutError after `seconds`, however slowly the receiver sends.
        """
        try:
            parts = split_webhook_url(url)
        except ValueError:
            raise WebhookError("address_refused") from None
        host, port = str(parts.hostname), parts.port or 443
        address = self._checked_address(host, port)
        ends = time.monotonic() + self.seconds
        plain = socket.create_connection((address, port), self.seconds)
        with self.context.wrap_socket(
            plain, server_hostname=host, do_handshake_on_connect=False
        ) as tls:
            # The socket's own timeout starts again with each byte that a slow receiver sends.
            # A shutdown below TLS ends the read in this thread.
            left = max(ends - time.monotonic(), 0)
            clock = threading.Timer(left, socket.socket.shutdown, (tls, socket.SHUT_RDWR))
            clock.start()
            try:
                tls.do_handshake()
                connection = HTTPConnection(host, port)
                connection.sock = tls
                target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
                sent = {"host": parts.netloc, "content-type": "application/json"}
                connection.request("POST", target, body, sent | headers)
                return connection.getresponse().status
            except (OSError, HTTPException):
                if time.monotonic() >= ends:
                    raise TimeoutError from None
                raise
            finally:
                clock.cancel()

    def _checked_address(self, host: str, port: int) -> str:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError):
            raise WebhookError("no_address") from None
        if not addresses:
            raise WebhookError("no_address")
        if not all(map(self.is_allowed, addresses)):
            raise WebhookError("address_refused")
        return addresses[0]
