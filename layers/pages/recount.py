"""Recount every number that Terang published, from the public journal that is published with them.

    python3 recount.py FOLDER

FOLDER is a copy of the public bucket, or an unpacked zip file of a summary. This file needs Python
3.9 or newer and nothing else: no package, no other file, no network. It is one file on purpose: you
can download it, read it from top to bottom, and keep your own copy. It shares no code with the
program that published the numbers.

For each `summaries/*/*.json` it reads the journal files that the summary names, checks their
digests, adds up their lines, and works out the whole document that must be there. It prints each
value that differs, is missing or too many, and each row of the CSV that the JSON does not give. A
journal has a line for each receipt (what one unit of posts came to) and for each case entry (one
thing that people did). Files are read line by line, so a large day needs no more memory than a
small one.
From top to bottom: the command, one summary, its notes and revisions, open cases, terms, journals,
sets, receipts, case entries, precision, prevalence and recall, the CSV, and how files are read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

Record = dict[str, Any]
Addend = tuple[str, str, int]
"""One addition: the name of a number, its key (COUNT if it is a plain count), and how many."""
Row = tuple[str, str, Any]
"""A row of the CSV: measure, key and value."""
Sums = defaultdict[str, Counter[str]]

COUNT = ""

RECEIPT_COUNTS = (
    "bytes", "lines", "records", "inspected", "repeats", "unknown_fields", "assumed_utc",
    "no_rules", "partly_read",
)  # fmt: skip
LEFT_OUT: Record = dict.fromkeys((*RECEIPT_COUNTS, "findings"), 0) | {
    "refused": {}, "by_rule": {}, "held": {}, "by_language": {}, "skipped": [], "first": "",
}  # fmt: skip
"""The fields that a receipt leaves out where they are 0 or empty."""

EVERY_DECISION = "decisions"
"""The key of `overturned_measures` that counts decisions. A decision may have several measures."""

NUMBERS = (
    ("units", "files_refused", *RECEIPT_COUNTS, "refused", "findings", "live", "shadow", "held",
     "copy_findings", "copy_groups"),
    ("refused_by_code", "by_rule", "held_by_rule", "by_category", "by_severity", "by_language",
     "skipped", "sets", "copy_groups_by_rule"),
)  # fmt: skip
"""The counts and the tallies of `numbers`, and below those of `cases`."""

CASES = (
    ("decisions", "decided", "partly_automated", "under_5_seconds", "untimed", "drawn",
     "second_reviews", "agreed", "overturned", "disputes", "disputes_implemented", "notices",
     "notice_items", "trusted_notices", "notices_answered", "groups", "grouped"),
    ("by_verdict", "by_measure", "by_ground", "decide_seconds", "notice_seconds", "by_moderator",
     "overturned_by", "overturned_measures", "reinstated", "complaints", "complaints_ended",
     "complaint_seconds", "disputes_ended", "dispute_seconds", "notices_by_category", "orders",
     "order_items", "orders_ended", "order_acknowledge_seconds", "order_effect_seconds",
     "suspended", "turned_away", "by_rule", "in_groups", "by_found_day", "reopened",
     "checks_changed", "posts", "audited", "floods_answered", "tried", "adopted"),
)  # fmt: skip
FIGURES = ("decided", "dismissed", "overturned", "precision", "low", "high", "with_copies")
"""What is said of a rule's errors. The last one is absent without groups of near copies."""

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
"""A provider or a period."""

JOURNAL = re.compile(rf"journal/{NAME.pattern}/{DAY.pattern}(\.[0-9]+)?\.jsonl")
DAY_LENGTH, MONTH_LENGTH = len("2026-11-25"), len("2026-11")
EARLIER = re.compile(r"\.r([0-9]+)$")
"""The end of the name of an earlier revision, of a summary or of a journal."""

SENTINEL = "sentinel"
"""The provider, and the pack, of the post that a stack sends itself. It is part of no sum."""

HURRIED_SECONDS = 5
Z = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution, for intervals of 95 %."""

DIGITS = 4
"""Decimals of a published share. It may be off by half of the last one."""

SAMPLE_AT_LEAST = 100
FOLLOWED_MONTHS = 13
TERM_GROUPS = 5
TRIED_AT_LEAST = 0.5
"""The least share of right findings, at the lower end, on which any stack lets a rule go live."""

MOST_SHOWN = 100
"""How many differences of one file are printed."""

NO_DECISIONS = "no decisions recorded yet"
NO_ADDRESS = (
    "No public address is set, so every rule runs in shadow:"
    " a rule proposes only where everybody can read it."
)
OPEN = {"notices": "notices_answered", "complaints": "complaints_ended",
        "disputes": "disputes_ended", "orders": "orders_ended"}  # fmt: skip
"""What cases may be open, and what ends them."""

AGES = ((1, "1 day or less"), (7, "2 to 7 days"), (30, "8 to 30 days"))
OLDER = "more than 30 days"
HEADER = "period,provider,measure,key,value"
FORMULA = frozenset("=+-@|%−")
TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""What begins a formula in a spreadsheet, and the classes of what turns the reading direction."""

NOTHING = object()
"""Stands for a field that is absent."""

MALFORMED = (
    *(ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError),
    *(NotImplementedError, RecursionError),
)
"""What a file raises that is damaged or has another form. It is reported as a difference."""


class MissingError(Exception):
    """Something without which a summary cannot be recounted is not here."""


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description="Recount every published number of Terang.")
    parser.add_argument("folder", type=Path, help="a copy of the public bucket, or an unpacked zip")
    return recount_command(parser.parse_args(arguments).folder)


def recount_command(folder: Path, /) -> int:
    """Print each difference. Return 0 without differences, 1 with some, 2 if nothing is here.

    Args:
        folder: A copy of the public bucket, or an unpacked zip file of a summary.
    """
    paths = sorted((folder / "summaries").glob("*/*.json"))
    if not paths:
        _print(f"{folder}: there is no summaries/ here; give a copy of the public bucket")
        return 2
    whole = _archived(folder)
    parts = [path for path in paths if not whole or _is_part(path, whole)]
    differing = sum([_print_all(folder, path, differences_of(folder, path)) for path in parts])
    others = sorted([*folder.glob("sets/*.json"), *folder.glob("signs/*.json")])
    wrong = sum([_print_all(folder, path, _other_differences(folder, path)) for path in others])
    also = f", and {wrong} other files" if wrong else ""
    left = f"; this zip lacks the journals of {len(paths) - len(parts)}" if paths != parts else ""
    _print(f"{len(parts)} summaries recounted, {differing} differ{also}{left}")
    return 1 if differing or wrong else 0


