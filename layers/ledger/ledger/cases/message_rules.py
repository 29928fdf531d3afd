"""What the fields of one message must be to each other: one rule a line, the first one broken told.

`FIELD_MISSING` says that another field asks for it, `FIELD_CONFLICT` that another forbids it.
"""

from collections.abc import Iterator

from ledger.cases.dsa_codes import (
    CATEGORIES,
    NOT_SPECIFIED_NOTICE,
    NOT_SPECIFIED_ORDER,
    Monetary,
    Visibility,
)
from ledger.cases.messages import (
    Audit,
    CaseMessage,
    Decision,
    Measures,
    Notice,
    Order,
    Outcome,
    Result,
    SecondReview,
    Suspension,
    Verdict,
)
from ledger.cases.refusal import AnyCode, CaseCode, CaseRefusal
from ledger.records.refusal import Code

type Rule = tuple[bool, AnyCode, str]
"""Whether it is broken, and then what the refusal says."""

_MISSING, _CONFLICT, _RANGE = Code.FIELD_MISSING, CaseCode.FIELD_CONFLICT, Code.FIELD_RANGE


def broken_rule(message: CaseMessage) -> CaseRefusal | None:
    """The first rule that the message breaks, or None."""
    for broken, code, field in _rules(message):
        if broken:
            return CaseRefusal(code, field)
    return None


def _rules(message: CaseMessage) -> Iterator[Rule]:
    match message:
        case Decision():
            yield from _of_decision(message)
        case SecondReview():
            yield _order_of_times(message)
        case Outcome():
            yield from _of_outcome(message)
        case Notice():
            yield from _of_category(message.category, message.keyword, message.other)
            yield message.category == NOT_SPECIFIED_ORDER, _RANGE, "category"
            yield message.trusted_flagger and not message.article_16, _CONFLICT, "article_16"
        case Order():
            yield from _of_order(message)
        case Suspension():
            yield message.until < message.from_at.date(), _RANGE, "until"
        case Audit():
            violating = message.verdict == "violating"
            yield violating and message.category is None, _MISSING, "category"
            yield not violating and message.category is not None, _CONFLICT, "category"
            yield _order_of_times(message)
        case _:
            pass


def _of_decision(message: Decision) -> Iterator[Rule]:
    escalated = message.verdict is Verdict.ESCALATED
    confirmed = message.verdict is Verdict.CONFIRMED
    measures, findings = message.measures, message.findings
    yield not findings and message.notice is None, _MISSING, "findings"
    yield len(set(findings)) < len(findings), _RANGE, "findings"
    yield escalated and message.escalation is None, _MISSING, "escalation"
    yield not escalated and message.escalation is not None, _CONFLICT, "escalation"
    yield measures is not None and not confirmed, _CONFLICT, "measures"
    if measures is not None:
        yield from _of_measures(measures)
    yield measures is not None and message.applied_at is None, _MISSING, "applied_at"
    yield measures is None and message.applied_at is not None, _CONFLICT, "applied_at"
    skipped = message.verdict is Verdict.SKIPPED
    yield message.reason is None and not skipped, _MISSING, "reason"
    # A notice brings no pack whose ground could stand in.
    needs_ground = confirmed and not findings
    yield needs_ground and message.ground is None, _MISSING, "ground"
    yield needs_ground and message.ground_text is None, _MISSING, "ground_text"
    yield _order_of_times(message)


def _of_measures(measures: Measures) -> Iterator[Rule]:
    """Each measure with what belongs to it, as the transparency database asks."""
    yield not measures.any, _MISSING, "measures.visibility"
    pairs = (
        ("visibility_other", Visibility.OTHER in measures.visibility),
        ("monetary_other", measures.monetary is Monetary.OTHER),
    )
    for name, needed in pairs:
        given = getattr(measures, name) is not None
        yield needed and not given, _MISSING, f"measures.{name}"
        yield given and not needed, _CONFLICT, f"measures.{name}"
    for name in ("visibility", "monetary", "provision", "account"):
        ends = getattr(measures, f"{name}_until") is not None
        yield ends and not getattr(measures, name), _CONFLICT, f"measures.{name}_until"
    typed = measures.account_type is not None
    yield typed and measures.account is None, _CONFLICT, "measures.account_type"


def _of_outcome(message: Outcome) -> Iterator[Rule]:
    complaint, dispute = message.complaint is not None, message.dispute is not None
    yield not complaint and not dispute, _MISSING, "complaint"
    yield complaint and dispute, _CONFLICT, "dispute"
    # No machine alone decides a complaint (DSA Art. 20(6)); a dispute's body is not ours to name.
    yield complaint and message.moderator is None, CaseCode.NEEDS_PERSON, "moderator"
    yield complaint and message.implemented is not None, _CONFLICT, "implemented"
    if message.measures is not None:
        kept = message.outcome in {Result.PARTLY_REVERSED, Result.REVERSED}
        yield not kept, _CONFLICT, "measures"
        yield from _of_measures(message.measures)


def _of_order(message: Order) -> Iterator[Rule]:
    if message.kind == "act":
        yield message.category is None, _MISSING, "category"
        yield message.items is None, _MISSING, "items"
        category = message.category or NOT_SPECIFIED_ORDER
        yield from _of_category(category, message.keyword, message.other)
        yield category == NOT_SPECIFIED_NOTICE, _RANGE, "category"
        not_done = message.outcome not in {None, "complied"}
        yield not_done and message.ground is None, _MISSING, "ground"
        yield not not_done and message.ground is not None, _CONFLICT, "ground"
    for name in ("acknowledged_at", "effected_at"):
        at = getattr(message, name)
        yield at is not None and at < message.received_at, _RANGE, name


def _of_category(category: str, keyword: str | None, other: str | None) -> Iterator[Rule]:
    yield keyword is not None and keyword not in CATEGORIES[category], _RANGE, "keyword"
    yield keyword == "OTHER" and other is None, _MISSING, "other"
    yield keyword != "OTHER" and other is not None, _CONFLICT, "other"


def _order_of_times(message: Decision | SecondReview | Audit) -> Rule:
    return message.decided_at < message.opened_at, _RANGE, "decided_at"
