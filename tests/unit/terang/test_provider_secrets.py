"""A provider's secrets for HTTP, and the keys of its tools, as the stack keeps them."""

import io
import json
from hashlib import sha256
from types import SimpleNamespace

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as make_ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as make_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from strangers import holds
from terang.cli import main
from terang.remote import Remote

KEPT = {"helpdesk": "digest", "http/other/posts": "theirs", "http/acme-two/posts": "theirs too"}
PEM = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The content of the stack's secret."""
    content = dict(KEPT)

    def put(SecretString: str, **_: str) -> None:  # noqa: N803
        content.clear()
        content.update(json.loads(SecretString))

    client = SimpleNamespace(
        get_secret_value=lambda **_: {"SecretString": json.dumps(content)}, put_secret_value=put
    )
    monkeypatch.setattr(boto3, "client", lambda *_: client)
    monkeypatch.setattr(Remote, "known", lambda remote, *_: remote)
    monkeypatch.setattr(Remote, "find", lambda _: Remote("terang", {"PartnersSecretArn": "x"}, 24))
    return content


def made(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["providers", "secret", "acme", *options]) == 0
    return capsys.readouterr().out.strip()


def test_two_secrets_hold_until_the_next(stored: dict[str, str],
                                         capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Of each scope. Nobody else's change, and no secret itself is kept."""
    first, second, third = made(capsys), made(capsys, "--scopes", "posts"), made(capsys)

    def valid(scope: str) -> list[bool]:
        return [holds(stored[f"http/acme/{scope}"], one) for one in (first, second, third)]

    assert [valid(scope) for scope in ("posts", "cases")] == [
        [False, True, True], [True, False, True]
    ]  # fmt: skip
    last = made(capsys, "--replace", "--scopes", "posts,receipts")
    assert {name: digests for name, digests in stored.items() if "acme/" in name} == dict.fromkeys(
        ["http/acme/posts", "http/acme/receipts"], sha256(last.encode()).hexdigest()
    )
    assert stored.items() >= KEPT.items()
    assert all(one.startswith("acme.") and one not in str(stored) for one in (first, last))
    assert main(["providers", "secret", "acme", "--scopes", "posts,all"]) == 2
    assert "receipts" in capsys.readouterr().err


def test_the_key_of_coop_is_checked_and_kept(stored: dict[str, str],
                                             monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def sign(text: str, *tool: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return main(["providers", "sign", "acme", *tool])

    first, second = (make_rsa(65537, 2048).public_key().public_bytes(*PEM).decode() for _ in "12")
    elliptic = make_ec(SECP256R1()).public_key().public_bytes(*PEM).decode()
    assert [sign(text) for text in ("", "no key", elliptic)] == [1, 1, 1]
    assert sign("too-short", "--tool", "mastodon") == 1
    assert stored == KEPT
    assert [sign(first), sign(second)] == [0, 0]
    assert stored["signed/acme/coop"] == " ".join(
        "".join(pem.splitlines()[1:-1]) for pem in (second, first)
    )
    assert [sign(f"webhook-secret-{each}\n", "--tool", "mastodon") for each in "12"] == [0, 0]
    assert stored["signed/acme/mastodon"] == "webhook-secret-2 webhook-secret-1"
