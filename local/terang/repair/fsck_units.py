"""What `terang fsck` asks of units and files: that the table agrees with itself."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from terang.repair.fsck_difference import Difference
from terang.repair.fsck_ledger import Day, Ledger, Record

LOST = {"object_gone", "object_changed"}


def unit_differences(ledger: Ledger, *, quiet: bool) -> Iterator[Difference]:
    """Markers, receipts, findings, files. What waits for work is missed only where it is quiet."""
    yield from _markers(ledger)
    for unit, places in sorted(ledger.receipts.items()):
        if len(places) > 1:
            days = ", ".join(day.day for day, _ in places)
            yield Difference("receipt_twice", f"U#{unit}", f"receipts on {days}", "one receipt")
        for day, receipt in places:
            yield from _receipt(ledger, day, unit, receipt)
    yield from _findings(ledger, quiet=quiet)
    for file, manifest in sorted(ledger.manifests.items()):
        yield from _file(ledger, file, manifest, quiet=quiet)


def _markers(ledger: Ledger) -> Iterator[Difference]:
    """Every marker has its receipt, where it says, and every receipt its marker."""
    for unit, marker in sorted(ledger.markers.items()):
        wanted = Day(marker["provider"], marker["day"])
        days = [day for day, _ in ledger.receipts.get(unit, ())]
        where = f"U#{unit}"
        if not days:
            yield Difference("marker_without_receipt", where, "no receipt", _place(wanted, unit))
        elif wanted not in days:
            yield Difference(
                "receipt_misplaced", where, _place(days[0], unit), _place(wanted, unit)
            )
    for unit in sorted(ledger.receipts.keys() - ledger.markers.keys()):
        day = ledger.receipts[unit][0][0]
        yield Difference("receipt_without_marker", _place(day, unit), "no marker", f"U#{unit}")


def _receipt(ledger: Ledger, day: Day, unit: str, receipt: Record) -> Iterator[Difference]:
    where = _place(day, unit)
    refused, by_rule = sum(receipt["refused"].values()), sum(receipt["by_rule"].values())
    if receipt["records"] != receipt["inspected"] + refused:
        is_, should = receipt["records"], receipt["inspected"] + refused
        yield Difference("receipt_sums", where, f"{is_} records", f"{should}")
    if receipt["findings"] != by_rule:
        yield Difference("receipt_sums", where, f"{receipt['findings']} findings", f"{by_rule}")
    stands = (receipt["provider"], receipt["at"][:10], receipt["unit"])
    if stands != (day.provider, day.day, unit):
        yield Difference("receipt_misplaced", where, "/".join(stands), f"{day.provider}/{day.day}")
    ids = ledger.pages.get((day, unit), [])
    if len(ids) != receipt["findings"]:
        is_, should = f"{len(ids)} findings listed", f"{receipt['findings']} counted"
        yield Difference("receipt_findings", where, is_, should)
    elif _digest(ids) != receipt["findings_digest"]:
        is_, should = f"digest {_digest(ids)[:12]}", receipt["findings_digest"][:12]
        yield Difference("receipt_findings", where, is_, should)
    else:
        yield from _findings_of(ledger, where, ids, receipt)


def _findings_of(
    ledger: Ledger, where: str, ids: Sequence[str], receipt: Record
) -> Iterator[Difference]:
    """Its findings stand, name this unit, and have the rules that it counts."""
    found = [ledger.findings[one] for one in ids if one in ledger.findings]
    for one in ids:
        if one not in ledger.findings:
            yield Difference("finding_missing", f"C#{one}", "no finding", f"one of {where}")
    foreign = sum(one["unit"] != receipt["unit"] for one in found)
    if foreign:
        yield Difference("receipt_findings", where, f"{foreign} findings of others", "none")
    if len(found) < len(ids) or any("mode" not in one for one in found):
        return  # a stub keeps no mode: its author was erased
    rules = Counter("{pack}/{version}/{rule}/{mode}".format(**one) for one in found)
    if rules != Counter(receipt["by_rule"]):
        yield Difference("receipt_findings", where, _told(rules), _told(receipt["by_rule"]))


def _findings(ledger: Ledger, *, quiet: bool) -> Iterator[Difference]:
    """No finding is without a receipt, or counted by two."""
    owners = Counter(one for ids in ledger.pages.values() for one in ids)
    for finding, record in sorted(ledger.findings.items()):
        if owners[finding] > 1:
            yield Difference("finding_twice", f"C#{finding}", f"in {owners[finding]} receipts", "1")
        stray = not owners[finding]
        if stray and (quiet or record["unit"] in ledger.markers):
            yield Difference("finding_stray", f"C#{finding}", "in no receipt", record["unit"])


def _file(ledger: Ledger, file: str, manifest: Record, *, quiet: bool) -> Iterator[Difference]:
    """A closed file has every row, each row its unit, and the rows add up to the file."""
    where, rows = f"F#{file}", ledger.rows.get(file, {})
    missing = sorted(set(range(manifest["ranges"])) - rows.keys())
    is_closed = file in ledger.closed
    if missing and (is_closed or quiet):
        shown = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")
        yield Difference("range_missing", where, f"no range {shown}", f"{manifest['ranges']} rows")
    if not missing and not is_closed and quiet:
        yield Difference("file_not_closed", where, "open, with all its rows", "closed")
    for number, row in sorted(rows.items()):
        if row["unit"] and row["unit"] not in ledger.receipts:
            yield Difference("range_unit", f"{where} {number}", "no receipt", f"U#{row['unit']}")
    sources = ledger.parts[file] if manifest.get("translated") else [manifest["dropped"]]
    size, read = _sum(sources, "size"), _sum(rows.values(), "bytes")
    # Of a range that was lost nobody knows how many bytes its lines had.
    fits = read <= size if any(_is_lost(ledger, row) for row in rows.values()) else read == size
    if not missing and not fits:
        yield Difference("range_bytes", where, f"{read} bytes", f"{size} bytes")


def _is_lost(ledger: Ledger, row: Record) -> bool:
    """Return whether a range was recorded as gone before it was read: one refused record."""
    receipts = ledger.receipts.get(row["unit"], ())
    return not row["bytes"] and any(one["refused"].keys() & LOST for _, one in receipts)


def _sum(records: Iterable[Record], name: str) -> int:
    return sum(one[name] for one in records)


def _place(day: Day, unit: str) -> str:
    return f"J#{day.provider}#{day.day}#{unit[0]} receipt#{unit}"


def _digest(ids: Sequence[str]) -> str:
    return sha256("\n".join(sorted(ids)).encode()).hexdigest()


def _told(rules: dict[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items())) or "none"
