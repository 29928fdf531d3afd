"""The door at home: serves the desk on loopback to one browser, by the standard library.

A one-time key in the first address becomes a session cookie. Host and Origin must be this server's
own, so that no other page in the same browser, and no name that was pointed at 127.0.0.1, can use
it. Source: OWASP ASVS 5.0, 3.5.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from desk.moderator import Moderator
from desk.routes.application import SECURITY_HEADERS, DeskApplication
from desk.session import FORM_BYTES, DeskSession, cookie_of
from terang.review.browser import LOOPBACK

ENTER, LEAVE, PUBLIC = "/enter", "/leave", "/public/"
SLOW_SECONDS = 10
"""How long a browser may take to send a request: some open connections and send nothing."""

PUBLIC_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""For published pages of the run, which name the digest of their own stylesheet themselves."""


@dataclass(slots=True)
class HomeDoor:
    """The port `DeskDoor` for one moderator: a key that works once, then a cookie."""

    moderator: Moderator
    port: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    sign_in: str = ""
    sign_out: str = LEAVE
    _cookie: str = ""

    @property
    def origin(self) -> str:
        """Return the origin of the pages."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def address(self) -> str:
        """Return the address that opens the desk once."""
        return f"{self.origin}{ENTER}?key={self.key}"

    @property
    def cookie_name(self) -> str:
        """Return the cookie's name: cookies do not know ports, and two desks may be open."""
        return f"desk-{self.port}"

    def enter(self, key: str) -> str:
        """Return the header that sets the session cookie; empty if the key is wrong or used up."""
        if not self.key or not hmac.compare_digest(key.encode(), self.key.encode()):
            return ""
        self.key, self._cookie = "", secrets.token_urlsafe(24)
        return f"{self.cookie_name}={self._cookie}; Path=/; HttpOnly; SameSite=Strict"

    def session(self, event: Mapping[str, Any]) -> DeskSession | None:
        """Return the moderator's session, if the request has its cookie."""
        sent = cookie_of(event, self.cookie_name)
        if not self._cookie or not hmac.compare_digest(sent.encode(), self._cookie.encode()):
            return None
        token = hmac.new(self.secret, sent.encode(), hashlib.sha256).hexdigest()
        return DeskSession(self.moderator, token)

    def leave(self) -> None:
        """End the session."""
        self._cookie = ""


@dataclass(slots=True)
class HomeServer:
    """Serves the application until the moderator leaves, and calls `tick` twice a second."""

    door: HomeDoor
    application: DeskApplication
    tick: Callable[[], None]
    public: Path | None
    _server: ThreadingHTTPServer
    _lock: RLock = field(default_factory=RLock)

    @classmethod
    def open(
        cls,
        moderator: Moderator,
        application: Callable[[HomeDoor], DeskApplication],
        tick: Callable[[], None],
        port: int = 0,
        public: Path | None = None,
    ) -> "HomeServer":
        """Take a port of loopback, any free one for 0. Raises OSError if it is taken."""
        server = _Listener((LOOPBACK, port), _Handler)
        door = HomeDoor(moderator, server.server_port)
        home = cls(door, application(door), tick, public, server)
        server.home = home
        return home

    def serve(self) -> None:
        """Answer requests until `stop` or an interrupt."""
        try:
            self._server.serve_forever(poll_interval=0.5)
        finally:
            self.close()

    def close(self) -> None:
        """Give the port back."""
        self._server.server_close()

    def stop(self) -> None:
        """Let `serve` return. Safe in any thread but the one that serves."""
        self._server.shutdown()

    def ticked(self) -> None:
        """Do due work between two requests."""
        with self._lock:
            self.tick()

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to one request; one at a time, as the application needs it."""
        with self._lock:
            method = event["requestContext"]["http"]["method"]
            if method == "GET" and event["rawPath"] == ENTER:
                return self._entered(event)
            if method == "GET" and event["rawPath"].startswith(PUBLIC) and self.public:
                return self._published(event, self.public)
            answer = self.application.respond(event)
            if method == "POST" and event["rawPath"] == LEAVE and answer["statusCode"] < 400:
                self.door.leave()
                Thread(target=self._server.shutdown).start()  # it waits for this very answer
            return answer

    def _entered(self, event: Mapping[str, Any]) -> dict[str, Any]:
        cookie = self.door.enter(event["queryStringParameters"].get("key", ""))
        if not cookie:
            return self.application.respond({**event, "rawPath": "/"})
        headers = {**SECURITY_HEADERS, "Location": "/"}
        return {"statusCode": 303, "headers": headers, "cookies": [cookie], "body": ""}

    def _published(self, event: Mapping[str, Any], public: Path) -> dict[str, Any]:
        """Return a published page of the run."""
        file = (public / event["rawPath"].removeprefix(PUBLIC)).resolve()
        known = file.suffix == ".html" and file.is_relative_to(public.resolve()) and file.is_file()
        if not known or self.door.session(event) is None:
            return self.application.respond({**event, "rawPath": "/public"})
        headers = {**SECURITY_HEADERS, "Content-Security-Policy": PUBLIC_POLICY}
        headers["Content-Type"] = "text/html; charset=utf-8"
        return {"statusCode": 200, "headers": headers, "body": file.read_text("utf-8")}


class _Listener(ThreadingHTTPServer):
    """Listens on loopback. Threads, because a browser opens connections before it needs them."""

    daemon_threads = True
    home: HomeServer

    def service_actions(self) -> None:
        self.home.ticked()

    def handle_error(self, *_: object) -> None:
        """Say nothing: a browser that goes away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    """Turns a request into an event of an HTTP API, and an answer into bytes."""

    server: _Listener
    timeout = SLOW_SECONDS
    protocol_version = "HTTP/1.1"
    server_version = "terang"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > FORM_BYTES:
            self.close_connection = True
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        self._answer(self.rfile.read(int(length)).decode("utf-8", "replace"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Log nothing: an address names a case."""

    def _answer(self, body: str) -> None:
        door = self.server.home.door
        if self.headers.get_all("Host") == [f"localhost:{door.port}"] and self.command == "GET":
            self._send(303, {"Location": f"{door.origin}{self.path}"}, (), "")
            return
        if self.headers.get_all("Host") != [f"{LOOPBACK}:{door.port}"]:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        answer = self.server.home.answer(self._event(body))
        cookies = answer.get("cookies", ())
        self._send(answer["statusCode"], answer["headers"], cookies, answer["body"])

    def _event(self, body: str) -> dict[str, Any]:
        parts = urlsplit(f"//x{self.path}" if self.path.startswith("/") else "//x/")
        try:
            query = dict(parse_qsl(parts.query, max_num_fields=50))
        except ValueError:
            query = {}
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            cookies = SimpleCookie()
        path = unquote(parts.path)
        return {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": parts.query,
            "cookies": [f"{name}={morsel.value}" for name, morsel in cookies.items()],
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "queryStringParameters": query,
            "requestContext": {
                "http": {"method": self.command, "path": path},
                "stage": "$default",
            },
            "body": body,
            "isBase64Encoded": False,
        }

    def _refuse(self, status: HTTPStatus) -> None:
        self._send(status, {**SECURITY_HEADERS, "Content-Type": "text/plain"}, (), status.phrase)

    def _send(self, status: int, headers: Mapping[str, str], cookies: Any, body: str) -> None:
        data = body.encode("utf-8", "replace")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        for cookie in cookies:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
