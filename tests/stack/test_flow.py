"""Files and messages through the deployed template: what goes in comes out, and sums close."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from stack.running import DAY, ROOT, Running, kill

from ledger.closing import FileReceipt
from ledger.findings import file_id
from ledger.units import Receipt
from rules.pinned import FACTCHECKS
from terang.runner import Dropped, Progress

SAMPLES = ROOT / "local/samples"
RULES = {
    "account-takeover/asks-for-code": 4, "advance-fee/loan-with-fee": 2,
    "advance-fee/prize-with-fee": 1, "coin-and-account-scams-en/promises-free-coins": 2,
    "drugs-for-sale/prescription-drugs-for-sale": 1, "impersonation/blocked-account-link": 1,
    "impersonation/parcel-fee-link": 2, "impersonation/relative-with-new-number": 1,
    "investment-and-task-jobs/deposit-for-task": 1, "investment-and-task-jobs/guaranteed-profit": 2,
    "investment-and-task-jobs/paid-clicks-job": 2, "investment-and-task-jobs/phone-only-job": 1,
    "medicine-adverts/advertises-medicines-id": 1,
    "medicine-adverts/sells-sedatives-painkillers-steroids": 1,
    "sms-fraud-id/asks-fee-for-loan-or-work": 1, "sms-fraud-id/asks-or-promises-money": 4,
    "sms-fraud-id/asks-to-hear-code": 1, "sms-fraud-id/frightens-or-guides": 2,
    "sms-scams-en/asks-to-settle-verify-or-help": 3,
    "sms-scams-en/claims-prize-or-sells-by-text": 1, "task-and-money-lures-zh/paid-posting": 1,
    "task-and-money-lures-zh/promises-earnings": 1, "task-and-money-lures-zh/quick-money": 1,
    "threats-of-violence/knows-where-you-live": 1, "threats-of-violence/knows-your-daily-life": 1,
}  # fmt: skip
"""The samples, under the packs that rest on the law."""

REFUSED = {"field_type": 1, "json_syntax": 1, "not_a_post": 2, "not_public": 5}


def without_versions(by_rule: dict[str, int]) -> dict[str, int]:
    """Findings by `pack/rule`: a pack's version may rise while these samples stand."""
    split = {tuple(key.split("/")): count for key, count in by_rule.items()}
    return {f"{pack}/{rule}": count for (pack, _, rule, _), count in split.items()}


def totals(receipts: list[Receipt]) -> dict[str, Any]:
    """What receipts add up to, without their ids and times."""
    refused, rules = Counter[str](), Counter[str]()
    for receipt in receipts:
        refused.update(receipt.refused)
        rules.update(receipt.by_rule)
    names = ("bytes", "lines", "records", "inspected", "findings")
    return {name: sum(getattr(one, name) for one in receipts) for name in names} | {
        "refused": dict(refused), "by_rule": dict(rules),
        "units": sum(receipt.units for receipt in receipts)}  # fmt: skip


@pytest.fixture(scope="module")
def sampled(running: Running) -> list[FileReceipt]:
    """The samples, delivered by one provider and published."""
    running.register("sample-chat", ())
    dropped = running.drop("sample-chat", sorted((SAMPLES / "files").iterdir()))
    bodies = (SAMPLES / "messages.jsonl").read_text().splitlines()
    closed = running.finish("sample-chat", dropped, running.send("sample-chat", bodies))
    running.publish()
    return closed


def test_each_file_gets_its_receipt(sampled: list[FileReceipt]) -> None:
    told = {Path(one.key).name: one for one in sampled}
    assert {name: (one.status, one.format or one.code) for name, one in told.items()} == {
        "activitystreams-outbox.json": ("done", "activitystreams"), "posts.csv": ("done", "csv"),
        "posts.jsonl": ("done", "jsonl"), "telegram-private-chat.json": ("refused", "not_public"),
        "telegram-public-channel.json": ("done", "telegram"),
    }  # fmt: skip
    for one in told.values():
        assert one.records == one.inspected + sum(one.refused.values())
    (followers, number) = told["posts.jsonl"].refusals
    assert (followers.code, followers.line) == ("not_public", 21)
    assert (number.code, number.line, number.field) == ("field_type", 42, "id")


def test_findings_are_those_of_the_samples(running: Running, sampled: list[FileReceipt]) -> None:
    found = totals(running.receipts("sample-chat"))
    assert (found["inspected"], found["refused"]) == (71, REFUSED)
    assert without_versions(found["by_rule"]) == RULES
    assert found["records"] == found["inspected"] + sum(found["refused"].values())


