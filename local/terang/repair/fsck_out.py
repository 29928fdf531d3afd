"""What `terang fsck` asks of the out bucket: that each provider was told what the table holds."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta

from terang.repair.fsck_difference import Difference
from terang.repair.fsck_ledger import Day, Ledger, Record

type Get = Callable[[str], bytes]

ADDED = ("lines", "records", "inspected", "findings", "repeats", "partly_read")
TALLIES = ("refused", "by_rule")


def out_differences(
    ledger: Ledger, keys: Collection[str], get: Get, today: str, excerpt_days: int
) -> Iterator[Difference]:
    """What of the files for providers is missing, or says something else.

    Files of findings expire with their excerpts: those of the last `excerpt_days` must be there.
    """
    oldest = (date.fromisoformat(today) - timedelta(days=excerpt_days - 1)).isoformat()
    files: dict[str, str] = {}
    for unit, places in sorted(ledger.receipts.items()):
        for day, receipt in places:
            yield from _message(day, unit, receipt, keys)
            key = f"out/{day.provider}/findings/{day.day}/{unit}.jsonl"
            files[key] = unit
            if receipt["findings"] and (key in keys or day.day >= oldest):
                yield from _findings(key, ledger.pages.get((day, unit), []), keys, get)
    for key in sorted(keys):
        if "/findings/" in key and key not in files:
            yield Difference("findings_of_nothing", key, "a file", "no receipt has it")
    for file, manifest in sorted(ledger.manifests.items()):
        if file in ledger.closed:
            yield from _file(ledger, file, manifest, keys, get)
    yield from _statements(ledger, keys)


def _findings(
    key: str, ids: Collection[str], keys: Collection[str], get: Get
) -> Iterator[Difference]:
    if key not in keys:
        yield Difference("findings_untold", key, "no file", f"{len(ids)} findings")
        return
    told = Counter(json.loads(line)["finding"] for line in get(key).splitlines())
    if told != Counter(ids):
        is_ = f"{told.total()} findings, {len(told.keys() - set(ids))} of them not its own"
        yield Difference("findings_mistold", key, is_, f"{len(ids)} findings")


def _message(day: Day, unit: str, receipt: Record, keys: Collection[str]) -> Iterator[Difference]:
    """Who sent a message of which something was refused has a receipt."""
    key = f"out/{day.provider}/receipts/messages/{day.day}/{unit}.json"
    if receipt["kind"] == "message" and receipt["refused"] and key not in keys:
        refused = sum(receipt["refused"].values())
        yield Difference("refusals_untold", key, "no file", f"{refused} refusals")


def _file(
    ledger: Ledger, file: str, manifest: Record, keys: Collection[str], get: Get
) -> Iterator[Difference]:
    """The sender's receipt adds up what became of each range."""
    key = f"out/{manifest['provider']}/receipts/{file}.json"
    if key not in keys:
        yield Difference("file_untold", key, "no file", "the sender's receipt")
        return
    told = json.loads(get(key))
    units = [row["unit"] for row in ledger.rows.get(file, {}).values() if row["unit"]]
    if any(unit not in ledger.receipts for unit in units):
        return  # said of the rows
    delivered = [ledger.receipts[unit][0][1] for unit in units]
    wanted = {name: sum(one.get(name, 0) for one in delivered) for name in ADDED}
    for name in TALLIES:
        total = Counter[str]()
        for one in delivered:
            total.update(one[name])
        wanted |= {f"{name} {key}": count for key, count in total.items() if count}
    said = {name: told.get(name, 0) for name in ADDED}
    for name in TALLIES:
        said |= {f"{name} {key}": count for key, count in told.get(name, {}).items() if count}
    for name in sorted(wanted.keys() | said.keys()):
        if wanted.get(name, 0) != said.get(name, 0):
            is_, should = said.get(name, 0), wanted.get(name, 0)
            yield Difference("file_mistold", key, f"{is_} {name}", f"{should}")


def _statements(ledger: Ledger, keys: Collection[str]) -> Iterator[Difference]:
    """Each decision with a measure has its statement of reasons."""
    for name, places in sorted(ledger.entries.items()):
        for day, entry in places:
            key = f"out/{day.provider}/decisions/{day.day}/{name}.json"
            if entry["type"] == "decision" and entry.get("measures") and key not in keys:
                yield Difference("statement_missing", key, "no file", "the decision's statement")
