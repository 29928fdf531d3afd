"""Checks of `terang fsck`: the files for providers and the public must agree with the table."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from recount.recount import EARLIER, differences_of
from terang.repair.difference import Difference
from terang.repair.table_snapshot import JournalDay, Record, TableSnapshot

type Get = Callable[[str], bytes]

_TALLIES = ("refused", "by_rule")


def out_differences(
    table: TableSnapshot, keys: Collection[str], get: Get, today: str, excerpt_days: int
) -> Iterator[Difference]:
    """Check the files for providers in the out bucket.

    Files of findings expire with their excerpts: those of the last `excerpt_days` must exist.
    """
    oldest = (date.fromisoformat(today) - timedelta(days=excerpt_days - 1)).isoformat()
    known: set[str] = set()
    for unit, places in sorted(table.receipts.items()):
        for day, receipt in places:
            yield from _check_message_receipt(day, unit, receipt, keys)
            key = f"out/{day.provider}/findings/{day.day}/{unit}.jsonl"
            known.add(key)
            if receipt["findings"] and (key in keys or day.day >= oldest):
                yield from _check_findings_file(key, table.pages.get((day, unit), []), keys, get)
    for key in sorted(keys):
        if "/findings/" in key and key not in known:
            yield Difference("findings_of_nothing", key, "a file", "no receipt has it")
    for file, manifest in sorted(table.manifests.items()):
        if file in table.closed:
            yield from _check_file_receipt(table, file, manifest, keys, get)
    yield from _check_statements(table, keys)


def _check_statements(table: TableSnapshot, keys: Collection[str]) -> Iterator[Difference]:
    """Each decision with a measure must have its statement of reasons."""
    for name, entries in sorted(table.entries.items()):
        for day, entry in entries:
            key = f"out/{day.provider}/decisions/{day.day}/{name}.json"
            if entry["type"] == "decision" and entry.get("measures") and key not in keys:
                yield Difference("statement_missing", key, "no file", "the decision's statement")


def _check_findings_file(
    key: str, ids: Collection[str], keys: Collection[str], get: Get
) -> Iterator[Difference]:
    if key not in keys:
        yield Difference("findings_untold", key, "no file", f"{len(ids)} findings")
        return
    listed = Counter(json.loads(line)["finding"] for line in get(key).splitlines())
    if listed != Counter(ids):
        foreign = len(listed.keys() - set(ids))
        found = f"{listed.total()} findings, {foreign} of them of other units"
        yield Difference("findings_mistold", key, found, f"{len(ids)} findings")


def _check_message_receipt(
    day: JournalDay, unit: str, receipt: Record, keys: Collection[str]
) -> Iterator[Difference]:
    """The sender of a message with refused posts, or of a batch, must have a receipt."""
    folder = f"out/{day.provider}/receipts"
    refused = [unit] if receipt["kind"] == "message" and receipt["refused"] else []
    for name in (*refused, *receipt.get("refused_messages", ())):
        key = f"{folder}/messages/{day.day}/{name}.json"
        if key not in keys:
            count = sum(receipt["refused"].values())
            yield Difference("refusals_untold", key, "no file", f"some of {count} refusals")
    key = f"{folder}/batches/{day.day}/{unit}.json"
    if receipt["kind"] == "messages" and key not in keys:
        yield Difference("batch_untold", key, "no file", f"{receipt['messages']} messages")


def _check_file_receipt(
    table: TableSnapshot, file: str, manifest: Record, keys: Collection[str], get: Get
) -> Iterator[Difference]:
    """The receipt for a file's sender must add up the receipts of its ranges."""
    key = f"out/{manifest['provider']}/receipts/{file}.json"
    if key not in keys:
        yield Difference("file_untold", key, "no file", "the sender's receipt")
        return
    units = [row["unit"] for row in table.rows.get(file, {}).values() if row["unit"]]
    if any(unit not in table.receipts for unit in units):
        return  # reported as a difference of the rows
    wanted = Counter[str]()
    for unit in units:
        wanted.update(_flat_counts(table.receipts[unit][0][1]))
    found = _flat_counts(json.loads(get(key)))
    for name in sorted(wanted.keys() | found.keys()):
        if wanted[name] != found[name]:
            yield Difference("file_mistold", key, f"{found[name]} {name}", f"{wanted[name]}")


