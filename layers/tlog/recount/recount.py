"""Recount every number that Terang published, from the public journal that is published with them.

    python3 recount.py FOLDER

FOLDER is a copy of the public bucket. This file needs Python 3.12 or newer and nothing else: no
package, no other file, no network. It is one file on purpose: you can download it, read it from top
to bottom, and keep your own copy. It shares no code with the program that published the numbers.

For each `summaries/*/*.json` it reads the journal files that the summary names, checks their
digests, adds up their lines, and prints every number that differs. A journal has a line for each
receipt (what one unit of posts came to) and for each case entry (one thing that people did). Files
are read line by line, so a large day needs no more memory than a small one.
From top to bottom: the command, one summary, receipts, case entries, precision, the month's open
cases, prevalence and recall, the CSV, and how files are read.
"""

import argparse
import csv
import hashlib
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

type Record = dict[str, Any]
type Addend = tuple[str, str, int]
"""One addition: the name of a number, its key (COUNT if it is a plain count), and how many."""
type Sums = defaultdict[str, Counter[str]]

COUNT = ""

RECEIPT_COUNTS = (
    "bytes", "lines", "records", "inspected", "repeats", "unknown_fields", "assumed_utc",
)  # fmt: skip
OPTIONAL_COUNTS = ("no_rules", "partly_read")
"""Counts that a receipt and a summary leave out where they are 0."""

SHORT_FORM = 2
"""The form of journal files whose lines leave out zeros and name sets and rules by number."""

LEFT_OUT: dict[str, Any] = dict.fromkeys(
    ("bytes", "lines", "inspected", "findings", "repeats", "unknown_fields", "assumed_utc"), 0
) | {"refused": {}, "by_rule": {}, "held": {}, "by_language": {}, "skipped": [], "first": ""}
"""The fields that a short line leaves out where they are 0 or empty."""

OF_COPIES = ("copy_findings", "copy_groups", "copy_groups_by_rule")
"""Numbers that a summary leaves out where no findings were compared, and in a campaign."""

OPTIONAL_CASES = ("groups", "grouped", "in_groups", "overturned_measures")
"""Numbers of cases that a summary leaves out where there are none."""

EVERY_DECISION = "decisions"
"""The key of `overturned_measures` that counts decisions. A decision may have several measures."""

NO_NUMBERS = {"name", "provisional", "revision"}
"""Fields of a day's or provider's line that are not numbers."""

DAY_LENGTH = len("2026-11-25")
"""The name of a journal file begins with its day: `2026-11-25.jsonl`, `2026-11-25.1.jsonl`."""

EARLIER = re.compile(r"\.r\d+$")
"""The end of the name of an earlier revision, of a summary or of a journal."""

SENTINEL = "sentinel"
"""The provider, and the pack, of the post that a stack sends itself. It is part of no sum."""

