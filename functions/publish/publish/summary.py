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
from ledger.units import Tally, counts, says
from phrases import to_translate
from publish.folding import LeftOutReason, Numbers
from publish.precision import (
    REMOVED,
    Errors,
    RuleEvidence,
    SentinelDays,
    Stratum,
    errors_of,
    of_cohort,
    strata_of,
)
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

    period: Annotated[str, says("The month.")]
    revision: Annotated[int, Meta(ge=1, description="The revision of it that was carried on.")]


class Cohort(msgspec.Struct, frozen=True):
    """The findings of one month, and what had become of them by the day of the summary."""

    month: Annotated[str, says("The month in which they were found.")]
    inspected: Annotated[int, counts("Posts inspected in that month.")]
    live: Annotated[int, counts("Findings of live rules in that month.")]
    by_rule: Annotated[Tally, says("What became of them, by `pack/version/rule/mode/what`.")] = {}
    in_groups: Annotated[
        Tally, says("Those decided in a group and not in `by_rule`, by the same key.")
    ] = {}
    posts: Annotated[Tally, says("Decisions on them by `category/what`: one post each.")] = {}
    audited: Annotated[
        Tally, says("Posts of the month's audit sample, by verdict and violating category.")
    ] = {}
    measures: Annotated[
        Tally, says("Measures of the decisions made in that month, whatever they were about.")
    ] = {}
    overturned_measures: Annotated[
        Tally,
        says(
            "Those of them overturned by now, by the same key, and all overturned"
            " decisions of the month by `decisions`."
        ),
    ] = {}
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
        added = Counter(of_cohort(getattr(cases, name), cohort.month))
        grown[name] = dict(sorted((Counter(getattr(cohort, name)) + added).items()))
    known = rules | cohort.errors.by_rule.keys()
    return msgspec.structs.replace(
        cohort,
        **grown,
        errors=errors_of(grown["by_rule"], known, day, grown["in_groups"]),
        strata=strata_of(grown["posts"], grown["audited"], cohort.inspected),
    )


NO_ADDRESS = to_translate(
    "No public address is set, so every rule runs in shadow:"
    " a rule proposes only where everybody can read it."
)


class JournalFile(msgspec.Struct, frozen=True):
    """A file of the public journal that was folded."""

    path: Annotated[str, says("Path below the public address.")]
    sha256: Annotated[str, says("SHA-256 of the file's bytes, in hex.")]
    lines: Annotated[
        int, counts("Lines: one for each receipt, case entry and copies; not those of names.")
    ]


class LeftOut(msgspec.Struct, frozen=True):
    """A receipt that is in none of the numbers."""

    provider: Annotated[str, says("The provider.")]
    day: Annotated[str, says("The day of the receipt.")]
    receipt: Annotated[str, says("First 12 hex digits of the SHA-256 of the unit's id.")]
    why: Annotated[
        LeftOutReason,
        says(
            "`does_not_close`: its records are not the sum of what became of them."
            " `rule_unknown`: it names a rule that is not in the set it says was in force."
        ),
    ]
    messages: Annotated[int, counts("Messages of a batch; 0 for a receipt of one unit.")] = 0


class OpenFileNote(msgspec.Struct, frozen=True):
    """A file of which a part was not read by the end of the period; the other parts are counted."""

    provider: Annotated[str, says("The provider.")]
    file: Annotated[str, says("First 12 hex digits of the SHA-256 of the file's id.")]
    since: Annotated[str, says("The day on which it came.")]


class PausedNote(msgspec.Struct, frozen=True, order=True):
    """A rule that was held in shadow for a provider."""

    provider: Annotated[str, says("The provider.")]
    rule: Annotated[str, says("The rule, as `pack/rule`.")]
    since: Annotated[str, says("Since when.")]
    why: Annotated[str, says("Why, in the operator's words.")]


class WentLive(msgspec.Struct, frozen=True):
    """A rule in shadow that people of a provider tried, and let propose there."""

    provider: Annotated[str, says("The provider.")]
    day: Annotated[str, says("The day of the adoption. The next set has it.")]
    tried: Annotated[str, says("The rule, as `pack/version/rule`.")]
    band: Annotated[str, says("What proposes: `all` of its findings, or those of `high` alone.")]
    evidence: Annotated[
        dict[str, int | float],
        says(
            "By the provider's own account, as on the line of the journal; what is absent is 0:"
            " copy groups `judged`, `right`, `wrong` and `cannot_tell`, the interval `low` to"
            " `high`, `people`, and `agreed` of the groups judged `twice`."
        ),
    ]


