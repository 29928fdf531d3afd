"""A line of JSON becomes a message about a case, or a refusal that names the field."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, cast

import msgspec

from ledger.cases.dsa_codes import (
    CATEGORIES,
    NOT_SPECIFIED_NOTICE,
    NOT_SPECIFIED_ORDER,
    Monetary,
    Visibility,
)
from ledger.cases.messages import (
    MESSAGE_TYPES,
    Audit,
    CaseMessage,
    ContestResult,
    Decision,
    Measures,
    Notice,
    Order,
    Outcome,
    SecondReview,
    Suspension,
    Verdict,
)
from ledger.cases.refusal import AnyCode, CaseCode, CaseRefusal
from ledger.clock import before_leap_second
from ledger.foreign_text import is_blank
from ledger.records.json_text import nests_too_deep, read_object
from ledger.records.post import LINE_BYTES, YEARS
from ledger.records.refusal import Code, Refusal

FIELD_NAME = re.compile("[a-z][a-z0-9_]{0,39}")
"""Names of fields that a refusal repeats: others may be the sender's words."""

OF_AN_ORDER_TO_INFORM = frozenset(
    {
        *("type", "id", "kind", "authority", "country", "received_at", "acknowledged_at"),
        *("effected_at", "outcome", "regulation", "follows"),
    }
)
"""Who asked, and when what happened; anything else could be about a person."""


def read_case_message(line: bytes) -> CaseMessage | CaseRefusal:
    """The message of one line, or why it is refused.

    >>> read_case_message(b'{"type": "complaint", "id": "c-1", "decision": "d-1"}')
    CaseRefusal(code=<Code.FIELD_MISSING: 'field_missing'>, field='by')
    >>> read_case_message(b'{"type": "verdict"}')
    CaseRefusal(code=<CaseCode.TYPE_UNKNOWN: 'type_unknown'>, field='type')
    """
    if len(line) > LINE_BYTES:
        return CaseRefusal(Code.LINE_LONG)
    if nests_too_deep(line):
        return CaseRefusal(Code.JSON_DEPTH)
    fields = read_object(line)
    if isinstance(fields, Refusal):
        return CaseRefusal(fields.code)
    name = fields.get("type")
    kind = MESSAGE_TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        return CaseRefusal(CaseCode.TYPE_UNKNOWN if name else Code.FIELD_MISSING, "type")
    if name == "order" and fields.get("kind") == "inform":
        for field in fields:
            if field not in OF_AN_ORDER_TO_INFORM:
                return CaseRefusal(CaseCode.PERSON_FIELD, _shown(field))
    del fields["type"]
    read = _read(kind, fields)
    if isinstance(read, CaseRefusal):
        return read
    message = cast("CaseMessage", read)
    return broken_rule(message) or message


def _read(
    kind: type[msgspec.Struct], fields: Mapping[str, Any], within: str = ""
) -> msgspec.Struct | CaseRefusal:
    """The struct of these fields; the first fault in the order of the struct's own fields.

    An optional field that is null is not there.
    """
    known: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        value = fields.get(field.encode_name)
        place = within + field.encode_name
        if value is None:
            if field.required:
                return CaseRefusal(_missing(field.name), place)
            continue
        struct = _struct_of(field.type)
        if struct and isinstance(value, dict):
            read = _read(struct, value, f"{place}.")
            if isinstance(read, CaseRefusal):
                return read
            known[field.name] = read
            continue
        read_value = _value(field, value, place)
        if isinstance(read_value, CaseRefusal):
            return read_value
        known[field.name] = read_value
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    for name in fields:
        if name not in names:
            return CaseRefusal(CaseCode.FIELD_UNKNOWN, within + _shown(name))
    return kind(**known)


def _value(field: msgspec.structs.FieldInfo, value: Any, place: str) -> Any:
    """Return a value as its field takes it, or a CaseRefusal.

    A leap second is read as the last instant before it. A text that nobody can see is none.
    """
    is_time = isinstance(_known_kind(field.type), msgspec.inspect.DateTimeType)
    if is_time and isinstance(value, str):
        value = before_leap_second(value)
    try:
        read = msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        return CaseRefusal(_fault(field.name, field.type, value), place)
    if isinstance(read, str) and is_blank(read):
        advice = f"{place} is blank: it needs a text that can be read"
        return CaseRefusal(Code.FIELD_LENGTH, place, advice=advice)
    if isinstance(read, date) and read.year not in YEARS:
        return CaseRefusal(Code.FIELD_RANGE, place)
    return read


def _missing(field: str) -> Code | CaseCode:
    return CaseCode.NEEDS_PERSON if field == "moderator" else Code.FIELD_MISSING


def _fault(field: str, kind: Any, value: Any) -> Code | CaseCode:
    """The code for a value that its field does not take, by what kind of value it is."""
    if field == "automated_decision" and value == "FULLY":
        return CaseCode.NEEDS_PERSON
    if field == "findings" and isinstance(value, list) and len(value) > _longest(kind):
        return CaseCode.TOO_MANY
    inner = _known_kind(kind)
    match inner:
        case msgspec.inspect.DateTimeType():
            return _fault_of_time(value)
        case msgspec.inspect.DateType():
            return Code.TIME_SYNTAX if isinstance(value, str) else Code.FIELD_TYPE
        case msgspec.inspect.BoolType() | msgspec.inspect.StructType():
            return Code.FIELD_TYPE
        case msgspec.inspect.IntType():
            return Code.FIELD_RANGE if type(value) is int else Code.FIELD_TYPE
        case msgspec.inspect.VarTupleType():
            return Code.FIELD_RANGE if isinstance(value, list) else Code.FIELD_TYPE
        case msgspec.inspect.StrType(pattern=None):
            return Code.FIELD_LENGTH if isinstance(value, str) else Code.FIELD_TYPE
        case _:  # a pattern, an enumeration, a literal: texts of a closed set
            return Code.FIELD_RANGE if isinstance(value, str) else Code.FIELD_TYPE


def _fault_of_time(value: Any) -> Code:
    if not isinstance(value, str):
        return Code.FIELD_TYPE
    try:
        msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return Code.TIME_SYNTAX
    return Code.TIME_OFFSET


@cache
def _known_kind(kind: Any) -> msgspec.inspect.Type:
    """What a type is, without the None beside it and the description around it."""
    found = msgspec.inspect.type_info(kind)
    if isinstance(found, msgspec.inspect.UnionType):
        found = next(one for one in found.types if not isinstance(one, msgspec.inspect.NoneType))
    return found.type if isinstance(found, msgspec.inspect.Metadata) else found


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    found = _known_kind(kind)
    return found.cls if isinstance(found, msgspec.inspect.StructType) else None


def _longest(kind: Any) -> int:
    found = _known_kind(kind)
    return (isinstance(found, msgspec.inspect.VarTupleType) and found.max_length) or 0


def _shown(name: str) -> str:
    """The name of a field if it looks like one."""
    return name if FIELD_NAME.fullmatch(name) else ""


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
        kept = message.outcome in {ContestResult.PARTLY_REVERSED, ContestResult.REVERSED}
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


def case_message_schema() -> dict[str, Any]:
    """The schema of one message of any type.

    >>> sorted(case_message_schema()["$defs"])[:3]
    ['AccountMeasure', 'AccountType', 'Answer']
    """
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A message about a case, as a provider sends it to Terang",
        **msgspec.json.schema(CaseMessage),
    }
    return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])  # no tuple in it