def _flat_counts(receipt: Record) -> Counter[str]:
    """Return the counts of a receipt in one tally, `by_rule` and `refused` by their keys."""
    names = ("lines", "records", "inspected", "findings", "repeats", "partly_read")
    counts = Counter({name: receipt.get(name, 0) for name in names})
    for name in _TALLIES:
        counts.update({f"{name} {key}": count for key, count in receipt.get(name, {}).items()})
    return counts


_DAY_LENGTH = len("2026-11-25")
"""A day's files are `2026-11-25.jsonl`, `2026-11-25.1.jsonl` and so on."""

_SETTLING = timedelta(hours=2)
"""How long after its end a day may still be published."""

_COUNTS = ("bytes", "lines", "records", "inspected", "findings", "repeats")
_LATER_COUNTS = ("unknown_fields", "assumed_utc", "no_rules", "partly_read", "messages")
"""Counts that old receipts lack, and those that are 0 there."""
_CASE_WORDS = ("type", "verdict", "outcome", "cause", "why", "by", "month", "items", "ground")
"""The fields that a public line on a case repeats from its entry as they are."""


@dataclass(frozen=True, slots=True)
class PublicCopy:
    """A copy of the public bucket's numbers in a folder, and the keys of all that is in it."""

    folder: Path
    keys: Collection[str]

    def summaries(self) -> list[Path]:
        """The summaries, earlier revisions too."""
        return sorted(self.folder.glob("summaries/*/*.json"))

    def differences(self, table: TableSnapshot, now: datetime) -> Iterator[Difference]:
        """Check the public journal against the table, and the summaries against the journal."""
        receipts, entries = table.receipts_by_day(), table.entries_by_day()
        for day in sorted(table.days() | self._days()):
            copies = table.copies.get(day)
            yield from self._check_day(
                day, receipts.get(day, {}), entries.get(day, []), copies, now
            )
        for path in self.summaries():
            yield from self._check_summary(path)

    def _days(self) -> set[JournalDay]:
        return {
            JournalDay(path.parent.name, path.stem[:_DAY_LENGTH])
            for path in self.folder.glob("journal/*/*.jsonl")
            if not EARLIER.search(path.stem)
        }

    def _check_day(
        self,
        day: JournalDay,
        receipts: Mapping[str, Record],
        entries: Sequence[Record],
        copies: Record | None,
        now: datetime,
    ) -> Iterator[Difference]:
        name = f"{day.provider}/{day.day}"
        summary = _json(self.folder / f"summaries/{name}.json")
        left_out = {receipt["receipt"] for receipt in summary.get("left_out", ())}
        stored = Counter(
            _receipt_text(receipt)
            for unit, receipt in receipts.items()
            if sha256(unit.encode()).hexdigest()[:12] not in left_out
        )
        stored.update(map(_entry_text, entries))
        stored.update([_copies_text(copies)] if copies else [])
        public = Counter[str]()
        for path in sorted(self.folder.glob(f"journal/{name}*.jsonl")):
            if not EARLIER.search(path.stem):
                # Copy groups are stored when the day is closed, and may be published before.
                lines = (
                    line for line in _journal_lines(path) if copies or line["kind"] != "copies"
                )
                public.update(map(_line_text, lines))
        only_public, only_stored = public - stored, stored - public
        where = f"journal/{name}"
        found, wanted = f"{public.total()} lines", f"{stored.total()} in the table"
        if only_public and only_stored:
            yield Difference(
                "public_other", where, next(iter(only_public)), next(iter(only_stored))
            )
        elif only_public:
            yield Difference("public_ahead", where, found, wanted)
        elif only_stored and (now - _SETTLING).date().isoformat() > day.day:
            yield Difference("public_behind", where, found, wanted)

    def _check_summary(self, path: Path) -> Iterator[Difference]:
        name = path.relative_to(self.folder).as_posix()
        if not EARLIER.search(path.stem):
            pages = [f"{name.removesuffix('.json')}.{kind}" for kind in ("html", "csv")]
            missing = [page for page in pages if page not in self.keys]
            yield from (Difference("page_missing", page, "no file", "a page") for page in missing)
            if any(page.endswith(".csv") for page in missing):
                return  # the recount reads it
        try:
            for difference in differences_of(self.folder, path):
                wanted = "what the public journal adds up to"
                yield Difference("recount", name, difference, wanted)
        except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
            yield Difference("recount", name, f"cannot be read ({type(error).__name__})", "JSON")


