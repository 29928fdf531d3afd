"""The functions as they are deployed: settings, the module imported anew, events, a context."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from support.world import DAY, ROLE, SECRET, SECRET_NAME, World


class Output:
    """Standard output as it is at the moment: pytest changes it between a fixture and its test."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@dataclass(slots=True)
class Context:
    """What Lambda tells of a call."""

    seconds: float = 300
    function_name: str = "function"
    memory_limit_in_mb: str = "1769"
    aws_request_id: str = "request"
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def settings_of(name: str, world: World) -> dict[str, str]:
    """The settings that the template gives a function."""
    return {
        "AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_SERVICE_NAME": f"{name}-{world.number}",
        "POWERTOOLS_METRICS_NAMESPACE": "Terang", "TABLE": world.table, "DROP_BUCKET": world.drop,
        "WORK_BUCKET": world.work, "OUT_BUCKET": world.out, "PUBLIC_BUCKET": world.public,
        "PUBLIC_URL": "https://terang.example", "POSTS_QUEUE_ARN": "arn:posts",
        "FILES_QUEUE_URL": world.queue_url, "UNITS_QUEUE_URL": world.queue_url,
        "INBOX_SENDER": "AROAINBOX", "FORMS_URL": "",
        "REDRIVE_SENDER": "", "CONSOLE_QUEUE_ARN": "arn:console", "MAX_RULE_PER_MILLE": "1000",
        "FLOOD_MINIMUM_POSTS": "1000000", "EXCERPT_DAYS": "30", "EXCERPT_LENGTH": "280",
        "SHADOW_FINDINGS": "counted", "RANGE_BYTES": "1000", "PART_BYTES": "1000",
        "PSEUDONYM_SECRET": SECRET_NAME, "TIP_LINE": "iam", "TIPS_PER_MINUTE": "1000",
        "PARTNERS_SECRET": "partners", "TELEGRAM_BOT": "terang_bot", "NOTICE_HOURS": "0",
        "TRIAL_LEAST": "0.8", "TRIAL_PEOPLE": "2", "TRUSTED_PUBLISHERS": "check.example",
        "TODAY": DAY,
    }  # fmt: skip


@contextmanager
def deployed(name: str, world: World, **secrets: Any) -> Iterator[ModuleType]:
    """The handler's module with the settings of the template, over the world's clients."""
    known = {SECRET_NAME: SECRET.decode(), **secrets}
    settings = settings_of(name, world)
    with over_clients(world.clients, f"{name}.handler", settings, known) as module:
        module.logger.handlers[0].setStream(Output())
        yield module


@contextmanager
def over_clients(clients: Any, name: str, settings: dict[str, str],
                 secrets: dict[str, Any]) -> Iterator[ModuleType]:  # fmt: skip
    """A module imported anew in this environment, with these clients and secrets of AWS."""

    def secret(name: str, **_: Any) -> Any:
        if secrets.get(name) is None:
            raise parameters.GetParameterError(name)
        return secrets[name]

    with pytest.MonkeyPatch.context() as patched:
        for key, value in settings.items():
            patched.setenv(key, value)
        patched.delitem(sys.modules, name, raising=False)
        patched.setattr(parameters, "get_secret", secret)
        patched.setattr(boto3, "client", lambda service, **_: getattr(clients, service))
        yield importlib.import_module(name)
        patched.delitem(sys.modules, name, raising=False)


def created(world: World, key: str, version: str, **changes: Any) -> dict[str, Any]:
    """S3's record of a created object; the key is written as S3 writes it in events."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": world.drop, "arn": f"arn:aws:s3:::{world.drop}"},
            "object": {"key": quote(key, safe="/").replace("%20", "+"), "size": 1, "eTag": "0",
                       "versionId": version, "sequencer": "0055AED6DCD90281E5"}},
    }  # fmt: skip
    return record | changes


def delivery(
    number: int, body: str, queue: str = "arn:posts", sender: str = f"{ROLE}:session",
    receives: int = 1, **named: str,
) -> dict[str, Any]:  # fmt: skip
    """SQS's record of a message; `named` are its attributes, `provider` among them."""
    return {
        "messageId": f"message-{number}",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(receives), "SentTimestamp": "1795608000000",
            "SenderId": sender, "ApproximateFirstReceiveTimestamp": "1795608000001",
        },
        "messageAttributes": {
            name: {
                "stringValue": value, "stringListValues": [], "binaryListValues": [],
                "dataType": "String",
            }
            for name, value in named.items()
        },
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "awsRegion": "us-east-1",
    }  # fmt: skip


def call(module: ModuleType, *records: dict[str, Any], seconds: float = 300) -> list[str]:
    """Let a handler take these deliveries; the numbers of those that failed."""
    answer = module.handler({"Records": list(records)}, Context(seconds))
    assert answer.keys() == {"batchItemFailures"}
    failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    return [one.removeprefix("message-") for one in failed]
