"""Opens the desk in a browser, or says how to reach it from another machine.

The door at home: serves the desk on loopback to one browser, by the standard library.

A one-time key in the first address becomes a session cookie. Host and Origin must be this server's
own, so that no other page in the same browser, and no name that was pointed at 127.0.0.1, can use
it. Source: OWASP ASVS 5.0, 3.5.

Draws a whole case at the terminal, for `terang case`.
"""

import getpass
import hashlib
import hmac
import os
import secrets
import socket
import sys
import webbrowser
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from claims.fact_check import days_between
from desk.asking import FORM_BYTES, DeskSession, cookie_of
from desk.items import Moderator
from desk.routes import SECURITY_HEADERS, DeskApplication
from ledger.aws.store import DynamoStore
from ledger.cases import Case, CaseEntry, JournalEntry
from ledger.findings import Finding
from terang.terminal import blur, show_controls

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


def open_browser(address: str) -> bool:
    """Open an address in a browser with a window; False if there is none."""
    return has_browser(os.environ) and webbrowser.open(address)


def directions(address: str, port: int) -> list[str]:
    """Return lines that tell a person how to reach the desk, here or over SSH."""
    here = f"{getpass.getuser()}@{socket.gethostname()}"
    return [
        f"open once, in a browser on this machine: {address}",
        f"from another machine, type there first: ssh -L {port}:{LOOPBACK}:{port} {here}",
    ]


ENTER, LEAVE, PUBLIC = "/enter", "/leave", "/public/"
SLOW_SECONDS = 10
"""How long a browser may take to send a request: some open connections and send nothing."""

PUBLIC_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""For published pages of the run, which name the digest of their own stylesheet themselves."""


@dataclass(slots=True)
class HomeDoor:
    """The port `DeskDoor` for one moderator: a key that works once, then a cookie."""

    moderator: Moderator
    port: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    sign_in: str = ""
    sign_out: str = LEAVE
    _cookie: str = ""

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
        token = hmac.new(self.secret, sent.encode(), hashlib.sha256).hexdigest()
        return DeskSession(self.moderator, token)

    def leave(self) -> None:
        """End the session."""
        self._cookie = ""


@dataclass(slots=True)
class HomeServer:
    """Serves the application until the moderator leaves, and calls `tick` twice a second."""

    door: HomeDoor
    application: DeskApplication
    tick: Callable[[], None]
    public: Path | None
    _server: ThreadingHTTPServer
    _lock: RLock = field(default_factory=RLock)

    @classmethod
    def open(
        cls,
        moderator: Moderator,
        application: Callable[[HomeDoor], DeskApplication],
        tick: Callable[[], None],
        port: int = 0,
        public: Path | None = None,
    ) -> "HomeServer":
        """Take a port of loopback, any free one for 0. Raises OSError if it is taken."""
        server = _Listener((LOOPBACK, port), _Handler)
        door = HomeDoor(moderator, server.server_port)
        home = cls(door, application(door), tick, public, server)
        server.home = home
        return home

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

    def ticked(self) -> None:
        """Do due work between two requests."""
        with self._lock:
            self.tick()

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to one request; one at a time, as the application needs it."""
        with self._lock:
            method = event["requestContext"]["http"]["method"]
            if method == "GET" and event["rawPath"] == ENTER:
                return self._entered(event)
            if method == "GET" and event["rawPath"].startswith(PUBLIC) and self.public:
                return self._published(event, self.public)
            answer = self.application.respond(event)
            if method == "POST" and event["rawPath"] == LEAVE and answer["statusCode"] < 400:
                self.door.leave()
                Thread(target=self._server.shutdown).start()  # it waits for this very answer
            return answer

    def _entered(self, event: Mapping[str, Any]) -> dict[str, Any]:
        cookie = self.door.enter(event["queryStringParameters"].get("key", ""))
        if not cookie:
            return self.application.respond({**event, "rawPath": "/"})
        headers = {**SECURITY_HEADERS, "Location": "/"}
        return {"statusCode": 303, "headers": headers, "cookies": [cookie], "body": ""}

    def _published(self, event: Mapping[str, Any], public: Path) -> dict[str, Any]:
        """Return a published page of the run."""
        file = (public / event["rawPath"].removeprefix(PUBLIC)).resolve()
        known = file.suffix == ".html" and file.is_relative_to(public.resolve()) and file.is_file()
        if not known or self.door.session(event) is None:
            return self.application.respond({**event, "rawPath": "/public"})
        headers = {**SECURITY_HEADERS, "Content-Security-Policy": PUBLIC_POLICY}
        headers["Content-Type"] = "text/html; charset=utf-8"
        return {"statusCode": 200, "headers": headers, "body": file.read_text("utf-8")}