def _print_all(folder: Path, path: Path, differences: Iterable[str]) -> bool:
    """Print how a file differs, in at most MOST_SHOWN lines, and return whether it does."""
    shown = list(islice(differences, MOST_SHOWN))
    for difference in shown:
        _print(f"{path.relative_to(folder).as_posix()}: {difference}")
    return bool(shown)


def _print(text: str) -> None:
    """Print a line. A character that would control the terminal is printed as its escape."""
    print("".join(char if char.isprintable() else ascii(char)[1:-1] for char in text))  # noqa: T201


def _archived(folder: Path) -> Record:
    """Return the summary of which this is the unpacked zip, or {}."""
    name = read_object(folder / "manifest.json").get("summary")
    return read_object(folder / f"{name}.json")


def _is_part(path: Path, whole: Record) -> bool:
    """Return whether a zip has the journals of a summary: some only carry it on."""
    try:
        return all(file in whole["journal"] for file in read_object(path)["journal"])
    except MALFORMED:
        return True


# One summary


def differences_of(folder: Path, path: Path) -> Iterator[str]:
    """Yield how one summary differs from what its journal files add up to.

    A file that is damaged or missing is a difference too. The recount of what does not depend on
    it goes on.
    """
    recount, problem = None, ""
    try:
        if path.is_file():
            recount = Recount(folder, path)
            recount.run()
        else:
            problem = "is not a file"
    except MissingError as error:
        problem = str(error)
    except MALFORMED as error:
        problem = f"cannot be recounted: {problem_in(error)}"
    yield from recount.differences if recount else ()
    if problem:
        yield problem


@dataclass
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