HURRIED_SECONDS = 5
Z = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution, for intervals of 95 %."""

ROUNDING = 0.000_06
"""Shares are published with four decimals, so they may be off by half of the last one."""

SAMPLE_AT_LEAST = 100
FOLLOWED_MONTHS = 13

MALFORMED = (
    *(ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError, csv.Error),
    *(NotImplementedError, RecursionError),
)
"""What a file raises that is damaged or has another form. It is reported as a difference."""


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description="Recount every published number of Terang.")
    parser.add_argument("folder", type=Path, help="a copy of the public bucket")
    return recount_command(parser.parse_args(arguments).folder)


def recount_command(folder: Path, /) -> int:
    """Print each difference. Return 0 without differences, 1 with some, 2 if nothing is here.

    Args:
        folder: A copy of the public bucket.
    """
    paths = sorted((folder / "summaries").glob("*/*.json"))
    if not paths:
        _print(f"{folder}: there is no summaries/ here; give a copy of the public bucket")
        return 2
    differing = 0
    for path in paths:
        differences = list(differences_of(folder, path))
        differing += bool(differences)
        for difference in differences:
            _print(f"{path.relative_to(folder).as_posix()}: {difference}")
    _print(f"{len(paths)} summaries recounted, {differing} differ")
    return 1 if differing else 0


def _print(text: str) -> None:
    """Print a line. A character that would control the terminal is printed as its escape."""
    print("".join(char if char.isprintable() else ascii(char)[1:-1] for char in text))  # noqa: T201


# One summary


def differences_of(folder: Path, path: Path) -> Iterator[str]:
    """Yield how one summary differs from what its journal files add up to.

    A file that is damaged or missing is a difference too. The recount of what does not depend on
    it goes on.
    """
    try:
        if path.is_file():
            yield from _summary_differences(folder, path, parse_object(path.read_bytes()))
        else:
            yield "is not a file"
    except MALFORMED as error:
        yield f"cannot be recounted: {problem_in(error)}"


def _summary_differences(folder: Path, path: Path, summary: Record) -> Iterator[str]:
    newest = not EARLIER.search(path.stem)
    if newest:
        yield from _journals_left_out(folder, summary)
    totals: defaultdict[str, Totals] = defaultdict(Totals)
    for journal in summary["journal"]:
        file = _journal_of(folder / journal["path"], journal["sha256"])
        if file is not None:
            yield from _add_journal(totals, journal, file, folder, summary)
        elif journal["lines"]:
            yield f"{journal['path']} is missing, or is not the file that was counted"
            return
    if summary["kind"] == "campaign":
        packs = _campaign_packs(folder, summary)
        for part in totals.values():
            part.cases = _of_packs(part.cases, packs)
    whole = totals[""]
    yield from _number_differences(summary["numbers"], whole, "")
    yield from _case_differences(folder, summary, whole.cases)
    for line in (*summary["days"], *summary["providers"]):
        part = totals[line["name"]]
        for name in ("decided", "overturned"):
            part.receipts[name][COUNT] = part.cases[name][COUNT]
        numbers = {name: value for name, value in line.items() if name not in NO_NUMBERS}
        yield from _number_differences(numbers, part, f"{line['name']}: ")
    if newest:  # an earlier revision has no CSV
        yield from _sentinel_differences(folder, summary)
        yield from _csv_differences(path.with_suffix(".csv"), summary)


@dataclass(slots=True)
class Totals:
    """The sums of journal lines: of receipts, and of case entries.

    `days` are the first and the last day of posts so far, or none.
    """

    receipts: Sums = field(default_factory=lambda: defaultdict(Counter))
    cases: Sums = field(default_factory=lambda: defaultdict(Counter))
    days: list[str] = field(default_factory=list)

    def add_days(self, *days: str) -> None:
        """Add days of posts; empty ones are left out."""
        known = [day for day in (*self.days, *days) if day]
        self.days = [min(known), max(known)] if known else []


def _add_to(every: Iterable[Sums], addends: Iterable[Addend]) -> None:
    """Add addends to each of these sums, or to none if one of them cannot be read."""
    read = list(addends)
    for sums in every:
        for name, key, count in read:
            sums[name][key] += count


def _add_journal(
    totals: Mapping[str, Totals], journal: Record, path: Path, folder: Path, summary: Record
) -> Iterator[str]:
    """Add a journal's lines to the whole, to its provider and to its day. Yield bad lines."""
    name = journal["path"]
    _, provider, file = name.split("/")
    parts = [totals[""], totals[provider], totals[file[:DAY_LENGTH]]]
    campaign = summary["period"] if summary["kind"] == "campaign" else None
    found_length = DAY_LENGTH if summary["kind"] == "day" else len("2026-11")
    names: list[str] | None = [] if journal.get("form") == SHORT_FORM else None
    counted = 0
    with path.open("rb") as lines:
        for number, written in enumerate(lines, 1):
            try:
                line = parse_object(written)
                if names is not None and line["kind"] == "names":
                    names += line["names"]
                    continue
                counted += 1
                if line["kind"] == "case":
                    _add_to([part.cases for part in parts], case_addends(line, found_length))
                    continue
                if line["kind"] == "copies":
                    yield from _copy_problems(line)
                    _add_to([part.receipts for part in parts], copy_addends(line, campaign))
                    continue
                if names is not None:
                    line = whole_line(line, counted, names)
                yield from _receipt_problems(line)
                rules = _rules_of_set(folder, line["set"])
                found = {key.rpartition("/")[0] for key in line["by_rule"]}
                for rule in sorted(found - rules.keys()):
                    rule_set = line["set"][:12]
                    yield f"receipt {line['n']}: {rule} is not a rule of the set {rule_set}"
                receipts = [part.receipts for part in parts]
                _add_to(receipts, receipt_addends(line, rules, campaign))
                for part in parts:
                    part.add_days(line["first"], line["last"])
            except MALFORMED as error:
                yield f"{name} line {number} cannot be added: {problem_in(error)}"
    if counted != journal["lines"]:
        yield f"{name} has {counted} lines, not {journal['lines']}"


def whole_line(short: Record, number: int, names: Sequence[str]) -> Record:
    """Return a short line with all fields, and the names for its numbers.

    Args:
        short: The line.
        number: The place of the receipt in its file, from 1.
        names: The names of the names lines before it, in order.

    Raises:
        IndexError: a number has no name.
    """

    def named(tally: Mapping[str, int]) -> dict[str, int]:
        return {_name_of(int(key), names): count for key, count in tally.items()}

    line = LEFT_OUT | short | {"n": number}
    line["by_rule"], line["held"] = named(line["by_rule"]), named(line["held"])
    line["skipped"] = [_name_of(pack, names) for pack in line["skipped"]]
    line["set"] = _name_of(line["set"], names) if "set" in short else ""
    line.setdefault("last", line["first"])
    return line


