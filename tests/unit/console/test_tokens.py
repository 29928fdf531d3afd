"""What proves a moderator: a token for us, the claims in it, and the attempt that asked for it."""

import importlib
import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import jwt
import pytest
from support.desk_world import http_event
from support.sign_in_world import CLIENT, ISSUER, KEY, OTHER_KEY, claims_at, jwk, signed

from console.application import SignInAttempt
from console.browser_session import Grants, TokenChecks, TokenError
from desk import Door, Moderator, Role

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER, EARLIER = int(NOW.timestamp()) + 3_600, int(NOW.timestamp()) - 3_600
KEYS = {"k1": jwk(KEY), "secret": {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}}
CHECKS = TokenChecks(ISSUER, CLIENT, KEYS.get)


def refused(token: str, nonce: str = "n-1") -> str:
    with pytest.raises(TokenError) as raised:
        CHECKS.claims(token, nonce, NOW)
    return raised.value.code


def claims(**changes: Any) -> dict[str, Any]:
    return claims_at(NOW, **changes)


def test_a_good_token_gives_its_claims() -> None:
    assert CHECKS.claims(signed(claims()), "n-1", NOW)["cognito:username"] == "m-7"


def letters(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


HEAD, _, SIGNATURE = signed(claims()).split(".")
OTHERS = claims(**{"cognito:groups": ["beta/lead"]})
ALONG = {"jwk": jwk(OTHER_KEY), "jku": "https://evil.example/keys"}
FORGED = {
    "no signature": (f"{letters({'alg': 'none', 'kid': 'k1'})}.{letters(claims())}.",
                     "wrong_algorithm"),
    "the public key as a shared secret": (
        jwt.encode(claims(), jwk(KEY)["n"], "HS256", headers={"kid": "k1"}), "wrong_algorithm"),
    "other claims under the signature": (f"{HEAD}.{letters(OTHERS)}.{SIGNATURE}", "forged"),
    "a stranger's key": (signed(claims(), OTHER_KEY), "forged"),
    "a stranger's key that comes along": (signed(claims(), OTHER_KEY, **ALONG), "forged"),
    "a key that the issuer does not have": (signed(claims(), kid="k9"), "unknown_key"),
    "a key for shared secrets": (signed(claims(), kid="secret"), "forged"),
    "an access token by its header": (signed(claims(), typ="at+jwt"), "wrong_kind"),
    "no token at all": ("a.b.c", "forged"), "empty": ("", "forged"),
    "too long": ("a" * 20_000, "too_long"),
}  # fmt: skip


@pytest.mark.parametrize(("token", "code"), FORGED.values(), ids=FORGED)
def test_a_forged_token_proves_nothing(token: str, code: str) -> None:
    assert refused(token) == code


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "it has ended": ({"exp": EARLIER}, "expired"),
    "it never ends": ({"exp": ...}, "forged"),
    "its end is a word": ({"exp": "soon"}, "expired"),
    "it begins later": ({"iat": LATER}, "not_yet"),
    "another issuer": ({"iss": "https://evil.example"}, "wrong_issuer"),
    "another client": ({"aud": "client-2"}, "wrong_audience"),
    "no client": ({"aud": ...}, "forged"),
    "made for another client": ({"aud": [CLIENT, "client-2"], "azp": "client-2"}, "wrong_audience"),
    "an access token": ({"token_use": "access"}, "wrong_kind"),
    "another nonce": ({"nonce": "n-2"}, "wrong_nonce"),
    "no nonce": ({"nonce": ...}, "wrong_nonce"),
    "nobody": ({"sub": ...}, "forged"),
}


@pytest.mark.parametrize(("changes", "code"), WRONG.values(), ids=WRONG)
def test_a_token_for_something_else_proves_nothing(changes: dict[str, Any], code: str) -> None:
    assert refused(signed(claims(**changes))) == code


@pytest.mark.parametrize(("changes", "seconds", "code"), [
    ({}, 359, ""), ({}, 360, "expired"), ({"iat": int(NOW.timestamp()) + 60}, 0, ""),
    ({"iat": int(NOW.timestamp()) + 61}, 0, "not_yet"), ({"exp": True}, 0, "expired"),
    ({"exp": 4e9}, 0, ""), ({"iat": "now"}, 0, "not_yet"), ({"token_use": ...}, 0, ""),
    ({"azp": CLIENT}, 0, ""), ({"nonce": 7}, 0, "wrong_nonce"),
])  # fmt: skip
def test_a_minute_of_leeway_and_absence(changes: dict[str, Any], seconds: int, code: str) -> None:
    """By the stack's clock."""
    now = NOW + timedelta(seconds=seconds)
    token = signed(claims(**changes))
    if code:
        with pytest.raises(TokenError, match=code):
            CHECKS.claims(token, "n-1", now)
    else:
        assert CHECKS.claims(token, "n-1", now)["sub"] == "s-1"


GRANTS = Grants("cognito:username", "cognito:groups")


def granted(name: Any, groups: Any) -> Moderator | str:
    claims = {"cognito:username": name, "cognito:groups": groups}
    try:
        return GRANTS.moderator({key: value for key, value in claims.items() if value is not ...})
    except TokenError as error:
        return error.code


@pytest.mark.parametrize(("groups", "role"), [
    (["acme/moderator"], Role.MODERATOR),
    ("[acme/lead]", Role.LEAD),
    ("[acme/auditor acme/moderator]", Role.MODERATOR),
    (["acme/lead", "everybody", "acme/king", "ACME/lead"], Role.LEAD),
])  # fmt: skip
def test_a_group_names_provider_and_role(groups: Any, role: Role) -> None:
    assert granted("m-7", groups) == Moderator("m-7", "acme", role, Door.CONSOLE)


