"""Case lines of the public journal: what people did, without who did it, to whom, or their words.

A line keeps the parts of a case entry that are counted. It drops ids, posts, times and free text,
rounds durations to three digits, and has letters for moderators, valid for one provider and month.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ledger.cases import JournalEntry, is_for_second_review
from ledger.findings import short_digest
from ledger.units import Tally, counts, says
from publish.periods import rounded_seconds


class CaseLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line on a case: one thing that people did. What does not apply is left out."""

    n: Annotated[
        int,
        Meta(ge=1, description="Running number of the day, after the receipts, in random order."),
    ]
    kind: Annotated[Literal["case"], says("Always `case`: it is no receipt.")]
    type: Annotated[
        str,
        says(
            "`decision`, `second_review`, `complaint`, `dispute`, `outcome`, `notice`,"
            " `order`, `suspension`, `reinstatement`, `audit`, `flood_answer`, or `correction`: a"
            " published check changed on which a finding rests."
        ),
    ]
    moderator: Annotated[
        str, says("Who did it, as a letter that holds for this provider and month.")
    ] = ""
    verdict: Annotated[
        str,
        says(
            "Of a decision or second review `confirmed`, `dismissed`, `escalated` or"
            " `skipped`; of an audit `violating`, `not_violating` or `gone`; of an answer to the"
            " flood guard `opened` or `left_held`."
        ),
    ] = ""
    category: Annotated[str, says("What it is about: a category of the DSA.")] = ""
    found: Annotated[
        Tally,
        says(
            "The findings that it decided, or that the decision had decided to which"
            " it belongs, by `day/pack/version/rule/mode`: the day on which each was found. Of a"
            " correction, the finding whose verdict counts no longer."
        ),
    ] = {}
    about: Annotated[
        str, says("The verdict of the decision that it is about, if it is about one.")
    ] = ""
    measures: Annotated[tuple[str, ...], says("What was done, in the codes of the DSA.")] = ()
    ground: Annotated[str, says("The ground: `illegal` or `terms`.")] = ""
    automated: Annotated[
        str, says("How far a machine shaped the verdict: `PARTIALLY`, or nothing.")
    ] = ""
    review_seconds: Annotated[int | None, says("From the opening of the case to the verdict.")] = (
        None
    )
    wait_seconds: Annotated[
        int | None,
        says(
            "From the finding, notice, complaint or dispute to what this line says."
            " Three significant digits."
        ),
    ] = None
    answers: Annotated[
        str, says("Of a decision `notice`; of an outcome `complaint` or `dispute`.")
    ] = ""
    drawn: Annotated[bool, says("Whether the decision was drawn for a second review: 1 in 20.")] = (
        False
    )
    overturns: Annotated[
        bool, says("Whether by this the decision was overturned, and first by this.")
    ] = False
    decided_in: Annotated[str, says("The month of the overturned decision, as `2026-11`.")] = ""
    undoes: Annotated[tuple[str, ...], says("The measures of the overturned decision.")] = ()
    by: Annotated[str, says("Who complained: `author` or `notifier`.")] = ""
    outcome: Annotated[
        str,
        says(
            "`upheld`, `partly_reversed`, `reversed` or `omitted`; of an order"
            " `complied`, `contested`, `refused` or `impossible`."
        ),
    ] = ""
    implemented: Annotated[bool | None, says("Whether a dispute's outcome was carried out.")] = None
    cause: Annotated[str, says("Why something was reinstated.")] = ""
    why: Annotated[
        str, says("Why somebody was suspended; what became of a check: `corrected` or `withdrawn`.")
    ] = ""
    trusted_flagger: Annotated[bool, says("Whether a trusted flagger gave the notice.")] = False
    items: Annotated[int, counts("Items that a notice or order names.")] = 0
    order: Annotated[str, says("Kind of an order: `act` or `inform`.")] = ""
    country: Annotated[str, says("The country of an order.")] = ""
    authority: Annotated[str, says("The authority that gave it.")] = ""
    received: Annotated[
        bool, says("Whether this is an order's first line, by which it is counted.")
    ] = False
    acknowledge_seconds: Annotated[
        int | None, says("From the order to the word that it was received.")
    ] = None
    effect_seconds: Annotated[int | None, says("From the order to what was done about it.")] = None
    month: Annotated[str, says("The month of whose sample an audit looked.")] = ""
    held: Annotated[str, says("The rule that the flood guard held, and when: `day/pack/rule`.")] = (
        ""
    )
    group: Annotated[
        str,
        says(
            "First 12 hex digits of the SHA-256 of the group's id, if the decision was"
            " taken for a group of near copies; the lines of one group share it."
        ),
    ] = ""
    leads: Annotated[bool, says("Whether the decision is the first of its group.")] = False
    counted: Annotated[
        Tally,
        says(
            "Of a line with `group`, those keys of `found` by which the group counts,"
            " since no earlier line of the group has them. A group counts each once."
        ),
    ] = {}

    @property
    def counts_alone(self) -> bool:
        """It counts as a look: it has no group, or is the first of it."""
        return self.leads or not self.group

    @property
    def by_look(self) -> Tally:
        """The findings by which it counts: all of `found`, or of a group those not yet counted."""
        return self.counted if self.group else self.found


