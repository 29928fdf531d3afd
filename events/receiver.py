"""Receive the events of a Terang stack: check each signature, take repeats and any order.

    WEBHOOK_SECRET=whsec_… python events/receiver.py events.db 8080

It listens on this machine only: put the server that ends your TLS in front of it. The secret is
what `terang webhooks add` printed. Standard library only; docs/events.md describes the events.
"""

import base64
import hmac
import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300
"""Seconds that a signature may be old, so that a recorded request cannot be sent again later."""

MOST_BYTES = 256 * 1024

TABLES = """
create table if not exists event (id text primary key, timestamp text, type text, body text);
create table if not exists finding (finding text primary key, rule text, proposes int);
"""


def is_signed(headers, body: bytes, secret: str, now: float) -> bool:
    """Return whether one of the signatures is ours. During a change of secrets there are two."""
    name, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isdecimal() or abs(now - int(sent)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{name}.{sent}.".encode() + body, sha256)
    ours = b"v1," + base64.b64encode(digest)
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(ours, signature) for signature in given)


def keep(store: sqlite3.Connection, event: dict) -> bool:
    """Keep an event once, and what follows from it in the same transaction. False for a repeat."""
    row = (event["id"], event["timestamp"], event["type"], json.dumps(event))
    with store:
        if not store.execute("insert or ignore into event values (?, ?, ?, ?)", row).rowcount:
            return False
        if event["type"] == "findings.recorded":
            for found in event["data"]["findings"]:
                rule = f"{found['pack']}/{found['version']}/{found['rule']}"
                proposes = found["mode"] == "live" and not found.get("held")
                row = (found["finding"], rule, proposes)
                store.execute("insert or ignore into finding values (?, ?, ?)", row)
    return True


def history(store: sqlite3.Connection, case: str) -> list[dict]:
    """Return what happened to a case, in its own order and not in that of the arrivals."""
    rows = store.execute("select body from event where type = 'case.moved' order by timestamp")
    moves = [json.loads(body)["data"] for (body,) in rows]
    return [move for move in moves if case in move["cases"]]


def server(path: str, secret: str, port: int) -> ThreadingHTTPServer:
    """Return a server that answers 204 once an event is stored, or was stored before."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if not length.isdecimal() or int(length) > MOST_BYTES:
                return self.answer(413)
            body = self.rfile.read(int(length))
            if not is_signed(self.headers, body, secret, time.time()):
                return self.answer(401)
            with closing(sqlite3.connect(path, timeout=10)) as store:
                keep(store, json.loads(body))
            return self.answer(204)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with closing(sqlite3.connect(path)) as store:
        store.executescript(TABLES)
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    server(sys.argv[1], os.environ["WEBHOOK_SECRET"], int(sys.argv[2])).serve_forever()
