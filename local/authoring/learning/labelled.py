"""Reads labelled posts: JSON Lines, or a table with a header (`.csv`, `.tsv`).

Each row has `text` and `label`. `group` names the copies of one text, if somebody grouped them
already. `brand` names what an advert is for: its letters never become a term.
"""

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO

HARMFUL = ("harmful", "1", "true", "yes")
ORDINARY = ("ordinary", "0", "false", "no")
SHOWN = 20
"""Problems that are shown; a file of the wrong kind has one in each line."""

_SEPARATORS = {".csv": ",;", ".tsv": "\t"}  # Excel writes both into .csv; the header shows which


@dataclass(frozen=True, slots=True)
class LabelledPost:
    """A text with its label, and the file and line it comes from.

    If moderators gave the label, `moderators` are they, `weight` is how many posts it counts for,
    and `selected` says how the post came before them. `is_confirmed` says that somebody looked at
    the label again.
    """

    text: str
    is_harmful: bool
    place: str
    group: str = ""
    brand: str = ""
    weight: float = 1.0
    moderators: frozenset[str] = frozenset()
    selected: str = ""
    is_confirmed: bool = False


class LabelError(ValueError):
    """Rows that cannot be used: `problems` has a sentence for each, with file, line and advice."""

    def __init__(self, *problems: str):
        super().__init__("\n".join(problems))
        self.problems = problems


def read_labelled(
    data: bytes, name: str, suffix: str, harmful: Collection[str] = ()
) -> list[LabelledPost]:
    """Return the posts of one file, in the order of its rows.

    Args:
        data: The content of the file.
        name: What problems call the file.
        suffix: `.csv` or `.tsv` for a table, anything else for JSON Lines.
        harmful: The labels that mean harmful; then every other label means ordinary. None means
            that labels are words such as `harmful` and `ordinary`.

    Raises:
        LabelError: With the first rows that cannot be used.
    """
    posts: list[LabelledPost] = []
    problems: list[str] = []
    for line, row in _rows(data, name, suffix):
        place = f"{name}:{line}"
        problem = row if isinstance(row, str) else _text_problem(row)
        is_harmful = None if isinstance(row, str) else _is_harmful(row, harmful)
        if not problem and is_harmful is None:
            problem = _label_problem(row)
        if problem or isinstance(row, str):
            problems.append(f"{place}: {problem}")
        else:
            posts.append(_post(row, place, is_harmful=bool(is_harmful)))
    raise_problems(problems)
    return posts


def read_clean(data: bytes, name: str, suffix: str) -> list[LabelledPost]:
    """Return the texts of a file of ordinary posts, whose labels do not matter.

    Raises LabelError like `read_labelled`.
    """
    posts: list[LabelledPost] = []
    problems: list[str] = []
    for line, row in _rows(data, name, suffix):
        place = f"{name}:{line}"
        problem = row if isinstance(row, str) else _text_problem(row)
        if problem or isinstance(row, str):
            problems.append(f"{place}: {problem}")
        else:
            posts.append(_post(row, place, is_harmful=False))
    raise_problems(problems)
    return posts


type _Row = Mapping[str, object]


def _rows(data: bytes, name: str, suffix: str) -> Iterator[tuple[int, _Row | str]]:
    """Yield each row with its line; a string says why a line is not a row."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LabelError(f"{name}:{line}: not UTF-8; save the file as UTF-8") from None
    if suffix.lower() in _SEPARATORS:
        yield from _table_rows(text, name, _SEPARATORS[suffix.lower()])
        return
    for line, written in enumerate(text.split("\n"), 1):
        if written.strip():
            yield line, _json_row(written)


def _json_row(written: str) -> _Row | str:
    try:
        row = json.loads(written)
    except (ValueError, RecursionError) as error:
        return f"not JSON ({error}); each line is one object, a table is named .csv or .tsv"
    return row if isinstance(row, dict) else 'not an object; write {"text": …, "label": …}'


def _table_rows(text: str, name: str, separators: str) -> Iterator[tuple[int, _Row | str]]:
    header = text.partition("\n")[0]
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=max(separators, key=header.count))
    if "text" not in (columns := rows.fieldnames or ()):
        raise LabelError(
            f"{name}:1: no column `text`; the header has {', '.join(columns) or 'nothing'}"
        )
    start = rows.line_num + 1
    try:
        for row in rows:
            yield start, row
            start = rows.line_num + 1
    except csv.Error as error:
        raise LabelError(f"{name}:{start}: not a table: {error}") from None


def _text_problem(row: _Row) -> str | None:
    text = row.get("text")
    if not isinstance(text, str):
        return "no `text`, or it is not a string"
    return None if text.strip() else "`text` is empty; leave the row out"


def _is_harmful(row: _Row, harmful: Collection[str]) -> bool | None:
    label = _label(row)
    if label is None:
        return None
    if harmful:
        return label in harmful
    if label.casefold() in HARMFUL:
        return True
    return False if label.casefold() in ORDINARY else None


def _label(row: _Row) -> str | None:
    label = row.get("label")
    if isinstance(label, bool):
        return str(label).lower()
    return str(label).strip() if isinstance(label, (str, int)) and str(label).strip() else None


def _label_problem(row: _Row | str) -> str:
    label = None if isinstance(row, str) else _label(row)
    if label is None:
        return f"no `label`; allowed are {', '.join(HARMFUL)} and {', '.join(ORDINARY)}"
    return (
        f"label `{label[:40]}` is not known; allowed are {', '.join(HARMFUL)} and "
        f"{', '.join(ORDINARY)}, or name the harmful ones with --harmful"
    )


def _post(row: _Row, place: str, *, is_harmful: bool) -> LabelledPost:
    group, brand = (str(row.get(field) or "").strip() for field in ("group", "brand"))
    return LabelledPost(str(row["text"]), is_harmful, place, group, brand)


def raise_problems(problems: list[str]) -> None:
    """Raise LabelError with the first of the problems, if there are any."""
    if problems:
        further = len(problems) - SHOWN
        shown = problems[:SHOWN] + ([f"and {further} more"] if further > 0 else [])
        raise LabelError(*shown)
