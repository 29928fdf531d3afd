"""The handlers live on what the template gives them: its settings and its permissions."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import boto3
import msgspec
import pytest
from moto import mock_aws
from support.faults import CrashError
from support.sample_checks import CHECKS, REPEATS_FRIDGE, table
from support.sample_messages import audit, complaint, decision, flood_answer, on_day, outcome
from template.calls import denied, uncalled, untouched
from template.trial import DAY, SETTINGS, STACK, Trial, bucket, delivery, lines, post

from ledger.cases import case_id
from ledger.closing import Closing
from ledger.store import DynamoStore

# Powertools says so of each event that counts nothing.

FUNCTIONS = tuple(SETTINGS)
DROP, WORK, OUT, PUBLIC = (
    f"arn:aws:s3:::{bucket(kind)}" for kind in ("drop", "work", "out", "public")
)
LOG = ("CreateLogStream", "PutLogEvents")
TAKE = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
PRIVATE = post(99, audience="friends")
FILES = {
    "drop/acme/posts.jsonl": lines(*map(post, range(15)), PRIVATE, post(130, text="Rain is due")),
    "drop/acme/array.json": json.dumps([*map(post, range(40, 55)), PRIVATE]).encode(),
    "drop/acme/broken.json": json.dumps([*map(post, range(80, 120))]).encode()[:-40],
    "drop/acme/empty.jsonl": b"",
    "drop/acme/picture.png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "drop/nobody/posts.jsonl": lines(post(1)),
}
MESSAGES = (
    delivery("Posts", json.dumps(post(100))),
    delivery("Posts", json.dumps([post(101), PRIVATE])),
    delivery("Posts", json.dumps(post(102)), sender="AROASOMEBODYELSE"),
    delivery("Posts", "no posts at all"),
    delivery("Posts", json.dumps(post(140, text=REPEATS_FRIDGE))),
    delivery("Posts", json.dumps(post(150, text="A cotton wick for your lamp"))),
)

# What Lambda itself, S3 and SQS do in the role's name.
WRITES_NOTHING = {"Answer"}
TOLD = ("Announcements", "Webhooks")
UNREAD = {  # settings of all functions
    "Announce": {"PUBLIC_BUCKET", "PUBLIC_URL", "TABLE"},
    "Answer": {"OUT_BUCKET", "PUBLIC_URL", "TABLE"},
    "Inbox": {"PUBLIC_BUCKET", "PUBLIC_URL"},
    "Intake": {"PUBLIC_URL"},
    "Feeds": {"PUBLIC_URL"},
}
LAMBDA_CALLS = {
    function: {
        *((f"logs:{action}", STACK.arn(f"{function}Logs")) for action in LOG),
        ("kms:Decrypt", STACK.arn("Key")),
        *(set() if function in WRITES_NOTHING else {("kms:GenerateDataKey", STACK.arn("Key"))}),
        *((f"sqs:{action}", STACK.arn(queue)) for action, queue in queues),
    }
    for function, queues in {
        "Intake": [(action, "Files") for action in TAKE],
        "Scan": [(action, queue) for action in TAKE for queue in ("Units", "Posts")],
        "Decide": [(action, "Cases") for action in TAKE],
        "Publish": [("SendMessage", "PublishFailed")],
        "Feeds": [("SendMessage", "FeedsFailed")],
        "Answer": [],
        "Inbox": [],
        "Announce": [(action, f"{name}Queue") for action in TAKE for name in TOLD],
    }.items()
}


def messages_of(trial: Trial) -> list[dict[str, Any]]:
    """Messages on findings of the trial: some are refused, one waits for another. So many findings
    of one rule are dismissed that it is paused."""
    [labelled] = trial.findings("factchecks")
    [drawn] = trial.findings("wicks")
    confirmed, harmful, standing, *wrong = sorted(trial.findings("lamp-oil"))[:15]
    by_lead = {"moderator": "lead", "at": f"{DAY}T12:40:00Z"}
    dismissed = {"verdict": "dismissed", "measures": None, "applied_at": None}
    trial.sample("acme", DAY[:7], "p1")
    return [
        outcome(complaint="c-1"),
        {"type": "deleted", "id": "x-1", "post": "p1"},
        decision(confirmed),
        decision(confirmed),
        decision(confirmed, id="d-2"),
        decision(labelled, id="l-1"),
        complaint(),
        decision(harmful, id="d-3", verdict="escalated", escalation="child_abuse"),
        decision(standing, id="d-4"),
        audit(post="p1"),
        audit(id="a-2", post="p1", month="2026-10"),
        flood_answer(held_rule="lamp-oil/on-offer"),
        {"type": "trial", "id": "t-1", "finding": drawn, "verdict": "right", **by_lead},
        {"type": "adoption", "id": "t-2", "rule": "wicks/wick", "version": 1, "band": "all",
         "terms_read_by": "lead", **by_lead},
        *(decision(one, id=f"w-{n}", **dismissed) for n, one in enumerate(wrong)),
    ]  # fmt: skip


def question(text: str) -> dict[str, Any]:
    """A partner's question, as the function URL brings it."""
    headers = {"x-terang-partner": "helpdesk", "x-terang-secret": "open sesame"}
    context = {"http": {"method": "POST"}}
    return {"requestContext": context, "headers": headers, "body": json.dumps({"text": text})}


