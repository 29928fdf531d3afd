"""What `terang recount` checks of what is open at a month's end, and of precision and recall.

It shares no code with what published them, and uses nothing but the standard library.
"""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

type Record = dict[str, Any]
type Sums = defaultdict[str, Counter[str]]

COUNT = ""
"""The one key of what is a count and no tally."""

Z = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution."""

SAMPLE_AT_LEAST = 100
FOLLOWED_MONTHS = 13


def error_differences(summary: Record, by_rule: Counter[str]) -> Iterator[str]:
    """The precision of the period's own findings."""
    own = Counter[str]()
    for key, count in by_rule.items():
        found, _, rule = key.partition("/")
        if summary["kind"] == "campaign" or found == summary["period"]:
            own[rule] += count
    yield from _errors_of(summary["errors"], own, "errors")


def _errors_of(said: Record, own: Counter[str], where: str) -> Iterator[str]:
    rules: Sums = defaultdict(Counter)
    for key, count in own.items():
        rule, _, what = key.rsplit("/", 2)
        for name in (rule, COUNT):
            rules[name][what] += count
    for name, counts in rules.items():
        part = said if name == COUNT else said["by_rule"].get(name, {})
        for field, value in _judged(counts).items():
            if not _same(part.get(field), value):
                yield f"{where} {name} {field}: published {part.get(field)}, recounted {value}"


def _judged(counts: Counter[str]) -> dict[str, float | None]:
    confirmed = counts["confirmed"] - counts["confirmed_anew"]
    dismissed = counts["dismissed"] - counts["dismissed_anew"]
    decided = confirmed + dismissed
    if decided <= 0:
        return dict.fromkeys(("decided", "dismissed", "overturned", "precision", "low", "high"))
    stand = max(0, confirmed - counts["overturned"] + counts["restored"])
    low, high = _interval(stand, decided)
    return {
        "decided": decided,
        "dismissed": dismissed,
        "overturned": counts["overturned"],
        "precision": stand / decided,
        "low": low,
        "high": high,
    }


def _interval(count: int, of: int) -> tuple[float, float]:
    """Wilson's interval, as the roots of (p - share)² = z² p (1 - p) / n."""
    a, b, c = 1 + Z * Z / of, -(2 * count / of + Z * Z / of), (count / of) ** 2
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def standing_differences(folder: Path, summary: Record, sums: Sums) -> Iterator[str]:
    """What was open at the end of a month, and how earlier months stood by then."""
    said = summary["standing"]
    before = _before(folder, summary)
    if before is None:
        yield f"standing: the month before, {said['before']}, is not here"
        return
    opened = Counter[str](before.get("open_findings", {}))
    opened.update({day["name"]: day["live"] for day in summary["days"]})
    opened.update(sums["reopened"])
    opened.subtract(sums["by_found_day"])
    if said["open_findings"] != positive(opened):
        yield f"open_findings: {unlike(said['open_findings'], positive(opened))}"
    for name, ended in (
        ("notices", sums["notices_answered"]),
        ("complaints", sums["complaints_ended"]),
        ("disputes", sums["disputes_ended"]),
        ("orders", sums["orders_ended"]),
    ):
        left = before.get(f"open_{name}", 0) + sums[name].total() - ended.total()
        if said[f"open_{name}"] != max(0, left):
            yield f"open_{name}: published {said[f'open_{name}']}, recounted {left}"
    yield from _cohorts(said, before, summary, sums)


def _before(folder: Path, summary: Record) -> Record | None:
    """How cases stood after the month before; nothing if it is named and not here."""
    named = summary["standing"]["before"]
    if named is None:
        return {}
    stem = folder / f"summaries/{summary['provider']}/{named['period']}"
    for path in (stem.with_suffix(".json"), *stem.parent.glob(f"{stem.name}.r*.json")):
        earlier = record_of(path)
        if earlier and earlier["revision"] == named["revision"]:
            standing: Record = earlier["standing"]
            return standing
    return None


def _cohorts(said: Record, before: Record, summary: Record, sums: Sums) -> Iterator[str]:
    earlier = {one["month"]: one for one in before.get("cohorts", ())}
    wanted = [summary["period"], *(m for m in earlier if m < summary["period"])][:FOLLOWED_MONTHS]
    if [one["month"] for one in said["cohorts"]] != wanted:
        yield f"cohorts: they should be {', '.join(wanted)}"
        return
    for one in said["cohorts"]:
        month = one["month"]
        own = month == summary["period"]
        counts = summary["numbers"] if own else earlier[month]
        for name in ("inspected", "live"):
            if one[name] != counts[name]:
                yield f"cohort {month} {name}: published {one[name]}, recounted {counts[name]}"
        for name in ("by_rule", "posts", "audited"):
            added = Counter({} if own else earlier[month][name])
            for key, count in sums[name].items():
                found, _, rest = key.partition("/")
                added[rest] += count if found == month else 0
            if one[name] != positive(added):
                yield f"cohort {month} {name}: {unlike(one[name], positive(added))}"
        yield from _errors_of(one["errors"], Counter(one["by_rule"]), f"cohort {month}")
        yield from _strata(one)