class Recount:
    """The recount of one summary.

    `must` is the document that must be published; each step adds to it. `parts` are the summaries
    of which this one is the sum: of its days, or of a day the providers. A provider's day has none.
    `totals` are the sums of journal lines: all under `("", "")`, and of each day and provider.
    """

    def __init__(self, folder: Path, path: Path) -> None:
        """Read the summary. Its path says of what it must be one."""
        self.folder, self.path, self.summary = folder, path, parse_object(path.read_bytes())
        self.provider, self.period = path.parent.name, EARLIER.sub("", path.stem)
        earlier, is_month = EARLIER.search(path.stem), MONTH.fullmatch(self.period)
        self.earlier = int(earlier[1]) if earlier else 0
        self.is_in_zip = bool(_archived(folder))
        self.kind = "day" if DAY.fullmatch(self.period) else "month" if is_month else "campaign"
        self.must: Record = {"provider": self.provider, "kind": self.kind, "period": self.period}
        self.differences: list[str] = []
        self.totals: defaultdict[tuple[str, str], Totals] = defaultdict(Totals)
        self.went_live: list[Record] = []
        self.applied: list[PublishedSet] = []
        self.lacking: set[str] = set()

    def run(self) -> None:
        """Work out the document and compare it. If it is right, compare its CSV, if it has one."""
        summary, must = self.summary, self.must
        first, last = must["first_day"], must["last_day"] = self._ends()
        if not self.earlier:
            self.differences += _journals_left_out(self.folder, summary, self.provider, first, last)
        days = [] if self.kind == "day" else self._parts_of("days")
        providers = self._parts_of("providers") if self.provider == "all" else []
        self.parts, self.providers = days or providers, providers
        self.last = days[-1]["name"] if days else self.period
        self._add_journals()
        self._add_numbers()
        must["days"] = [self._line("days", part) for part in days]
        must["providers"] = [self._line("providers", part) for part in providers]
        is_over = self.kind == "day" or self.last == last
        must["provisional"] = not is_over or any(part["provisional"] for part in self.parts)
        if not self.parts:  # nothing here says whether the day was over
            must["provisional"] = summary["provisional"] and not (self.earlier or self.is_in_zip)
        self._add_cases()
        self._add_notes()
        self._add_revision()
        self.differences += _differences(summary, must)
        if not (self.differences or self.earlier):
            self.differences += _csv_differences(self.path.with_suffix(".csv"), summary)

    def _ends(self) -> tuple[str, str]:
        """Return the first and the last day. A later set may have moved those of a campaign."""
        if self.kind == "campaign":
            days = [days for one in self._sets() for days in one.campaigns.get(self.period, ())]
            firsts, lasts = ([pair[end] for pair in days] for end in (0, 1))
            first, last = self.summary["first_day"], self.summary["last_day"]
            return first if first in firsts else min(firsts), last if last in lasts else max(lasts)
        begin = date.fromisoformat(self.period if self.kind == "day" else f"{self.period}-01")
        following = (begin + timedelta(days=31)).replace(day=1)
        end = begin if self.kind == "day" else following - timedelta(days=1)
        return begin.isoformat(), end.isoformat()

    def _parts_of(self, which: str) -> list[Record]:
        """Return the summaries of the days or providers, in the revision that their line names."""
        revisions = {line["name"]: line["revision"] for line in self.summary[which]}
        room, names = self.folder / "summaries", sorted(revisions)
        if not self.earlier and which == "days":
            stems = (path.stem for path in (room / self.provider).glob("*.json"))
            first, last = self.must["first_day"], self.must["last_day"]
            names = sorted(day for day in stems if DAY.fullmatch(day) and first <= day <= last)
        elif not self.earlier:
            found = {path.parent.name for path in room.glob(f"*/{self.period}.json")}
            names = sorted(found - {"all", SENTINEL})
        parts = []
        for name in names:
            provider, period = (self.provider, name) if which == "days" else (name, self.period)
            part = _published(self.folder, provider, period, revisions.get(name))
            if not part:
                raise MissingError(f"{which}: revision {revisions[name]} of {name} is not here")
            parts.append(part | {"name": name})
        return parts

    def _line(self, which: str, part: Record) -> Record:
        """Return the line of a day or provider."""
        totals = self.totals[which, part["name"]]
        line = {name: part[name] for name in ("name", "provisional", "revision")}
        line |= {name: totals.receipts[name][COUNT] for name in ("inspected", "refused", "held")}
        line |= {name: totals.receipts[name][COUNT] for name in ("live", "shadow")}
        cases = totals.cases
        line |= {name: cases[name][COUNT] for name in ("decided", "overturned")}
        line["acted"] = sum(cases["by_ground"].values())
        line["removed"] = cases["by_measure"]["DECISION_VISIBILITY_CONTENT_REMOVED"]
        line["contested"] = sum(cases["complaints"].values()) + cases["disputes"][COUNT]
        return line | {"by_category": _positive(totals.receipts["by_category"])}

    def _add_numbers(self) -> None:
        numbers = _fields(NUMBERS, self.totals["", ""].receipts)
        numbers["first"], numbers["last"] = self.totals["", ""].days or ("", "")
        self.must["numbers"] = numbers
        self.applied = self._sets(numbers["sets"])
        if self.kind == "campaign":
            rules = {name: rule for one in self.applied for name, rule in one.rules.items()}
            packs = {name.rpartition("/")[0] for name, rule in rules.items()
                     if rule.campaign == self.period}  # fmt: skip
            for part in self.totals.values():
                part.cases = _of_packs(part.cases, packs)

    def _add_cases(self) -> None:
        sums, must = self.totals["", ""].cases, self.must
        must["cases"] = _fields(CASES, sums)
        found = "" if self.kind == "campaign" else f"{self.period}/"
        tallies = [_of_cohort(sums[name], found) for name in ("by_rule", "in_groups")]
        rules = {key.rpartition("/")[0] for key in must["numbers"]["by_rule"]}
        must["errors"] = _errors(tallies[0], tallies[1], rules, self.last)
        must["standing"] = self._standing(sums, rules) if self.kind == "month" else None
        if self.kind == "month" and not must["provisional"]:
            must["terms"] = self._terms(sums)
        for adoption in self.went_live:
            if problem := evidence_problem(adoption["evidence"], self._answers(adoption, sums)):
                self.differences.append(f"went_live {adoption['tried']}: {problem}")

    def _answers(self, adoption: Record, sums: Sums) -> Counter[str] | None:
        """Return the answers of a provider's people on a rule, by verdict, up to this month.

        None says that they are not here: those of a day are in earlier days, too.
        """
        if self.kind != "month" or self.provider == "all" or self.is_in_zip:
            return None
        stems = (path.stem for path in self.path.parent.glob("*.json"))
        months = [stem for stem in stems if MONTH.fullmatch(stem) and stem < self.period]
        read = (_published(self.folder, self.provider, month, None) for month in months)
        tallies = [sums["tried"], *(month.get("cases", {}).get("tried", {}) for month in read)]
        answers = Counter[str]()
        pack, _, rule = adoption["tried"].split("/")
        for key, count in (item for tally in tallies for item in tally.items()):
            of, _, what, verdict = key.split("/")
            answers[verdict] += count if (of, what) == (pack, rule) else 0
        return answers

    # Its notes and revisions

    def _add_notes(self) -> None:
        """Add what is said in addition to numbers.

        Of a provider's day, nothing here says which files and receipts these are, by private ids.
        Other summaries repeat them.
        """
        summary, must = self.summary, self.must
        newest = self.parts[-1:] if must["days"] else self.parts
        must["open_files"] = [note for part in newest for note in part["open_files"]]
        must["left_out"] = [left for part in self.parts for left in part["left_out"]]
        if not self.parts:
            must |= {name: summary[name] for name in ("open_files", "left_out")}
        must["paused"] = self._paused()
        must["went_live"] = [] if self.kind == "campaign" else self.went_live
        applied = [one.notice_hours for one in self.applied]
        hours, published = {one.notice_hours for one in self._sets()}, summary["notice_hours"]
        may_be = self.is_in_zip or published in hours or not hours
        must["notice_hours"] = min(applied, default=published if may_be else min(hours))
        must["public_url"] = summary["public_url"]
        must["all_in_shadow"] = "" if must["public_url"] else NO_ADDRESS
        if sentinel := self._sentinel():
            must["sentinel"] = sentinel

    def _paused(self) -> list[Record]:
        """Return the pauses of its parts, of the sets that were applied, and of the set in force.

        Nothing here says which set that was, so it may be any that has the published pause.
        """
        names, last = ("provider", "rule", "since", "why"), self.must["last_day"]
        noted = [note for part in self.parts for note in part["paused"]]
        pauses = {tuple(note[name] for name in names) for note in noted}
        if not self.parts:
            own = {pause for one in self.applied for pause in one.paused}
            pauses |= {pause for pause in own if pause[0] == self.provider}
        for note in self.summary["paused"]:
            pause = tuple(note[name] for name in names)
            if self.provider in {"all", pause[0]} and pause[2][:DAY_LENGTH] <= last:
                is_known = self.is_in_zip or any(pause in one.paused for one in self._sets())
                pauses |= {pause} if is_known else set()
        return [dict(zip(names, pause)) for pause in sorted(pauses)]

    def _sentinel(self) -> Record | None:
        """Return on which days the sentinel post was found, from the summaries of these days."""
        if self.provider != "all" or self.kind == "campaign":
            return None
        if self.kind == "month":
            known = [day["sentinel"] for day in self.parts if "sentinel" in day]
            missed = [day for part in known for day in part["missed"]]
            found = sum(part["found"] for part in known)
            return {"found": found, "missed": missed} if known else None
        is_found, is_missed = {"found": 1, "missed": []}, {"found": 0, "missed": [self.period]}
        day = read_object(self.folder / f"summaries/{SENTINEL}/{self.period}.json")
        by_rule = day["numbers"]["by_rule"] if day else {}
        must = is_missed if day and not day["provisional"] else None
        must = is_found if any(key.startswith(f"{SENTINEL}/") for key in by_rule) else must
        published: Record | None = self.summary.get("sentinel")
        # The day of the sentinel may have been found later than an earlier revision says.
        return published if self.earlier and published in (None, is_missed) else must

    def _add_revision(self) -> None:
        """Add which revision it is, and what it changed. A zip may lack the one before."""
        must, names = self.must, ("revision", "why_revised", "changes")
        paths = self.path.parent.glob(f"{self.period}.r*.json")
        kept = [int(match[1]) for path in paths if (match := EARLIER.search(path.stem))]
        must["revision"] = self.earlier or max(kept, default=0) + 1
        must["why_revised"], must["changes"] = "", []
        if self.is_in_zip and not kept:
            must |= {name: self.summary[name] for name in names}
        elif (before := must["revision"] - 1) > 0:
            earlier = read_object(self.path.with_name(f"{self.period}.r{before}.json"))
            if not earlier:
                raise MissingError(f"its revision {before} is not here")
            old, new = self._counted(earlier), self._counted(self.summary)
            must["changes"] = changes = [
                {"measure": at[0], "key": at[1], "before": old.get(at), "after": new.get(at)}
                for at in sorted(old.keys() | new.keys())
                if old.get(at) != new.get(at)
            ]
            must["why_revised"] = _why_revised(changes, before)
            published = self.summary["changes"]
            if sorted(published, key=lambda change: (change["measure"], change["key"])) == changes:
                must["changes"] = published

    def _counted(self, summary: Record) -> dict[tuple[str, str], Any]:
        """Return what counts as a change of this summary, by measure and key."""
        rows = [*_rows_of(summary["numbers"]), *_rows_of(summary["cases"], "cases.{}")]
        if "sentinel" in summary:
            rows.append(("sentinel_found", "", summary["sentinel"]["found"]))
        for left in summary["left_out"]:
            key = f"{left['provider']}/{left['day']}/{left['receipt']}"
            rows.append(("left_out", key, left["why"]))
        if self.parts:
            rows += [("journal", file["path"], file["sha256"]) for file in summary["journal"]]
        return {(measure, key): value for measure, key, value in rows}

    # The open cases at the end of a month, and how the findings of earlier months stood by then

    def _standing(self, sums: Sums, rules: set[str]) -> Record:
        before, earlier = self._month_before()
        findings = Counter[str](earlier.get("open_findings", {}))
        findings.update({day["name"]: day["live"] for day in self.must["days"]})
        findings.update(sums["reopened"])
        findings.subtract(sums["by_found_day"])
        standing = {"day": self.last, "before": before, "open_findings": _positive(findings)}
        for name, ended in OPEN.items():
            left = earlier.get(f"open_{name}", 0) + _total(sums[name]) - _total(sums[ended])
            standing[f"open_{name}"] = max(0, left)
        starts = {cohort["month"]: cohort for cohort in earlier.get("cohorts", ())}
        months = [self.period, *(month for month in starts if month < self.period)]
        starts[self.period] = {}
        standing["cohorts"] = [
            self._cohort(month, starts[month], sums, rules) for month in months[:FOLLOWED_MONTHS]
        ]
        return standing

    def _month_before(self) -> tuple[Record | None, Record]:
        """Return the newest month before this one and its `standing`; None and {} without one."""
        stems = (path.stem for path in self.path.parent.glob("*.json"))
        months = [stem for stem in stems if MONTH.fullmatch(stem) and stem < self.period]
        if not months:
            return None, {}
        named = (self.summary["standing"] or {}).get("before") or {}
        month = _published(self.folder, self.provider, max(months), named.get("revision"))
        if not month:
            raise MissingError(f"standing: the month before, {_json(named)}, is not here")
        return {"period": max(months), "revision": month["revision"]}, month["standing"]

    def _cohort(self, month: str, start: Record, sums: Sums, rules: set[str]) -> Record:
        """Return the findings of a month as of now. `start` is how they stood a month before."""
        counts = start or self.must["numbers"]
        cohort = {"month": month, "inspected": counts["inspected"], "live": counts["live"]}
        cohort["measures"] = start["measures"] if start else _positive(sums["by_measure"])
        for name in ("by_rule", "posts", "audited", "in_groups", "overturned_measures"):
            tally = Counter[str](start.get(name, {}))
            tally.update(_of_cohort(sums[name], f"{month}/"))
            cohort[name] = _positive(tally)
        rules = set(start["errors"]["by_rule"]) if start else rules
        cohort["errors"] = _errors(cohort["by_rule"], cohort["in_groups"], rules, self.last)
        cohort["strata"] = _strata(cohort["posts"], cohort["audited"], cohort["inspected"])
        return cohort

    # The evidence by term. The journal never says what decided one finding, so the totals are
    # checked against each other, the decisions on their rule, and the card of their pack

    def _terms(self, sums: Sums) -> Record:
        decided, totals = Counter[str](), defaultdict[tuple[str, str], Counter[str]](Counter)
        for key, count in sums["by_rule"].items():
            decided["/".join(key.split("/")[1:4])] += count
        for part in self.providers if self.provider == "all" else [self.summary]:
            for rule, evidence in part.get("terms", {}).items():
                for term, row in evidence["terms"].items():
                    counts = {name: row[name] for name in ("groups", "stood", "findings")}
                    totals[rule, term].update(counts)
        terms: Record = {}
        for (rule, term), said in totals.items():
            groups, stood, findings = said["groups"], said["stood"], said["findings"]
            if not (TERM_GROUPS <= groups <= findings <= decided[rule] and 0 <= stood <= groups):
                self.differences.append(f"terms {rule} {term}: its totals cannot be")
                continue
            pack, (low, high) = rule.rpartition("/")[0], _interval(stood, groups)
            bar = next((one.bars[pack] for one in self._sets() if pack in one.bars), None)
            if bar is None and self.is_in_zip:  # its set may be of an earlier month
                bar = self.summary["terms"][rule]["bar"]
            misleads = bar is not None and round(high, DIGITS) < bar
            row = dict(said) | {"low": low, "high": high, "misleads": misleads}
            terms.setdefault(rule, {"bar": bar, "terms": {}})["terms"][term] = row
        return terms

    # Its journals and sets

    def _add_journals(self) -> None:
        """Add up the journal files of the parts, or those of the day."""
        files = [dict(file) for part in self.parts for file in part["journal"]]
        if not self.parts:
            stem = f"journal/{self.provider}/{self.period}"
            for number, file in enumerate(self.summary["journal"]):
                path = f"{stem}.{number}.jsonl" if number else f"{stem}.jsonl"
                files.append({"path": path, "sha256": file["sha256"]})
        for file in files:
            file["lines"] = self._add_journal(file, _journal_of(self.folder, file))
        if self.lacking:
            paths = ", ".join(f"sets/{digest}.json" for digest in sorted(self.lacking))
            raise MissingError(
                f"{paths} is not here, or is another file: put it there."
                " The site has it at the same path, and so has the zip of the month"
            )
        self.must["journal"] = files

    def _add_journal(self, file: Record, path: Path) -> int:
        """Add a journal's lines to the whole, its provider and its day. Return how many it has."""
        name = file["path"]
        _, provider, day = name.split("/")
        keys = ("", ""), ("providers", provider), ("days", day[:DAY_LENGTH])
        receipts = [self.totals[key].receipts for key in keys]
        cases = [self.totals[key].cases for key in keys]
        campaign = self.period if self.kind == "campaign" else None
        found_length = DAY_LENGTH if self.kind == "day" else MONTH_LENGTH
        names: list[str] = []
        counted = 0
        with path.open("rb") as lines:
            for number, written in enumerate(lines, 1):
                try:
                    line = parse_object(written)
                    if line["kind"] == "names":
                        names += line["names"]
                        continue
                    counted += 1
                    if line["kind"] == "case":
                        if line["type"] == "adoption":
                            note = {"provider": provider, "day": day[:DAY_LENGTH]}
                            note |= {of: line[of] for of in ("tried", "band", "evidence")}
                            self.went_live.append(note)
                        _add_to(cases, case_addends(line, found_length))
                        continue
                    if line["kind"] == "copies":
                        self.differences += _copy_problems(line)
                        _add_to(receipts, copy_addends(line, campaign))
                        continue
                    line = whole_line(line, counted, names)
                    self.differences += _receipt_problems(line)
                    rules = self._rules_of(line)
                    _add_to(receipts, receipt_addends(line, rules, campaign))
                    for key in keys:
                        self.totals[key].add_days(line["first"], line["last"])
                except MALFORMED as error:
                    problem = f"{name} line {number} cannot be added: {problem_in(error)}"
                    self.differences.append(problem)
        return counted

    def _rules_of(self, line: Record) -> Mapping[str, PublishedRule]:
        """Return the rules of the set that a receipt names, and note what is not among them."""
        known = _set_of(self.folder, line["set"]) if line["set"] else None
        if line["set"] and known is None:
            self.lacking.add(line["set"])
            return {}
        rules = known.rules if known else {}
        for rule in sorted({key.rpartition("/")[0] for key in line["by_rule"]} - rules.keys()):
            of = f"the set {line['set'][:12]}"
            self.differences.append(f"receipt {line['n']}: {rule} is not a rule of {of}")
        return rules

    def _sets(self, digests: Iterable[str] | None = None) -> list[PublishedSet]:
        """Return the sets of these digests, or all that are here."""
        stems = (path.stem for path in sorted(self.folder.glob("sets/*.json")))
        known = (_set_of(self.folder, digest) for digest in (stems if digests is None else digests))
        return [one for one in known if one]


