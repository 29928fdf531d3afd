"""The handler answers a failure with a page, and logs and counts without a word of a form."""

import importlib
import json
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from support.desk_world import http_event

SETTINGS = (
    *("TABLE", "OUT_BUCKET", "PUBLIC_BUCKET", "PUBLIC_URL", "TODAY"),
    *("CONSOLE_QUEUE_URL", "CONSOLE_URL", "CONSOLE_ISSUER", "CONSOLE_DISCOVERY"),
    *("CONSOLE_CLIENT_ID", "CONSOLE_CLIENT_SECRET"),
    *("CONSOLE_MODERATOR_CLAIM", "CONSOLE_GROUPS_CLAIM"),
)


CONTEXT = SimpleNamespace(
    function_name="console", memory_limit_in_mb=512, aws_request_id="1", invoked_function_arn="arn"
)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The handler's module with settings, over clients that are not there."""
    for name in SETTINGS:
        monkeypatch.setenv(name, "")
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


@pytest.mark.parametrize(
    ("outcome", "metrics"),
    [("signed_in", {}), ("refused", {"SignInRefused": [1.0]}), ("signed_out", {})],
)
def test_what_came_of_a_sign_in_is_counted(
    deployed: ModuleType, outcome: str, metrics: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.report(outcome, {"code": "no_group"})
    deployed.handler(http_event("GET", "/static/desk.css"), CONTEXT)
    assert counted(capsys.readouterr().out) == metrics


def test_a_failure_is_a_page_and_names_its_place_alone(
    deployed: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
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
