"""The yearly report on terrorist content, from the same entries.

Source: Regulation (EU) 2021/784, Art. 7(3), letters a to g. It has no official form.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from dsa.report.entries import Counted, Entries, count, count_items
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import Visibility

_TERRORIST = "TERRORIST_CONTENT"
_TAKEN_DOWN = {Visibility.CONTENT_REMOVED, Visibility.CONTENT_DISABLED}
_NOT_FOLLOWED = {"contested", "refused", "impossible"}
_IDENTIFY = (
    "Public posts are inspected against published rules; a moderator decides on each finding,"
    " and news, research, art, education and counter-speech are protected by tests of the rules."
)
_REAPPEARANCE = "The same rules read every later post. No machine removes anything."


class TcoRow(NamedTuple):
    """A row: the letter of Art. 7(3), what it reports, its number or None, and its text."""

    letter: str
    indicator: str
    number: Counted | None
    text: str = ""


HEADER = ("Letter of Art. 7(3)", "Indicator", "Value", "Text")


def tco_rows(entries: Entries) -> Iterator[TcoRow]:
    """Yield all rows, in the order of the letters."""
    orders = [order for order in entries.orders if order.entry.regulation == "tco"]
    answers = _last_answers(entries)
    followed = [order.entry for order in orders if answers.get(order.entry.entry) == "complied"]
    not_followed = [
        order.entry for order in orders if answers.get(order.entry.entry) in _NOT_FOLLOWED
    ]
    taken_down = (
        decision
        for decision in entries.measures
        if _is_terrorist(decision)
        and decision.measures
        and _TAKEN_DOWN & set(decision.measures.visibility)
    )
    reasons = _reasons(entries, not_followed)
    yield TcoRow("a", "Measures to identify and remove terrorist content", None, _IDENTIFY)
    yield TcoRow("b", "Measures against its reappearance", None, _REAPPEARANCE)
    yield TcoRow("c", "Items removed or disabled after removal orders", count_items(followed))
    yield TcoRow("c", "Items removed or disabled after specific measures", count(taken_down))
    yield TcoRow("c", "Removal orders not followed", count(not_followed), reasons)
    complaints = _about_terrorist(entries, "complaint")
    yield TcoRow("d", "Complaints", count(complaints))
    outcomes = [outcome for outcome in _about_terrorist(entries, "outcome") if outcome.complaint]
    for result in ("upheld", "partly_reversed", "reversed"):
        indicator = f"Complaints: decision {result.replace('_', ' ')}"
        yield TcoRow("d", indicator, count(entry for entry in outcomes if entry.outcome == result))
    contested = (order.entry for order in orders if answers.get(order.entry.entry) == "contested")
    yield TcoRow("e", "Reviews brought against removal orders", count(contested))
    reinstatements = _about_terrorist(entries, "reinstatement")
    for letter, cause, indicator in (
        ("f", "court", "Reinstated after a review by a court or an authority"),
        ("g", "complaint", "Reinstated after a complaint"),
    ):
        yield TcoRow(
            letter, indicator, count(entry for entry in reinstatements if entry.cause == cause)
        )


def _last_answers(entries: Entries) -> dict[str, str]:
    """Return the last answer to each order, by the order's id."""
    messages = sorted(entries.typed("order"), key=lambda entry: (entry.at, entry.entry))
    return {entry.follows or entry.entry: entry.outcome for entry in messages if entry.outcome}


def _reasons(entries: Entries, orders: list[JournalEntry]) -> str:
    ids = {order.entry for order in orders}
    reasons = Counter(
        f"{entry.outcome}: {entry.ground}"
        for entry in entries.typed("order")
        if (entry.follows or entry.entry) in ids and entry.outcome in _NOT_FOLLOWED
    )
    return "; ".join(f"{reason} ({number})" for reason, number in sorted(reasons.items()))


def _is_terrorist(entry: JournalEntry) -> bool:
    return _TERRORIST in entry.keywords


def _about_terrorist(entries: Entries, entry_type: str) -> list[JournalEntry]:
    return [
        entry
        for entry in entries.typed(entry_type)
        if entry.about is not None and _is_terrorist(entry.about)
    ]
