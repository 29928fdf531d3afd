"""No message states a time after its own arrival, or before what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.case_world import DAY, KEPT_UNTIL, CaseWorld, finding
from support.judged_cases import DRAWN, F1, F2, entry, two_findings
from support.sample_messages import (
    MAKERS,
    SENT,
    audit,
    complaint,
    decision,
    dispute,
    flood_answer,
    inform,
    is_time,
    notice,
    order,
    outcome,
    reinstatement,
    second_review,
    suspension,
)

from cases.case_message import judge
from cases.case_store import Facts
from cases.kinds import MESSAGE_TYPES, read_case_message
from ledger.cases import case_id
from ledger.codes import CaseRefusal
from ledger.findings import FloodQuestion
from ledger.keys import audit_file_key

FOUND = datetime(2026, 11, 25, 12, tzinfo=UTC)
SKEW = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
GROUND = {"ground": "illegal", "ground_text": "A provision"}
ALONE = decision(notice="n-1", findings=..., **GROUND)


@pytest.fixture
def cases() -> CaseWorld:
    made = two_findings()
    made.files[audit_file_key("acme", "2026-11")] = b'{"post":"1","rank":"00"}\n'
    held = FloodQuestion(DAY, "codes/asks-for-code", at(FOUND), 1_000, 30, 20)
    made.store.put_flood("acme", held, KEPT_UNTIL)
    return made


def at(moment: datetime) -> str:
    return moment.isoformat()


def times_of(message: dict[str, Any]) -> list[str]:
    return [name for name in message if is_time(name)]


ALL = [decision(F1), *(maker() for maker in MAKERS)]
STATED = {f"{one['type']} {name}": (one, name) for one in ALL for name in times_of(one)}
STATED["order received_at"] = order(acknowledged_at=...), "received_at"
STATED["order effected_at"] = order(), "effected_at"


def test_every_time_of_every_type_is_tried() -> None:
    declared = {
        f"{kind} {field.encode_name}"
        for kind, struct in MESSAGE_TYPES.items()
        for field in msgspec.structs.fields(struct)
        if field.name.endswith("_at")
    }
    assert declared - {"order due_at"} == STATED.keys()  # a deadline is in the future


@pytest.mark.parametrize(("message", "field"), STATED.values(), ids=STATED)
def test_a_time_after_the_arrival_is_refused(message: dict[str, Any], field: str) -> None:
    """What is checked before anything is looked up: so nothing waits with such a time."""
    late = ("opened_at", "decided_at") if field == "opened_at" else (field,)
    for ahead, refused in ((SKEW, False), (SKEW + SECOND, True)):
        told = read_case_message(
            msgspec.json.encode(message | dict.fromkeys(late, at(SENT + ahead)))
        )
        assert not isinstance(told, CaseRefusal)
        judged = judge(told, Facts("acme", SENT, SENT))
        code = judged.code if isinstance(judged, CaseRefusal) else ""
        assert (code == "time_future") is refused
        if refused:
            assert isinstance(judged, CaseRefusal)
            assert judged.field == field


EARLY: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str, datetime]] = {
    "a decision before its finding": ([], decision(F1), "decided_at", FOUND),
    "opened before its finding": ([], decision(F1), "opened_at", FOUND),
    "a measure before the finding": ([], decision(F1), "applied_at", FOUND),
    "a decision before its notice": ([notice(received_at=at(FOUND))], ALONE, "decided_at", FOUND),
    "a decision on a finding before the notice":
        ([notice(received_at=at(FOUND + SKEW))], decision(F1, notice="n-1", opened_at=at(FOUND)),
         "decided_at", FOUND + SKEW),
    "opened before both finding and notice":
        ([notice(received_at=at(FOUND + SKEW))], decision(F1, notice="n-1"), "opened_at", FOUND),
    "a second review before the first": ([decision(F1, id=DRAWN)], second_review(decision=DRAWN),
                                         "opened_at", FOUND + timedelta(minutes=30)),
    "a complaint before the decision":
        ([decision(F1)], complaint(), "received_at", FOUND + timedelta(minutes=30)),
    "a dispute before the decision":
        ([decision(F1)], dispute(), "received_at", FOUND + timedelta(minutes=30)),
    "an outcome before the complaint": ([decision(F1), complaint()], outcome(), "decided_at",
                                        datetime(2026, 11, 26, 8, tzinfo=UTC)),
    "an outcome before the dispute":
        ([decision(F1), dispute()], outcome(complaint=..., dispute="x-1"), "decided_at",
         datetime(2026, 11, 27, 8, tzinfo=UTC)),
    "a reinstatement before the decision": ([decision(F1)], reinstatement(cause="court"),
                                            "reinstated_at", FOUND + timedelta(minutes=30)),
    "an answer before the question": ([], flood_answer(), "opened_at", FOUND),
    "an audit before its month": ([], audit(), "opened_at", datetime(2026, 11, 1, tzinfo=UTC)),
    "a notice of years ago": ([], notice(), "received_at", SENT - timedelta(days=731)),
    "an order of years ago": ([], order(), "received_at", SENT - timedelta(days=731)),
    "an order to inform of years ago": ([], inform(), "received_at", SENT - timedelta(days=731)),
    "a suspension of years ago": ([], suspension(), "from_at", SENT - timedelta(days=731)),
}  # fmt: skip


@pytest.mark.parametrize(("before", "message", "field", "began"), EARLY.values(), ids=EARLY)
def test_a_time_before_the_events_of_the_case_is_refused(
        cases: CaseWorld, before: list[dict[str, Any]], message: dict[str, Any], field: str,
        began: datetime) -> None:  # fmt: skip
    assert {one.status for one in cases.decide(*before)} <= {"taken"}
    opens = field == "decided_at" and "opened_at" in message  # nobody decides before they open
    names = ("opened_at", "decided_at") if opens else (field,)
    earliest = began - SKEW
    too_early = message | dict.fromkeys(names, at(earliest - SECOND)) | {"id": "early"}
    [refused] = cases.decide(too_early)
    assert (refused.status, refused.code) == ("refused", "time_early")
    told = cases.receipts()["early"]
    assert told.field in names
    assert f"{told.field} is " in told.advice
    assert "at least " in told.advice
    [taken] = cases.decide(message | dict.fromkeys(names, at(earliest)))
    assert (taken.status, taken.code) == ("taken", "")


def test_a_refusal_says_what_was_received_and_what_is_allowed(cases: CaseWorld) -> None:
    cases.decide(decision(F1, opened_at="2199-01-01T00:00:00Z", decided_at="2199-01-01T00:00:00Z"))
    assert cases.receipts()["d-1"].advice == (
        "opened_at is 2199-01-01T00:00:00Z; at most 2026-12-03T00:05:00Z is allowed:"
        " 5 minutes after the message was first sent"
    )
    cases.decide(decision(F1, decided_at="1990-01-01T00:00:00Z", opened_at="1990-01-01T00:00:00Z"))
    assert cases.receipts()["d-1"].advice == (
        "opened_at is 1990-01-01T00:00:00Z; at least 2026-11-25T11:55:00Z is allowed:"
        " 5 minutes before the finding was found, or the notice received"
    )
    assert [one.status for one in cases.decide(decision(F1))] == ["taken"]


def test_an_escalation_dated_ahead_does_not_make_decisions_stale(cases: CaseWorld) -> None:
    far = {"opened_at": "2199-01-01T00:00:00Z", "decided_at": "2199-01-01T00:00:00Z"}
    [refused] = cases.decide(decision(F1, verdict="escalated", escalation="threat_to_life", **far))
    assert refused.code == "time_future"
    assert [one.status for one in cases.decide(decision(F1, id="d-2"))] == ["taken"]


def test_times_ahead_of_their_commit_block_nothing(cases: CaseWorld) -> None:
    """The clock of a provider may be ahead: such a time counts as that of its commit."""
    opened = SENT - timedelta(hours=1)
    times = {"opened_at": at(SENT), "decided_at": at(SENT)}
    cases.decide(decision(F1, verdict="escalated", escalation="threat_to_life", **times))
    cases.decide(decision(F2, id="d-2", **times, applied_at=at(SENT)))
    for name in (F1, case_id("decision", "acme", "d-2")):
        [kept] = cases.entries[name].values()
        old = msgspec.structs.replace(
            kept.journal_entry, decided_at="2199-01-01T00:00:00Z", at="2026-12-02T00:00:00Z"
        )
        changed = msgspec.structs.replace(kept, journal_entry=old)
        cases.store.table.put(f"C#{name}", "0001", changed)
    times = {"opened_at": at(opened), "decided_at": at(SENT)}
    [decided] = cases.decide(decision(F1, id="d-3", **times, applied_at=at(SENT)))
    assert (decided.status, decided.code) == ("taken", "")
    [contested] = cases.decide(complaint(decision="d-2", received_at=at(opened)))
    assert (contested.status, contested.code) == ("taken", "")


def test_a_statement_never_dates_a_post_after_its_finding(cases: CaseWorld) -> None:
    """Authors choose the times of some networks, and the database takes no day of the future."""
    ahead = finding(8, published_at="2199-01-01T00:00:00Z")
    cases.find(ahead)
    [taken] = cases.decide(decision(ahead.finding))
    assert not any("date_order" in one for one in taken.problems)
    [statement] = [data for key, data in cases.files.items() if "/decisions/" in key]
    assert msgspec.json.decode(statement)["content_date"] == "2026-11-25"


def test_a_finding_dated_ahead_can_be_decided(cases: CaseWorld) -> None:
    """Ours was wrong, and nobody can decide later than they do."""
    ahead = finding(9, found_at="2026-12-04T00:00:00Z")
    cases.find(ahead)
    times = {"opened_at": at(SENT - SKEW), "decided_at": at(SENT), "applied_at": at(SENT)}
    [taken] = cases.decide(decision(ahead.finding, **times))
    assert taken.status == "taken"


@pytest.mark.parametrize("days", [0, 9])
def test_a_message_that_arrives_late_is_judged_as_on_the_day_it_was_sent(days: int) -> None:
    """Sent before what it tells, it is refused however often and late it comes again."""
    cases = two_findings()
    cases.clock.move(days=days)
    sent = FOUND + timedelta(minutes=10)
    [refused] = cases.decide(decision(F1), sent_at=sent)
    assert refused.code == "time_future"
    [taken] = cases.decide(decision(F1), sent_at=sent + timedelta(minutes=16))
    assert taken.status == "taken"
    assert entry(cases, "decision", "d-1").at == f"2026-12-{3 + days:02}T00:00:00Z"


def test_a_waiting_message_is_judged_by_when_it_was_sent(cases: CaseWorld) -> None:
    """The two years of an order are counted from the sending, however long it waited."""
    sent = datetime(2028, 11, 25, 8, tzinfo=UTC)
    cases.clock.moment = sent
    late = order(id="q-2", follows="q-1", outcome="complied")
    assert [one.status for one in cases.decide(late, sent_at=sent)] == ["waiting"]
    [waiting] = cases.waiting
    assert waiting.at == "2028-11-25T08:00:00Z"
    cases.clock.move(days=9)
    handled = cases.decide(order(), sent_at=sent)
    assert [one.status for one in handled] == ["taken", "taken"]


def test_the_clock_of_an_order_runs_from_its_first_message(cases: CaseWorld) -> None:
    cases.decide(order())
    later = order(id="q-2", follows="q-1", received_at="2026-11-25T08:10:00Z")
    [refused] = cases.decide(later)
    assert refused.code == "field_conflict"
    told = cases.receipts()["q-2"]
    assert told.field == "received_at"
    assert "2026-11-25T08:00:00Z" in told.advice
    same = later | {"received_at": "2026-11-25T09:00:00+01:00"}
    assert [one.status for one in cases.decide(same)] == ["taken"]


@pytest.mark.parametrize(("decided_at", "code"), [
    ("2026-11-24T23:54:59Z", "time_early"), ("2026-11-24T23:55:00Z", ""),
    ("2026-11-26T00:05:00Z", ""), ("2026-11-26T00:05:01Z", "time_future"),
])  # fmt: skip
def test_only_the_day_of_a_trial_clock_counts(cases: CaseWorld, decided_at: str, code: str) -> None:
    """The time of a trial's day is that of the machine: it says nothing about the order."""
    message = decision(F1, opened_at=decided_at, decided_at=decided_at, applied_at=decided_at)
    told = read_case_message(msgspec.json.encode(message))
    assert not isinstance(told, CaseRefusal)
    given = finding(1)
    facts = Facts("acme", FOUND, FOUND + timedelta(hours=3), by_day=True)
    told.ask(facts, cases.case_work().reader)
    assert facts.cases[given.finding].finding == given
    judged = judge(told, facts)
    assert (judged.code if isinstance(judged, CaseRefusal) else "") == code
