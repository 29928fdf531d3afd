"""The deployed console at an address of its own, and a browser of plain HTTP that asks it."""

import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlencode, urlsplit

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


@dataclass
class Page:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of its forms, the first of each name."""
        fields: dict[str, str] = {}
        for name, value in HIDDEN.findall(self.text):
            fields.setdefault(name, unescape(value))
        return fields


@contextmanager
def console_address(emulator: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve an API of the emulator on a port of its own, as a domain of the console would.

    The emulator knows an API by its host, which no browser reaches here. `api` in the dict that is
    returned names it once it is known.
    """
    port, known = urlsplit(emulator).port, dict[str, str]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._hand_on(None)

        def do_POST(self) -> None:
            self._hand_on(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _hand_on(self, body: bytes | None) -> None:
            host = f"{known['api']}.execute-api.localhost:{port}"
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                connection.request(self.command, self.path, body, {**self.headers, "Host": host})
                answer = connection.getresponse()
                data = answer.read()
            finally:
                connection.close()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        # AWS takes plain HTTP for `localhost` alone, and so do browsers for secure cookies.
        yield f"http://localhost:{server.server_port}", known
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Browser:
    """Asks the console and the emulator."""

    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, address: str) -> Page:
        return self._ask("GET", address, None)

    def post(self, address: str, form: Mapping[str, str], origin: str = "") -> Page:
        return self._ask("POST", address, urlencode(form), origin)

    def _ask(self, method: str, address: str, body: str | None, origin: str = "") -> Page:
        parts = urlsplit(address)
        kept = self.cookies.setdefault(parts.netloc, {})
        headers = {"Host": parts.netloc}
        if kept:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = origin or f"{parts.scheme}://{parts.netloc}"
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
        try:
            path = parts.path or "/"
            query = f"?{parts.query}" if parts.query else ""
            connection.request(method, path + query, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    kept.pop(name, None)
                else:
                    kept[name] = morsel.value
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        return Page(answer.status, lowered, text)
