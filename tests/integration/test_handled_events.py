"""Each event in events/ through its handler over S3, SQS and DynamoDB: what comes of it."""

import json
from types import SimpleNamespace

import msgspec
import pytest
from integration.event_account import DAY, MIB, ROOT, SAMPLE, Account, place, read_event
from integration.metrics import metrics_of

from ledger.cases import JournalEntry
from ledger.codes import CaseReceipt
from ledger.keys import audit_file_key, receipt_key
from ledger.units import RangeMessage

README = (ROOT / "events/README.md").read_text()


@pytest.mark.parametrize(("name", "key"), [
    pytest.param("intake-s3-put", "drop/sample-chat/posts.jsonl", id="a plain key"),
    pytest.param("intake-s3-put-spaced-key",
                 "drop/sample-chat/week 48/a+b 100% unggahan-é 你好.jsonl",
                 id="blanks, plus, percent and letters beyond ASCII"),
])  # fmt: skip
def test_a_dropped_file_is_one_unit_of_a_version(account: Account, name: str, key: str) -> None:
    event = read_event(name)
    file = account.sent(event, SAMPLE.read_bytes())
    assert account.invoke("Intake", event) is None
    (unit,) = account.units()
    dropped = place(event)["object"]
    assert (unit.file, unit.source.key, unit.source.version) == (file, key, dropped["versionId"])
    assert (unit.start, unit.end, unit.source.size) == (0, dropped["size"], dropped["size"])
    assert (unit.provider, unit.set, unit.translated) == ("sample-chat", account.in_force, False)


def test_an_event_that_waited_in_the_queue_is_the_event_of_s3(account: Account) -> None:
    queued, event = read_event("intake-queued-s3-put"), read_event("intake-s3-put")
    assert json.loads(queued["Records"][0]["body"]) == event
    file = account.sent(event, SAMPLE.read_bytes())
    queued["Records"][0]["body"] = json.dumps(event)
    assert account.invoke("Intake", queued) == {"batchItemFailures": []}
    assert [unit.file for unit in account.units()] == [file]


def test_the_same_event_again_sends_the_same_units(account: Account) -> None:
    event = read_event("intake-s3-put")
    account.sent(event, SAMPLE.read_bytes())
    account.invoke("Intake", event)
    first = account.units()
    account.invoke("Intake", event)
    assert account.units() == first


