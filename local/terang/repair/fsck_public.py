"""What `terang fsck` asks of the public bucket: the table, line by line, and the recount."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from recount.recount import EARLIER, differences_of
from terang.repair.fsck_difference import Difference
from terang.repair.fsck_ledger import Day, Ledger, Record

SETTLING = timedelta(hours=2)
"""How long after its end a day may still be published."""

COUNTS = ("bytes", "lines", "records", "inspected", "findings", "repeats")
LATER = ("unknown_fields", "assumed_utc", "no_rules", "partly_read")
"""Counts that old receipts, or those without any, do not name."""
TALLIES = ("refused", "by_rule")
CASE_WORDS = ("type", "verdict", "outcome", "cause", "why", "by", "month", "items", "ground")
"""What a line on a case repeats of its entry as it stands there."""


@dataclass(frozen=True, slots=True)
class Public:
    """A copy of the public bucket's numbers, and the names of all that is in it."""

    folder: Path
    keys: Collection[str]

    def summaries(self) -> list[Path]:
        """The summaries, earlier revisions too."""
        return sorted(self.folder.glob("summaries/*/*.json"))

    def differences(self, ledger: Ledger, now: datetime) -> Iterator[Difference]:
        """What does not follow from the table, and what not from the public journal."""
        receipts, entries = ledger.receipts_by_day(), ledger.entries_by_day()
        for day in sorted(ledger.days() | self._days()):
            yield from self._day(day, receipts.get(day, {}), entries.get(day, []), now)
        for path in self.summaries():
            yield from self._summary(path)

    def _days(self) -> set[Day]:
        paths = self.folder.glob("journal/*/*.jsonl")
        return {Day(path.parent.name, path.stem) for path in paths if not EARLIER.search(path.stem)}

    def _day(
        self, day: Day, receipts: dict[str, Record], entries: list[Record], now: datetime
    ) -> Iterator[Difference]:
        """The lines that are public, against those that the table gives."""
        name = f"{day.provider}/{day.day}"
        summary = _json(self.folder / f"summaries/{name}.json")
        left_out = {one["receipt"] for one in summary.get("left_out", ())}
        wanted = Counter(
            _line_of(receipt)
            for unit, receipt in receipts.items()
            if sha256(unit.encode()).hexdigest()[:12] not in left_out
        )
        wanted.update(map(_case_of, entries))
        path = self.folder / f"journal/{name}.jsonl"
        lines = path.read_text().splitlines() if path.is_file() else []
        public = Counter(map(_public_line, map(json.loads, lines)))
        lost, more = public - wanted, wanted - public
        if lost and more:
            yield Difference("public_other", f"journal/{name}", next(iter(lost)), next(iter(more)))
        elif lost:
            is_, should = f"{public.total()} lines", f"{wanted.total()} in the table"
            yield Difference("public_ahead", f"journal/{name}", is_, should)
        elif more and (now - SETTLING).date().isoformat() > day.day:
            is_, should = f"{public.total()} lines", f"{wanted.total()} in the table"
            yield Difference("public_behind", f"journal/{name}", is_, should)

    def _summary(self, path: Path) -> Iterator[Difference]:
        name = path.relative_to(self.folder).as_posix()
        if not EARLIER.search(path.stem):
            pages = [f"{name.removesuffix('.json')}.{kind}" for kind in ("html", "csv")]
            missing = [page for page in pages if page not in self.keys]
            yield from (Difference("page_missing", page, "no file", "a page") for page in missing)
            if any(page.endswith(".csv") for page in missing):
                return  # the recount reads it
        try:
            for told in differences_of(self.folder, path):
                yield Difference("recount", name, told, "what the public journal adds up to")
        except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
            yield Difference("recount", name, f"cannot be read ({type(error).__name__})", "JSON")


def _line_of(receipt: Record) -> str:
    """A receipt as a line of the public journal repeats it."""
    said = {name: receipt[name] for name in (*COUNTS, "kind", "set")}
    said |= {name: receipt.get(name, 0) for name in LATER}
    said |= {name: _without_zeros(receipt[name]) for name in TALLIES}
    said |= {"held": _without_zeros(receipt.get("held", {}))}
    said |= {"skipped": sorted(receipt.get("skipped", ()))}
    said |= {"first": receipt.get("from", "")[:10], "last": receipt.get("until", "")[:10]}
    return json.dumps(said, sort_keys=True)


def _public_line(line: Record) -> str:
    """What can be compared of a public line."""
    if line["kind"] == "case":
        return _case(line, line.get("found", {}), line.get("overturns", False))
    said = {name: line[name] for name in (*COUNTS, "kind", "set", "first", "last")}
    said |= {name: line.get(name, 0) for name in LATER}
    said |= {name: _without_zeros(line[name]) for name in (*TALLIES, "held")}
    return json.dumps(said | {"skipped": sorted(line["skipped"])}, sort_keys=True)


def _case_of(entry: Record) -> str:
    """An entry as its line repeats it: of an entry on a decision, with what that decided."""
    decided = entry if entry["type"] == "decision" else {}
    if entry["type"] != "decision" and entry.get("decision"):
        decided = entry.get("about") or {}
    return _case(entry, decided.get("found", {}), entry.get("overturns", False))


def _case(said: Record, found: dict[str, int], overturns: bool) -> str:
    words = {name: said[name] for name in CASE_WORDS if said.get(name)}
    return json.dumps(words | {"found": found, "overturns": overturns}, sort_keys=True)


def _without_zeros(tally: dict[str, int]) -> dict[str, int]:
    return {key: count for key, count in tally.items() if count}


def _json(path: Path) -> Record:
    try:
        found: Record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found
