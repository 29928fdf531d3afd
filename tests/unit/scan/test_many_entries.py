"""A case of more entries than four digits can number is still decided once."""

from collections import defaultdict

import msgspec
import pytest
from simulation.clients import Client, DirectTransport
from simulation.dynamodb import DynamoDB
from support.case_world import finding
from support.sample_messages import SENT, decision
from support.sample_posts import pack

from cases.case_message import judge
from cases.case_store import Acceptance, Facts
from cases.kinds import read_case_message
from ledger.cases import Case, CaseEntry, CaseMarker, CaseState, JournalEntry
from ledger.codes import CaseRefusal
from ledger.store import DynamoStore
from terang.repair import TableSnapshot
from terang.repair.checks import case_differences

FOUND = finding(1)
SKIP = JournalEntry("0" * 64, "acme", "2026-11-25T12:30:00Z", type="decision", verdict="skipped")


@pytest.fixture
def store() -> DynamoStore:
    """A finding that was skipped 9,998 times, by keys as every release wrote them."""
    dynamodb = Client(DynamoDB(), DirectTransport())
    dynamodb.create_table(TableName="table")
    made = DynamoStore.of(dynamodb, "table")
    made.put_findings([(FOUND, "Send me the code")], 9)
    for number in range(1, 9_999):
        entry = CaseEntry(number, "skip", CaseState.OPEN, SKIP, f"s-{number}")
        made.table.put(f"C#{FOUND.finding}", f"{number:04}", entry)
    return made


def found_case(store: DynamoStore) -> Case:
    case = store.case(FOUND.finding)
    assert case is not None
    return case


def judged(store: DynamoStore, case: Case, name: str, verdict: str) -> Acceptance | CaseRefusal:
    """What becomes of a decision on the case; it is committed if it is taken."""
    message = read_case_message(
        msgspec.json.encode(decision(FOUND.finding, id=name, verdict=verdict))
    )
    assert not isinstance(message, CaseRefusal)
    one = FOUND.finding
    facts = Facts("acme", SENT, SENT, {one: case}, frozenset({one}), {one: pack()})
    judged_message = judge(message, facts)
    if isinstance(judged_message, Acceptance):
        marker = CaseMarker(f"m-{name}", "acme", "says", "2026-12-03", judged_message.entry.entry)
        assert store.commit_case(marker, judged_message.entry, judged_message.moves)
    return judged_message


def test_a_finding_is_decided_once_on_both_sides_of_the_border(store: DynamoStore) -> None:
    for number, verdict in ((9_999, "skipped"), (10_000, "skipped"), (10_001, "dismissed")):
        judged_message = judged(store, found_case(store), f"d-{number}", verdict)
        assert isinstance(judged_message, Acceptance)
        entry = judged_message.moves[0].entry
        assert entry.number == number
    case = found_case(store)
    assert case.state is CaseState.DECIDED
    assert [one.number for one in case.entries] == list(range(1, 10_002))
    for again in ("confirmed", "dismissed", "skipped"):
        refused = judged(store, case, f"again-{again}", again)
        assert isinstance(refused, CaseRefusal)
        assert refused.code == "decided_already"


def test_fsck_takes_the_last_entry_by_its_number() -> None:
    """As text the key 9999 is the largest, and says that the finding is open."""
    ledger = TableSnapshot()
    ledger.listed.add("c")
    ledger.cases = defaultdict(dict)
    for number in range(1, 10_002):
        state = "decided" if number == 10_001 else "open"
        entry = {"entry": "e", "provider": "acme", "at": "2026-11-25T12:00:00Z"}
        ledger.cases["c"][f"{number:04}"] = {"number": number, "state": state, "entry": entry}
    kinds = {one.kind for one in case_differences(ledger)}
    assert "decided_and_listed" in kinds
    assert "entry_gap" not in kinds
