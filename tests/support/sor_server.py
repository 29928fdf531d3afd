"""The API of the DSA Transparency Database on loopback, with the rules that it is known to have. It
shares no code with what is tested."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support.serving import Quiet, serving

REQUIRED = ("decision_ground", "category", "content_type", "decision_facts", "puid")
TOKEN = "the-token"


@dataclass
class Database:
    """What the server has, and what it is told to do next: each entry answers one request."""

    has: dict[str, dict[str, Any]] = field(default_factory=dict)
    next: list[str] = field(default_factory=list)
    requests: int = 0
    address: str = ""
    held: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def answer(self, token: str, body: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
        """The status, headers and body for a request."""
        self.requests += 1
        order = self.next.pop(0) if self.next else ""
        if token != f"Bearer {TOKEN}":
            return 401, {}, {"message": "Unauthenticated."}
        if order == "429":
            return 429, {"Retry-After": "7"}, {"message": "Too Many Attempts."}
        if order == "500":
            return 500, {}, {"message": "Server Error"}
        statements = json.loads(body)["statements"]
        if not 1 <= len(statements) <= 100:
            return 422, {}, {"errors": {"statements": ["between 1 and 100"]}}
        faults = [faults_of(statement) for statement in statements]
        errors = {f"statement_{number}": wrong for number, wrong in enumerate(faults) if wrong}
        if errors:
            return 422, {}, {"errors": errors}
        puids = [statement["puid"] for statement in statements]
        known = sorted({puid for puid in puids if puid in self.has or puids.count(puid) > 1})
        if known:
            return 422, {}, {"message": "exists", "errors": {"existing_puids": known}}
        taken = [statement | {"uuid": f"u-{statement['puid']}", "created_at": "now"}
                 for statement in statements]  # fmt: skip
        self.has |= {one["puid"]: one for one in taken}
        if order == "held":  # taken, and the answer waits for a word of the test
            self.held.set()
            self.go_on.wait(30)
        if order in {"lost", "held"}:
            return 0, {}, {}
        return 201, {}, {"statements": taken}


def faults_of(statement: dict[str, Any]) -> dict[str, list[str]]:
    """The fields that are wrong; a category of LATE is one that only the server knows to be."""
    missing = {name: ["is required."] for name in REQUIRED if not statement.get(name)}
    if statement.get("category") == "LATE":
        missing["category"] = ["is invalid."]
    return missing


@contextmanager
def served() -> Iterator[Database]:
    """The database on a port of its own."""
    database = Database()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            right = self.path == "/api/v1/statements"
            token = self.headers.get("Authorization", "")
            status, headers, said = database.answer(token, body) if right else (404, {}, {})
            if not status:
                self.connection.close()  # taken, and the answer is lost
                return
            data = json.dumps(said).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as database.address:
        yield database
