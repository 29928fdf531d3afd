"""What is known when a message about a case is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ledger.cases.case import Case, case_id
from ledger.records.finding import Finding

REFERENCES = {
    "decision": "decision",
    "complaint": "complaint",
    "dispute": "dispute",
    "notice": "notice",
    "follows": "order",
}
"""Fields that hold another message's id, and that message's type."""


@dataclass(frozen=True, slots=True)
class PackFacts:
    """What every decision takes from its pack; `other` explains a keyword `OTHER`."""

    ground: str = ""
    ground_text: str = ""
    ground_url: str = ""
    keywords: tuple[str, ...] = ()
    other: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """When a message was first sent, however often it was repeated or delayed afterwards.

    `by_day` says that the clock of a trial gave the moment: its day counts, not its time of day.
    """

    at: datetime
    by_day: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that `judge` knows: the provider, the moment, and the cases that exist.

    `arrived` bounds the times that the message states. `counted` are the findings that a receipt
    counts. `packs` are those of the findings, by finding. `sampled` says whether the post of an
    audit was drawn.
    """

    provider: str
    now: datetime
    arrived: Arrived
    cases: Mapping[str, Case] = field(default_factory=dict)
    counted: frozenset[str] = frozenset()
    packs: Mapping[str, PackFacts] = field(default_factory=dict)
    sampled: bool = False

    def id_of(self, reference: str, message: str) -> str:
        """Return the id of the case to which a field of a message refers."""
        return case_id(REFERENCES[reference], self.provider, message)

    def finding(self, finding: str) -> Finding | None:
        """Return a finding, if it exists."""
        case = self.cases.get(finding)
        return case.finding if case else None