def _add_to(every: Iterable[Sums], addends: Iterable[Addend]) -> None:
    """Add addends to each of these sums, or to none if one of them cannot be read."""
    read = list(addends)
    for sums in every:
        for name, key, count in read:
            sums[name][key] += count


def _fields(names: tuple[Sequence[str], Sequence[str]], sums: Sums) -> Record:
    must: Record = {name: sums[name][COUNT] for name in names[0]}
    return must | {name: _positive(sums[name]) for name in names[1]}


def _positive(counts: Mapping[str, int]) -> dict[str, int]:
    return {key: count for key, count in counts.items() if count > 0}


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _of_cohort(tally: Mapping[str, int], found: str) -> Counter[str]:
    """Return what was found then, or ever, without the day or month before each key."""
    cohort = Counter[str]()
    for key, count in tally.items():
        if key.startswith(found):
            cohort[key.partition("/")[2]] += count
    return cohort


def _why_revised(changes: Sequence[Record], before: int) -> str:
    """Return why there is a new revision, as far as its changes show it."""
    late, left, sorts = 0, 0, set()
    for change in changes:
        old, new = change["before"], change["after"]
        sorts.add(change["measure"].partition(".")[0])
        late += (new or 0) - (old or 0) if change["measure"] == "units" else 0
        left += (new is not None) - (old is not None) if change["measure"] == "left_out" else 0
    count = left if left > 0 else abs(late)
    units, were = f"{count:,} unit{'s' * (count != 1)}", "was" if count == 1 else "were"
    if left > 0:
        it = "it" if count == 1 else "they"
        return f"{units} counted before did not close when {it} {were} read again."
    if late > 0:
        return f"{units} came to the journal after revision {before:,}."
    if late < 0:
        return f"{units} of revision {before:,} {were} no longer in the journal."
    if sorts - {"journal", "left_out"} == {"cases"}:
        return f"Case entries came to the journal after revision {before:,}."
    return f"The journal differed from the one that revision {before:,} added up."


