"""What one month carries over to the next: open cases, and the findings of earlier months.

Decisions come days or months after their findings, and a closed month is never rewritten for them.
Instead each later month publishes how the findings of earlier months were decided by then.

A summary: the published numbers of a provider, or of all, for a day, a month or a campaign.

It does not depend on when it was written: the same facts give the same bytes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cases.case_message import CaseLine
from cases.kinds import CaseNumbers
from ledger.units import Tally, counts, says
from phrases import to_translate
from publish.folding import CopyLine, LeftOutReason, Numbers
from publish.periods import PeriodKind, SummaryPeriod
from publish.precision import (
    Errors,
    RuleEvidence,
    SentinelDays,
    Stratum,
    errors_of,
    of_cohort,
    strata_of,
)
from publish.public_journal import NamesLine, ReceiptLine

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
    done = month.cases.by_measure
    own = Cohort(month.name, month.numbers.inspected, month.numbers.live, measures=done)
    followed = [own, *(cohort for cohort in earlier if cohort.month < month.name)][:COHORTS]
    return [_grown(one, month, rules if one is own else set()) for one in followed]


def _grown(cohort: Cohort, month: MonthCounts, rules: set[str]) -> Cohort:
    cases, name = month.cases, cohort.month
    by_rule = _added(cohort.by_rule, of_cohort(cases.by_rule, name))
    in_groups = _added(cohort.in_groups, of_cohort(cases.in_groups, name))
    overturned = of_cohort(cases.overturned_measures, name)
    posts = _added(cohort.posts, of_cohort(cases.posts, name))
    audited = _added(cohort.audited, of_cohort(cases.audited, name))
    return msgspec.structs.replace(
        cohort,
        by_rule=by_rule,
        in_groups=in_groups,
        posts=posts,
        audited=audited,
        overturned_measures=_added(cohort.overturned_measures, overturned),
        errors=errors_of(by_rule, rules | cohort.errors.by_rule.keys(), month.day, in_groups),
        strata=strata_of(posts, audited, cohort.inspected),
    )


def _added(left: Tally, right: Tally) -> Tally:
    return dict(sorted((Counter(left) + Counter(right)).items()))


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


class PausedNote(msgspec.Struct, frozen=True):
    """A rule that was held in shadow for a provider."""

    provider: Annotated[str, says("The provider.")]
    rule: Annotated[str, says("The rule, as `pack/rule`.")]
    since: Annotated[str, says("Since when.")]
    why: Annotated[str, says("Why, in the operator's words.")]


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
    notice_hours: Annotated[
        int, counts("Hours for which a new version of a pack only runs in shadow.")
    ]
    public_url: Annotated[str, says("The public address, or empty.")] = ""
    all_in_shadow: Annotated[str, says("Why every rule runs in shadow, or empty if not so.")] = ""

    @property
    def path(self) -> str:
        """Its path below the public address, without an ending."""
        return summary_path(self.provider, self.period)


def period_of(summary: Summary) -> SummaryPeriod:
    """Return the period that a summary covers."""
    return SummaryPeriod(summary.kind, summary.period, summary.first_day, summary.last_day)


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


def part_of(
    name: str, summary: Summary, numbers: Numbers | None = None, cases: CaseNumbers | None = None
) -> SummaryPart:
    """Return a summary as one line of a larger one, with its own numbers or those given."""
    shown = summary.numbers if numbers is None else numbers
    done = summary.cases if cases is None else cases
    counted = ("inspected", "refused", "live", "shadow", "held", "by_category")
    return SummaryPart(
        name=name,
        provisional=summary.provisional,
        revision=summary.revision,
        **{each: getattr(shown, each) for each in counted},
        decided=done.decided,
        overturned=done.overturned,
    )


def encode_summary(summary: Summary) -> bytes:
    """Return indented JSON with sorted keys and a last newline."""
    return msgspec.json.format(msgspec.json.encode(summary, order="sorted"), indent=2) + b"\n"


def decode_summary(data: bytes) -> Summary:
    """Parse a published summary. Raise msgspec.ValidationError for anything else."""
    return msgspec.json.decode(data, type=Summary)


PUBLISHED: dict[str, tuple[str, tuple[type[msgspec.Struct], ...]]] = {
    "schemas/summary.json": ("A summary of Terang", (Summary,)),
    "schemas/journal.json": (
        "A line of Terang's public journal: a receipt, what somebody did about a case, or copies",
        (ReceiptLine, NamesLine, CaseLine, CopyLine),
    ),
}


@cache
def json_schemas() -> Mapping[str, bytes]:
    """Return the JSON Schema of each kind of published record, by path.

    >>> sorted(json_schemas())
    ['schemas/journal.json', 'schemas/summary.json']
    """
    return {path: _encoded(title, records) for path, (title, records) in PUBLISHED.items()}


def _encoded(title: str, records: tuple[type[msgspec.Struct], ...]) -> bytes:
    dialect = "https://json-schema.org/draft/2020-12/schema"
    found, components = msgspec.json.schema_components(records, ref_template="#/$defs/{name}")
    shown = list(found)
    body: dict[str, Any] = shown[0] if len(shown) == 1 else {"anyOf": shown}
    schema = {"$schema": dialect, "title": title, **body, "$defs": components}
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"
