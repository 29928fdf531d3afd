"""A summary: the published numbers of a provider, or of all, for a day, a month or a campaign.

It does not depend on when it was written: the same facts give the same bytes.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from phrases import to_translate
from publish.count.case_numbers import CaseNumbers
from publish.count.copy_counts import CopyLine
from publish.count.folding import LeftOutReason, Numbers
from publish.count.month_carryover import Standing
from publish.count.precision import Errors
from publish.count.sentinel_days import SentinelDays
from publish.count.term_evidence import RuleEvidence
from publish.estimates import counts, says
from publish.journal.case_line import AbsentPositive, CaseLine, Tally
from publish.journal.public_journal import ReceiptLine
from publish.journal.short_line import NamesLine, ShortLine
from publish.periods import PeriodKind, SummaryPeriod

NO_ADDRESS = to_translate(
    "No public address is set, so every rule runs in shadow:"
    " a rule proposes only where everybody can read it."
)


class JournalFile(msgspec.Struct, frozen=True):
    """A file of the public journal that was folded."""

    path: Annotated[str, says("Path below the public address.")]
    sha256: Annotated[str, says("SHA-256 of the file's bytes, in hex.")]
    lines: Annotated[int, counts("Lines: one for each receipt, and for each case entry.")]
    form: Annotated[
        int | UnsetType,
        says(
            "2: lines are short, names lines give numbers to names and are not counted"
            " among the lines, and a day may have several files. Absent: lines have all fields."
        ),
    ] = UNSET


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
    messages: Annotated[
        AbsentPositive, says("Messages of a batch; absent from a receipt of one unit.")
    ] = UNSET


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
    return SummaryPart(
        name=name,
        provisional=summary.provisional,
        revision=summary.revision,
        inspected=shown.inspected,
        refused=shown.refused,
        live=shown.live,
        shadow=shown.shadow,
        held=shown.held,
        by_category=shown.by_category,
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
        (ReceiptLine, ShortLine, NamesLine, CaseLine, CopyLine),
    ),
}

STABLE_NAMES = {
    "ReceiptLine": "JournalLine",
    "LeftOutReason": "Fault",
    "NumberChange": "Change",
    "PeriodKind": "Kind",
    "SummaryPart": "Part",
}
"""Classes that have another name in the published schemas, so that these do not change."""


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
    text = msgspec.json.encode(schema).decode()
    for name, stable in STABLE_NAMES.items():
        text = text.replace(f'"{name}"', f'"{stable}"').replace(f'/{name}"', f'/{stable}"')
    schema = msgspec.json.decode(text)
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"
