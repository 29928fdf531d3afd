"""A message about a case: read whole or refused, and what it may do in which state."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from support.sample_messages import (
    MAKERS,
    REMOVED,
    audit,
    complaint,
    decision,
    dispute,
    inform,
    notice,
    order,
    outcome,
    second_review,
    suspension,
)

from cases.decision import Decision
from cases.kinds import MESSAGE_TYPES, case_message_schema, read_case_message
from ledger.cases import TRANSITIONS, CaseKind, CaseState, Move
from ledger.codes import CaseCode, CaseRefusal, Measures
from ledger.posts import LINE_BYTES

ROOT = Path(__file__).parents[3]
FINDING, OTHER = "a" * 64, "b" * 64
LABEL = {"visibility": ["DECISION_VISIBILITY_OTHER"], "visibility_other": "A note beside it"}
ALL_MEASURES = LABEL | {"monetary": "DECISION_MONETARY_SUSPENSION", "monetary_until": "2026-12-24",
    "provision": "DECISION_PROVISION_PARTIAL_SUSPENSION", "account": "DECISION_ACCOUNT_SUSPENDED",
    "account_type": "ACCOUNT_TYPE_PRIVATE", "account_until": "2027-01-31"}  # fmt: skip
TAKEN = {
    "a decision": decision(FINDING),
    "a decision on a notice": decision(
        notice="n-1", ground="illegal", ground_text="A provision", findings=...
    ),
    "a decision without a measure": decision(FINDING, measures=..., applied_at=...),
    "every measure": decision(FINDING, measures=ALL_MEASURES),
    "a dismissal": decision(FINDING, verdict="dismissed"),
    "a skip needs no reason": decision(FINDING, verdict="skipped", reason=...),
    "an escalation": decision(FINDING, verdict="escalated", escalation="threat_to_life"),
    "a verdict that a machine shaped in part": decision(FINDING, automated_decision="PARTIALLY"),
    "null is not there": complaint() | {"by": "notifier"},
    "a follow-up": order(id="q-9", follows="q-1", outcome="contested", ground="Another country"),
    "a notice in other words": notice(keyword="OTHER", other="A lottery that nobody can win"),
    "a dispute's outcome": outcome(complaint=..., dispute="x-1", moderator=..., implemented=True),
    "a new measure after a complaint": outcome(measures=REMOVED),
    "suspended until tonight": suspension(until="2026-11-25"),
    "acknowledged at once": order(acknowledged_at="2026-11-25T08:00:00+00:00"),
    "as many findings as may be": decision(*(f"{number:064x}" for number in range(20))),
    "a deleted post": {"type": "deleted", "id": "x-1", "post": "p-1"},
    "a violating post": audit(verdict="violating", category="SCAMS_AND_FRAUD"),
} | {f"{one['type']} {one['id']}": one for one in (maker() for maker in MAKERS)}


@pytest.mark.parametrize("message", TAKEN.values(), ids=TAKEN)
def test_a_message_is_read_and_fits_the_schema(message: dict[str, Any]) -> None:
    read = read_case_message(json.dumps(message).encode())
    assert isinstance(read, MESSAGE_TYPES[message["type"]])
    Draft202012Validator(case_message_schema()).validate(message)


def test_the_committed_schema_matches_the_code() -> None:
    committed = json.loads(ROOT.joinpath("docs/case-message.schema.json").read_text("utf-8"))
    assert committed == case_message_schema(), "python scripts/build_documents.py"


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no type": (complaint(type=...), "field_missing", "type"),
    "another type": (complaint(type="verdict"), "type_unknown", "type"),
    "a type that is no text": (complaint(type=["complaint"]), "type_unknown", "type"),
    "no id": (complaint(id=...), "field_missing", "id"),
    "an empty id": (complaint(id=""), "field_length", "id"),
    "an id that is a number": (complaint(id=7), "field_type", "id"),
    "a field nobody knows": (complaint(text="I did not"), "field_unknown", "text"),
    "a field whose name is words": (complaint() | {"I am X": 1}, "field_unknown", ""),
    "a measure nobody knows":
        (decision(FINDING, measures=REMOVED | {"name": "x"}), "field_unknown", "measures.name"),
    "nobody decided": (decision(FINDING, moderator=...), "needs_person", "moderator"),
    "nobody is null": (decision(FINDING, moderator=None), "needs_person", "moderator"),
    "a machine decided":
        (decision(FINDING, automated_decision="FULLY"), "needs_person", "automated_decision"),
    "nobody looked again": (second_review(moderator=...), "needs_person", "moderator"),
    "nobody answered": (outcome(moderator=...), "needs_person", "moderator"),
    "nobody suspended": (suspension(moderator=...), "needs_person", "moderator"),
    "nobody audited": (audit(moderator=...), "needs_person", "moderator"),
    "a moderator with a name": (second_review(moderator="Jane Doe"), "field_range", "moderator"),
    "a moderator and a newline": (decision(FINDING, moderator="m\n"), "field_range", "moderator"),
    "too many findings": (decision(*(f"{n:064}" for n in range(21))), "too_many", "findings"),
    "a finding twice": (decision(FINDING, FINDING), "field_range", "findings"),
    "no id of a finding": (decision("f-1"), "field_range", "findings"),
    "nothing to decide on": (decision(), "field_missing", "findings"),
    "an own initiative about nothing": (decision(post="1"), "field_missing", "category"),
    "an own initiative on a finding": (decision(FINDING, post="1"), "field_conflict", "post"),
    "a category of a notice's":
        (decision(notice="n-1", category="VIOLENCE"), "field_conflict", "category"),
    "a finding not opened": (decision(FINDING, opened_at=...), "field_missing", "opened_at"),
    "another verdict": (decision(FINDING, verdict="guilty"), "field_range", "verdict"),
    "escalated to nobody": (decision(FINDING, verdict="escalated"), "field_missing", "escalation"),
    "a confirmation that escalates":
        (decision(FINDING, escalation="child_abuse"), "field_conflict", "escalation"),
    "a measure on a dismissal":
        (decision(FINDING, verdict="dismissed", measures=REMOVED), "field_conflict", "measures"),
    "a measure that does nothing":
        (decision(FINDING, measures={}), "field_missing", "measures.visibility"),
    "an unknown measure":
        (decision(FINDING, measures={"visibility": ["BAN"]}), "field_range", "measures.visibility"),
    "measures that are no object": (decision(FINDING, measures=["x"]), "field_type", "measures"),
    "another measure without words":
        (decision(FINDING, measures={"visibility": ["DECISION_VISIBILITY_OTHER"]}), "field_missing",
         "measures.visibility_other"),
    "words without another measure":
        (decision(FINDING, measures=REMOVED | {"visibility_other": "x"}), "field_conflict",
         "measures.visibility_other"),
    "the end of no measure": (decision(FINDING, measures=REMOVED | {"account_until": "2026-12-24"}),
                              "field_conflict", "measures.account_until"),
    "an end that is no day": (decision(FINDING, measures=REMOVED | {"visibility_until": "soon"}),
                              "time_syntax", "measures.visibility_until"),
    "an end after all times":
        (decision(FINDING, measures=REMOVED | {"visibility_until": "9999-12-31"}), "field_range",
         "measures.visibility_until"),
    "suspended until after all times": (suspension(until="9999-12-31"), "field_range", "until"),
    "a measure that was never applied":
        (decision(FINDING, applied_at=...), "field_missing", "applied_at"),
    "applied without a measure": (decision(FINDING, measures=...), "field_conflict", "applied_at"),
    "no reason": (decision(FINDING, reason=...), "field_missing", "reason"),
    "a reason too long": (decision(FINDING, reason="x" * 2_001), "field_length", "reason"),
    "a notice without a ground": (decision(notice="n-1", findings=...), "field_missing", "ground"),
    "decided before it was opened":
        (decision(FINDING, decided_at="2026-11-25T12:28:59+00:00"), "field_range", "decided_at"),
    "a time without offset":
        (complaint(received_at="2026-11-26T08:00:00"), "time_offset", "received_at"),
    "no time": (complaint(received_at="yesterday"), "time_syntax", "received_at"),
    "a time that is a number": (complaint(received_at=7), "field_type", "received_at"),
    "a time before all times":
        (complaint(received_at="0001-01-01T00:00:00+14:00"), "field_range", "received_at"),
    "a country that is none": (decision(FINDING, scope=["US"]), "field_range", "scope"),
    "a ground that is no address":
        (decision(FINDING, ground_url="javascript:alert(1)"), "field_range", "ground_url"),
    "a complaint by a stranger": (complaint(by="anybody"), "field_range", "by"),
    "an outcome of nothing": (outcome(complaint=...), "field_missing", "complaint"),
    "an outcome of two": (outcome(dispute="x-1"), "field_conflict", "dispute"),
    "an implemented complaint": (outcome(implemented=True), "field_conflict", "implemented"),
    "implemented in words":
        (outcome(complaint=..., dispute="x-1", implemented="yes"), "field_type", "implemented"),
    "upheld with another measure":
        (outcome(outcome="upheld", measures=REMOVED), "field_conflict", "measures"),
    "a review that skips": (second_review(verdict="skipped"), "field_range", "verdict"),
    "an unknown category": (notice(category="RUDE"), "field_range", "category"),
    "a category of orders":
        (notice(category="NOT_SPECIFIED_ORDER", keyword=...), "field_range", "category"),
    "another category's keyword": (notice(keyword="SUICIDE"), "field_range", "keyword"),
    "other without words": (notice(keyword="OTHER"), "field_missing", "other"),
    "words without other": (notice(other="x"), "field_conflict", "other"),
    "no item": (notice(items=0), "field_range", "items"),
    "half an item": (notice(items=0.5), "field_type", "items"),
    "a trusted flagger outside Art. 16":
        (notice(trusted_flagger=True, article_16=False), "field_conflict", "article_16"),
    "an order about nothing": (order(category=...), "field_missing", "category"),
    "an order by no country": (order(country="XX"), "field_range", "country"),
    "refused without a ground": (order(outcome="refused"), "field_missing", "ground"),
    "complied with a ground": (order(outcome="complied", ground="x"), "field_conflict", "ground"),
    "acknowledged before it came":
        (order(acknowledged_at="2026-11-25T07:59:59+00:00"), "field_range", "acknowledged_at"),
    "an order to inform about a post": (inform(category="VIOLENCE"), "person_field", "category"),
    "an order to inform about a person": (inform(person="Jane Doe"), "person_field", "person"),
    "an order to inform with a ground": (inform(ground="x"), "person_field", "ground"),
    "suspended until yesterday": (suspension(until="2026-11-24"), "field_range", "until"),
    "a suspended account": (suspension(account="user-1"), "field_unknown", "account"),
    "a month that is none": (audit(month="2026-13"), "field_range", "month"),
    "violating nothing": (audit(verdict="violating"), "field_missing", "category"),
    "harmless under a category": (audit(category="VIOLENCE"), "field_conflict", "category"),
}  # fmt: skip


@pytest.mark.parametrize(("message", "code", "field"), REFUSED.values(), ids=REFUSED)
def test_a_message_is_refused(message: dict[str, Any], code: str, field: str) -> None:
    assert read_case_message(json.dumps(message).encode()) == CaseRefusal(code, field)  # type: ignore[arg-type]


BLANKS = {"a blank": " ", "blanks and a newline": " \t\n\u00a0\u3000", "NUL": "\x00",
          "controls": "\x07\x1b\x7f", "no width": "\u200b\u2060\ufeff", "joiners": "\u200c\u200d",
          "turns of direction": "\u202e\u2066", "a mark without a letter": "\u0301\ufe0f",
          "a filler of Hangul": "\u3164", "an empty cell of Braille": "\u2800"}  # fmt: skip
REQUIRED_TEXTS: dict[str, dict[str, Any]] = {
    "reason": decision(FINDING), "ground_text": decision(FINDING, ground_text="x"),
    "measures.visibility_other": decision(FINDING, measures=LABEL),
    "measures.monetary_other":
        decision(FINDING, measures={"monetary": "DECISION_MONETARY_OTHER", "monetary_other": "x"}),
    "body": dispute(), "decision": complaint(), "id": complaint(), "post": notice(),
    "other": notice(keyword="OTHER", other="x"), "authority": order(),
    "ground": order(outcome="refused", ground="x"), "follows": order(follows="q-0"),
    "complaint": outcome(), "dispute": outcome(complaint=..., dispute="x-1"),
    "notice": decision(FINDING, notice="n-1"),
}  # fmt: skip


def test_every_text_of_every_type_is_tried() -> None:
    declared = {
        name
        for kind in (*MESSAGE_TYPES.values(), Measures)
        for name, shape in kind.__annotations__.items()
        if "Words" in str(shape) or "Reason" in str(shape) or "Id" in str(shape).split()
    }
    assert declared <= {name.removeprefix("measures.") for name in REQUIRED_TEXTS}


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS)
@pytest.mark.parametrize("field", REQUIRED_TEXTS)
def test_a_blank_text_is_refused(field: str, blank: str) -> None:
    message = dict(REQUIRED_TEXTS[field])
    first, _, rest = field.partition(".")
    message[first] = message[first] | {rest: blank} if rest else blank
    read = read_case_message(json.dumps(message).encode())
    assert isinstance(read, CaseRefusal)
    assert (str(read.code), read.field) == ("field_length", field)
    assert read.advice.startswith(f"{field} is blank")


@pytest.mark.parametrize("text", ["क्\u200dष", "\u200b.", "是", "👍🏽", "e\u0301"])
def test_a_visible_text_is_accepted(text: str) -> None:
    read = read_case_message(json.dumps(decision(FINDING, reason=text)).encode())
    assert isinstance(read, Decision)
    assert read.reason == text


def test_a_leap_second_is_read_as_the_last_instant_before_it() -> None:
    times = dict.fromkeys(("opened_at", "decided_at"), "2026-12-31T23:59:60Z")
    local = {"applied_at": "2027-01-01T06:59:60.250+07:00"}
    read = read_case_message(json.dumps(decision(FINDING, **times, **local)).encode())
    assert isinstance(read, Decision)
    last = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert (read.opened_at, read.decided_at, read.applied_at) == (last, last, last)
    for wrong in ("2026-12-31T22:59:60Z", "2026-12-31T23:59:61Z", "2026-12-31T23:58:60Z"):
        told = read_case_message(json.dumps(complaint(received_at=wrong)).encode())
        assert told == CaseRefusal("time_syntax", "received_at")  # type: ignore[arg-type]
    told = read_case_message(json.dumps(complaint(received_at="2026-12-31T23:59:60")).encode())
    assert isinstance(told, CaseRefusal)


@pytest.mark.parametrize(("line", "code"), [
    pytest.param(b"hello", "json_syntax", id="no JSON"),
    pytest.param(b"[]", "not_an_object", id="no object"),
    pytest.param(b'{"id": "1", "id": "2"}', "json_duplicate_key", id="a key twice"),
    pytest.param(b'{"id": "\xff"}', "encoding", id="no UTF-8"),
    pytest.param(b'{"a":' * 65 + b"1" + b"}" * 65, "json_depth", id="too deep"),
    pytest.param(b" " * (LINE_BYTES + 1), "line_long", id="too long"),
    pytest.param(b" " * LINE_BYTES, "json_syntax", id="as long as it may be"),
])  # fmt: skip
def test_a_line_is_refused(line: bytes, code: str) -> None:
    assert read_case_message(line) == CaseRefusal(code)  # type: ignore[arg-type]


PAGE = (ROOT / "docs/cases.md").read_text("utf-8")


def first_cells() -> list[str]:
    return re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE)


def test_the_docs_list_every_type_and_every_code() -> None:
    assert sorted(first_cells()) == sorted(["type", *MESSAGE_TYPES, *map(str, CaseCode)])


def test_every_example_is_read() -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        said = json.loads(block)
        for message in said if isinstance(said, list) else [said]:
            assert not isinstance(read_case_message(msgspec.json.encode(message)), CaseRefusal)


MOVES = """
finding_or_notice new        open             open
finding_or_notice open       open             note skip
finding_or_notice open       escalated        escalate
finding_or_notice open       decided          decide
finding_or_notice escalated  escalated        note skip escalate
finding_or_notice escalated  decided          decide
finding_or_notice decided    decided          note escalate
finding_or_notice decided    !decided_already skip decide
finding_or_notice decided    open             reopen
decision          new        standing         decide
decision          new        referred         refer
decision          standing   standing         review contest uphold supersede
decision          standing   narrowed         narrow
decision          standing   overturned       overturn withdraw
decision          standing   !out_of_order    restore
decision          narrowed   narrowed         review contest uphold narrow restore supersede
decision          narrowed   overturned       overturn withdraw
decision          overturned overturned       review contest uphold narrow overturn restore withdraw
decision          referred   !nothing_decided review contest uphold narrow overturn restore withdraw
contest           new        open             open
contest           open       closed           answer
contest           closed     !decided_already answer
order             new        open             open
order             new        closed           close
order             open       open             report
order             open       closed           close
order             closed     closed           report
order             closed     !decided_already close
record            new        closed           close
record            closed     !decided_already close
group             new        standing         decide
group             standing   standing         decide review overturn supersede
"""
"""A case's kind and state, the state or refusal that follows, and the moves that lead there."""

ROWS = [(kind, state, after, move) for line in MOVES.strip().split("\n")
        for kind, state, after, *moves in [line.split()] for move in moves]  # fmt: skip


@pytest.mark.parametrize(("kind", "state", "after", "move"), ROWS, ids=map("-".join, ROWS))
def test_a_move_leads_to_its_state(kind: str, state: str, after: str, move: str) -> None:
    before = None if state == "new" else CaseState(state)
    expected = CaseCode(after[1:]) if after[0] == "!" else CaseState(after)
    assert TRANSITIONS[CaseKind(kind), before][Move(move)] == expected


def test_there_are_no_other_moves() -> None:
    assert sum(map(len, TRANSITIONS.values())) == len(ROWS)


def test_a_decided_case_never_opens_again() -> None:
    """No retroactive verdict: an overturned decision stays so, a decided finding too. But a finding
    opens again when the published check changed that it was decided by."""
    for (kind, state), moves in TRANSITIONS.items():
        if state in {CaseState.DECIDED, CaseState.OVERTURNED, CaseState.CLOSED}:
            others = (after for move, after in moves.items() if move is not Move.REOPEN)
            kept = {after for after in others if isinstance(after, CaseState)}
            assert kept <= {state}, (kind, state)