def fill_in(trial: Trial) -> list[dict[str, str]]:
    """Forms: an objection to `d-4`, and a report with the key of a trusted flagger."""
    store = DynamoStore.of(boto3.client("dynamodb"), "Table")
    acme = store.provider("acme")
    assert acme is not None
    store.put_provider(msgspec.structs.replace(acme, post_url="https://chat.example/*"))
    number = store.number(case_id("decision", "acme", "d-4"))
    report = {"url": "https://chat.example/1", "category": "VIOLENCE", "text": "It threatens."}
    report |= {"true": "yes", "flagger": "hotline", "key": "open sesame"}
    return [{"number": number, "text": "No.", "object": "yes"}, report]


def form(fields: dict[str, str]) -> dict[str, Any]:
    """A form, as the API brings it."""
    route = "POST /object" if "number" in fields else "POST /report"
    context = {"http": {"method": "POST", "sourceIp": "192.0.2.7"}}
    return {"routeKey": route, "requestContext": context, "body": urlencode(fields)}


def about_cases(message: dict[str, Any]) -> dict[str, Any]:
    return delivery("Cases", json.dumps(on_day(DAY, message)))


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    """Every function run over files and messages of each kind, and over repeats of them. One file
    is taken back before it is read, and of one the worker dies that should have closed it."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        trial = Trial(patch)
        fed = trial.feed("factchecks/checks.csv", table(*CHECKS))
        trial.run("Feeds", fed, fed, {"Event": "s3:TestEvent"})
        for some in (CHECKS[1:], CHECKS):
            trial.run("Feeds", trial.feed("factchecks/checks.csv", table(*some)))
        trial.s3.delete_object(Bucket=bucket("work"), Key="factchecks/checks.csv")
        trial.run("Feeds", fed)
        trial.want_factchecks("acme")
        trial.begin_trial("acme")
        dropped = [trial.drop(key, data) for key, data in FILES.items()]
        gone = trial.drop("drop/acme/gone.jsonl", lines(post(200)))
        trial.take_in(*dropped, gone, {"Event": "s3:TestEvent"})
        trial.take_back(gone)
        trial.take_in(*dropped, gone)
        with trial.denying_what_is_gone():
            trial.take_in(*dropped)
        units = [delivery("Units", body) for body in trial.waiting_units()]
        taken = trial.run("Scan", *MESSAGES, *units, *units)
        assert taken == [{"batchItemFailures": []}] * len(taken)
        translated = json.dumps([post(300), PRIVATE]).encode()
        trial.take_in(trial.drop("drop/acme/open.json", translated))
        with patch.context() as dying:
            dying.setattr(Closing, "close", lambda closing, file: False)
            trial.run("Scan", *(delivery("Units", body) for body in trial.waiting_units()))
        told = trial.run("Decide", *map(about_cases, messages_of(trial)))
        assert told == [{"batchItemFailures": []}] * len(told)
        without = table(CHECKS[0], *CHECKS[2:])
        trial.run("Feeds", trial.feed("factchecks/checks.csv", without))
        trial.run("Answer", question(REPEATS_FRIDGE), question(""))
        trial.run("Inbox", *map(form, fill_in(trial)))
        trial.leave_key("2026-10")
        announce_all(trial)
        trial.run("Publish", {"through": DAY, "provisional": True}, {})
        trial.run("Publish", {}, today="2026-11-27")
        play_what_is_rare(trial)
        yield trial


def announce_all(trial: Trial) -> None:
    """Every file for providers, one that has expired, and events that cannot be told."""
    keys = [*trial.keys("out", "out/"), f"out/acme/findings/{DAY}/{'0' * 64}.jsonl"]
    assert {key.split("/")[2] for key in keys} >= {"findings", "receipts", "entries", "corrections"}
    trial.run("Announce", *(delivery("AnnouncementsQueue", trial.put(key)) for key in keys))
    sent = trial.waiting(trial.webhooks)
    assert len(sent) > 5
    for failing in (delivery("AnnouncementsQueue", "{"), delivery("WebhooksQueue", sent[0])):
        [answer] = trial.run("Announce", failing)
        assert answer["batchItemFailures"]


def play_what_is_rare(trial: Trial) -> None:
    """What makes calls of its own: a crash, a server without ranges, what expired, a year over."""
    rows = json.dumps([*map(post, range(400, 430)), PRIVATE]).encode()
    files = [trial.drop(f"drop/acme/{n}.json", rows.replace(b"400", b"%d" % n)) for n in (1, 2)]
    with trial.patch.context() as dying:
        dying.setattr(DynamoStore, "seal", lambda *_: crash())
        with pytest.raises(CrashError):
            trial.take_in(files[0])
    with trial.ignoring_ranges():
        trial.take_in(*files)
        taken = trial.run("Scan", *(delivery("Units", one) for one in trial.waiting_units()))
    trial.take_in(trial.drop("drop/acme/3.json", rows.replace(b"400", b"3")))
    trial.expire("work", "parts/")
    parts = [delivery("Units", one) for one in trial.waiting_units()]
    lost = trial.drop("drop/acme/lost.jsonl", lines(post(450)))
    trial.take_in(lost)
    trial.take_back(lost)
    taken += trial.run("Scan", parts[0])
    with trial.denying_what_is_gone():
        lines_lost = [delivery("Units", one) for one in trial.waiting_units()]
        taken += trial.run("Scan", *parts[1:], *lines_lost)
    open_file = trial.drop("drop/acme/late.jsonl", lines(post(500), PRIVATE))
    with trial.ignoring_ranges(), trial.patch.context() as dying:
        dying.setattr(Closing, "close", lambda closing, file: False)
        trial.take_in(open_file)
        taken += trial.run("Scan", *(delivery("Units", one) for one in trial.waiting_units()))
    assert taken == [{"batchItemFailures": []}] * len(taken)
    trial.run("Scan", delivery("Posts", json.dumps(post(550))), today="2026-12-01")
    again = post(560, text="amp oil for sale, offer 1")
    trial.run("Scan", delivery("Posts", json.dumps(again)), today="2026-12-01")
    doubted = (complaint(id="c-4", decision="d-4"), outcome(id="o-4", complaint="c-4"))
    trial.run("Decide", *map(about_cases, doubted))
    assert trial.keys("out", "out/acme/copies/")
    trial.expire("work", "refusals/")
    trial.run("Publish", {"accept": ["log"]}, {}, today="2027-01-02")
    assert trial.keys("out", "out/acme/reports/2026/")
    lose_the_set(trial)


def lose_the_set(trial: Trial) -> None:
    """Somebody deleted the sets: nothing is refused for that, everything comes again."""
    trial.expire("public", "sets/")
    undecided = max(trial.findings("lamp-oil"))
    dropped = trial.drop("drop/acme/later.jsonl", lines(post(600)))
    for function, message in (("Intake", delivery("Files", json.dumps(dropped))),
                              ("Scan", delivery("Posts", json.dumps(post(601)))),
                              ("Decide", about_cases(decision(undecided, id="d-9")))):  # fmt: skip
        failed = [{"itemIdentifier": message["Records"][0]["messageId"]}]
        assert trial.run(function, message) == [{"batchItemFailures": failed}]
    trial.run("Feeds", trial.feed("factchecks/later.csv", table(*CHECKS)))


def crash() -> None:
    raise CrashError


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_given_the_settings_that_it_reads(trial: Trial, function: str) -> None:
    read = trial.environments[function].asked
    given = {name for name in SETTINGS[function] if not name.startswith("POWERTOOLS_")}
    assert given - read == UNREAD.get(function, set())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_it_does(trial: Trial, function: str) -> None:
    needs = trial.calls[function].needs
    assert len(needs) > (3 if function in WRITES_NOTHING else 5)
    assert denied(STACK, STACK.role_of(function), needs) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_nothing_else(trial: Trial, function: str) -> None:
    called = trial.calls[function].needs
    assert uncalled(STACK, STACK.role_of(function), called) == LAMBDA_CALLS[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_touch_no_other_partition(trial: Trial, function: str) -> None:
    """Every statement on the table names its partitions, and each of them is touched."""
    assert untouched(STACK, STACK.role_of(function), trial.calls[function].needs) == set()


def test_what_holds_excerpts_carries_the_tag_by_which_it_expires(trial: Trial) -> None:
    rules = STACK.typed("AWS::S3::Bucket")["OutBucket"]["LifecycleConfiguration"]["Rules"]
    [wanted] = [rule["TagFilters"] for rule in rules if "TagFilters" in rule]
    tags = {key: trial.tags(key) for key in trial.keys("out")}
    kept = {key for key in tags if "/findings/" in key or "/proposals/" in key}
    assert {key.split("/")[2] for key in kept} == {"findings", "proposals"}
    assert {key for key, found in tags.items() if found == wanted} == kept