def _journals_left_out(
    folder: Path, summary: Record, provider: str, first: str, last: str
) -> Iterator[str]:
    """Yield the journals that are in the folder and in the period, and were not counted."""
    providers = "*" if provider == "all" else provider
    counted = {journal["path"] for journal in summary["journal"]}
    for path in sorted(folder.glob(f"journal/{providers}/*.jsonl")):
        if providers == "*" and path.parent.name == SENTINEL:
            continue
        name = path.relative_to(folder).as_posix()
        in_period = first <= path.stem[:DAY_LENGTH] <= last
        if in_period and name not in counted and not EARLIER.search(path.stem):
            yield f"{name} is in the period and is not among its journals"


def _journal_of(folder: Path, file: Record) -> Path:
    """Return the journal of that digest: the file itself or an earlier revision of it."""
    if JOURNAL.fullmatch(file["path"]):
        path: Path = folder / file["path"]
        for candidate in (path, *sorted(path.parent.glob(f"{path.stem}.r*.jsonl"))):
            if candidate.is_file() and _digest_of(candidate) == file["sha256"]:
                return candidate
    raise MissingError(f"{file['path']} is missing, or is not the file that was counted")


def _published(folder: Path, provider: str, period: str, revision: int | None) -> Record:
    """Return a summary in that revision, or the newest one for None; {} if it is not here."""
    if NAME.fullmatch(provider) and NAME.fullmatch(period):
        newest = folder / f"summaries/{provider}/{period}.json"
        for path in (newest, newest.with_name(f"{period}.r{revision}.json")):
            summary = read_object(path)
            if summary and revision in {None, summary["revision"]}:
                return summary
    return {}


