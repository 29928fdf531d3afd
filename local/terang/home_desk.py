"""The desk at home: a sitting of one moderator over a run or a stack, served on loopback.

The server lets in one browser, by a one-time key in the first address that becomes a session
cookie. Host and Origin must be this server's own, so that no other page in the same browser, and no
name that was pointed at 127.0.0.1, can use it. Source: OWASP ASVS 5.0, 3.5.

Decisions are pending in one file, and after ten seconds final in another. Both files are appended
to and flushed to the disk at once. Whatever dies, the next start reads the pending file: decisions
that were not undone are in the decisions file once, by its ids.
"""

import getpass
import hashlib
import hmac
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from desk import Moderator
from desk.asking import FORM_BYTES, DeskSession, cookie_of
from desk.deciding import Adopter
from desk.routes import SECURITY_HEADERS, DeskApplication
from desk.table_desk import TableDesk
from ledger.codes import OperatorError, TerangError
from ledger.desk_store import SENT_DAYS, DeskSettings, DynamoDesk, PendingDecision, PendingState
from ledger.table import Item
from ledger.texts import Clock
from terang.case_queue import UNREADABLE, MessageResult, decode_lines, read_messages
from terang.run_table import MemoryTable

LOOPBACK = "127.0.0.1"


def has_browser(environment: Mapping[str, str]) -> bool:
    """Return whether a browser with a window can be opened where this runs.

    >>> has_browser({"SSH_CONNECTION": "192.0.2.1", "DISPLAY": ":0"})
    False
    """
    if environment.get("SSH_CONNECTION"):
        return False
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def directions(address: str, port: int) -> list[str]:
    """Return lines that tell a person how to reach the desk, here or over SSH."""
    here = f"{getpass.getuser()}@{socket.gethostname()}"
    return [
        f"open once, in a browser on this machine: {address}",
        f"from another machine, type there first: ssh -L {port}:{LOOPBACK}:{port} {here}",
    ]


ENTER, LEAVE, PUBLIC = "/enter", "/leave", "/public/"