def test_the_provider_reads_findings_reasons(running: Running, sampled: list[FileReceipt]) -> None:
    prefix = f"out/sample-chat/findings/{DAY}/"
    files = running.versions("OutBucket", prefix)
    findings = [json.loads(line) for _, data in files for line in data.splitlines()]
    live = {key: n for key, n in totals(running.receipts("sample-chat"))["by_rule"].items()
            if key.endswith("/live")}  # fmt: skip
    assert len(findings) == sum(live.values()) == 19
    evaded = next(one for one in findings if one["post"] == "p-019")
    assert {kind for span in evaded["spans"] for kind in span["evasion"]} >= {"invisible", "width"}
    assert all(one["account"].startswith("k2026-11:") for one in findings)
    assert all(one["excerpt"] for one in findings)


def test_the_summary_says_what_receipts_say(running: Running, sampled: list[FileReceipt]) -> None:
    found, summary = totals(running.receipts("sample-chat")), running.summary("sample-chat")
    numbers = summary["numbers"]
    same = ("bytes", "lines", "records", "inspected", "findings", "by_rule", "units")
    assert {name: numbers[name] for name in same} == {name: found[name] for name in same}
    assert (numbers["refused_by_code"], summary["provisional"]) == (found["refused"], True)
    assert {
        "index.html", f"summaries/sample-chat/{DAY}.html", f"summaries/sample-chat/{DAY}.csv",
        f"summaries/all/{DAY[:7]}.html", f"journal/sample-chat/{DAY}.jsonl",
    } <= running.published().keys()  # fmt: skip
    packs = {key.split("/")[1] for key in running.published() if key.startswith("packs/")}
    shipped = {path.stem for path in (ROOT / "packs").glob("*.yaml")}
    assert packs - {FACTCHECKS} == shipped  # another test of the session puts checks in force


def test_the_mailbox_is_empty_once_all_is_out(running: Running, sampled: list[FileReceipt]) -> None:
    assert list(running.versions("DropBucket", "drop/sample-chat/")) == []


def test_a_file_under_another_key_is_repeated_and_changes_no_number(running: Running,
        sampled: list[FileReceipt]) -> None:  # fmt: skip
    receipts, published = running.receipts("sample-chat"), running.published()
    (again,) = running.take("sample-chat", SAMPLES / "files/posts.jsonl")
    running.publish()
    assert again.repeated
    assert (again.inspected, again.findings) == (58, 29)
    assert running.receipts("sample-chat") == receipts
    assert running.published() == published


@pytest.fixture(scope="module")
def parted(running: Running, large: Path) -> list[FileReceipt]:
    running.register("parted-chat", ())
    bucket, key = running.outputs["DropBucket"], "drop/parted-chat/large.jsonl"
    in_parts = TransferConfig(multipart_threshold=1 << 20, multipart_chunksize=5 << 20)
    running.stack.client("s3").upload_file(str(large), bucket, key, Config=in_parts)
    head = running.objects.head(bucket, key)
    dropped = Dropped(large, file_id(bucket, key, head.version), head.size)
    return running.finish("parted-chat", [dropped])


def test_parts_of_a_file_are_one(running: Running, large: Path, parted: list[FileReceipt]) -> None:
    found, size = totals(running.receipts("parted-chat")), large.stat().st_size
    assert (found["bytes"], found["lines"], found["inspected"]) == (size, 20_000, 20_000)
    assert without_versions(found["by_rule"]) == {"account-takeover/asks-for-code": 200}
    assert found["units"] == parted[0].ranges == -(-size // 65_536)


def test_a_worker_killed_in_the_middle_changes_no_number(running: Running, large: Path,
        parted: list[FileReceipt]) -> None:  # fmt: skip
    killed: list[int] = []

    def watch(progress: Progress) -> None:
        if not killed and 0 < progress.done < progress.size * 3 // 4:
            killed.extend(running.workers("ScanFunction"))
            kill(killed)

    running.register("killed-chat", ())
    running.wait("killed-chat", running.drop("killed-chat", [large]), set(), watch)
    assert killed
    assert "Worker process died" in running.stack.log()
    assert totals(running.receipts("killed-chat")) == totals(running.receipts("parted-chat"))
    running.publish()
    after, without = running.summary("killed-chat"), running.summary("parted-chat")
    assert after["numbers"] == without["numbers"]


def test_findings_are_handed_out_within_seconds_of_the_drop(running: Running) -> None:
    running.register("quick-chat", ())
    at = datetime.now(UTC).replace(microsecond=0)
    running.finish("quick-chat", running.drop("quick-chat", [SAMPLES / "files/posts.jsonl"]))
    listed = running.stack.client("s3").list_objects_v2(
        Bucket=running.outputs["OutBucket"], Prefix="out/quick-chat/findings/"
    )
    (file,) = listed["Contents"]
    assert 0 <= (file["LastModified"] - at).total_seconds() < 15
