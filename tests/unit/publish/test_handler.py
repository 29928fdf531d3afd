"""The handler publish over S3 and DynamoDB: an event in, the public bucket filled, metrics out."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from support.declared import table_shape
from support.publish_world import sample_pack, sample_receipt

from ledger.keys import Provider
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.units import Marker, Receipt
from publish.publish_run import LogGrowth, PublishResult

SETTINGS = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test", "TABLE": "table", "PUBLIC_BUCKET": "public",
            "OUT_BUCKET": "out", "WORK_BUCKET": "work", "DROP_BUCKET": "drop",
            "PUBLIC_URL": "https://terang.example", "NOTICE_HOURS": "24", "PAUSE_BELOW": "0.5",
            "CONTACT": "", "DATA_LICENCE": "", "FORMS_URL": "", "TODAY": "2026-11-25",
            "POWERTOOLS_SERVICE_NAME": "publish",
            "POWERTOOLS_METRICS_NAMESPACE": "Terang"}  # fmt: skip
CONTEXT = SimpleNamespace(
    function_name="publish", memory_limit_in_mb=1024, aws_request_id="1", invoked_function_arn="arn"
)
ORDER = {"through": "2026-11-25", "provisional": True}


@dataclass
class Deployed:
    """The handler's module, and what it works on."""

    module: ModuleType
    store: DynamoStore
    s3: Any

    def publish(self, event: dict[str, object]) -> dict[str, int | str]:
        answer: dict[str, int | str] = self.module.handler(event, CONTEXT)
        return answer

    def commit(self, receipt: Receipt) -> None:
        self.store.commit_unit(
            Marker(receipt.unit, receipt.provider, receipt.at[:10]), receipt, "", None
        )

    def published(self) -> list[str]:
        return S3Objects(self.s3).keys("public", "")


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    # Each day is read in 16 parts of the table, and most of these days are empty.
    monkeypatch.setattr("publish.publish_run.LOOK_BACK_DAYS", 3)
    with mock_aws():
        s3 = boto3.client("s3")
        for bucket in ("public", "out", "work", "drop"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={
                "LocationConstraint": SETTINGS["AWS_DEFAULT_REGION"]})  # fmt: skip
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(TableName="table", **table_shape())
        store = DynamoStore.of(dynamodb, "table")
        store.put_provider(Provider("acme"))
        sys.modules.pop("publish.handler", None)
        yield Deployed(importlib.import_module("publish.handler"), store, s3)
        sys.modules.pop("publish.handler", None)


def test_an_event_fills_the_public_bucket(deployed: Deployed) -> None:
    deployed.commit(sample_receipt())
    assert deployed.publish(dict(ORDER)) == {"written": 4, "revised": 0}
    assert {"index.html", "journal/acme/2026-11-25.jsonl", "schemas/summary.json",
            "summaries/acme/2026-11-25.csv", "summaries/acme/2026-11-25.html",
            "summaries/acme/2026-11-25.json",
            "summaries/all/2026-11.json"} <= set(deployed.published())  # fmt: skip
    page = deployed.s3.head_object(Bucket="public", Key="index.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert deployed.publish(dict(ORDER)) == {"written": 0, "revised": 0}


def test_a_log_that_refuses_is_told(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for result, answer in (
        (PublishResult(written=4, log_refused="no"), {"written": 4, "log": "refused: no"}),
        (PublishResult(log=LogGrowth(7, 2)), {"written": 0, "leaves": 7, "added": 2}),
    ):
        monkeypatch.setattr(deployed.module, "publish", lambda *_, result=result: result)
        assert deployed.publish({}) == {"revised": 0, **answer}


def test_a_schedule_with_fields_of_its_own_is_no_order(deployed: Deployed) -> None:
    deployed.commit(sample_receipt())
    deployed.publish({"version": "0", "detail-type": "Scheduled Event", "resources": []})
    assert "summaries/acme/2026-11-25.json" not in deployed.published()


def test_an_order_that_is_no_day_fails_loudly(deployed: Deployed) -> None:
    with pytest.raises(ValueError, match="through"):
        deployed.publish({"through": "yesterday"})


def test_a_receipt_that_does_not_close_alarms_and_is_logged_without_its_id(deployed: Deployed,
        capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    broken = sample_receipt(records=9)
    deployed.commit(broken)
    deployed.publish(dict(ORDER))
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert (metrics["ReceiptNotClosed"], metrics["service"]) == ([1.0], "publish")
    assert "receipt left out" in caplog.messages
    logged = str([vars(record) for record in caplog.records])
    for hidden in (broken.unit, broken.source):
        assert hidden not in printed
        assert hidden not in logged


def test_a_name_that_cannot_be_published_is_logged(deployed: Deployed,
        caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    packs = {"packs": [sample_pack("Bait")], "notice_hours": 24}
    deployed.s3.put_object(Bucket="public", Key="sets/0123abcd.json", Body=json.dumps(packs))
    deployed.publish(dict(ORDER))
    told = [vars(record).get("unpublishable") for record in caplog.records]
    assert told == ["pack Bait", None]
    assert "index.html" in deployed.published()
