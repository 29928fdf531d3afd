"""Messages about cases through the deployed template: each type, twice and in the wrong order."""

import json
import time
from typing import Any

import msgspec
import pytest
from stack.running import DAY, Running
from support.sample_messages import (
    audit,
    complaint,
    decision,
    dispute,
    inform,
    notice,
    on_day,
    order,
    outcome,
    reinstatement,
    second_review,
    suspension,
)

from cases.kinds import MESSAGE_TYPES
from ledger.cases import CaseState, JournalEntry, case_id, is_for_second_review
from ledger.dsa_codes import CaseReceipt
from ledger.keys import audit_file_key

PROVIDER = "case-chat"
POST = {
    "id": "1",
    "account": "user-1",
    "text": "Please send me the OTP you just got, I need it for your booking.",
    "audience": "public",
    "published_at": "2026-11-24T21:12:00+00:00",
}
SECONDS = 60
DRAWN = next(
    name
    for name in (f"d-{number}" for number in range(99))
    if is_for_second_review(case_id("decision", PROVIDER, name))
)


def receipts(running: Running) -> list[CaseReceipt]:
    files = running.versions("OutBucket", f"out/{PROVIDER}/receipts/messages/")
    return [msgspec.json.decode(data, type=CaseReceipt) for _, data in files if b'"case"' in data]


@pytest.fixture(scope="module")
def finding(running: Running) -> str:
    """A finding on a post of the provider."""
    running.register(PROVIDER, ())
    running.finish(PROVIDER, [], running.send(PROVIDER, [json.dumps(POST)]))
    [found] = running.store.open_findings(PROVIDER, 10)
    return found.finding


@pytest.fixture(scope="module")
def entries(running: Running, finding: str) -> dict[str, JournalEntry]:
    """All entries, by type and the order of ids, once nothing moves any more."""
    sample = json.dumps({"post": "1", "rank": "00"}).encode()
    running.objects.put(running.outputs["OutBucket"], audit_file_key(PROVIDER, "2026-11"), sample)
    about = {"decision": DRAWN}
    messages: list[dict[str, Any]] = [
        decision(finding, id=DRAWN, notice="n-1"),
        complaint(**about),
        outcome(),
        dispute(**about),
        reinstatement(**about),
        second_review(**about),
        notice(finding=finding),
        order(),
        order(id="q-3", follows="q-1", outcome="complied", effected_at="2026-11-25T09:00:00Z"),
        inform(),
        suspension(),
        audit(),
    ]
    dated = [on_day(DAY, message) for message in messages]
    bodies = [json.dumps(message) for message in (*reversed(dated), *dated)]
    running.send_cases(PROVIDER, bodies)
    until = time.monotonic() + SECONDS
    while True:
        found = running.store.journal_entries(PROVIDER, DAY)
        if len(found) == len(messages) or time.monotonic() > until:
            return {one.entry: one for one in found}
        time.sleep(0.2)


def test_every_type_becomes_its_entry_once(entries: dict[str, JournalEntry]) -> None:
    types = sorted(one.type for one in entries.values())
    asked = set(MESSAGE_TYPES) - {"flood_answer"}  # no rule was held here
    assert types == sorted([*asked, "order", "order"])


def test_the_finding_is_decided_and_the_decision_overturned(
    running: Running, finding: str, entries: dict[str, JournalEntry]
) -> None:
    assert running.store.open_findings(PROVIDER, 10) == []
    case = running.store.case(case_id("decision", PROVIDER, DRAWN))
    assert case is not None
    assert (case.state, case.contests_open) == (CaseState.OVERTURNED, 1)
    matter = running.store.case(finding)
    assert matter is not None
    assert [one.move for one in matter.entries] == ["note", "decide"]
    assert matter.excerpt is not None
    assert matter.excerpt_expires is not None


def test_the_author_is_told_and_an_example_is_proposed(
    running: Running, finding: str, entries: dict[str, JournalEntry]
) -> None:
    bucket, decided = running.outputs["OutBucket"], case_id("decision", PROVIDER, DRAWN)
    notices = running.objects.keys(bucket, f"out/{PROVIDER}/notices/")
    assert notices == [
        f"out/{PROVIDER}/notices/{decided}.{language}.txt" for language in ("en", "id", "zh")
    ]
    [key] = running.objects.keys(bucket, f"out/{PROVIDER}/proposals/")
    proposal = json.loads(running.objects.get(bucket, key) or b"")
    assert (proposal["rule"], proposal["example"]) == ("asks-for-code", "ignore")
    assert "send me the OTP" in proposal["text"]


def test_who_had_to_wait_was_told_and_nobody_was_refused(
    running: Running, entries: dict[str, JournalEntry]
) -> None:
    told = receipts(running)
    assert {one.status for one in told} == {"waiting", "taken"}
    assert {one.id for one in told if one.status == "waiting"} == {
        one.id for one in told if one.status == "taken"
    }
    assert running.dead_letters("CasesDeadUrl") == []


def test_a_second_decision_is_refused_with_who_was_first(
    running: Running, finding: str, entries: dict[str, JournalEntry]
) -> None:
    running.send_cases(PROVIDER, [json.dumps(decision(finding, id="late", moderator="m-9"))])
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for one in receipts(running):
            if one.id == "late":
                assert one.code == "decided_already"
                assert one.first is not None
                assert one.first.moderator == "m-1"
                return
        time.sleep(0.2)
    pytest.fail("no receipt came")
