"""Writes new packs in shadow: of a list of words, and of learned weights with their card.

The card says what a learned pack was trained on, and how well it does: its numbers come from the
posts that were held back. The pack passes `packs check` as it is. What only its author knows has
a placeholder: where the posts come from and how they were chosen, what it never met, the reason,
the ground, the owner, the examples. A list of words becomes a pack that its author fills in.
`new_pack.txt` is the text of both.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, select_autoescape

from authoring.advice import PLACEHOLDER
from authoring.format import canonical, listed, plain_or_quoted
from authoring.labelled import CLEAN_RATE, FALSE_RATE, FEW, PRECISION, SEPARATORS, share_of_groups
from authoring.learning import FOLDS, Learned
from matcher.sign_catalogue import term_problem
from matcher.term import Term
from rules.law import LAW_VERSION
from rules.pack_parts import KEYWORDS, TERMS_ONLY

_COUNTED = (
    f"{PLACEHOLDER} who counted the documents",
    True,
    "From counts, no harmful text was seen; the number is that of the most frequent term.",
)


def _card(learned: Learned, language: str) -> dict[str, Any]:
    """Return what the template says in the card, before anybody has read the terms."""
    measured = learned.measured
    kinds = Counter(
        (_file_of(post.place), post.is_harmful, post.selected) for post in measured.posts
    )
    if learned.counted:
        kinds[_COUNTED] = learned.counted
    ordinary = []
    for name in sorted({name for name, is_harmful, _ in kinds if not is_harmful}):
        here = np.array([_file_of(post.place) == name for post in measured.posts])
        sums = measured.sums[here & ~measured.is_harmful]
        found = (np.count_nonzero(sums >= least) for least in (learned.threshold, learned.high))
        ordinary.append((name, len(sums), *found))
    return {
        "learned": learned,
        "language": language,
        "kinds": sorted(kinds.items()),
        "ordinary_posts": np.count_nonzero(~measured.is_harmful),
        "suspects": np.count_nonzero(measured.suspects),
        "law": LAW_VERSION,
        "held_back": _held_back(learned),
        "ordinary": ordinary,
        "from_packs": [f"{pack} ({terms} terms)" for pack, terms in learned.from_packs],
    }


def _held_back(learned: Learned) -> Iterator[tuple[object, ...]]:
    """Yield of what posts were held back, the threshold, and recall and precision there."""
    measured = learned.measured
    groups, is_harmful = np.asarray(measured.groups), measured.is_harmful
    named = {"New copy groups": measured.sums, "New brands": measured.brand_sums}
    for name, sums in named.items():
        if sums is None:
            continue
        for level in ("threshold", "high"):
            hits = (sums >= getattr(learned, level)) & (np.arange(len(sums)) < measured.labelled)
            recall = share_of_groups(hits[is_harmful], groups[is_harmful].tolist())
            yield name, level, recall, share_of_groups(is_harmful[hits], groups[hits].tolist())


def _file_of(place: str) -> str:
    return Path(place.rpartition(":")[0]).name


EXAMPLES = 2
"""Examples of each kind, which a rule needs."""


@dataclass(frozen=True, slots=True)
class NewPack:
    """The fields of the new pack; empty ones are left for its author to fill in."""

    id: str
    category: str
    keywords: tuple[str, ...]
    languages: tuple[str, ...]
    owner: str
    first_day: date


def _rendered(pack: NewPack, **content: object) -> str:
    """Return the text of a pack. What the template misses is empty."""
    folder = Path(__file__).parent
    engine = Environment(  # the text is no HTML
        loader=FileSystemLoader(folder), autoescape=select_autoescape(), trim_blocks=True
    )
    engine.filters["quoted"] = lambda text, place="a: {}": plain_or_quoted(text, place)
    engine.globals["listed"] = lambda start, words: "\n".join(listed(start, words))
    until = pack.first_day + timedelta(days=DAYS)
    facts = {"pack": pack, "until": until, "terms_only": TERMS_ONLY, "ask": PLACEHOLDER}
    facts |= {"precision": PRECISION, "false_rate": FALSE_RATE, "clean_rate": CLEAN_RATE}
    facts |= {"folds": FOLDS, "few": FEW}
    return engine.get_template("new_pack.txt").render(facts, **content)


def pack_text(pack: NewPack, learned: Learned) -> str:
    """Return the YAML of the pack in the canonical layout."""
    keywords = sorted(KEYWORDS[pack.category])
    filled_in = replace(
        pack,
        keywords=("OTHER" if "OTHER" in keywords else keywords[0],),
        languages=pack.languages or ("en",),
        owner="trust@provider.example",
    )
    text = _rendered(
        filled_in,
        match=matching_rows(learned),
        ignore=ignored_rows(learned),
        **_card(learned, "".join(pack.languages)),
    )
    return canonical(text, f"{pack.id}.yaml")


def matching_rows(learned: Learned) -> list[str]:
    """Return rows of the strongest terms, each long enough to reach the threshold.

    Signs may count against a row, such as its length: it reaches the threshold in spite of them. A
    row falls short if only signs together with terms reach it; `packs check` then says so.
    """
    ordered = sorted(learned.terms, key=lambda term: (-learned.terms[term], term))
    helpful = [term for term in ordered if learned.terms[term] > 0]
    wanted = learned.threshold - sum(min(weight, 0) for weight in learned.signs.values())
    rows = []
    for first in range(EXAMPLES):
        row: list[str] = []
        total = 0
        for term in helpful[first:] + helpful[:first]:
            if total >= wanted:
                break
            row.append(term)
            total += learned.terms[term]
        rows.append(", ".join(row))
    return rows


def ignored_rows(learned: Learned) -> list[str]:
    """Return the strongest terms alone: no single term is enough, unless others are in it."""
    terms = learned.terms
    alone = [
        term
        for term in sorted(terms, key=lambda term: (-terms[term], term))
        if sum(weight for other, weight in terms.items() if other in term) < learned.threshold
    ]
    return alone[:EXAMPLES]


DAYS = 182
"""How long the new pack is in force: half a year."""


class WordListError(ValueError):
    """A list or table of words cannot be read; the message says why."""


def read_words(data: bytes, suffix: str, column: str) -> list[tuple[int, str]]:
    """Return the words and their lines: of a list, or of one column of a table (`.csv`, `.tsv`).

    Raises WordListError if it is not UTF-8 or not a table, or the table has no such column.
    """
    try:
        return list(_listed_words(data.decode("utf-8-sig"), SEPARATORS.get(suffix.lower()), column))
    except UnicodeDecodeError as error:
        raise WordListError(f"byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except csv.Error as error:
        raise WordListError(f"not a table: {error}") from error


def _listed_words(text: str, separators: str | None, column: str) -> Iterator[tuple[int, str]]:
    if separators is None:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield number, line.strip()
        return
    header = text.partition("\n")[0]
    rows = csv.DictReader(StringIO(text), delimiter=max(separators, key=header.count))
    names = list(rows.fieldnames or ())
    wanted = column or ("term" if "term" in names else next(iter(names), ""))
    if wanted not in names:
        raise WordListError(f"no column `{wanted}`; it has {', '.join(names) or 'none'}")
    for row in rows:
        if (row[wanted] or "").strip():
            yield rows.line_num, row[wanted].strip()


def usable_terms(
    words: Iterable[tuple[int, str]], name: str, warn: Callable[[str], None]
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
    examples = [term.strip("*").strip() for term in terms[:20]]
    return _rendered(pack, terms=terms, match=examples).removesuffix("\n").split("\n")
