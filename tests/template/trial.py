"""A trial of the handlers, in the environment and with the names of the template. Buckets, table
and queues are the simulation's, and moto's where boto3's own clients are wanted."""

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from unittest import mock

import boto3
import msgspec
import pytest
from aws_lambda_powertools.utilities import parameters
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from simulation.clients import Client, DirectTransport
from simulation.dynamodb import DynamoDB
from simulation.s3 import S3
from simulation.sqs import SQS
from support.log_signer import LocalSigner
from template.calls import NOT_THERE, Calls
from template.resolved import resolved

from ledger.draws import NEWEST, RANKS, DrawLimit, Draws, draws_key
from ledger.draws import Trial as TrialOfRule
from ledger.keys import Provider
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from matcher import Pack, build_set, digest_of
from rules.pinned import rule_digest
from terang.set_publishing import PackBucket

DAY, SENDER = "2026-11-25", "AROAEXAMPLEACME"
STACK = resolved(
    Today=DAY, PublicUrl="https://terang.example", RangeBytes="2048", PartBytes="1024",
    TrustedPublishers="check.example", NoticeHours="0", TipLine="secret", Announcements="on",
    Forms="on",
)  # fmt: skip
SETTINGS = {name: function["Environment"]["Variables"]
            for name, function in STACK.typed("AWS::Lambda::Function").items()}  # fmt: skip
CONTEXT = SimpleNamespace(
    function_name="trial", memory_limit_in_mb="1769",
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:trial",
    aws_request_id="request", get_remaining_time_in_millis=lambda: 300_000,
)  # fmt: skip
PACK = """
id: lamp-oil
version: 1
title: Sale of lamp oil
why: A pack for trials.
category: SCAMS_AND_FRAUD
keywords: [PHISHING]
ground: illegal
legal_ground: {text: "Lamp Act, article 1", url: "https://law.example/1"}
languages: [en]
owner: trust@provider.example
in_force: {from: 2026-11-01, until: 2027-04-30}
rules:
  - {id: oil, severity: low, why: Offers lamp oil., any: [lamp oil]}
  - {id: oil-again, severity: low, why: Repeats an offer., copies: {of: oil, mode: live}}
  - {id: shade, severity: low, why: Sells shades., all: [[lamp shade], [here, {sign: link}]]}
"""
SHADOW = """
id: wicks
version: 1
title: Sale of wicks
why: A pack in shadow.
category: SCAMS_AND_FRAUD
keywords: [PHISHING]
ground: illegal
legal_ground: {text: "Lamp Act, article 2", url: "https://law.example/2"}
languages: [en]
owner: trust@provider.example
in_force: {from: 2026-11-01, until: 2027-04-30}
mode: shadow
rules:
  - {id: wick, severity: low, why: Offers wicks., any: [cotton wick]}
"""


class Environment(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, *given: dict[str, str]) -> None:
        super().__init__({name: value for one in given for name, value in one.items()})
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