def _name_of(number: int, names: Sequence[str]) -> str:
    if number < 0:
        raise IndexError("a number below 0")
    return names[number]


def _number_differences(published: Record, totals: Totals, of: str) -> Iterator[str]:
    for name in (*OPTIONAL_COUNTS, *OF_COPIES) if "records" in published else ():
        if (recounted_sum := totals.receipts[name].total()) and name not in published:
            yield f"{of}{name}: not published, recounted {recounted_sum}"
    for name, value in published.items():
        recounted: object
        if name in {"first", "last"}:
            recounted = (min if name == "first" else max)(totals.days, default="")
        else:
            recounted = _as_published(totals.receipts[name], value)
        if recounted != value:
            yield f"{of}{name}: {_differ(value, recounted)}"


def _as_published(sums: Counter[str], published: object) -> object:
    """Return a tally without zeros if a tally was published, else the count."""
    if isinstance(published, dict):
        return {key: count for key, count in sums.items() if count}
    return sums[COUNT]


def _journal_of(path: Path, digest: str) -> Path | None:
    """Return the journal of that digest: the file itself or an earlier revision of it."""
    for candidate in (path, *sorted(path.parent.glob(f"{path.stem}.r*.jsonl"))):
        if candidate.is_file():
            with candidate.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == digest:
                    return candidate
    return None


def _journals_left_out(folder: Path, summary: Record) -> Iterator[str]:
    """Yield the journals that are in the folder and in the period, and were not counted."""
    providers = "*" if summary["provider"] == "all" else summary["provider"]
    counted = {journal["path"] for journal in summary["journal"]}
    for path in sorted(folder.glob(f"journal/{providers}/*.jsonl")):
        if providers == "*" and path.parent.name == SENTINEL:
            continue
        name = path.relative_to(folder).as_posix()
        in_period = summary["first_day"] <= path.stem[:DAY_LENGTH] <= summary["last_day"]
        if in_period and name not in counted and not EARLIER.search(path.stem):
            yield f"{name} is in the period and is not among its journals"


def _sentinel_differences(folder: Path, summary: Record) -> Iterator[str]:
    """Compare the days on which the sentinel post was found with the summaries of these days."""
    recounted: Record = {"found": 0, "missed": []}
    counts = summary["provider"] == "all" and summary["kind"] != "campaign"
    names = [line["name"] for line in summary["days"]] or [summary["period"]]
    for name in names if counts else ():
        day = read_object(folder / f"summaries/{SENTINEL}/{name}.json")
        if any(key.startswith(f"{SENTINEL}/") for key in day.get("numbers", {}).get("by_rule", ())):
            recounted["found"] += 1
        elif day and not day["provisional"]:
            recounted["missed"].append(name)
    published = summary.get("sentinel", {"found": 0, "missed": []})
    if published != recounted:
        yield f"sentinel: {_differ(published, recounted)}"


# Receipts


class PublishedRule(NamedTuple):
    """What a set says of a rule."""

    category: str
    severity: str
    campaign: str | None


@cache
def _rules_of_set(folder: Path, digest: str) -> dict[str, PublishedRule]:
    """Return the rules of a set by `pack/version/rule`; none if its file has another digest."""
    path = folder / f"sets/{digest}.json"
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        return {}
    try:
        return {
            f"{pack['id']}/{pack['version']}/{rule['id']}": PublishedRule(
                rule.get("category") or pack["category"], rule["severity"], pack.get("campaign")
            )
            for pack in read_object(path).get("packs", ())
            for rule in pack["rules"]
        }
    except MALFORMED:
        return {}


def _receipt_problems(line: Record) -> Iterator[str]:
    """Yield which sums within one receipt do not close."""
    if line["records"] != line["inspected"] + sum(line["refused"].values()):
        yield f"receipt {line['n']} does not close: its records are not inspected plus refused"
    if sum(line["by_rule"].values()) != line["findings"]:
        yield f"receipt {line['n']} does not close: its findings are not those of its rules"
    if line.get("no_rules", 0) not in {0, line["inspected"]}:
        yield f"receipt {line['n']} does not close: a unit has rules for all of its posts, or none"


