"""The streams that `terang relay` reads: stdin, Bluesky's Jetstream, Mastodon, Matrix.

Only what is addressed to everyone is passed on. Edits are not: a post is inspected as it was
created.
"""

import os
import re
import select
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import quote

import msgspec
import urllib3

from ledger import post_fields
from ledger.codes import Code, OperatorError, Refusal
from ledger.posts import CHUNK_BYTES, LINE_BYTES, read_line
from terang import ROOT
from terang.relay import LONGEST_BYTES, Seen
from terang.terminal import print_warning

PACKAGES = ".tools/relay/lib/python3*/site-packages"

GAP_SECONDS = 600
"""A stream that continues so much later than it was left has lost something, or was silent."""

REWIND_MICROSECONDS = 2_000_000
"""How far Jetstream is read again when it breaks off: another server has other times."""


def find_library(name: str) -> None:
    """Make a library of the extra importable. Raises OperatorError if it is not installed."""
    sys.path.extend(map(str, ROOT.glob(PACKAGES)))
    if find_spec(name) is None:
        raise OperatorError(
            f"this stream needs {name}: install it with `make relay`, or for a command that was"
            " installed alone with `uv tool install '.[relay]'`"
        )


def post_line(fields: dict[str, Any]) -> bytes:
    """Return a post as a line; what its format does not say is left out."""
    return msgspec.json.encode({name: value for name, value in fields.items() if value is not None})


@dataclass(slots=True)
class Lines:
    """Posts on stdin, one a line. A post that is not marked public is left out."""

    name: str = "stdin"
    ends: bool = True

    def start(self) -> int:
        """Return the place before the first line."""
        return 0

    def read(self, place: int) -> Iterator[Seen]:
        """Yield each line that is not blank. A pipe may be silent for long."""
        number, rest, more = place, b"", b" "
        while more or rest:
            if not select.select([0], [], [], 1)[0]:
                yield Seen(number)
                continue
            more = os.read(0, CHUNK_BYTES)
            *lines, rest = (rest + more).split(b"\n") if more else (rest, b"")
            if len(rest) > LONGEST_BYTES:
                raise OperatorError(f"a line after line {number} is longer than 1 MB")
            for line in filter(bytes.strip, lines):
                number += 1
                post = read_line(line)
                is_private = isinstance(post, Refusal) and post.code is Code.NOT_PUBLIC
                yield Seen(number, line=line, left_out="not public" if is_private else "")


@dataclass(slots=True)
class Bluesky:
    """Posts of Jetstream: all are public. A place is the time of an event in microseconds.

    Source: bluesky-social/jetstream, docs/README.md of 2026-08-14, 5.1 (`/subscribe`).
    """

    address: str = "wss://jetstream2.us-east.bsky.network/subscribe"
    name: str = "bluesky"
    ends: bool = False
    _rewind: int = -1  # at first, continue behind the place

    def start(self) -> int:
        """Return the time of now."""
        return time.time_ns() // 1000

    def read(self, place: int) -> Iterator[Seen]:
        """Yield what comes after a time. A place never goes back, whatever comes out of order.

        Jetstream keeps about 36 hours, and begins with the oldest for an older place. A relay knows
        what it reads again; one that was started again does not, and so begins behind the place.
        """
        find_library("websockets")
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        latest, is_first = place, True
        query = f"wantedCollections={post_fields.POSTS}&cursor={latest - self._rewind}"
        self._rewind = REWIND_MICROSECONDS
        try:
            with connect(
                f"{self.address}?{query}", compression=None, max_size=LINE_BYTES
            ) as socket:
                while True:
                    try:
                        frame = socket.recv(timeout=1, decode=False)
                    except TimeoutError:
                        yield Seen(latest)
                        continue
                    event = msgspec.json.decode(frame, type=dict[str, Any])
                    at = int(event.get("time_us", 0))
                    if is_first and at - latest > GAP_SECONDS * 1_000_000:
                        hours = (at - latest) / 3_600_000_000
                        print_warning(f"Jetstream has nothing of {hours:,.1f} hours before now")
                    latest, is_first = max(latest, at), False
                    yield self._seen(event, latest, at / 1_000_000)
        except (WebSocketException, msgspec.MsgspecError) as error:
            raise ConnectionError(f"{self.address}: {type(error).__name__}") from error

    def _seen(self, event: dict[str, Any], place: int, at: float) -> Seen:
        if created := post_fields.jetstream_post(event):
            return Seen(place, at, line=post_line(created[0]))
        deletes = post_fields.as_object(event.get("commit")).get("operation") == "delete"
        return Seen(place, at, deleted=(post_fields.jetstream_id(event) or "") if deletes else "")