@pytest.mark.parametrize(("name", "groups", "code"), [
    ("ada@example.org", ["acme/lead"], "no_moderator"), ("", ["acme/lead"], "no_moderator"),
    ("m 7", ["acme/lead"], "no_moderator"), ("m-7\n", ["acme/lead"], "no_moderator"),
    ("m" * 101, ["acme/lead"], "no_moderator"), (7, ["acme/lead"], "no_moderator"),
    (..., ["acme/lead"], "no_moderator"), ("m-7", [], "no_group"), ("m-7", ..., "no_group"),
    ("m-7", ["acme"], "no_group"), ("m-7", ["all/lead"], "no_group"),
    ("m-7", [7, None], "no_group"), ("m-7", {"acme/lead": 1}, "no_group"),
    ("m-7", ["acme/moderator", "beta/auditor"], "two_providers"),
])  # fmt: skip
def test_anything_else_is_nobody(name: Any, groups: Any, code: str) -> None:
    assert granted(name, groups) == code


def test_an_attempt_knows_its_own_state_for_ten_minutes() -> None:
    attempt = SignInAttempt.begin()
    state = attempt.state(NOW)
    assert attempt.knows(state, NOW)
    assert attempt.knows(state, NOW + timedelta(minutes=10))
    assert not attempt.knows(state, NOW + timedelta(minutes=10, seconds=1))
    assert not attempt.knows(state, NOW - timedelta(seconds=1))
    assert not attempt.knows(state, NOW - timedelta(minutes=1))
    assert not SignInAttempt.begin().knows(state, NOW)


@pytest.mark.parametrize("state", ["", ".", "x", "1.", "٣.a", f"{'9' * 40}.a", "-1.a", "1e9.a"])
def test_an_invented_state_is_not_known(state: str) -> None:
    assert not SignInAttempt.begin().knows(state, NOW)


def test_a_state_cannot_be_made_younger() -> None:
    attempt = SignInAttempt.begin()
    old = attempt.state(NOW - timedelta(hours=1))
    fresh = f"{int(NOW.timestamp())}.{old.partition('.')[2]}"
    assert not attempt.knows(fresh, NOW)


def test_nothing_that_is_sent_gives_the_verifier_away() -> None:
    attempt = SignInAttempt.begin()
    sent = {attempt.state(NOW), attempt.nonce, attempt.challenge}
    assert attempt.verifier not in sent
    assert len({*sent, attempt.verifier, attempt.secret}) == 5
    assert 43 <= len(attempt.verifier) <= 128


SETTINGS = (*("TABLE", "OUT_BUCKET", "PUBLIC_BUCKET", "PUBLIC_URL", "TODAY"),
            *("CONSOLE_QUEUE_URL", "CONSOLE_URL", "CONSOLE_ISSUER", "CONSOLE_DISCOVERY"),
            *("CONSOLE_CLIENT_ID", "CONSOLE_CLIENT_SECRET"),
            *("CONSOLE_MODERATOR_CLAIM", "CONSOLE_GROUPS_CLAIM"))  # fmt: skip


CONTEXT = SimpleNamespace(
    function_name="console", memory_limit_in_mb=512, aws_request_id="1", invoked_function_arn="arn"
)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The handler's module with settings, over clients that are not there."""
    for name in SETTINGS:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("TRIAL_LEAST", "0.8")
    monkeypatch.setenv("TRIAL_PEOPLE", "2")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Terang")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "console")
    monkeypatch.setattr(boto3, "client", lambda _: None)
    monkeypatch.delitem(sys.modules, "console.handler", raising=False)
    yield importlib.import_module("console.handler")
    monkeypatch.delitem(sys.modules, "console.handler")


def counted(text: str) -> dict[str, Any]:
    """The metrics among the lines of standard output, by name."""
    rows = [json.loads(line) for line in text.splitlines() if '"_aws"' in line]
    names = {"SignedIn", "SignInRefused", "ConsoleFailed"}
    return {name: row[name] for row in rows for name in names & row.keys()}


def test_a_request_is_answered(deployed: ModuleType) -> None:
    answer = deployed.handler(http_event("GET", "/static/desk.css"), CONTEXT)
    assert answer["statusCode"] == 200


@pytest.mark.parametrize(("outcome", "metrics"),
    [("signed_in", {}), ("refused", {"SignInRefused": [1.0]}), ("signed_out", {})])  # fmt: skip
def test_what_came_of_a_sign_in_is_counted(deployed: ModuleType, outcome: str,
        metrics: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    deployed.report(outcome, {"code": "no_group"})
    deployed.handler(http_event("GET", "/static/desk.css"), CONTEXT)
    assert counted(capsys.readouterr().out) == metrics


def test_a_failure_is_a_page_and_names_its_place_alone(deployed: ModuleType,
        capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    logged: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(deployed.logger, "error", lambda why, extra: logged.append((why, extra)))
    answer = deployed.handler(http_event("POST", "/next", "text=secret+words"), CONTEXT)
    assert answer["statusCode"] == 401, "nobody is signed in"
    event = http_event("GET", "/", cookies={"__Host-terang-session": "secret-words"})
    answer = deployed.handler(event, CONTEXT)
    assert answer["statusCode"] == 500
    assert "A form may not be stored" in answer["body"]
    assert answer["headers"]["Cache-Control"] == "no-store"
    [(why, facts)] = logged
    assert (why, facts["error"]) == ("failed", "AttributeError")
    assert facts["at_line"].startswith("table.py:")
    assert "secret" not in str(logged)
    assert counted(capsys.readouterr().out) == {"ConsoleFailed": [1.0]}
