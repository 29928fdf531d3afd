"""An account for the events of events/: buckets, a queue, a table, and the shipped packs."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import unquote_plus

import boto3
import msgspec
import pytest
from aws_lambda_powertools.utilities import parameters
from moto import mock_aws
from support.declared import ROOT, table_shape

from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.closing import POINTER_KEY, set_key
from ledger.findings import file_id
from ledger.provider import Provider
from ledger.units import RangeMessage, Receipt
from matcher import Pack, build_set, digest_of

EVENTS = ROOT / "events"
SAMPLE = ROOT / "local/samples/files/posts.jsonl"
ENV: dict[str, dict[str, str]] = json.loads((EVENTS / "env.json").read_text())
AWS = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
DAY = "2026-11-25"
MIB = 1024 * 1024


def read_event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def names(prefix: str) -> list[str]:
    return sorted(path.stem for path in EVENTS.glob(f"{prefix}-*.json"))


@dataclass
class Account:
    """An account that has what env.json names, one provider, and the shipped packs in force."""

    monkeypatch: pytest.MonkeyPatch
    store: DynamoStore
    objects: S3Objects
    s3: Any
    sqs: Any
    in_force: str
    imported: list[str] = field(default_factory=list)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call the function's handler as a fresh worker would."""
        for name, value in ENV[function].items():
            self.monkeypatch.setenv(name, value)
        module = f"{function.removesuffix('Function').lower()}.handler"
        sys.modules.pop(module, None)
        self.imported.append(module)
        loaded: ModuleType = importlib.import_module(module)
        context = SimpleNamespace(
            function_name=function,
            memory_limit_in_mb=1769,
            aws_request_id="1",
            invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:f",
            get_remaining_time_in_millis=lambda: 300_000,
        )
        return loaded.handler(event, context)

    def drop(self, event: dict[str, Any], data: bytes) -> str:
        """Put the object that an event speaks of, and pin its version in the event; the file."""
        key, version = unquote_plus(place(event)["object"]["key"]), ""
        if "Multipart" in event["Records"][0]["eventName"]:
            version = self._put_in_parts(key, data)
        else:
            version = self.s3.put_object(Bucket=bucket("DROP"), Key=key, Body=data)["VersionId"]
        place(event)["object"]["versionId"] = version
        return file_id(bucket("DROP"), key, version)

    def _put_in_parts(self, key: str, data: bytes) -> str:
        where = {"Bucket": bucket("DROP"), "Key": key}
        upload = self.s3.create_multipart_upload(**where)["UploadId"]
        parts = []
        for number, start in enumerate(range(0, len(data), 8 * MIB), 1):
            body = data[start : start + 8 * MIB]
            part = self.s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        answer = self.s3.complete_multipart_upload(
            **where, UploadId=upload, MultipartUpload={"Parts": parts}
        )
        return str(answer["VersionId"])

    def remove(self) -> None:
        """Take all away: the names are those of env.json, and the next test wants them too."""
        boto3.client("dynamodb").delete_table(TableName=ENV["Scan"]["TABLE"])
        self.sqs.delete_queue(QueueUrl=ENV["Intake"]["UNITS_QUEUE_URL"])
        secrets = (
            ENV["Scan"]["PSEUDONYM_SECRET"],
            ENV["Answer"]["PARTNERS_SECRET"],
            ENV["Announce"]["WEBHOOKS_SECRET"],
        )
        for secret in secrets:
            boto3.client("secretsmanager").delete_secret(
                SecretId=secret, ForceDeleteWithoutRecovery=True
            )
        resource = boto3.resource("s3")
        for kind in ("DROP", "WORK", "OUT", "PUBLIC"):
            resource.Bucket(bucket(kind)).object_versions.delete()
            resource.Bucket(bucket(kind)).delete()

    def units(self) -> list[RangeMessage]:
        """The units that were sent, by number."""
        answer = self.sqs.receive_message(
            QueueUrl=ENV["Intake"]["UNITS_QUEUE_URL"], MaxNumberOfMessages=10
        )
        bodies = [message["Body"] for message in answer.get("Messages", ())]
        sent = [msgspec.json.decode(body, type=RangeMessage) for body in bodies]
        return sorted(sent, key=lambda unit: unit.number)

    def receipts(self) -> list[Receipt]:
        return list(self.store.receipts("sample-chat", DAY))

    def total(self) -> tuple[int, dict[str, int], set[str]]:
        """Inspected posts, refusals by code, and the rules that were met, over all receipts."""
        refused: dict[str, int] = {}
        for receipt in self.receipts():
            for code, count in receipt.refused.items():
                refused[code] = refused.get(code, 0) + count
        met = [key.split("/") for receipt in self.receipts() for key in receipt.by_rule]
        rules = {f"{pack}/{rule}" for pack, _, rule, _ in met}
        return sum(receipt.inspected for receipt in self.receipts()), refused, rules


