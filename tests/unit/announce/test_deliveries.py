"""What is announced of a file, and that one receiver's failure repeats nothing else."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from support.case_world import CaseWorld, finding
from support.sample_messages import complaint, decision, outcome
from template.resolved import source

from announce import announcements
from announce.announcements import FINDINGS_PER_EVENT, WAITS, Announcer, announcements_of
from ledger.announced import AnnouncedEntry
from ledger.closing import FileReceipt
from ledger.keys import Webhook, Webhooks, WebhookSecret, correction_key, findings_key, receipt_key
from ledger.numbers import read_number
from ledger.texts import clock_from_setting, encode_json, encode_json_lines
from ledger.units import Marker

KEY = findings_key(Marker("a" * 64, "acme", "2026-11-25"))
BETA = findings_key(Marker("b" * 64, "beta", "2026-11-25"))


@dataclass
class Stack:
    """The out bucket, the queue and the bus; each call fails as often as it is told."""

    files: dict[str, bytes] = field(default_factory=dict)
    queue: list[str] = field(default_factory=list)
    bus: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    fails: dict[str, int] = field(default_factory=dict)
    webhooks: Webhooks = field(
        default_factory=lambda: {"acme": Webhook("https://a.example/", (WebhookSecret(""),))}
    )

    def fail(self, call: str) -> bool:
        self.fails[call] = self.fails.get(call, 0) - 1
        return self.fails[call] >= 0

    def get(self, bucket: str, key: str) -> bytes | None:
        assert bucket == "out"
        return self.files.get(key)

    def put_events(self, **given: Any) -> dict[str, Any]:
        if self.fail("put_events"):
            return {"FailedEntryCount": 1}
        self.bus += given["Entries"]
        return {"FailedEntryCount": 0}

    def send_message_batch(self, **given: Any) -> dict[str, Any]:
        assert given["QueueUrl"] == "webhooks"
        if self.fail("send_message_batch"):
            raise OSError("the queue is away")
        self.queue += [entry["MessageBody"] for entry in given["Entries"]]
        return {}

    def send(self, webhook: Webhook, name: str, body: bytes) -> None:
        if self.fail("send"):
            raise announcements.WebhookError("http_500")
        self.sent.append((webhook.url, name, json.loads(body)))

    def announcer(self) -> Announcer:
        here: Any = self
        return Announcer(here, here, here, lambda: self.webhooks, here, "out", "webhooks", "bus")

    def run(self, *bodies: str) -> None:
        """Take these messages and all that follow from them, each until it is taken."""
        for take, waiting in ((self.announcer().announce, list(bodies)),
                              (self.announcer().send, self.queue)):  # fmt: skip
            while waiting:
                with suppress(OSError, announcements.WebhookError):
                    take(waiting[0])
                    del waiting[0]

    def on_bus(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.bus]


def put(key: str, bucket: str = "out") -> str:
    """The event of S3 about a file, as the queue gives it."""
    place = {"bucket": {"name": bucket}, "object": {"key": quote(key)}}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": place}]})


def stack(count: int = 60) -> Stack:
    return Stack({KEY: rows(count), BETA: rows(1)})


def test_a_file_is_announced_on_the_bus_and_to_the_webhook() -> None:
    world = stack()
    world.run(put(KEY))
    assert world.on_bus() == [event for _, _, event in world.sent]
    assert [name for _, name, _ in world.sent] == [event["id"] for event in world.on_bus()]
    assert {entry["DetailType"] for entry in world.bus} == {"findings.recorded"}
    assert {entry["Source"] for entry in world.bus} == {"terang"}


def test_a_delivery_returns_how_many_events_it_put_on_the_bus_or_sent() -> None:
    world = stack()
    assert world.announcer().announce(put(KEY)) == len(world.bus)
    assert [world.announcer().send(body) for body in world.queue] == [1] * len(world.bus)


def test_the_bus_waits_for_no_webhook() -> None:
    """Each event waits in a queue of its own, which the bus's workers do not take from."""
    world = stack()
    world.announcer().announce(put(KEY))
    assert [json.loads(body)["id"] for body in world.queue] == [one["id"] for one in world.on_bus()]
    assert world.sent == []


def test_a_provider_without_a_webhook_is_on_the_bus_alone() -> None:
    world = stack()
    world.run(put(BETA))
    assert [event["provider"] for event in world.on_bus()] == ["beta"]
    assert world.sent == []


@pytest.mark.parametrize("call", ["put_events", "send_message_batch", "send"])
def test_whatever_fails_everything_arrives(call: str) -> None:
    world, calm = stack(), stack()
    world.fails[call] = 2
    world.run(put(KEY))
    calm.run(put(KEY))
    assert {name for _, name, _ in world.sent} == {name for _, name, _ in calm.sent}
    assert {event["id"] for event in world.on_bus()} == {event["id"] for event in calm.on_bus()}