@dataclass(slots=True)
class HomeServer:
    """Serves the desk to one moderator until they leave, and calls `tick` twice a second.

    It is also the port `DeskDoor` of the application: a key that works once, then a cookie. Port 0
    means any free one. Raises OSError if the port is taken.
    """

    moderator: Moderator
    application_of: Callable[["HomeServer"], DeskApplication]
    tick: Callable[[], None]
    port: int = 0
    public: Path | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    sign_in: str = ""
    sign_out: str = LEAVE
    application: DeskApplication = field(init=False)
    lock: RLock = field(default_factory=RLock)
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _cookie: str = ""
    _server: "_Listener" = field(init=False)

    def __post_init__(self) -> None:
        self._server = _Listener((LOOPBACK, self.port), _Handler)
        self._server.home, self.port = self, self._server.server_port
        self.application = self.application_of(self)

    @property
    def origin(self) -> str:
        """Return the origin of the pages."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def address(self) -> str:
        """Return the address that opens the desk once."""
        return f"{self.origin}{ENTER}?key={self.key}"

    @property
    def cookie_name(self) -> str:
        """Return the cookie's name: cookies do not know ports, and two desks may be open."""
        return f"desk-{self.port}"

    def enter(self, key: str) -> str:
        """Return the header that sets the session cookie; empty if the key is wrong or used up."""
        if not self.key or not hmac.compare_digest(key.encode(), self.key.encode()):
            return ""
        self.key, self._cookie = "", secrets.token_urlsafe(24)
        return f"{self.cookie_name}={self._cookie}; Path=/; HttpOnly; SameSite=Strict"

    def session(self, event: Mapping[str, Any]) -> DeskSession | None:
        """Return the moderator's session, if the request has its cookie."""
        sent = cookie_of(event, self.cookie_name)
        if not self._cookie or not hmac.compare_digest(sent.encode(), self._cookie.encode()):
            return None
        token = hmac.new(self._secret, sent.encode(), hashlib.sha256).hexdigest()
        return DeskSession(self.moderator, token)

    def serve(self) -> None:
        """Answer requests until `stop` or an interrupt."""
        try:
            self._server.serve_forever(poll_interval=0.5)
        finally:
            self.close()

    def close(self) -> None:
        """Give the port back."""
        self._server.server_close()

    def stop(self) -> None:
        """Let `serve` return. Safe in any thread but the one that serves."""
        self._server.shutdown()

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to one request; one at a time, as the application needs it."""
        with self.lock:
            method, path = event["requestContext"]["http"]["method"], event["rawPath"]
            if method == "GET" and path == ENTER:
                cookie = self.enter(event["queryStringParameters"].get("key", ""))
                if not cookie:
                    return self.application.respond({**event, "rawPath": "/"})
                headers = {**SECURITY_HEADERS, "Location": "/"}
                return {"statusCode": 303, "headers": headers, "cookies": [cookie], "body": ""}
            if method == "GET" and path.startswith(PUBLIC) and self.public:
                return self._published(event, self.public)
            answer = self.application.respond(event)
            if method == "POST" and path == LEAVE and answer["statusCode"] < 400:
                self._cookie = ""
                Thread(target=self._server.shutdown).start()  # it waits for this very answer
            return answer

    def _published(self, event: Mapping[str, Any], public: Path) -> dict[str, Any]:
        file = (public / event["rawPath"].removeprefix(PUBLIC)).resolve()
        known = file.suffix == ".html" and file.is_relative_to(public.resolve()) and file.is_file()
        if not known or self.session(event) is None:
            return self.application.respond({**event, "rawPath": "/public"})
        # The pages name the digest of their own stylesheet themselves.
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        headers = {**SECURITY_HEADERS, "Content-Security-Policy": policy}
        headers["Content-Type"] = "text/html; charset=utf-8"
        return {"statusCode": 200, "headers": headers, "body": file.read_text("utf-8")}


class _Listener(ThreadingHTTPServer):
    """Listens on loopback. Threads, because a browser opens connections before it needs them."""

    daemon_threads = True
    home: HomeServer

    def service_actions(self) -> None:
        """Do due work between two requests."""
        with self.home.lock:
            self.home.tick()

    def handle_error(self, *_: object) -> None:
        """Say nothing: a browser that goes away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    """Turns a request into an event of an HTTP API, and an answer into bytes."""

    server: _Listener
    timeout = 10  # seconds to send a request: some browsers open connections and send nothing
    protocol_version = "HTTP/1.1"
    server_version = "terang"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > FORM_BYTES:
            self.close_connection = True
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        self._answer(self.rfile.read(int(length)).decode("utf-8", "replace"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Log nothing: an address names a case."""

    def _answer(self, body: str) -> None:
        home = self.server.home
        if self.headers.get_all("Host") == [f"localhost:{home.port}"] and self.command == "GET":
            self._send(303, {"Location": f"{home.origin}{self.path}"}, (), "")
            return
        if self.headers.get_all("Host") != [f"{LOOPBACK}:{home.port}"]:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        answer = home.answer(self._event(body))
        cookies = answer.get("cookies", ())
        self._send(answer["statusCode"], answer["headers"], cookies, answer["body"])

    def _event(self, body: str) -> dict[str, Any]:
        parts = urlsplit(f"//x{self.path}" if self.path.startswith("/") else "//x/")
        try:
            query = dict(parse_qsl(parts.query, max_num_fields=50))
        except ValueError:
            query = {}
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            cookies = SimpleCookie()
        path = unquote(parts.path)
        return {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": parts.query,
            "cookies": [f"{name}={morsel.value}" for name, morsel in cookies.items()],
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "queryStringParameters": query,
            "requestContext": {"http": {"method": self.command, "path": path}, "stage": "$default"},
            "body": body,
            "isBase64Encoded": False,
        }

    def _refuse(self, status: HTTPStatus) -> None:
        self._send(status, {**SECURITY_HEADERS, "Content-Type": "text/plain"}, (), status.phrase)

    def _send(self, status: int, headers: Mapping[str, str], cookies: Any, body: str) -> None:
        data = body.encode("utf-8", "replace")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        for cookie in cookies:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


type Judge = Callable[[Sequence[Mapping[str, Any]]], None]
"""Moves the table by messages that are final, if it is at home."""


@dataclass(frozen=True, slots=True)
class BookRows(DynamoDesk):
    """The rows of the desk in memory. A decision keeps its items for good: nobody may send it."""

    table: MemoryTable = field(default_factory=MemoryTable)
    live: timedelta = timedelta(days=20_000)

    def restore(self, decision: PendingDecision) -> None:
        """Put a decision as it was stored: first pending, then in each of its later states."""
        if self.pending(decision.provider, decision.id) is None:
            self.store_pending(decision)
        else:
            self.table.transact(self._put(decision, SENT_DAYS))


@dataclass(slots=True)
class PendingBook:
    """All decisions of one moderator at home. One process at a time may hold the files."""

    file: Path
    provider: str
    rows: BookRows
    judge: Judge
    _written: set[str] = field(default_factory=set)

    @classmethod
    def open(
        cls, file: Path, provider: str, clock: Clock, judge: Judge = lambda _: None
    ) -> "PendingBook":
        """Read the files, and finish what an earlier process left pending.

        Raises OperatorError if one of them holds something else.
        """
        book = cls(file, provider, BookRows(clock=clock), judge)
        if file.exists():
            book._written = {str(message.get("id")) for message in read_messages(file)}
        if book.pending_file.exists():
            lines = book.pending_file.read_bytes().split(b"\n")
            half = lines.pop()  # an earlier process died while it wrote
            if half:
                with book.pending_file.open("r+b") as opened:
                    opened.truncate(opened.seek(-len(half), os.SEEK_END))
            for line in lines:
                try:
                    book.rows.restore(msgspec.json.decode(line, type=PendingDecision))
                except UNREADABLE as error:
                    why = f"not the pending decisions of this command: {error}"
                    raise OperatorError(f"{book.pending_file}: {why}") from None
        if book.settings_file.exists():
            data, name = book.settings_file.read_bytes(), str(book.settings_file)
            [settings] = decode_lines(data, DeskSettings, name)
            book.rows.put_settings(provider, settings)
        book.rows.table.keep.append(book._keep)
        book.finish(everything=True)
        return book

    @property
    def pending_file(self) -> Path:
        """Return the file of pending decisions, next to the one of decisions."""
        return self.file.with_name(f"{self.file.name}.pending")

    @property
    def settings_file(self) -> Path:
        """Return the file of the desk's settings, next to the one of decisions."""
        return self.file.with_name("desk.json")

    def decisions(self, *states: PendingState) -> list[PendingDecision]:
        """Return the decisions in these states, the oldest first."""
        stored = self.rows.pending_since(self.provider, datetime.fromtimestamp(0, UTC))
        return [each for each in stored if each.state in states]

    def finish(self, *, everything: bool = False) -> None:
        """Write the decisions that are due into the file of decisions.

        With `everything`, nothing stays pending: the moderator leaves.
        """
        for decision in self.decisions(PendingState.PENDING):
            due = datetime.fromisoformat(decision.due_at)
            if everything or due <= self.rows.clock.now():
                new = [each for each in decision.messages if each["id"] not in self._written]
                _append_lines(self.file, map(msgspec.json.encode, new))
                self._written |= {message["id"] for message in new}
                self.rows.release_pending(self.provider, decision.id)
                self.judge(decision.messages)

    def _keep(self, items: Sequence[Item]) -> None:
        """Keep what is put into the rows and outlives this process: decisions and settings."""
        for item in items:
            name, record = item["sk"]["S"], item.get("record", {}).get("S", "").encode()
            if name.startswith("pending#"):
                _append_lines(self.pending_file, [record])
            elif name == "settings":
                part = self.settings_file.with_name(f"{self.settings_file.name}.new")
                part.write_bytes(record + b"\n")
                part.replace(self.settings_file)


def _append_lines(file: Path, records: Iterable[bytes]) -> None:
    """Append lines, after a line end if an earlier process died within a line."""
    lines = b"".join(record + b"\n" for record in records)
    if not lines:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab+") as opened:
        if opened.tell():
            opened.seek(-1, os.SEEK_END)
            if opened.read(1) != b"\n":
                lines = b"\n" + lines
        opened.write(lines)
        opened.flush()
        os.fsync(opened.fileno())


type Send = Callable[[Sequence[Mapping[str, Any]]], list[MessageResult]]
"""Sends messages to a stack and waits for their results."""

STANDING = set(PendingState) - {PendingState.UNDONE}


@dataclass(slots=True)
class Sender:
    """Sends final decisions to a stack, in a thread of its own: an answer takes seconds.

    A message that was sent before somebody died is sent again: decide knows its id.
    """

    book: PendingBook
    send: Send
    results: list[MessageResult] = field(default_factory=list)
    problem: TerangError | None = None
    _stopped: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """Begin to send."""
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send the rest, and return when all of it is answered or a problem came up."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self._send_all()

    def _run(self) -> None:
        while not self._stopped.wait(1.0):
            self._send_all()

    def _send_all(self) -> None:
        for decision in self.book.decisions(PendingState.SENT):
            if self.problem is not None:
                return
            try:
                results = self.send(decision.messages)
            except TerangError as error:
                self.problem = error
                return
            self.results += results
            self.book.rows.end_pending(answered(decision, results))


def answered(decision: PendingDecision, results: Sequence[MessageResult]) -> PendingDecision:
    """Return a decision with the answer of its messages: the worst one of a group."""
    by_status = {result.status: result for result in reversed(results)}
    worst = by_status.get("refused") or by_status.get("waiting") or results[0]
    known = worst.status in set(PendingState)
    state = PendingState(worst.status) if known else PendingState.REFUSED
    return msgspec.structs.replace(decision, state=state, code=worst.code, first=worst.first)


@dataclass(slots=True)
class Sitting:
    """One moderator's sitting over a run or a stack: `desk` makes the desk over the book's rows."""

    moderator: Moderator
    desk: Callable[[DynamoDesk], TableDesk]
    file: Path
    clock: Clock
    judge: Judge = lambda _: None
    public: Path | None = None
    send: Send | None = None
    adopter: Adopter | None = None

    def run(
        self, show: Callable[[HomeServer], None], port: int = 0
    ) -> tuple[int, list[MessageResult], TerangError | None]:
        """Serve until the moderator leaves or interrupts.

        `show` gets the server before it serves, and tells the moderator where it is. Return how
        many messages are in the file, the results of those sent, and what stopped the sending.
        """
        book = PendingBook.open(self.file, self.moderator.provider, self.clock, self.judge)
        before = {decision.id for decision in book.decisions(*STANDING)}
        desk = self.desk(book.rows)
        desk.items(self.moderator)  # what cannot be read is said before a browser opens
        sender = Sender(book, self.send) if self.send else None
        server = HomeServer(
            self.moderator,
            lambda home: DeskApplication(desk, home, self.adopter),
            book.finish,
            port,
            self.public,
        )
        if sender:
            sender.start()
        try:
            show(server)
            server.serve()
        except KeyboardInterrupt:
            pass
        finally:
            server.close()
            book.finish(everything=True)
            if sender:
                sender.stop()
        new = [each for each in book.decisions(*STANDING) if each.id not in before]
        decided = sum(len(decision.messages) for decision in new)
        return (decided, sender.results, sender.problem) if sender else (decided, [], None)
