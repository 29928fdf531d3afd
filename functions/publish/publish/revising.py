"""Whether a period that was published stays as it stands, and what a new revision says of itself.

A closed period is compared by its numbers, never by the bytes of a page, so that a new look of
the pages is no revision. A provisional page makes room for the closed one without a word.
"""

from collections.abc import Iterator

import msgspec

from publish.count.case_numbers import case_measures
from publish.count.folding import measures
from publish.periods import PeriodKind
from publish.summary import NumberChange, Summary

Facts = dict[tuple[str, str], int | str]


def settle(standing: Summary | None, draft: Summary) -> Summary:
    """The summary that shall stand: the standing one, the draft, or the draft as a revision.

    What was counted and what was left out decides, and for sums over days or providers also which
    journal files they fold. A closed period never becomes provisional again.
    """
    if standing is None or standing.provisional:
        return draft
    if draft.provisional:
        return standing
    changes = tuple(changed(standing, draft))
    if not changes:
        return standing
    revision = standing.revision + 1
    why = _reason(standing, draft)
    return msgspec.structs.replace(draft, revision=revision, why_revised=why, changes=changes)


def is_behind(standing: Summary, draft: Summary) -> bool:
    """Whether a day's table holds less than was published of it.

    Nothing is ever taken out of the journal. A receipt that is left out is still there.
    """
    before, now = _held(standing), _held(draft)
    return any(fewer < more for fewer, more in zip(now, before, strict=True))


def _held(day: Summary) -> tuple[int, int]:
    """How many receipts and how many case entries the table holds for a day."""
    units = day.numbers.units
    return units + len(day.left_out), sum(file.lines for file in day.journal) - units


def changed(standing: Summary, draft: Summary) -> Iterator[NumberChange]:
    """What differs between two summaries of one period, in the order of the CSV."""
    before, after = _facts(standing), _facts(draft)
    for measure, key in [*before, *(name for name in after if name not in before)]:
        old, new = before.get((measure, key)), after.get((measure, key))
        if old != new:
            yield NumberChange(measure=measure, key=key, before=old, after=new)


def _facts(summary: Summary) -> Facts:
    facts: Facts = {(measure, key): value for measure, key, value in measures(summary.numbers)}
    for measure, key, value in case_measures(summary.cases):
        facts[measure, key] = value
    for left in summary.left_out:
        facts["left_out", f"{left.provider}/{left.day}/{left.receipt}"] = str(left.why)
    if summary.kind is not PeriodKind.DAY or summary.provider == "all":
        for file in summary.journal:
            facts["journal", file.path] = file.sha256
    return facts


def _reason(standing: Summary, draft: Summary) -> str:
    """Why the journal differs, as far as the numbers tell."""
    late = draft.numbers.units - standing.numbers.units
    left = len(draft.left_out) - len(standing.left_out)
    if left > 0:
        return f"{_units(left)} counted before did not close when looked at again."
    if late > 0:
        return f"{_units(late)} came to the journal after revision {standing.revision}."
    if late < 0:
        return f"{_units(-late)} of revision {standing.revision} stood no longer in the journal."
    if standing.numbers == draft.numbers and standing.cases != draft.cases:
        return f"Case entries came to the journal after revision {standing.revision}."
    return f"The journal differed from the one that revision {standing.revision} folded."


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count:,} units"