def test_a_file_put_in_parts_is_cut_by_bytes(account: Account) -> None:
    event = read_event("intake-s3-multipart")
    line = SAMPLE.read_bytes().split(b"\n")[0] + b"\n"
    size = place(event)["object"]["size"]
    data = (line * (size // len(line) + 1))[: size - 1] + b"\n"
    account.sent(event, data)
    [dropped] = account.clients.s3._service.buckets[account.drop].values()
    dropped[-1].etag = '"0a1b-2"'
    account.invoke("Intake", event)
    units = account.units()
    assert [(unit.start, unit.end) for unit in units] == [(0, 8 * MIB), (8 * MIB, 12 * MIB)]
    assert {unit.source.etag.rstrip('"')[-2:] for unit in units} == {"-2"}


def test_the_test_event_of_s3_does_nothing(account: Account) -> None:
    assert account.invoke("Intake", read_event("intake-s3-test-event")) is None
    assert account.units() == []
    assert account.keys_of("OUT") == []


def test_a_unit_becomes_findings_a_receipt_and_the_senders_receipt(account: Account) -> None:
    dropped = read_event("intake-s3-put")
    file = account.sent(dropped, SAMPLE.read_bytes())
    account.invoke("Intake", dropped)
    (sent,) = account.units()
    event = read_event("scan-unit")
    shown = msgspec.json.decode(event["Records"][0]["body"], type=RangeMessage)
    pinned = msgspec.structs.replace(shown, file=file,
        source=msgspec.structs.replace(shown.source, version=sent.source.version),
        set=account.in_force, at=sent.at)  # fmt: skip
    assert pinned == sent
    event["Records"][0]["body"] = msgspec.json.encode(pinned).decode()
    assert account.invoke("Scan", event) == {"batchItemFailures": []}
    (receipt,) = account.receipts()
    assert (receipt.inspected, receipt.refused) == (58, {"field_type": 1, "not_public": 1})
    assert receipt.findings == 29
    assert receipt.closes
    message_receipt = json.loads(account.read("OUT", receipt_key("sample-chat", file)) or "")
    assert (message_receipt["status"], message_receipt["lines"], message_receipt["findings"]) == (
        "done", 60, 29)  # fmt: skip
    assert account.keys_of("DROP") == []


def test_a_unit_whose_file_is_gone_is_one_refused_record(account: Account) -> None:
    """The event as it stands names a file that nobody dropped."""
    event = read_event("scan-unit")
    body = json.loads(event["Records"][0]["body"]) | {"set": account.in_force}
    event["Records"][0]["body"] = json.dumps(body)
    assert account.invoke("Scan", event) == {"batchItemFailures": []}
    assert account.total() == (0, {"object_gone": 1}, set())


@pytest.mark.parametrize(("name", "inspected", "refused", "rules"), [
    pytest.param("scan-posts-object", 1, {}, {"account-takeover/asks-for-code"}, id="an object"),
    pytest.param("scan-posts-array", 2, {"not_public": 1},
                 {"investment-and-task-jobs/paid-clicks-job",
                  "investment-and-task-jobs/phone-only-job", "sms-fraud-id/asks-or-promises-money"},
                 id="an array, one of its posts for followers only"),
    pytest.param("scan-posts-lines", 2, {}, {"account-takeover/asks-for-code"}, id="lines"),
    pytest.param("scan-posts-malformed-among-good", 2, {"json_syntax": 1},
                 {"advance-fee/loan-with-fee", "sms-fraud-id/asks-fee-for-loan-or-work",
                  "sms-fraud-id/asks-or-promises-money"},
                 id="three messages, the second broken off"),
    pytest.param("scan-posts-unknown-sender", 0, {}, set(), id="a sender nobody registered"),
])  # fmt: skip
def test_what_comes_of_a_message(account: Account, name: str, inspected: int,
                                 refused: dict[str, int], rules: set[str]) -> None:  # fmt: skip
    assert account.invoke("Scan", read_event(name)) == {"batchItemFailures": []}
    assert account.total() == (inspected, refused, rules)
    assert all(receipt.closes for receipt in account.receipts())
    findings = account.keys_of("OUT", f"out/sample-chat/findings/{DAY}/")
    assert len(findings) == bool(rules)
    [row] = [line for line in README.splitlines() if line.startswith(f"| `{name}`")]
    assert ("nothing is kept", "one finding", "two findings", "three findings")[len(rules)] in row


def test_an_unknown_sender_is_counted(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.invoke("Scan", read_event("scan-posts-unknown-sender"))
    assert metrics_of(capsys.readouterr().out) == {"UnknownSender": 1.0}


DECIDED = ("decision", "second-review", "complaint", "outcome", "dispute", "reinstatement")
"""Events about one decision, in the order in which people act."""

BESIDE = ("notice", "order", "suspension", "audit")


def decide(account: Account, *events: str) -> list[JournalEntry]:
    """Record the finding and take these events; the case entries that stand then."""
    account.invoke("Scan", read_event("scan-posts-object"))
    sample = json.dumps({"post": "e-3", "rank": "00"}).encode()
    account.put_at("OUT", audit_file_key("sample-chat", DAY[:7]), sample)
    for name in events:
        answer = account.invoke("Decide", read_event(f"decide-{name}"))
        assert answer == {"batchItemFailures": []}
    return account.store.journal_entries("sample-chat", DAY)


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "each before its cause"])
def test_every_message_about_cases_becomes_an_entry(account: Account, backwards: bool) -> None:
    events = (*DECIDED, *BESIDE)[:: -1 if backwards else 1]
    entries = decide(account, *events)
    assert sorted(entry.type for entry in entries) == sorted(
        name.replace("-", "_") for name in events
    )
    [outcome] = [entry for entry in entries if entry.type == "outcome"]
    assert outcome.overturns
    assert [key.split("/")[0] for key in outcome.about.rules] == ["account-takeover"]
    assert account.store.open_findings("sample-chat", 10) == []
    notices = account.keys_of("OUT", "out/sample-chat/notices/")
    assert {key.rpartition("/")[2].split(".")[1] for key in notices} == {"en", "id", "zh"}
    [proposal] = account.keys_of("OUT", "out/sample-chat/proposals/")
    assert "/account-takeover/" in proposal


def test_who_decides_without_a_person_is_told(account: Account) -> None:
    assert decide(account, "needs-person", "unknown-sender") == []
    prefix = f"out/sample-chat/receipts/messages/{DAY}/"
    [key] = account.keys_of("OUT", prefix)
    receipt = msgspec.json.decode(account.read("OUT", key) or b"", type=CaseReceipt)
    assert (receipt.status, receipt.code, receipt.field) == ("refused", "needs_person", "moderator")


@pytest.mark.parametrize(("name", "published"), [
    pytest.param("publish-schedule", False, id="the schedule leaves the open day"),
    pytest.param("publish-provisional", True, id="an open day when it is asked for"),
])  # fmt: skip
def test_what_publish_writes(account: Account, name: str, published: bool) -> None:
    account.invoke("Scan", read_event("scan-posts-array"))
    answer = account.invoke("Publish", read_event(name))
    assert (answer["written"] > 0, answer["revised"]) == (published, 0)
    data = account.read("PUBLIC", f"summaries/sample-chat/{DAY}.json")
    assert (data is not None) is published
    if data:
        summary = json.loads(data)
        assert summary["provisional"] is True
        assert (summary["numbers"]["inspected"], summary["numbers"]["findings"]) == (2, 3)


def test_a_file_is_announced_if_it_is_still_there(account: Account) -> None:
    event, put = read_event("announce-s3-put"), list[str]()

    def put_events(Entries: list[dict[str, str]]) -> dict[str, int]:  # noqa: N803
        put.extend(each["DetailType"] for each in Entries)
        return {"FailedEntryCount": 0}

    bus = SimpleNamespace(put_events=put_events)
    account.clients = SimpleNamespace(s3=account.clients.s3, sqs=account.clients.sqs, events=bus)
    entry = {"entry": "a" * 64, "type": "decision", "at": f"{DAY}T12:00:00Z", "cases": ["b" * 64]}
    [dropped] = json.loads(event["Records"][0]["body"])["Records"]
    for announced in ([], ["case.moved"]):
        assert account.invoke("Announce", event) == {"batchItemFailures": []}
        assert put == announced
        account.put_at("OUT", dropped["s3"]["object"]["key"], msgspec.json.encode(entry))
    assert account.invoke("Announce", read_event("announce-test")) == {"code": "no_webhook"}


def test_a_browser_without_a_session_is_sent_to_the_sign_in(account: Account) -> None:
    answer = account.invoke("ConsoleFunction", read_event("console-page"))
    assert (answer["statusCode"], answer["headers"]["Location"]) == (303, "/sign-in")


def test_a_form_is_answered(account: Account) -> None:
    page = account.invoke("Inbox", read_event("inbox-object"))
    assert (page["statusCode"], page["headers"]["content-language"]) == (200, "id")
    assert account.invoke("Inbox", read_event("inbox-report"))["statusCode"] == 400
    assert account.invoke("Inbox", read_event("inbox-posts"))["statusCode"] == 401


def test_a_feed_is_learnt_and_a_question_answered(account: Account) -> None:
    question, without = read_event("answer-question"), read_event("answer-no-question")
    assert account.invoke("Answer", question)["statusCode"] == 503
    event = read_event("feeds-s3-put")
    feed = (ROOT / "local/samples/factchecks.csv").read_bytes()
    account.put_at("WORK", place(event)["object"]["key"], feed)
    assert account.invoke("Feeds", event) is None
    answer = account.invoke("Answer", question)
    [first, *_] = json.loads(answer["body"])["checks"]
    assert (answer["statusCode"], first["url"]) == (200, "https://check.example/salt-water")
    assert account.invoke("Answer", without)["statusCode"] == 400
    page = account.invoke("Answer", read_event("answer-page"))
    assert page["headers"]["content-language"] == "id"
    assert "https://check.example/salt-water" in page["body"]
    told = account.invoke("Answer", read_event("answer-telegram"))
    assert "https://check.example/salt-water" in json.loads(told["body"])["text"]
