"""Case lines of the public journal: what people did, without who did it, to whom, or their words.

A line keeps the parts of a case entry that are counted. It drops ids, posts, times and free text,
rounds durations to three digits, and has letters for moderators, valid for one provider and month.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ledger.cases import CaseFacts, JournalEntry, is_for_second_review
from ledger.estimates import rounded_seconds
from ledger.findings import short_digest
from ledger.units import Tally, says


class CaseLine(CaseFacts, msgspec.Struct, frozen=True):
    """One line on a case: one thing that people did. What does not apply is left out."""

    n: Annotated[
        int,
        Meta(ge=1, description="Running number of the day, after the receipts, in random order."),
    ]
    kind: Annotated[Literal["case"], says("Always `case`: it is no receipt.")]
    moderator: Annotated[
        str, says("Who did it, as a letter that holds for this provider and month.")
    ] = ""
    about: Annotated[
        str, says("The verdict of the decision that it is about, if it is about one.")
    ] = ""
    measures: Annotated[tuple[str, ...], says("What was done, in the codes of the DSA.")] = ()
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
    undoes: Annotated[tuple[str, ...], says("The measures of the overturned decision.")] = ()
    order: Annotated[str, says("Kind of an order: `act` or `inform`.")] = ""
    received: Annotated[
        bool, says("Whether this is an order's first line, by which it is counted.")
    ] = False
    acknowledge_seconds: Annotated[
        int | None, says("From the order to the word that it was received.")
    ] = None
    effect_seconds: Annotated[int | None, says("From the order to what was done about it.")] = None
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
    """Return an entry as the public may see it; `letters` names its moderator.

    A clock of an order is set only if no earlier message gave it.
    """
    about, is_order = entry.about, entry.type == "order"
    decision = entry if entry.type == "decision" else about if entry.decision else None
    acknowledged = "" if about and about.acknowledged_at else entry.acknowledged_at
    effected = "" if about and about.effected_at else entry.effected_at
    facts = {name: getattr(entry, name) for name in CaseFacts.__struct_fields__}
    facts["category"] = entry.category or (decision.category if decision else "")
    if entry.type != "correction":
        facts["found"] = decision.found if decision else {}
    return CaseLine(
        **facts,
        n=number,
        kind="case",
        moderator=letters.get(entry.moderator, ""),
        about=about.verdict if entry.decision and about else "",
        measures=entry.done,
        automated="PARTIALLY" if entry.automated_decision == "PARTIALLY" else "",
        review_seconds=_between(entry.opened_at, entry.decided_at),
        wait_seconds=_wait(entry),
        answers=_answers(entry),
        drawn=_is_drawn(entry),
        undoes=about.done if about and entry.decided_in else (),
        order=entry.kind if is_order else "",
        received=is_order and about is None,
        acknowledge_seconds=_between(entry.received_at, acknowledged),
        effect_seconds=_between(entry.received_at, effected),
        held=f"{entry.day}/{entry.held_rule}" if entry.held_rule else "",
        group=short_digest(entry.group) if entry.group else "",
    )


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


def _between(began: str, ended: str) -> int | None:
    if not (began and ended):
        return None
    length = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    return rounded_seconds(length.total_seconds())