def case_lines(
    entries: Iterable[JournalEntry], letters: Mapping[str, str], first: int
) -> list[CaseLine]:
    """Return entries numbered from `first`, in the order of their ids, which are random."""
    ordered = sorted(entries, key=lambda entry: entry.entry)
    return [case_line(number, entry, letters) for number, entry in enumerate(ordered, first)]


def case_line(number: int, entry: JournalEntry, letters: Mapping[str, str]) -> CaseLine:
    """Return an entry as the public may see it; `letters` names its moderator."""
    about = entry.about
    decision = entry if entry.type == "decision" else about if entry.decision else None
    line = CaseLine(
        n=number,
        kind="case",
        type=entry.type,
        moderator=letters.get(entry.moderator, ""),
        verdict=entry.verdict,
        category=entry.category or (decision.category if decision else ""),
        found=entry.found if entry.type == "correction" else decision.found if decision else {},
        about=about.verdict if entry.decision and about else "",
        measures=measures_of(entry),
        ground=entry.ground,
        automated="PARTIALLY" if entry.automated_decision == "PARTIALLY" else "",
        review_seconds=_between(entry.opened_at, entry.decided_at),
        wait_seconds=_wait(entry),
        answers=_answers(entry),
        drawn=_is_drawn(entry),
        overturns=entry.overturns,
        decided_in=entry.decided_in,
        undoes=measures_of(about) if about and entry.decided_in else (),
        by=entry.by,
        outcome=entry.outcome,
        implemented=entry.implemented,
        cause=entry.cause,
        why=entry.why,
        trusted_flagger=entry.trusted_flagger,
        items=entry.items,
        month=entry.month,
        held=f"{entry.day}/{entry.held_rule}" if entry.held_rule else "",
        group=short_digest(entry.group) if entry.group else "",
        leads=entry.leads,
        counted=entry.counted,
    )
    return _with_order(line, entry) if entry.type == "order" else line


def measures_of(entry: JournalEntry) -> tuple[str, ...]:
    """Return the codes of an entry's measures, in the order of the DSA's four fields."""
    done = entry.measures
    if done is None:
        return ()
    single = (done.monetary, done.provision, done.account)
    return (*map(str, done.visibility), *(str(code) for code in single if code))


def _is_drawn(entry: JournalEntry) -> bool:
    """Return whether a decision is drawn; of a group, only its first one shows it."""
    is_first = entry.leads or not entry.group
    return entry.type == "decision" and is_first and is_for_second_review(entry.look)


def _answers(entry: JournalEntry) -> str:
    if entry.type == "decision":
        return "notice" if entry.notice else ""
    return entry.answers.type if entry.answers else ""


def _wait(entry: JournalEntry) -> int | None:
    """Return the wait since the finding or notice, or since the complaint or dispute."""
    if entry.type == "decision" and entry.verdict != "skipped":
        return _between(entry.found_at, entry.decided_at)
    if entry.type == "outcome" and entry.answers:
        return _between(entry.answers.received_at, entry.decided_at)
    return None


def _with_order(line: CaseLine, entry: JournalEntry) -> CaseLine:
    """Return the line of an order. A clock is set only if no earlier message gave it."""
    earlier = entry.about
    acknowledged = "" if earlier and earlier.acknowledged_at else entry.acknowledged_at
    effected = "" if earlier and earlier.effected_at else entry.effected_at
    return msgspec.structs.replace(
        line,
        order=entry.kind,
        country=entry.country,
        authority=entry.authority,
        received=earlier is None,
        acknowledge_seconds=_between(entry.received_at, acknowledged),
        effect_seconds=_between(entry.received_at, effected),
    )


def _between(began: str, ended: str) -> int | None:
    if not (began and ended):
        return None
    length = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    return rounded_seconds(length.total_seconds())