def test_a_receiver_that_fails_repeats_no_event_on_the_bus_and_none_of_its_own() -> None:
    world = stack()
    world.fails["send"] = 3
    world.run(put(KEY))
    assert len(world.bus) == len({event["id"] for event in world.on_bus()})
    assert len(world.sent) == len({name for _, name, _ in world.sent})


def test_what_is_gone_or_foreign_announces_nothing() -> None:
    world = stack()
    test_event = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})
    gone = findings_key(Marker("c" * 64, "acme", "2026-11-25"))
    bodies = put(gone), put(KEY, "another"), put("out/acme/log/checkpoint"), test_event
    assert [world.announcer().announce(body) for body in bodies] == [0, 0, 0, 0]
    assert world.bus == world.sent == []


def test_an_event_for_a_webhook_that_was_removed_ends() -> None:
    world = stack()
    world.announcer().announce(put(KEY))
    world.webhooks = {}
    assert world.announcer().send(world.queue[0]) == 0
    assert world.sent == []


def test_a_webhook_is_tested_with_an_event_of_its_own() -> None:
    world = stack()
    world.announcer().test("acme", clock_from_setting("2026-11-25"))
    [(_, name, event)] = world.sent
    assert (event["type"], event["id"], event["provider"]) == ("webhook.test", name, "acme")
    with pytest.raises(LookupError):
        world.announcer().test("beta", clock_from_setting(""))


@pytest.mark.parametrize("name", ["AnnouncementsQueue", "WebhooksQueue"])
def test_the_waits_fit_the_queue(name: str) -> None:
    """Every wait happens before the dead letters, and all of them before the message is old."""
    queue = source()["Resources"][name]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == len(WAITS) + 1
    assert sum(WAITS) < queue["MessageRetentionPeriod"] / 2 + 1
    assert [announcements.wait_after(number) for number in range(1, len(WAITS) + 1)] == list(WAITS)


def test_messages_are_small_enough_for_a_call() -> None:
    """SQS takes 1 MiB in a call of ten."""
    world = stack()
    world.announcer().announce(put(KEY))
    assert 10 * max(map(len, world.queue)) < 1024 * 1024 / 2
    assert msgspec.json.decode(world.queue[0])["provider"] == "acme"


ID = "a" * 64


def rows(count: int) -> bytes:
    url = "https://post.example/1"
    return encode_json_lines(finding(n, url=url).row("Send me the code") for n in range(count))


ROOT = Path(__file__).resolve().parents[3]


def test_the_schema_in_docs_is_that_of_the_code() -> None:
    committed = json.loads((ROOT / "docs/event.schema.json").read_text("utf-8"))
    assert committed == announcements.announcement_schema(), "python scripts/build_documents.py"


def found(events: list[announcements.AnyAnnouncement]) -> list[str]:
    return [each.finding
            for event in events if isinstance(event, announcements.FindingsRecorded)
            for each in event.data.findings]  # fmt: skip


def test_every_finding_of_a_file_is_announced_once() -> None:
    count = 2 * FINDINGS_PER_EVENT + 1
    events = list(announcements_of(KEY, rows(count)))
    assert found(events) == [finding(number).finding for number in range(count)]
    assert len({event.id for event in events}) == len(events) == 3
    assert {event.timestamp for event in events} == {"2026-11-25T12:00:00Z"}
    assert events == list(announcements_of(KEY, rows(count)))


def test_ten_events_are_small_enough_for_one_call() -> None:
    [event] = announcements_of(KEY, rows(FINDINGS_PER_EVENT))
    assert 10 * len(msgspec.json.encode(event)) < 256 * 1024 / 2  # names may be twice as long


def test_no_word_of_a_post_or_about_a_person_is_announced() -> None:
    [event] = announcements_of(KEY, rows(1))
    text = msgspec.json.encode(event).decode()
    for word in ("Send me", "post.example", "k2026-11:ab", '"post"', "account"):
        assert word not in text


def test_a_file_from_which_an_author_was_erased_is_a_repeat() -> None:
    erased = [finding(1, post="", account="").row(None)]
    [again] = announcements_of(KEY, encode_json_lines(erased))
    whole = [finding(1).row("Send me the code")]
    [first] = announcements_of(KEY, encode_json_lines(whole))
    assert again == first


def test_a_closed_file_is_announced_with_its_counts() -> None:
    receipt = FileReceipt(file=ID, provider="acme", key="drop/acme/letters of mr smith.jsonl",
                          version="v1", status="done", at="2026-11-25T12:00:00Z", bytes=7,
                          records=3, inspected=2, refused={"not_public": 1}, findings=1,
                          by_rule={"codes/3/asks-for-code/live": 1})  # fmt: skip
    [event] = announcements_of(receipt_key("acme", ID), encode_json(receipt))
    assert isinstance(event, announcements.FileClosed)
    assert (event.data.status, event.data.inspected, event.data.refused) == (
        "done", 2, {"not_public": 1},
    )  # fmt: skip
    assert b"smith" not in msgspec.json.encode(event)


