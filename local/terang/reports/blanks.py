"""A nought where the template wants a blank: a time or a share of nothing.

Source: Implementing Regulation (EU) 2024/2835, Annex II: `0` is what could have happened and did
not, blank what there is none of. A report that was published told an accuracy of 0 for no notices.
"""

from collections.abc import Iterator

from dsa.report.template import HEADERS
from terang.reports.tables import Fault, Table

_OF_ROW = {
    3: {8: 6, 9: 6, 11: 10, 12: 10},
    4: {9: 5, 10: 6},
}
"""By part, the column of each median and that of the count without which there is none."""

_INDICATOR, _SCOPE, _VALUE = 4, 5, 6
_TOTAL = "Total number"


def zeros_for_blanks(part: int, rows: Table) -> Iterator[Fault]:
    """The noughts that stand for nothing."""
    for number, row in enumerate(rows, 1):
        for column, count in _OF_ROW.get(part, {}).items():
            if _is_zero(row[column]) and not _counted(row[count]):
                yield _fault(part, number, HEADERS[part][column])
    if part in (7, 8):
        counts = _counts(part, rows)
        for number, row in enumerate(rows, 1):
            known = counts.get(_key(part, row))
            if _is_zero(row[_VALUE]) and known is not None and not known and _of_some(part, row):
                yield _fault(part, number, "Value")


def _fault(part: int, number: int, column: str) -> Fault:
    return Fault(part, number, column, "zero_for_blank", "0 of nothing: leave it blank")


def _counts(part: int, rows: Table) -> dict[str, bool]:
    """Whether there was anything, by indicator of part 7 and by scope of part 8."""
    found: dict[str, bool] = {}
    for row in rows:
        solely = part == 8 and "solely" in row[_INDICATOR]
        if solely or (part == 7 and row[_SCOPE].strip().startswith(_TOTAL)):
            found[_key(part, row)] = _counted(row[_VALUE])
    return found


def _key(part: int, row: list[str]) -> str:
    return row[_INDICATOR if part == 7 else _SCOPE].strip()


def _of_some(part: int, row: list[str]) -> bool:
    """Whether a value is a time or a share, of which there is none without a count."""
    if part == 8:
        return row[_INDICATOR].startswith("Accuracy")
    return row[_SCOPE].strip().startswith(("Median", "Percentage"))


def _counted(cell: str) -> bool:
    return cell.strip() not in ("", "0")


def _is_zero(cell: str) -> bool:
    try:
        return float(cell) == 0
    except ValueError:
        return False