def _journal_lines(path: Path) -> Iterator[Record]:
    """Yield the lines of a journal, the numbers of short lines replaced by the names they mean.

    Lines of an older form have a running number, and have no numbers for names.
    """
    names: list[str] = []
    with path.open("rb") as lines:
        for line in map(json.loads, lines):
            if line["kind"] == "names":
                names += line["names"]
            elif line["kind"] == "case" or "n" in line:
                yield line
            else:
                for tally in ("by_rule", "held"):
                    numbered = line.get(tally, {})
                    line[tally] = {names[int(key)]: count for key, count in numbered.items()}
                line["skipped"] = [names[number] for number in line.get("skipped", ())]
                line["set"] = names[line["set"]] if "set" in line else ""
                line.setdefault("last", line.get("first", ""))
                yield line


def _receipt_text(receipt: Record) -> str:
    """Return the fields that a public line repeats from a receipt, as a text to compare."""
    fields = {name: receipt[name] for name in (*_COUNTS, "kind", "set")}
    fields |= {name: receipt.get(name, 0) for name in _LATER_COUNTS}
    fields |= {name: _without_zeros(receipt[name]) for name in _TALLIES}
    fields |= {
        "held": _without_zeros(receipt.get("held", {})),
        "skipped": sorted(receipt.get("skipped", ())),
        "first": receipt.get("from", "")[:10],
        "last": receipt.get("until", "")[:10],
    }
    return json.dumps(fields, sort_keys=True)


def _entry_text(entry: Record) -> str:
    """Do the same for a case entry."""
    decision = entry if entry["type"] == "decision" else {}
    if entry["type"] != "decision" and entry.get("decision"):
        decision = entry.get("about") or {}
    return _case_text(entry, decision.get("found", {}), entry.get("overturns", False))


def _line_text(line: Record) -> str:
    """Return the same fields of a public line."""
    if line["kind"] == "case":
        return _case_text(line, line.get("found", {}), line.get("overturns", False))
    if line["kind"] == "copies":
        return _copies_text(line)
    fields = {name: line.get(name, 0) for name in (*_COUNTS, *_LATER_COUNTS)}
    fields |= {name: line.get(name, "") for name in ("kind", "set", "first", "last")}
    fields |= {name: _without_zeros(line.get(name, {})) for name in (*_TALLIES, "held")}
    return json.dumps(fields | {"skipped": sorted(line["skipped"])}, sort_keys=True)


def _copies_text(copies: Record) -> str:
    return json.dumps(
        {name: copies[name] for name in ("findings", "groups", "by_rule")}, sort_keys=True
    )


def _case_text(fields: Record, found: Mapping[str, int], overturns: bool) -> str:
    words = {name: fields[name] for name in _CASE_WORDS if fields.get(name)}
    return json.dumps(words | {"found": found, "overturns": overturns}, sort_keys=True)


def _without_zeros(tally: Mapping[str, int]) -> dict[str, int]:
    return {key: count for key, count in tally.items() if count}


def _json(path: Path) -> Record:
    """Return the object in a file; an empty one if there is no such file or no JSON in it."""
    try:
        record: Record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return record
