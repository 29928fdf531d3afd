"""How often people found Terang wrong: decided, dismissed and overturned findings by rule."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from publish.count.sum_records import sum_tallies
from publish.estimates import estimate

NO_DECISIONS = "no decisions recorded yet"

Tally = Mapping[str, int]


class RuleErrors(msgspec.Struct, frozen=True):
    """How often people found a rule wrong; null until the first decision."""

    decided: Annotated[
        int | None, Meta(description="Findings that somebody confirmed or dismissed.")
    ] = None
    dismissed: Annotated[int | None, Meta(description="Those found to be no case.")] = None
    overturned: Annotated[
        int | None, Meta(description="Those confirmed at first, of a decision that fell later.")
    ] = None
    precision: Annotated[
        float | None, Meta(description="Share of decided findings that stand, 0 to 1.")
    ] = None
    low: Annotated[
        float | None, Meta(description="Lower end of the precision's 95 % interval.")
    ] = None
    high: Annotated[float | None, Meta(description="Upper end of the same interval.")] = None


class Errors(RuleErrors, frozen=True):
    """What people decided on the findings of the period, as it stood on a day.

    A decision comes days after its finding, so this is told of findings by the day they were
    found, never by the day of the decision; later periods tell it anew and change nothing here.
    """

    by_rule: Annotated[
        dict[str, RuleErrors], Meta(description="The same by `pack/version/rule`.")
    ] = {}
    as_of: Annotated[
        str, Meta(description="The last day whose decisions are counted, or empty.")
    ] = ""
    note: Annotated[str, Meta(description="What to know of these figures.")] = NO_DECISIONS


def errors_of(by_rule: Tally, rules: Iterable[str] = (), as_of: str = "") -> Errors:
    """The errors of some findings, from a tally of `pack/version/rule/mode/what`.

    Args:
        by_rule: What became of the findings; see `CaseNumbers.by_rule`.
        rules: Those that found something, as `pack/version/rule`; each gets its place.
        as_of: The last day whose decisions are counted.

    >>> errors_of({"a/1/r/live/confirmed": 3, "a/1/r/live/overturned": 1}).precision
    0.6667
    """
    counted: dict[str, Counter[str]] = {rule: Counter() for rule in rules}
    for key, count in by_rule.items():
        rule, _, what = key.rsplit("/", 2)
        counted.setdefault(rule, Counter())[what] += count
    whole = sum(counted.values(), Counter[str]())
    total = _errors(whole)
    return Errors(
        **msgspec.structs.asdict(total),
        by_rule={rule: _errors(counts) for rule, counts in sorted(counted.items())},
        as_of=as_of if total.decided else "",
        note="" if total.decided else NO_DECISIONS,
    )


def of_cohort(by_rule: Tally, found: str) -> dict[str, int]:
    """The part of `CaseNumbers.by_rule` that was found then, without the time in front.

    >>> of_cohort({"2026-11/a/1/r/live/confirmed": 2, "2026-10/a/1/r/live/confirmed": 9}, "2026-11")
    {'a/1/r/live/confirmed': 2}
    """
    return {
        key.partition("/")[2]: count
        for key, count in by_rule.items()
        if key.partition("/")[0] == found
    }


def without_cohorts(by_rule: Tally) -> dict[str, int]:
    """The whole of `CaseNumbers.by_rule`, whenever found.

    >>> without_cohorts({"2026-11/a/1/r/live/confirmed": 2, "2026-10/a/1/r/live/confirmed": 9})
    {'a/1/r/live/confirmed': 11}
    """
    return sum_tallies({key.partition("/")[2]: count} for key, count in by_rule.items())


def _errors(counts: Mapping[str, int]) -> RuleErrors:
    confirmed = counts.get("confirmed", 0) - counts.get("confirmed_anew", 0)
    dismissed = counts.get("dismissed", 0) - counts.get("dismissed_anew", 0)
    overturned, restored = counts.get("overturned", 0), counts.get("restored", 0)
    decided = confirmed + dismissed
    if decided <= 0:
        return RuleErrors()
    # A decision may fall before its check changes, or after: then it is counted twice. So may one
    # that falls while the journal is read. No more can stand than were decided, and none too few.
    stand = estimate(min(decided, max(0, confirmed - overturned + restored)), decided)
    return RuleErrors(decided, dismissed, overturned, stand.share, stand.low, stand.high)
