"""Checks of `terang fsck`: units, files and cases of the table must agree with each other."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from terang.repair.difference import Difference
from terang.repair.table_snapshot import JournalDay, Record, TableSnapshot

_LOST = {"object_gone", "object_changed"}
_SETTLED = {"decided", "closed"}
"""States in which a finding is not in the list of open ones."""


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
        wanted_key = _receipt_key(wanted, name)
        if not days:
            yield Difference("marker_without_receipt", f"U#{unit}", "no receipt", wanted_key)
        elif wanted not in days:
            key = _receipt_key(days[0], name)
            yield Difference("receipt_misplaced", f"U#{unit}", key, wanted_key)
        elif marker.get("batch") and unit not in table.members[name]:
            yield Difference("marker_without_receipt", f"U#{unit}", "not counted", wanted_key)
    for unit, places in sorted(table.receipts.items()):
        key = _receipt_key(places[0][0], unit)
        for member in table.members[unit] or [unit]:
            marker = table.markers.get(member, {})
            if (marker.get("batch") or member) != unit or not marker:
                yield Difference("receipt_without_marker", key, "no marker", f"U#{member}")
        counted = places[0][1].get("messages", 0)
        if counted != len(table.members[unit]):
            found = f"{len(table.members[unit])} messages listed"
            yield Difference("receipt_sums", key, found, f"{counted} counted")


def _check_receipt(
    table: TableSnapshot, day: JournalDay, unit: str, receipt: Record
) -> Iterator[Difference]:
    where = _receipt_key(day, unit)
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
    if len(ids) != receipt["findings"]:
        found, wanted = f"{len(ids)} findings listed", f"{receipt['findings']} counted"
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
    """A receipt's findings must be stored, name its units, and have the rules that it counts."""
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
    if rules != Counter(receipt["by_rule"]):
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
    size, read = _sum(sources, "size"), _sum(rows.values(), "bytes")
    # Nobody knows how many bytes the lines of a lost range had.
    fits = read <= size if any(_is_lost(table, row) for row in rows.values()) else read == size
    if not missing and not fits:
        yield Difference("range_bytes", where, f"{read} bytes", f"{size} bytes")


def _is_lost(table: TableSnapshot, row: Record) -> bool:
    """Return whether a range was recorded as gone before it was read: one refused record."""
    receipts = table.receipts.get(row["unit"], ())
    return not row["bytes"] and any(receipt["refused"].keys() & _LOST for _, receipt in receipts)


def _sum(records: Iterable[Record], name: str) -> int:
    return sum(record[name] for record in records)


def _receipt_key(day: JournalDay, unit: str) -> str:
    return f"J#{day.provider}#{day.day}#{unit[0]} receipt#{unit}"


def _tally_text(rules: Mapping[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items())) or "none"


def case_differences(table: TableSnapshot) -> Iterator[Difference]:
    """Check cases: entries without a gap, each in the journal, each made by one message."""
    for case, entries in sorted(table.cases.items()):
        yield from _check_numbers(case, entries)
        for sk, record in sorted(entries.items(), key=lambda entry: int(entry[0])):
            yield from _check_in_journal(table, f"C#{case} {sk}", record["entry"])
        last = entries[max(entries, key=int)]
        if case in table.listed and last["state"] in _SETTLED:
            yield Difference("decided_and_listed", f"C#{case}", "listed as open", last["state"])
    yield from _check_journal(table)
    yield from _check_messages(table)


def _check_numbers(case: str, entries: Mapping[str, Record]) -> Iterator[Difference]:
    numbers = sorted(int(sk) for sk in entries)
    recorded = sorted(record["number"] for record in entries.values())
    if not (numbers == recorded == list(range(1, len(entries) + 1))):
        found = f"entries {', '.join(map(str, numbers))}"
        yield Difference("entry_gap", f"C#{case}", found, f"1 to {max(numbers)}")


def _check_in_journal(table: TableSnapshot, where: str, entry: Record) -> Iterator[Difference]:
    """The journal must hold the entry that a case holds, word for word."""
    places = table.entries.get(entry["entry"], [])
    if len(places) != 1 or places[0][1] != entry:
        found = "another entry" if len(places) == 1 else f"{len(places)} in the journal"
        yield Difference("entry_without_journal", where, found, entry["entry"])


def _check_journal(table: TableSnapshot) -> Iterator[Difference]:
    """Each journal entry must be in every case that it moved, and under its own day."""
    in_cases = {
        (case, record["entry"]["entry"])
        for case, entries in table.cases.items()
        for record in entries.values()
    }
    for name, places in sorted(table.entries.items()):
        for day, entry in places:
            where = _entry_key(day, name)
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
        where = _entry_key(table.entries[name][0][0], name)
        yield Difference("entry_without_message", where, "no message", "one message")


def _entry_key(day: JournalDay, entry: str) -> str:
    return f"J#{day.provider}#{day.day}#{entry[0]} entry#{entry}"