def receipt_addends(
    line: Record, rules: Mapping[str, PublishedRule], campaign: str | None
) -> Iterator[Addend]:
    """Yield what a receipt adds. A campaign counts only the findings of its own packs."""
    for name in RECEIPT_COUNTS:
        yield name, COUNT, line[name]
    for name in OPTIONAL_COUNTS:
        yield name, COUNT, line.get(name, 0)
    units = line.get("messages", 1)  # of a batch, each message is a unit
    yield "units", COUNT, units
    yield "files_refused", COUNT, int(line["kind"] == "file")
    yield "refused", COUNT, sum(line["refused"].values())
    yield from (("refused_by_code", code, count) for code, count in line["refused"].items())
    yield from (("by_language", name, count) for name, count in line["by_language"].items())
    yield from (("skipped", pack, units) for pack in line["skipped"])
    if line["set"]:
        yield "sets", line["set"], units
    for key, count in line["by_rule"].items():
        name, _, mode = key.rpartition("/")
        rule = rules.get(name)
        if rule and campaign in {None, rule.campaign}:
            yield "findings", COUNT, count
            yield mode, COUNT, count
            yield "by_rule", key, count
            yield "by_category", f"{rule.category}/{mode}", count
            yield "by_severity", f"{rule.severity}/{mode}", count
            held = line["held"].get(key, 0)
            yield "held", COUNT, held
            yield "held_by_rule", key, held


def copy_addends(line: Record, campaign: str | None) -> Iterator[Addend]:
    """Yield what the line on copy groups adds; nothing to a campaign, whose packs are a part."""
    if campaign is not None:
        return
    yield "copy_findings", COUNT, line["findings"]
    yield "copy_groups", COUNT, line["groups"]
    yield from (("copy_groups_by_rule", rule, count) for rule, count in line["by_rule"].items())


def _copy_problems(line: Record) -> Iterator[str]:
    """Yield which numbers on copies cannot be: the fingerprints behind them are private."""
    groups, by_rule = line["groups"], line["by_rule"].values()
    if not (groups <= line["findings"] and max(by_rule, default=0) <= groups <= sum(by_rule)):
        yield f"line {line['n']}: its copy groups do not fit its findings and rules"


# Case entries


def case_addends(line: Record, found_length: int) -> Iterator[Addend]:
    """Yield what a case entry adds.

    A day's summary counts findings by the day they were found, a longer one by the month:
    `found_length` is how many characters of the day it keeps.
    """
    kind, found = line["type"], line.get("found", {})
    if kind == "decision":
        yield from _decision_addends(line, found, found_length)
    elif kind == "correction":
        yield "checks_changed", line["why"], 1
        if found:
            yield from _finding_addends(line, found, f"{line['about']}_anew", found_length)
        yield from (("reopened", key[:10], n) for key, n in found.items() if key.endswith("/live"))
    elif kind == "order":
        yield from _order_addends(line)
    elif kind in SIMPLE_ADDENDS:
        yield from SIMPLE_ADDENDS[kind](line)
    if line.get("overturns"):
        yield "overturned", COUNT, 1
        yield "overturned_by", line.get("answers") or line["cause"], 1
        undone = (EVERY_DECISION, *line.get("undoes", ())) if "decided_in" in line else ()
        for what in undone:
            yield "overturned_measures", f"{line['decided_in']}/{what}", 1
        result = "overturned" if line["about"] == "confirmed" else "restored"
        yield from _finding_addends(line, found, result, found_length)


def _decision_addends(line: Record, found: dict[str, int], found_length: int) -> Iterator[Addend]:
    verdict = line["verdict"]
    yield "by_verdict", verdict, 1
    if verdict == "skipped":
        return
    yield "decisions", COUNT, 1
    is_look = line.get("leads", False) or "group" not in line
    if "group" in line:
        yield "grouped", COUNT, 1
        yield "groups", COUNT, int(is_look)
    yield "partly_automated", COUNT, int("automated" in line)
    yield "drawn", COUNT, int(line.get("drawn", False))
    yield "notices_answered", COUNT, int(line.get("answers") == "notice")
    hurried = line.get("review_seconds", HURRIED_SECONDS) < HURRIED_SECONDS
    if is_look:  # a group of near copies is one look
        yield "under_5_seconds", COUNT, int(hurried)
        yield "by_moderator", f"{line['moderator']}/{verdict}", 1
    if "wait_seconds" in line:
        yield ("decide_seconds" if found else "notice_seconds"), str(line["wait_seconds"]), 1
    yield from (("by_measure", measure, 1) for measure in line.get("measures", ()))
    if "measures" in line:
        yield "by_ground", line["ground"], 1
    yield from _finding_addends(line, found, verdict, found_length)
    if verdict in {"confirmed", "dismissed"}:
        yield "decided", COUNT, sum(found.values())
        for key, count in found.items():
            if key.endswith("/live"):
                yield "by_found_day", key[:10], count


