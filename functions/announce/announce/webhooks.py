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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Network, ip_address

from ledger.keys import Webhook, split_webhook_url
from ledger.refusals import TerangError

SECONDS = 10
"""The longest that a try may take, from the look-up of the name to the status of the answer."""

SLOW_SECONDS, REST_SECONDS, SLOW_SHARE = 2, 60, 5
"""A try that takes longer than two seconds, whatever it answers, lets its address rest for a
minute. All slow addresses together get one part in five of a worker's time.
"""

_NETS = ("192.0.0.0/24", "192.88.99.0/24", "192.52.193.0/24", "192.31.196.0/24", "192.175.48.0/24")
NO_HOSTS = tuple(map(IPv4Network, _NETS))
"""IETF protocols, relays of 6to4 and AMT, sinks of AS112: `is_global` is true in parts of them."""


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
    """Return whether an IPv4 address is a host's on the internet: not private, not a relay.

    An IPv6 address never is: many of them lead to an inner IPv4 address.

    >>> is_public_address("93.184.216.34"), is_public_address("169.254.169.254")
    (True, False)
    """
    parsed = ip_address(address)
    is_global = parsed.version == 4 and parsed.is_global and not parsed.is_multicast
    return is_global and not any(parsed in network for network in NO_HOSTS)


def resolve(host: str, port: int) -> list[str]:
    """Return the IPv4 addresses of a host. A function outside a VPC cannot connect to IPv6."""
    found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(slots=True)
class WebhookSender:
    """Sends events one after the other. Only tests replace the fields.

    A worker keeps in memory, for as long as it lives, which addresses were slow.
    """

    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    resolve: Callable[[str, int], list[str]] = resolve
    is_allowed: Callable[[str], bool] = is_public_address
    seconds: float = SECONDS
    slow_seconds: float = SLOW_SECONDS
    clock: Callable[[], float] = time.monotonic
    _rests_until: dict[str, float] = field(default_factory=dict)
    _all_rest_until: float = 0

    def send(self, webhook: Webhook, name: str, body: bytes) -> None:
        """Send one event. Raises WebhookError unless the receiver answers with a status of 2xx."""
        began = self.clock()
        rest = self._rests_until.get(webhook.url)
        if rest is not None and began < max(rest, self._all_rest_until):
            raise WebhookError("left_alone")
        now = time.time()
        headers = signed_headers(name, body, webhook.keys(now), int(now))
        try:
            status = self._post(webhook.url, headers, body, began + self.seconds)
        except TimeoutError:
            raise WebhookError("timeout") from None
        except ssl.SSLError:
            raise WebhookError("tls") from None
        except (OSError, HTTPException):
            raise WebhookError("unreachable") from None
        finally:
            ended = self.clock()
            if ended - began > self.slow_seconds:
                self._rests_until[webhook.url] = ended + REST_SECONDS
                used = SLOW_SHARE * (ended - began)
                self._all_rest_until = max(began, self._all_rest_until) + used
        if not 200 <= status < 300:
            raise WebhookError(f"http_{status}")

    def _post(self, url: str, headers: dict[str, str], body: bytes, ends: float) -> int:
        """Return the status of the answer.

        Raises TimeoutError when `ends` is reached, however slowly the receiver sends.
        """
        try:
            parts = split_webhook_url(url)
        except ValueError:
            raise WebhookError("address_refused") from None
        host, port = str(parts.hostname), parts.port or 443
        address = self._checked_address(host, port, ends)
        plain = socket.create_connection((address, port), max(ends - self.clock(), 0.001))
        with self.context.wrap_socket(
            plain, server_hostname=host, do_handshake_on_connect=False
        ) as tls:
            # The socket's own timeout starts again with each byte that a slow receiver sends.
            # A shutdown below TLS ends the read in this thread.
            left = max(ends - self.clock(), 0)
            timer = threading.Timer(left, socket.socket.shutdown, (tls, socket.SHUT_RDWR))
            timer.start()
            try:
                tls.do_handshake()
                connection = HTTPConnection(host, port)
                connection.sock = tls
                target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
                sent = {"host": parts.netloc, "content-type": "application/json"}
                connection.request("POST", target, body, sent | headers)
                return connection.getresponse().status
            except (OSError, HTTPException):
                if self.clock() >= ends:
                    raise TimeoutError from None
                raise
            finally:
                timer.cancel()

    def _checked_address(self, host: str, port: int, ends: float) -> str:
        # The system's look-up knows no limit. If it takes too long, its thread ends by itself.
        looking = ThreadPoolExecutor(1)
        try:
            addresses = looking.submit(self.resolve, host, port).result(ends - self.clock())
        except TimeoutError:
            raise
        except (OSError, UnicodeError):
            raise WebhookError("no_address") from None
        finally:
            looking.shutdown(wait=False)
        if not addresses:
            raise WebhookError("no_address")
        if not all(map(self.is_allowed, addresses)):
            raise WebhookError("address_refused")
        return addresses[0]
