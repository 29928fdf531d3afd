"""A summary: the published numbers of a provider, or of all, for a day, a month or a campaign.

It does not depend on when it was written: the same facts give the same bytes. Days are ISO text in
UTC.

Decisions come days or months after their findings, and a closed month is never rewritten for them.
Instead each month carries on the open cases of the month before, and publishes how the findings of
earlier months were decided by then.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cases.kinds import CaseNumbers
from ledger.units import Count, Tally
from phrases import to_translate
from publish import precision
from publish.folding import LeftOutReason, Numbers
from rules.pack import Pack

SETTLING = timedelta(hours=2)
"""How long after its end a day is closed: work begun before midnight is committed by then."""


class PeriodKind(StrEnum):
    """What a summary covers."""

    DAY = "day"
    MONTH = "month"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class SummaryPeriod:
    """A named range of days, both ends included."""

    kind: PeriodKind
    name: str
    first_day: str
    last_day: str


def day_period(day: str) -> SummaryPeriod:
    """Return the period of one day."""
    return SummaryPeriod(PeriodKind.DAY, day, day, day)


def month_of(day: str) -> SummaryPeriod:
    """Return the month of a day.

    >>> month_of("2024-02-03").last_day
    '2024-02-29'
    """
    first = date.fromisoformat(day).replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return SummaryPeriod(PeriodKind.MONTH, day[:7], first.isoformat(), last.isoformat())


def campaign_period(name: str, packs: Iterable[Pack]) -> SummaryPeriod:
    """Return the period from the first to the last day on which a pack of it is in force."""
    dates = [pack.in_force for pack in packs]
    first, last = min(days.from_ for days in dates), max(days.until for days in dates)
    return SummaryPeriod(PeriodKind.CAMPAIGN, name, first.isoformat(), last.isoformat())


def last_closed_day(now: datetime) -> str:
    """Return the newest day that ended two hours ago or more.

    >>> last_closed_day(datetime.fromisoformat("2026-11-26T01:59Z"))
    '2026-11-24'
    >>> last_closed_day(datetime.fromisoformat("2026-11-26T02:00Z"))
    '2026-11-25'
    """
    return ((now - SETTLING).date() - timedelta(days=1)).isoformat()


def days_between(first: str, last: str) -> list[str]:
    """Return all days from the first to the last, both included; [] if last is before first.

    >>> days_between("2026-11-30", "2026-12-01")
    ['2026-11-30', '2026-12-01']
    """
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + timedelta(days=n)).isoformat() for n in range((end - start).days + 1)]


def days_before(day: str, count: int) -> str:
    """Return the day `count` days earlier.

    >>> days_before("2026-12-01", 1)
    '2026-11-30'
    """
    return (date.fromisoformat(day) - timedelta(days=count)).isoformat()


def months_before(month: str, count: int) -> str:
    """Return the month `count` months earlier.

    >>> months_before("2026-02", 3), months_before("2026-11", -2)
    ('2025-11', '2027-01')
    """
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


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

    period: str
    revision: Annotated[int, Meta(ge=1)]


class Cohort(msgspec.Struct, frozen=True):
    """The findings of one month, and what had become of them by the day of the summary."""

    month: str
    inspected: Count
    live: Count
    by_rule: Tally = {}
    in_groups: Tally = {}
    posts: Tally = {}
    audited: Tally = {}
    measures: Tally = {}
    overturned_measures: Tally = {}
    errors: precision.Errors = precision.Errors()
    strata: dict[str, precision.Stratum] = {}


class Standing(msgspec.Struct, frozen=True):
    """How cases stood on the last day of a month, whatever day they came."""

    day: str = ""
    before: Before | None = None
    open_findings: Tally = {}
    open_notices: Count = 0
    open_complaints: Count = 0
    open_disputes: Count = 0
    open_orders: Count = 0
    cohorts: tuple[Cohort, ...] = ()

    @property
    def open(self) -> int:
        """Return how many cases waited for people."""
        contested = self.open_complaints + self.open_disputes
        return sum(self.open_findings.values()) + self.open_notices + contested + self.open_orders

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


def standing_of(month: "Summary", before: "Summary | None") -> Standing:
    """Return the open cases and cohorts after a month, from those after the month before."""
    earlier, carried = Standing(), None
    if before and before.standing:
        earlier, carried = before.standing, Before(before.period, before.revision)
    cases, day = month.cases, month.days[-1].name
    found = Counter(earlier.open_findings)
    found.update({part.name: part.live for part in month.days})
    found.update(cases.reopened)
    found.subtract(cases.by_found_day)
    own = Cohort(
        month.period, month.numbers.inspected, month.numbers.live, measures=cases.by_measure
    )
    followed = [own, *(cohort for cohort in earlier.cohorts if cohort.month < month.period)]
    rules = {key.rpartition("/")[0] for key in month.numbers.by_rule}
    return Standing(
        day=day,
        before=carried,
        open_findings={day: count for day, count in sorted(found.items()) if count > 0},
        open_notices=max(0, earlier.open_notices + cases.notices - cases.notices_answered),
        open_complaints=_left(earlier.open_complaints, cases.complaints, cases.complaints_ended),
        open_disputes=max(
            0, earlier.open_disputes + cases.disputes - sum(cases.disputes_ended.values())
        ),
        open_orders=_left(earlier.open_orders, cases.orders, cases.orders_ended),
        cohorts=tuple(
            _grown(cohort, cases, day, rules if cohort is own else set())
            for cohort in followed[:COHORTS]
        ),
    )


def _left(before: int, came: Tally, ended: Tally) -> int:
    return max(0, before + sum(came.values()) - sum(ended.values()))


def _grown(cohort: Cohort, cases: CaseNumbers, day: str, rules: set[str]) -> Cohort:
    """Return a cohort with the decisions of a month added, which ended on the day."""
    grown: dict[str, Tally] = {}
    for name in ("by_rule", "in_groups", "posts", "audited", "overturned_measures"):
        added = Counter(precision.of_cohort(getattr(cases, name), cohort.month))
        grown[name] = dict(sorted((Counter(getattr(cohort, name)) + added).items()))
    known = rules | cohort.errors.by_rule.keys()
    return msgspec.structs.replace(
        cohort,
        **grown,
        errors=precision.errors_of(grown["by_rule"], known, day, grown["in_groups"]),
        strata=precision.strata_of(grown["posts"], grown["audited"], cohort.inspected),
    )


NO_ADDRESS = to_translate(
    "No public address is set, so every rule runs in shadow:"
    " a rule proposes only where everybody can read it."
)


class JournalFile(msgspec.Struct, frozen=True):
    """A file of the public journal that was folded."""

    path: str
    sha256: str
    lines: Count


class LeftOut(msgspec.Struct, frozen=True):
    """A receipt that is in none of the numbers."""

    provider: str
    day: str
    receipt: str
    why: LeftOutReason
    messages: Count = 0


class OpenFileNote(msgspec.Struct, frozen=True):
    """A file of which a part was not read by the end of the period; the other parts are counted."""

    provider: str
    file: str
    since: str


class PausedNote(msgspec.Struct, frozen=True, order=True):
    """A rule that was held in shadow for a provider."""

    provider: str
    rule: str
    since: str
    why: str


class WentLive(msgspec.Struct, frozen=True):
    """A rule in shadow that people of a provider tried, and let propose there."""

    provider: str
    day: str
    tried: str
    band: str
    evidence: dict[str, int | float]


class NumberChange(msgspec.Struct, frozen=True):
    """One number that a revision changed."""

    measure: str
    key: str
    before: int | str | None
    after: int | str | None


class SummaryPart(msgspec.Struct, frozen=True):
    """One day, or one provider, within a summary."""

    name: str
    provisional: bool
    revision: Annotated[int, Meta(ge=1)]
    inspected: Count
    refused: Count
    live: Count
    shadow: Count
    held: Count
    by_category: Tally
    decided: Count = 0
    overturned: Count = 0
    acted: Count = 0
    removed: Count = 0
    contested: Count = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The published numbers of one provider, or of `all`, for one period."""

    provider: str
    kind: PeriodKind
    period: str
    first_day: str
    last_day: str
    provisional: bool
    revision: Annotated[int, Meta(ge=1)] = 1
    why_revised: str = ""
    changes: tuple[NumberChange, ...] = ()
    numbers: Numbers
    cases: CaseNumbers = CaseNumbers()
    errors: precision.Errors = precision.Errors()
    standing: Standing | None = None
    terms: dict[str, precision.RuleEvidence] | UnsetType = UNSET
    days: tuple[SummaryPart, ...] = ()
    providers: tuple[SummaryPart, ...] = ()
    sentinel: precision.SentinelDays | UnsetType = UNSET
    journal: tuple[JournalFile, ...] = ()
    open_files: tuple[OpenFileNote, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    paused: tuple[PausedNote, ...] = ()
    went_live: tuple[WentLive, ...] = ()
    notice_hours: Count
    public_url: str = ""
    all_in_shadow: str = ""

    @property
    def path(self) -> str:
        """Its path below the public address, without an ending."""
        return summary_path(self.provider, self.period)


def summary_path(provider: str, period: str) -> str:
    """Return the path of a summary below the public address, without an ending.

    >>> summary_path("all", "2026-11")
    'summaries/all/2026-11'
    """
    return f"summaries/{provider}/{period}"


def journal_path(provider: str, day: str, number: int = 0) -> str:
    """Return the path of a file of a day's public journal, counted from 0, without an ending.

    >>> journal_path("acme", "2026-11-25"), journal_path("acme", "2026-11-25", 1)
    ('journal/acme/2026-11-25', 'journal/acme/2026-11-25.1')
    """
    return f"journal/{provider}/{day}" + (f".{number}" if number else "")


def part_of(name: str, summary: Summary) -> SummaryPart:
    """Return a summary as one line of a larger one."""
    counted = ("inspected", "refused", "live", "shadow", "held", "by_category")
    cases = summary.cases
    return SummaryPart(
        name=name,
        provisional=summary.provisional,
        revision=summary.revision,
        **{each: getattr(summary.numbers, each) for each in counted},
        decided=cases.decided,
        overturned=cases.overturned,
        acted=sum(cases.by_ground.values()),
        removed=cases.by_measure.get(precision.REMOVED, 0),
        contested=sum(cases.complaints.values()) + cases.disputes,
    )


def encode_summary(summary: Summary) -> bytes:
    """Return indented JSON with sorted keys and a last newline."""
    return msgspec.json.format(msgspec.json.encode(summary, order="sorted"), indent=2) + b"\n"


def decode_summary(data: bytes) -> Summary:
    """Parse a published summary. Raise msgspec.ValidationError for anything else."""
    return msgspec.json.decode(data, type=Summary)