@dataclass(slots=True)
class Server:
    """What answers to a token. If it is busy (429), it is asked again when `Retry-After` says."""

    address: str
    token: str = field(repr=False)
    ends: bool = field(default=False, kw_only=True)
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(
            retries=urllib3.Retry(connect=0, read=0, redirect=0), timeout=60
        ),
        kw_only=True,
    )

    def _get(self, path: str, host: str = "", **options: Any) -> urllib3.BaseHTTPResponse:
        headers, host = {"Authorization": f"Bearer {self.token}"}, host or self.address
        answer = self.pool.request("GET", host.rstrip("/") + path, headers=headers, **options)
        if answer.status in {400, 401, 403, 404, 422}:
            said = answer.data.decode("utf-8", "replace")[:500]
            raise OperatorError(f"{host} answers {answer.status}: {said}")
        if answer.status != 200:
            raise ConnectionError(f"{host} answers {answer.status}")
        return answer


@dataclass(slots=True)
class Mastodon(Server):
    """What people of a server write to everyone: `public:local`. A place is the number of a post.

    After a gap, the timeline is read from there. It has nothing of what was deleted meanwhile.
    Source: mastodon/documentation, methods/streaming, timelines and instance, of Mastodon 4.5.
    """

    name: str = "mastodon"

    def start(self) -> int:
        """Return the number of the newest post."""
        return max((int(post["id"]) for post in self._timeline("limit=1")), default=0)

    def read(self, place: int) -> Iterator[Seen]:
        """Open the stream, yield what the timeline has after a place, then what streams."""
        latest, kind = place, ""
        try:
            instance = self._get("/api/v2/instance").json()
            host = instance["configuration"]["urls"]["streaming"].replace("ws", "http", 1)
            stream = self._get("/api/v1/streaming/public/local", host, preload_content=False)
            while posts := self._timeline(f"min_id={latest}&limit=40"):
                for post in reversed(posts):
                    latest = max(latest, int(post["id"]))
                    yield self._seen(post, latest)
            for line in stream:
                name, _, value = line.decode("utf-8", "replace").strip().partition(": ")
                kind = value if name == "event" else kind
                if (name, kind) == ("data", "update"):
                    post = msgspec.json.decode(value, type=dict[str, Any])
                    latest = max(latest, int(post["id"]))
                    yield self._seen(post, latest)
                elif (name, kind) == ("data", "delete"):
                    yield Seen(latest, deleted=value)
                else:
                    yield Seen(latest)
        except (urllib3.exceptions.HTTPError, ValueError, LookupError) as error:
            raise ConnectionError(f"{self.address}: {type(error).__name__}") from error

    def _timeline(self, query: str) -> list[dict[str, Any]]:
        posts = self._get(f"/api/v1/timelines/public?local=true&{query}").json()
        return sorted(posts, key=lambda post: -int(post["id"]))

    def _seen(self, post: dict[str, Any], place: int) -> Seen:
        at = datetime.fromisoformat(post["created_at"]).timestamp()
        if post["visibility"] != "public":
            return Seen(place, at, left_out="not public")
        if post.get("reblog"):
            return Seen(place, at)
        text, links = post_fields.read_html(post["content"])
        options = post_fields.as_list(post_fields.as_object(post.get("poll")).get("options"))
        media = [it.get("description") for it in post_fields.as_list(post.get("media_attachments"))]
        fields = {
            "id": post["id"],
            "account": post["account"]["id"],
            "text": text,
            "audience": "public",
            "published_at": post["created_at"],
            "language": post_fields.language_tag(post.get("language")),
            "url": post_fields.web_address(post.get("url")),
            "links": post_fields.bound_links(links),
            "media_text": post_fields.bound_texts(
                [post.get("spoiler_text"), *media, *(one.get("title") for one in options)]
            ),
        }
        return Seen(place, at, line=post_line(fields))


_QUOTED = re.compile(r"(?:> .*\n)+\n?")
"""The lines with which a reply repeats what it answers."""


