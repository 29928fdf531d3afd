"""What outlives what: whoever may still come back finds what it needs, or the order is wrong. S3
counts a day of a lifecycle from the midnight after it, so each of its steps may take a day more
than it says, and never less."""

from datetime import timedelta
from typing import Any

import pytest
from template.changes import Change, broken, put
from template.resolved import Resolved, resolved

from feeds.feed_import import CHANGE_DAYS
from ledger.closing import FILE_DAYS
from ledger.draws import DRAWING_DAYS
from ledger.findings import SAMPLE_DAYS
from ledger.store import KEY_MONTHS
from publish.publish_run import LOOK_BACK_DAYS
from publish_steps.logging_run import ALIVE_AFTER, KEY_DAYS, LOGS, RESTATED_DAYS
from terang.repair.bucket_eraser import INTAKE_AGE
from terang.repair.erasure import TOMBSTONE_DAYS
from verify import KEPT

DAY = timedelta(days=1)
RULE = "Resources/{}/Properties/LifecycleConfiguration/Rules/{}/{}"
PLACES = {"WorkBucket": "parts/", "PublicBucket": "log/tile/entries/"}
"""What of a bucket the pairs are about, where it has several rules."""


def _queue(stack: Resolved, name: str) -> timedelta:
    return timedelta(seconds=stack.typed("AWS::SQS::Queue")[name]["MessageRetentionPeriod"])


def _rule(stack: Resolved, bucket: str, below: str = "") -> dict[str, Any]:
    rules = stack.typed("AWS::S3::Bucket")[bucket]["LifecycleConfiguration"]["Rules"]
    place = below or PLACES.get(bucket)
    return next(r for r in rules if "ExpirationInDays" in r and r.get("Prefix") == place)


def _hidden(stack: Resolved, bucket: str) -> timedelta:
    """How long a version surely stays that another one covers at once."""
    return DAY * int(_rule(stack, bucket)["NoncurrentVersionExpiration"]["NoncurrentDays"])


def _least(stack: Resolved, bucket: str) -> timedelta:
    """How long a version surely stays that nobody touches."""
    return DAY * int(_rule(stack, bucket)["ExpirationInDays"]) + _hidden(stack, bucket)


def _most(stack: Resolved, bucket: str) -> timedelta:
    return _least(stack, bucket) + 2 * DAY


def _timeout(stack: Resolved, function: str) -> timedelta:
    return timedelta(seconds=stack.typed("AWS::Lambda::Function")[function]["Timeout"])


