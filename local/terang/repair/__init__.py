"""Finding and repairing damage: fsck, redrive, restore, erase; here, the raw items of the table.

fsck must not share bugs with the store. So it decodes items with `json` alone, here and in
`checks`, and imports only the error for rows of a later release. A difference that it finds has its
place, both values, and the repairing command. The rest works through `ledger`. Start with
`dead_letters` or `erasure`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from ledger.codes import SchemaNewerError
from ledger.objects import error_code

_ADVICE = json.loads(Path(__file__).with_name("advice.json").read_text("utf-8"))
ADVICE: dict[str, str] = {kind: advice for advice, kinds in _ADVICE.items() for kind in kinds}
"""The advice for every kind of difference; `{name}` is the end of its place."""


class Difference(NamedTuple):
    """One difference. `where` is a key of the table or of a bucket."""

    kind: str
    where: str
    found: str
    wanted: str

    def advice(self, stack: str) -> str:
        """Return the command to type, or the page to read.

        >>> Difference("public_behind", "acme/2026-11-25", "1 line", "2 lines").advice("terang")
        'terang publish --since 2026-11-25 --stack terang'
        """
        day = self.where.rpartition("/")[2].partition(".")[0]
        since = f"{day}-01" if len(day) == len("2026-11") else day
        name = self.where.rpartition("#")[2].removeprefix("journal/")
        return ADVICE[self.kind].format(stack=stack, name=name, day=since)

    def record(self, stack: str) -> dict[str, str]:
        """Return the difference as `--json` prints it."""
        names = ("kind", "where", "is", "should", "type")
        return dict(zip(names, (*self, self.advice(stack)), strict=True))


type Record = dict[str, Any]

KNOWN_SCHEMA = 1
"""The form of records that is read here."""


class JournalDay(NamedTuple):
    """A provider's day in the journal."""

    provider: str
    day: str


_lists: partial[defaultdict[Any, list[Any]]] = partial(defaultdict, list)
_dicts: partial[defaultdict[Any, dict[Any, Any]]] = partial(defaultdict, dict)


@dataclass(slots=True)
class TableSnapshot:
    """All that the table holds, by the ids of units, findings, files, cases and messages.

    Receipts and entries are in lists, so that one stored twice is noticed. `members` are the
    messages of a batch, by its id; `drawn` has the key of the row of each drawn finding.
    Limits: it is held in memory, about 2 KB for each finding and receipt.
    """

    items: int = 0
    receipts: dict[str, list[tuple[JournalDay, Record]]] = field(default_factory=_lists)
    pages: dict[tuple[JournalDay, str], list[str]] = field(default_factory=_lists)
    members: dict[str, list[str]] = field(default_factory=_lists)
    markers: dict[str, Record] = field(default_factory=dict)
    findings: dict[str, Record] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    entries: dict[str, list[tuple[JournalDay, Record]]] = field(default_factory=_lists)
    cases: dict[str, dict[str, Record]] = field(default_factory=_dicts)
    messages: dict[str, Record] = field(default_factory=dict)
    manifests: dict[str, Record] = field(default_factory=dict)
    parts: dict[str, list[Record]] = field(default_factory=_lists)
    rows: dict[str, dict[int, Record]] = field(default_factory=_dicts)
    closed: set[str] = field(default_factory=set)
    copies: dict[JournalDay, Record] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)

    def add(self, items: Iterable[Record]) -> None:
        """Add items in DynamoDB's own notation."""
        for item in items:
            self.items += 1
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            kind, _, name = pk.partition("#")
            record = _record(item)
            match kind:
                case "J":
                    self._add_journal(name, sk, record, item)
                case "C":
                    self._add_case(name, sk, record, item)
                case "U" if sk == "unit" and "begun" not in item:
                    self.markers[name] = record
                case "M":
                    self.messages[name] = record
                case "F":
                    self._add_file(name, sk, record)
                case "T" if sk.startswith("drawn#"):
                    self.drawn[record["finding"]] = f"{pk} {sk}"
                case "W" if sk.startswith("copies#"):
                    self.copies[JournalDay(name, sk.removeprefix("copies#"))] = record
                case "W" if sk.startswith("closed#"):
                    self.closed.add(sk.removeprefix("closed#"))

    def _add_journal(self, name: str, sk: str, record: Record, item: Record) -> None:
        provider, day, _ = name.split("#")
        journal_day = JournalDay(provider, day)
        kind, _, rest = sk.partition("#")
        unit, _, page = rest.partition("#")
        if kind == "entry":
            self.entries[unit].append((journal_day, record))
        elif kind == "receipt":
            if not page:
                self.receipts[unit].append((journal_day, record))
                self.members[unit] += _ids(item, "units")
            self.pages[journal_day, unit] += _ids(item, "ids")

    def _add_case(self, case: str, sk: str, record: Record, item: Record) -> None:
        if sk == "finding" and record:
            self.findings[case] = record
            if "open_pk" in item:
                self.listed.add(case)
        elif sk.isdigit():
            self.cases[case][sk] = record

    def _add_file(self, file: str, sk: str, record: Record) -> None:
        kind, _, number = sk.partition("#")
        if kind == "manifest":
            self.manifests[file] = record
        elif kind == "part":
            self.parts[file].append(record)
        elif kind == "range":
            self.rows[file][int(number)] = record


def by_day(
    stored: Mapping[str, Sequence[tuple[JournalDay, Record]]],
) -> defaultdict[JournalDay, dict[str, Record]]:
    """Return receipts or case entries by day, then by id."""
    days: defaultdict[JournalDay, dict[str, Record]] = defaultdict(dict)
    for name, places in stored.items():
        for day, record in places:
            days[day][name] = record
    return days


def _ids(item: Record, name: str) -> list[str]:
    packed = bytes(item[name]["B"]) if name in item else b""
    return [packed[at : at + 32].hex() for at in range(0, len(packed), 32)]


def _record(item: Record) -> Any:
    if "record" not in item:
        return {}
    if (schema := int(item["schema"]["N"])) > KNOWN_SCHEMA:
        raise SchemaNewerError(schema, KNOWN_SCHEMA)
    return json.loads(item["record"]["S"])


def put_back(client: Any, copy: str, table: str) -> tuple[int, int]:
    """Put each item of the copy if it is absent. Return how many were put, and how many were there.

    Excerpts and fingerprints are left out: what somebody had deleted must not come back.
    """
    restored = present = 0
    for page in client.get_paginator("scan").paginate(TableName=copy):
        for item in page["Items"]:
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            kind = pk[:2], sk.partition("#")[0]
            if sk == "excerpt" or kind in {("J#", "copies"), ("T#", "drawn")}:
                continue
            try:
                client.put_item(
                    TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)"
                )
                restored += 1
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                present += 1
    return restored, present
