"""What the rules miss: prevalence and recall of a month, from its audit sample.

The sample is drawn evenly from the posts that no rule met, so its share of violating posts holds,
within its interval, for all of them. Together with the posts that rules met and people confirmed
(the other stratum, which is counted and not sampled) that gives both figures.

The mathematics is in `dsa.estimates`, which the yearly report shares.

Limits: posts are taken as delivered, so that exports which overlap make the number of unmet posts
too large and recall too low, never too high. Findings that wait are not counted as confirmed.

Part 8 of the yearly report has the same definition (`dsa.report.indicators`), of its own period.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from dsa.estimates import AUDITED_AT_LEAST, AuditSample, missed_posts
from publish.estimates import DIGITS, Estimate, Share, estimate

ALL = "all"


class Stratum(msgspec.Struct, frozen=True):
    """One category, or all: what the rules found of it, what they missed, and how much that is."""

    confirmed: Annotated[
        int, Meta(description="Posts that rules met and people confirmed, so far.")
    ] = 0
    missed: Annotated[
        Estimate, Meta(description="Violating posts in the audit sample, which no rule had met.")
    ] = Estimate()
    prevalence: Annotated[
        Share, Meta(description="Share of violating posts among all, met or not.")
    ] = Share()
    recall: Annotated[Share, Meta(description="Share of the violating posts that rules met.")] = (
        Share()
    )


def strata_of(
    posts: Mapping[str, int], audited: Mapping[str, int], inspected: int
) -> dict[str, Stratum]:
    """All, and each category of which something is known.

    Args:
        posts: Decisions of a month's findings by `category/what`; see `CaseNumbers.posts`.
        audited: Its audited posts by verdict, and by `violating/category`.
        inspected: Its posts that were inspected.

    >>> strata_of({"VIOLENCE/confirmed": 50}, {"not_violating": 200}, 20_000)["all"].recall.low
    0.1174
    """
    confirmed = Counter[str]()
    for key, count in posts.items():
        category, _, what = key.rpartition("/")
        confirmed[category] += -count if what in {"overturned", "confirmed_anew"} else count
    for category, count in confirmed.items():  # one that fell and was opened anew is taken twice
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
        share=_share(confirmed + likely, inspected),
        low=_share(confirmed + fewest, inspected),
        high=_share(confirmed + most, inspected),
    )
    if not confirmed + likely:
        return Stratum(confirmed, missed, prevalence, Share(note="no violating post is known"))
    recall = Share(
        share=_share(confirmed, confirmed + likely),
        low=_share(confirmed, confirmed + most),
        high=_share(confirmed, confirmed + fewest),
    )
    return Stratum(confirmed, missed, prevalence, recall)


def _share(part: float, whole: float) -> float:
    return round(part / whole, DIGITS) if whole else 0.0
