"""How good the rules are: precision from decisions, prevalence and recall from the audit sample.

Precision is the share of decided findings that were confirmed and not overturned. A group of near
copies that was decided as one counts once: it is one look.

The audit sample is drawn evenly from the posts that no rule met, so its share of violating posts
holds, within its interval, for all of them. Posts that rules met and people confirmed are counted,
not sampled.

Source: stratified estimation with one stratum known in full, W. G. Cochran, "Sampling Techniques"
(1977), chapter 5.

Limits: posts are counted as delivered, so exports that overlap make the number of unmet posts too
large and recall too low, never too high. Findings that wait are not counted as confirmed. Part 8 of
the yearly report has the same definitions (`dsa.report.automated`) for its own period.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from dsa.estimates import AUDITED_AT_LEAST, AuditSample, missed_posts
from phrases import to_translate
from publish.count.folding import sum_tallies
from publish.estimates import DIGITS, Estimate, Share, estimate, says

NO_DECISIONS = to_translate("no decisions recorded yet")

ALL = "all"


class RuleErrors(msgspec.Struct, frozen=True):
    """How often people found a rule wrong; null until the first decision."""

    decided: Annotated[int | None, says("Findings that somebody confirmed or dismissed.")] = None
    dismissed: Annotated[int | None, says("Those dismissed.")] = None
    overturned: Annotated[
        int | None, says("Those confirmed by a decision that was overturned later.")
    ] = None
    precision: Annotated[
        float | None, says("Share of decided findings that were found right, 0 to 1.")
    ] = None
    low: Annotated[float | None, says("Lower end of the precision's 95 % interval.")] = None
    high: Annotated[float | None, says("Upper end of the same interval.")] = None
    with_copies: Annotated[
        int | UnsetType,
        says(
            "All decided findings. In `decided` a group of near copies that was decided"
            " as one counts once. Absent if there was no such group."
        ),
    ] = UNSET


class Errors(RuleErrors, frozen=True):
    """What people decided on the findings of the period, up to a day.

    Decisions are counted with the period of their finding, not with their own. Decisions that come
    later are in the summaries of later months and change nothing here.
    """

    by_rule: Annotated[dict[str, RuleErrors], says("The same by `pack/version/rule`.")] = {}
    as_of: Annotated[str, says("The last day whose decisions are counted, or empty.")] = ""
    note: Annotated[str, says("A remark on these figures, or empty.")] = NO_DECISIONS


def errors_of(
    by_rule: Mapping[str, int],
    rules: Iterable[str] = (),
    as_of: str = "",
    in_groups: Mapping[str, int] | UnsetType = UNSET,
) -> Errors:
    """Return the errors of findings, from a tally of `pack/version/rule/mode/result`.

    Each of `rules` (`pack/version/rule`) gets an entry. `as_of` is the last day whose decisions are
    counted. `in_groups` are the findings that are not in `by_rule`, since their group counts once
    there.

    >>> errors_of({"a/1/r/live/confirmed": 3, "a/1/r/live/overturned": 1}).precision
    0.6667
    """
    counted = {rule: Counter[str]() for rule in rules} | _results_by_rule(by_rule)
    copies = _results_by_rule(in_groups or {})
    total = _errors(sum(counted.values(), Counter()), sum(copies.values(), Counter()))
    return Errors(
        **msgspec.structs.asdict(total),
        by_rule={
            rule: _errors(counts, copies.get(rule, {})) for rule, counts in sorted(counted.items())
        },
        as_of=as_of if total.decided else "",
        note="" if total.decided else NO_DECISIONS,
    )


def of_cohort(by_rule: Mapping[str, int], found: str) -> dict[str, int]:
    """Return the entries of a tally that start with this day or month, without it.

    >>> of_cohort({"2026-11/a/1/r/live/confirmed": 2, "2026-10/a/1/r/live/confirmed": 9}, "2026-11")
    {'a/1/r/live/confirmed': 2}
    """
    return {
        key.partition("/")[2]: count
        for key, count in by_rule.items()
        if key.partition("/")[0] == found
    }


def without_cohorts(by_rule: Mapping[str, int]) -> dict[str, int]:
    """Return all entries of a tally without the day or month in front, added up.

    >>> without_cohorts({"2026-11/a/1/r/live/confirmed": 2, "2026-10/a/1/r/live/confirmed": 9})
    {'a/1/r/live/confirmed': 11}
    """
    return sum_tallies({key.partition("/")[2]: count} for key, count in by_rule.items())


def _results_by_rule(tally: Mapping[str, int]) -> dict[str, Counter[str]]:
    """Return the results of each `pack/version/rule`, of both modes together."""
    results: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for key, count in tally.items():
        rule, _, result = key.rsplit("/", 2)
        results[rule][result] += count
    return results


def _errors(counts: Mapping[str, int], copies: Mapping[str, int]) -> RuleErrors:
    confirmed, dismissed = _judged(counts)
    overturned, restored = counts.get("overturned", 0), counts.get("restored", 0)
    decided, more = confirmed + dismissed, sum(_judged(copies))
    if decided <= 0:
        return RuleErrors()
    # A decision that is overturned and whose check also changes is subtracted twice; so may be one
    # that is overturned while the journal is read. The result is kept between 0 and `decided`.
    right = estimate(min(decided, max(0, confirmed - overturned + restored)), decided)
    return RuleErrors(
        *(decided, dismissed, overturned, right.share, right.low, right.high),
        with_copies=decided + more if more else UNSET,
    )


def _judged(counts: Mapping[str, int]) -> tuple[int, int]:
    """Return how many were confirmed and dismissed, without those that are open again."""
    return (
        counts.get("confirmed", 0) - counts.get("confirmed_anew", 0),
        counts.get("dismissed", 0) - counts.get("dismissed_anew", 0),
    )


class Stratum(msgspec.Struct, frozen=True):
    """One category, or all: what the rules found of it, and what they missed."""

    confirmed: Annotated[int, says("Posts that rules found and people confirmed so far.")] = 0
    missed: Annotated[
        Estimate, says("Violating posts in the audit sample, which no rule had met.")
    ] = Estimate()
    prevalence: Annotated[Share, says("Share of violating posts among all, met or not.")] = Share()
    recall: Annotated[Share, says("Share of the violating posts that rules met.")] = Share()


def strata_of(
    posts: Mapping[str, int], audited: Mapping[str, int], inspected: int
) -> dict[str, Stratum]:
    """Return `all`, and each category that was confirmed or sampled; {} if there is neither.

    `posts` are decisions on a month's findings by `category/result` (see `CaseNumbers.posts`),
    `audited` its audited posts by verdict and by `violating/category`, `inspected` its inspected
    posts.

    >>> strata_of({"VIOLENCE/confirmed": 50}, {"not_violating": 200}, 20_000)["all"].recall.low
    0.1174
    """
    confirmed = Counter[str]()
    for key, count in posts.items():
        category, _, result = key.rpartition("/")
        confirmed[category] += -count if result in {"overturned", "confirmed_anew"} else count
    for category, count in confirmed.items():  # one overturned and reopened is subtracted twice
        confirmed[category] = max(0, count)
    violating = Counter(
        {key.partition("/")[2]: count for key, count in audited.items() if "/" in key}
    )
    judged = audited.get("violating", 0) + audited.get("not_violating", 0)
    names = sorted(confirmed.keys() | violating.keys())
    found = {name: _stratum(confirmed[name], violating[name], judged, inspected) for name in names}
    if not (names or judged):
        return {}
    return {ALL: _stratum(confirmed.total(), violating.total(), judged, inspected)} | found


def _stratum(confirmed: int, violating: int, judged: int, inspected: int) -> Stratum:
    missed = estimate(violating, judged, AUDITED_AT_LEAST)
    if missed.share is None or not inspected:
        blank = Share(note=missed.note)
        return Stratum(confirmed, missed, blank, blank)
    unmet = max(0, inspected - confirmed)
    # Not from `missed`: a rounded share of many posts would be off by several of them.
    likely, fewest, most = missed_posts([AuditSample(violating, judged, unmet)])
    prevalence = Share(
        share=_rounded_share(confirmed + likely, inspected),
        low=_rounded_share(confirmed + fewest, inspected),
        high=_rounded_share(confirmed + most, inspected),
    )
    if not confirmed + likely:
        return Stratum(
            confirmed, missed, prevalence, Share(note=to_translate("no violating post is known"))
        )
    recall = Share(
        share=_rounded_share(confirmed, confirmed + likely),
        low=_rounded_share(confirmed, confirmed + most),
        high=_rounded_share(confirmed, confirmed + fewest),
    )
    return Stratum(confirmed, missed, prevalence, recall)


def _rounded_share(part: float, whole: float) -> float:
    return round(part / whole, DIGITS) if whole else 0.0
