"""A webhook gets signed events at its own address, and events/receiver.py keeps each once."""

import base64
import hmac
import importlib.util
import json
import random
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.tls_receiver import HOST, Receiver, certificate, receiver, sender_to, served

from announce import announcements
from ledger.keys import OVERLAP_SECONDS, Webhook, WebhookSecret, renewed, split_webhook_url

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def told(pem: Path) -> Iterator[Receiver]:
    with receiver(pem) as one:
        yield one


def webhook(url: str) -> Webhook:
    return Webhook(url, (WebhookSecret(SECRET),))


def code_of(sender: announcements.WebhookSender, url: str) -> str:
    """The code with which sending fails."""
    with pytest.raises(announcements.WebhookError) as failed:
        sender.send(webhook(url), "id", b"{}")
    return failed.value.code


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the specification and its libraries."""
    body = b'{"test": 2432232314}'
    key = WebhookSecret(SECRET).key
    headers = announcements.signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", body, [key], 1614265330)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_event_arrives_signed_and_whole(told: Receiver, pem: Path) -> None:
    sender_to(pem).send(webhook(told.url), "event-1", b'{"a": "\xc3\xa9"}')
    [(headers, body)] = told.arrived
    assert body == b'{"a": "\xc3\xa9"}'
    assert headers["webhook-id"] == "event-1"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    signed = f"event-1.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(WebhookSecret(SECRET).key, signed, sha256)
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert headers["host"] == told.url.split("/")[2]
    assert told.targets == ["/terang?a=1"]


def test_an_address_without_a_path_is_asked_for_the_root(told: Receiver, pem: Path) -> None:
    sender_to(pem).send(webhook(told.url.removesuffix("/terang?a=1")), "event-1", b"{}")
    assert told.targets == ["/"]


@pytest.mark.parametrize(("order", "code"), [
    ("500", "http_500"), ("300", "http_300"), ("302", "http_302"), ("404", "http_404"),
    ("drop", "unreachable"),
])  # fmt: skip
def test_all_but_success_is_a_failure(told: Receiver, pem: Path, order: str, code: str) -> None:
    """A redirect too: nothing goes to the address that it names."""
    told.next = [order]
    assert code_of(sender_to(pem), told.url) == code
    assert len(told.arrived) == 1


@dataclass
class Clock:
    """Seconds that pass only while the name of a slow host is looked up."""

    now: float = 0

    def __call__(self) -> float:
        return self.now

    def resolve(self, host: str, port: int) -> list[str]:
        """Take the seconds with which the host's name begins, and find no address."""
        self.now += float(host.partition(".")[0])
        return []


@pytest.mark.parametrize("order", ["hang", "drip"])
def test_a_slow_receiver_is_left_alone_for_a_while(told: Receiver, pem: Path, order: str) -> None:
    told.next = [order]
    sender = sender_to(pem, seconds=0.3, slow_seconds=0.2)
    assert code_of(sender, told.url) == "timeout"
    assert code_of(sender, told.url) == "left_alone"
    assert len(told.arrived) == 1


def test_a_look_up_that_does_not_end_is_ended(pem: Path) -> None:
    over = threading.Event()
    sender = sender_to(pem, seconds=0.2, slow_seconds=0.1, resolve=lambda *_: over.wait() and [])
    assert code_of(sender, "https://hooks.example/") == "timeout"
    assert code_of(sender, "https://hooks.example/") == "left_alone"
    over.set()


@pytest.mark.parametrize("order", ["204", "500", "drop"])
@pytest.mark.parametrize(("seconds", "rests"), [(announcements.SLOW_SECONDS, False), (9.9, True)])
def test_an_address_rests_after_a_slow_try_whatever_it_answered(told: Receiver, pem: Path,
        order: str, seconds: float, rests: bool) -> None:  # fmt: skip
    """The look-up of its name counts: the receiver itself answers at once."""
    clock = Clock()

    def resolve(*_: Any) -> list[str]:
        clock.now += seconds
        return ["127.0.0.1"]

    sender = sender_to(pem, seconds=60, clock=clock, resolve=resolve)
    told.next = [order]
    with suppress(announcements.WebhookError):
        sender.send(webhook(told.url), "id", b"{}")
    if rests:
        assert code_of(sender, told.url) == "left_alone"
        clock.now += announcements.REST_SECONDS
    sender.send(webhook(told.url), "id", b"{}")
    assert len(told.arrived) == 2


