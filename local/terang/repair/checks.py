"""What `terang fsck` checks: the table within itself, and the files for providers and public."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from recount import EARLIER, differences_of
from terang.repair import Difference, JournalDay, Record, TableSnapshot, by_day

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
            if receipt["recorded"] and (key in keys or day.day >= oldest):
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
    for name in (*refused, *receipt["refused_messages"]):
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
    names = ("lines", "records", "inspected", "findings", "recorded", "repeats", "partly_read")
    counts = Counter({name: receipt.get(name, 0) for name in names})
    for name in (*_TALLIES, "held", "high"):
        counts.update({f"{name} {key}": count for key, count in receipt.get(name, {}).items()})
    return counts


_DAY_LENGTH = len("2026-11-25")
"""A day's files are `2026-11-25.jsonl`, `2026-11-25.1.jsonl` and so on."""

_COUNTS = (
    *("bytes", "lines", "records", "inspected", "findings", "repeats"),
    *("unknown_fields", "assumed_utc", "no_rules", "partly_read", "messages"),
)
_CASE_WORDS = (
    *("type", "verdict", "outcome", "cause", "why", "by", "month", "items", "ground"),
    *("tried", "band", "evidence"),
)
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
        receipts, entries = by_day(table.receipts), by_day(table.entries)
        published = {
            JournalDay(path.parent.name, path.stem[:_DAY_LENGTH])
            for path in self.folder.glob("journal/*/*.jsonl")
            if not EARLIER.search(path.stem)
        }
        for day in sorted(receipts.keys() | entries.keys() | published):
            found = receipts[day], entries[day].values()
            yield from self._check_day(day, *found, table.copies.get(day), now)
        for path in self.summaries():
            yield from self._check_summary(path)

    def _check_day(
        self,
        day: JournalDay,
        receipts: Mapping[str, Record],
        entries: Iterable[Record],
        copies: Record | None,
        now: datetime,
    ) -> Iterator[Difference]:
        name = f"{day.provider}/{day.day}"
        left_out: set[str] = set()
        with suppress(OSError, ValueError):  # there is no summary yet, or it is not JSON
            summary = json.loads((self.folder / f"summaries/{name}.json").read_bytes())
            left_out = {receipt["receipt"] for receipt in summary.get("left_out", ())}
        stored = Counter(
            _counts_text(receipt, receipt["from"][:10], receipt["until"][:10])
            for unit, receipt in receipts.items()
            if sha256(unit.encode()).hexdigest()[:12] not in left_out
        )
        stored.update(
            _entry_text(entry)
            for entry in entries  # what an authority forbids to tell is not public
            if {"silent_until", "told_on"} & (entry.get("removal") or {}).keys() != {"silent_until"}
        )
        stored.update([_copies_text(copies)] if copies else [])
        public = Counter[str]()
        for path in sorted(self.folder.glob(f"journal/{name}*.jsonl")):
            if not EARLIER.search(path.stem):
                # Copy groups are stored when the day is closed, and may be published before.
                lines = (row for row in _journal_lines(path) if copies or row["kind"] != "copies")
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
        # A day may be published until two hours after its end.
        elif only_stored and (now - timedelta(hours=2)).date().isoformat() > day.day:
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
    """Yield the lines of a journal, the numbers of receipts replaced by the names they mean."""
    names: list[str] = []
    with path.open("rb") as lines:
        for line in map(json.loads, lines):
            if line["kind"] == "names":
                names += line["names"]
            elif "n" in line:  # a case entry, or copies
                yield line
            else:
                for tally in ("by_rule", "held"):
                    numbered = line.get(tally, {})
                    line[tally] = {names[int(key)]: count for key, count in numbered.items()}
                line["skipped"] = [names[number] for number in line.get("skipped", ())]
                line["set"] = names[line["set"]] if "set" in line else ""
                line.setdefault("last", line.get("first", ""))
                yield line


