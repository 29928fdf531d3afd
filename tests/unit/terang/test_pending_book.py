"""The desk at home: its door lets in one browser, and its book keeps what is decided."""

import http.client
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest
from support.desk_world import MemoryDesk, dossier, finding
from support.sample_posts import StandingClock

from desk import Door, Moderator, Role
from desk.deciding import DecisionForm, decide, form_id
from desk.routes import DeskApplication
from ledger.codes import OperatorError
from ledger.desk_store import CannedReason, DeskSettings, PendingDecision, PendingState
from terang import home_desk
from terang.case_queue import read_messages
from terang.home_desk import HomeServer, PendingBook, directions, has_browser

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
WHO = Moderator("m-7", "acme", Role.MODERATOR, Door.FILE)


def decision(number: int = 1, at: datetime = NOW) -> PendingDecision:
    """A dismissal of a post of its own."""
    form = DecisionForm(form_id("m-7", at, f"{number:08x}"), "dismissed", reason="A quotation.")
    return decide(form, dossier(finding(f"p{number}")), WHO, at)


def opened(file: Path, **later: float) -> PendingBook:
    """The book as a process opens it so much later."""
    return PendingBook.open(file, "acme", StandingClock(NOW + timedelta(**later)))


def ids(file: Path) -> list[str]:
    return [message["id"] for message in read_messages(file)] if file.exists() else []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new/decisions.jsonl"


@pytest.fixture
def book(file: Path) -> PendingBook:
    return opened(file)


def move(book: PendingBook, seconds: float) -> None:
    """Finish what is due so many seconds after NOW."""
    clock = book.rows.clock
    assert isinstance(clock, StandingClock)
    clock.moment = NOW + timedelta(seconds=seconds)
    book.finish()


def test_a_decision_is_in_the_file_after_ten_seconds_only(file: Path, book: PendingBook) -> None:
    book.rows.store_pending(decision())
    move(book, 9)
    assert ids(file) == []
    move(book, 10)
    move(book, 20)
    assert ids(file) == [decision().id]
    assert not book.rows.undo_pending("acme", "m-7", decision().id)


def test_one_taken_back_is_never_in_the_file(file: Path, book: PendingBook) -> None:
    book.rows.store_pending(decision())
    assert book.rows.undo_pending("acme", "m-7", decision().id)
    assert book.rows.undo_pending("acme", "m-7", decision().id), "a second click changes nothing"
    book.finish(everything=True)
    assert ids(file) == []
    first = opened(file).rows.store_pending(decision())
    assert first.state is PendingState.UNDONE