@pytest.mark.parametrize("slow", [1, 3, 40])
def test_slow_addresses_leave_four_fifths_of_a_worker_to_others(slow: int) -> None:
    """However many they are: each may be slow once, then all of them share one fifth."""
    clock, used, sent = Clock(), 0.0, 0
    sender = announcements.WebhookSender(clock=clock, resolve=clock.resolve)
    while clock.now < 3600:
        for number in range(slow):
            began = clock.now
            code_of(sender, f"https://9.{number}.example/")
            used += clock.now - began
        assert code_of(sender, "https://1.fast.example/") == "no_address"
        sent += 1
    assert sent == clock.now - used
    assert used < clock.now / announcements.SLOW_SHARE + slow * 9
    assert slow > 1 or used < clock.now * 9 / (9 + announcements.REST_SECONDS) + 9


@pytest.mark.parametrize("addresses", [
    ["127.0.0.1"], ["10.0.0.8"], ["169.254.169.254"], ["93.184.216.34", "192.168.1.1"],
    ["100.64.0.1"], ["0.0.0.0"], ["224.0.0.1"], ["255.255.255.255"],
    *([f"{net}.1"] for net in ("192.0.2", "198.51.100", "203.0.113", "198.18.0", "240.0.0")),
    *([f"192.{net}.9"] for net in ("0.0", "88.99", "52.193", "31.196", "175.48")),
    *([f"{net}:7f00:1"] for net in ("::ffff", "64:ff9b:", "64:ff9b:1:", "2001:db8:", "2001:0:")),
    ["::1"], ["2002:7f00:1::"], ["2606:2800:220:1::1"],
], ids="/".join)  # fmt: skip
def test_a_name_of_an_inner_address_is_refused(pem: Path, addresses: list[str]) -> None:
    """After the name was resolved, and if any of its addresses is one."""
    is_allowed = announcements.is_public_address
    sender = sender_to(pem, resolve=lambda *_: addresses, is_allowed=is_allowed)
    assert code_of(sender, "https://hooks.example/") == "address_refused"


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost"])
def test_a_disguised_address_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_: Any) -> list[Any]:
        return [(2, 1, 6, "", ("127.0.0.1", 443))]

    monkeypatch.setattr("socket.getaddrinfo", found)
    assert code_of(announcements.WebhookSender(), f"https://{host}/") == "address_refused"


def test_the_connection_goes_to_the_address_that_was_checked(told: Receiver, pem: Path) -> None:
    """A name that is resolved a second time could give another address."""
    answers = iter([["127.0.0.1", "0.0.0.1"], ["169.254.169.254"]])
    sender_to(pem, resolve=lambda *_: next(answers)).send(webhook(told.url), "id", b"{}")
    assert next(answers)


def test_a_name_that_nobody_knows_is_a_failure(pem: Path) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError

    assert code_of(sender_to(pem, resolve=unknown), "https://hooks.example/") == "no_address"
    assert code_of(sender_to(pem, resolve=lambda *_: []), "https://hooks.example/") == "no_address"


def test_a_certificate_of_another_host_is_refused(told: Receiver, pem: Path) -> None:
    assert code_of(sender_to(pem), told.url.replace("hooks.", "other.")) == "tls"
    trusting_nobody = sender_to(pem, context=ssl.create_default_context())
    assert code_of(trusting_nobody, told.url) == "tls"
    assert told.arrived == []


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example/", "https:///path", "https://name:word@hooks.example/",
     "https://hooks.example/#part", "https://hooks.example:99999/", "https://hooks.example:0/",
     "https://hooks.example/\x7f", "https://hooks.example/a b", "https://hooks.example/\r\nhost: x",
     "https://hóoks.example/", "file:///etc/passwd"],
)  # fmt: skip
def test_an_address_that_is_not_plain_https_is_refused(url: str, pem: Path) -> None:
    with pytest.raises(ValueError, match=r"address|port|Port|URL"):
        split_webhook_url(url)
    assert code_of(sender_to(pem), url) == "address_refused"


def test_a_replaced_secret_signs_for_another_day() -> None:
    first = renewed(None, "https://a.example/", bytes, 1_000)
    second = renewed(first, "https://b.example/", lambda size: b"x" * size, 2_000)
    assert second.url == "https://b.example/"
    assert second.keys(2_000) == [b"x" * 32, bytes(32)]
    assert second.keys(2_000 + OVERLAP_SECONDS) == [b"x" * 32]
    third = renewed(second, second.url, lambda size: b"y" * size, 3_000)
    assert third.keys(3_000) == [b"y" * 32, b"x" * 32]