class NumberChange(msgspec.Struct, frozen=True):
    """One number that a revision changed."""

    measure: Annotated[str, says("The measure, as in the CSV.")]
    key: Annotated[str, says("Its key, or empty.")]
    before: Annotated[int | str | None, says("What the earlier revision said.")]
    after: Annotated[int | str | None, says("What this one says.")]


class SummaryPart(msgspec.Struct, frozen=True):
    """One day, or one provider, within a summary."""

    name: Annotated[str, says("The day or the provider.")]
    provisional: Annotated[bool, says("Whether its numbers may still grow.")]
    revision: Annotated[int, Meta(ge=1, description="Its revision.")]
    inspected: Annotated[int, counts("As in numbers.")]
    refused: Annotated[int, counts("As in numbers.")]
    live: Annotated[int, counts("As in numbers.")]
    shadow: Annotated[int, counts("As in numbers.")]
    held: Annotated[int, counts("As in numbers.")]
    by_category: Annotated[Tally, says("As in numbers.")]
    decided: Annotated[int, counts("As in cases.")] = 0
    overturned: Annotated[int, counts("As in cases.")] = 0
    acted: Annotated[int, counts("Decisions with a measure.")] = 0
    removed: Annotated[int, counts("Measures that removed a post.")] = 0
    contested: Annotated[int, counts("Complaints and disputes received.")] = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The published numbers of one provider, or of `all`, for one period."""

    provider: Annotated[str, says("The provider, or `all`.")]
    kind: Annotated[PeriodKind, says("Kind of period.")]
    period: Annotated[str, says("A day (`2026-11-25`), a month (`2026-11`) or a campaign's name.")]
    first_day: Annotated[str, says("First day of the period, UTC.")]
    last_day: Annotated[str, says("Last day of the period, included.")]
    provisional: Annotated[
        bool, says("Whether the period is not over yet: the numbers may still grow.")
    ]
    revision: Annotated[
        int,
        Meta(
            ge=1,
            description="1, or more if a closed period was published again."
            " Earlier ones stand beside it as `<period>.r<n>.json`.",
        ),
    ] = 1
    why_revised: Annotated[str, says("Why there is a new revision, or empty.")] = ""
    changes: Annotated[
        tuple[NumberChange, ...], says("What this revision changed against the one before.")
    ] = ()
    numbers: Annotated[Numbers, says("What was counted: a fold of the journal files.")]
    cases: Annotated[CaseNumbers, says("What people did: a fold of the same journal files.")] = (
        CaseNumbers()
    )
    errors: Annotated[Errors, says("What people decided on the findings of the period.")] = Errors()
    standing: Annotated[
        Standing | None, says("Of a month, how cases stand at its end; null for other periods.")
    ] = None
    terms: Annotated[
        dict[str, RuleEvidence] | UnsetType,
        says(
            "Of a month that is over: by `pack/version/rule`, the terms and signs that"
            " decided findings of at least five copy groups, and how many of these stood."
        ),
    ] = UNSET
    days: Annotated[tuple[SummaryPart, ...], says("The days, of a month or campaign.")] = ()
    providers: Annotated[tuple[SummaryPart, ...], says("The providers, of `all`.")] = ()
    sentinel: Annotated[
        SentinelDays | UnsetType,
        says(
            "Of `all`, whether the post was found that the stack sends itself each day,"
            " as the provider `sentinel`. Absent if it sent none."
        ),
    ] = UNSET
    journal: Annotated[tuple[JournalFile, ...], says("The files that these numbers fold.")] = ()
    open_files: Annotated[
        tuple[OpenFileNote, ...], says("Files not read to the end, on the last day.")
    ] = ()
    left_out: Annotated[tuple[LeftOut, ...], says("Receipts that are in none of the numbers.")] = ()
    paused: Annotated[tuple[PausedNote, ...], says("Rules that were held in shadow.")] = ()
    went_live: Annotated[
        tuple[WentLive, ...],
        says("Rules in shadow that providers adopted after a trial; a campaign lists none."),
    ] = ()
    notice_hours: Annotated[
        int, counts("Hours for which a new version of a pack only runs in shadow.")
    ]
    public_url: Annotated[str, says("The public address, or empty.")] = ""
    all_in_shadow: Annotated[str, says("Why every rule runs in shadow, or empty if not so.")] = ""

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
        removed=cases.by_measure.get(REMOVED, 0),
        contested=sum(cases.complaints.values()) + cases.disputes,
    )


def encode_summary(summary: Summary) -> bytes:
    """Return indented JSON with sorted keys and a last newline."""
    return msgspec.json.format(msgspec.json.encode(summary, order="sorted"), indent=2) + b"\n"


def decode_summary(data: bytes) -> Summary:
    """Parse a published summary. Raise msgspec.ValidationError for anything else."""
    return msgspec.json.decode(data, type=Summary)
