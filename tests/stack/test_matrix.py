"""`terang relay matrix` reads a real Synapse, while both are stopped and started again.

`make nightly` does so for half an hour, or MINUTES.
"""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile
from pathlib import Path
from typing import Any, ClassVar

import pytest
import urllib3

from terang import ROOT
from terang.relay_sources import Matrix

PYTHON = ROOT / ".tools/synapse/bin/python"
PEOPLE = ("ana", "ben", "cem", "dil")
OPEN, SHARED, VISIBILITY = "world_readable", "shared", "m.room.history_visibility"
AGAIN = urllib3.Retry(
    600, backoff_factor=0.1, backoff_max=1, status_forcelist={500, 502}, allowed_methods=None
)


class Process:
    """What is stopped and started again, and says what it does in a file."""

    def __init__(self, said: Path, *typed: object) -> None:
        self.said, self.typed = said, [*map(str, typed)]

    def start(self) -> None:
        with self.said.open("ab") as file:
            self.process = subprocess.Popen(
                self.typed, cwd=self.said.parent, stdout=file, stderr=file
            )

    def stop(self, how: int = signal.SIGKILL) -> None:
        assert self.process.poll() is None, self.said.read_text("utf-8")[-500:]
        self.process.send_signal(how)
        self.process.wait(60)

    def __enter__(self) -> "Process":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def synapse(folder: Path, port: int) -> Process:
    """A server on loopback, which knows nobody else."""
    much = {"per_second": 1_000, "burst_count": 1_000}
    config = {
        "server_name": "home.example", "report_stats": False, "trusted_key_servers": [],
        "listeners": [{"port": port, "bind_addresses": ["127.0.0.1"], "type": "http",
                       "resources": [{"names": ["client"]}]}],
        "database": {"name": "sqlite3", "args": {"database": f"{folder}/home.db"}},
        "signing_key_path": f"{folder}/key", "media_store_path": f"{folder}/media",
        "enable_registration": True, "enable_registration_without_verification": True,
        "rc_message": much, "rc_registration": much, "rc_joins": {"local": much},
    }  # fmt: skip
    (folder / "home.yaml").write_text(json.dumps(config))
    typed = [PYTHON, "-m", "synapse.app.homeserver", "-c", folder / "home.yaml"]
    return Process(folder / "synapse.log", *typed)