def _finding_addends(
    line: Record, found: dict[str, int], result: str, found_length: int
) -> Iterator[Addend]:
    """Yield the results of the findings (`day/pack/version/rule/mode`), and of their post.

    A group of near copies counts by what its lines say is `counted`, the rest apart.
    """
    counted = line.get("counted", {}) if "group" in line else found
    for key, count in found.items():
        day, _, rule = key.partition("/")
        name = f"{day[:found_length]}/{rule}/{result}"
        yield "by_rule", name, counted.get(key, 0)
        yield "in_groups", name, count - counted.get(key, 0)
    if found and result not in {"dismissed", "escalated", "dismissed_anew"}:
        yield "posts", f"{min(found)[:found_length]}/{line['category']}/{result}", 1


def _order_addends(line: Record) -> Iterator[Addend]:
    kind, authority = f"{line['order']}/{line['country']}", line["authority"]
    if line.get("received"):
        yield "orders", f"{kind}/{authority}", 1
        yield "order_items", f"{kind}/{authority}", line.get("items", 0)
    if "outcome" in line:
        yield "orders_ended", f"{kind}/{line['outcome']}/{authority}", 1
    for name in ("acknowledge_seconds", "effect_seconds"):
        if name in line:
            yield f"order_{name}", f"{kind}/{line[name]}/{authority}", 1


def _audit_addends(line: Record) -> Iterator[Addend]:
    key = f"{line['month']}/{line['verdict']}"
    yield "audited", key, 1
    if "category" in line:
        yield "audited", f"{key}/{line['category']}", 1


SIMPLE_ADDENDS: dict[str, Callable[[Record], Iterable[Addend]]] = {
    "audit": _audit_addends,
    "complaint": lambda line: [("complaints", line["by"], 1)],
    "dispute": lambda _line: [("disputes", COUNT, 1)],
    "flood_answer": lambda line: [("floods_answered", f"{line['held']}/{line['verdict']}", 1)],
    "notice": lambda line: [
        ("notices", COUNT, 1),
        ("notice_items", COUNT, line.get("items", 0)),
        ("trusted_notices", COUNT, int(line.get("trusted_flagger", False))),
        ("notices_by_category", line["category"], 1),
    ],
    "outcome": lambda line: [
        (f"{line['answers']}s_ended", line["outcome"], 1),
        (f"{line['answers']}_seconds", str(line["wait_seconds"]), 1),
        ("disputes_implemented", COUNT, int(line.get("implemented") or False)),
    ],
    "reinstatement": lambda line: [("reinstated", line["cause"], 1)],
    "second_review": lambda line: [
        ("second_reviews", COUNT, 1),
        ("agreed", COUNT, int(line["verdict"] == line["about"])),
    ],
    "suspension": lambda line: [("suspended", line["why"], 1)],
}


def _campaign_packs(folder: Path, summary: Record) -> set[str]:
    """Return the `pack/version` of a campaign, from the sets that were in force."""
    paths = [folder / f"sets/{digest}.json" for digest in summary["numbers"]["sets"]]
    return {
        f"{pack['id']}/{pack['version']}"
        for path in paths
        for pack in read_object(path).get("packs", ())
        if pack.get("campaign") == summary["period"]
    }


def _of_packs(sums: Sums, packs: set[str]) -> Sums:
    """Return the decisions on findings of these packs: a campaign counts nothing else of cases."""
    chosen: Sums = defaultdict(Counter)
    of_rules = ((name, *item) for name in ("by_rule", "in_groups") for item in sums[name].items())
    for name, key, count in of_rules:
        if "/".join(key.split("/")[1:3]) in packs:
            chosen[name][key] += count
            chosen["decided"][COUNT] += count * key.endswith(("/confirmed", "/dismissed"))
    return chosen


def _case_differences(folder: Path, summary: Record, sums: Sums) -> Iterator[str]:
    for name, published in summary["cases"].items():
        recounted = _as_published(sums[name], published)
        if published != recounted:
            yield f"cases.{name}: {_differ(published, recounted)}"
    for name in OPTIONAL_CASES:
        if sums[name].total() and name not in summary["cases"]:
            yield f"cases.{name}: not published, recounted {sums[name].total()}"
    by_rule, in_groups = Counter[str](), Counter[str]()
    for counts, name in ((by_rule, "by_rule"), (in_groups, "in_groups")):
        for key, count in sums[name].items():
            found, _, rule = key.partition("/")
            if summary["kind"] == "campaign" or found == summary["period"]:
                counts[rule] += count
    yield from _precision_differences(summary["errors"], by_rule, in_groups, "errors")
    if summary["standing"]:
        yield from _month_differences(folder, summary, sums)
    yield from _term_differences(folder, summary, sums)


# Precision


