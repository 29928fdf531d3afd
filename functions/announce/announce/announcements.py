"""Announce the files of the out bucket as events: on the bus, and to the webhooks of providers.

An event holds ids, codes and counts, never text. The same file gives the same events with the same
ids, so a receiver recognises a repeat. If a provider has a webhook, each of its events goes into
the queue of webhooks too, so that a receiver that is slow or fails delays no bus, and repeats that
event alone. What fails comes again after a wait.

An event to a webhook is signed as Standard Webhooks says. The name is resolved once, every address
is checked, and the connection goes to a checked one. Redirects are not followed and the answer's
body is not read.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Network, ip_address
from itertools import batched
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from ledger.announced import AnnouncedEntry
from ledger.codes import TerangError
from ledger.findings import digest, is_id
from ledger.keys import Webhook, Webhooks, is_provider_id, split_webhook_url
from ledger.objects import S3Objects, send_messages
from ledger.texts import Clock, json_schema, utc

FINDINGS_PER_EVENT = 50
"""A finding has at most 400 bytes, so ten events have 200 KB. PutEvents takes 256 KiB."""
WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000, 36_000, 36_000)
"""Seconds until a failed message comes again, by how often it was received: two days in all.

If the delivery after the last wait fails too, its queue moves the message to the dead letters.
"""

_PUT = 10  # EventBridge: entries of one PutEvents

SECONDS = 10
"""The longest that a try may take, from the look-up of the name to the status of the answer."""

SLOW_SECONDS, REST_SECONDS, SLOW_SHARE = 2, 60, 5
"""A try that takes longer than two seconds, whatever it answers, lets its address rest for a
minute. All slow addresses together get one part in five of a worker's time.
"""

_NETS = ("192.0.0.0/24", "192.88.99.0/24", "192.52.193.0/24", "192.31.196.0/24", "192.175.48.0/24")
NO_HOSTS = tuple(map(IPv4Network, _NETS))
"""IETF protocols, relays of 6to4 and AMT, sinks of AS112: `is_global` is true in parts of them."""


class AnnouncedFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding by its id and rule. A `live` one that is not `held` proposes to look at a post."""

    finding: str
    pack: str
    version: int
    rule: str
    mode: str
    category: str
    severity: str
    held: bool = False
    score: int | None = None


class FoundFindings(msgspec.Struct, frozen=True):
    """Findings of one unit or batch: a file of many findings makes several events."""

    findings: tuple[AnnouncedFinding, ...]


class ClosedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """The counts of a dropped file, as its receipt has them."""

    file: str
    status: str
    code: str = ""
    repeated: bool = False
    records: int = 0
    inspected: int = 0
    refused: dict[str, int] = {}
    findings: int = 0
    by_rule: dict[str, int] = {}


class CorrectedFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding whose published check was corrected or withdrawn, and the decision on it."""

    finding: str
    change: str
    superseded: bool
    decision: str = ""


class Announcement(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """An event. `id` is the same in every repeat, `timestamp` is when it was committed.

    `key` names the file in the out bucket with all that the provider may read.
    """

    id: str
    timestamp: str
    provider: str
    key: str

    @property
    def type(self) -> str:
        """Return the event's type."""
        return str(self.__struct_config__.tag)


class FindingsRecorded(Announcement, frozen=True, tag="findings.recorded", kw_only=True):
    """Findings were recorded."""

    data: FoundFindings


class FileClosed(Announcement, frozen=True, tag="file.closed", kw_only=True):
    """A dropped file was read to its end, or refused as a whole."""

    data: ClosedFile


class CaseMoved(Announcement, frozen=True, tag="case.moved", kw_only=True):
    """People did something about a case: `data.type` says what."""

    data: AnnouncedEntry


class CaseEscalated(Announcement, frozen=True, tag="case.escalated", kw_only=True):
    """Somebody saw a threat to life or the abuse of a child: `data.escalation` says which."""

    data: AnnouncedEntry


class CheckCorrected(Announcement, frozen=True, tag="check.corrected", kw_only=True):
    """The published check behind a finding changed."""

    data: CorrectedFinding


class Tested(Announcement, frozen=True, tag="webhook.test", kw_only=True):
    """Somebody tests the webhook."""


type AnyAnnouncement = (
    FindingsRecorded | FileClosed | CaseMoved | CaseEscalated | CheckCorrected | Tested
)


def announcement_schema() -> dict[str, Any]:
    """Return the JSON Schema of an event of any type.

    >>> sorted(announcement_schema()["discriminator"]["mapping"])[:2]
    ['case.escalated', 'case.moved']
    """
    title = "An event, as Terang announces it on its bus and to webhooks"
    return json_schema(title, AnyAnnouncement)


def is_announced(key: str) -> bool:
    """Return whether a file of the out bucket announces something.

    >>> is_announced("out/acme/receipts/" + 64 * "a" + ".json")
    True
    >>> is_announced("out/acme/receipts/batches/2026-11-25/" + 64 * "a" + ".json")
    False
    """
    return bool(_split(key))


