"""Parts 7 and 8 of the report, the report on terrorist content, and the provider's own words.

Part 7 counts contests and suspensions. Part 8 says what machines did and how often they were right.
The yearly report on terrorist content has no official form.

Source: Regulation (EU) 2022/2065; Regulation (EU) 2021/784, Art. 7(3), letters a to g.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dsa.report_entries import Counted, Entries, count, count_items, ids_of, median_hours, ratio
from ledger.cases import JournalEntry
from ledger.codes import SourceType, Visibility
from ledger.texts import json_schema
from ledger.units import AUDITED_AT_LEAST, AuditSample, missed_posts, wilson_interval

TEXTS, CONTEXT, WORDS, _RESULTS, _SUSPENSIONS, _SUBJECTS, *_FIELDS = msgspec.json.decode(
    Path(__file__).with_name("report_words.json").read_bytes(), type=tuple[dict[str, str], ...]
)
"""Texts of part 11 that are true of every stack; context that the template wants in every row of
part 8, by how its indicator starts; other words. Then, by the template's words: results of contests
and causes of suspensions; and the subject of a complaint: the kind of measure that its decision
took. A decision with several measures counts in each. Other complaints are about no action on a
notice. Last, the meaning of each field of `About` and of `Qualitative`."""


def _regards(decision: JournalEntry | None, matter: str) -> bool:
    if decision is None:
        return False
    if kind := _SUBJECTS.get(matter):
        return any(code.startswith(f"DECISION_{kind}_") for code in decision.done)
    by_flagger = "Trusted Flagger" in matter
    source = SourceType.TRUSTED_FLAGGER if by_flagger else SourceType.ARTICLE_16
    return decision.source_type == source and not decision.done


def contest_number(entries: Entries, indicator: str, scope: str) -> Counted:
    """Return the number of a row of part 7, by the template's words for indicator and scope."""
    indicator, scope = indicator.strip(), scope.strip()
    if indicator.startswith("Number of suspensions"):
        cause = next(code for words, code in _SUSPENSIONS.items() if words in indicator)
        return count(entry for entry in entries.typed("suspension") if entry.why == cause)
    if indicator.startswith("Number of restrictions newly imposed"):
        complaints = _ended(entries, "complaint")
        return count(
            each for each in complaints if each.done and each.about and not each.about.done
        )
    contest = "dispute" if indicator.startswith("Number of disputes") else "complaint"
    opened, ended = entries.typed(contest), _ended(entries, contest)
    if indicator.startswith("Complaint regarding"):
        matter = indicator.removeprefix("Complaint regarding a decision ").removeprefix("to ")
        opened, ended = (
            [entry for entry in listed if _regards(entry.about, matter)]
            for listed in (opened, ended)
        )
    return _contest_number(scope, opened, ended)


def _contest_number(
    scope: str, opened: Sequence[JournalEntry], ended: Sequence[JournalEntry]
) -> Counted:
    if scope == "Total number":
        return count(opened)
    if scope == "Decision omitted":
        return count(outcome for outcome in ended if outcome.outcome == "omitted")
    decided = [outcome for outcome in ended if outcome.outcome in _RESULTS.values()]
    if scope == "Median time":
        return median_hours(
            (outcome, outcome.answers.received_at, outcome.decided_at)
            for outcome in decided
            if outcome.answers
        )
    if scope in _RESULTS:
        return count(outcome for outcome in decided if outcome.outcome == _RESULTS[scope])
    return ratio((outcome for outcome in decided if outcome.implemented), decided)


def _ended(entries: Entries, contest: str) -> list[JournalEntry]:
    return [entry for entry in entries.typed("outcome") if getattr(entry, contest)]


def automated_number(
    entries: Entries, indicator: str, scope: str, inspected: Mapping[str, int]
) -> tuple[Counted, str]:
    """Return the number of a row of part 8 and its context, by the template's indicator and scope.

    `inspected` is how many posts were inspected, by month.
    """
    indicator = indicator.strip()
    number = _automated_number(entries, indicator, scope.strip(), inspected)
    measure = indicator.rpartition(" - ")[2]
    context = number.why or next(text for at, text in CONTEXT.items() if measure.startswith(at))
    return number, WORDS["system"].format(measure=context)