def _counts_text(counts: Record, first: str, last: str) -> str:
    """Return the counts of a receipt or public line as a text to compare.

    A public line leaves zeros and empty fields out.
    """
    fields = {name: counts.get(name, 0) for name in _COUNTS}
    fields |= {name: counts.get(name, "") for name in ("kind", "set")}
    for name in (*_TALLIES, "held"):
        fields[name] = {key: count for key, count in counts.get(name, {}).items() if count}
    fields |= {"skipped": sorted(counts["skipped"]), "first": first, "last": last}
    return json.dumps(fields, sort_keys=True)


def _entry_text(entry: Record) -> str:
    """Do the same for a case entry."""
    decision = entry if entry["type"] == "decision" else {}
    if entry["type"] != "decision" and entry.get("decision"):
        decision = entry.get("about") or {}
    return _case_text(entry, decision.get("found", {}), entry.get("overturns", False))


def _line_text(line: Record) -> str:
    if line["kind"] == "case":
        return _case_text(line, line.get("found", {}), line.get("overturns", False))
    if line["kind"] == "copies":
        return _copies_text(line)
    return _counts_text(line, line.get("first", ""), line.get("last", ""))


def _copies_text(copies: Record) -> str:
    return json.dumps(
        {key: copies[key] for key in ("findings", "groups", "by_rule")}, sort_keys=True
    )


def _case_text(fields: Record, found: Mapping[str, int], overturns: bool) -> str:
    words = {name: fields[name] for name in _CASE_WORDS if fields.get(name)}
    return json.dumps(words | {"found": found, "overturns": overturns}, sort_keys=True)


def unit_differences(table: TableSnapshot, *, quiet: bool) -> Iterator[Difference]:
    """Check markers, receipts, findings and files.

    If the stack is not quiet, missing items may still be on their way, and are not reported.
    """
    yield from _check_markers(table)
    for unit, places in sorted(table.receipts.items()):
        if len(places) > 1:
            days = ", ".join(day.day for day, _ in places)
            yield Difference("receipt_twice", f"U#{unit}", f"receipts on {days}", "one receipt")
        for day, receipt in places:
            yield from _check_receipt(table, day, unit, receipt)
    yield from _check_findings(table, quiet=quiet)
    for file, manifest in sorted(table.manifests.items()):
        yield from _check_file(table, file, manifest, quiet=quiet)


def _check_markers(table: TableSnapshot) -> Iterator[Difference]:
    """Every marker must have its receipt where it says, and every receipt its markers."""
    for unit, marker in sorted(table.markers.items()):
        wanted, name = JournalDay(marker["provider"], marker["day"]), marker.get("batch") or unit
        days = [day for day, _ in table.receipts.get(name, ())]
        wanted_key = _journal_key(wanted, "receipt", name)
        if not days:
            yield Difference("marker_without_receipt", f"U#{unit}", "no receipt", wanted_key)
        elif wanted not in days:
            key = _journal_key(days[0], "receipt", name)
            yield Difference("receipt_misplaced", f"U#{unit}", key, wanted_key)
        elif marker.get("batch") and unit not in table.members[name]:
            yield Difference("marker_without_receipt", f"U#{unit}", "not counted", wanted_key)
    for unit, places in sorted(table.receipts.items()):
        key = _journal_key(places[0][0], "receipt", unit)
        for member in table.members[unit] or [unit]:
            marker = table.markers.get(member, {})
            if (marker.get("batch") or member) != unit or not marker:
                yield Difference("receipt_without_marker", key, "no marker", f"U#{member}")
        counted = places[0][1]["messages"]
        if counted != len(table.members[unit]):
            found = f"{len(table.members[unit])} messages listed"
            yield Difference("receipt_sums", key, found, f"{counted} counted")


