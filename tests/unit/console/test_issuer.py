"""The issuer is asked at its own addresses, rarely, and answers with a JSON object."""

import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from support.sample_posts import StandingClock
from support.serving import Quiet, serving
from support.sign_in_world import CLIENT, ISSUER, KEY, OTHER_KEY, MemoryIssuer, Watch, jwk

from console import application

type Form = Mapping[str, str] | None


def issuer(memory: MemoryIssuer, watch: Watch) -> application.Issuer:
    return application.Issuer(ISSUER, CLIENT, fetch=memory.fetch, now=watch)


@pytest.fixture
def memory() -> MemoryIssuer:
    return MemoryIssuer(StandingClock().now())


def test_a_new_key_is_found_and_invented_ones_do_not_flood_the_issuer(memory: MemoryIssuer) -> None:
    watch = Watch()
    asked = issuer(memory, watch)
    assert asked.key("k2") is None
    memory.keys = [jwk(OTHER_KEY, "k2")]
    for _ in range(50):
        assert asked.key("k2") is None
    assert len(memory.asked) == 2
    watch.seconds = 61
    assert asked.key("k2")
    assert asked.key("k1") is None


def test_a_key_for_something_else_than_signatures_is_none(memory: MemoryIssuer) -> None:
    memory.keys = [jwk(KEY, use="enc"), "k1", {"kid": 1}]  # type: ignore[list-item]
    assert issuer(memory, Watch()).key("k1") is None


@pytest.mark.parametrize("other", [
    {"issuer": "https://issuer.example/other"}, {"jwks_uri": "http://issuer.example/keys"},
])  # fmt: skip
def test_anothers_configuration_and_an_unsafe_address_are_refused(memory: MemoryIssuer,
        other: dict[str, str]) -> None:  # fmt: skip
    def fetch(url: str, form: Form) -> dict[str, Any]:
        return memory.fetch(url, form) | other

    with pytest.raises(application.IssuerError):
        application.Issuer(ISSUER, CLIENT, fetch=fetch, now=Watch()).key("k1")


@pytest.mark.parametrize("url", [
    "http://issuer.example/", "file:///etc/passwd", "http://localhost@evil.example/",
    "http://localhost.evil.example/", "",
])  # fmt: skip
def test_only_https_and_loopback_are_asked(url: str) -> None:
    for sound in ("https://issuer.example/", "http://127.0.0.1:4566/", "http://a.localhost:1/"):
        application.check_address(sound)
    with pytest.raises(application.IssuerError):
        application.check_address(url)


def test_what_was_read_is_used_for_an_hour_and_to_its_last_second(memory: MemoryIssuer) -> None:
    watch = Watch()
    asked = issuer(memory, watch)
    for watch.seconds in (0, 0, 3_600):
        assert asked.key("k1")
    assert len(memory.asked) == 2
    asked.key("k9")
    assert len(memory.asked) == 3, "an unknown key, an hour after the keys were read"
    watch.seconds = 3_660
    asked.key("k9")
    assert len(memory.asked) == 3, "a minute later to the second"
    watch.seconds = 3_661
    asked.key("k9")
    read = [each.rpartition("/")[2] for each in memory.asked]
    assert read[3:] == ["openid-configuration", "keys"]
    watch.seconds = 7_262
    assert asked.key("k1")
    assert len(memory.asked) == 7, "configuration and keys, an hour later"


def test_addresses_for_signing_in_and_out(memory: MemoryIssuer) -> None:
    asked = issuer(memory, Watch())
    address = urlsplit(asked.sign_in_address("https://console.example/callback", "s", "n", "c"))
    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        "https://issuer.example/authorize")  # fmt: skip
    assert dict(parse_qsl(address.query)) == {
        "response_type": "code", "client_id": CLIENT, "scope": "openid", "state": "s", "nonce": "n",
        "redirect_uri": "https://console.example/callback", "code_challenge": "c",
        "code_challenge_method": "S256",
    }  # fmt: skip
    assert asked.sign_out_address("https://a.example/b").endswith(
        f"/logout?client_id={CLIENT}&post_logout_redirect_uri=https%3A%2F%2Fa.example%2Fb"
        "&logout_uri=https%3A%2F%2Fa.example%2Fb"
    )


def test_an_issuer_without_an_end_of_sessions_has_no_address_for_it(memory: MemoryIssuer) -> None:
    without = without_field(memory, "end_session_endpoint")
    assert without.sign_out_address("https://a.example/") == ""
    with pytest.raises(application.IssuerError, match="names no token_endpoint"):
        without_field(memory, "token_endpoint").exchange("c", "v", "https://a.example/")