def _automated_number(
    entries: Entries, indicator: str, scope: str, inspected: Mapping[str, int]
) -> Counted:
    if indicator.startswith(("Number of measures solely", "Number of notices solely")):
        return count(())
    if indicator.startswith("Number of measures not"):
        every = scope != "Own-initiative"
        return count(
            decision
            for decision in entries.measures
            if every or decision.source_type == SourceType.VOLUNTARY
        )
    if indicator.startswith("Number of notices not"):
        every = scope != "NAM Trusted Flagger"
        return count(notice for notice in entries.notices if every or notice.trusted_flagger)
    if scope.startswith("NAM"):
        return Counted(None, "none", why=WORDS["no_rules"])
    if indicator.endswith("Precision"):
        return precision(entries)
    if indicator.endswith("Recall"):
        return recall(entries, inspected)
    return Counted(None, "none", why=WORDS["not_looked_at"])


def precision(entries: Entries) -> Counted:
    """Return the share of decided findings that were right; each decision weighs its findings.

    Decisions of a group of near copies weigh together what one of them does, and fall with any.
    """
    decided = _decided(entries)
    decided_findings = sum(map(_findings, decided))
    if not decided_findings:
        return Counted(None, "precision", why="Not measured: no finding was decided.")
    right = _right(entries, by_group=True)
    right_findings = sum(map(_findings, right))
    interval = _interval_text(*wilson_interval(right_findings, decided_findings))
    return Counted(
        round(right_findings / decided_findings, 4),
        "precision",
        ids_of(right),
        ids_of(decided),
        f"Share of the decided findings that stand, after complaints and disputes: {interval}.",
    )


def recall(entries: Entries, inspected: Mapping[str, int]) -> Counted:
    """Return the share of violating posts that rules met; the missed ones are estimated by audits.

    The definition is that of the published summaries (`publish.precision`): a decision is one
    post and category and counts in the month of its first finding. Months differ in size and their
    samples do not, so each month is estimated alone; a month without a sample is left out.

    `ids` are the decisions not overturned, `of` the audited posts. Blank below AUDITED_AT_LEAST.

    Limits: the summaries count a month's decisions whenever they come, a report only those of its
    period; findings of a year's last days are decided in the next one.
    """
    audited = [audit for audit in entries.typed("audit") if audit.verdict != "gone"]
    if len(audited) < AUDITED_AT_LEAST:
        why = f"Not measured: {len(audited)} posts were audited, {AUDITED_AT_LEAST} are needed."
        return Counted(None, "recall", why=why)
    sizes = Counter(audit.month for audit in audited)
    violating = Counter(audit.month for audit in audited if audit.verdict == "violating")
    found = [decision for decision in _right(entries) if _month(decision) in sizes]
    met = Counter(map(_month, found))
    likely, fewest, most = missed_posts(
        AuditSample(violating[month], size, max(0, inspected.get(month, 0) - met[month]))
        for month, size in sizes.items()
    )
    if not len(found) + likely:
        return Counted(None, "recall", why="Not measured: no violating post is known.")
    share = round(len(found) / (len(found) + likely), 4)
    interval = _interval_text(len(found) / (len(found) + most), len(found) / (len(found) + fewest))
    first, last = min(sizes), max(sizes)
    months = first if first == last else f"{len(sizes)} months from {first} to {last}"
    why = (
        f"From even samples of the posts that no rule met in {months}, looked at by people,"
        f" {len(audited)} in all: {interval}."
    )
    return Counted(share, "recall", ids_of(found), ids_of(audited), why)


def _interval_text(low: float, high: float) -> str:
    return f"95 % interval {low:.2f} to {high:.2f}"


def _month(decision: JournalEntry) -> str:
    return min(decision.found_days)[:7]


def _decided(entries: Entries) -> list[JournalEntry]:
    """Return decisions on findings; skipped ones are not decided."""
    verdicts = {"confirmed", "dismissed"}
    decisions = entries.typed("decision")
    return [entry for entry in decisions if entry.rules and entry.verdict in verdicts]


def _right(entries: Entries, *, by_group: bool = False) -> list[JournalEntry]:
    """Return decisions with right findings: confirmed, or dismissed and then overturned.

    `by_group` counts a decision as overturned if any decision of its group was.
    """

    def name(decision: JournalEntry) -> str:
        return decision.look if by_group else decision.entry

    overturned = {name(entry.about) for entry in entries.all if entry.overturns and entry.about}
    return [
        decision
        for decision in _decided(entries)
        if (decision.verdict == "confirmed") != (name(decision) in overturned)
    ]


def _findings(decision: JournalEntry) -> int:
    return sum((decision.counted if decision.group else decision.rules).values())


