"""The yearly report on terrorist content, from the same entries.

Source: Regulation (EU) 2021/784, Art. 7(3), letters a to g. It has no official form.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from dsa.report.cell import Counted, count, items
from dsa.report.entries import Entries
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import Visibility

TERRORIST = "TERRORIST_CONTENT"
_TAKEN_DOWN = {Visibility.CONTENT_REMOVED, Visibility.CONTENT_DISABLED}


class TcoRow(NamedTuple):
    """A row: the letter of Art. 7(3), what is told, its number or none, and in words."""

    letter: str
    indicator: str
    number: Counted | None
    text: str = ""


HEADER = ("Letter of Art. 7(3)", "Indicator", "Value", "Text")


def tco_rows(entries: Entries) -> Iterator[TcoRow]:
    """All rows, in the order of the letters."""
    orders = [one for one in entries.orders if one.entry.regulation == "tco"]
    answers = _answers(entries)
    acted = [one.entry for one in orders if answers.get(one.entry.entry) == "complied"]
    not_acted = [one.entry for one in orders if answers.get(one.entry.entry) in _NOT_FOLLOWED]
    measures = [one for one in entries.measures if _terrorist(one)]
    yield TcoRow("a", "Measures to identify and remove terrorist content", None, _IDENTIFY)
    yield TcoRow("b", "Measures against its reappearance", None, _REAPPEARANCE)
    yield TcoRow("c", "Items removed or disabled after removal orders", items(acted))
    down = (one for one in measures if one.measures and _TAKEN_DOWN & set(one.measures.visibility))
    yield TcoRow("c", "Items removed or disabled after specific measures", count(down))
    yield TcoRow("c", "Removal orders not followed", count(not_acted), _grounds(entries, not_acted))
    complaints = [one for one in entries.typed("complaint") if _about_terrorist(one)]
    yield TcoRow("d", "Complaints", count(complaints))
    ended = [one for one in entries.typed("outcome") if one.complaint and _about_terrorist(one)]
    for outcome in ("upheld", "partly_reversed", "reversed"):
        words = f"Complaints: decision {outcome.replace('_', ' ')}"
        yield TcoRow("d", words, count(one for one in ended if one.outcome == outcome))
    contested = (one.entry for one in orders if answers.get(one.entry.entry) == "contested")
    yield TcoRow("e", "Reviews brought against removal orders", count(contested))
    back = [one for one in entries.typed("reinstatement") if _about_terrorist(one)]
    for letter, cause, words in (
        ("f", "court", "Reinstated after a review by a court or an authority"),
        ("g", "complaint", "Reinstated after a complaint"),
    ):
        yield TcoRow(letter, words, count(one for one in back if one.cause == cause))


_NOT_FOLLOWED = {"contested", "refused", "impossible"}
_IDENTIFY = (
    "Public posts are inspected against published rules; a moderator decides on each finding,"
    " and news, research, art, education and counter-speech are protected by tests of the rules."
)
_REAPPEARANCE = "The same rules read every later post. No machine removes anything."


def _answers(entries: Entries) -> dict[str, str]:
    """What was answered to each order at last, by the order's id."""
    said = sorted(entries.typed("order"), key=lambda one: (one.at, one.entry))
    return {one.follows or one.entry: one.outcome for one in said if one.outcome}


def _grounds(entries: Entries, orders: list[JournalEntry]) -> str:
    ids = {one.entry for one in orders}
    said = Counter(
        f"{one.outcome}: {one.ground}"
        for one in entries.typed("order")
        if (one.follows or one.entry) in ids and one.outcome in _NOT_FOLLOWED
    )
    return "; ".join(f"{text} ({number})" for text, number in sorted(said.items()))


def _terrorist(entry: JournalEntry) -> bool:
    return TERRORIST in entry.keywords


def _about_terrorist(entry: JournalEntry) -> bool:
    return entry.about is not None and _terrorist(entry.about)
