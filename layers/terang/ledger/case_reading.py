"""Read a line of JSON as a message about a case, or refuse it and name the field.

The types of the fields come first, then the rules between them, one a line: `FIELD_MISSING` if
another field requires this one, `FIELD_CONFLICT` if another one excludes it.

The journal entry of a message: its fields, without those that only its case keeps.

What a provider hears of a case entry: ids and codes, never what somebody wrote.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, cast

import msgspec

from ledger.case_messages import (
    FINDINGS_IN_DECISION,
    MESSAGE_TYPES,
    Audit,
    BaseCaseMessage,
    CaseMessage,
    ContestResult,
    Decision,
    FloodAnswer,
    Measures,
    Notice,
    Order,
    Outcome,
    SecondReview,
    Suspension,
    Verdict,
)
from ledger.cases import JournalEntry, case_id
from ledger.dsa_codes import (
    CATEGORIES,
    NOT_SPECIFIED_NOTICE,
    NOT_SPECIFIED_ORDER,
    AnyCode,
    CaseCode,
    CaseRefusal,
    Monetary,
    Visibility,
)
from ledger.posts import LINE_BYTES, YEARS, time_code
from ledger.refusals import Code, Refusal
from ledger.texts import before_leap_second, is_blank, json_schema, nests_too_deep, read_object, utc

FIELD_NAME = re.compile("[a-z][a-z0-9_]{0,39}")
"""Names of fields that a refusal repeats. Others could be the sender's words."""

INFORM_FIELDS = frozenset(
    {
        *("type", "id", "kind", "authority", "country", "received_at", "acknowledged_at"),
        *("effected_at", "due_at", "outcome", "regulation", "follows"),
    }
)
"""The fields of an order to inform. Any other field could be about a person."""

type FieldRule = tuple[bool, AnyCode, str]
"""Whether a rule is broken, and then the code and field of the refusal."""

_MISSING, _CONFLICT, _RANGE = Code.FIELD_MISSING, CaseCode.FIELD_CONFLICT, Code.FIELD_RANGE


def read_case_message(line: bytes) -> CaseMessage | CaseRefusal:
    """Return the message of one line, or why it is refused.

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
    message_type = MESSAGE_TYPES.get(name) if isinstance(name, str) else None
    if message_type is None:
        return CaseRefusal(CaseCode.TYPE_UNKNOWN if name else Code.FIELD_MISSING, "type")
    if name == "order" and fields.get("kind") == "inform":
        for field in fields:
            if field not in INFORM_FIELDS:
                return CaseRefusal(CaseCode.PERSON_FIELD, _shown(field))
    del fields["type"]
    read = _read_struct(message_type, fields)
    if isinstance(read, CaseRefusal):
        return read
    message = cast("CaseMessage", read)
    return broken_rule(message) or message


class SentNames(msgspec.Struct, frozen=True):
    """What a sender calls a message; empty where it cannot be read."""

    type: str = ""
    id: Annotated[str, msgspec.Meta(max_length=200)] = ""


def names_of(line: bytes) -> SentNames:
    """Return the type, if it is a known one, and the id of a line that is refused."""
    try:
        read = msgspec.json.decode(line, type=SentNames)
    except (msgspec.MsgspecError, RecursionError):
        return SentNames()
    return read if read.type in MESSAGE_TYPES else SentNames(id=read.id)


def case_message_schema() -> dict[str, Any]:
    """Return the JSON Schema of one message of any type.

    Limits: a schema cannot say the rules between fields, or what only the cases can tell.

    >>> sorted(case_message_schema()["$defs"])[:3]
    ['AccountMeasure', 'AccountType', 'Answer']
    """
    return json_schema("A message about a case, as a provider sends it to Terang", CaseMessage)


def _read_struct(
    struct: type[msgspec.Struct], fields: Mapping[str, Any], within: str = ""
) -> msgspec.Struct | CaseRefusal:
    """Return the struct of these fields, or a refusal of the first wrong one in its own order.

    An optional field that is null counts as absent.
    """
    known: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        value = fields.get(field.encode_name)
        place = within + field.encode_name
        if value is None:
            if field.required:
                needs_person = field.name == "moderator"
                code = CaseCode.NEEDS_PERSON if needs_person else Code.FIELD_MISSING
                return CaseRefusal(code, place)
            continue
        inner = _known_type(field.type)
        if isinstance(inner, msgspec.inspect.StructType) and isinstance(value, dict):
            read: Any = _read_struct(inner.cls, value, f"{place}.")
        else:
            read = _read_value(field, value, place)
        if isinstance(read, CaseRefusal):
            return read
        known[field.name] = read
    names = {field.encode_name for field in msgspec.structs.fields(struct)}
    for name in fields:
        if name not in names:
            return CaseRefusal(CaseCode.FIELD_UNKNOWN, within + _shown(name))
    return struct(**known)


def _read_value(field: msgspec.structs.FieldInfo, value: Any, place: str) -> Any:
    """Return a value as its field takes it, or a CaseRefusal.

    A leap second is read as the last instant before it. A text that nobody can see is refused.
    """
    is_time = isinstance(_known_type(field.type), msgspec.inspect.DateTimeType)
    if is_time and isinstance(value, str):
        value = before_leap_second(value)
    try:
        read = msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        return CaseRefusal(_code_of(field.name, field.type, value), place)
    if isinstance(read, str) and is_blank(read):
        advice = f"{place} is blank: it needs a text that can be read"
        return CaseRefusal(Code.FIELD_LENGTH, place, advice=advice)
    if isinstance(read, date) and read.year not in YEARS:
        return CaseRefusal(Code.FIELD_RANGE, place)
    return read


def _code_of(field: str, field_type: Any, value: Any) -> Code | CaseCode:
    if field == "automated_decision" and value == "FULLY":
        return CaseCode.NEEDS_PERSON
    inner = _known_type(field_type)
    match inner:
        case msgspec.inspect.VarTupleType():
            if not isinstance(value, list):
                return Code.FIELD_TYPE
            too_many = field == "findings" and len(value) > FINDINGS_IN_DECISION
            return CaseCode.TOO_MANY if too_many else Code.FIELD_RANGE
        case msgspec.inspect.DateTimeType():
            return time_code(value)
        case msgspec.inspect.DateType():
            return Code.TIME_SYNTAX if isinstance(value, str) else Code.FIELD_TYPE
        case msgspec.inspect.BoolType() | msgspec.inspect.StructType():
            return Code.FIELD_TYPE
        case msgspec.inspect.IntType():
            return Code.FIELD_RANGE if type(value) is int else Code.FIELD_TYPE
        case msgspec.inspect.StrType(pattern=None):
            return Code.FIELD_LENGTH if isinstance(value, str) else Code.FIELD_TYPE
        case _:  # a pattern, an enumeration or a literal: texts of a closed set
            return Code.FIELD_RANGE if isinstance(value, str) else Code.FIELD_TYPE


@cache
def _known_type(field_type: Any) -> msgspec.inspect.Type:
    """Return a field's type without an alternative None and without its description."""
    info = msgspec.inspect.type_info(field_type)
    if isinstance(info, msgspec.inspect.UnionType):
        info = next(kind for kind in info.types if not isinstance(kind, msgspec.inspect.NoneType))
    return info.type if isinstance(info, msgspec.inspect.Metadata) else info