def whole_line(short: Record, number: int, names: Sequence[str]) -> Record:
    """Return the receipt of that number with all fields, and the names for its numbers."""

    def named(place: Any) -> str:
        if int(place) < 0:
            raise IndexError("a number below 0")
        return names[int(place)]

    line = LEFT_OUT | short | {"n": number}
    for name in ("by_rule", "held"):
        line[name] = {named(place): count for place, count in line[name].items()}
    line["skipped"] = [named(place) for place in line["skipped"]]
    line["set"] = named(line["set"]) if "set" in short else ""
    line.setdefault("last", line["first"])
    return line


class PublishedRule(NamedTuple):
    """What a set says of a rule."""

    category: str
    severity: str
    campaign: str | None


class PublishedSet(NamedTuple):
    """What a set says: `rules` by `pack/version/rule`, and the days of each campaign's packs.

    `bars` are the precisions that cards promise, by `pack/version`; a pause is its provider, rule,
    since and why.
    """

    rules: dict[str, PublishedRule]
    campaigns: dict[str, list[tuple[str, str]]]
    bars: dict[str, float | None]
    paused: set[tuple[str, ...]]
    notice_hours: int


def _set_of(folder: Path, digest: str) -> PublishedSet | None:
    """Return a set, or None if its file is not here, is another one, or cannot be read."""
    try:
        return _read_set(folder / f"sets/{digest}.json")
    except MALFORMED:
        return None


@cache
def _read_set(path: Path) -> PublishedSet:
    if not path.is_file() or _digest_of(path) != path.stem:
        raise ValueError("another file")
    whole = parse_object(path.read_bytes())
    found = PublishedSet({}, {}, {}, set(), whole["notice_hours"])
    for pack in whole["packs"]:
        name, campaign = f"{pack['id']}/{pack['version']}", pack.get("campaign")
        if campaign:
            days = pack["in_force"]["from"], pack["in_force"]["until"]
            found.campaigns.setdefault(campaign, []).append(days)
        held_back = pack.get("card", {}).get("held_back", ())
        promised = [row["precision"]["low"] for row in held_back if row["at"] == "threshold"]
        found.bars[name] = min(promised, default=None)
        for rule in pack["rules"]:
            category = rule.get("category") or pack["category"]
            said = PublishedRule(category, rule["severity"], campaign)
            found.rules[f"{name}/{rule['id']}"] = said
    for provider, settings in whole.get("providers", {}).items():
        for pause in settings.get("paused", ()):
            found.paused.add((provider, pause["rule"], pause["since"], pause["why"]))
    return found


# Receipts


def _receipt_problems(line: Record) -> Iterator[str]:
    """Yield which sums within one receipt do not close."""
    if line["records"] != line["inspected"] + sum(line["refused"].values()):
        yield f"receipt {line['n']} does not close: its records are not inspected plus refused"
    if sum(line["by_rule"].values()) != line["findings"]:
        yield f"receipt {line['n']} does not close: its findings are not those of its rules"
    if line["no_rules"] not in {0, line["inspected"]}:
        yield f"receipt {line['n']} does not close: a unit has rules for all of its posts, or none"


def receipt_addends(
    line: Record, rules: Mapping[str, PublishedRule], campaign: str | None
) -> Iterator[Addend]:
    """Yield what a receipt adds. A campaign counts only the findings of its own packs."""
    for name in RECEIPT_COUNTS:
        yield name, COUNT, line[name]
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
        for what in (EVERY_DECISION, *line.get("undoes", ())):
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
        yield "untimed", COUNT, int("review_seconds" not in line)
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
    "adoption": lambda line: [("adopted", f"{line['tried']}/{line['band']}", 1)],
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
    "turned_away": lambda line: [("turned_away", line["why"], 1)],
    "bundle": lambda _: [],  # a line, and no number
    "trial": lambda line: [("tried", f"{line['tried']}/{line['verdict']}", 1)],
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


# Precision


def _errors(
    by_rule: Mapping[str, int], in_groups: Mapping[str, int], rules: Iterable[str], as_of: str
) -> Record:
    """Return the precision of all and of each rule, from `pack/version/rule/mode/result`.

    `in_groups` are the findings of groups of near copies that do not count in `by_rule`. Each of
    `rules` has an entry.
    """
    results, copies = _by_rule_and_all(by_rule), _by_rule_and_all(in_groups)
    errors = _precision(results.pop(COUNT, Counter()), copies[COUNT])
    is_decided = errors["decided"] is not None
    errors["by_rule"] = {
        rule: _precision(results[rule], copies[rule]) for rule in {*rules, *results}
    }
    errors["as_of"] = as_of if is_decided else ""
    errors["note"] = "" if is_decided else NO_DECISIONS
    return errors


def _by_rule_and_all(tally: Mapping[str, int]) -> Sums:
    results: Sums = defaultdict(Counter)
    for key, count in tally.items():
        rule, _, result = key.rsplit("/", 2)
        results[rule][result] += count
        results[COUNT][result] += count
    return results


