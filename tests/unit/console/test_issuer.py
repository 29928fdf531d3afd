"""The issuer is asked at its own addresses, over HTTPS, and rarely."""

from collections.abc import Mapping
from typing import Any

import pytest
from support.sample_posts import StandingClock
from support.sign_in_world import CLIENT, ISSUER, KEY, OTHER_KEY, MemoryIssuer, jwk

from console.identity.issuer import Issuer, IssuerError, check_address

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
    [
        "http://issuer.example/",
        "file:///etc/passwd",
        "http://localhost@evil.example/",
        "http://localhost.evil.example/",
        "",
    ],
)
def test_an_address_without_https_is_refused(url: str) -> None:
    with pytest.raises(IssuerError):
        check_address(url)


@pytest.mark.parametrize(
    "url", ["https://issuer.example/", "http://127.0.0.1:4566/", "http://a.localhost:1/"]
)
def test_https_and_loopback_are_asked(url: str) -> None:
    check_address(url)
