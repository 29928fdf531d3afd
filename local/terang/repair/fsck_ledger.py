"""The table as `terang fsck` reads it: raw items, sorted by no code of the store's.

What the functions share with the store they also get wrong with it; so nothing here is theirs.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.aws.table import record_of

type Record = dict[str, Any]


class Day(NamedTuple):
    """A provider's day in the journal."""

    provider: str
    day: str


@dataclass(slots=True)
class Ledger:
    """All that the table holds, under the ids of units, findings, files, cases and messages.

    A receipt and an entry stand in a list, so that what is there twice is seen.

    Limits:
        It is held in memory: about 2 KB for each finding and receipt.
    """

    items: int = 0
    receipts: dict[str, list[tuple[Day, Record]]] = field(default_factory=lambda: defaultdict(list))
    pages: dict[tuple[Day, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    markers: dict[str, Record] = field(default_factory=dict)
    findings: dict[str, Record] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    entries: dict[str, list[tuple[Day, Record]]] = field(default_factory=lambda: defaultdict(list))
    cases: dict[str, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))
    messages: dict[str, Record] = field(default_factory=dict)
    manifests: dict[str, Record] = field(default_factory=dict)
    parts: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, dict[int, Record]] = field(default_factory=lambda: defaultdict(dict))
    closed: set[str] = field(default_factory=set)

    def add(self, items: Iterable[Record]) -> None:
        """Sort items of the table, in DynamoDB's own notation."""
        for item in items:
            self.items += 1
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            kind, _, name = pk.partition("#")
            record: Any = record_of(item, object) or {}
            match kind:
                case "J":
                    self._journal(name, sk, record, item)
                case "C":
                    self._case(name, sk, record, item)
                case "U" if sk == "unit":
                    self.markers[name] = record
                case "M":
                    self.messages[name] = record
                case "F":
                    self._file(name, sk, record)
                case "P" | "W" if sk.startswith("closed#"):
                    self.closed.add(sk.removeprefix("closed#"))

    def days(self) -> set[Day]:
        """The days on which anything stands in the journal."""
        found = (*self.receipts.values(), *self.entries.values())
        return {day for places in found for day, _ in places}

    def receipts_by_day(self) -> dict[Day, dict[str, Record]]:
        """The receipts of each day by unit."""
        found: dict[Day, dict[str, Record]] = defaultdict(dict)
        for unit, places in self.receipts.items():
            for day, receipt in places:
                found[day][unit] = receipt
        return found

    def entries_by_day(self) -> dict[Day, list[Record]]:
        """The case entries of each day."""
        found: dict[Day, list[Record]] = defaultdict(list)
        for places in self.entries.values():
            for day, entry in places:
                found[day].append(entry)
        return found

    def _journal(self, name: str, sk: str, record: Record, item: Record) -> None:
        provider, day, _ = name.split("#")
        kind, _, rest = sk.partition("#")
        unit, _, page = rest.partition("#")
        if kind == "entry":
            self.entries[unit].append((Day(provider, day), record))
        elif kind == "receipt" and page:
            packed = bytes(item["ids"]["B"])
            ids = [packed[at : at + 32].hex() for at in range(0, len(packed), 32)]
            self.pages[Day(provider, day), unit] += ids
        elif kind == "receipt":
            self.receipts[unit].append((Day(provider, day), record))

    def _case(self, case: str, sk: str, record: Record, item: Record) -> None:
        if sk == "finding" and record:
            self.findings[case] = record
            if "open_pk" in item:
                self.listed.add(case)
        elif sk.isdigit():
            self.cases[case][sk] = record

    def _file(self, file: str, sk: str, record: Record) -> None:
        kind, _, number = sk.partition("#")
        if kind == "manifest":
            self.manifests[file] = record
        elif kind == "part":
            self.parts[file].append(record)
        elif kind == "range":
            self.rows[file][int(number)] = record
