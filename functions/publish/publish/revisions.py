"""Compare a draft with the published summary: keep it, replace it, or publish a new revision.

A closed period is compared by its numbers, never by the bytes of its page. A provisional summary is
replaced without a revision.
"""

from collections.abc import Iterable, Iterator

import msgspec

from phrases import Phrases, of
from publish.count.case_numbers import case_measures
from publish.count.folding import measures
from publish.periods import PeriodKind
from publish.summary import NumberChange, Summary


def next_revision(published: Summary | None, draft: Summary) -> Summary:
    """Return the summary to publish: the published summary, the draft, or a revision of it.

    A new revision is needed if the numbers or the receipts left out differ, and for sums over days
    or providers also if the journal files differ. A closed period never becomes provisional again.
    """
    if published is None or published.provisional:
        return draft
    if draft.provisional:
        return published
    changes = tuple(changes_between(published, draft))
    if not changes:
        return published
    revision, why = published.revision + 1, reason_of(changes, published.revision, of("en"))
    return msgspec.structs.replace(draft, revision=revision, why_revised=why, changes=changes)


def has_lost_records(published: Summary, draft: Summary) -> bool:
    """Return whether the table holds less of a day than was published.

    Nothing is ever taken out of the journal; a receipt that is left out still counts as held.
    Limits: a lost case entry is not noticed if a new receipt came instead. `terang fsck` notices
    it.
    """
    before, now = _held(published), _held(draft)
    return any(fewer < more for fewer, more in zip(now, before, strict=True))


def _held(day: Summary) -> tuple[int, int]:
    """Return how many units the table holds of a day, and how many receipts and case entries."""
    left = sum(left.messages or 1 for left in day.left_out)
    records = sum(file.lines for file in day.journal) + len(day.left_out)
    return day.numbers.units + left, records


def changes_between(published: Summary, draft: Summary) -> Iterator[NumberChange]:
    """Yield the numbers that differ between two summaries of a period, in the CSV's order."""
    before, after = _numbers(published), _numbers(draft)
    for measure, key in [*before, *(name for name in after if name not in before)]:
        old, new = before.get((measure, key)), after.get((measure, key))
        if old != new:
            yield NumberChange(measure=measure, key=key, before=old, after=new)


def _numbers(summary: Summary) -> dict[tuple[str, str], int | str]:
    """Return what counts as a change, by measure and key."""
    numbers: dict[tuple[str, str], int | str] = {
        (measure, key): value for measure, key, value in measures(summary.numbers)
    }
    for measure, key, value in case_measures(summary.cases):
        numbers[measure, key] = value
    if summary.sentinel:
        numbers["sentinel_found", ""] = summary.sentinel.found
    for left in summary.left_out:
        numbers["left_out", f"{left.provider}/{left.day}/{left.receipt}"] = str(left.why)
    if summary.kind is not PeriodKind.DAY or summary.provider == "all":
        for file in summary.journal:
            numbers["journal", file.path] = file.sha256
    return numbers


def why_revised(summary: Summary, phrases: Phrases) -> str:
    """Return why a summary was published again, in a language; "" for a first revision.

    Its JSON says it in English. What other languages say follows from its changes.
    """
    if phrases.language == "en" or not summary.why_revised:
        return summary.why_revised
    return reason_of(summary.changes, summary.revision - 1, phrases)


def reason_of(changes: Iterable[NumberChange], before: int, say: Phrases) -> str:
    """Return why the journal differs from that of the revision before, as far as numbers show it.

    >>> reason_of([NumberChange("units", "", 3, 5)], 1, of("en"))
    '2 units came to the journal after revision 1.'
    """
    late = left = 0
    sorts = set[str]()
    for change in changes:
        sorts.add(change.measure.partition(".")[0])
        if change.measure == "units":
            late = int(change.after or 0) - int(change.before or 0)
        elif change.measure == "left_out":
            left += (change.after is not None) - (change.before is not None)
    if left > 0:
        return say.ngettext(
            "%(num)s unit counted before did not close when it was read again.",
            "%(num)s units counted before did not close when they were read again.",
            left,
        )
    if late > 0:
        return say.ngettext(
            "%(num)s unit came to the journal after revision %(revision)s.",
            "%(num)s units came to the journal after revision %(revision)s.",
            late,
            revision=before,
        )
    if late < 0:
        return say.ngettext(
            "%(num)s unit of revision %(revision)s was no longer in the journal.",
            "%(num)s units of revision %(revision)s were no longer in the journal.",
            -late,
            revision=before,
        )
    if sorts - {"journal", "left_out"} == {"cases"}:
        return say.gettext(
            "Case entries came to the journal after revision %(revision)s.", revision=before
        )
    return say.gettext(
        "The journal differed from the one that revision %(revision)s added up.", revision=before
    )
