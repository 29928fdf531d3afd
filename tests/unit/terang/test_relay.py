"""`terang relay`: each post of a stream arrives and is counted once, whatever breaks off."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codes import OperatorError
from ledger.posts import read_line
from terang import ROOT, InputError, relay_sources
from terang import relay as relaying
from terang.relay import Cursor, Seen, bodies_of, relay, to_door
from terang.relay_sources import Bluesky, Mastodon, find_library

POST = {"account": "a", "audience": "public", "published_at": "2026-11-25T10:00:00Z"}
START = 1_764_065_000_000_000
"""Microseconds since 1970, on 25 November 2025."""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    monkeypatch.setattr(relaying, "QUIET_SECONDS", 0)


class StoppedError(Exception):
    """The relay is killed."""


class Stack:
    """What takes bodies: it counts one that it knows only once. It may die around a call."""

    def __init__(self, wanted: int = 2**30, deaths: Iterable[str] = ()) -> None:
        self.bodies: dict[str, dict[bytes, None]] = {"posts": {}, "cases": {}}
        self.wanted, self.deaths = wanted, iter(deaths)

    def send(self, kind: str, bodies: list[bytes]) -> int:
        death = next(self.deaths, "")
        if death == "busy":
            raise OSError("busy")
        if death == "before":
            raise StoppedError
        self.bodies[kind] |= dict.fromkeys(bodies)
        if death == "after" or len(self.ids()) + len(self.deleted()) >= self.wanted:
            raise StoppedError
        return 0

    def _lines(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(line) for body in self.bodies[kind] for line in body.splitlines()]

    def ids(self) -> list[str]:
        return [post["id"] for post in self._lines("posts")]

    def deleted(self) -> list[str]:
        return [message["post"] for message in self._lines("cases")]


class Stream:
    """A stream in memory that breaks off where it is told to."""

    name, ends = "stream", False

    def __init__(self, seen: list[Seen], breaks: Iterator[int]) -> None:
        self.seen, self.breaks, self.ends = seen, breaks, False

    def start(self) -> int | str:
        return "s000" if isinstance(self.seen[0].place, str) else 0

    def read(self, place: Any) -> Iterator[Seen]:
        left = [one for one in self.seen if one.place > place]
        stop = next(self.breaks, len(left))
        yield from left[:stop]
        if stop < len(left):
            raise ConnectionError("broke off")
        self.ends = True


def line(number: int, size: int = 0) -> bytes:
    return json.dumps(POST | {"id": f"p-{number}", "text": "x" * size}).encode()


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(0, 400), min_size=1, max_size=30),
    deaths=st.lists(st.sampled_from(["", "", "busy", "before", "after"]), max_size=20),
    breaks=st.lists(st.integers(0, 12), max_size=8),
    words=st.booleans(),
)
def test_each_post_is_counted_once_whatever_dies(
    sizes: list[int], deaths: list[str], breaks: list[int], words: bool, tmp_path_factory: Any
) -> None:
    """What was not acknowledged is read again, and in the same bodies. Places may be words."""
    seen = [Seen(number, line=line(number, size)) for number, size in enumerate(sizes, 1)]
    seen += [Seen(len(sizes) + 1, deleted="p-1")]
    if words:
        seen = [one._replace(place=f"s{one.place:03}") for one in seen]
    stack, stream = Stack(deaths=deaths), Stream(seen, iter(breaks))
    path = tmp_path_factory.mktemp("relay") / "cursor"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(relaying, "BODY_BYTES", 900)
        while not stream.ends:
            try:
                relay(stream, stack.send, path)
            except StoppedError:
                stream.ends = False
    assert stack.ids() == [f"p-{number}" for number in range(1, len(sizes) + 1)]
    assert stack.deleted() == ["p-1"]
    assert msgspec.json.decode(path.read_bytes(), type=Cursor) == Cursor("stream", seen[-1].place)


def event(number: int, at: int, operation: str = "create") -> dict[str, Any]:
    commit = {"operation": operation, "collection": "app.bsky.feed.post", "rkey": f"r{number}"}
    if operation != "delete":
        commit |= {"record": {"text": f"Rain {number}", "createdAt": "2025-11-25T10:00:00Z"}}
    return {"did": "did:plc:a", "time_us": at, "kind": "commit", "commit": commit}


def address(number: int) -> str:
    return f"at://did:plc:a/app.bsky.feed.post/r{number}"


class Jetstream:
    """`/subscribe` as its documentation says: from the first event at the cursor or later, in the
    order of the stream; from the oldest that is kept for an older cursor, without a word; a cursor
    in the future begins with what comes next. Events of accounts come whatever is wanted."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.frames_of: list[int] = []
        self.cursors: list[int] = []

    def serve(self, socket: Any) -> None:
        query = parse_qs(urlsplit(socket.request.path).query)
        assert query["wantedCollections"] == ["app.bsky.feed.post"]
        assert "permessage-deflate" not in str(socket.response.headers)
        self.cursors.append(int(query["cursor"][0]))
        later = (n for n, one in enumerate(self.events) if one["time_us"] >= self.cursors[-1])
        first = next(later, len(self.events))
        stop = first + self.frames_of.pop(0) if self.frames_of else len(self.events)
        for one in self.events[first:stop]:
            socket.send(json.dumps(one))


