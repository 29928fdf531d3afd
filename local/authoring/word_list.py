"""Turns a list or table of words into the lines of a shadow pack that its author fills in."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import NamedTuple

from authoring.format import listed, plain_or_quoted
from authoring.wording import term_problem
from matcher.terms.term import Term
from rules.categories import TERMS_ONLY

DAYS = 182
"""How long the new pack is in force: half a year."""

EXAMPLES = 20
"""Terms that become `match` examples."""

_COMMENT = "#"
_SEPARATORS = {".csv": ",;", ".tsv": "\t"}  # Excel writes both into .csv; the header shows which


class ListedWord(NamedTuple):
    """A term with the line it came from."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class NewPack:
    """The fields of the new pack; empty ones are left for its author to fill in."""

    id: str
    category: str
    keywords: tuple[str, ...]
    languages: tuple[str, ...]
    owner: str
    first_day: date


class WordListError(ValueError):
    """A list or table of words cannot be read; the message says why."""


def read_words(data: bytes, suffix: str, column: str) -> list[ListedWord]:
    """Return the words of a list, or of one column of a table with a header (`.csv`, `.tsv`).

    Raises:
        WordListError: If the file is not UTF-8 or not a table, or the table has no such column.
    """
    try:
        return list(_words(data.decode("utf-8-sig"), _SEPARATORS.get(suffix.lower()), column))
    except UnicodeDecodeError as error:
        raise WordListError(f"byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except csv.Error as error:
        raise WordListError(f"not a table: {error}") from error


def _words(text: str, separators: str | None, column: str) -> Iterator[ListedWord]:
    if separators is None:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith(_COMMENT):
                yield ListedWord(number, line.strip())
        return
    header = text.partition("\n")[0]
    rows = csv.DictReader(StringIO(text), delimiter=max(separators, key=header.count))
    names = list(rows.fieldnames or ())
    wanted = column or ("term" if "term" in names else next(iter(names), ""))
    if wanted not in names:
        raise WordListError(f"no column `{wanted}`; it has {', '.join(names) or 'none'}")
    for row in rows:
        if (row[wanted] or "").strip():
            yield ListedWord(rows.line_num, row[wanted].strip())


def usable_terms(
    words: Iterable[ListedWord], name: str, warn: Callable[[str], None]
) -> Iterator[str]:
    """Yield the words that can be terms, each once; warn about the others."""
    seen: set[str] = set()
    for line, text in words:
        problem = term_problem(text)
        if problem:
            warn(f"{name}:{line}: left out: {problem}")
        elif (pattern := Term.of(text).pattern) not in seen:
            seen.add(pattern)
            yield text


def pack_lines(pack: NewPack, terms: list[str]) -> list[str]:
    """Return the lines of a pack; `terang packs check` names the fields to fill in."""
    ground = "terms" if pack.category in TERMS_ONLY else "illegal"
    examples = [term.strip("*").strip() for term in terms[:EXAMPLES]]
    return [
        f"id: {pack.id}",
        "version: 1",
        'title: ""',
        'why: ""',
        f"category: {pack.category}",
        *listed("keywords: [", pack.keywords),
        f"ground: {ground}",
        "legal_ground:",
        '  text: ""',
        '  url: ""',
        *listed("languages: [", pack.languages),
        f"owner: {plain_or_quoted(pack.owner, 'a: {}')}",
        f"in_force: {{from: {pack.first_day}, until: {pack.first_day + timedelta(days=DAYS)}}}",
        "mode: shadow",
        "rules:",
        "  - id: listed-terms",
        "    severity: low",
        '    why: ""',
        *listed("    any: [", terms),
        "    match:",
        *(f"      - {plain_or_quoted(example, '- {}')}" for example in examples),
        "    ignore: []",
    ]
