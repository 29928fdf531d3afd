"""The kinds of case messages in one list, and what follows from the list.

`CaseMessage` is their tagged union: parser, schema and documentation. To add a kind:

1. Write its class in a module of this package; a field that no other kind has also goes into
   `JournalEntry`, and into `CaseFacts` if it is public.
2. Name it in `CaseMessage`, and what it counts in `CaseNumbers`. Say what public fields and numbers
   mean in `schema_words.json` of publish.
3. Describe it in docs/cases.md, run `scripts/build_documents.py`, and add an example to the tests.
4. Count it in `recount` too, which shares no code with this.
5. If moderators send it from the desk, add it to `desk.deciding` and a page.

A line is read as a message, or refused with the name of the field: the types of the fields come
first, then the rules between them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, cast, get_args

import msgspec

from cases import asked
from cases.case_message import COUNT, BaseCaseMessage, CaseLine, seconds_between
from cases.contest import Complaint, Dispute, Outcome, Reinstatement, ReportedChange, SecondReview
from cases.decision import FINDINGS_IN_DECISION, JUDGED, Decision
from cases.trials import Adoption, TrialAnswer
from ledger.cases import CaseFacts, JournalEntry
from ledger.codes import CaseCode, CaseRefusal, Code
from ledger.findings import short_digest
from ledger.posts import LINE_BYTES, YEARS, time_code
from ledger.texts import before_leap_second, decode_object, is_blank, json_schema, nests_too_deep
from ledger.units import Count, Tally
from rules.pack import Pack

FIELD_NAME = re.compile("[a-z][a-z0-9_]{0,39}")
"""Names of fields that a refusal repeats. Others could be the sender's words."""

type CaseMessage = (
    Decision
    | SecondReview
    | Complaint
    | Dispute
    | Outcome
    | asked.Notice
    | asked.Order
    | asked.Suspension
    | Reinstatement
    | asked.Audit
    | asked.FloodAnswer
    | TrialAnswer
    | Adoption
    | asked.Bundle
    | asked.TurnedAway
    | asked.Deleted
)

MESSAGE_TYPES: dict[str, type[BaseCaseMessage]] = {
    str(message_type.__struct_config__.tag): message_type
    for message_type in get_args(CaseMessage.__value__)
}
"""The types of `CaseMessage` by their `type`."""

KINDS = MESSAGE_TYPES | {"correction": ReportedChange}
"""What an entry of the journal can be: a message, or a correction."""


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
    fields = decode_object(line)
    if isinstance(fields, Code):
        return CaseRefusal(fields)
    name = fields.get("type")
    message_type = MESSAGE_TYPES.get(name) if isinstance(name, str) else None
    if message_type is None:
        return CaseRefusal(CaseCode.TYPE_UNKNOWN if name else Code.FIELD_MISSING, "type")
    refused = message_type.refused_name(fields)
    if refused is not None:
        return CaseRefusal(CaseCode.PERSON_FIELD, _shown(refused))
    del fields["type"]
    read = _read_struct(message_type, fields)
    if isinstance(read, CaseRefusal):
        return read
    message = cast("CaseMessage", read)
    broken = next(((code, field) for is_broken, code, field in message.rules() if is_broken), None)
    return CaseRefusal(*broken) if broken else message


def as_sent(message: BaseCaseMessage) -> dict[str, Any]:
    """Return a message as the JSON object that a sender would send."""
    return cast("dict[str, Any]", msgspec.json.decode(msgspec.json.encode(message)))


def required_times(kind: str) -> list[str]:
    """Return the times that a message of this type must have; none of an unknown type.

    >>> required_times("audit"), required_times("verdict")
    (['opened_at', 'decided_at'], [])
    """
    fields = msgspec.structs.fields(MESSAGE_TYPES[kind]) if kind in MESSAGE_TYPES else ()
    return [each.encode_name for each in fields if each.required and each.name.endswith("_at")]


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
    ['AccountMeasure', 'AccountType', 'Adoption']
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


def case_lines(
    entries: Iterable[JournalEntry], letters: Mapping[str, str], first: int
) -> list[CaseLine]:
    """Return entries numbered from `first`, in the order of their ids, which are random."""
    ordered = sorted(entries, key=lambda entry: entry.entry)
    return [case_line(number, entry, letters) for number, entry in enumerate(ordered, first)]


