"""A line of JSON becomes a message about a case, or a refusal that names the field."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, cast

import msgspec

from ledger.cases.message_rules import broken_rule
from ledger.cases.messages import TYPES, CaseMessage
from ledger.cases.refusal import CaseCode, CaseRefusal
from ledger.foreign_text import is_blank
from ledger.records.post import LINE_BYTES, YEARS, before_leap_second, too_deep
from ledger.records.refusal import Code, Refusal
from ledger.records.strict_json import read_object

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
    if too_deep(line):
        return CaseRefusal(Code.JSON_DEPTH)
    fields = read_object(line)
    if isinstance(fields, Refusal):
        return CaseRefusal(fields.code)
    name = fields.get("type")
    kind = TYPES.get(name) if isinstance(name, str) else None
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