class _Listener(ThreadingHTTPServer):
    """Listens on loopback. Threads, because a browser opens connections before it needs them."""

    daemon_threads = True
    home: HomeServer

    def service_actions(self) -> None:
        self.home.ticked()

    def handle_error(self, *_: object) -> None:
        """Say nothing: a browser that goes away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    """Turns a request into an event of an HTTP API, and an answer into bytes."""

    server: _Listener
    timeout = SLOW_SECONDS
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
        door = self.server.home.door
        if self.headers.get_all("Host") == [f"localhost:{door.port}"] and self.command == "GET":
            self._send(303, {"Location": f"{door.origin}{self.path}"}, (), "")
            return
        if self.headers.get_all("Host") != [f"{LOOPBACK}:{door.port}"]:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        answer = self.server.home.answer(self._event(body))
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
            "requestContext": {
                "http": {"method": self.command, "path": path},
                "stage": "$default",
            },
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


CASES = 200
"""The largest number of cases that a history follows."""

ORDER = (
    *("notice", "order", "decision", "second_review", "complaint", "dispute"),
    *("outcome", "reinstatement", "correction", "flood_answer"),
)
"""The order of entries that were committed within one second."""


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """A case, the related cases that have a finding, and all their entries by time."""

    case: Case
    findings: tuple[Case, ...]
    entries: tuple[CaseEntry, ...]


def case_history(store: DynamoStore, case: str) -> CaseHistory | None:
    """Return what happened to a case and to all cases related to it.

    A decision, its findings, the complaints about it and their outcomes are cases of their own.
    They share the entries of the messages that moved them, so each leads to the same history.
    """
    asked = store.case(case)
    if asked is None:
        return None
    cases = _around(store, asked)
    entries: dict[str, CaseEntry] = {}
    for related in cases:
        for entry in related.entries:
            entries.setdefault(entry.journal_entry.entry, entry)
    ordered = sorted(entries.values(), key=lambda entry: _when(entry.journal_entry))
    with_findings = tuple(related for related in cases if related.finding)
    return CaseHistory(asked, with_findings, tuple(ordered))


def _around(store: DynamoStore, asked: Case) -> list[Case]:
    cases = {asked.case: asked}
    waiting = deque([asked])
    while waiting and len(cases) < CASES:
        for name in _named(waiting.popleft()):
            if name not in cases and (case := store.case(name)) is not None:
                cases[name] = case
                waiting.append(case)
    return list(cases.values())


def _named(case: Case) -> list[str]:
    """Return the cases that a case's entries moved or name."""
    moves = (entry.journal_entry for entry in case.entries)
    return [name for move in moves for name in (*move.cases, move.decision, move.follows) if name]


def _when(entry: JournalEntry) -> tuple[str, int]:
    return entry.at, ORDER.index(entry.type) if entry.type in ORDER else len(ORDER)


LONG_BEFORE_DAYS = 365
"""A check that is older than the post by more days is shown with its age."""