class Trial:
    """The stack's buckets, table, queues and secrets, and what each function did there."""

    def __init__(self, patch: pytest.MonkeyPatch, *, over_boto3: bool = False) -> None:
        self.patch = patch
        if not over_boto3:
            client, found = boto3.client, {"s3": S3(), "sqs": SQS(), "dynamodb": DynamoDB()}
            simulated = {name: Client(one, DirectTransport()) for name, one in found.items()}
            patch.setattr(boto3, "client", lambda name, **_: simulated.get(name) or client(name))
        patch.setattr(BaseClient, "_make_api_call", _signing(BaseClient._make_api_call))
        self.outside = {name: one for name, one in os.environ.items() if name not in _ALL_SETTINGS}
        self.environments: dict[str, Environment] = {}
        self.calls = {name: Calls(STACK) for name in SETTINGS}
        self.s3, self.sqs = boto3.client("s3"), boto3.client("sqs")
        self.units = self.sqs.create_queue(QueueName="Units")["QueueUrl"]
        self.cases = self.sqs.create_queue(QueueName="Cases")["QueueUrl"]
        self.webhooks = self.sqs.create_queue(QueueName="WebhooksQueue")["QueueUrl"]
        boto3.client("events").create_event_bus(Name="EventBus")
        make_buckets(self.s3)
        make_table()
        secret = {"Name": "PseudonymSecret", "SecretString": "forty letters that nobody can guess"}
        boto3.client("secretsmanager").create_secret(**secret)
        known = sha256(b"open sesame").hexdigest()
        partners = json.dumps({"helpdesk": known, "flagger-hotline": known})
        boto3.client("secretsmanager").create_secret(Name="PartnersSecret", SecretString=partners)
        webhook = {"url": "https://127.0.0.1/", "secrets": [{"secret": "whsec_c2VjcmV0"}]}
        given = json.dumps({"acme": webhook})
        boto3.client("secretsmanager").create_secret(Name="WebhooksSecret", SecretString=given)
        _publish_a_set(self.s3)

    def start(self, function: str, today: str = DAY) -> Any:
        """The handler of a function, freshly imported in the environment that it is given."""
        given = {name: str(value) for name, value in SETTINGS[function].items()} | {"TODAY": today}
        if "UNITS_QUEUE_URL" in given:
            given["UNITS_QUEUE_URL"] = self.units
        if "CASES_QUEUE_URL" in given:
            given["CASES_QUEUE_URL"] = self.cases
        if "WEBHOOKS_QUEUE_URL" in given:
            given["WEBHOOKS_QUEUE_URL"] = self.webhooks
        environment = self.environments.setdefault(function, Environment(self.outside, given))
        environment.update(given)
        self.patch.setattr(os, "environ", environment)
        entry = STACK.typed("AWS::Lambda::Function")[function]["Handler"]
        module, _, handler = entry.rpartition(".")
        self.patch.setitem(sys.modules, module, None)  # so that it is forgotten after the trial
        del sys.modules[module]
        parameters.clear_caches()
        with self.calls[function].recorded():
            return getattr(importlib.import_module(module), handler)

    def run(self, function: str, *events: dict[str, Any], today: str = DAY) -> list[Any]:
        handler = self.start(function, today)
        with self.calls[function].recorded():
            return [handler(event, CONTEXT) for event in events]

    def take_in(self, *events: dict[str, Any]) -> None:
        """Let intake take events of S3 as its queue delivers them; none of them fails."""
        for answer in self.run("Intake", *(delivery("Files", json.dumps(one)) for one in events)):
            assert answer == {"batchItemFailures": []}

    def drop(self, key: str, data: bytes) -> dict[str, Any]:
        """Drop a file; the event that S3 sends."""
        put = self.s3.put_object(Bucket=bucket("drop"), Key=key, Body=data)
        found = {"key": key, "versionId": put["VersionId"], "size": len(data)}
        place = {"bucket": {"name": bucket("drop")}, "object": found}
        return {"Records": [{"eventName": "ObjectCreated:Put", "s3": place}]}

    def put(self, key: str) -> str:
        """The event of a file that was put into the out bucket, as the body of a message."""
        place = {"bucket": {"name": bucket("out")}, "object": {"key": key}}
        return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": place}]})

    def feed(self, key: str, data: bytes) -> dict[str, Any]:
        """Put a feed of checks; the event that S3 sends."""
        self.s3.put_object(Bucket=bucket("work"), Key=key, Body=data)
        place = {"bucket": {"name": bucket("work")}, "object": {"key": key, "size": len(data)}}
        return {"Records": [{"eventName": "ObjectCreated:Put", "s3": place}]}

    def begin_trial(self, provider: str) -> None:
        """Try the rule in shadow at a provider, and draw all that it finds."""
        pack = Pack.parse(SHADOW, "wicks.yaml")
        made = TrialOfRule(
            "wicks/wick", 1, rule_digest(pack, pack.rules[0]), f"{DAY}T00:00:00Z", "lead"
        )
        DynamoStore.of(boto3.client("dynamodb"), "Table").put_trial(provider, made)
        draws = Draws({made.rule: DrawLimit(1, RANKS, 0)})
        for name in (draws.digest, NEWEST):
            data = msgspec.json.encode(draws, order="sorted")
            self.s3.put_object(Bucket=bucket("work"), Key=draws_key(provider, name), Body=data)

    def want_factchecks(self, provider: str) -> None:
        """Let a provider have what published checks find."""
        public = PackBucket(S3Objects(self.s3), bucket("public"))
        public.choose(provider, None, factchecks=True)

    def take_back(self, event: dict[str, Any]) -> None:
        """Delete a dropped file as its sender could."""
        found = event["Records"][0]["s3"]["object"]
        self.s3.delete_object(Bucket=bucket("drop"), Key=found["key"], VersionId=found["versionId"])

    def keys(self, kind: str, prefix: str = "") -> list[str]:
        """The keys of one of the stack's buckets."""
        found = self.s3.list_objects_v2(Bucket=bucket(kind), Prefix=prefix)
        return [one["Key"] for one in found.get("Contents", ())]

    def expire(self, kind: str, prefix: str) -> None:
        """Let all versions under a prefix go, as a lifecycle or an operator would."""
        found = self.s3.list_object_versions(Bucket=bucket(kind), Prefix=prefix)
        for one in found["Versions"]:
            place = {"Key": one["Key"], "VersionId": one["VersionId"]}
            self.s3.delete_object(Bucket=bucket(kind), **place)

    @contextmanager
    def ignoring_ranges(self) -> Iterator[None]:
        """A server that does not know Range where a version is named."""
        call = DirectTransport.call

        def answer(wire: DirectTransport, name: str, perform: Any, params: dict[str, Any]) -> Any:
            answered = call(wire, name, perform, params)
            if name == "get_object" and "VersionId" in params:
                answered.pop("ContentRange", None)
            return answered

        with mock.patch.object(DirectTransport, "call", answer):
            yield

    @contextmanager
    def denying_what_is_gone(self) -> Iterator[None]:
        """A server that says denied for a pinned version that is not there."""
        call = DirectTransport.call

        def answer(wire: DirectTransport, name: str, perform: Any, params: dict[str, Any]) -> Any:
            try:
                return call(wire, name, perform, params)
            except ClientError as error:
                if "VersionId" in params and error.response["Error"]["Code"] in NOT_THERE:
                    error.response["Error"]["Code"] = "AccessDenied"
                raise

        with mock.patch.object(DirectTransport, "call", answer):
            yield

    def findings(self, pack: str) -> list[str]:
        items = boto3.client("dynamodb").scan(TableName="Table")["Items"]
        records = [
            json.loads(item["record"]["S"]) for item in items if item["sk"]["S"] == "finding"
        ]
        return [one["finding"] for one in records if one["pack"] == pack]

    def sample(self, provider: str, month: str, post: str) -> None:
        line = json.dumps({"post": post, "rank": "00"}).encode()
        self.s3.put_object(
            Bucket=bucket("out"), Key=f"out/{provider}/audit/{month}.jsonl", Body=line
        )

    def leave_key(self, month: str) -> None:
        DynamoStore.of(boto3.client("dynamodb"), "Table").put_audit_key(month, "ab" * 32, 2**31)

    def tags(self, key: str) -> list[dict[str, str]]:
        """The tags of an object in the out bucket."""
        found: list[dict[str, str]] = self.s3.get_object_tagging(Bucket=bucket("out"), Key=key)[
            "TagSet"
        ]
        return found

    def waiting_units(self) -> list[str]:
        """The bodies of all units that were sent, taken from the queue."""
        return self.waiting(self.units)

    def waiting(self, queue: str) -> list[str]:
        """The bodies of all messages of a queue, taken from it."""
        bodies: list[str] = []
        while found := self.sqs.receive_message(QueueUrl=queue).get("Messages"):
            for message in found:
                bodies.append(message["Body"])
                handle = message["ReceiptHandle"]
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
        return bodies


