"""`terang relay matrix`: what an open room says becomes posts. tests/stack/test_matrix.py reads a
real server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import takewhile
from typing import Any, ClassVar
from urllib.parse import unquote

import pytest

from ledger.codes import OperatorError
from ledger.posts import read_line
from terang.relay_sources import Matrix


class MatrixServer(BaseHTTPRequestHandler):
    """Two rooms, one of them closed. It is busy at first."""

    answers: ClassVar[dict[str, Any]] = {
        "sync?since=s1": {"next_batch": "s2"},
        "directory/room/#rain:home.example": {"room_id": "!rain"},
        "directory/room/#snow:home.example": {"room_id": "!snow"},
        "rooms/!rain/state/m.room.history_visibility": {"history_visibility": "world_readable"},
        "rooms/!snow/state/m.room.history_visibility": {"history_visibility": "shared"},
        "rooms/!rain/messages?from=t1": {"chunk": []},
    }
    busy: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        path, _, query = self.path.removeprefix("/_matrix/client/v3/").partition("?")
        wanted = [word for word in query.split("&") if word.startswith(("from", "since"))]
        answer = self.answers.get(unquote("?".join([path, *wanted])))
        self.send_response(429 if self.busy else 200 if answer else 404)
        for _ in self.busy[:1]:
            self.send_header("retry-after", self.busy.pop())
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def matrix() -> Iterator[Matrix]:
    with HTTPServer(("127.0.0.1", 0), MatrixServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        rooms = ("#rain:home.example", "#snow:home.example")
        yield Matrix(f"http://127.0.0.1:{server.server_port}", "token", rooms)
        server.shutdown()


def said(body: object, relation: object = None, msgtype: str = "m.text", **more: Any) -> Any:
    return {"msgtype": msgtype, "body": body, "m.relates_to": relation} | more


REPLY = {"m.in_reply_to": {"event_id": "$0"}}
HTML = {"format": "org.matrix.custom.html"}
QUOTE = "<mx-reply>Dry</mx-reply>"


@pytest.mark.parametrize(("content", "fields"), [
    (said("Rain"), {"text": "Rain"}),
    (said("> <@b:x> Dry\n> all day\n\n> Rain", REPLY), {"text": "> Rain"}),
    (said("> Dry\nRain"), {"text": "> Dry\nRain"}),
    (said("", REPLY, **HTML, formatted_body=f'{QUOTE}<a href="https://rain.example">Rain</a>'),
     {"text": "Rain", "links": ["https://rain.example"]}),
    (said("Rain", **HTML, formatted_body=f"{QUOTE}!"), {"text": "Dry!"}),
    (said("Rain", **HTML), {"text": "Rain"}),
    (said("Roofs", msgtype="m.image"), {"text": "", "media_text": ["Roofs"]}),
    (said("Edit", {"rel_type": "m.replace", "event_id": "$0"}), None),
    ({}, None),
    (said(["Rain"]), None),
])  # fmt: skip
def test_what_is_said_in_an_open_room_is_a_post(
    matrix: Matrix, content: Any, fields: Any, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A busy server is asked again when it says. Of a room that is not open, nothing is read."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    MatrixServer.busy.append("7")
    event = {"type": "m.room.message", "event_id": "$1", "sender": "@a:home.example",
             "origin_server_ts": 1_795_601_000_500, "content": content}  # fmt: skip
    gone = {"type": "m.room.redaction", "origin_server_ts": 1, "content": {}}
    page = [event, gone | {"redacts": "$2"}, gone | {"content": {"redacts": "$3"}}, {}]
    monkeypatch.setitem(MatrixServer.answers, "joined_rooms", {"joined_rooms": []})
    monkeypatch.setitem(
        MatrixServer.answers, "rooms/!rain/messages?from=s1", {"chunk": page, "end": "t1"}
    )
    seen = [*takewhile(lambda one: " ! " not in str(one.place), matrix.read("s1 s1 ! s1"))]
    assert {one.place for one in seen} == {"s1 s2 !rain s1"}
    assert ([one.deleted for one in seen], seen[3].left_out) == (["", "$2", "$3", ""], "unreadable")
    assert (pauses, "#snow:home.example is left out" in capsys.readouterr().err) == ([7], True)
    if fields is None:
        assert seen[0].line == b""
        return
    post, _ = read_line(seen[0].line)  # type: ignore[misc]
    assert {name: getattr(post, name) for name in fields} == fields
    assert (post.id, post.account, post.published_at.isoformat(), post.url) == (
        "$1", "@a:home.example", "2026-11-25T10:03:20+00:00",
        "https://matrix.to/#/%23rain%3Ahome.example/%241",
    )  # fmt: skip


@pytest.mark.parametrize(("joined", "rooms", "said"), [
    (["!rain"], (), "must have joined no room"),
    ([], ("#fog:home.example",), "answers 404"),
])  # fmt: skip
def test_what_matrix_cannot_read_ends_the_relay(
    matrix: Matrix, joined: Any, rooms: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MatrixServer.answers, "joined_rooms", {"joined_rooms": joined})
    matrix.rooms = rooms
    with pytest.raises(OperatorError, match=said):
        next(matrix.read("s1 s1 ! s1"))