def _strata(cohort: Record) -> Iterator[str]:
    """Prevalence and recall from the audit sample and what people confirmed."""
    audited, met = cohort["audited"], Counter[str]()
    for key, count in cohort["posts"].items():
        category, _, what = key.rpartition("/")
        met[category] += -count if what in {"overturned", "confirmed_anew"} else count
    looked = audited.get("violating", 0) + audited.get("not_violating", 0)
    for name, said in cohort["strata"].items():
        bad = audited.get("violating" if name == "all" else f"violating/{name}", 0)
        confirmed = met.total() if name == "all" else met[name]
        wanted = _stratum(confirmed, bad, looked, cohort["inspected"])
        for place, value in wanted.items():
            part, _, field = place.rpartition(".")
            found = said[part][field] if part else said[field]
            if not _same(found, value):
                yield f"cohort {cohort['month']} {name} {place}: published {found}, not {value}"


def _stratum(confirmed: int, bad: int, looked: int, inspected: int) -> Record:
    """What must be said of one stratum; all shares are blank where too few were looked at."""
    wanted: Record = {"confirmed": confirmed, "missed.count": bad, "missed.of": looked}
    for part in ("missed", "prevalence", "recall"):
        wanted |= dict.fromkeys((f"{part}.share", f"{part}.low", f"{part}.high"))
    if looked < SAMPLE_AT_LEAST or not inspected:
        return wanted
    low, high = _interval(bad, looked)
    ends = {"share": bad / looked, "low": low, "high": high}
    turned = {"share": "share", "low": "high", "high": "low"}
    for field, share in ends.items():
        missed = max(0, inspected - confirmed) * share
        wanted[f"missed.{field}"] = share
        wanted[f"prevalence.{field}"] = (confirmed + missed) / inspected
        if confirmed + bad:
            whole = confirmed + missed
            wanted[f"recall.{turned[field]}"] = confirmed / whole if whole else 0.0
    return wanted


def _same(said: float | None, recounted: float | None) -> bool:
    """Whether two numbers agree to the four decimals that are published."""
    if said is None or recounted is None:
        return said is recounted
    return abs(said - recounted) < 0.000_06


def positive(counts: Counter[str]) -> dict[str, int]:
    """A tally without what is nought."""
    return {key: count for key, count in counts.items() if count > 0}


def unlike(said: object, recounted: object) -> str:
    """Return how two values differ, in words; of two tallies only the keys that differ.

    >>> unlike({"a": 1, "b": 2}, {"a": 1, "b": 3})
    'published {"b": 2}, recounted {"b": 3}'
    """
    if isinstance(said, dict) and isinstance(recounted, dict):
        same = {key for key in said if key in recounted and said[key] == recounted[key]}
        said, recounted = (
            {key: value for key, value in tally.items() if key not in same}
            for tally in (said, recounted)
        )
    return f"published {_short(said)}, recounted {_short(recounted)}"


def _short(value: object) -> str:
    text = re.sub(r"\s+", " ", json.dumps(value, sort_keys=True))
    return text if len(text) < 200 else text[:200] + "…"


FORM = (
    *(ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError),
    *(NotImplementedError, RecursionError),
)
"""What a file of another form raises where it is added up. Whoever catches it says so."""


def fault(error: BaseException) -> str:
    """Return what is wrong with a file that cannot be read or has another form, in words."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}"
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, UnicodeDecodeError | json.JSONDecodeError):
        return f"no JSON or no UTF-8 ({error})"
    if isinstance(error, RecursionError):
        return "it nests too deep"
    return f"it has another form ({error})"


def json_of(data: bytes) -> Record:
    """Return the JSON object that these bytes are. Raises ValueError if they are none."""
    value = json.loads(data.decode("utf-8"))
    if not isinstance(value, dict):
        raise ValueError("no object of JSON")  # noqa: TRY004 - data, and not a caller's type
    return value


def record_of(path: Path) -> Record:
    """Return the JSON object of a file; an empty one if it is missing or cannot be read as one."""
    try:
        return json_of(path.read_bytes()) if path.is_file() else {}
    except FORM:
        return {}
