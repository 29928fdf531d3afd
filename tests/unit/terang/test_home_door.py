"""The door at home lets in one browser, once, and nothing that another page sends."""

import http.client
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from support.desk_world import MemoryDesk, dossier, finding

from desk import Door, Moderator, Role
from desk.routes import DeskApplication
from terang.home_desk import HomeServer, directions, has_browser

P1 = dossier(finding("p1", text="send me the code"))
WHO = Moderator("m-7", "acme", Role.MODERATOR, Door.FILE)


@dataclass
class Reached:
    """A server that listens, and a browser that keeps its cookie."""

    server: HomeServer
    desk: MemoryDesk
    cookie: str = ""

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
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
