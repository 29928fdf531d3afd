"""What `terang recount` adds up of cases: its own sums over the public journal's case lines.

It shares no code with what published them, and uses nothing but the standard library.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from recount.standing import (
    COUNT,
    Record,
    Sums,
    error_differences,
    positive,
    record_of,
    standing_differences,
    unlike,
)


def _sums_of(lines: list[Record], cut: int) -> Sums:
    """The sums of case lines by name; days of findings are cut to their month in long periods."""
    sums: Sums = defaultdict(Counter)
    for line in lines:
        for name, key, count in _counted(line, cut):
            sums[name][key] += count
    return sums


def _counted(line: Record, cut: int) -> Iterator[tuple[str, str, int]]:
    """All that one line adds, as (name, key, count)."""
    kind, found = line["type"], line.get("found", {})
    if kind == "decision":
        yield from _decision(line, found, cut)
    elif kind == "correction":
        yield from _correction(line, found, cut)
    elif kind == "order":
        yield from _order(line)
    elif kind in SIMPLE:
        yield from SIMPLE[kind](line)
    if line.get("overturns"):
        yield "overturned", COUNT, 1
        yield "overturned_by", line.get("answers") or line["cause"], 1
        fell = "overturned" if line["about"] == "confirmed" else "restored"
        yield from _became(line, found, fell, cut)


def _outcome(line: Record) -> Iterator[tuple[str, str, int]]:
    yield f"{line['answers']}s_ended", line["outcome"], 1
    yield f"{line['answers']}_seconds", str(line["wait_seconds"]), 1
    yield "disputes_implemented", COUNT, int(line.get("implemented") or False)


def _second_review(line: Record) -> Iterator[tuple[str, str, int]]:
    yield "second_reviews", COUNT, 1
    yield "agreed", COUNT, int(line["verdict"] == line["about"])


def _notice(line: Record) -> Iterator[tuple[str, str, int]]:
    yield "notices", COUNT, 1
    yield "notice_items", COUNT, line.get("items", 0)
    yield "trusted_notices", COUNT, int(line.get("trusted_flagger", False))
    yield "notices_by_category", line["category"], 1


def _audit(line: Record) -> Iterator[tuple[str, str, int]]:
    yield "audited", f"{line['month']}/{line['verdict']}", 1
    if "category" in line:
        yield "audited", f"{line['month']}/{line['verdict']}/{line['category']}", 1


def _correction(line: Record, found: dict[str, int], cut: int) -> Iterator[tuple[str, str, int]]:
    yield "checks_changed", line["why"], 1
    if found:
        yield from _became(line, found, f"{line['about']}_anew", cut)
    for key, count in found.items():
        if key.rpartition("/")[2] == "live":
            yield "reopened", key[:10], count


SIMPLE: dict[str, Callable[[Record], Iterable[tuple[str, str, int]]]] = {
    "complaint": lambda line: [("complaints", line["by"], 1)],
    "dispute": lambda _line: [("disputes", COUNT, 1)],
    "reinstatement": lambda line: [("reinstated", line["cause"], 1)],
    "suspension": lambda line: [("suspended", line["why"], 1)],
    "outcome": _outcome,
    "second_review": _second_review,
    "notice": _notice,
    "audit": _audit,
}


def _decision(line: Record, found: dict[str, int], cut: int) -> Iterator[tuple[str, str, int]]:
    verdict = line["verdict"]
    yield "by_verdict", verdict, 1
    if verdict == "skipped":
        return
    yield "decisions", COUNT, 1
    yield "partly_automated", COUNT, int("automated" in line)
    yield "drawn", COUNT, int(line.get("drawn", False))
    yield "notices_answered", COUNT, int(line.get("answers") == "notice")
    yield "under_5_seconds", COUNT, int(line.get("review_seconds", 5) < 5)
    yield "by_moderator", f"{line['moderator']}/{verdict}", 1
    if "wait_seconds" in line:
        yield ("decide_seconds" if found else "notice_seconds"), str(line["wait_seconds"]), 1
    for measure in line.get("measures", ()):
        yield "by_measure", measure, 1
    if "measures" in line:
        yield "by_ground", line["ground"], 1
    yield from _became(line, found, verdict, cut)
    if verdict in {"confirmed", "dismissed"}:
        yield "decided", COUNT, sum(found.values())
        for key, count in found.items():
            if key.rpartition("/")[2] == "live":
                yield "by_found_day", key[:10], count


def _became(
    line: Record, found: dict[str, int], what: str, cut: int
) -> Iterator[tuple[str, str, int]]:
    for key, count in found.items():
        day, _, rule = key.partition("/")
        yield "by_rule", f"{day[:cut]}/{rule}/{what}", count
    if found and what not in {"dismissed", "escalated", "dismissed_anew"}:
        yield "posts", f"{min(found)[:cut]}/{line['category']}/{what}", 1


def _order(line: Record) -> Iterator[tuple[str, str, int]]:
    kind, country, authority = line["order"], line["country"], line["authority"]
    if line.get("received"):
        yield "orders", f"{kind}/{country}/{authority}", 1
        yield "order_items", f"{kind}/{country}/{authority}", line.get("items", 0)
    if "outcome" in line:
        yield "orders_ended", f"{kind}/{country}/{line['outcome']}/{authority}", 1
    for clock in ("acknowledge", "effect"):
        if f"{clock}_seconds" in line:
            seconds = line[f"{clock}_seconds"]
            yield f"order_{clock}_seconds", f"{kind}/{country}/{seconds}/{authority}", 1


def case_differences(folder: Path, summary: Record, lines: list[Record]) -> Iterator[str]:
    """What a summary says of cases and these lines do not bear out."""
    sums = sums_for(folder, summary, lines)
    for name, said in summary["cases"].items():
        counted = positive(sums[name]) if isinstance(said, dict) else sums[name][COUNT]
        if said != counted:
            yield f"cases.{name}: {unlike(said, counted)}"
    yield from error_differences(summary, sums["by_rule"])
    if summary["standing"]:
        yield from standing_differences(folder, summary, sums)


def sums_for(folder: Path, summary: Record, lines: list[Record]) -> Sums:
    """The sums of case lines as a summary wants them: of a campaign, of its packs' rules alone."""
    sums = _sums_of(lines, 10 if summary["kind"] == "day" else 7)
    return _of_campaign(folder, summary, sums) if summary["kind"] == "campaign" else sums


def _of_campaign(folder: Path, summary: Record, sums: Sums) -> Sums:
    """What is counted by rule, of the campaign's packs alone."""
    paths = [folder / f"sets/{digest}.json" for digest in summary["numbers"]["sets"]]
    packs = {
        f"{pack['id']}/{pack['version']}"
        for path in paths
        for pack in record_of(path).get("packs", ())
        if pack.get("campaign") == summary["period"]
    }
    chosen: Sums = defaultdict(Counter)
    for key, count in sums["by_rule"].items():
        if "/".join(key.split("/")[1:3]) in packs:
            chosen["by_rule"][key] += count
            chosen["decided"][COUNT] += count * key.endswith(("/confirmed", "/dismissed"))
    return chosen