def case_line(number: int, entry: JournalEntry, letters: Mapping[str, str]) -> CaseLine:
    """Return an entry as the public may see it; `letters` names its moderator."""
    fields: dict[str, Any] = {
        **{name: getattr(entry, name) for name in CaseFacts.__struct_fields__},
        "moderator": letters.get(entry.moderator, ""),
        "measures": entry.done,
        "review_seconds": seconds_between(entry.opened_at, entry.decided_at),
        "group": short_digest(entry.group) if entry.group else "",
        **KINDS[entry.type].line(entry),
    }
    return CaseLine(n=number, kind="case", **fields)


CLOCKS = ("decide", "notice", "complaint", "dispute")
"""What has a tally `<clock>_seconds`; its median and ninth decile are published."""


class CaseNumbers(msgspec.Struct, frozen=True):
    """What people did about findings, notices and orders in a period. All of it can be added."""

    decisions: Count = 0
    decided: Count = 0
    by_verdict: Tally = {}
    by_measure: Tally = {}
    by_ground: Tally = {}
    partly_automated: Count = 0
    under_5_seconds: Count = 0
    untimed: Count = 0
    decide_seconds: Tally = {}
    notice_seconds: Tally = {}
    by_moderator: Tally = {}
    drawn: Count = 0
    second_reviews: Count = 0
    agreed: Count = 0
    overturned: Count = 0
    overturned_by: Tally = {}
    overturned_measures: Tally = {}
    reinstated: Tally = {}
    complaints: Tally = {}
    complaints_ended: Tally = {}
    complaint_seconds: Tally = {}
    disputes: Count = 0
    disputes_ended: Tally = {}
    dispute_seconds: Tally = {}
    disputes_implemented: Count = 0
    notices: Count = 0
    notice_items: Count = 0
    trusted_notices: Count = 0
    notices_by_category: Tally = {}
    notices_answered: Count = 0
    orders: Tally = {}
    order_items: Tally = {}
    orders_ended: Tally = {}
    order_acknowledge_seconds: Tally = {}
    order_effect_seconds: Tally = {}
    suspended: Tally = {}
    turned_away: Tally = {}
    by_rule: Tally = {}
    in_groups: Tally = {}
    groups: Count = 0
    grouped: Count = 0
    by_found_day: Tally = {}
    reopened: Tally = {}
    checks_changed: Tally = {}
    posts: Tally = {}
    audited: Tally = {}
    floods_answered: Tally = {}
    tried: Tally = {}
    adopted: Tally = {}


def case_numbers(lines: Iterable[CaseLine]) -> CaseNumbers:
    """Return the numbers of case lines. Tallies are sorted and have no zeros.

    >>> decided = CaseLine(1, "case", type="decision", verdict="dismissed",
    ...     found={"2026-11-25/a/1/r/live": 2})
    >>> case_numbers([decided]).by_found_day
    {'2026-11-25': 2}
    """
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        for name, key, count in KINDS[line.type].count(line):
            sums[name][str(key)] += count
    numbers: dict[str, Any] = {
        name: tally[COUNT]
        if COUNT in tally
        else {key: count for key, count in sorted(tally.items()) if count}
        for name, tally in sums.items()
    }
    return CaseNumbers(**numbers)


def by_month(numbers: CaseNumbers) -> CaseNumbers:
    """Return the numbers of a day with its findings by month, as longer periods add them.

    >>> by_month(CaseNumbers(by_rule={"2026-11-25/a/1/r/live/confirmed": 2})).by_rule
    {'2026-11/a/1/r/live/confirmed': 2}
    """
    return msgspec.structs.replace(
        numbers,
        by_rule=_monthly(numbers.by_rule),
        in_groups=_monthly(numbers.in_groups),
        posts=_monthly(numbers.posts),
    )


def of_packs(numbers: CaseNumbers, packs: Iterable[Pack]) -> CaseNumbers:
    """Return the decisions on findings of these packs. A campaign counts nothing else of cases."""
    chosen = {f"{pack.id}/{pack.version}" for pack in packs}
    by_rule, in_groups = (
        {key: count for key, count in tally.items() if "/".join(key.split("/")[1:3]) in chosen}
        for tally in (numbers.by_rule, numbers.in_groups)
    )
    decided = sum(
        count
        for tally in (by_rule, in_groups)
        for key, count in tally.items()
        if key.rpartition("/")[2] in JUDGED
    )
    return CaseNumbers(decided=decided, by_rule=by_rule, in_groups=in_groups)


def _monthly(tally: Tally) -> Tally:
    found: Counter[str] = Counter()
    for key, count in tally.items():
        day, _, rest = key.partition("/")
        found[f"{day[:7]}/{rest}"] += count
    return dict(sorted(found.items()))
