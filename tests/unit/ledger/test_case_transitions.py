"""What may happen to a case in which state: every row of the table, and no others."""

import pytest

from ledger.cases import TRANSITIONS, CaseKind, CaseState, Move
from ledger.codes import CaseCode

ROWS = """
finding_or_notice new        open      open
finding_or_notice open       note      open
finding_or_notice open       skip      open
finding_or_notice open       escalate  escalated
finding_or_notice open       decide    decided
finding_or_notice escalated  note      escalated
finding_or_notice escalated  skip      escalated
finding_or_notice escalated  escalate  escalated
finding_or_notice escalated  decide    decided
finding_or_notice decided    note      decided
finding_or_notice decided    skip      !decided_already
finding_or_notice decided    escalate  decided
finding_or_notice decided    decide    !decided_already
finding_or_notice decided    reopen    open
decision  new        decide    standing
decision  new        refer     referred
decision  standing   review    standing
decision  standing   contest   standing
decision  standing   uphold    standing
decision  standing   narrow    narrowed
decision  standing   overturn  overturned
decision  standing   restore   !out_of_order
decision  standing   withdraw  overturned
decision  standing   supersede standing
decision  narrowed   review    narrowed
decision  narrowed   contest   narrowed
decision  narrowed   uphold    narrowed
decision  narrowed   narrow    narrowed
decision  narrowed   overturn  overturned
decision  narrowed   restore   narrowed
decision  narrowed   withdraw  overturned
decision  narrowed   supersede narrowed
decision  overturned review    overturned
decision  overturned contest   overturned
decision  overturned uphold    overturned
decision  overturned narrow    overturned
decision  overturned overturn  overturned
decision  overturned restore   overturned
decision  overturned withdraw  overturned
decision  referred   review    !nothing_decided
decision  referred   contest   !nothing_decided
decision  referred   uphold    !nothing_decided
decision  referred   narrow    !nothing_decided
decision  referred   overturn  !nothing_decided
decision  referred   restore   !nothing_decided
decision  referred   withdraw  !nothing_decided
contest   new        open      open
contest   open       answer    closed
contest   closed     answer    !decided_already
order     new        open      open
order     new        close     closed
order     open       report    open
order     open       close     closed
order     closed     report    closed
order     closed     close     !decided_already
record    new        close     closed
record    closed     close     !decided_already
group     new        decide    standing
group     standing   decide    standing
group     standing   review    standing
group     standing   overturn  standing
group     standing   supersede standing
"""


def rows() -> list[list[str]]:
    return [row.split() for row in ROWS.split("\n") if row]


@pytest.mark.parametrize(("kind", "state", "move", "outcome"), rows(), ids=map("-".join, rows()))
def test_a_move_leads_to_its_state(kind: str, state: str, move: str, outcome: str) -> None:
    before = None if state == "new" else CaseState(state)
    refused = outcome.startswith("!")
    after = CaseCode(outcome[1:]) if refused else CaseState(outcome)
    assert TRANSITIONS[CaseKind(kind), before][Move(move)] == after


def test_there_are_no_other_moves() -> None:
    assert sum(map(len, TRANSITIONS.values())) == len(rows())


def test_a_decided_case_never_opens_again() -> None:
    """No retroactive verdict: an overturned decision stays so, a decided finding too.

    But a finding opens again when the published check changed that it was decided by.
    """
    for (kind, state), moves in TRANSITIONS.items():
        if state in {CaseState.DECIDED, CaseState.OVERTURNED, CaseState.CLOSED}:
            others = (after for move, after in moves.items() if move is not Move.REOPEN)
            kept = {after for after in others if isinstance(after, CaseState)}
            assert kept <= {state}, (kind, state)