def _check_receipt(
    table: TableSnapshot, day: JournalDay, unit: str, receipt: Record
) -> Iterator[Difference]:
    where = _journal_key(day, "receipt", unit)
    wanted_records = receipt["inspected"] + sum(receipt["refused"].values())
    if receipt["records"] != wanted_records:
        yield Difference(
            "receipt_sums", where, f"{receipt['records']} records", f"{wanted_records}"
        )
    by_rule = sum(receipt["by_rule"].values())
    if receipt["findings"] != by_rule:
        yield Difference("receipt_sums", where, f"{receipt['findings']} findings", f"{by_rule}")
    place = (receipt["provider"], receipt["at"][:10], receipt["unit"])
    if place != (day.provider, day.day, unit):
        yield Difference("receipt_misplaced", where, "/".join(place), f"{day.provider}/{day.day}")
    ids = table.pages.get((day, unit), [])
    digest = sha256("\n".join(sorted(ids)).encode()).hexdigest()
    if len(ids) != receipt["recorded"]:
        found, wanted = f"{len(ids)} findings listed", f"{receipt['recorded']} recorded"
        yield Difference("receipt_findings", where, found, wanted)
    elif digest != receipt["findings_digest"]:
        found, wanted = f"digest {digest[:12]}", receipt["findings_digest"][:12]
        yield Difference("receipt_findings", where, found, wanted)
    else:
        units = table.members[unit] or [unit]
        yield from _check_findings_of(table, where, ids, receipt, units)


def _check_findings_of(
    table: TableSnapshot, where: str, ids: Sequence[str], receipt: Record, units: Collection[str]
) -> Iterator[Difference]:
    """A receipt's findings must be stored, name its units, and have the rules that it counts.

    Rules in shadow may count more, which have no record.
    """
    findings = [table.findings[name] for name in ids if name in table.findings]
    for name in ids:
        if name not in table.findings:
            yield Difference("finding_missing", f"C#{name}", "no finding", f"one of {where}")
    foreign = sum(finding["unit"] not in units for finding in findings)
    if foreign:
        yield Difference("receipt_findings", where, f"{foreign} findings of others", "none")
    if len(findings) < len(ids) or any("mode" not in finding for finding in findings):
        return  # the author was erased: such a stub keeps no mode
    rules = Counter("{pack}/{version}/{rule}/{mode}".format(**finding) for finding in findings)
    more = Counter[str](receipt["by_rule"])
    more.subtract(rules)
    if any(count < 0 or (count and key.endswith("/live")) for key, count in more.items()):
        found, wanted = _tally_text(rules), _tally_text(receipt["by_rule"])
        yield Difference("receipt_findings", where, found, wanted)


def _check_findings(table: TableSnapshot, *, quiet: bool) -> Iterator[Difference]:
    """Every finding must be counted by exactly one receipt."""
    receipts = Counter(
        name
        for (day, unit), ids in table.pages.items()
        if any(place == day for place, _ in table.receipts.get(unit, ()))
        for name in ids
    )
    listed = {name for ids in table.pages.values() for name in ids}
    for name, finding in sorted(table.findings.items()):
        if receipts[name] > 1:
            yield Difference("finding_twice", f"C#{name}", f"in {receipts[name]} receipts", "1")
        if name not in listed and (quiet or finding["unit"] in table.markers):
            yield Difference("finding_stray", f"C#{name}", "in no receipt", finding["unit"])


