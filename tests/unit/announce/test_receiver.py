"""events/receiver.py keeps each event once, from a sender that fails, delays and repeats."""

import importlib.util
import json
import random
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.tls_receiver import HOST, certificate, receiver, sender_to, served

from announce.announcements import WebhookError, WebhookSender, signed_headers
from ledger.keys import Webhook, WebhookSecret, renewed

ROOT = Path(__file__).resolve().parents[3]
SECRET = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


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
    sender: WebhookSender
    path: Path

    def send(self, event: dict[str, Any], *secrets: WebhookSecret) -> None:
        webhook = Webhook(self.url, secrets or (SECRET,))
        self.sender.send(webhook, event["id"], json.dumps(event).encode())

    def count(self, table: str) -> int:
        with closing(sqlite3.connect(self.path)) as store:
            [(count,)] = store.execute(f"select count(*) from {table}")
        return int(count)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    pem, path = certificate(tmp_path), tmp_path / "events.db"
    server = RECEIVER.server(str(path), SECRET.secret, 0)
    with served(server, pem) as url:
        yield Running(url, sender_to(pem), path)


def moved(number: int, kind: str) -> dict[str, Any]:
    data = {"entry": str(number), "type": kind, "at": "", "cases": ["case-1"]}
    at = f"2026-11-25T12:00:{number:02}Z"
    return {"id": f"event-{number}", "type": "case.moved", "timestamp": at, "data": data}


def recorded(number: int) -> dict[str, Any]:
    one = {"finding": f"f-{number}", "pack": "codes", "version": 3, "rule": "asks", "mode": "live"}
    return {
        "id": f"found-{number}",
        "type": "findings.recorded",
        "timestamp": "2026-11-25T11:00:00Z",
        "data": {"findings": [one, one | {"finding": "f-all", "held": True}]},
    }


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
    with pytest.raises(WebhookError, match="http_401"):
        running.send(moved(1, "decision"), stranger)
    assert running.count("event") == 0


def test_an_old_signature_and_a_changed_body_are_refused() -> None:
    now = int(time.time())
    headers = signed_headers("event-1", b"{}", [SECRET.key], now)
    assert RECEIVER.is_signed(headers, b"{}", SECRET.secret, now)
    assert not RECEIVER.is_signed(headers, b"{ }", SECRET.secret, now)
    assert not RECEIVER.is_signed(headers, b"{}", SECRET.secret, now + 301)
    assert not RECEIVER.is_signed(headers | {"webhook-id": "event-2"}, b"{}", SECRET.secret, now)
    assert not RECEIVER.is_signed({}, b"{}", SECRET.secret, now)
    assert not RECEIVER.is_signed({"webhook-timestamp": "²"}, b"{}", SECRET.secret, now)


def test_both_secrets_are_taken_while_they_change(running: Running) -> None:
    webhook = renewed(Webhook(running.url, (SECRET,)), running.url, bytes, int(time.time()))
    running.send(moved(1, "decision"), *webhook.secrets)
    assert running.count("event") == 1


def test_an_event_that_breaks_off_is_stored_when_it_comes_again(running: Running) -> None:
    """The sender dies in the middle of the body."""
    port = int(running.url.split(":")[2].partition("/")[0])
    event = json.dumps(moved(1, "decision")).encode()
    headers = signed_headers("event-1", event, [SECRET.key], int(time.time()))
    context = running.sender.context
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST / HTTP/1.1", f"content-length: {len(event)}", *lines, "", ""]
    plain = socket.create_connection(("127.0.0.1", port))
    with context.wrap_socket(plain, server_hostname=HOST) as tls:
        tls.sendall("\r\n".join(head).encode() + event[:20])
    running.send(moved(1, "decision"))
    assert running.count("event") == 1


def test_a_receiver_that_fails_twice_hangs_and_redirects_gets_the_event_in_the_end(
    tmp_path: Path,
) -> None:
    """As the queue does: each failure is tried again, and no other address is called."""
    pem = certificate(tmp_path)
    orders, codes = ["500", "500", "302", "hang"], []
    with receiver(pem) as told:
        told.next = list(orders)
        for _ in range(len(orders) + 1):
            try:
                sender_to(pem, seconds=0.3).send(Webhook(told.url, (SECRET,)), "event-1", b"{}")
            except WebhookError as error:
                codes.append(error.code)
        assert codes == ["http_500", "http_500", "http_302", "timeout"]
        assert {headers["webhook-id"] for headers, _ in told.arrived} == {"event-1"}
        assert len(told.arrived) == 5
