"""What is announced of a file: the same ids each time, every finding, and no text."""

import json
from pathlib import Path

import msgspec
import pytest
from support.memory_cases import MemoryCases, finding
from support.sample_messages import complaint, decision

from announce.announcements import (
    FINDINGS_PER_EVENT,
    AnyAnnouncement,
    CaseMoved,
    CheckCorrected,
    FileClosed,
    FindingsRecorded,
    announcement_schema,
    announcements_of,
    is_announced,
)
from ledger.closing import FileReceipt
from ledger.findings import finding_row
from ledger.keys import correction_key, findings_key, receipt_key
from ledger.texts import encode_json, encode_json_lines
from ledger.units import Marker

ID = "a" * 64
KEY = findings_key(Marker(ID, "acme", "2026-11-25"))


def rows(count: int) -> bytes:
    return encode_json_lines(
        [
            finding_row(finding(number, url="https://post.example/1"), "Send me the code")
            for number in range(count)
        ]
    )


ROOT = Path(__file__).resolve().parents[3]


def test_the_schema_in_docs_is_that_of_the_code() -> None:
    committed = json.loads((ROOT / "docs/event.schema.json").read_text("utf-8"))
    assert committed == announcement_schema(), "python scripts/build_documents.py"


def found(events: list[AnyAnnouncement]) -> list[str]:
    return [
        each.finding
        for event in events
        if isinstance(event, FindingsRecorded)
        for each in event.data.findings
    ]


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
    erased = [finding_row(finding(1, post="", account=""), None)]
    [again] = announcements_of(KEY, encode_json_lines(erased))
    whole = [finding_row(finding(1), "Send me the code")]
    [first] = announcements_of(KEY, encode_json_lines(whole))
    assert again == first


def test_a_closed_file_is_announced_with_its_counts() -> None:
    receipt = FileReceipt(file=ID, provider="acme", key="drop/acme/letters of mr smith.jsonl",
                          version="v1", status="done", at="2026-11-25T12:00:00Z", bytes=7,
                          records=3, inspected=2, refused={"not_public": 1}, findings=1,
                          by_rule={"codes/3/asks-for-code/live": 1})  # fmt: skip
    [event] = announcements_of(receipt_key("acme", ID), encode_json(receipt))
    assert isinstance(event, FileClosed)
    assert (event.data.status, event.data.inspected, event.data.refused) == (
        "done",
        2,
        {"not_public": 1},
    )
    assert b"smith" not in msgspec.json.encode(event)


def test_what_people_did_is_announced_without_their_words() -> None:
    world = MemoryCases()
    [one] = world.find(finding(1))
    world.decide(decision(one, reason="He is my neighbour"), complaint())
    entries = {key: data for key, data in world.files.items() if "/entries/" in key}
    events = [event for key, data in entries.items() for event in announcements_of(key, data)]
    assert all(isinstance(event, CaseMoved) for event in events)
    decided, contested = sorted((event.data for event in events if isinstance(event, CaseMoved)),
                                key=lambda data: data.type, reverse=True)  # fmt: skip
    assert (decided.type, contested.type) == ("decision", "complaint")
    assert decided.verdict == "confirmed"
    assert one in decided.cases
    assert decided.measures
    assert contested.decision == decided.entry
    text = b"".join(map(msgspec.json.encode, events))
    for word in (b"neighbour", b"m-7", b"moderator"):
        assert word not in text


def test_a_repeated_message_announces_the_same_entry() -> None:
    world = MemoryCases()
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
    assert isinstance(event, CheckCorrected)
    assert (event.data.change, event.data.superseded) == ("withdrawn", True)
    assert b"Salt" not in msgspec.json.encode(event)


@pytest.mark.parametrize("key", [
    f"out/acme/receipts/messages/2026-11-25/{ID}.json",
    f"out/acme/receipts/batches/2026-11-25/{ID}.json", f"out/acme/notices/{ID}.en.txt",
    f"out/acme/decisions/2026-11-25/{ID}.json", f"out/all/entries/2026-11-25/{ID}.json",
    "out/acme/entries/2026-11-25/x.json", f"receipts/_unknown/{ID}.json", "out/acme/log/checkpoint",
])  # fmt: skip
def test_nothing_else_is_announced(key: str) -> None:
    assert not is_announced(key)
    assert list(announcements_of(key, b"{}")) == []
