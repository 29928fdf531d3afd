"""Each event in events/ through its handler over S3, SQS and DynamoDB: what comes of it."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import unquote_plus

import boto3
import msgspec
import pytest
import yaml
from aws_lambda_powertools.utilities import parameters
from moto import mock_aws

from ledger.case_entry import JournalEntry
from ledger.case_receipt import CaseReceipt
from ledger.identity import file_id
from ledger.keys import audit_key, receipt_key
from ledger.manifest import Unit
from ledger.objects import S3Objects
from ledger.pointer import POINTER_KEY, set_key
from ledger.provider import Provider
from ledger.receipt import Receipt
from ledger.store import DynamoStore
from matcher import Pack, build_set, digest_of

ROOT = Path(__file__).resolve().parents[2]
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

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")


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
        module = function.lower()
        sys.modules.pop(module, None)
        self.imported.append(module)
        loaded: ModuleType = importlib.import_module(module)
        context = SimpleNamespace(
            function_name=function,
            memory_limit_in_mb=1769,
            aws_request_id="1",
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
        boto3.client("secretsmanager").delete_secret(
            SecretId=ENV["Scan"]["PSEUDONYM_SECRET"], ForceDeleteWithoutRecovery=True
        )
        resource = boto3.resource("s3")
        for kind in ("DROP", "WORK", "OUT", "PUBLIC"):
            resource.Bucket(bucket(kind)).object_versions.delete()
            resource.Bucket(bucket(kind)).delete()

    def units(self) -> list[Unit]:
        """The units that were sent, by number."""
        answer = self.sqs.receive_message(
            QueueUrl=ENV["Intake"]["UNITS_QUEUE_URL"], MaxNumberOfMessages=10
        )
        bodies = [message["Body"] for message in answer.get("Messages", ())]
        sent = [msgspec.json.decode(body, type=Unit) for body in bodies]
        return sorted(sent, key=lambda unit: unit.number)

    def receipts(self) -> list[Receipt]:
        return self.store.receipts("sample-chat", DAY)

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


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, shipped: bytes) -> Iterator[Account]:
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    parameters.clear_caches()  # type: ignore[no-untyped-call]
    with mock_aws():
        s3 = boto3.client("s3")
        for kind in ("DROP", "WORK", "OUT", "PUBLIC"):
            region = {"LocationConstraint": AWS["AWS_DEFAULT_REGION"]}
            s3.create_bucket(Bucket=bucket(kind), CreateBucketConfiguration=region)
            s3.put_bucket_versioning(
                Bucket=bucket(kind), VersioningConfiguration={"Status": "Enabled"}
            )
        sqs = boto3.client("sqs")
        sqs.create_queue(QueueName=ENV["Intake"]["UNITS_QUEUE_URL"].rpartition("/")[2])
        secret = boto3.client("secretsmanager").create_secret(
            Name="terang-pseudonyms", SecretString="a root key for trials"
        )
        for settings in ("Intake", "Scan"):
            monkeypatch.setitem(ENV[settings], "PSEUDONYM_SECRET", secret["ARN"])
        store = create_table()
        store.put_provider(Provider("sample-chat", senders=("AROAEXAMPLEUPLOADER1",)))
        objects = S3Objects(s3)
        digest = digest_of(shipped)
        objects.put(bucket("PUBLIC"), set_key(digest), shipped)
        objects.put(bucket("PUBLIC"), POINTER_KEY, msgspec.json.encode({"set": digest}))
        made = Account(monkeypatch, store, objects, s3, sqs, digest)
        yield made
        made.remove()
    for module in made.imported:
        sys.modules.pop(module, None)
    parameters.clear_caches()  # type: ignore[no-untyped-call]


def read_template() -> dict[str, Any]:
    """The template as it stands, its short forms of CloudFormation (`!Ref`) passed over."""
    template: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Tags)
    return template


def create_table() -> DynamoStore:
    """The table, with the keys and the index of the template."""
    template = read_template()
    properties = template["Resources"]["Table"]["Properties"]
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName=ENV["Scan"]["TABLE"],
        **{
            name: properties[name]
            for name in (
                "AttributeDefinitions",
                "BillingMode",
                "GlobalSecondaryIndexes",
                "KeySchema",
            )
        },
    )
    return DynamoStore.of(dynamodb, ENV["Scan"]["TABLE"])


class _Tags(yaml.SafeLoader):
    """YAML without its tags."""


_Tags.add_multi_constructor("!", lambda loader, tag, node: None)


def metrics_of(printed: str) -> dict[str, float]:
    """The metrics in what a handler printed, added up."""
    found: dict[str, float] = {}
    for line in printed.splitlines():
        if '"_aws"' in line:
            for name, values in json.loads(line).items():
                if isinstance(values, list):
                    found[name] = found.get(name, 0) + sum(values)
    return found


def test_env_json_names_what_the_template_declares_for_each_function() -> None:
    """`sam local invoke` passes over every other name."""
    template = read_template()
    common = template["Globals"]["Function"]["Environment"]["Variables"].keys()
    for function, settings in ENV.items():
        own = template["Resources"][function]["Properties"]["Environment"]["Variables"].keys()
        assert settings.keys() <= common | own, function


@pytest.mark.parametrize("name", names("intake-s3-put"))
def test_events_of_the_sample_tell_its_true_size_and_digest(name: str) -> None:
    data = SAMPLE.read_bytes()
    told = place(read_event(name))["object"]
    assert (told["size"], told["eTag"]) == (len(data), md5(data).hexdigest())


@pytest.mark.parametrize("name", [*names("scan"), *names("decide")])
def test_messages_tell_the_true_digest_of_their_bodies(name: str) -> None:
    for record in read_event(name)["Records"]:
        assert record["md5OfBody"] == md5(record["body"].encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param("intake-s3-put", "drop/sample-chat/posts.jsonl", id="a plain key"),
        pytest.param(
            "intake-s3-put-spaced-key",
            "drop/sample-chat/week 48/a+b 100% unggahan-é 你好.jsonl",
            id="blanks, plus, percent and letters beyond ASCII",
        ),
    ],
)
def test_a_dropped_file_becomes_one_unit_that_pins_its_version(
    account: Account, name: str, key: str
) -> None:
    event = read_event(name)
    file = account.drop(event, SAMPLE.read_bytes())
    assert account.invoke("Intake", event) is None
    (unit,) = account.units()
    told = place(event)["object"]
    assert (unit.file, unit.source.key, unit.source.version) == (file, key, told["versionId"])
    assert (unit.start, unit.end, unit.source.size) == (0, told["size"], told["size"])
    assert (unit.provider, unit.set, unit.translated) == ("sample-chat", account.in_force, False)


def test_the_same_event_again_sends_the_same_units(account: Account) -> None:
    event = read_event("intake-s3-put")
    account.drop(event, SAMPLE.read_bytes())
    account.invoke("Intake", event)
    first = account.units()
    account.invoke("Intake", event)
    assert account.units() == first


def test_a_file_put_in_parts_is_cut_by_bytes(account: Account) -> None:
    event = read_event("intake-s3-multipart")
    line = SAMPLE.read_bytes().split(b"\n")[0] + b"\n"
    size = place(event)["object"]["size"]
    data = (line * (size // len(line) + 1))[: size - 1] + b"\n"
    account.drop(event, data)
    account.invoke("Intake", event)
    units = account.units()
    assert [(unit.start, unit.end) for unit in units] == [(0, 8 * MIB), (8 * MIB, 12 * MIB)]
    assert {unit.source.etag.rstrip('"')[-2:] for unit in units} == {"-2"}


def test_the_test_event_of_s3_does_nothing(account: Account) -> None:
    assert account.invoke("Intake", read_event("intake-s3-test-event")) is None
    assert account.units() == []
    assert account.objects.keys(bucket("OUT"), "") == []


def test_a_unit_becomes_findings_a_receipt_and_the_senders_receipt(account: Account) -> None:
    dropped = read_event("intake-s3-put")
    file = account.drop(dropped, SAMPLE.read_bytes())
    account.invoke("Intake", dropped)
    (sent,) = account.units()
    event = read_event("scan-unit")
    shown = msgspec.json.decode(event["Records"][0]["body"], type=Unit)
    pinned = msgspec.structs.replace(
        shown,
        file=file,
        source=msgspec.structs.replace(shown.source, version=sent.source.version),
        set=account.in_force,
        at=sent.at,
    )
    assert pinned == sent
    event["Records"][0]["body"] = msgspec.json.encode(pinned).decode()
    assert account.invoke("Scan", event) == {"batchItemFailures": []}
    (receipt,) = account.receipts()
    assert (receipt.inspected, receipt.refused) == (58, {"field_type": 1, "not_public": 1})
    assert receipt.findings == 14
    assert receipt.closes
    told = json.loads(account.objects.get(bucket("OUT"), receipt_key("sample-chat", file)) or "")
    assert (told["status"], told["lines"], told["findings"]) == ("done", 60, 14)
    assert account.objects.keys(bucket("DROP"), "") == []


def test_a_unit_whose_file_is_gone_is_one_refused_record(account: Account) -> None:
    """The event as it stands names a file that nobody dropped."""
    event = read_event("scan-unit")
    body = json.loads(event["Records"][0]["body"]) | {"set": account.in_force}
    event["Records"][0]["body"] = json.dumps(body)
    assert account.invoke("Scan", event) == {"batchItemFailures": []}
    assert account.total() == (0, {"object_gone": 1}, set())


@pytest.mark.parametrize(
    ("name", "inspected", "refused", "rules"),
    [
        pytest.param(
            "scan-posts-object", 1, {}, {"account-takeover/asks-for-code"}, id="an object"
        ),
        pytest.param(
            "scan-posts-array",
            2,
            {"not_public": 1},
            {"investment-and-task-jobs/paid-clicks-job"},
            id="an array, one of its posts for followers only",
        ),
        pytest.param("scan-posts-lines", 2, {}, {"account-takeover/asks-for-code"}, id="lines"),
        pytest.param(
            "scan-posts-malformed-among-good",
            2,
            {"json_syntax": 1},
            {"advance-fee/loan-with-fee"},
            id="three messages, the second broken off",
        ),
        pytest.param("scan-posts-unknown-sender", 0, {}, set(), id="a sender nobody registered"),
    ],
)
def test_what_comes_of_a_message(
    account: Account, name: str, inspected: int, refused: dict[str, int], rules: set[str]
) -> None:
    assert account.invoke("Scan", read_event(name)) == {"batchItemFailures": []}
    assert account.total() == (inspected, refused, rules)
    assert all(receipt.closes for receipt in account.receipts())
    findings = account.objects.keys(bucket("OUT"), f"out/sample-chat/findings/{DAY}/")
    assert len(findings) == len(rules)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param(
            "scan-posts-array",
            {"PostsInspected": 2.0, "PostsRefused": 1.0, "Findings": 1.0},
            id="what was inspected, refused and found",
        ),
        pytest.param("scan-posts-unknown-sender", {"UnknownSender": 1.0}, id="a sender unknown"),
    ],
)
def test_scan_tells_its_metrics(
    account: Account, capsys: pytest.CaptureFixture[str], name: str, told: dict[str, float]
) -> None:
    account.invoke("Scan", read_event(name))
    metrics = metrics_of(capsys.readouterr().out)
    metrics.pop("NewestPostAge", None)  # by the clock of the machine
    assert metrics == told


def test_a_message_delivered_twice_changes_no_number(account: Account) -> None:
    event = read_event("scan-posts-array")
    account.invoke("Scan", event)
    before = account.receipts()
    account.invoke("Scan", event)
    assert account.receipts() == before


DECIDED = ("decision", "second-review", "complaint", "outcome", "dispute", "reinstatement")
"""Events about one decision, in the order in which people act."""

BESIDE = ("notice", "order", "suspension", "audit")


def decide(account: Account, *events: str) -> list[JournalEntry]:
    """Record the finding and take these events; the case entries that stand then."""
    account.invoke("Scan", read_event("scan-posts-object"))
    sample = json.dumps({"post": "e-3", "rank": "00"}).encode()
    account.objects.put(bucket("OUT"), audit_key("sample-chat", DAY[:7]), sample)
    for name in events:
        answer = account.invoke("Decide", read_event(f"decide-{name}"))
        assert answer == {"batchItemFailures": []}
    return account.store.journal_entries("sample-chat", DAY)


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "each before its cause"])
def test_every_message_about_cases_becomes_an_entry(account: Account, backwards: bool) -> None:
    events = (*DECIDED, *BESIDE)[:: -1 if backwards else 1]
    entries = decide(account, *events)
    assert sorted(one.type for one in entries) == sorted(name.replace("-", "_") for name in events)
    [outcome] = [one for one in entries if one.type == "outcome"]
    assert outcome.overturns
    assert outcome.about is not None
    assert [key.split("/")[0] for key in outcome.about.rules] == ["account-takeover"]
    assert account.store.open_findings("sample-chat", 10) == []
    notices = account.objects.keys(bucket("OUT"), "out/sample-chat/notices/")
    assert {key.rpartition("/")[2].split(".")[1] for key in notices} == {"en", "id", "zh"}
    [proposal] = account.objects.keys(bucket("OUT"), "out/sample-chat/proposals/")
    assert "/account-takeover/" in proposal


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("decision", {"CasesTaken": 1.0}, id="a decision"),
        pytest.param("complaint", {"CasesWaiting": 1.0}, id="a complaint before its decision"),
        pytest.param("needs-person", {"CasesRefused": 1.0}, id="a decision by nobody"),
        pytest.param("unknown-sender", {"UnknownSender": 1.0}, id="a sender unknown"),
    ],
)
def test_decide_tells_its_metrics(
    account: Account, capsys: pytest.CaptureFixture[str], name: str, told: dict[str, float]
) -> None:
    account.invoke("Scan", read_event("scan-posts-object"))
    capsys.readouterr()
    account.invoke("Decide", read_event(f"decide-{name}"))
    assert metrics_of(capsys.readouterr().out) == told


def test_who_decides_without_a_person_is_told(account: Account) -> None:
    assert decide(account, "needs-person", "unknown-sender") == []
    prefix = f"out/sample-chat/receipts/messages/{DAY}/"
    [key] = account.objects.keys(bucket("OUT"), prefix)
    told = msgspec.json.decode(account.objects.get(bucket("OUT"), key) or b"", type=CaseReceipt)
    assert (told.status, told.code, told.field) == ("refused", "needs_person", "moderator")


@pytest.mark.parametrize(
    ("name", "published"),
    [
        pytest.param("publish-schedule", False, id="the schedule leaves the open day"),
        pytest.param("publish-provisional", True, id="an open day when it is asked for"),
    ],
)
def test_what_publish_writes(account: Account, name: str, published: bool) -> None:
    account.invoke("Scan", read_event("scan-posts-array"))
    answer = account.invoke("Publish", read_event(name))
    assert (answer["written"] > 0, answer["revised"]) == (published, 0)
    data = account.objects.get(bucket("PUBLIC"), f"summaries/sample-chat/{DAY}.json")
    assert (data is not None) is published
    if data:
        summary = json.loads(data)
        assert summary["provisional"] is True
        assert (summary["numbers"]["inspected"], summary["numbers"]["findings"]) == (2, 1)


def test_the_readme_shows_how_to_invoke_every_event() -> None:
    readme = (EVENTS / "README.md").read_text()
    for path in sorted(EVENTS.glob("*-*.json")):
        function = path.stem.partition("-")[0].capitalize()
        assert f"sam local invoke {function} -e events/{path.name} --env-vars" in readme
        assert f"| `{path.stem}` |" in readme
