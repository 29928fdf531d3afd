"""`terang recount`: proves every published number from the public journal.

It reads a copy of the public bucket and nothing else, and shares no code with what published it:
only the standard library, so that anybody can read it in one sitting, or write it anew. What people
did is added up in `recount_cases`.
"""

import argparse
import csv
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from terang.recount_cases import case_differences, sums_for
from terang.recount_standing import COUNT, Record, short
from terang.telling import say

ADDED = ("bytes", "lines", "records", "inspected", "repeats", "unknown_fields", "assumed_utc")
"""Counts of a journal line that are added as they stand."""

EARLIER = re.compile(r"\.r\d+$")
"""The end of the name of an earlier revision, of a summary or of a journal."""


NO_NUMBERS = {"name", "provisional", "revision"}
"""What the line of a day or provider holds beside its numbers."""


class Ruling(NamedTuple):
    """What the set in force says of a rule."""

    category: str
    severity: str
    campaign: str | None


@dataclass(slots=True)
class Recount:
    """What the journal of one period adds up to."""

    counts: Counter[str] = field(default_factory=Counter)
    tallies: dict[str, Counter[str]] = field(default_factory=dict)
    days: list[str] = field(default_factory=list)

    def tally(self, name: str, entries: dict[str, int]) -> None:
        """Add the entries of a tally; nought is no entry."""
        found = self.tallies.setdefault(name, Counter())
        found.update({key: count for key, count in entries.items() if count})

    def number(self, name: str, published: object) -> object:
        """The recounted number of that name, in the shape in which it is published."""
        if name in {"first", "last"}:
            return (min if name == "first" else max)(self.days, default="")
        if isinstance(published, dict):
            return dict(self.tallies.get(name, {}))
        return self.counts[name]


def recount_command(options: argparse.Namespace) -> int:
    """Print what differs; 0 if every number stands, 1 if one does not, 2 if there is nothing."""
    folder: Path = options.folder
    paths = sorted((folder / "summaries").glob("*/*.json"))
    if not paths:
        say(f"{folder}: no summaries/ here; this wants a copy of the public bucket")
        return 2
    differing = 0
    for path in paths:
        differences = list(differences_of(folder, path))
        differing += bool(differences)
        for difference in differences:
            say(f"{path.relative_to(folder).as_posix()}: {difference}")
    say(f"{len(paths)} summaries recounted, {differing} differ")
    return 1 if differing else 0


def differences_of(folder: Path, path: Path) -> Iterator[str]:
    """What in one summary does not follow from the files that it names."""
    summary: Record = json.loads(path.read_bytes())
    total, parts = Recount(), defaultdict[str, Recount](Recount)
    on_cases = defaultdict[str, list[Record]](list)
    if not EARLIER.search(path.stem):
        yield from _unnamed(folder, summary)
    for named in summary["journal"]:
        data = _journal(folder / named["path"], named["sha256"])
        if not data and named["lines"]:
            yield f"{named['path']} is missing, or is not the file that was folded"
            return
        lines = [json.loads(line) for line in data.splitlines()]
        if len(lines) != named["lines"]:
            yield f"{named['path']} has {len(lines)} lines, not {named['lines']}"
        provider, day = named["path"].removesuffix(".jsonl").split("/")[1:]
        for name in ("", provider, day):
            on_cases[name] += [line for line in lines if line["kind"] == "case"]
        for line in (line for line in lines if line["kind"] != "case"):
            yield from _broken(line)
            yield from _add(total, line, folder, summary)
            for part in (parts[provider], parts[day]):
                list(_add(part, line, folder, summary))  # what is unknown was said above
    yield from _against({"partly_read": 0} | summary["numbers"], total, "")
    yield from case_differences(folder, summary, on_cases[""])
    for part_said in (*summary["days"], *summary["providers"]):
        name = part_said["name"]
        sums = sums_for(folder, summary, on_cases[name])
        parts[name].counts.update({one: sums[one][COUNT] for one in ("decided", "overturned")})
        numbers = {name: part_said[name] for name in part_said if name not in NO_NUMBERS}
        yield from _against(numbers, parts[name], f"{name}: ")
    if not EARLIER.search(path.stem):  # an earlier revision has no sheet
        yield from _sheet(path.with_suffix(".csv"), summary)


