"""The issuer is asked at its own addresses, over HTTPS, and rarely."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.sample_posts import StandingClock
from support.sign_in_world import CLIENT, ISSUER, KEY, OTHER_KEY, MemoryIssuer, jwk

from console.application import Issuer, IssuerError, check_address

type Form = Mapping[str, str] | None


class Watch:
    """A clock that goes on when it is told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def issuer(memory: MemoryIssuer, watch: Watch) -> Issuer:
    return Issuer(ISSUER, CLIENT, fetch=memory.fetch, now=watch)


@pytest.fixture
def memory() -> MemoryIssuer:
    return MemoryIssuer(StandingClock().now())


def test_configuration_and_keys_are_read_once_an_hour(memory: MemoryIssuer) -> None:
    watch = Watch()
    asked = issuer(memory, watch)
    for _ in range(5):
        assert asked.key("k1")
    assert len(memory.asked) == 2
    watch.seconds = 3_601
    assert asked.key("k1")
    assert len(memory.asked) == 4


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


def test_another_issuers_configuration_is_refused(memory: MemoryIssuer) -> None:
    asked = Issuer("https://issuer.example/other", CLIENT, fetch=memory.fetch, now=Watch())
    with pytest.raises(IssuerError):
        asked.configuration()


def test_an_address_in_the_configuration_must_be_safe(memory: MemoryIssuer) -> None:
    def fetch(url: str, form: Form) -> dict[str, Any]:
        return memory.fetch(url, form) | {"jwks_uri": "http://issuer.example/keys"}

    with pytest.raises(IssuerError):
        Issuer(ISSUER, CLIENT, fetch=fetch, now=Watch()).key("k1")


@pytest.mark.parametrize(
    "url",
    ["http://issuer.example/", "file:///etc/passwd", "http://localhost@evil.example/",
     "http://localhost.evil.example/", ""],
)  # fmt: skip
def test_an_address_without_https_is_refused(url: str) -> None:
    with pytest.raises(IssuerError):
        check_address(url)


@pytest.mark.parametrize(
    "url", ["https://issuer.example/", "http://127.0.0.1:4566/", "http://a.localhost:1/"]
)
def test_https_and_loopback_are_asked(url: str) -> None:
    check_address(url)


def test_what_was_read_is_used_for_an_hour_and_to_its_last_second(memory: MemoryIssuer) -> None:
    watch = Watch()
    asked = issuer(memory, watch)
    asked.key("k1")
    watch.seconds = 3_600
    asked.key("k1")
    assert len(memory.asked) == 2
    asked.key("k9")
    assert len(memory.asked) == 3, "an unknown key, an hour after the keys were read"
    watch.seconds = 3_660
    asked.key("k9")
    assert len(memory.asked) == 3, "a minute later to the second"
    watch.seconds = 3_661
    asked.key("k9")
    assert [each.rpartition("/")[2] for each in memory.asked[3:]] == [
        "openid-configuration", "keys"]  # fmt: skip


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
    with pytest.raises(IssuerError, match="names no token_endpoint"):
        without_field(memory, "token_endpoint").exchange("c", "v", "https://a.example/")


def without_field(memory: MemoryIssuer, name: str) -> Issuer:
    def fetch(url: str, form: Form) -> dict[str, Any]:
        answer = memory.fetch(url, form)
        return {key: value for key, value in answer.items() if key != name}

    return Issuer(ISSUER, CLIENT, fetch=fetch, now=Watch())


@pytest.mark.parametrize(("secret", "shown"), [(None, None), (lambda: "s3", "s3")])
def test_a_code_becomes_a_token_or_the_issuers_fault(secret: Any, shown: str | None) -> None:
    forms: list[Form] = []

    def fetch(url: str, form: Form) -> dict[str, Any]:
        forms.append(form)
        if form is None:
            return {"issuer": ISSUER, "token_endpoint": "https://issuer.example/token"}
        return {"id_token": "t" if form["code"] == "good" else 7}

    asked = Issuer(ISSUER, CLIENT, "https://d.example/", secret, fetch, Watch())
    assert asked.exchange("good", "v", "https://a.example/") == "t"
    expected = {"grant_type": "authorization_code", "code": "good", "client_id": CLIENT,
                "redirect_uri": "https://a.example/", "code_verifier": "v"}  # fmt: skip
    assert forms[1] == expected | ({"client_secret": shown} if shown else {})
    with pytest.raises(IssuerError, match="no identity token"):
        asked.exchange("bad", "v", "https://a.example/")