def age(at: str, now: datetime) -> str:
    """Return how long ago that was, in the largest unit.

    >>> from datetime import UTC
    >>> age("2026-11-25T10:00:00Z", datetime(2026, 11, 26, 11, 0, tzinfo=UTC))
    '1 d'
    """
    seconds = max(0, int((now - datetime.fromisoformat(at)).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def checks_of(finding: Finding) -> Iterator[str]:
    """Yield two lines for each check whose claim the post repeats, the nearest first."""
    for check in finding.checks:
        day = check.date or "no date"
        stated = f" ({check.stated})" if check.stated.casefold() != check.rating else ""
        yield show_controls(f"{check.publisher}, {day}: {check.rating}{stated}: {check.claim}")
        yield f"  {show_controls(check.url)}{_age(check.date, finding.published_at[:10])}"


def _age(checked: str, published: str) -> str:
    days = days_between(checked, published)
    if days is None or days <= LONG_BEFORE_DAYS:
        return ""
    return f", checked {days // 365} years before the post"


def case_screen(history: CaseHistory, *, shown: bool, now: datetime) -> RenderableType:
    """Return the whole case; excerpts are blurred unless `shown`."""
    case = history.case
    findings = [_case_finding(related, shown=shown, now=now) for related in history.findings]
    title = Text(f"case {case.case}: {case.state or 'without entries'}", "bold")
    return Group(title, *findings, Rule(style="dim"), *_entries(history))


def _case_finding(case: Case, *, shown: bool, now: datetime) -> Group:
    finding = case.finding
    if finding is None:
        raise LookupError("this case has no finding to show")
    author = finding.account or "erased"
    text = Text.assemble(
        (f"{finding.pack}/{finding.rule}", "bold"), f" v{finding.version}\n",
        ("finding ", "dim"), f"{finding.finding}\n",
        f"{finding.severity}  {finding.category}  {finding.mode}  {case.state}\n",
        ("post ", "dim"), f"{show_controls(finding.post)}\n",
        f"{show_controls(finding.url)}\n" if finding.url else "",
        ("author ", "dim"), author,
        ("\nfound ", "dim"), f"{finding.found_at}, {age(finding.found_at, now)} ago\n",
    )  # fmt: skip
    for line in checks_of(finding):
        text.append(f"{line}\n", "cyan")
    text.append(_case_excerpt(case, shown=shown))
    return Group(Rule(style="dim"), text)


def _case_excerpt(case: Case, *, shown: bool) -> Text:
    if case.excerpt is None:
        return Text("The excerpt is no longer kept.", "dim")
    return Text(show_controls(case.excerpt)) if shown else Text(blur(case.excerpt), "dim")


def _entries(history: CaseHistory) -> Iterator[RenderableType]:
    """Yield each entry: its time, type and words, and the reason below."""
    if not history.entries:
        yield Text("nobody has done anything about it yet", "dim")
    for case_entry in history.entries:
        entry = case_entry.journal_entry
        by = entry.moderator or entry.by or entry.body or entry.authority
        recorded = entry.at.replace("T", " ").removesuffix("Z")
        text = Text.assemble((f"{recorded}  ", "dim"), (f"{entry.type} ", "bold"))
        text.append(show_controls(case_entry.message), "bold")
        text.append(f" by {show_controls(by)}" if by else "")
        text.append(f": {show_controls(words)}" if (words := summarize_entry(entry)) else "")
        yield text
        if reason := case_entry.reason or entry.ground_text:
            yield Padding(Text(show_controls(reason)), (0, 0, 0, 2))


def summarize_entry(entry: JournalEntry) -> str:
    """Return an entry in a few words: its verdict or outcome, and the measures.

    >>> summarize_entry(JournalEntry("e", "acme", "", type="decision", verdict="dismissed"))
    'dismissed'
    """
    words = [entry.verdict or entry.outcome or entry.cause or entry.why, entry.escalation]
    words += (code.removeprefix("DECISION_").replace("_", " ").lower() for code in entry.done)
    if entry.type == "order":
        words = [entry.kind, entry.country, *words]
    if entry.overturns:
        words.append("overturned")
    return ", ".join(word for word in words if word)
