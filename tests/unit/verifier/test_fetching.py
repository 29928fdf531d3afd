"""A log behind an address: many files are fetched at once, never more than a few."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.log_world import LogWorld
from support.publish_world import CLOSED, live, sample_pack, sample_receipt

from verifier import verify
from verifier.verify import AT_ONCE, LogUnreadableError, Options, check_place, source_of, tile_names


class Served(ThreadingHTTPServer):
    """Serves files; a request waits until another one is there, if one should come."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.lock = files, threading.Lock()
        self.now, self.most, self.asked = 0, 0, list[str]()
        self.hostile: dict[str, Callable[[Callable[[bytes], object]], None]] = {}
        self.two, self.at_index = threading.Event(), dict[str, bytes]()

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
        if path in server.hostile:
            with suppress(OSError):
                server.hostile[path](self.wfile.write)
            self.close_connection = True
            return
        if path == "index.html":
            server.files |= server.at_index
        data = server.files.get(path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")
        with server.lock:
            server.now -= 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def sample_world() -> LogWorld:
    made = LogWorld()
    digest = made.put_set(sample_pack())
    made.count(sample_receipt(by_rule={live(): 2}, set=digest))
    made.publish(CLOSED)
    return made


def later_files() -> dict[str, bytes]:
    """The files after another run."""
    made = sample_world()
    made.count(sample_receipt(number=2, set=made.store.journal["acme", "2026-11-25"][0].set))
    made.publish("2026-11-26T02:30:00Z")
    return made.objects.stored


@pytest.fixture
def served() -> Iterator[Served]:
    made = sample_world()
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


def test_an_open_month_is_recounted_at_an_address_too(served: Served) -> None:
    assert "4 summaries recounted, 0 differ" in check_place(source_of(served.url), NOW).proved
    path = "summaries/all/2026-11.json"
    served.files[path] = re.sub(rb'("inspected": ?)\d+', rb"\g<1>99", served.files[path])
    by_list, *recounted = check_place(source_of(served.url), NOW).wrong
    assert by_list.startswith(f"{path} differs from the list of 2026-11-26T02:00:00Z")
    assert any("inspected: published 99, recounted" in line for line in recounted)


@pytest.mark.parametrize("moves", [True, False])
def test_if_a_run_ends_meanwhile_all_is_read_again_once(served: Served, *, moves: bool) -> None:
    served.at_index = later_files() if moves else {"index.html": b"of a run that goes on"}
    wrong = check_place(source_of(served.url), NOW).wrong
    assert ["index.html" in line for line in wrong] == ([] if moves else [True])
    assert served.asked.count("log/checkpoint") == 2 + moves
    assert served.asked.count("index.html") == 1 + moves


def test_the_names_of_a_log_are_those_of_its_tiles() -> None:
    assert list(tile_names(0)) == []
    assert list(tile_names(257)) == ["tile/entries/000", "tile/entries/001.p/1", "tile/0/000",
                                     "tile/0/001.p/1", "tile/1/000.p/1"]  # fmt: skip


def test_a_log_that_claims_to_be_endless_is_not_fetched_to_its_end(served: Served) -> None:
    source = source_of(served.url)
    source.fetch(f"log/{name}" for name in tile_names(10**15))
    assert len(served.asked) <= 64


OK = b"HTTP/1.0 200 OK\r\n"
Write = Callable[[bytes], object]


def without_end(begin: bytes, piece: bytes, pause: float = 0) -> Callable[[Write], None]:
    def answer(write: Write) -> None:
        write(begin)
        for _ in range(1 << 20):
            write(piece)
            time.sleep(pause)

    return answer


def once(data: bytes) -> Callable[[Write], None]:
    return lambda write: write(data) and None


HOSTILE = {
    "a body without end": without_end(OK + b"\r\n", bytes(1 << 16)),
    "headers without end": without_end(OK, b"a: b\r\n"),
    "a line without end": without_end(OK + b"a: ", bytes(1 << 16)),
    "a drip": without_end(OK + b"\r\n", b" ", 0.05),
    "a drip of headers": without_end(OK + b"a: ", b" ", 0.05),
    "another host": once(b"HTTP/1.0 302 x\r\nLocation: http://127.0.0.1:9/\r\n\r\n"),
    "a file of this machine": once(b"HTTP/1.0 302 x\r\nLocation: file:///etc/hosts\r\n\r\n"),
    "nowhere": once(b"HTTP/1.0 301 x\r\n\r\n"),
    "a short body": once(OK + b"Content-Length: 900000\r\n\r\nx"),
    "a short chunk": once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nx"),
    "a negative chunk": once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx"),
    "a status that is none": once(b"HTTP/1.0 abc\r\n\r\n"),
    "no status": once(b"\0\xff\r\n\r\n"),
    "nothing": once(b""),
    "an error": once(b"HTTP/1.0 500 x\r\n\r\n"),
}


@pytest.mark.parametrize("path", ["log/checkpoint", "log/vkey", "summaries/acme/2026-11-25.json"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_an_answer_that_is_none_is_wrong_and_ends_in_time(
    kind: str, path: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much is sent, and however slowly; nobody is followed anywhere else."""
    monkeypatch.setattr(verify, "SECONDS", 1)
    served.two.set()
    served.hostile[path] = HOSTILE[kind]
    if (kind, path) == ("nothing", "log/checkpoint"):
        with pytest.raises(LogUnreadableError, match="no answer"):
            check_place(source_of(served.url), NOW)
        return
    wrong = check_place(source_of(served.url), NOW).wrong
    assert any(line.startswith(path) for line in wrong), wrong
    if kind in ("another host", "a file of this machine"):
        assert any("redirect" in line.lower() for line in wrong)


@pytest.mark.parametrize("data", [b"<html>", b""])
def test_a_server_that_answers_everything_is_not_asked_without_end(
    data: bytes, served: Served
) -> None:
    """As one does that shows its first page in the place of every missing file."""
    served.hostile = dict.fromkeys(
        (f"log/{number}/{name}" for number in range(2, 99) for name in ("checkpoint", "vkey")),
        once(OK + b"\r\n" + data),
    )
    assert check_place(source_of(served.url), NOW).wrong
    asked = [path for path in served.asked if "checkpoint" in path]
    assert asked == 2 * ["log/checkpoint", "log/2/checkpoint"], "again to see whether they moved"


def test_a_file_is_read_again_after_it_was_forgotten(served: Served) -> None:
    source = source_of(served.url)
    served.hostile["log/vkey"] = HOSTILE["no status"]
    assert source.get("log/vkey") is None
    served.hostile.clear()
    assert source.get("log/vkey") is None
    source.forget("log/vkey")
    assert (source.get("log/vkey"), source.faults) == (served.files["log/vkey"], {})


def test_a_place_that_is_always_too_slow_is_given_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "SECONDS", 1)
    source = source_of(served.url)
    assert source.get("log/vkey")
    names = [f"log/{number}" for number in range(3 * AT_ONCE)]
    served.hostile = dict.fromkeys(names, HOSTILE["a drip"])
    source.fetch(names)
    assert len(source.faults) == len(names)
    assert len(served.asked) <= 2 * AT_ONCE
