"""What one month carries over to the next: open cases, and the findings of earlier months.

Decisions come days or months after their findings, and a closed month is never rewritten for them.
Instead each later month publishes how the findings of earlier months were decided by then.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, NamedTuple

import msgspec
from msgspec import UNSET, Meta

from phrases import to_translate
from publish.count.case_numbers import CaseNumbers
from publish.count.folding import Numbers
from publish.count.precision import Errors, Stratum, errors_of, of_cohort, strata_of
from publish.estimates import counts, says
from publish.journal.case_line import AbsentTally, Tally

COHORTS = 13
"""Months that are followed: the month itself and the twelve before."""

AGES = (
    (1, to_translate("1 day or less")),
    (7, to_translate("2 to 7 days")),
    (30, to_translate("8 to 30 days")),
)
OLDER = to_translate("more than 30 days")


class Before(msgspec.Struct, frozen=True):
    """The summary of an earlier month from which this one carries on."""

    period: Annotated[str, says("The month.")]
    revision: Annotated[int, Meta(ge=1, description="The revision of it that was carried on.")]


class Cohort(msgspec.Struct, frozen=True):
    """The findings of one month, and what had become of them by the day of the summary."""

    month: Annotated[str, says("The month in which they were found.")]
    inspected: Annotated[int, counts("Posts inspected in that month.")]
    live: Annotated[int, counts("Findings of live rules in that month.")]
    by_rule: Annotated[Tally, says("What became of them, by `pack/version/rule/mode/what`.")] = {}
    in_groups: Annotated[
        AbsentTally, says("Those decided in a group and not in `by_rule`, by the same key.")
    ] = UNSET
    posts: Annotated[Tally, says("Decisions on them by `category/what`: one post each.")] = {}
    audited: Annotated[
        Tally, says("Posts of the month's audit sample, by verdict and violating category.")
    ] = {}
    measures: Annotated[
        AbsentTally,
        says(
            "Measures of the decisions made in that month, whatever they were about."
            " Absent if there are none, or if it is not known which of them were overturned."
        ),
    ] = UNSET
    overturned_measures: Annotated[
        AbsentTally,
        says(
            "Those of them overturned by now, by the same key, and all overturned"
            " decisions of the month by `decisions`. Absent if there are none."
        ),
    ] = UNSET
    errors: Annotated[Errors, says("Precision of these findings by now.")] = Errors()
    strata: Annotated[
        dict[str, Stratum], says("Prevalence and recall of all, and of each category that was met.")
    ] = {}


class Standing(msgspec.Struct, frozen=True):
    """How cases stood on the last day of a month, whatever day they came."""

    day: Annotated[str, says("The last day that is counted.")] = ""
    before: Annotated[Before | None, says("The month before, or null if there is none.")] = None
    open_findings: Annotated[
        Tally,
        says(
            "Findings of live rules that nobody had confirmed or dismissed, by the"
            " day they were found; those held back or passed on to an authority are among them."
        ),
    ] = {}
    open_notices: Annotated[int, counts("Notices without a decision.")] = 0
    open_complaints: Annotated[int, counts("Complaints without an outcome.")] = 0
    open_disputes: Annotated[int, counts("Disputes without an outcome.")] = 0
    open_orders: Annotated[int, counts("Orders without an answer.")] = 0
    cohorts: Annotated[
        tuple[Cohort, ...], says("This month and up to twelve before it, the newest first.")
    ] = ()

    def ages(self) -> list[tuple[str, int]]:
        """Return the open findings by how long they have waited, the newest first.

        >>> Standing("2026-11-30", open_findings={"2026-11-30": 2, "2026-10-01": 1}).ages()[-1]
        ('more than 30 days', 1)
        """
        counted = Counter[str]()
        for found, count in self.open_findings.items():
            days = (date.fromisoformat(self.day) - date.fromisoformat(found)).days
            counted[next((name for most, name in AGES if days <= most), OLDER)] += count
        return [(name, counted[name]) for name in (*(name for _, name in AGES), OLDER)]


class MonthCounts(NamedTuple):
    """What one month adds: its numbers, its last counted day, and its live findings by day."""

    name: str
    day: str
    numbers: Numbers
    cases: CaseNumbers
    live_by_day: Mapping[str, int]


def standing_of(month: MonthCounts, earlier: Standing, before: Before | None) -> Standing:
    """Return the open cases and cohorts after a month, from those after the month before."""
    cases = month.cases
    found = Counter(earlier.open_findings)
    found.update(month.live_by_day)
    found.update(cases.reopened)
    found.subtract(cases.by_found_day)
    return Standing(
        day=month.day,
        before=before,
        open_findings={day: count for day, count in sorted(found.items()) if count > 0},
        open_notices=max(0, earlier.open_notices + cases.notices - cases.notices_answered),
        open_complaints=_left(earlier.open_complaints, cases.complaints, cases.complaints_ended),
        open_disputes=max(
            0, earlier.open_disputes + cases.disputes - sum(cases.disputes_ended.values())
        ),
        open_orders=_left(earlier.open_orders, cases.orders, cases.orders_ended),
        cohorts=tuple(_cohorts(month, earlier.cohorts)),
    )


def _left(before: int, came: Tally, ended: Tally) -> int:
    return max(0, before + sum(came.values()) - sum(ended.values()))


def _cohorts(month: MonthCounts, earlier: Sequence[Cohort]) -> list[Cohort]:
    """Return the month's own cohort, and earlier ones with the month's decisions added."""
    rules = {key.rpartition("/")[0] for key in month.numbers.by_rule}
    known = month.cases.by_measure if month.cases.knows_overturned_measures else {}
    own = Cohort(month.name, month.numbers.inspected, month.numbers.live, measures=known or UNSET)
    followed = [own, *(cohort for cohort in earlier if cohort.month < month.name)][:COHORTS]
    return [_grown(one, month, rules if one is own else set()) for one in followed]


def _grown(cohort: Cohort, month: MonthCounts, rules: set[str]) -> Cohort:
    cases, name = month.cases, cohort.month
    by_rule = _added(cohort.by_rule, of_cohort(cases.by_rule, name))
    in_groups = _added(cohort.in_groups or {}, of_cohort(cases.in_groups or {}, name)) or UNSET
    overturned = of_cohort(cases.overturned_measures or {}, name)
    posts = _added(cohort.posts, of_cohort(cases.posts, name))
    audited = _added(cohort.audited, of_cohort(cases.audited, name))
    return msgspec.structs.replace(
        cohort,
        by_rule=by_rule,
        in_groups=in_groups,
        posts=posts,
        audited=audited,
        overturned_measures=_added(cohort.overturned_measures or {}, overturned) or UNSET,
        errors=errors_of(by_rule, rules | cohort.errors.by_rule.keys(), month.day, in_groups),
        strata=strata_of(posts, audited, cohort.inspected),
    )


def _added(left: Tally, right: Tally) -> Tally:
    return dict(sorted((Counter(left) + Counter(right)).items()))
