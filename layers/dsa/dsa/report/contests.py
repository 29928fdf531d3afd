"""Part 7: complaints, disputes and suspensions."""

from collections.abc import Callable, Iterator, Sequence

from dsa.report.cell import Counted, count, median_hours, ratio
from dsa.report.entries import Entries
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import SourceType
from ledger.cases.messages import Measures

_DECIDED = ("upheld", "partly_reversed", "reversed")
_TOTAL, _MEDIAN, _OMITTED = "Total number", "Median time", "Decision omitted"
_RESULTS = dict(
    zip(
        ("Decisions upheld", "Decisions partially reversed", "Decisions reversed"),
        _DECIDED,
        strict=True,
    )
)


def _nothing_done(entry: JournalEntry) -> bool:
    return not (entry.measures and entry.measures.any)


def _did(took: Callable[[Measures], object]) -> Callable[[JournalEntry], bool]:
    return lambda decision: bool(decision.measures and took(decision.measures))


REGARDING: dict[str, Callable[[JournalEntry], bool]] = {
    "remove or disable access to or restrict visibility of information": _did(
        lambda taken: taken.visibility
    ),
    "suspend or terminate the provision of the service": _did(lambda taken: taken.provision),
    "suspend or terminate an account": _did(lambda taken: taken.account),
    "restrict the ability to monetise information": _did(lambda taken: taken.monetary),
    "not to take action on a notice submitted in accordance with Article 16": lambda decision: (
        decision.source_type == SourceType.ARTICLE_16 and _nothing_done(decision)
    ),
    "not to take action on a notice submitted by a Trusted Flagger in accordance with Article"
    " 16": lambda decision: (
        decision.source_type == SourceType.TRUSTED_FLAGGER and _nothing_done(decision)
    ),
}
"""What a complaint is about, by the decision's measures. One that took several counts in each."""

SUSPENSIONS = {
    "the provision of manifestly illegal content": "illegal_content",
    "the provision of manifestly unfounded notices": "unfounded_notices",
    "the provision of manifestly unfounded complaints": "unfounded_complaints",
}


def contests(entries: Entries, indicator: str, scope: str) -> Counted:
    """The number of a row of part 7, by its indicator and scope as the template words them."""
    said, scope = indicator.strip(), scope.strip()
    if said.startswith("Number of suspensions"):
        why = next(why for words, why in SUSPENSIONS.items() if words in said)
        return count(one for one in entries.typed("suspension") if one.why == why)
    if said.startswith("Number of restrictions newly imposed"):
        return count(_newly_imposed(entries))
    if said.startswith("Number of disputes"):
        opened, ended = entries.typed("dispute"), _ended(entries, "dispute")
        return _contest(scope, opened, ended)
    opened, ended = entries.typed("complaint"), _ended(entries, "complaint")
    if said.startswith("Complaint regarding"):
        matter = said.removeprefix("Complaint regarding a decision ").removeprefix("to ")
        regards = REGARDING[matter]
        opened, ended = _regarding(regards, opened), _regarding(regards, ended)
    return _contest(scope, opened, ended)


def _contest(scope: str, opened: Sequence[JournalEntry], ended: Sequence[JournalEntry]) -> Counted:
    if scope == _TOTAL:
        return count(opened)
    if scope == _OMITTED:
        return count(one for one in ended if one.outcome == "omitted")
    decided = [one for one in ended if one.outcome in _DECIDED]
    if scope == _MEDIAN:
        return median_hours(
            (one, one.answers.received_at, one.decided_at) for one in decided if one.answers
        )
    if scope in _RESULTS:
        return count(one for one in decided if one.outcome == _RESULTS[scope])
    return ratio((one for one in decided if one.implemented), decided)


def _ended(entries: Entries, kind: str) -> list[JournalEntry]:
    return [one for one in entries.typed("outcome") if getattr(one, kind)]


def _regarding(
    regards: Callable[[JournalEntry], bool], given: Sequence[JournalEntry]
) -> list[JournalEntry]:
    return [one for one in given if one.about and regards(one.about)]


def _newly_imposed(entries: Entries) -> Iterator[JournalEntry]:
    """Outcomes of complaints by which something is done after a decision that did nothing."""
    for one in _ended(entries, "complaint"):
        did_nothing = one.about is not None and _nothing_done(one.about)
        if did_nothing and one.measures and one.measures.any:
            yield one
