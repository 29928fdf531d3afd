"""`terang recount`: proves every published number from the public journal.

It reads a copy of the public bucket and nothing else, and shares no code with what published it:
only the standard library, so that anybody can read it in one sitting, or write it anew. What people
did is added up in `recount_cases`.
"""

import argparse
import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from recount.cases import case_differences, sums_for
from recount.standing import COUNT, FORM, Record, fault, json_of, record_of, unlike

ADDED = ("bytes", "lines", "records", "inspected", "repeats", "unknown_fields", "assumed_utc")
"""Counts of a journal line that are added as they are."""

SELDOM = ("no_rules", "partly_read")
"""Counts that a journal line and a summary leave out where they are 0."""

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
        _say(f"{folder}: no summaries/ here; this wants a copy of the public bucket")
        return 2
    differing = 0
    for path in paths:
        differences = list(differences_of(folder, path))
        differing += bool(differences)
        for difference in differences:
            _say(f"{path.relative_to(folder).as_posix()}: {difference}")
    _say(f"{len(paths)} summaries recounted, {differing} differ")
    return 1 if differing else 0


def differences_of(folder: Path, path: Path) -> Iterator[str]:
    """Yield what in one summary does not follow from the files that it names.

    A file that is damaged, of another form or no file at all is a difference too, and ends only
    what rests on it.
    """
    try:
        yield from _differences(folder, path)
    except FORM as error:
        yield f"cannot be recounted: {fault(error)}"


def _differences(folder: Path, path: Path) -> Iterator[str]:
    if not path.is_file():
        yield "is not a file"
        return
    summary = json_of(path.read_bytes())
    if not EARLIER.search(path.stem):
        yield from _unnamed(folder, summary)
    counted = _Counted()
    for named in summary["journal"]:
        data = _journal(folder / named["path"], named["sha256"])
        if not data and named["lines"]:
            yield f"{named['path']} is missing, or is not the file that was folded"
            return
        yield from counted.add(named, data.splitlines(), folder, summary)
    yield from _against(summary["numbers"], counted.total, "")
    yield from case_differences(folder, summary, counted.on_cases[""])
    for part_said in (*summary["days"], *summary["providers"]):
        name = part_said["name"]
        part = counted.parts[name]
        sums = sums_for(folder, summary, counted.on_cases[name])
        part.counts.update({one: sums[one][COUNT] for one in ("decided", "overturned")})
        numbers = {name: part_said[name] for name in part_said if name not in NO_NUMBERS}
        yield from _against(numbers, part, f"{name}: ")
    if not EARLIER.search(path.stem):  # an earlier revision has no sheet
        yield from _sheet(path.with_suffix(".csv"), summary)


@dataclass(slots=True)
class _Counted:
    """What the journals of a summary add up to: in all, and by the name of a provider or day."""

    total: Recount = field(default_factory=Recount)
    parts: defaultdict[str, Recount] = field(default_factory=lambda: defaultdict(Recount))
    on_cases: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self, named: Record, lines: list[bytes], folder: Path, summary: Record
    ) -> Iterator[str]:
        """Add the lines of one journal; yield what is wrong with them."""
        journal = named["path"]
        if len(lines) != named["lines"]:
            yield f"{journal} has {len(lines)} lines, not {named['lines']}"
        provider, day = journal.removesuffix(".jsonl").split("/")[1:]
        for number, written in enumerate(lines, 1):
            try:
                line = json_of(written)
                if line["kind"] == "case":
                    for name in ("", provider, day):
                        self.on_cases[name].append(line)
                    continue
                yield from _broken(line)
                yield from _add(self.total, line, folder, summary)
                for part in (self.parts[provider], self.parts[day]):
                    list(_add(part, line, folder, summary))  # what is unknown was said above
            except FORM as error:
                yield f"{journal} line {number} cannot be added: {fault(error)}"


def _against(published: Record, counted: Recount, of: str) -> Iterator[str]:
    """The published numbers that the journal does not add up to."""
    for name in SELDOM if "records" in published else ():
        if counted.counts[name] and name not in published:
            yield f"{of}{name}: not published, recounted {counted.counts[name]}"
    for name, value in published.items():
        found = counted.number(name, value)
        if found != value:
            yield f"{of}{name}: {unlike(value, found)}"


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
    if line.get("no_rules", 0) not in {0, line["inspected"]}:
        yield f"receipt {line['n']} does not close: a unit has rules for all of its posts, or none"


def _add(total: Recount, line: Record, folder: Path, summary: Record) -> Iterator[str]:
    """Add one receipt; of a campaign only the findings of its packs."""
    total.counts.update({name: line[name] for name in ADDED})
    total.counts.update({name: line.get(name, 0) for name in SELDOM})
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
    """Return what a set says of each `pack/version/rule`.

    It says nothing if its file is not the one named, or has not the form of a set.
    """
    path = folder / f"sets/{digest}.json"
    if hashlib.sha256(_read(path)).hexdigest() != digest:
        return {}
    try:
        return {
            f"{pack['id']}/{pack['version']}/{rule['id']}": Ruling(
                rule.get("category") or pack["category"], rule["severity"], pack.get("campaign")
            )
            for pack in record_of(path).get("packs", ())
            for rule in pack["rules"]
        }
    except FORM:
        return {}


def _sheet(path: Path, summary: Record) -> Iterator[str]:
    """Yield what the CSV of a summary says otherwise, or that it cannot be read."""
    if not path.is_file():
        yield f"{path.name} is not here, or is not a file"
        return
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            said = {(row["measure"], row["key"]): row["value"] for row in csv.DictReader(file)}
    except (*FORM, csv.Error) as error:
        yield f"{path.name} cannot be read: {fault(error)}"
        return
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


def _say(text: str) -> None:
    """Print a line. What a terminal would obey is printed as its escape."""
    print("".join(one if one.isprintable() else ascii(one)[1:-1] for one in text))  # noqa: T201