@pytest.fixture
def jetstream() -> Iterator[tuple[Jetstream, Bluesky]]:
    find_library("websockets")
    from websockets.sync.server import serve

    stream = Jetstream()
    with serve(stream.serve, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        yield stream, Bluesky(f"ws://127.0.0.1:{port}/subscribe")
        server.shutdown()


def run(source: Bluesky, path: Path, wanted: int, since: int = START) -> Stack:
    if not path.exists():
        Cursor("bluesky", since).write(path)
    stack = Stack(wanted)
    with pytest.raises(StoppedError):
        relay(source, stack.send, path)
    return stack


def test_posts_and_deletions_of_jetstream_arrive(
    jetstream: tuple[Jetstream, Bluesky], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drops lose nothing; what comes twice is sent once; what is out of order is sent; edits, likes
    and events of accounts are not. The place never goes back."""
    monkeypatch.setattr(relaying, "BODY_BYTES", 500)
    stream, source = jetstream
    times = [1, 2, 4, 3, 5, 6, 7]
    stream.events = [event(number, START + at) for number, at in enumerate(times)]
    stream.events.insert(2, {"did": "did:plc:a", "time_us": START + 2, "kind": "identity"})
    stream.events += [
        stream.events[4],
        event(3, START + 8, "update"),
        event(1, START + 9, "delete"),
    ]
    stream.events += [event(7, START + 10)]
    stream.frames_of = [3, 1, 0, 2]
    stack = run(source, tmp_path / "cursor", 9)
    assert stack.ids() == [address(number) for number in range(8)]
    assert stack.deleted() == [address(1)]
    assert stream.cursors[0] == START + 1
    for body in stack.bodies["posts"]:
        assert all(isinstance(read_line(one), tuple) for one in body.splitlines())


def test_days_of_lag_are_told(
    jetstream: tuple[Jetstream, Bluesky], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Jetstream keeps 36 hours. What lies before is lost, and the relay says how much."""
    stream, source = jetstream
    days = 3 * 24 * 3_600_000_000
    stream.events = [event(1, START + days), event(2, START + days + 1)]
    assert run(source, tmp_path / "cursor", 2).ids() == [address(1), address(2)]
    assert "nothing of 72.0 hours" in capsys.readouterr().err
    assert msgspec.json.decode((tmp_path / "cursor").read_bytes())["until"] == START + days + 1


@pytest.mark.nightly
def test_a_million_events_are_replayed(
    jetstream: tuple[Jetstream, Bluesky], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """In bounded memory: all but a batch and the last lines' hashes is with the sender."""
    wanted = int(os.environ.get("EVENTS", "1000000"))
    stream, source = jetstream
    stream.events = [event(number, START + number * 5_000) for number in range(wanted)]
    Cursor("bluesky", START - 1).write(tmp_path / "cursor")
    typed = [ROOT / ".venv/bin/terang", "relay", "bluesky", "--provider", "acme-chat"]
    typed += ["--from", source.address, "--cursor", tmp_path / "cursor"]
    began = time.monotonic()
    with subprocess.Popen(typed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as relaying:
        assert relaying.stdout is not None
        ids = {json.loads(relaying.stdout.readline())["id"] for _ in range(wanted)}
        seconds = time.monotonic() - began
        status = Path(f"/proc/{relaying.pid}/status").read_text("utf-8")
        relaying.terminate()
    [held] = re.findall(r"VmRSS:\s+(\d+) kB", status)
    with capfd.disabled():
        sys.stderr.write(f"\n{wanted / seconds:,.0f} events a second, {int(held) // 1024} MiB\n")
    assert (len(ids), int(held) < 300_000) == (wanted, True)


def test_a_first_start_reads_nothing_old(jetstream: tuple[Jetstream, Bluesky]) -> None:
    assert time.time_ns() // 1000 <= jetstream[1].start()


def test_a_cursor_of_another_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    Cursor("mastodon", 7).write(path)
    with pytest.raises(InputError, match="the cursor of mastodon"):
        relay(Bluesky(), Stack().send, path)
    path.write_text("{}")
    with pytest.raises(InputError, match="not a cursor"):
        relay(Bluesky(), Stack().send, path)


def status(number: int, visibility: str = "public", **more: Any) -> dict[str, Any]:
    html = f'<p>Rain {number}<br>on <a href="https://rain.example/{number}">roofs</a></p>'
    said = {"id": str(number), "content": html, "visibility": visibility, "account": {"id": "7"}}
    return said | {"created_at": "2026-11-25T10:00:00.000Z", "spoiler_text": ""} | more


class MastodonServer(BaseHTTPRequestHandler):
    """The instance, the local timeline by `min_id` (the oldest 40 after it, newest first), and its
    stream, as they are documented. Each opening of the stream gets the next of `streams`."""

    posts: ClassVar[list[dict[str, Any]]] = []
    streams: ClassVar[list[list[tuple[str, str]]]] = []

    def do_GET(self) -> None:
        assert self.headers["authorization"] == "Bearer token"
        path, _, query = self.path.partition("?")
        given = {name: int(value[0]) for name, value in parse_qs(query).items() if name != "local"}
        if path == "/api/v2/instance":
            here = f"ws://{self.headers['host']}"
            said = json.dumps({"configuration": {"urls": {"streaming": here}}})
        elif path == "/api/v1/timelines/public":
            later = [one for one in self.posts if int(one["id"]) > given.get("min_id", 0)]
            page = later[: given["limit"]] if "min_id" in given else later[-given["limit"] :]
            said = json.dumps(page[::-1])
        else:
            assert path == "/api/v1/streaming/public/local"
            events = self.streams.pop(0) if self.streams else []
            said = "".join(f"event: {kind}\ndata: {data}\n\n:thump\n" for kind, data in events)
        self.send_response(200)
        self.send_header("content-length", str(len(said.encode())))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: object) -> None:
        pass


def test_public_posts_of_a_mastodon_server_arrive_after_a_gap_too(tmp_path: Path) -> None:
    """What the timeline and the stream both have is sent once. Boosts, edits and what is not for
    everyone are not sent."""
    with HTTPServer(("127.0.0.1", 0), MastodonServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = Mastodon(f"http://127.0.0.1:{server.server_port}", "token")
        MastodonServer.posts = [status(number) for number in range(1, 100)]
        assert source.start() == 99
        Cursor("mastodon", 10).write(tmp_path / "cursor")
        twice, quiet = ("update", json.dumps(status(99))), status(101, "unlisted")
        other = [("update", json.dumps(one)) for one in (quiet, status(102, reblog=status(1)))]
        poll = {"poll": {"options": [{"title": "yes"}]}, "spoiler_text": "weather"}
        last = [("status.update", json.dumps(status(50))), ("delete", "20")]
        MastodonServer.streams = [[twice], [*other, *last]]
        MastodonServer.streams[1].append(("update", json.dumps(status(103, **poll))))
        stack = Stack(91)
        with pytest.raises(StoppedError):
            relay(source, stack.send, tmp_path / "cursor")
        server.shutdown()
    assert stack.ids() == [str(number) for number in (*range(11, 100), 103)]
    assert stack.deleted() == ["20"]
    post, _ = read_line([*stack.bodies["posts"]][-1].splitlines()[-1])  # type: ignore[misc]
    assert (post.text, post.links) == ("Rain 103\non roofs", ["https://rain.example/103"])
    assert post.media_text == ["weather", "yes"]


@pytest.fixture
def door() -> Iterator[tuple[str, list[tuple[int, dict[str, str]]], list[tuple[str, bytes]]]]:
    """A door that gives the answers of a list, and then 202; and what it took."""
    answers: list[tuple[int, dict[str, str]]] = []
    taken: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["authorization"] == "Bearer acme-chat.secret"
            status, headers = answers.pop(0) if answers else (202, {})
            if status == 202:
                taken.append((self.path, body))
            said = json.dumps({"refused_records": 2 if status == 422 else 0}).encode()
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", answers, taken
        server.shutdown()


def test_the_door_is_asked_again_when_it_is_busy(door: Any, monkeypatch: Any) -> None:
    """It says how long to wait: 429 with retry-after. The same body comes again."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    url, answers, taken = door
    answers += [(429, {"retry-after": "7"}), (503, {})]
    send = to_door(url, "acme-chat.secret")
    assert send("posts", [line(1), line(2)]) == 0
    assert taken == [("/v1/posts", line(1)), ("/v1/posts", line(2))]
    assert pauses[0] == 7
    answers += [(422, {})]
    assert send("posts", [line(1) + b"\n" + line(2)]) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 301])
def test_what_waiting_does_not_mend_ends_the_relay(door: Any, status: int) -> None:
    door[1].append((status, {"location": "http://127.0.0.1:1/"}))
    with pytest.raises(OperatorError, match=f"answers {status}"):
        to_door(door[0], "acme-chat.secret")("cases", [b"{}"])


@pytest.mark.parametrize("limit", [0, 5, 100])
def test_bodies_hold_all_lines(limit: int) -> None:
    lines = [b"a" * size for size in (1, 2, 3, 9, 1)]
    bodies = [*bodies_of(lines, limit)]
    assert b"\n".join(bodies).split(b"\n") == lines
    assert all(len(body) <= limit or b"\n" not in body for body in bodies)


def call(*words: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [ROOT / ".venv/bin/terang", "relay", *words], input=text, capture_output=True
    )


def test_stdin_passes_on_what_is_public() -> None:
    private = json.dumps(POST | {"id": "p", "text": "", "audience": "friends"}).encode()
    done = call(
        "stdin", "--provider", "acme-chat", text=line(1) + b"\n\n" + private + b"\n" + line(2)
    )
    assert done.stdout.splitlines() == [line(1), line(2)]
    assert b"not public 1, posts 2" in done.stderr


@pytest.mark.parametrize(("words", "said"), [
    (["stdin", "--to", "https://stack.example"], "give --to with --secret-file"),
    (["stdin", "--to", "http://stack.example", "--secret-file", "README.md"], "over https:// only"),
    (["matrix", "--from", "https://x", "--token-file", "README.md"], "matrix needs --room"),
])  # fmt: skip
def test_wrong_usage_says_what_is_allowed(words: list[str], said: str) -> None:
    done = call(*words, "--provider", "acme-chat")
    assert (done.returncode, said in done.stderr.decode()) == (2, True)


def test_only_the_sources_import_the_extra_and_only_the_command_imports_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the extra, the rest of the command works, and the error names it."""
    importing = {
        path.name
        for folder in ("layers", "functions", "local")
        for path in (ROOT / folder).rglob("*.py")
        if any(f"{word} " in path.read_text("utf-8") for word in ("from websockets",))
        or "terang.relay" in path.read_text("utf-8")
    }
    assert importing == {"relay_sources.py", "relaying.py"}
    monkeypatch.setattr(relay_sources, "PACKAGES", "nowhere")
    with pytest.raises(OperatorError, match="no_such_library: install it with `make relay`"):
        find_library("no_such_library")
