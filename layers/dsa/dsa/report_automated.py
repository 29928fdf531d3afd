"""Part 8: what machines did, and how often they were right."""

from collections.abc import Sequence

from dsa.report_cell import Counted, blank, count
from dsa.report_ledger import Entries
from ledger.case_entry import JournalEntry
from ledger.dsa_codes import SourceType

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
    "Precision": "Share of the decided findings that stand, after complaints and disputes.",
    "Recall": "From an even sample of the posts that no rule met, looked at by people.",
    "Accuracy": "Not measured.",
}

_NOT_LOOKED_AT = "Not measured: the posts that no rule met are looked at in a sample only."
_NO_RULES = "Not measured: notices are processed by people alone."


def automated(entries: Entries, indicator: str, scope: str, inspected: int) -> tuple[Counted, str]:
    """The number of a row of part 8 and its context, by indicator and scope of the template.

    `inspected` is how many posts were inspected in the period.
    """
    said, scope = indicator.strip(), scope.strip()
    number = _number(entries, said, scope, inspected)
    said = said.rpartition(" - ")[2]
    measure = next(text for start, text in _CONTEXT.items() if said.startswith(start))
    return number, SYSTEM.format(measure=number.why or measure)


def _number(entries: Entries, said: str, scope: str, inspected: int) -> Counted:
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
    share = round(sum(map(_findings, stand)) / whole, 4)
    return Counted(share, "precision", _ids(stand), _ids(decided))


def recall(entries: Entries, inspected: int) -> Counted:
    """The share of violating posts that rules met, the others estimated from the audit.

    `ids` are the decisions that stand, `of` the audited posts. Blank below AUDITED_AT_LEAST.
    """
    audited = [one for one in entries.typed("audit") if one.verdict != "gone"]
    if len(audited) < AUDITED_AT_LEAST:
        why = f"Not measured: {len(audited)} posts were audited, {AUDITED_AT_LEAST} are needed."
        return Counted(None, "recall", why=why)
    standing = _standing(entries)
    confirmed = [one for one in _decided(entries) if one.entry in standing]
    violating = sum(one.verdict == "violating" for one in audited)
    missed = max(0, inspected - len(confirmed)) * violating / len(audited)
    if not len(confirmed) + missed:
        return Counted(None, "recall", why="Not measured: no violating post is known.")
    share = round(len(confirmed) / (len(confirmed) + missed), 4)
    return Counted(share, "recall", _ids(confirmed), _ids(audited))


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