def _against(published: Record, counted: Recount, of: str) -> Iterator[str]:
    """The published numbers that the journal does not add up to."""
    for name, value in published.items():
        found = counted.number(name, value)
        if found != value:
            yield f"{of}{name}: published {short(value)}, recounted {short(found)}"


def _journal(path: Path, digest: str) -> bytes:
    """The journal of that digest: the one named, or an earlier revision of it; else nothing."""
    for one in (path, *sorted(path.parent.glob(f"{path.stem}.r*.jsonl"))):
        data = _read(one)
        if hashlib.sha256(data).hexdigest() == digest:
            return data
    return b""


def _unnamed(folder: Path, summary: Record) -> Iterator[str]:
    """Journals of the period that are there and were not folded."""
    providers = "*" if summary["provider"] == "all" else summary["provider"]
    named = {entry["path"] for entry in summary["journal"]}
    for path in sorted(folder.glob(f"journal/{providers}/*.jsonl")):
        name = path.relative_to(folder).as_posix()
        in_period = summary["first_day"] <= path.stem <= summary["last_day"]
        if in_period and name not in named and not EARLIER.search(path.stem):
            yield f"{name} lies in the period and is not among its journals"


def _broken(line: Record) -> Iterator[str]:
    """Sums within one receipt that do not close."""
    if line["records"] != line["inspected"] + sum(line["refused"].values()):
        yield f"receipt {line['n']} does not close: its records are not inspected plus refused"
    if sum(line["by_rule"].values()) != line["findings"]:
        yield f"receipt {line['n']} does not close: its findings are not those of its rules"


def _add(total: Recount, line: Record, folder: Path, summary: Record) -> Iterator[str]:
    """Add one receipt; of a campaign only the findings of its packs."""
    total.counts.update({name: line[name] for name in ADDED})
    total.counts["partly_read"] += line.get("partly_read", 0)
    total.counts["units"] += 1
    total.counts["files_refused"] += line["kind"] == "file"
    total.counts["refused"] += sum(line["refused"].values())
    total.tally("refused_by_code", line["refused"])
    total.tally("by_language", line["by_language"])
    total.tally("skipped", dict.fromkeys(line["skipped"], 1))
    total.tally("sets", {line["set"]: 1} if line["set"] else {})
    total.days += [day for day in (line["first"], line["last"]) if day]
    for key, count in line["by_rule"].items():
        rule, _, mode = key.rpartition("/")
        ruling = _rulings(folder, line["set"]).get(rule)
        if ruling is None:
            yield f"receipt {line['n']}: {rule} is no rule of the set {line['set'][:12]}"
        elif summary["kind"] != "campaign" or ruling.campaign == summary["period"]:
            held = line["held"].get(key, 0)
            total.counts.update({"findings": count, mode: count, "held": held})
            total.tally("by_rule", {key: count})
            total.tally("held_by_rule", {key: held})
            total.tally("by_category", {f"{ruling.category}/{mode}": count})
            total.tally("by_severity", {f"{ruling.severity}/{mode}": count})


@cache
def _rulings(folder: Path, digest: str) -> dict[str, Ruling]:
    """What a set says of each `pack/version/rule`; nothing if its file is not the one named."""
    data = _read(folder / f"sets/{digest}.json")
    if hashlib.sha256(data).hexdigest() != digest:
        return {}
    return {
        f"{pack['id']}/{pack['version']}/{rule['id']}": Ruling(
            rule.get("category") or pack["category"], rule["severity"], pack.get("campaign")
        )
        for pack in json.loads(data)["packs"]
        for rule in pack["rules"]
    }


def _sheet(path: Path, summary: Record) -> Iterator[str]:
    """Whether the CSV beside a summary says the same."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        said = {(row["measure"], row["key"]): row["value"] for row in csv.DictReader(file)}
    for name, value in summary["numbers"].items():
        entries = value.items() if isinstance(value, dict) else [("", value)]
        for key, count in entries:
            if isinstance(count, int) and said.get((name, key)) != str(count):
                yield f"the CSV says {name} {key} = {said.get((name, key))}, the JSON {count}"
    for name, value in summary["cases"].items():
        for key, count in value.items() if isinstance(value, dict) else [("", value)]:
            if said.get((f"cases.{name}", key)) != str(count):
                yield f"the CSV says cases.{name} {key} = {said.get((f'cases.{name}', key))}"


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