def _shown(name: str) -> str:
    return name if FIELD_NAME.fullmatch(name) else ""


def broken_rule(message: CaseMessage) -> CaseRefusal | None:
    """Return a refusal for the first rule between its fields that a message breaks."""
    for is_broken, code, field in _rules(message):
        if is_broken:
            return CaseRefusal(code, field)
    return None


def _rules(message: CaseMessage) -> Iterator[FieldRule]:
    match message:
        case Decision():
            yield from _decision_rules(message)
        case SecondReview() | FloodAnswer():
            yield _order_of_times(message)
        case Outcome():
            yield from _outcome_rules(message)
        case Notice():
            yield from _category_rules(message.category, message.keyword, message.other)
            yield message.category == NOT_SPECIFIED_ORDER, _RANGE, "category"
            yield message.trusted_flagger and not message.article_16, _CONFLICT, "article_16"
        case Order():
            yield from _order_rules(message)
        case Suspension():
            yield message.until < message.from_at.date(), _RANGE, "until"
        case Audit():
            violating = message.verdict == "violating"
            yield violating and message.category is None, _MISSING, "category"
            yield not violating and message.category is not None, _CONFLICT, "category"
            yield _order_of_times(message)
        case _:
            pass


def _decision_rules(message: Decision) -> Iterator[FieldRule]:
    escalated = message.verdict is Verdict.ESCALATED
    confirmed = message.verdict is Verdict.CONFIRMED
    measures, findings = message.measures, message.findings
    yield not findings and message.notice is None, _MISSING, "findings"
    yield len(set(findings)) < len(findings), _RANGE, "findings"
    yield message.group is not None and not findings, _CONFLICT, "group"
    yield escalated and message.escalation is None, _MISSING, "escalation"
    yield not escalated and message.escalation is not None, _CONFLICT, "escalation"
    yield measures is not None and not confirmed, _CONFLICT, "measures"
    if measures is not None:
        yield from _measure_rules(measures)
    yield measures is not None and message.applied_at is None, _MISSING, "applied_at"
    yield measures is None and message.applied_at is not None, _CONFLICT, "applied_at"
    skipped = message.verdict is Verdict.SKIPPED
    yield message.reason is None and not skipped, _MISSING, "reason"
    # A notice has no pack whose ground could be taken.
    needs_ground = confirmed and not findings
    yield needs_ground and message.ground is None, _MISSING, "ground"
    yield needs_ground and message.ground_text is None, _MISSING, "ground_text"
    yield _order_of_times(message)