def without_field(memory: MemoryIssuer, name: str) -> application.Issuer:
    def fetch(url: str, form: Form) -> dict[str, Any]:
        answer = memory.fetch(url, form)
        return {key: value for key, value in answer.items() if key != name}

    return application.Issuer(ISSUER, CLIENT, fetch=fetch, now=Watch())


@pytest.mark.parametrize(("secret", "shown"), [(None, None), (lambda: "s3", "s3")])
def test_a_code_becomes_a_token_or_the_issuers_fault(secret: Any, shown: str | None) -> None:
    forms: list[Form] = []

    def fetch(url: str, form: Form) -> dict[str, Any]:
        forms.append(form)
        if form is None:
            return {"issuer": ISSUER, "token_endpoint": "https://issuer.example/token"}
        return {"id_token": "t" if form["code"] == "good" else 7}

    asked = application.Issuer(ISSUER, CLIENT, "https://d.example/", secret, fetch, Watch())
    assert asked.exchange("good", "v", "https://a.example/") == "t"
    expected = {"grant_type": "authorization_code", "code": "good", "client_id": CLIENT,
                "redirect_uri": "https://a.example/", "code_verifier": "v"}  # fmt: skip
    assert forms[1] == expected | ({"client_secret": shown} if shown else {})
    with pytest.raises(application.IssuerError, match="no identity token"):
        asked.exchange("bad", "v", "https://a.example/")


FORM = {"code": "c 1", "client_id": "client-1"}


class Answers(Quiet, BaseHTTPRequestHandler):
    """Answers by path: a status, and a body from the table below."""

    asked: ClassVar[list[tuple[str, str, dict[str, list[str]]]]] = []

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.asked.append((self.command, self.headers["Accept"], parse_qs(body)))
        status, answer = BODIES[self.path]
        self.send_response(status)
        self.send_header("Location", "/object")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = answer  # noqa: N815 - the names of the standard library


def padded(size: int) -> bytes:
    """A JSON object of as many bytes."""
    return b"{" + b" " * (size - 2) + b"}"


BODIES = {"/object": (200, b'{"a": 1}'), "/list": (200, b"[]"), "/text": (200, b"sign in here"),
          "/bytes": (200, b"\xff\xfe"), "/largest": (200, padded(application.MOST_BYTES)),
          "/larger": (200, padded(application.MOST_BYTES + 1)), "/moved": (302, b""),
          "/refused": (400, json.dumps({"error": "invalid_grant"}).encode()),
          "/unknown": (401, b""), "/gone": (404, b""),
          "/failed": (500, b"secret words")}  # fmt: skip


@pytest.fixture(scope="module")
def issuer_answering() -> Iterator[str]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Answers)) as address:
        yield address


def test_it_is_asked_for_json_and_gets_a_form_by_post(issuer_answering: str) -> None:
    Answers.asked.clear()
    assert application.fetch_json(f"{issuer_answering}/object") == {"a": 1}
    assert application.fetch_json(f"{issuer_answering}/object", FORM) == {"a": 1}
    assert Answers.asked == [("GET", "application/json", {}),
        ("POST", "application/json", {"code": ["c 1"], "client_id": ["client-1"]})]  # fmt: skip


@pytest.mark.parametrize("path", ["/list", "/text", "/bytes", "/larger"])
def test_anything_but_an_object_is_the_issuers_fault(path: str, issuer_answering: str) -> None:
    with pytest.raises(application.IssuerError, match="no JSON object"):
        application.fetch_json(f"{issuer_answering}{path}")


def test_an_answer_of_the_largest_size_is_read(issuer_answering: str) -> None:
    assert application.fetch_json(f"{issuer_answering}/largest") == {}


@pytest.mark.parametrize("path", ["/refused", "/unknown"])
def test_a_code_is_refused_only_where_one_was_sent(path: str, issuer_answering: str) -> None:
    with pytest.raises(application.CodeRefusedError):
        application.fetch_json(f"{issuer_answering}{path}", FORM)
    with pytest.raises(application.IssuerError, match="answered 40"):
        application.fetch_json(f"{issuer_answering}{path}")


@pytest.mark.parametrize(
    ("path", "status"), [("/moved", 302), ("/gone", 404), ("/failed", 500)]
)  # fmt: skip
@pytest.mark.parametrize("form", [None, FORM], ids=["asked", "sent"])
def test_no_redirect_is_followed_and_no_word_is_repeated(path: str, status: int,
        form: dict[str, str] | None, issuer_answering: str) -> None:  # fmt: skip
    with pytest.raises(application.IssuerError) as raised:
        application.fetch_json(f"{issuer_answering}{path}", form)
    assert str(raised.value) == f"the issuer answered {status}"


def test_an_issuer_that_is_not_there_did_not_answer() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.server_close()
    with pytest.raises(application.IssuerError, match="did not answer: URLError"):
        application.fetch_json(f"http://127.0.0.1:{server.server_port}/object")
