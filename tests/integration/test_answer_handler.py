"""The function answer: whoever asks, and whatever goes wrong, no word of it is logged or kept."""

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest
from integration.handlers import Context, deployed
from integration.metrics import metrics_of
from support.sample_checks import CHECKS, REPEATS_SALT, table
from support.world import World

CANARY = "zq7-canary"
ADDRESS = "203.0.113.77"


@pytest.fixture(scope="module")
def answer(clients: Any) -> Iterator[tuple[ModuleType, World]]:
    world = World(clients)
    world.import_checks(table(*CHECKS))
    partners = {"telegram": sha256(b"web-hook_1").hexdigest()}
    with deployed("answer", world, partners=partners) as module:
        yield module, world
    world.remove()


def event(text: Any = f"{REPEATS_SALT} {CANARY}", **changes: Any) -> dict[str, Any]:
    """What a function URL sends, in full: everything of the asker bears the canary."""
    return {"version": "2.0", "rawPath": f"/{CANARY}", "rawQueryString": f"q={CANARY}",
            "headers": {"user-agent": CANARY, "x-forwarded-for": ADDRESS},
            "requestContext": {
                "http": {"method": "POST", "sourceIp": ADDRESS, "userAgent": CANARY},
                "authorizer": {"iam": {"userArn": f"arn:aws:iam::1:role/{CANARY}"}},
            },
            "body": json.dumps({"text": text}), "isBase64Encoded": False} | changes  # fmt: skip


def form(text: str, method: str = "POST") -> dict[str, Any]:
    """What the API sends of the page."""
    http = {"method": method, "sourceIp": ADDRESS, "userAgent": CANARY}
    return event(routeKey=f"{method} /", requestContext={"http": http},
        queryStringParameters={"language": CANARY}, body=urlencode({"text": text}))  # fmt: skip


def update(text: str, secret: str = "web-hook_1") -> dict[str, Any]:
    """What the API sends of Telegram's webhook."""
    user = {"id": 1, "is_bot": False, "first_name": CANARY, "username": CANARY}
    message = {"message_id": 1, "from": user, "chat": {"id": 1, "type": "private"}, "text": text}
    return event(routeKey="POST /telegram",
                 headers={"x-telegram-bot-api-secret-token": secret, "user-agent": CANARY},
                 body=json.dumps({"update_id": 1, "message": message}))  # fmt: skip


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize(("asked", "status", "outcome"), [
    pytest.param(event(), 200, "answered", id="an answer"),
    pytest.param(event(CANARY), 200, "not_found", id="no answer"),
    pytest.param(event(body=f"{{{CANARY}"), 400, "no_json", id="garbage"),
    pytest.param(event([CANARY]), 400, "no_question", id="no text"),
    pytest.param(event(requestContext={"http": {"sourceIp": ADDRESS}}), 403, "not_known",
                 id="nobody"),
    pytest.param(form("", "GET"), 200, "opened", id="the page"),
    pytest.param(form(f"{REPEATS_SALT} {CANARY}"), 200, "answered", id="the page's answer"),
    pytest.param(form(""), 400, "no_text", id="the page's refusal"),
    pytest.param(update(f"{REPEATS_SALT} {CANARY}"), 200, "answered", id="the bot's answer"),
    pytest.param(update(f"/start {CANARY}"), 200, "opened", id="the bot's help"),
    pytest.param(update(CANARY, secret=CANARY), 403, "not_known", id="another webhook"),
])  # fmt: skip
def test_nothing_of_a_question_is_logged(
        answer: tuple[ModuleType, World], capsys: pytest.CaptureFixture[str], asked: dict[str, Any],
        status: int, outcome: str) -> None:  # fmt: skip
    module, world = answer
    before = world.state()
    assert module.handler(asked, Context())["statusCode"] == status
    printed = said(capsys)
    assert [json.loads(line)["message"] for line in printed.splitlines()] == [outcome]
    assert CANARY not in printed
    assert ADDRESS not in printed
    assert world.state() == before


@pytest.mark.parametrize("failure", [ValueError(CANARY), KeyError(CANARY), RuntimeError(event())])
@pytest.mark.parametrize(("asked", "body"), [
    pytest.param(event(), '{"code": "failed"}', id="JSON"),
    pytest.param(form(CANARY), "Something failed here", id="the page"),
    pytest.param(update(CANARY), '{"code": "failed"}', id="the bot"),
])  # fmt: skip
def test_a_failure_tells_its_kind_and_place_and_no_word(
        answer: tuple[ModuleType, World], capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], body: str,
        failure: Exception) -> None:  # fmt: skip
    module, _ = answer

    def fail(*_: Any) -> Any:
        raise failure

    monkeypatch.setattr("answer.tip_line.ask", fail)
    told = module.handler(asked, Context())
    printed = said(capsys)
    assert told["statusCode"] == 500
    assert body in told["body"]
    assert type(failure).__name__ in printed
    assert metrics_of(printed).keys() == {"AnswerFailed"}
    assert CANARY not in printed
    assert ADDRESS not in printed


def test_a_route_that_fails_itself_is_answered(answer: tuple[ModuleType, World],
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """An event of no route, which AWS never sends."""
    module, _ = answer
    told = module.handler(event(routeKey=CANARY), Context())
    assert (told["statusCode"], json.loads(told["body"])) == (500, {"code": "failed"})
    assert CANARY not in said(capsys)


def test_the_search_for_the_canary_finds_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Else the tests above could not fail."""
    sys.stdout.write(json.dumps(event()))
    assert CANARY in said(capsys)