def _precision_differences(
    published: Record, by_rule: Counter[str], in_groups: Counter[str], of: str
) -> Iterator[str]:
    """Compare the precision of each rule and of all, from `pack/version/rule/mode/result`.

    `in_groups` are the findings of groups of near copies that do not count in `by_rule`.
    """
    results, copies = _by_rule_and_all(by_rule), _by_rule_and_all(in_groups)
    for rule, counts in results.items():
        errors = published if rule == COUNT else published["by_rule"].get(rule, {})
        for name, value in _precision(counts, copies[rule]).items():
            if not _agree(errors.get(name), value):
                yield f"{of} {rule} {name}: published {errors.get(name)}, recounted {value}"


def _by_rule_and_all(tally: Counter[str]) -> Sums:
    results: Sums = defaultdict(Counter)
    for key, count in tally.items():
        rule, _, result = key.rsplit("/", 2)
        results[rule][result] += count
        results[COUNT][result] += count
    return results


def _precision(counts: Counter[str], copies: Counter[str]) -> dict[str, float | None]:
    confirmed = counts["confirmed"] - counts["confirmed_anew"]
    dismissed = counts["dismissed"] - counts["dismissed_anew"]
    decided = confirmed + dismissed
    names = ("decided", "dismissed", "overturned", "precision", "low", "high", "with_copies")
    if decided <= 0:
        return dict.fromkeys(names)
    judged, open_again = ("confirmed", "dismissed"), ("confirmed_anew", "dismissed_anew")
    more = sum(copies[name] for name in judged) - sum(copies[name] for name in open_again)
    upheld = max(0, confirmed - counts["overturned"] + counts["restored"])
    low, high = _interval(upheld, decided)
    return {
        "decided": decided,
        "dismissed": dismissed,
        "overturned": counts["overturned"],
        "precision": upheld / decided,
        "low": low,
        "high": high,
        "with_copies": decided + more if more else None,
    }