class Rooms:
    """One room that the world may read and one for members, and what people do there."""

    def __init__(self, address: str) -> None:
        self.address, self.pool = address, urllib3.PoolManager(retries=AGAIN, maxsize=8)
        self.sent, self.deleted, self.ids = dict[str, str](), set[str](), dict[str, str]()
        new = {"auth": {"type": "m.login.dummy"}, "password": "password"}
        self.tokens = {
            name: self._ask("POST", "register", username=name, **new)["access_token"]
            for name in (*PEOPLE, "relay")
        }
        for name in (OPEN, SHARED):
            state = [{"type": VISIBILITY, "content": {"history_visibility": name}}]
            made = {"preset": "public_chat", "room_alias_name": name, "initial_state": state}
            self.ids[name] = self._ask("POST", "createRoom", "ana", **made)["room_id"]
            for who in PEOPLE[1:]:
                self._ask("POST", f"join/{self.ids[name]}", who)

    def _ask(self, method: str, path: str, who: str = "", **body: Any) -> Any:
        """Ask until there is an answer: what is put has a name, and so is there once."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        url = f"{self.address}/_matrix/client/v3/{path}"
        answer = self.pool.request(method, url, json=body, headers=headers)
        assert answer.status == 200, (path, answer.data)
        return answer.json()

    def put(self, who: str, path: str, room: str = OPEN, **content: Any) -> str:
        return str(self._ask("PUT", f"rooms/{self.ids[room]}/{path}", who, **content)["event_id"])

    def write(self, who: str, end: float) -> None:
        """Write, edit, encrypt, and delete some of it; now and then among members."""
        mine, start = list[str](), len(self.sent)
        while time.monotonic() < end:
            number = f"{start}-{len(mine)}"
            said = {"msgtype": "m.text", "body": f"Rain {number} on the roof of {who}"}
            event = self.put(who, f"send/m.room.message/{number}", **said)
            self.sent[event] = said["body"]
            mine.append(event)
            match random.randrange(20):
                case 0:
                    self.put(who, f"send/m.room.message/members-{number}", SHARED, **said)
                case 1:
                    self.put(who, f"send/m.room.encrypted/hidden-{number}", ciphertext="x")
                case 2:
                    edits = {"m.relates_to": {"rel_type": "m.replace", "event_id": event}}
                    self.put(who, f"send/m.room.message/edit-{number}", **said, **edits)
                case 3 | 4:
                    gone = random.choice(mine)
                    self.put(who, f"redact/{gone}/gone-{number}")
                    self.deleted.add(gone)
            time.sleep(random.random())


class Door(BaseHTTPRequestHandler):
    """It takes bodies, but now and then it is busy, or takes one and says that it did not."""

    taken: ClassVar[Counter[tuple[str, bytes]]] = Counter()

    def do_POST(self) -> None:
        body, chance = self.rfile.read(int(self.headers["content-length"])), random.random()
        self.taken[self.path, body] += chance > 0.03
        self.send_response(429 if chance < 0.02 else 500 if chance < 0.04 else 202)
        self.send_header("retry-after", "1")
        self.send_header("content-length", "22")
        self.end_headers()
        self.wfile.write(b'{"refused_records": 0}')

    def log_message(self, *_: object) -> None:
        pass


def received(kind: str) -> list[dict[str, str]]:
    """What the bodies hold that came at least once, each body counted once."""
    bodies = [body for (path, body), times in [*Door.taken.items()] if times and path == kind]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


@pytest.fixture
def door() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds() and time.monotonic() < end:
        time.sleep(1)
    assert holds()


@pytest.mark.skipif(not PYTHON.exists(), reason="scripts/bootstrap.sh synapse")
def test_each_message_of_an_open_room_arrives_once(
    door: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """People write at once, so that the room's graph forks. What is encrypted, edited, for members
    or written after the room was closed does not arrive."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address, alias, stops = f"http://127.0.0.1:{port}", f"#{OPEN}:home.example", Counter[str]()
    typed = f"relay matrix --provider acme-chat --room {alias} --from {address} --cursor cursor"
    typed += f" --token-file token --secret-file secret --to {door}"
    relay = Process(tmp_path / "relay.log", ROOT / ".venv/bin/terang", *typed.split())
    with synapse(tmp_path, port) as server, ThreadPoolExecutor() as threads:
        rooms = Rooms(address)
        (tmp_path / "secret").write_text("acme-chat.secret")
        (tmp_path / "token").write_text(rooms.tokens["relay"])
        paged = Matrix(address, rooms.tokens["relay"], (alias,), pause=0, page=7)
        first = paged.start()
        with relay:
            wait_until((tmp_path / "cursor").exists)
            end = time.monotonic() + 60 * float(os.environ.get("MINUTES", "1"))
            writing = [threads.submit(rooms.write, who, end) for who in PEOPLE]
            while time.monotonic() < end:
                time.sleep(random.uniform(1, 20))
                stops[how := random.choice(["relay", "relay", "Synapse", "Synapse killed"])] += 1
                stopped = relay if how == "relay" else server
                stopped.stop(signal.SIGTERM if how == "Synapse" else signal.SIGKILL)
                stopped.start()
            for one in writing:
                one.result()
            rooms.write("ana", time.monotonic() + 1)  # it waits for Synapse
            left = rooms.sent.keys() - rooms.deleted
            wait_until(lambda: left <= {post["id"] for post in received("/v1/posts")})
            wait_until(lambda: rooms.deleted == {it["post"] for it in received("/v1/cases")})
            again = [
                seen.line for seen in takewhile(lambda it: " ! " not in it.place, paged.read(first))
            ]
            rooms.put("ana", f"state/{VISIBILITY}", history_visibility=SHARED)
            rooms.put("ana", "send/m.room.message/after", msgtype="m.text", body="After")
            wait_until(lambda: "is left out" in relay.said.read_text("utf-8"))
            time.sleep(10)
    posts = received("/v1/posts")
    texts = {post["id"]: post["text"] for post in posts}
    assert (len(posts), texts.items() <= rooms.sent.items()) == (len(texts), True)
    assert {json.loads(line)["id"] for line in again if line} == left
    with closing(sqlite3.connect(tmp_path / "home.db")) as database:
        query = "SELECT count(*) - count(DISTINCT depth) FROM events WHERE room_id = ?"
        [[forks]] = database.execute(query, [rooms.ids[OPEN]])
    repeats = Door.taken.total() - len(posts) - len(received("/v1/cases"))
    with capfd.disabled():
        sys.stderr.write(
            f"\nsent {len(rooms.sent)}, received {len(posts)}, deleted {len(rooms.deleted)},"
            f" stops {dict(stops)}, repeats {repeats}, forks {forks}\n"
        )
