"""`terang recount`: proves every published number from the public journal.

It reads a copy of the public bucket and nothing else, and shares no code with what published it:
only the standard library, so that anybody can read it in one sitting, or write it anew.
"""

import argparse
import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COUNTED = ("bytes", "lines", "records", "inspected", "repeats", "unknown_fields", "assumed_utc")
"""Counts of a journal line that are added as they stand."""


@dataclass(slots=True)
class Recount:
    """What the journal of one period adds up to."""

    counts: Counter[str] = field(default_factory=Counter)
    tallies: dict[str, Counter[str]] = field(default_factory=dict)
    days: list[str] = field(default_factory=list)

    def tally(self, name: str, key: str, count: int) -> None:
        """Add to one entry of a tally."""
        if count:
            self.tallies.setdefault(name, Counter())[key] += count

    def number(self, name: str) -> Any:
        """The recounted number of that name, in the shape in which it is published."""
        if name in {"first", "last"}:
            days = sorted(self.days)
            return "" if not days else days[0 if name == "first" else -1]
        if name in self.tallies:
            return dict(self.tallies[name])
        return self.counts[name]


def recount_command(options: argparse.Namespace) -> int:
    """Print what differs; 0 if every number stands, 1 if one does not, 2 if there is nothing."""
    folder: Path = options.folder
    summaries = sorted((folder / "summaries").glob("*/*.json"))
    if not summaries:
        print(f"{folder}: no summaries/ here; this wants a copy of the public bucket")
        return 2
    checked = differing = 0
    for path in summaries:
        name = path.relative_to(folder).as_posix()
        differences = list(differences_of(folder, path))
        checked += 1
        differing += bool(differences)
        for difference in differences:
            print(f"{name}: {difference}")
    print(f"{checked} summaries recounted, {differing} differ")
    return 1 if differing else 0


def differences_of(folder: Path, path: Path) -> Iterator[str]:
    """What in one summary does not follow from the files that it names."""
    summary = json.loads(path.read_bytes())
    wanted = _campaign_of(summary)
    total = Recount()
    for named in summary["journal"]:
        data = _read(folder / named["path"])
        if data is None:
            yield f"{named['path']} is missing"
            return
        if hashlib.sha256(data).hexdigest() != named["sha256"]:
            yield f"{named['path']} is not the file that was folded: its SHA-256 differs"
            if summary["revision"] == 1 or path.stem.count(".r"):
                return
        lines = data.splitlines()
        if len(lines) != named["lines"]:
            yield f"{named['path']} has {len(lines)} lines, not {named['lines']}"
        for line in lines:
            yield from _add(total, json.loads(line), folder, wanted)
    for name, published in summary["numbers"].items():
        counted = (
            total.number(name)
            if name not in _tallies(summary)
            else dict(total.tallies.get(name, {}))
        )
        if counted != published:
            yield f"{name}: published {_short(published)}, recounted {_short(counted)}"
    yield from _csv_differences(path, summary)


def _tallies(summary: dict[str, Any]) -> set[str]:
    return {name for name, value in summary["numbers"].items() if isinstance(value, dict)}


def _campaign_of(summary: dict[str, Any]) -> str | None:
    return summary["period"] if summary["kind"] == "campaign" else None


def _add(total: Recount, line: dict[str, Any], folder: Path, campaign: str | None) -> Iterator[str]:
    """Add one receipt; of a campaign only the findings of its packs."""
    refused = sum(line["refused"].values())
    if line["records"] != line["inspected"] + refused:
        yield f"receipt {line['n']} does not close: {line['records']} records"
    if sum(line["by_rule"].values()) != line["findings"]:
        yield f"receipt {line['n']} has findings without a rule"
    for name in COUNTED:
        total.counts[name] += line[name]
    total.counts["units"] += 1
    total.counts["files_refused"] += line["kind"] == "file"
    total.counts["refused"] += refused
    for code, count in line["refused"].items():
        total.tally("refused_by_code", code, count)
    for language, count in line["by_language"].items():
        total.tally("by_language", language, count)
    for pack in line["skipped"]:
        total.tally("skipped", pack, 1)
    if line["set"]:
        total.tally("sets", line["set"], 1)
    total.days += [day for day in (line["first"], line["last"]) if day]
    rules = _rules(folder, line["set"]) if line["by_rule"] else {}
    for key, count in line["by_rule"].items():
        name, _, mode = key.rpartition("/")
        if name not in rules:
            yield f"receipt {line['n']}: {name} is no rule of the set {line['set'][:12]}"
            continue
        category, severity, of_campaign = rules[name]
        if campaign is not None and of_campaign != campaign:
            continue
        total.counts["findings"] += count
        total.counts[mode] += count
        total.tally("by_rule", key, count)
        total.tally("by_category", f"{category}/{mode}", count)
        total.tally("by_severity", f"{severity}/{mode}", count)
        held = line["held"].get(key, 0)
        total.counts["held"] += held
        total.tally("held_by_rule", key, held)


_sets: dict[tuple[Path, str], dict[str, tuple[str, str, str | None]]] = {}


def _rules(folder: Path, digest: str) -> dict[str, tuple[str, str, str | None]]:
    """Category, severity and campaign of each `pack/version/rule` of a set.

    The file must have the digest that names it: nobody can change a set afterwards.
    """
    if (folder, digest) not in _sets:
        data = _read(folder / f"sets/{digest}.json") or b"{}"
        packs = json.loads(data).get("packs", ())
        if hashlib.sha256(data).hexdigest() != digest:
            packs = ()
        _sets[folder, digest] = {
            f"{pack['id']}/{pack['version']}/{rule['id']}": (
                pack["category"],
                rule["severity"],
                pack.get("campaign"),
            )
            for pack in packs
            for rule in pack["rules"]
        }
    return _sets[folder, digest]


def _csv_differences(path: Path, summary: dict[str, Any]) -> Iterator[str]:
    """Whether the CSV beside it says the same; earlier revisions have none."""
    beside = path.with_suffix(".csv")
    if not beside.exists():
        return
    with beside.open(newline="", encoding="utf-8-sig") as file:
        rows = {(row["measure"], row["key"]): row["value"] for row in csv.DictReader(file)}
    for name, value in summary["numbers"].items():
        entries = value.items() if isinstance(value, dict) else [("", value)]
        for key, count in entries:
            said = rows.get((name, key))
            if isinstance(count, int) and said != str(count):
                yield f"the CSV says {name} {key} = {said}, the JSON {count}"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) < 200 else text[:200] + "…"