def place(event: dict[str, Any]) -> dict[str, Any]:
    """What an S3 event says of its object."""
    found: dict[str, Any] = event["Records"][0]["s3"]
    return found


def bucket(kind: str) -> str:
    return {**ENV["Intake"], **ENV["Scan"]}[f"{kind}_BUCKET"]


@pytest.fixture(scope="module")
def shipped() -> bytes:
    """The shipped packs as a set without a notice period."""
    published_at = datetime(2026, 11, 1, tzinfo=UTC)
    packs = [
        msgspec.structs.replace(Pack.parse(path.read_text(), path.name), published_at=published_at)
        for path in sorted((ROOT / "packs").glob("*.yaml"))
    ]
    return build_set(packs, notice_hours=0)


@pytest.fixture(scope="module")
def kept_clients() -> Iterator[None]:
    """Let moto answer, and keep boto3's clients: making one takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patched, mock_aws():
        for name, value in AWS.items():
            patched.setenv(name, value)
        patched.setattr(boto3, "client", cache(boto3.client))
        yield


@pytest.fixture
def account(
    monkeypatch: pytest.MonkeyPatch, shipped: bytes, kept_clients: None
) -> Iterator[Account]:
    monkeypatch.setattr("ledger.aws.table.THREADS", 1)  # moto copies tables that others write to
    monkeypatch.setattr("publish.publish_run.LOOK_BACK_DAYS", 2)
    parameters.clear_caches()  # type: ignore[no-untyped-call]
    s3 = boto3.client("s3")
    for kind in ("DROP", "WORK", "OUT", "PUBLIC"):
        region = {"LocationConstraint": AWS["AWS_DEFAULT_REGION"]}
        s3.create_bucket(Bucket=bucket(kind), CreateBucketConfiguration=region)
        s3.put_bucket_versioning(Bucket=bucket(kind), VersioningConfiguration={"Status": "Enabled"})
    sqs = boto3.client("sqs")
    sqs.create_queue(QueueName=ENV["Intake"]["UNITS_QUEUE_URL"].rpartition("/")[2])
    secret = boto3.client("secretsmanager").create_secret(
        Name="terang-pseudonyms", SecretString="a root key for trials"
    )
    webhook = json.dumps({"telegram": sha256(b"web-hook_1").hexdigest()})
    boto3.client("secretsmanager").create_secret(
        Name=ENV["Answer"]["PARTNERS_SECRET"], SecretString=webhook
    )
    boto3.client("secretsmanager").create_secret(
        Name=ENV["Announce"]["WEBHOOKS_SECRET"], SecretString="{}"
    )
    for settings in ("Intake", "Scan"):
        monkeypatch.setitem(ENV[settings], "PSEUDONYM_SECRET", secret["ARN"])
    store = create_table()
    store.put_provider(Provider("sample-chat", senders=("AROAEXAMPLEUPLOADER1",)))
    objects = S3Objects(s3)
    digest = digest_of(shipped)
    objects.put(bucket("PUBLIC"), set_key(digest), shipped)
    objects.put(bucket("PUBLIC"), POINTER_KEY, msgspec.json.encode({"set": digest, "since": ""}))
    made = Account(monkeypatch, store, objects, s3, sqs, digest)
    yield made
    made.remove()
    for module in made.imported:
        sys.modules.pop(module, None)
    parameters.clear_caches()  # type: ignore[no-untyped-call]


def create_table() -> DynamoStore:
    """The table, with the keys and the index of the template."""
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(TableName=ENV["Scan"]["TABLE"], **table_shape())
    return DynamoStore.of(dynamodb, ENV["Scan"]["TABLE"])
