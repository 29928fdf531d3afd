"""How complaints ended, for the page that authors read and the first screen of a summary."""

from dataclasses import dataclass

from publish.count.case_numbers import CaseNumbers
from publish.estimates import Estimate, Percentiles, estimate, percentiles
from publish.site.code_words import case_words

OUTCOMES = ("reversed", "partly_reversed", "upheld", "omitted")
CHANGED = ("reversed", "partly_reversed")
"""Outcomes that changed the decision in whole or in part."""


@dataclass(frozen=True, slots=True)
class EndedComplaints:
    """Complaints of some periods: received, answered, and by outcome in words."""

    received: int
    answered: int
    changed: Estimate
    outcomes: tuple[tuple[str, int], ...]
    took: Percentiles

    @classmethod
    def of(cls, cases: CaseNumbers) -> "EndedComplaints":
        """Return how complaints ended, from the sums of these periods.

        >>> EndedComplaints.of(CaseNumbers(complaints_ended={"reversed": 1, "upheld": 3})).answered
        4
        """
        ended = cases.complaints_ended
        answered = sum(ended.values())
        return cls(
            received=sum(cases.complaints.values()),
            answered=answered,
            changed=estimate(sum(ended.get(outcome, 0) for outcome in CHANGED), answered),
            outcomes=tuple(
                (case_words(outcome), ended[outcome]) for outcome in OUTCOMES if ended.get(outcome)
            ),
            took=percentiles(cases.complaint_seconds),
        )
