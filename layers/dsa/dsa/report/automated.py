"""Part 8: what machines did, and how often they were right."""

from collections import Counter
from collections.abc import Mapping, Sequence

from dsa.interval import wilson
from dsa.report.cell import Counted, blank, count
from dsa.report.entries import Entries
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import SourceType

AUDITED_AT_LEAST = 100
"""Audited posts below which no recall is told: of 100 sound ones up to 4 % may still be bad."""

SYSTEM = (
    "One system: rules of words, published with their versions. It proposes; people decide."
    " {measure}"
)
"""The context that the template wants of every row, with the system that it is about."""

_CONTEXT = {
    "Number of measures solely": "No measure is taken by a machine alone.",
    "Number of measures not": "Decisions with a measure.",
    "Number of notices solely": "No notice is processed by a machine alone.",
    "Number of notices not": "Notices under Article 16.",
    "Accuracy": "Not measured.",
}

_NOT_LOOKED_AT = "Not measured: the posts that no rule met are looked at in a sample only."
_NO_RULES = "Not measured: notices are processed by people alone."


def automated(
    entries: Entries, indicator: str, scope: str, inspected: Mapping[str, int]
) -> tuple[Counted, str]:
    """The number of a row of part 8 and its context, by indicator and scope of the template.

    `inspected` is how many posts were inspected, by month.
    """
    said, scope = indicator.strip(), scope.strip()
    number = _number(entries, said, scope, inspected)
    said = said.rpartition(" - ")[2]
    measure = number.why or next(text for start, text in _CONTEXT.items() if said.startswith(start))
    return number, SYSTEM.format(measure=measure)


def _number(entries: Entries, said: str, scope: str, inspected: Mapping[str, int]) -> Counted:
    on_notices = scope.startswith("NAM")
    if said.startswith(("Number of measures solely", "Number of notices solely")):
        return count(())
    if said.startswith("Number of measures not"):
        own = scope == "Own-initiative"
        voluntary = SourceType.VOLUNTARY
        return count(one for one in entries.measures if not own or one.source_type == voluntary)
    if said.startswith("Number of notices not"):
        trusted = scope == "NAM Trusted Flagger"
        return count(one for one in entries.notices if not trusted or one.trusted_flagger)
    if on_notices:
        return blank(_NO_RULES)
    if said.endswith("Precision"):
        return precision(entries)
    if said.endswith("Recall"):
        return recall(entries, inspected)
    return blank(_NOT_LOOKED_AT)


def precision(entries: Entries) -> Counted:
    """The share of decided findings that stand: each decision weighs as its findings are many."""
    decided = _decided(entries)
    standing = _standing(entries)
    whole = sum(map(_findings, decided))
    if not whole:
        return Counted(None, "precision", why="Not measured: no finding was decided.")
    stand = [one for one in decided if one.entry in standing]
    standing_findings = sum(map(_findings, stand))
    share = round(standing_findings / whole, 4)
    told = "Share of the decided findings that stand, after complaints and disputes"
    why = f"{told}: {_sure(*wilson(standing_findings, whole))}."
    return Counted(share, "precision", _ids(stand), _ids(decided), why)


def recall(entries: Entries, inspected: Mapping[str, int]) -> Counted:
    """The share of violating posts that rules met, the others estimated from the audit.

    The definition is that of the published summaries (`recall.py` of publish): a decision is one
    post and category, it counts in the month of its first finding, and what rules missed is the
    audited share of the posts that they did not meet. A month's sample has the same size whatever
    the month's, so each month is estimated for itself, and one without a sample tells nothing.

    `ids` are the decisions that stand, `of` the audited posts. Blank below AUDITED_AT_LEAST.

    Limits: publish counts a month's decisions whenever they come, a report those of its period; the
    findings of a year's last days are decided in the next one.
    """
    audited = [one for one in entries.typed("audit") if one.verdict != "gone"]
    if len(audited) < AUDITED_AT_LEAST:
        why = f"Not measured: {len(audited)} posts were audited, {AUDITED_AT_LEAST} are needed."
        return Counted(None, "recall", why=why)
    samples, standing = Counter(one.month for one in audited), _standing(entries)
    found = [
        one
        for one in _decided(entries)
        if one.entry in standing and min(one.found_days)[:7] in samples
    ]
    met = Counter(min(one.found_days)[:7] for one in found)
    bad = Counter(one.month for one in audited if one.verdict == "violating")
    unmet = {month: max(0, inspected.get(month, 0) - met[month]) for month in samples}
    missed = sum(unmet[month] * bad[month] / size for month, size in samples.items())
    if not len(found) + missed:
        return Counted(None, "recall", why="Not measured: no violating post is known.")
    share = round(len(found) / (len(found) + missed), 4)
    # The ends of all months together are wider than that of their sum: rather too unsure.
    ends = {month: wilson(bad[month], size) for month, size in samples.items()}
    low, high = (
        len(found) / (len(found) + sum(unmet[month] * ends[month][end] for month in samples))
        for end in (1, 0)
    )
    told = f"From even samples of the posts that no rule met in {_months(samples)}, looked at by"
    why = f"{told} people, {len(audited)} in all: {_sure(low, high)}."
    return Counted(share, "recall", _ids(found), _ids(audited), why)


def _sure(low: float, high: float) -> str:
    return f"95 % interval {low:.2f} to {high:.2f}"


def _months(samples: Mapping[str, int]) -> str:
    names = sorted(samples)
    return names[0] if len(names) == 1 else f"{len(names)} months from {names[0]} to {names[-1]}"


def _decided(entries: Entries) -> list[JournalEntry]:
    verdicts = {"confirmed", "dismissed"}
    return [one for one in entries.typed("decision") if one.rules and one.verdict in verdicts]


def _standing(entries: Entries) -> set[str]:
    """Decisions by which findings count as right: confirmed, or dismissed and then overturned."""
    overturned = {one.about.entry for one in entries.all if one.overturns and one.about}
    return {
        one.entry
        for one in _decided(entries)
        if (one.verdict == "confirmed") != (one.entry in overturned)
    }


def _findings(decision: JournalEntry) -> int:
    return sum(decision.rules.values())


def _ids(entries: Sequence[JournalEntry]) -> tuple[str, ...]:
    return tuple(sorted(entry.entry for entry in entries))