def pairs(stack: Resolved) -> dict[str, tuple[timedelta, timedelta]]:
    """The shorter and the longer of each pair, named by why the order matters. The age of a dead
    letter counts from its first sending, in whatever queue it waits."""
    dead, timeout = _queue(stack, "UnitsDead"), _timeout(stack, "Scan")
    intake = _queue(stack, "Files") + _timeout(stack, "Intake")
    hidden = timedelta(seconds=stack.typed("AWS::SQS::Queue")["Units"]["VisibilityTimeout"])
    return {
        **{
            f"{name} that fail to the end are kept as dead letters": (
                _queue(stack, name), _queue(stack, f"{name}Dead"))
            for name in ("Units", "Posts", "Cases")},
        "files that fail to the end are kept as dead letters":
            (_queue(stack, "Files"), _queue(stack, "IntakeFailed")),
        "a unit is hidden while it is tried": (timeout, hidden),
        "a dead unit finds its file": (dead + intake, _hidden(stack, "DropBucket")),
        "a dead unit finds its part": (dead + intake, _least(stack, "WorkBucket")),
        "a failed event finds its file": (_queue(stack, "IntakeFailed") + _timeout(stack, "Intake"),
                                          _hidden(stack, "DropBucket")),
        "a dead unit finds the draws of its first try":
            (DAY * DRAWING_DAYS + dead,
             DAY * int(_rule(stack, "WorkBucket", "draws/")["ExpirationInDays"])),
        "refusals are there when the last unit closes its file":
            (dead, _least(stack, "WorkBucket")),
        "a unit finds the manifest of its file": (_most(stack, "DropBucket"), DAY * FILE_DAYS),
        "a file is closed while publish looks back": (DAY * LOOK_BACK_DAYS, DAY * FILE_DAYS),
        "a unit by an old set hears of changed checks":
            (_most(stack, "DropBucket"), DAY * CHANGE_DAYS),
        "what comes of a file of an erased author is a stub":
            (_most(stack, "DropBucket"), DAY * TOMBSTONE_DAYS),
        "what comes of a dead message of an erased author is a stub":
            (_queue(stack, "PostsDead"), DAY * TOMBSTONE_DAYS),
        "parts are left over when nobody tries any more": (intake, INTAKE_AGE),
        "a file finds the key of its pseudonyms":
            (_most(stack, "DropBucket"), DAY * 30 * KEY_MONTHS),
        "a month's sample is drawn from what is kept": (31 * DAY, DAY * SAMPLE_DAYS),
        "the key of a finding ends before its leaf":
            (DAY * (KEY_DAYS + 31), DAY * int(_rule(stack, "PublicBucket")["ExpirationInDays"])),
        "a published file is named again before its leaf is pruned":
            (DAY * (RESTATED_DAYS + LOOK_BACK_DAYS),
             DAY * int(_rule(stack, "PublicBucket")["ExpirationInDays"])),
        "the newest list is written again before it is deleted": (
            ALIVE_AFTER, DAY * int(_rule(stack, "PublicBucket", "log/lists/")["ExpirationInDays"])),
        "a check accepts that leaves are pruned":
            (KEPT, DAY * int(_rule(stack, "PublicBucket")["ExpirationInDays"])),
        "an excerpt is handed out while it is kept":
            (DAY * int(stack.parameters["ExcerptDays"]), _least(stack, "OutBucket")),
    }  # fmt: skip


def wrong(stack: Resolved) -> set[str]:
    """The pairs whose order is wrong."""
    return {why for why, (shorter, longer) in pairs(stack).items() if shorter > longer}


def test_every_pair_is_in_order() -> None:
    assert wrong(resolved()) == set()


def test_every_log_that_may_begin_is_pruned_alike() -> None:
    bucket = resolved().typed("AWS::S3::Bucket")["PublicBucket"]
    rules = {one["Prefix"]: one for one in bucket["LifecycleConfiguration"]["Rules"]}
    folders = ["log/", *(f"log/{number}/" for number in range(2, LOGS + 1))]
    pruned = [rules.pop(f"{folder}tile/entries/") for folder in folders]
    assert {one["ExpirationInDays"] for one in pruned} == {440}
    assert [*rules] == ["log/lists/"]


FILE, PART = "a dead unit finds its file", "a dead unit finds its part"
BROKEN: dict[str, tuple[Change, set[str]]] = {
    "a file overwritten at once ends first":
        (put(RULE.format("DropBucket", 0, "NoncurrentVersionExpiration/NoncurrentDays"), 14),
         {FILE, "a failed event finds its file"}),
    "parts that end with their dead letters":
        (put(RULE.format("WorkBucket", 0, "ExpirationInDays"), 13), {PART}),
    "dead letters that end with what waits":
        (put("Resources/UnitsDead/Properties/MessageRetentionPeriod", 345_599),
         {"Units that fail to the end are kept as dead letters"}),
    "leaves that are pruned before their keys end":
        (put(RULE.format("PublicBucket", 1, "ExpirationInDays"), 430),
         {"the key of a finding ends before its leaf"}),
    "files that outlive a tombstone": (put(RULE.format("DropBucket", 0, "ExpirationInDays"), 20),
                                       {"what comes of a file of an erased author is a stub",
                                        "a unit by an old set hears of changed checks"}),
}  # fmt: skip


@pytest.mark.parametrize(("change", "why"), BROKEN.values(), ids=BROKEN)
def test_an_order_that_is_broken_is_noticed(change: Change, why: set[str]) -> None:
    assert wrong(Resolved.of(broken(change))) == why