def _interval(count: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval: the roots p of (p - count/of)² = Z² p (1 - p) / of."""
    a, b, c = 1 + Z * Z / of, -(2 * count / of + Z * Z / of), (count / of) ** 2
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def _agree(published: float | None, recounted: float | None) -> bool:
    if published is None or recounted is None:
        return published is recounted
    return abs(published - recounted) < ROUNDING


# The open cases at the end of a month, and how the findings of earlier months stood by then


def _month_differences(folder: Path, summary: Record, sums: Sums) -> Iterator[str]:
    published = summary["standing"]
    before = _month_before(folder, summary)
    if before is None:
        yield f"standing: the month before, {published['before']}, is not here"
        return
    findings = Counter[str](before.get("open_findings", {}))
    findings.update({day["name"]: day["live"] for day in summary["days"]})
    findings.update(sums["reopened"])
    findings.subtract(sums["by_found_day"])
    if published["open_findings"] != _positive(findings):
        yield f"open_findings: {_differ(published['open_findings'], _positive(findings))}"
    for name, ended in (
        ("notices", "notices_answered"),
        ("complaints", "complaints_ended"),
        ("disputes", "disputes_ended"),
        ("orders", "orders_ended"),
    ):
        left = before.get(f"open_{name}", 0) + sums[name].total() - sums[ended].total()
        if published[f"open_{name}"] != max(0, left):
            yield f"open_{name}: published {published[f'open_{name}']}, recounted {left}"
    yield from _cohort_differences(published, before, summary, sums)


def _month_before(folder: Path, summary: Record) -> Record | None:
    """Return the `standing` of the month before: {} if there was none, None if it is not here."""
    named = summary["standing"]["before"]
    if named is None:
        return {}
    stem = folder / f"summaries/{summary['provider']}/{named['period']}"
    for path in (stem.with_suffix(".json"), *stem.parent.glob(f"{stem.name}.r*.json")):
        earlier = read_object(path)
        if earlier and earlier["revision"] == named["revision"]:
            standing: Record = earlier["standing"]
            return standing
    return None


def _cohort_differences(
    published: Record, before: Record, summary: Record, sums: Sums
) -> Iterator[str]:
    """Compare the findings of this month and of up to twelve earlier ones, as of now."""
    earlier = {cohort["month"]: cohort for cohort in before.get("cohorts", ())}
    months = [summary["period"], *(month for month in earlier if month < summary["period"])]
    months = months[:FOLLOWED_MONTHS]
    if [cohort["month"] for cohort in published["cohorts"]] != months:
        yield f"cohorts: they should be {', '.join(months)}"
        return
    for cohort in published["cohorts"]:
        month = cohort["month"]
        start = {} if month == summary["period"] else earlier[month]
        counts = start or summary["numbers"]
        for name in ("inspected", "live"):
            if cohort[name] != counts[name]:
                difference = f"published {cohort[name]}, recounted {counts[name]}"
                yield f"cohort {month} {name}: {difference}"
        measures = start.get("measures", {}) if start else _known_measures(sums)
        if cohort.get("measures", {}) != measures:
            yield f"cohort {month} measures: {_differ(cohort.get('measures', {}), measures)}"
        for name in ("by_rule", "in_groups", "posts", "audited", "overturned_measures"):
            tally = Counter[str](start.get(name, {}))
            for key, count in sums[name].items():
                found, _, rest = key.partition("/")
                tally[rest] += count if found == month else 0
            published_tally = cohort.get(name, {}) if name in OPTIONAL_CASES else cohort[name]
            if published_tally != _positive(tally):
                yield f"cohort {month} {name}: {_differ(published_tally, _positive(tally))}"
        by_rule, copies = (Counter[str](cohort.get(name, {})) for name in ("by_rule", "in_groups"))
        yield from _precision_differences(cohort["errors"], by_rule, copies, f"cohort {month}")
        yield from _stratum_differences(cohort)


def _known_measures(sums: Sums) -> dict[str, int]:
    """Return the measures of a month; {} if it is not known which of them were overturned."""
    known = sum(n for key, n in sums["overturned_measures"].items() if key[8:] == EVERY_DECISION)
    return _positive(sums["by_measure"]) if known == sums["overturned"].total() else {}


def _positive(counts: Counter[str]) -> dict[str, int]:
    return {key: count for key, count in counts.items() if count > 0}


# Prevalence and recall, from the audit sample and what people confirmed


def _stratum_differences(cohort: Record) -> Iterator[str]:
    audited, confirmed_by_category = cohort["audited"], Counter[str]()
    for key, count in cohort["posts"].items():
        category, _, result = key.rpartition("/")
        lost = result in {"overturned", "confirmed_anew"}
        confirmed_by_category[category] += -count if lost else count
    sampled = audited.get("violating", 0) + audited.get("not_violating", 0)
    for category, stratum in cohort["strata"].items():
        if category == "all":
            violating, confirmed = audited.get("violating", 0), confirmed_by_category.total()
        else:
            violating = audited.get(f"violating/{category}", 0)
            confirmed = confirmed_by_category[category]
        recounted = _stratum(confirmed, violating, sampled, cohort["inspected"])
        for place, value in recounted.items():
            part, _, name = place.rpartition(".")
            published = stratum[part][name] if part else stratum[name]
            if not _agree(published, value):
                of = f"cohort {cohort['month']} {category} {place}"
                yield f"{of}: published {published}, recounted {value}"


def _stratum(confirmed: int, violating: int, sampled: int, inspected: int) -> Record:
    """Return the numbers of one category. Shares are None where too few posts were looked at.

    The sample is of posts that no rule met. Its share of violating posts, times the number of
    such posts, is what the rules missed.
    """
    stratum: Record = {
        "confirmed": confirmed, "missed.count": violating, "missed.of": sampled,
    }  # fmt: skip
    for part in ("missed", "prevalence", "recall"):
        stratum |= dict.fromkeys((f"{part}.share", f"{part}.low", f"{part}.high"))
    if sampled < SAMPLE_AT_LEAST or not inspected:
        return stratum
    low, high = _interval(violating, sampled)
    recall_end = {"share": "share", "low": "high", "high": "low"}  # more missed, less recall
    for end, share in {"share": violating / sampled, "low": low, "high": high}.items():
        missed = max(0, inspected - confirmed) * share
        stratum[f"missed.{end}"] = share
        stratum[f"prevalence.{end}"] = (confirmed + missed) / inspected
        if confirmed + violating:
            recall = confirmed / (confirmed + missed) if confirmed + missed else 0.0
            stratum[f"recall.{recall_end[end]}"] = recall
    return stratum


# The CSV


def _csv_differences(path: Path, summary: Record) -> Iterator[str]:
    """Yield where the CSV of a summary says something else than its JSON."""
    if not path.is_file():
        yield f"{path.name} is not here, or is not a file"
        return
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            cells = {(row["measure"], row["key"]): row["value"] for row in csv.DictReader(file)}
    except MALFORMED as error:
        yield f"{path.name} cannot be read: {problem_in(error)}"
        return
    cases = {f"cases.{name}": value for name, value in summary["cases"].items()}
    for name, value in (summary["numbers"] | cases).items():
        for key, count in value.items() if isinstance(value, dict) else [("", value)]:
            if isinstance(count, int) and cells.get((name, key)) != str(count):
                yield f"the CSV says {name} {key} = {cells.get((name, key))}, the JSON {count}"


# The evidence by term. The journal never says what decided one finding, so the totals are checked
# against each other, against the decisions on their rule, and against the card of their pack


TERM_GROUPS = 5


def _term_differences(folder: Path, summary: Record, sums: Sums) -> Iterator[str]:
    terms = summary.get("terms")
    if terms is None:
        return
    if summary["kind"] != "month" or summary["provisional"]:
        yield "terms: only a month that is over has them"
    decided = Counter[str]()
    for key, count in sums["by_rule"].items():
        decided["/".join(key.split("/")[1:4])] += count
    of_parts = _terms_of_providers(folder, summary) if summary["provider"] == "all" else None
    for rule, evidence in terms.items():
        if evidence["bar"] != _promised(folder, summary, rule):
            yield f"terms {rule}: the bar {evidence['bar']} is not what the card promises"
        for term, row in evidence["terms"].items():
            of = f"terms {rule} {term}"
            for problem in _term_problems(row, evidence["bar"], decided[rule]):
                yield f"{of}: {problem}"
            counts = row["groups"], row["stood"], row["findings"]
            if of_parts is not None and of_parts.get((rule, term)) != counts:
                yield f"{of}: it is not the sum of the providers"
    if of_parts is not None and len(of_parts) != sum(len(one["terms"]) for one in terms.values()):
        yield "terms: they are not those of the providers"


def _term_problems(row: Record, bar: float | None, decided: int) -> Iterator[str]:
    """Yield the errors in the totals of one term, on a rule with so many decided findings."""
    groups, stood = row["groups"], row["stood"]
    if not TERM_GROUPS <= groups <= row["findings"] <= decided:
        yield "it has too few copy groups, or more than were decided"
    if not 0 <= stood <= groups:
        yield "more stood than there are"
        return
    low, high = _interval(stood, groups)
    if not (_agree(row["low"], low) and _agree(row["high"], high)):
        yield f"the interval of {stood} of {groups} is another"
    if row["misleads"] != (bar is not None and row["high"] < bar):
        yield "whether it misleads does not follow from its interval"


def _terms_of_providers(
    folder: Path, summary: Record
) -> dict[tuple[str, str], tuple[int, int, int]]:
    totals: dict[tuple[str, str], tuple[int, int, int]] = {}
    for line in summary["providers"]:
        part = read_object(folder / f"summaries/{line['name']}/{summary['period']}.json")
        for rule, evidence in part.get("terms", {}).items():
            for term, row in evidence["terms"].items():
                groups, stood, findings = totals.get((rule, term), (0, 0, 0))
                totals[rule, term] = (
                    groups + row["groups"], stood + row["stood"], findings + row["findings"],
                )  # fmt: skip
    return totals


def _promised(folder: Path, summary: Record, rule: str) -> float | None:
    """Return the lower end of the precision at the threshold that the pack's card promises."""
    for digest in summary["numbers"]["sets"]:
        for pack in read_object(folder / f"sets/{digest}.json").get("packs", ()):
            if rule.startswith(f"{pack['id']}/{pack['version']}/"):
                held_back = pack.get("card", {}).get("held_back", ())
                promised = [
                    row["precision"]["low"] for row in held_back if row["at"] == "threshold"
                ]
                return min(promised, default=None)
    return None


# Reading files, and saying how they differ


def parse_object(data: bytes) -> Record:
    """Parse a JSON object. Raise ValueError for anything else."""
    value = json.loads(data.decode("utf-8"))
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - data, and not a caller's type
    return value


def read_object(path: Path) -> Record:
    """Return the JSON object of a file, or {} if it is missing or cannot be read as one."""
    try:
        return parse_object(path.read_bytes()) if path.is_file() else {}
    except MALFORMED:
        return {}


def problem_in(error: BaseException) -> str:
    """Return in words why a file cannot be read or added up."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}"
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, UnicodeDecodeError | json.JSONDecodeError):
        return f"not JSON in UTF-8 ({error})"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return f"it has another form ({error})"


def _differ(published: object, recounted: object) -> str:
    """Return both values in words; of two tallies only the keys that differ.

    >>> _differ({"a": 1, "b": 2}, {"a": 1, "b": 3})
    'published {"b": 2}, recounted {"b": 3}'
    """
    if isinstance(published, dict) and isinstance(recounted, dict):
        same = {
            key for key in published.keys() & recounted.keys() if published[key] == recounted[key]
        }
        published, recounted = (
            {key: value for key, value in tally.items() if key not in same}
            for tally in (published, recounted)
        )
    return f"published {_shortened(published)}, recounted {_shortened(recounted)}"


def _shortened(value: object) -> str:
    text = re.sub(r"\s+", " ", json.dumps(value, sort_keys=True))
    return text if len(text) < 200 else text[:200] + "…"


if __name__ == "__main__":
    sys.exit(main())