@pytest.mark.parametrize("writes", range(6))
def test_a_death_at_any_write_loses_and_repeats_nothing(file: Path, writes: int,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Three decisions, the second taken back; the process dies at each write in turn."""
    real, left = home_desk._append_lines, [writes]

    def dying(target: Path, records: Iterable[bytes]) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(target, records)

    made = [decision(number, NOW + timedelta(seconds=number)) for number in (1, 2, 3)]
    held = []
    monkeypatch.setattr(home_desk, "_append_lines", dying)
    try:
        book = opened(file)
        for each in made:
            book.rows.store_pending(each)
            held.append(each.id)
        book.rows.undo_pending("acme", "m-7", made[1].id)
        held.remove(made[1].id)
        move(book, 60)
    except KeyboardInterrupt:
        pass
    monkeypatch.setattr(home_desk, "_append_lines", real)
    opened(file, seconds=61)
    opened(file, seconds=62)
    assert ids(file) == held


def test_half_a_line_is_no_decision(file: Path, book: PendingBook) -> None:
    book.rows.store_pending(decision(1))
    with book.pending_file.open("ab") as half:
        half.write(b'{"id": "m-7-2')
    opened(file).rows.store_pending(decision(2))
    opened(file)
    assert ids(file) == [decision(1).id, decision(2).id]


def test_earlier_content_of_the_file_stays(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"id": "before"}')
    book = opened(file)
    book.rows.store_pending(decision())
    book.finish(everything=True)
    assert ids(file) == ["before", decision().id]


def test_what_decide_said_and_the_settings_are_remembered(file: Path, book: PendingBook) -> None:
    book.rows.store_pending(decision())
    book.finish(everything=True)
    [sent] = book.decisions(PendingState.SENT)
    book.rows.end_pending(msgspec.structs.replace(sent, state=PendingState.REFUSED, first="m-1"))
    reason = CannedReason(text="It is a joke.", verdict="dismissed", language="en")
    chosen = DeskSettings("removed", True, ("m-2",), (reason,))
    book.rows.put_settings("acme", chosen)
    again = opened(file)
    assert [each.first for each in again.decisions(PendingState.REFUSED)] == ["m-1"]
    assert again.decisions(PendingState.SENT) == []
    assert again.rows.settings("acme") == chosen


def test_a_file_keeps_its_items_for_good_but_not_open_ones(file: Path, book: PendingBook) -> None:
    """Nobody may have sent it yet, whatever the table of the stack says."""
    form = DecisionForm(form_id("m-7", NOW, "0000000a"), "skipped")
    skipped = decide(form, dossier(finding("p2")), WHO, NOW)
    for each in (decision(), skipped):
        book.rows.store_pending(each)
    later = opened(file, days=90)
    assert later.rows.live_items("acme") == set(decision().items)
    first = later.rows.store_pending(
        msgspec.structs.replace(decision(), id="another", messages=skipped.messages)
    )
    assert first.id == decision().id
    assert later.rows.store_pending(msgspec.structs.replace(skipped, id="again")) is None


def test_a_pending_file_of_something_else_is_refused(file: Path) -> None:
    file.parent.mkdir()
    file.with_name("decisions.jsonl.pending").write_text('{"id": 7}\n')
    with pytest.raises(OperatorError, match="not the pending decisions"):
        opened(file)


P1 = dossier(finding("p1", text="send me the code"))


@dataclass
class Reached:
    """A server that listens, and a browser that keeps its cookie."""

    server: HomeServer
    desk: MemoryDesk
    cookie: str = ""

    def ask(self, method: str, path: str, body: str | None = None,
            **headers: str) -> tuple[int, dict[str, str], str]:  # fmt: skip
        home = self.server
        sent = {"Host": f"127.0.0.1:{home.port}", "Cookie": self.cookie}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", home.port, timeout=10)
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        got = dict(answer.getheaders())
        if "Set-Cookie" in got:
            self.cookie = got["Set-Cookie"].partition(";")[0]
        return answer.status, got, text

    def enter(self) -> None:
        self.ask("GET", f"/enter?key={self.server.key}")


@pytest.fixture
def reached(tmp_path: Path) -> Iterator[Reached]:
    (tmp_path / "public/packs/codes").mkdir(parents=True)
    (tmp_path / "public/packs/codes/3.html").write_text("<h1>Codes</h1>")
    (tmp_path / "secret.html").write_text("secret")
    desk = MemoryDesk([P1])
    server = HomeServer(
        WHO, lambda door: DeskApplication(desk, door), lambda: None, public=tmp_path / "public"
    )
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield Reached(server, desk)
    server.stop()
    thread.join()


def test_the_key_works_once(reached: Reached) -> None:
    key = reached.server.key
    status, headers, _ = reached.ask("GET", f"/enter?key={key}")
    assert (status, headers["Location"]) == (303, "/")
    assert re.search("HttpOnly; SameSite=Strict", headers["Set-Cookie"])
    own, reached.cookie = reached.cookie, ""
    assert reached.ask("GET", f"/enter?key={key}")[0] == 401
    assert reached.ask("GET", "/enter?key=")[0] == 401
    assert reached.ask("GET", "/")[0] == 401
    reached.cookie = own
    status, _, page = reached.ask("GET", "/")
    assert status == 200
    assert P1.item.key in page


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost.evil.example:80", ""])
def test_another_host_gets_nothing(reached: Reached, host: str) -> None:
    """A name that somebody points at 127.0.0.1 is not this server."""
    reached.enter()
    status, _, page = reached.ask("GET", "/", Host=host)
    assert status == 421
    assert P1.item.key not in page


def test_localhost_is_sent_to_the_address(reached: Reached) -> None:
    port = reached.server.port
    status, headers, _ = reached.ask("GET", "/enter?key=x", Host=f"localhost:{port}")
    assert (status, headers["Location"]) == (303, f"http://127.0.0.1:{port}/enter?key=x")


def test_a_form_of_another_page_does_nothing(reached: Reached) -> None:
    reached.enter()
    page = reached.ask("GET", f"/card/{P1.item.key}")[2]
    fields = dict(re.findall(r'name="(id|token|kept|shown)" value="([^"]+)"', page))
    body = urlencode(fields | {"verdict": "dismissed", "reason": "No."})
    kind = "application/x-www-form-urlencoded"
    path = f"/card/{P1.item.key}/decide"
    for origin in ("https://evil.example", "null", f"http://localhost:{reached.server.port}"):
        assert reached.ask("POST", path, body, Origin=origin, Content_Type=kind)[0] == 403
    assert reached.ask("POST", path, body, Content_Type=kind)[0] == 403
    assert not reached.desk.pending
    own = reached.server.origin
    assert reached.ask("POST", path, body, Origin=own, Content_Type=kind)[0] == 303
    assert len(reached.desk.pending) == 1


def test_a_body_that_is_too_long_or_has_no_length_is_refused(reached: Reached) -> None:
    reached.enter()
    assert reached.ask("POST", "/next", "x" * 70_000)[0] == 413
    assert reached.ask("POST", "/next", "x", Content_Length="many")[0] == 413


def test_pages_of_the_run_are_shown_and_nothing_else(reached: Reached) -> None:
    reached.enter()
    status, headers, page = reached.ask("GET", "/public/packs/codes/3.html")
    assert (status, page) == (200, "<h1>Codes</h1>")
    assert "script" not in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers
    for path in ("/public/../secret.html", "/public/%2e%2e/secret.html", "/public/nothing.html"):
        status, _, page = reached.ask("GET", path)
        assert status == 404
        assert "secret" not in page
    reached.cookie = ""
    assert reached.ask("GET", "/public/packs/codes/3.html")[0] == 401


def test_leaving_ends_the_session_and_the_server(reached: Reached) -> None:
    reached.enter()
    token = re.search(r'name="token" value="([^"]+)"', reached.ask("GET", "/")[2])
    assert token
    own = reached.server.origin
    kind = "application/x-www-form-urlencoded"
    assert reached.ask("POST", "/leave", "token=x", Origin=own, Content_Type=kind)[0] == 403
    body = f"token={token[1]}"
    assert reached.ask("POST", "/leave", body, Origin=own, Content_Type=kind)[0] == 200
    assert reached.server.session({"cookies": [reached.cookie]}) is None


@pytest.mark.parametrize("cookie", ["x", "a=b; =;", "desk=\x01", 'desk-1="', "é=ü"])
def test_a_broken_cookie_is_no_session(reached: Reached, cookie: str) -> None:
    reached.cookie = cookie.encode().decode("latin-1")
    assert reached.ask("GET", "/")[0] in {400, 401}


def test_where_no_browser_has_a_window_the_way_is_said() -> None:
    assert not has_browser({"SSH_CONNECTION": "192.0.2.1 22", "DISPLAY": ":0"})
    assert has_browser({"DISPLAY": ":0"})
    here, over_ssh = directions("http://127.0.0.1:8000/enter?key=k", 8000)
    assert "http://127.0.0.1:8000/enter?key=k" in here
    assert "ssh -L 8000:127.0.0.1:8000 " in over_ssh