def _measure_rules(measures: Measures) -> Iterator[FieldRule]:
    yield not measures.codes, _MISSING, "measures.visibility"
    pairs = (
        ("visibility_other", Visibility.OTHER in measures.visibility),
        ("monetary_other", measures.monetary is Monetary.OTHER),
    )
    for name, needed in pairs:
        given = getattr(measures, name) is not None
        yield needed and not given, _MISSING, f"measures.{name}"
        yield given and not needed, _CONFLICT, f"measures.{name}"
    for name in ("visibility", "monetary", "provision", "account"):
        has_end = getattr(measures, f"{name}_until") is not None
        yield has_end and not getattr(measures, name), _CONFLICT, f"measures.{name}_until"
    has_type = measures.account_type is not None
    yield has_type and measures.account is None, _CONFLICT, "measures.account_type"


def _outcome_rules(message: Outcome) -> Iterator[FieldRule]:
    complaint, dispute = message.complaint is not None, message.dispute is not None
    yield not complaint and not dispute, _MISSING, "complaint"
    yield complaint and dispute, _CONFLICT, "dispute"
    # No machine alone decides a complaint (DSA Art. 20(6)). A dispute's body names no moderator.
    yield complaint and message.moderator is None, CaseCode.NEEDS_PERSON, "moderator"
    yield complaint and message.implemented is not None, _CONFLICT, "implemented"
    if message.measures is not None:
        reversed_ = {ContestResult.PARTLY_REVERSED, ContestResult.REVERSED}
        yield message.outcome not in reversed_, _CONFLICT, "measures"
        yield from _measure_rules(message.measures)


def _order_rules(message: Order) -> Iterator[FieldRule]:
    if message.kind == "act":
        yield message.category is None, _MISSING, "category"
        yield message.items is None, _MISSING, "items"
        category = message.category or NOT_SPECIFIED_ORDER
        yield from _category_rules(category, message.keyword, message.other)
        yield category == NOT_SPECIFIED_NOTICE, _RANGE, "category"
        not_done = message.outcome not in {None, "complied"}
        yield not_done and message.ground is None, _MISSING, "ground"
        yield not not_done and message.ground is not None, _CONFLICT, "ground"
    for name in ("acknowledged_at", "effected_at", "due_at"):
        at = getattr(message, name)
        yield at is not None and at < message.received_at, _RANGE, name


def _category_rules(category: str, keyword: str | None, other: str | None) -> Iterator[FieldRule]:
    yield keyword is not None and keyword not in CATEGORIES[category], _RANGE, "keyword"
    yield keyword == "OTHER" and other is None, _MISSING, "other"
    yield keyword != "OTHER" and other is not None, _CONFLICT, "other"


def _order_of_times(message: Decision | SecondReview | Audit | FloodAnswer) -> FieldRule:
    return message.decided_at < message.opened_at, _RANGE, "decided_at"


REFERENCES = {
    "decision": "decision",
    "complaint": "complaint",
    "dispute": "dispute",
    "notice": "notice",
    "follows": "order",
    "group": "group",
}
"""The fields that hold another message's id, and the type of that message."""

KEPT_APART = frozenset({"id", "findings", "finding", "post", "url", "reason", "reason_language"})
"""Fields that only the case keeps, where they can be erased, and not the journal."""


def entry_of(message: BaseCaseMessage, provider: str, at: datetime, **more: Any) -> JournalEntry:
    """Return the journal entry of a message: its own fields, and `more` that replaces them."""
    return JournalEntry(
        entry=case_id(message.type_name, provider, message.id),
        type=message.type_name,
        provider=provider,
        at=utc(at),
        **(_journal_fields(message, provider) | more),
    )


def _journal_fields(message: BaseCaseMessage, provider: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if value is None or name in KEPT_APART:
            continue
        if name in REFERENCES:
            fields[name] = case_id(REFERENCES[name], provider, value)
        elif name == "keyword":
            fields["keywords"] = (value,)
        else:
            fields[name] = _as_text(value)
    return fields


def _as_text(value: Any) -> Any:
    """Return times, days and codes as text, and everything else as it is."""
    match value:
        case datetime():
            return utc(value)
        case date():
            return value.isoformat()
        case StrEnum():
            return str(value)
        case tuple():
            return tuple(map(_as_text, value))
        case _:
            return value


class AnnouncedEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that people did about a case, under `entries/` in the provider's bucket.

    The fields are those of the journal's entry. `measures` are the DSA codes of a decision: its
    statement has their ends and the words. Moderators, grounds and reasons are left out.
    """

    entry: str
    type: str
    at: str
    cases: tuple[str, ...] = ()
    decision: str = ""
    complaint: str = ""
    dispute: str = ""
    notice: str = ""
    follows: str = ""
    verdict: str = ""
    escalation: str = ""
    outcome: str = ""
    overturns: bool = False
    measures: tuple[str, ...] = ()
    category: str = ""
    group: str = ""
    day: str = ""
    held_rule: str = ""


def announced_entry(entry: JournalEntry) -> AnnouncedEntry:
    """Return what is announced of an entry."""
    kept = {name: getattr(entry, name) for name in AnnouncedEntry.__struct_fields__}
    return AnnouncedEntry(**kept | {"measures": entry.done})
