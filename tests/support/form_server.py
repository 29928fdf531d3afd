"""An HTTP API on loopback in front of what answers its events, for pages in a browser."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support.serving import Quiet, serving

type Take = Callable[[Mapping[str, Any]], tuple[dict[str, Any], str]]


class _Api(Quiet, BaseHTTPRequestHandler):
    take: Take

    def do_GET(self) -> None:
        self._respond("")

    def do_POST(self) -> None:
        self._respond(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _respond(self, body: str) -> None:
        parts = urlsplit(self.path)
        reply, _ = self.take({
            "routeKey": f"{self.command} {parts.path}", "headers": dict(self.headers),
            "requestContext": {"http": {"method": self.command, "sourceIp": "192.0.2.7"}},
            "queryStringParameters": dict(parse_qsl(parts.query)), "body": body,
        })  # fmt: skip
        self.send_response(reply["statusCode"])
        for name, value in reply["headers"].items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply["body"].encode())


@contextmanager
def served(take: Take) -> Iterator[str]:
    """The address, without a slash at its end."""
    handler = type("_Served", (_Api,), {"take": staticmethod(take)})
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as address:
        yield address