def _check_file(
    table: TableSnapshot, file: str, manifest: Record, *, quiet: bool
) -> Iterator[Difference]:
    """A closed file must have every row, each row its unit, and the rows must add up to it."""
    where, rows = f"F#{file}", table.rows.get(file, {})
    missing = sorted(set(range(manifest["ranges"])) - rows.keys())
    is_closed = file in table.closed
    if missing and (is_closed or quiet):
        shown = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")
        yield Difference("range_missing", where, f"no range {shown}", f"{manifest['ranges']} rows")
    if not missing and not is_closed and quiet:
        yield Difference("file_not_closed", where, "open, with all its rows", "closed")
    for number, row in sorted(rows.items()):
        if row["unit"] and row["unit"] not in table.receipts:
            yield Difference("range_unit", f"{where} {number}", "no receipt", f"U#{row['unit']}")
    sources = table.parts[file] if manifest.get("translated") else [manifest["dropped"]]
    size = sum(source["size"] for source in sources)
    read = sum(row["bytes"] for row in rows.values())
    # Nobody knows how many bytes the lines of a lost range had.
    fits = read <= size if any(_is_lost(table, row) for row in rows.values()) else read == size
    if not missing and not fits:
        yield Difference("range_bytes", where, f"{read} bytes", f"{size} bytes")


def _is_lost(table: TableSnapshot, row: Record) -> bool:
    """Return whether a range was recorded as gone before it was read: one refused record."""
    receipts = table.receipts.get(row["unit"], ())
    lost = {"object_gone", "object_changed"}
    return not row["bytes"] and any(receipt["refused"].keys() & lost for _, receipt in receipts)


def _journal_key(day: JournalDay, kind: str, name: str) -> str:
    return f"J#{day.provider}#{day.day}#{name[0]} {kind}#{name}"


def _tally_text(rules: Mapping[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items())) or "none"


def case_differences(table: TableSnapshot) -> Iterator[Difference]:
    """Check cases: entries without a gap, each in the journal, each made by one message."""
    for case, entries in sorted(table.cases.items()):
        numbers = sorted(int(sk) for sk in entries)
        recorded = sorted(record["number"] for record in entries.values())
        if not (numbers == recorded == list(range(1, len(entries) + 1))):
            found = f"entries {', '.join(map(str, numbers))}"
            yield Difference("entry_gap", f"C#{case}", found, f"1 to {max(numbers)}")
        for sk, record in sorted(entries.items(), key=lambda entry: int(entry[0])):
            entry = record["entry"]  # which the journal must hold too, word for word
            places = table.entries.get(entry["entry"], [])
            if len(places) != 1 or places[0][1] != entry:
                found = "another entry" if len(places) == 1 else f"{len(places)} in the journal"
                yield Difference("entry_without_journal", f"C#{case} {sk}", found, entry["entry"])
        last = entries[max(entries, key=int)]
        if case in table.listed and last["state"] in {"decided", "closed"}:
            yield Difference("decided_and_listed", f"C#{case}", "listed as open", last["state"])
    yield from _check_journal(table)
    yield from _check_messages(table)


def _check_journal(table: TableSnapshot) -> Iterator[Difference]:
    """Each journal entry must be in every case that it moved, and under its own day."""
    in_cases = {
        (case, record["entry"]["entry"])
        for case, entries in table.cases.items()
        for record in entries.values()
    }
    for name, places in sorted(table.entries.items()):
        for day, entry in places:
            where = _journal_key(day, "entry", name)
            if (entry["provider"], entry["at"][:10]) != day:
                yield Difference("journal_without_entry", where, entry["at"][:10], day.day)
            for case in entry.get("cases", ()):
                if (case, name) not in in_cases:
                    yield Difference("journal_without_entry", where, "no entry", f"C#{case}")


def _check_messages(table: TableSnapshot) -> Iterator[Difference]:
    """Each accepted message must have made one entry, and each entry must have one message."""
    for message, marker in sorted(table.messages.items()):
        places = table.entries.get(marker["entry"], [])
        if not any(day == (marker["provider"], marker["day"]) for day, _ in places):
            found = f"an entry of {places[0][0].day}" if places else "no entry"
            yield Difference("message_without_entry", f"M#{message}", found, marker["day"])
    accepted = {marker["entry"] for marker in table.messages.values()}
    for name in sorted(table.entries.keys() - accepted):
        where = _journal_key(table.entries[name][0][0], "entry", name)
        yield Difference("entry_without_message", where, "no message", "one message")
