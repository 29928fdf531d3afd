"""A log behind an address: many files are fetched at once, never more than a few."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.log_world import LogWorld
from support.publish_world import CLOSED, live, sample_pack, sample_receipt

from verifier.verify import AT_ONCE, LogUnreadableError, Options, check_place, source_of, tile_names


class Served(ThreadingHTTPServer):
    """Serves files; a request waits until another one is there, if one should come."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.lock = files, threading.Lock()
        self.now, self.most, self.asked = 0, 0, list[str]()
        self.two = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Served

    def do_GET(self) -> None:
        path, server = self.path[1:], self.server
        with server.lock:
            server.asked.append(path)
            server.now += 1
            server.most = max(server.most, server.now)
            if server.now > 1:
                server.two.set()
        if path.startswith("summaries/"):
            server.two.wait(10)
        data = server.files.get(path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")
        with server.lock:
            server.now -= 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def served() -> Iterator[Served]:
    made = LogWorld()
    digest = made.put_set(sample_pack())
    made.count(sample_receipt(by_rule={live(): 2}, set=digest))
    made.publish(CLOSED)
    with Served(dict(made.objects.stored)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


NOW = Options(now=datetime(2026, 11, 26, 3, tzinfo=UTC))


def test_files_are_fetched_together_and_each_once(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    result = check_place(source_of(served.url), NOW)
    assert result.wrong == []
    assert capsys.readouterr().err == ""  # only a terminal is shown how far it is
    assert 1 < served.most <= AT_ONCE
    assert len(served.asked) == len(set(served.asked))


def test_a_server_that_fails_is_said_to_be_unreadable(served: Served) -> None:
    source = source_of(served.url)
    served.server_close()
    with pytest.raises((LogUnreadableError, OSError)):
        check_place(source, NOW)


def test_the_names_of_a_log_are_those_of_its_tiles() -> None:
    assert list(tile_names(0)) == []
    assert list(tile_names(257)) == [
        "tile/entries/000",
        "tile/entries/001.p/1",
        "tile/0/000",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
    ]


def test_a_log_that_claims_to_be_endless_is_not_fetched_to_its_end(served: Served) -> None:
    source = source_of(served.url)
    source.fetch(f"log/{name}" for name in tile_names(10**15))
    assert len(served.asked) <= 64