_TERRORIST = "TERRORIST_CONTENT"
_TAKEN_DOWN: set[str] = {Visibility.CONTENT_REMOVED, Visibility.CONTENT_DISABLED}
_NOT_FOLLOWED = {"contested", "refused", "impossible"}
HEADER = ("Letter of Art. 7(3)", "Indicator", "Value", "Text")


def tco_rows(entries: Entries) -> Iterator[tuple[str, str, str | Counted, str]]:
    """Yield all rows under `HEADER`, in the order of the letters."""
    orders = [order for order in entries.orders if order.regulation == "tco"]
    messages = sorted(entries.typed("order"), key=lambda entry: (entry.at, entry.entry))
    answers = {each.follows or each.entry: each.outcome for each in messages if each.outcome}
    followed = [order for order in orders if answers.get(order.entry) == "complied"]
    not_followed = [order for order in orders if answers.get(order.entry) in _NOT_FOLLOWED]
    taken_down = (
        decision
        for decision in entries.measures
        if _TERRORIST in decision.keywords and _TAKEN_DOWN & {*decision.done}
    )
    reasons = _reasons(entries, not_followed)
    yield "a", "Measures to identify and remove terrorist content", "", WORDS["identify"]
    yield "b", "Measures against its reappearance", "", WORDS["reappearance"]
    yield "c", "Items removed or disabled after removal orders", count_items(followed), ""
    yield "c", "Items removed or disabled after specific measures", count(taken_down), ""
    yield "c", "Removal orders not followed", count(not_followed), reasons
    complaints = _about_terrorist(entries, "complaint")
    yield "d", "Complaints", count(complaints), ""
    outcomes = [outcome for outcome in _about_terrorist(entries, "outcome") if outcome.complaint]
    for result in ("upheld", "partly_reversed", "reversed"):
        indicator = f"Complaints: decision {result.replace('_', ' ')}"
        yield "d", indicator, count(entry for entry in outcomes if entry.outcome == result), ""
    contested = (order for order in orders if answers.get(order.entry) == "contested")
    yield "e", "Reviews brought against removal orders", count(contested), ""
    reinstatements = _about_terrorist(entries, "reinstatement")
    for letter, cause, indicator in (
        ("f", "court", "Reinstated after a review by a court or an authority"),
        ("g", "complaint", "Reinstated after a complaint"),
    ):
        yield letter, indicator, count(each for each in reinstatements if each.cause == cause), ""


def _reasons(entries: Entries, orders: list[JournalEntry]) -> str:
    ids = {order.entry for order in orders}
    reasons = Counter(
        f"{entry.outcome}: {entry.ground}"
        for entry in entries.typed("order")
        if (entry.follows or entry.entry) in ids and entry.outcome in _NOT_FOLLOWED
    )
    return "; ".join(f"{reason} ({number})" for reason, number in sorted(reasons.items()))


def _about_terrorist(entries: Entries, entry_type: str) -> list[JournalEntry]:
    return [
        entry
        for entry in entries.typed(entry_type)
        if entry.about is not None and _TERRORIST in entry.about.keywords
    ]


Text = Annotated[str, Meta(max_length=5_000)]


class ServiceKind(StrEnum):
    """The kind of the service: it decides which rows stay blank. Larger kinds are not supported."""

    HOSTING = "hosting"
    PLATFORM = "platform"


class Qualitative(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of part 11 that every provider writes, in the template's order."""

    summary: Text = ""
    meaningful_information: Text = ""
    automated_means: Text = ""
    accuracy: Text = ""
    purposes: Text = ""
    safeguards: Text = ""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The provider's own part of a report; every field may be left out of the file."""

    name: Text = ""
    service: Text = ""
    kind: ServiceKind = ServiceKind.PLATFORM
    published: date | None = None
    previous: date | None = None
    correction: Text = ""
    other: Text = ""
    qualitative: Qualitative = Qualitative()


def about_schema() -> dict[str, Any]:
    """Return the JSON Schema of the provider's file.

    >>> sorted(about_schema()["$defs"])
    ['About', 'Qualitative', 'ServiceKind']
    """
    schema = json_schema("What a provider says of itself in its yearly report", About)
    for record, words in zip((About, Qualitative), _FIELDS, strict=True):
        fields = schema["$defs"][record.__name__]["properties"]
        fields |= {name: {"description": text, **fields[name]} for name, text in words.items()}
    return schema