def _precision(counts: Counter[str], copies: Counter[str]) -> Record:
    confirmed = counts["confirmed"] - counts["confirmed_anew"]
    dismissed = counts["dismissed"] - counts["dismissed_anew"]
    decided = confirmed + dismissed
    if decided <= 0:
        return dict.fromkeys(FIGURES[:-1])
    judged, open_again = ("confirmed", "dismissed"), ("confirmed_anew", "dismissed_anew")
    more = sum(copies[name] for name in judged) - sum(copies[name] for name in open_again)
    upheld = min(decided, max(0, confirmed - counts["overturned"] + counts["restored"]))
    figures: Record = {"decided": decided, "dismissed": dismissed}
    figures |= {"overturned": counts["overturned"], "precision": upheld / decided}
    figures["low"], figures["high"] = _interval(upheld, decided)
    return figures | ({"with_copies": decided + more} if more else {})


def _interval(count: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval: the roots p of (p - count/of)² = Z² p (1 - p) / of."""
    a, b, c = 1 + Z * Z / of, -(2 * count / of + Z * Z / of), (count / of) ** 2
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def evidence_problem(said: Mapping[str, Any], answers: Counter[str] | None) -> str:
    """Return why the evidence of an adoption cannot be, or an empty text.

    Each group was answered once, and some twice. Which groups a look took is not published, so
    there may be more answers than it needs.
    """
    found = Counter(said)
    judged, right, twice = found["judged"], found["right"], found["twice"]
    whole = right + found["wrong"] + found["cannot_tell"]
    if not (0 < judged == whole and 0 <= found["agreed"] <= twice <= judged and found["people"]):
        return "its evidence does not add up"
    low, high = _interval(right, judged)
    if not (_agree(found["low"], low) and _agree(found["high"], high)):
        return "its interval is not that of its evidence"
    if found["low"] < TRIED_AT_LEAST:
        return "its evidence is too weak for any stack"
    if answers is None or (
        judged + twice <= _total(answers)
        and right <= answers["right"]
        and found["people"] <= _total(answers)
    ):
        return ""
    return "it claims more judgements than the journal has"


# Prevalence and recall, from the audit sample and what people confirmed


def _strata(posts: Mapping[str, int], audited: Mapping[str, int], inspected: int) -> Record:
    """Return the numbers of each category that was confirmed or sampled, and of all."""
    confirmed, violating = Counter[str](), Counter[str]()
    for key, count in posts.items():
        category, _, result = key.rpartition("/")
        confirmed[category] += -count if result in {"overturned", "confirmed_anew"} else count
    for key, count in audited.items():
        violating[key.partition("/")[2]] += count if key.startswith("violating/") else 0
    del violating[""]
    sampled = audited.get("violating", 0) + audited.get("not_violating", 0)
    categories = confirmed.keys() | violating.keys()
    if not (categories or sampled):
        return {}
    whole = _total(_positive(confirmed)), audited.get("violating", 0)
    return {"all": _stratum(*whole, sampled, inspected)} | {
        name: _stratum(max(0, confirmed[name]), violating[name], sampled, inspected)
        for name in categories
    }


def _stratum(confirmed: int, violating: int, sampled: int, inspected: int) -> Record:
    """Return the numbers of one category. Shares are blank where too few posts were looked at.

    The sample is of posts that no rule met. Its share of violating posts, times the number of
    such posts, is what the rules missed.
    """
    too_few = f"only {sampled} of the {SAMPLE_AT_LEAST} that are needed" if sampled else "none yet"
    blank = _share(note=too_few if sampled < SAMPLE_AT_LEAST else "")
    stratum: Record = {"confirmed": confirmed, "prevalence": blank, "recall": blank}
    stratum["missed"] = blank | {"count": violating, "of": sampled}
    if sampled < SAMPLE_AT_LEAST:
        return stratum
    shares = violating / sampled, *_interval(violating, sampled)
    stratum["missed"] |= _share(shares)
    if not inspected:
        return stratum
    posts = [confirmed + max(0, inspected - confirmed) * share for share in shares]
    stratum["prevalence"] = _share([count / inspected for count in posts])
    likely, fewest, most = posts
    if likely:  # the more were missed, the lower is the recall
        recalls = [confirmed / count if count else 0.0 for count in (likely, most, fewest)]
        stratum["recall"] = _share(recalls)
    else:
        stratum["recall"] = _share(note="no violating post is known")
    return stratum


def _share(of: Sequence[float | None] = (None, None, None), note: str = "") -> Record:
    return {"share": of[0], "low": of[1], "high": of[2], "note": note}


# The CSV


def _csv_differences(path: Path, summary: Record) -> Iterator[str]:
    """Yield the rows of a CSV that its JSON does not give, and those that it lacks."""
    cells = ((summary["period"], summary["provider"], *row) for row in _csv_rows(summary))
    must = Counter([HEADER, *(",".join(map(_cell, row)) for row in cells), ""])
    try:
        if not path.is_file():
            yield f"{path.name} is not here, or is not a file"
            return
        rows = Counter(path.read_bytes().decode("utf-8").replace("\r\n", "\n").split("\n"))
    except MALFORMED as error:
        yield f"{path.name} cannot be read: {problem_in(error)}"
        return
    for row in (rows - must).elements():
        yield f"{path.name} says {row[:200]}, which the JSON does not"
    for row in (must - rows).elements():
        yield f"{path.name} lacks {row[:200]}"


def _csv_rows(summary: Record) -> Iterator[Row]:
    yield "revision", "", summary["revision"]
    yield "provisional", "", int(summary["provisional"])
    yield from _rows_of(summary["numbers"])
    yield "open_files", "", len(summary["open_files"])
    yield "left_out", "", len(summary["left_out"])
    if "sentinel" in summary:
        yield "sentinel_found", "", summary["sentinel"]["found"]
        yield "sentinel_missed", "", len(summary["sentinel"]["missed"])
    yield from _chosen(summary["errors"], FIGURES)
    for rule, errors in summary["errors"]["by_rule"].items():
        yield from _chosen(errors, FIGURES, "{}_by_rule", rule)
    yield from _rows_of(summary["cases"], "cases.{}")
    for clock in ("decide", "notice", "complaint", "dispute"):
        took = summary["cases"][f"{clock}_seconds"]
        yield f"{clock}_median_hours", "", _decile(took, 5)
        yield f"{clock}_p90_hours", "", _decile(took, 9)
    if standing := summary["standing"]:
        yield from _ages(standing)
        yield from _chosen(standing, [f"open_{of}" for of in OPEN])
        for cohort in standing["cohorts"]:
            month = cohort["month"]
            yield "cohort_live", month, cohort["live"]
            yield from _chosen(cohort["errors"], FIGURES, "cohort_{}", month)
            for category, stratum in cohort["strata"].items():
                for name in ("prevalence", "recall"):
                    key, share = f"{month}/{category}", stratum[name]
                    yield from _chosen(share, ["share"], f"cohort_{name}", key)
                    yield from _chosen(share, ["low", "high"], f"cohort_{name}_{{}}", key)


def _rows_of(numbers: Record, form: str = "{}") -> Iterator[Row]:
    for name, value in numbers.items():
        if isinstance(value, dict):
            yield from ((form.format(name), key, count) for key, count in value.items())
        elif value != "":
            yield form.format(name), "", value


def _chosen(of: Record, names: Iterable[str], form: str = "{}", key: str = "") -> Iterator[Row]:
    for name in names:
        if name in of:
            yield form.format(name), key, "" if of[name] is None else of[name]


def _ages(standing: Record) -> Iterator[Row]:
    day, waited = date.fromisoformat(standing["day"]), Counter[str]()
    for found, count in standing["open_findings"].items():
        days = (day - date.fromisoformat(found)).days
        waited[next((age for most, age in AGES if days <= most), OLDER)] += count
    for age in (*(age for _, age in AGES), OLDER):
        yield "open_findings", age, waited[age]


def _decile(seconds: Mapping[str, int], tenths: int) -> float | str:
    """Return the hours that so many tenths took at most, interpolated, or "" if nothing ended."""
    lengths = [int(length) for length in Counter(seconds).elements()]
    if not lengths:
        return ""
    deciles = quantiles(lengths * 2 if len(lengths) == 1 else lengths, n=10, method="inclusive")
    return round(deciles[tenths - 1] / 3600, 3)


def _cell(value: object) -> str:
    """Return a number as it is, and a text quoted, without formulas or control characters."""
    if not isinstance(value, str):
        return str(value)
    unseen, shown = {"Cc", "Cf", "Mn", "Zs"}, ""
    for char in value:
        is_line_end = unicodedata.category(char) in {"Cc", "Zl", "Zp"}
        shown += "\ufffd" if is_line_end or unicodedata.bidirectional(char) in TURNS else char
    first = next((char for char in shown if unicodedata.category(char) not in unseen), "")
    sign = "'" if unicodedata.normalize("NFKC", first)[:1] in FORMULA else ""
    return '"' + sign + shown.replace('"', '""') + '"'


# Reading files, and saying how they differ


def _other_differences(folder: Path, path: Path) -> Iterator[str]:
    """Yield how a set or sign differs from its name, or the pointer from the sets that are here."""
    try:
        if path.name != "current.json":
            if not path.is_file() or _digest_of(path) != path.stem:
                yield "is not the file that its name says"
            return
        pointer = parse_object(path.read_bytes())
        sets = [pointer, *pointer.get("earlier", ())]
        must = {name: pointer[name] for name in ("set", "since", "earlier") if name in pointer}
        if "earlier" in must:  # each set ended when the next one began
            must["earlier"] = [
                {"set": one["set"], "since": one["since"], "until": later["since"]}
                for one, later in zip(sets[1:], sets)
            ]
        yield from _differences(pointer, must)
        for one in sets:
            if not (folder / f"sets/{one['set']}.json").is_file():
                yield f"sets/{one['set']}.json is not here"
    except MALFORMED as error:
        yield f"cannot be read: {problem_in(error)}"


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


def _digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def problem_in(error: BaseException) -> str:
    """Return in words why a file cannot be read or added up."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}"
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, (UnicodeDecodeError, json.JSONDecodeError)):
        return f"not JSON in UTF-8 ({error})"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return f"it has another form ({error})"


