"""`terang packs import`: a list of words becomes a shadow pack to edit."""

import argparse
import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import NamedTuple

from authoring.format import listed, plain_or_quoted
from authoring.terms import term_problem
from ledger.errors import OperatorError
from matcher.terms.term import Term
from rules.categories import TERMS_ONLY, category_problem
from terang import USAGE
from terang.casework.message_file import read_file
from terang.cli.packs import day_of
from terang.console import print_problem, print_result, print_warning

DAYS = 182  # half a year
EXAMPLES = 20  # terms that become `match` examples
_COMMENT = "#"
_TABLES = {".csv": ",;", ".tsv": "\t"}  # of .csv, what the header has more of: Excel writes both


class Word(NamedTuple):
    """A term with the line it came from."""

    line: int
    written: str


def import_words(options: argparse.Namespace) -> int:
    """Print a pack: 0; 1 if no term was left; 2 if the file or an option cannot be used."""
    fault = category_problem(options.category)
    today = day_of(options.today) if options.today else datetime.now(UTC).date()
    if today is None:
        fault = f"--today {options.today}: no day of the calendar, like 2026-11-30"
    if fault:
        print_problem(fault)
        return USAGE
    try:
        words = words_of(
            read_file(options.words, may_be_pipe=True), options.words.suffix, options.column
        )
    except OperatorError as error:
        print_problem(f"terang packs: {error}")
        return USAGE
    except WordsError as error:
        print_problem(f"{options.words}: {error}")
        return USAGE
    terms = list(sound_words(words, str(options.words), print_warning))
    if not terms:
        print_problem(f"{options.words}: no term in it")
        return 1
    for line in pack_lines(options, terms, today or date.min):
        print_result(line)
    return 0


class WordsError(ValueError):
    """A list or table of words that cannot be read; the message says why."""


def words_of(data: bytes, suffix: str, column: str) -> list[Word]:
    """Return the words of a list, or of one column of a table with a header (`.csv`, `.tsv`).

    Raises:
        WordsError: If the file is no UTF-8 or no table, or the table has no such column.
    """
    try:
        return list(_words(data.decode("utf-8-sig"), _TABLES.get(suffix.lower()), column))
    except UnicodeDecodeError as error:
        raise WordsError(f"byte {error.start} is no UTF-8; save the file as UTF-8") from error
    except csv.Error as error:
        raise WordsError(f"no table: {error}") from error


def _words(text: str, separators: str | None, column: str) -> Iterator[Word]:
    if separators is None:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith(_COMMENT):
                yield Word(number, line.strip())
        return
    header = text.partition("\n")[0]
    rows = csv.DictReader(StringIO(text), delimiter=max(separators, key=header.count))
    names = list(rows.fieldnames or ())
    wanted = column or ("term" if "term" in names else next(iter(names), ""))
    if wanted not in names:
        raise WordsError(f"no column `{wanted}`; it has {', '.join(names) or 'none'}")
    for row in rows:
        if (row[wanted] or "").strip():
            yield Word(rows.line_num, row[wanted].strip())


def sound_words(words: Iterable[Word], name: str, warn: Callable[[str], None]) -> Iterator[str]:
    """Yield the words that can be terms, each once; warn of the others."""
    seen: set[str] = set()
    for line, written in words:
        fault = term_problem(written)
        if fault:
            warn(f"{name}:{line}: left out: {fault}")
        elif (pattern := Term.of(written).pattern) not in seen:
            seen.add(pattern)
            yield written


def pack_lines(options: argparse.Namespace, terms: list[str], today: date) -> list[str]:
    """The lines of a pack whose gaps `terang packs check` names."""
    ground = "terms" if options.category in TERMS_ONLY else "illegal"
    examples = [term.strip("*").strip() for term in terms[:EXAMPLES]]
    return [
        f"id: {options.id}",
        "version: 1",
        'title: ""',
        'why: ""',
        f"category: {options.category}",
        *listed("keywords: [", options.keyword),
        f"ground: {ground}",
        "legal_ground:",
        '  text: ""',
        '  url: ""',
        *listed("languages: [", options.language),
        f"owner: {plain_or_quoted(options.owner, 'a: {}')}",
        f"in_force: {{from: {today}, until: {today + timedelta(days=DAYS)}}}",
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