ROOT = Path(__file__).resolve().parents[3]
SHARED_SECRET = WebhookSecret(SECRET)


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("receiver", ROOT / "events/receiver.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECEIVER = example()


@dataclass
class Running:
    """The example behind TLS, the sender to it, and its file."""

    url: str
    sender: announcements.WebhookSender
    path: Path

    def send(self, event: dict[str, Any], *secrets: WebhookSecret) -> None:
        webhook = Webhook(self.url, secrets or (SHARED_SECRET,))
        self.sender.send(webhook, event["id"], json.dumps(event).encode())

    def count(self, table: str) -> int:
        with closing(sqlite3.connect(self.path)) as store:
            [(count,)] = store.execute(f"select count(*) from {table}")
        return int(count)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    pem, path = certificate(tmp_path), tmp_path / "events.db"
    server = RECEIVER.server(str(path), SHARED_SECRET.secret, 0)
    with served(server, pem) as url:
        yield Running(url, sender_to(pem), path)


def moved(number: int, kind: str) -> dict[str, Any]:
    data = {"entry": str(number), "type": kind, "at": "", "cases": ["case-1"]}
    at = f"2026-11-25T12:00:{number:02}Z"
    return {"id": f"event-{number}", "type": "case.moved", "timestamp": at, "data": data}


def recorded(number: int) -> dict[str, Any]:
    one = {"finding": f"f-{number}", "pack": "codes", "version": 3, "rule": "asks", "mode": "live"}
    return {"id": f"found-{number}", "type": "findings.recorded",
            "timestamp": "2026-11-25T11:00:00Z",
            "data": {"findings": [one, one | {"finding": "f-all", "held": True}]}}  # fmt: skip


def test_repeats_and_any_order_change_nothing(running: Running) -> None:
    events = [recorded(number) for number in range(5)]
    events += [
        moved(number, kind) for number, kind in enumerate(("decision", "complaint", "outcome"))
    ]
    chance = random.Random(7)
    for event in chance.sample(events * 3, k=len(events) * 3):
        running.send(event)
    assert (running.count("event"), running.count("finding")) == (8, 6)
    with closing(sqlite3.connect(running.path)) as store:
        told = [move["type"] for move in RECEIVER.history(store, "case-1")]
        assert told == ["decision", "complaint", "outcome"]


def test_what_is_not_signed_by_us_is_refused(running: Running) -> None:
    stranger = WebhookSecret("whsec_c3RyYW5nZXI=")
    with pytest.raises(announcements.WebhookError, match="http_401"):
        running.send(moved(1, "decision"), stranger)
    assert running.count("event") == 0


def test_an_old_signature_and_a_changed_body_are_refused() -> None:
    now = int(time.time())
    headers = announcements.signed_headers("event-1", b"{}", [SHARED_SECRET.key], now)
    assert RECEIVER.is_signed(headers, b"{}", SHARED_SECRET.secret, now)
    assert not RECEIVER.is_signed(headers, b"{ }", SHARED_SECRET.secret, now)
    assert not RECEIVER.is_signed(headers, b"{}", SHARED_SECRET.secret, now + 301)
    assert not RECEIVER.is_signed(
        headers | {"webhook-id": "event-2"}, b"{}", SHARED_SECRET.secret, now
    )
    assert not RECEIVER.is_signed({}, b"{}", SHARED_SECRET.secret, now)
    assert not RECEIVER.is_signed({"webhook-timestamp": "²"}, b"{}", SHARED_SECRET.secret, now)


def test_both_secrets_are_taken_while_they_change(running: Running) -> None:
    webhook = renewed(Webhook(running.url, (SHARED_SECRET,)), running.url, bytes, int(time.time()))
    running.send(moved(1, "decision"), *webhook.secrets)
    assert running.count("event") == 1


def test_an_event_that_breaks_off_is_stored_when_it_comes_again(running: Running) -> None:
    """The sender dies in the middle of the body."""
    port = int(running.url.split(":")[2].partition("/")[0])
    event = json.dumps(moved(1, "decision")).encode()
    headers = announcements.signed_headers("event-1", event, [SHARED_SECRET.key], int(time.time()))
    context = running.sender.context
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST / HTTP/1.1", f"content-length: {len(event)}", *lines, "", ""]
    plain = socket.create_connection(("127.0.0.1", port))
    with context.wrap_socket(plain, server_hostname=HOST) as tls:
        tls.sendall("\r\n".join(head).encode() + event[:20])
    running.send(moved(1, "decision"))
    assert running.count("event") == 1
