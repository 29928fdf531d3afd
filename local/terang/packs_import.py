"""`terang packs import`: a list of words becomes a shadow pack to edit."""

import argparse
import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import NamedTuple

from matcher.categories import TERMS_ONLY, category_fault
from matcher.term import Term
from matcher.wording import term_fault
from terang.command import USAGE
from terang.pack_layout import listed, plain_or_quoted
from terang.packs_command import day_of
from terang.telling import problem, say, warning

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
    fault = category_fault(options.category)
    today = day_of(options.today) if options.today else datetime.now(UTC).date()
    if today is None:
        fault = f"--today {options.today}: no day of the calendar, like 2026-11-30"
    if fault:
        problem(fault)
        return USAGE
    try:
        text = options.words.read_text("utf-8-sig")
        words = list(_words(text, _TABLES.get(options.words.suffix.lower()), options.column))
    except (OSError, ValueError) as error:
        problem(f"{options.words}: {error}")
        return USAGE
    terms = list(_sound(words, str(options.words)))
    if not terms:
        problem(f"{options.words}: no term in it")
        return 1
    for line in pack_lines(options, terms, today or date.min):
        say(line)
    return 0


def _words(text: str, separators: str | None, column: str) -> Iterator[Word]:
    """The words of a list, or of one column of a table with a header.

    Raises:
        ValueError: If the table has no such column.
    """
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
        raise ValueError(f"no column `{wanted}`; it has {', '.join(names) or 'none'}")
    for row in rows:
        if (row[wanted] or "").strip():
            yield Word(rows.line_num, row[wanted].strip())


def _sound(words: Iterable[Word], name: str) -> Iterator[str]:
    """The words that can be terms, each once; of others the author is told."""
    seen: set[str] = set()
    for line, written in words:
        fault = term_fault(written)
        if fault:
            warning(f"{name}:{line}: left out: {fault}")
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
