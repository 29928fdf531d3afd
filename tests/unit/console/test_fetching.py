"""What an issuer answers over HTTP: a JSON object, a refused code, or a failure that names no word.

The issuer listens on this machine, as the one of the local stack does.
"""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs

import pytest

from console.application import MOST_BYTES, CodeRefusedError, IssuerError, fetch_json

FORM = {"code": "c 1", "client_id": "client-1"}


class Answers(BaseHTTPRequestHandler):
    """Answers by path: a status, and a body from the table below."""

    asked: ClassVar[list[tuple[str, str, dict[str, list[str]]]]] = []

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.asked.append((self.command, self.headers["Accept"], parse_qs(body)))
        status, answer = BODIES[self.path]
        self.send_response(status)
        self.send_header("Location", "/object")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = answer  # noqa: N815 - the names of the standard library

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def padded(size: int) -> bytes:
    """A JSON object of as many bytes."""
    return b"{" + b" " * (size - 2) + b"}"


BODIES = {
    "/object": (200, b'{"a": 1}'),
    "/list": (200, b"[]"),
    "/text": (200, b"sign in here"),
    "/bytes": (200, b"\xff\xfe"),
    "/largest": (200, padded(MOST_BYTES)),
    "/larger": (200, padded(MOST_BYTES + 1)),
    "/moved": (302, b""),
    "/refused": (400, json.dumps({"error": "invalid_grant"}).encode()),
    "/unknown": (401, b""),
    "/gone": (404, b""),
    "/failed": (500, b"secret words"),
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_it_is_asked_for_json_and_gets_a_form_by_post(issuer: str) -> None:
    Answers.asked.clear()
    assert fetch_json(f"{issuer}/object") == {"a": 1}
    assert fetch_json(f"{issuer}/object", FORM) == {"a": 1}
    assert Answers.asked == [
        ("GET", "application/json", {}),
        ("POST", "application/json", {"code": ["c 1"], "client_id": ["client-1"]}),
    ]


@pytest.mark.parametrize("path", ["/list", "/text", "/bytes", "/larger"])
def test_anything_but_an_object_is_the_issuers_fault(path: str, issuer: str) -> None:
    with pytest.raises(IssuerError, match="no JSON object"):
        fetch_json(f"{issuer}{path}")


def test_an_answer_of_the_largest_size_is_read(issuer: str) -> None:
    assert fetch_json(f"{issuer}/largest") == {}


@pytest.mark.parametrize("path", ["/refused", "/unknown"])
def test_a_code_is_refused_only_where_one_was_sent(path: str, issuer: str) -> None:
    with pytest.raises(CodeRefusedError):
        fetch_json(f"{issuer}{path}", FORM)
    with pytest.raises(IssuerError, match="answered 40"):
        fetch_json(f"{issuer}{path}")


@pytest.mark.parametrize(
    ("path", "status"), [("/moved", 302), ("/gone", 404), ("/failed", 500)]
)  # fmt: skip
@pytest.mark.parametrize("form", [None, FORM], ids=["asked", "sent"])
def test_no_redirect_is_followed_and_no_word_is_repeated(
    path: str, status: int, form: dict[str, str] | None, issuer: str
) -> None:
    with pytest.raises(IssuerError) as raised:
        fetch_json(f"{issuer}{path}", form)
    assert str(raised.value) == f"the issuer answered {status}"


def test_an_issuer_that_is_not_there_did_not_answer() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.server_close()
    with pytest.raises(IssuerError, match="did not answer: URLError"):
        fetch_json(f"http://127.0.0.1:{server.server_port}/object")