@dataclass(slots=True)
class Matrix(Server):
    """Messages of rooms whose history the world may read.

    The account joins no room, so the server itself gives it only what everyone may read. `/sync`
    tells the time of the server. Then each room is read to its end, in the order of its graph:
    with `to`, Synapse ends a page too early if what came last is not the last in this order. A
    place is the time since which rooms are read, that of the next reading, a room and its page.
    Source: matrix-org/matrix-spec, message_pagination.yaml, rich_replies.md, of Matrix 1.19;
    Synapse 1.163.2, `_paginate_room_events_by_topological_ordering_txn`.
    """

    rooms: tuple[str, ...]
    name: str = "matrix"
    pause: float = 5
    page: int = 100
    _closed: set[str] = field(default_factory=set, init=False)

    def start(self) -> str:
        """Return the place of now."""
        return "{0} {0} ! {0}".format(self._time(""))

    def read(self, place: str) -> Iterator[Seen]:
        """Yield what comes after a place. What comes while rooms are read is read twice."""
        try:
            rooms = sorted((self._room_id(name), name) for name in self.rooms)
            while True:
                since, now, current, page = place.split(" ")
                now = self._time(f"&since={quote(since)}") if now == since else now
                if self._api("joined_rooms")["joined_rooms"]:
                    raise OperatorError("the token's account must have joined no room")
                for room, name in rooms:
                    if room >= current and now != since:  # "!" comes before all rooms
                        first = page if room == current else since
                        yield from self._room(room, name, f"{since} {now} {room}", first)
                place = f"{now} {now} ! {now}"
                yield Seen(place)
                time.sleep(self.pause)
                yield Seen(place)
        except (urllib3.exceptions.HTTPError, ValueError, LookupError) as error:
            raise ConnectionError(f"{self.address}: {type(error).__name__}") from error

    def _api(self, path: str) -> Any:
        return self._get(f"/_matrix/client/v3/{path}").json()

    def _time(self, since: str) -> str:
        path = f"sync?timeout=0&set_presence=offline&filter={quote('{"room":{"rooms":[]}}')}"
        return str(self._api(path + since)["next_batch"])

    def _room_id(self, name: str) -> str:
        if name.startswith("!"):
            return name
        return str(self._api(f"directory/room/{quote(name, '')}")["room_id"])

    def _room(self, room: str, name: str, reading: str, token: str | None) -> Iterator[Seen]:
        path, is_open = f"rooms/{quote(room, '')}", False
        types = quote('{"types":["m.room.message","m.room.redaction"]}')
        wanted = f"dir=f&limit={self.page}&filter={types}"
        try:
            visibility = self._api(f"{path}/state/m.room.history_visibility")
            is_open = visibility.get("history_visibility") == "world_readable"
            while is_open and token:
                place = f"{reading} {token}"
                page = self._api(f"{path}/messages?{wanted}&from={quote(token)}")
                for event in page["chunk"]:
                    try:
                        yield self._seen(event, place, name)
                    except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
                        yield Seen(place, left_out="unreadable")
                token = page.get("end")
        except OperatorError:  # the server refuses to show it
            is_open = False
        if not is_open and room not in self._closed:
            print_warning(f"{name} is left out: its history is not world_readable")
        (self._closed.discard if is_open else self._closed.add)(room)

    def _seen(self, event: dict[str, Any], place: str, room: str) -> Seen:
        at, content = event["origin_server_ts"] / 1000, event["content"]
        if event["type"] == "m.room.redaction":
            deleted = post_fields.identifier(event.get("redacts") or content.get("redacts"))
            return Seen(place, at, deleted=deleted or "")
        text, links = content.get("body"), list[str]()
        relation = post_fields.as_object(content.get("m.relates_to"))
        if not isinstance(text, str) or relation.get("rel_type") == "m.replace":
            return Seen(place, at)  # it was deleted, or is an edit
        is_reply, html = "m.in_reply_to" in relation, content.get("formatted_body")
        if content.get("format") == "org.matrix.custom.html" and isinstance(html, str):
            if is_reply and html.startswith("<mx-reply>"):
                html = html.partition("</mx-reply>")[2] or html
            text, links = post_fields.read_html(html)  # this is what people see
        elif is_reply and (quoted := _QUOTED.match(text)):
            text = text[quoted.end() :]
        is_text = content.get("msgtype") in {"m.text", "m.emote", "m.notice"}
        fields = {
            "id": event["event_id"],
            "account": event["sender"],
            "text": text if is_text else "",
            "audience": "public",
            "published_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
            "url": f"https://matrix.to/#/{quote(room, '')}/{quote(event['event_id'], '')}",
            "links": post_fields.bound_links(links),
            "media_text": None if is_text else post_fields.bound_texts([text]),
        }
        return Seen(place, at, line=post_line(fields))
