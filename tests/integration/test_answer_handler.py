"""The function answer: whoever asks, and whatever goes wrong, no word of it is logged or kept."""

import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

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
    with deployed("answer", world) as module:
        yield module, world
    world.remove()


def event(text: Any = f"{REPEATS_SALT} {CANARY}", **changes: Any) -> dict[str, Any]:
    """What a function URL sends, in full: everything of the asker bears the canary."""
    return {
        "version": "2.0",
        "rawPath": f"/{CANARY}",
        "rawQueryString": f"q={CANARY}",
        "headers": {"user-agent": CANARY, "x-forwarded-for": ADDRESS},
        "requestContext": {
            "http": {"method": "POST", "sourceIp": ADDRESS, "userAgent": CANARY},
            "authorizer": {"iam": {"userArn": f"arn:aws:iam::1:role/{CANARY}"}},
        },
        "body": json.dumps({"text": text}),
        "isBase64Encoded": False,
    } | changes


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize(
    ("asked", "status", "counted"),
    [
        pytest.param(event(), 200, {"Asked", "Answered"}, id="an answer"),
        pytest.param(event(CANARY), 200, {"Asked", "NotFound"}, id="no answer"),
        pytest.param(event(body=f"{{{CANARY}"), 400, {"Asked", "AskersRefused"}, id="garbage"),
        pytest.param(event([CANARY]), 400, {"Asked", "AskersRefused"}, id="no text"),
        pytest.param(
            event(requestContext={"http": {"sourceIp": ADDRESS}}),
            403,
            {"Asked", "AskersRefused"},
            id="nobody",
        ),
    ],
)
def test_nothing_of_a_question_is_logged(
    answer: tuple[ModuleType, World],
    capsys: pytest.CaptureFixture[str],
    asked: dict[str, Any],
    status: int,
    counted: set[str],
) -> None:
    module, world = answer
    before = world.state()
    assert module.handler(asked, Context())["statusCode"] == status
    printed = said(capsys)
    assert metrics_of(printed).keys() == counted
    assert CANARY not in printed
    assert ADDRESS not in printed
    assert world.state() == before


@pytest.mark.parametrize("failure", [ValueError(CANARY), KeyError(CANARY), RuntimeError(event())])
def test_a_failure_tells_its_kind_and_place_and_no_word(
    answer: tuple[ModuleType, World],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
) -> None:
    module, _ = answer

    def fail(*_: Any) -> Any:
        raise failure

    monkeypatch.setattr("answer.tip_line.ask", fail)
    told = module.handler(event(), Context())
    printed = said(capsys)
    assert (told["statusCode"], json.loads(told["body"])) == (500, {"code": "failed"})
    assert type(failure).__name__ in printed
    assert metrics_of(printed).keys() == {"AnswerFailed"}
    assert CANARY not in printed
    assert ADDRESS not in printed


def test_the_search_for_the_canary_finds_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Else the tests above could not fail."""
    sys.stdout.write(json.dumps(event()))
    assert CANARY in said(capsys)
