"""Judge a message by what is known: each type of message has its function."""

import msgspec

from decide.facts import Facts
from decide.judging.contests import (
    judge_contest,
    judge_outcome,
    judge_reinstatement,
    judge_second_review,
)
from decide.judging.decisions import judge_decision
from decide.judging.judgement import Judgement
from decide.judging.notices_and_orders import (
    judge_audit,
    judge_notice,
    judge_order,
    judge_suspension,
)
from decide.judging.times import after_arrival
from ledger.cases.case import CaseMove
from ledger.cases.messages import (
    Audit,
    CaseMessage,
    Complaint,
    Decision,
    Dispute,
    Notice,
    Order,
    Outcome,
    Reinstatement,
    SecondReview,
    Suspension,
)
from ledger.cases.refusal import CaseRefusal


def judge(message: CaseMessage, facts: Facts) -> Judgement | CaseRefusal:
    """Return what becomes of a message by these facts; newer facts may change the answer.

    If the author of a post among them was erased, the entries keep no words and no address.
    """
    judged = next(after_arrival(message, facts), None) or _judge(message, facts)
    is_erased = any(case.is_erased for case in facts.cases.values())
    if isinstance(judged, Judgement) and is_erased:
        return Judgement(judged.entry, tuple(map(_without_words, judged.moves)))
    return judged


def _judge(message: CaseMessage, facts: Facts) -> Judgement | CaseRefusal:
    match message:
        case Decision():
            return judge_decision(message, facts)
        case SecondReview():
            return judge_second_review(message, facts)
        case Complaint() | Dispute():
            return judge_contest(message, facts)
        case Outcome():
            return judge_outcome(message, facts)
        case Reinstatement():
            return judge_reinstatement(message, facts)
        case Notice():
            return judge_notice(message, facts)
        case Order():
            return judge_order(message, facts)
        case Suspension():
            return judge_suspension(message, facts)
        case Audit():
            return judge_audit(message, facts)


def _without_words(move: CaseMove) -> CaseMove:
    if move.entry is None:
        return move
    entry = msgspec.structs.replace(move.entry, reason="", post="", url="")
    return msgspec.structs.replace(move, entry=entry)