def announcements_of(key: str, data: bytes) -> Iterator[AnyAnnouncement]:
    """Yield the events of a file, by its key and content."""
    place = _split(key)
    if place is None:
        return
    provider, folder = place
    if folder == "findings":
        for page in batched(data.splitlines(), FINDINGS_PER_EVENT):
            rows = tuple(msgspec.json.decode(line, type=AnnouncedFinding) for line in page)
            yield FindingsRecorded(
                id=digest("announcement", key, *(row.finding for row in rows)),
                timestamp=msgspec.json.decode(page[0]).get("found_at", ""),
                provider=provider,
                key=key,
                data=FoundFindings(rows),
            )
        return
    common = {
        "id": digest("announcement", key),
        "timestamp": msgspec.json.decode(data).get("at", ""),
        "provider": provider,
        "key": key,
    }
    match folder:
        case "receipts":
            yield FileClosed(**common, data=msgspec.json.decode(data, type=ClosedFile))
        case "entries":
            entry = msgspec.json.decode(data, type=AnnouncedEntry)
            yield CaseMoved(**common, data=entry)
            if entry.escalation:
                escalated = digest("announcement", key, "escalated")
                yield CaseEscalated(**common | {"id": escalated}, data=entry)
        case _:
            yield CheckCorrected(**common, data=msgspec.json.decode(data, type=CorrectedFinding))


def _split(key: str) -> tuple[str, str] | None:
    """Return provider and folder of a file that is announced, or None for another file."""
    match key.split("/"):
        case ["out", provider, "receipts", name]:
            folder = "receipts"
        case ["out", provider, ("findings" | "entries" | "corrections") as folder, _, name]:
            pass
        case _:
            return None
    known = is_provider_id(provider) and is_id(name.partition(".")[0])
    return (provider, folder) if known else None


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


class WebhookMessage(msgspec.Struct, frozen=True):
    """An event on its way to the webhook of its provider."""

    provider: str
    id: str
    body: str


@dataclass(frozen=True, slots=True)
class Announcer:
    """Puts events on the bus and sends them. `webhooks` returns the registered ones."""

    objects: S3Objects
    sqs: Any
    events: Any
    webhooks: Callable[[], Webhooks]
    sender: WebhookSender
    out_bucket: str
    webhooks_queue_url: str
    bus: str

    def announce(self, body: str) -> int:
        """Announce the files that a message of S3 names. Return how many events are on the bus."""
        message = msgspec.json.decode(body, type=dict[str, Any])
        # S3's test event has no records.
        return sum(map(self._announce, message.get("Records", ())))

    def send(self, body: str) -> int:
        """Send the event of a message to its webhook. Return 0 if that was removed meanwhile.

        Raises WebhookError if the receiver did not take the event.
        """
        message = msgspec.json.decode(body, type=WebhookMessage)
        webhook = self.webhooks().get(message.provider)
        if webhook is None:
            return 0
        self.sender.send(webhook, message.id, message.body.encode())
        return 1

    def test(self, provider: str, clock: Clock) -> None:
        """Send the event `webhook.test`. Raises LookupError if the provider has no webhook."""
        now = utc(clock.now())
        event = Tested(id=digest("test", provider, now), timestamp=now, provider=provider, key="")
        self.sender.send(self.webhooks()[provider], event.id, msgspec.json.encode(event))

    def _announce(self, record: dict[str, Any]) -> int:
        """Announce the file that an event of S3 names. One that has expired announces nothing."""
        key = unquote_plus(record["s3"]["object"]["key"])
        if record["s3"]["bucket"]["name"] != self.out_bucket or not is_announced(key):
            return 0
        data = self.objects.get(self.out_bucket, key)
        if data is None:
            return 0
        announced = 0
        for batch in batched(announcements_of(key, data), _PUT):
            self._put(batch)
            send_messages(self.sqs, self.webhooks_queue_url, self._for_webhooks(batch))
            announced += len(batch)
        return announced

    def _put(self, batch: tuple[AnyAnnouncement, ...]) -> None:
        entries = [
            {
                "EventBusName": self.bus,
                "Source": "terang",
                "DetailType": event.type,
                "Detail": msgspec.json.encode(event).decode(),
            }
            for event in batch
        ]
        answer = self.events.put_events(Entries=entries)
        if answer["FailedEntryCount"]:
            raise OSError(f"the bus did not take {answer['FailedEntryCount']} events")

    def _for_webhooks(self, batch: tuple[AnyAnnouncement, ...]) -> Iterator[bytes]:
        webhooks = self.webhooks()
        for event in batch:
            if event.provider in webhooks:
                body = msgspec.json.encode(event).decode()
                yield msgspec.json.encode(WebhookMessage(event.provider, event.id, body))


def wait_after(receives: int) -> int:
    """Return in how many seconds a message that failed comes again.

    >>> wait_after(1), wait_after(10)
    (5, 36000)
    """
    return WAITS[min(receives, len(WAITS)) - 1]