def test_what_people_did_is_announced_without_their_words() -> None:
    world = CaseWorld()
    [one] = world.find(finding(1))
    world.decide(decision(one, reason="He is my neighbour"), complaint())
    entries = {key: data for key, data in world.files.items() if "/entries/" in key}
    events = [event for key, data in entries.items() for event in announcements_of(key, data)]
    assert {type(event) for event in events} == {announcements.CaseMoved}
    facts: list[Any] = [event.data for event in events]
    contested, decided = sorted(facts, key=lambda data: data.type)
    assert (decided.type, contested.type) == ("decision", "complaint")
    assert decided.verdict == "confirmed"
    assert one in decided.cases
    assert decided.measures
    assert contested.decision == decided.entry
    text = b"".join(map(msgspec.json.encode, events))
    for word in (b"neighbour", b"m-7", b"moderator"):
        assert word not in text


def test_an_escalation_is_announced_as_such_too() -> None:
    entry = AnnouncedEntry("e", "decision", "2026-12-03T00:00:00Z", verdict="escalated",
                           escalation="threat_to_life")  # fmt: skip
    key = f"out/acme/entries/2026-12-03/{'e' * 64}.json"
    moved, escalated = announcements_of(key, msgspec.json.encode(entry))
    assert (moved.type, escalated.type) == ("case.moved", "case.escalated")
    assert moved.id != escalated.id
    assert moved.data == escalated.data == entry  # type: ignore[union-attr]


def test_a_repeated_message_announces_the_same_entry() -> None:
    world = CaseWorld()
    [one] = world.find(finding(1))
    world.decide(decision(one))
    [(key, data)] = [item for item in world.files.items() if "/entries/" in item[0]]
    del world.files[key]  # its worker died after the commit
    world.decide(decision(one))
    assert world.files[key] == data


def test_a_changed_check_is_announced_without_its_words() -> None:
    correction = {"finding": ID, "check": "https://check.example/1", "change": "withdrawn",
                  "before": [{"claim": "Salt cures", "rating": "false", "date": ""}], "after": [],
                  "superseded": True, "at": "2026-11-25T12:00:00Z", "decision": "d"}  # fmt: skip
    [event] = announcements_of(correction_key("acme", "2026-11-25", ID), encode_json(correction))
    assert isinstance(event, announcements.CheckCorrected)
    assert (event.data.change, event.data.superseded) == ("withdrawn", True)
    assert b"Salt" not in msgspec.json.encode(event)


@pytest.mark.parametrize("key", [
    f"out/acme/receipts/messages/2026-11-25/{ID}.json",
    f"out/acme/receipts/batches/2026-11-25/{ID}.json", f"out/acme/notices/{ID}.en.txt",
    f"out/acme/decisions/2026-11-25/{ID}.json", f"out/all/entries/2026-11-25/{ID}.json",
    "out/acme/entries/2026-11-25/x.json", f"receipts/_unknown/{ID}.json", "out/acme/log/checkpoint",
])  # fmt: skip
def test_nothing_else_is_announced(key: str) -> None:
    assert not announcements.is_announced(key)
    assert list(announcements_of(key, b"{}")) == []


@pytest.mark.parametrize("turn", [1, -1], ids=["in order", "the other way round"])
def test_the_receiver_of_the_docs_writes_a_label_and_takes_it_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, turn: int
) -> None:
    """Its twenty lines run on the events of a decision that fell, and of one that stands."""
    cases = CaseWorld()
    first, second = cases.find(finding(1, url="https://acme.example/p/1"), finding(2, post="2"))
    cases.decide(decision(first), complaint(), outcome())
    alone = {"post": "3", "url": "https://acme.example/p/3", "category": "VIOLENCE",
             "ground": "terms", "ground_text": "Rule 4",
             "ground_url": "https://acme.example/r"}  # fmt: skip
    cases.decide(decision(id="d-2", **alone), decision(second, id="d-3", verdict="dismissed"))
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/events.md").read_text()
    receiver: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], receiver)
    for key, data in [*cases.files.items()][::turn] * 2:
        for event in announcements_of(key, data):
            receiver["take"](json.loads(msgspec.json.encode(event)))
    columns = "select url, rule, rule_url, number from"
    every, shown = (receiver["labels"].execute(f"{columns} {name}").fetchall()
                    for name in ("label", "shown"))  # fmt: skip
    receiver["labels"].close()
    stands = alone["url"], alone["ground_text"], alone["ground_url"]
    assert [row[:3] for row in shown] == [stands]
    fell = next(row for row in every if row not in shown)
    assert fell[:2] == ("https://acme.example/p/1", "codes/3/asks-for-code")
    assert all(read_number(row[3]) for row in every)
