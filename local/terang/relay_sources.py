"""The streams that `terang relay` reads: lines of stdin, Bluesky's Jetstream, a Mastodon server.

Only what is addressed to everyone is passed on. Edits are not: a post is inspected as it was
created.
"""

import os
import select
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from typing import Any

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
class Mastodon:
    """What people of a server write to everyone: `public:local`. A place is the number of a post.

    After a gap, the timeline is read from there. It has nothing of what was deleted meanwhile.
    Source: mastodon/documentation, methods/streaming, timelines and instance, of Mastodon 4.5.
    """

    address: str
    token: str = field(repr=False)
    name: str = "mastodon"
    ends: bool = False
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=60)
    )

    def start(self) -> int:
        """Return the number of the newest post."""
        return max((int(post["id"]) for post in self._timeline("limit=1")), default=0)

    def read(self, place: int) -> Iterator[Seen]:
        """Open the stream, yield what the timeline has after a place, then what streams."""
        latest, kind = place, ""
        try:
            instance = self._get(self.address, "/api/v2/instance").json()
            host = instance["configuration"]["urls"]["streaming"].replace("ws", "http", 1)
            stream = self._get(host, "/api/v1/streaming/public/local", preload_content=False)
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
        posts = self._get(self.address, f"/api/v1/timelines/public?local=true&{query}").json()
        return sorted(posts, key=lambda post: -int(post["id"]))

    def _get(self, host: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.pool.request("GET", host.rstrip("/") + path, headers=headers, **options)
        if answer.status in {401, 403, 404, 422}:
            raise OperatorError(f"{host} answers {answer.status}: the token needs read:statuses")
        if answer.status != 200:
            raise ConnectionError(f"{host} answers {answer.status}")
        return answer

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