def bucket(kind: str) -> str:
    """The name of the stack's bucket of a kind."""
    return f"terang-{kind}-123456789012-eu-west-1"


def delivery(queue: str, body: str, sender: str = SENDER) -> dict[str, Any]:
    """The event of one message, as the mapping of a queue gives it."""
    record = {
        "messageId": f"message-{len(body)}", "receiptHandle": "handle", "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795593600000",
                       "SenderId": f"{sender}:session",
                       "ApproximateFirstReceiveTimestamp": "1795593600000"},
        "messageAttributes": {"provider": {"stringValue": "acme", "dataType": "String"}},
        "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": STACK.arn(queue),
        "awsRegion": "eu-west-1",
    }  # fmt: skip
    return {"Records": [record]}


def post(number: int, **changed: Any) -> dict[str, Any]:
    """A post that the pack finds something in."""
    return {"id": f"p{number}", "account": "a1", "text": f"lamp oil for sale, offer {number}",
            "audience": "public", "published_at": f"{DAY}T08:00:00Z"} | changed  # fmt: skip


def lines(*posts: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in posts)


_ALL_SETTINGS = {name for settings in SETTINGS.values() for name in settings}


def _signing(call: Callable[..., Any]) -> Callable[..., Any]:
    """Answer for KMS, which moto knows without Ed25519."""
    signer = LocalSigner()

    def answer(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        if client.meta.service_model.service_name != "kms":
            return call(client, operation, params)
        if operation == "GetPublicKey":
            return {"PublicKey": bytes(12) + signer.public_key()}
        message = params["Message"]
        if operation == "Sign":
            return {"Signature": signer.sign(message)}
        return {"SignatureValid": signer.verify(message, params["Signature"])}

    return answer


def make_buckets(s3: Any) -> None:
    for one in STACK.typed("AWS::S3::Bucket").values():
        place = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket=one["BucketName"], CreateBucketConfiguration=place)
        versions = one["VersioningConfiguration"]
        s3.put_bucket_versioning(Bucket=one["BucketName"], VersioningConfiguration=versions)


def make_table(name: str = "Table") -> None:
    """Make the stack's table, or a copy of it, with a provider."""
    table = STACK.typed("AWS::DynamoDB::Table")["Table"]
    kept = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(TableName=name, **{part: table[part] for part in kept})
    DynamoStore.of(dynamodb, name).put_provider(Provider("acme", senders=(SENDER,)))


def _publish_a_set(s3: Any) -> None:
    published_at = datetime(2026, 11, 1, tzinfo=UTC)
    packs = (Pack.parse(text, "pack.yaml") for text in (PACK, SHADOW))
    data = build_set(
        (msgspec.structs.replace(pack, published_at=published_at) for pack in packs), notice_hours=0
    )
    pointer = json.dumps({"set": digest_of(data), "since": "2026-11-01T00:00:00Z"}).encode()
    s3.put_object(Bucket=bucket("public"), Key=f"sets/{digest_of(data)}.json", Body=data)
    s3.put_object(Bucket=bucket("public"), Key="sets/current.json", Body=pointer)