def _differences(published: Any, must: Any, place: str = "") -> Iterator[str]:
    """Yield each place in which two documents differ; the differing keys of a tally in one line."""
    if isinstance(published, dict) and isinstance(must, dict) and not _is_tally(published, must):
        for name in {**must, **published}:
            inner = f"{place}.{name}" if place else name
            yield from _differences(published.get(name, NOTHING), must.get(name, NOTHING), inner)
    elif isinstance(published, list) and isinstance(must, list) and len(published) == len(must):
        for number, (old, new) in enumerate(zip(published, must)):
            named = new if isinstance(new, dict) else {}
            names = [named[name] for name in ("name", "month", "path") if name in named]
            yield from _differences(old, new, f"{place}.{names[0] if names else number}")
    elif not _agree(published, must):
        yield f"{place}: {_differ(published, must)}"


def _is_tally(*tallies: Record) -> bool:
    return all(isinstance(count, int) for tally in tallies for count in tally.values())


def _agree(published: object, must: object) -> bool:
    """Return whether two values are the same; a share, if it is the other one rounded."""
    if published is NOTHING or must is NOTHING:
        return False
    if isinstance(published, float) and isinstance(must, float) and published != must:
        is_rounded = published == round(published, DIGITS)
        return is_rounded and abs(published - must) < 0.5 * 10**-DIGITS + 1e-9
    return _json(published) == _json(must)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _differ(published: object, must: object) -> str:
    """Return both values in words; of two tallies only the keys that differ.

    >>> _differ({"a": 1, "b": 2}, {"a": 1, "b": 3})
    'published {"b": 2}, recounted {"b": 3}'
    """
    if isinstance(published, dict) and isinstance(must, dict):
        same = {key for key in published.keys() & must.keys() if published[key] == must[key]}
        published, must = (
            {key: value for key, value in tally.items() if key not in same}
            for tally in (published, must)
        )
    before = "not published" if published is NOTHING else f"published {_shortened(published)}"
    return f"{before}, " + ("not recounted" if must is NOTHING else f"recounted {_shortened(must)}")


def _shortened(value: object) -> str:
    text = re.sub(r"\s+", " ", _json(value))
    return text if len(text) < 200 else text[:200] + "…"


if __name__ == "__main__":
    sys.exit(main())
