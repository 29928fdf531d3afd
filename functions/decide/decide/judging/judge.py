"""The judge: a message and what is known become entries, or a refusal. Pure."""

from decide.facts import Facts
from decide.judging.contests import (
    judge_contest,
    judge_outcome,
    judge_reinstatement,
    judge_second_review,
)
from decide.judging.decisions import judge_decision
from decide.judging.judgement import Judgement
from decide.judging.records import judge_audit, judge_notice, judge_order, judge_suspension
from decide.judging.times import after_arrival
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
    """Return what becomes of a message by these facts; newer ones may bring another answer."""
    future = next(after_arrival(message, facts), None)
    return future or _judge(message, facts)


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
