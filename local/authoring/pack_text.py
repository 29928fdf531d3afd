"""Writes new packs in shadow: of a list of words, and of learned weights with their card.

The card says what a learned pack was trained on, and how well it does: its numbers come from the
posts that were held back. The pack passes `packs check` as it is. What only its author knows has
a placeholder: where the posts come from and how they were chosen, what it never met, the reason,
the ground, the owner, the examples. A list of words becomes a pack that its author fills in.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import numpy as np

from authoring.advice import PLACEHOLDER
from authoring.format import canonical, listed, plain_or_quoted
from authoring.labelled import (
    CLEAN_RATE,
    FALSE_RATE,
    FEW,
    PRECISION,
    SEPARATORS,
    Sums,
    share_of_groups,
)
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


def card_lines(learned: Learned, language: str) -> Iterator[str]:
    """Yield the lines of the card, before anybody has read the terms."""
    measured = learned.measured
    yield "card:"
    yield "  trained_on:"
    kinds = Counter(
        (_file_of(post.place), post.is_harmful, post.selected) for post in measured.posts
    )
    if learned.counted:
        kinds[_COUNTED] = learned.counted
    for (name, is_harmful, selected), posts in sorted(kinds.items()):
        yield f"    - posts: {posts}"
        yield f"      label: {'harmful' if is_harmful else 'ordinary'}"
        yield f"      harmful: {str(is_harmful).lower()}"
        yield f"      language: {plain_or_quoted(language or PLACEHOLDER, 'a: {}')}"
        yield f"      channel: {PLACEHOLDER} where they were posted"
        yield f"      period: {PLACEHOLDER} when they were posted"
        yield f"      source: {plain_or_quoted(name, 'a: {}')}"
        yield f"      licence: {PLACEHOLDER} who may use them"
        selected = selected or f"{PLACEHOLDER} how they were chosen out of all posts"
        yield f"      selected: {plain_or_quoted(selected, 'a: {}')}"
    yield f"  thresholds: {_thresholds(learned)}"
    yield f"  law: {LAW_VERSION}"
    yield "  held_back:"
    yield from _held_back("New copy groups", learned, measured.sums)
    if measured.brand_sums is not None:
        yield from _held_back("New brands", learned, measured.brand_sums)
    yield "  ordinary:"
    for name in sorted({name for name, is_harmful, _ in kinds if not is_harmful}):
        here = np.array([_file_of(post.place) == name for post in measured.posts])
        sums = measured.sums[here & ~measured.is_harmful]
        yield f"    - kind: {plain_or_quoted(f'Ordinary posts of {name}', 'a: {}')}"
        yield f"      posts: {len(sums)}"
        yield f"      found: {np.count_nonzero(sums >= learned.threshold)}"
        yield f"      found_high: {np.count_nonzero(sums >= learned.high)}"
    if learned.by_hand:
        yield f"  by_hand: [{', '.join(plain_or_quoted(word, '[{}]') for word in learned.by_hand)}]"
    if learned.from_packs:
        names = [f"{pack} ({terms} terms)" for pack, terms in learned.from_packs]
        yield f"  from_packs: [{', '.join(plain_or_quoted(name, '[{}]') for name in names)}]"
    never = "languages, channels and kinds of posts that it was not tried on"
    yield f"  never_met: {PLACEHOLDER} {never}"
    worst = "the worst mistakes, in your own words and without a quote: review.jsonl has them"
    yield f'  mistakes: ["{PLACEHOLDER} {worst}"]'


def _thresholds(learned: Learned) -> str:
    measured = learned.measured
    least = f"the lowest sum with a precision of {PRECISION}"
    if learned.counted:
        least = f"the lowest sum with {CLEAN_RATE * 1_000:.0f} false hit in 1,000 clean texts"
    words = (
        f"{least.capitalize()} on {FOLDS} parts that were held back in turn by copy group, and for"
        f" high the lowest with {FALSE_RATE * 10_000:.0f} false hit in 10,000 ordinary posts."
    )
    if (ordinary := int(np.count_nonzero(~measured.is_harmful))) < FEW:
        words += (
            f" {ordinary} ordinary posts are too few to show that, so both are at least what an"
            " estimate from the highest of their sums says."
        )
    if suspects := int(np.count_nonzero(measured.suspects)):
        words += (
            f" {suspects} of the ordinary posts with the highest sums look like wrong labels and"
            " did not count for this; they count in the figures below."
        )
    return words


def _held_back(name: str, learned: Learned, sums: Sums) -> Iterator[str]:
    measured = learned.measured
    labelled = np.arange(len(sums)) < measured.labelled
    groups = np.asarray(measured.groups)
    for level, least in (("threshold", learned.threshold), ("high", learned.high)):
        hits = (sums >= least) & labelled
        where = "None, since no harmful text was seen" if learned.counted else ""
        yield f"    - posts: {where or f'{name}, in {FOLDS} parts held back in turn'}"
        yield f"      at: {level}"
        for key, among, right in (
            ("recall", measured.is_harmful, hits),
            ("precision", hits, measured.is_harmful),
        ):
            part, of, low, high = share_of_groups(right[among], groups[among].tolist())
            yield f"      {key}: {{part: {part}, of: {of}, low: {low:.3f}, high: {high:.3f}}}"


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


def _head(
    pack: NewPack, title: str = '""', why: str = '""', law: str = '""', url: str = '""'
) -> list[str]:
    """Return the lines of a pack before its card and rules; the last four texts are YAML."""
    return [
        f"id: {pack.id}",
        "version: 1",
        f"title: {title}",
        f"why: {why}",
        f"category: {pack.category}",
        *listed("keywords: [", pack.keywords),
        f"ground: {'terms' if pack.category in TERMS_ONLY else 'illegal'}",
        "legal_ground:",
        f"  text: {law}",
        f"  url: {url}",
        *listed("languages: [", pack.languages),
        f"owner: {plain_or_quoted(pack.owner, 'a: {}')}",
        f"in_force: {{from: {pack.first_day}, until: {pack.first_day + timedelta(days=DAYS)}}}",
        "mode: shadow",
    ]


def pack_text(pack: NewPack, learned: Learned) -> str:
    """Return the YAML of the pack in the canonical layout."""
    keywords = sorted(KEYWORDS[pack.category])
    filled_in = replace(
        pack,
        keywords=("OTHER" if "OTHER" in keywords else keywords[0],),
        languages=pack.languages or ("en",),
        owner="trust@provider.example",
    )
    lines = [
        *_head(
            filled_in,
            f"Learned from labelled posts ({pack.id})",
            "Put here what these posts do to people, for everybody to read.",
            "Put the law or the clause of your own rules here",
            "https://provider.example/rules",
        ),
        *card_lines(learned, "".join(pack.languages)),
        "rules:",
        "  - id: learned-terms",
        "    severity: medium",
        "    why: Has many of the terms and signs by which such posts were recognised.",
        "    score:",
        f"      threshold: {learned.threshold}",
        f"      high: {learned.high}",
        *_weights("terms", learned.terms),
        *_weights("signs", learned.signs),
        *_weights("pinyin", learned.pinyin),
        "    # Rows of terms. Put invented posts in their place: what such an author writes,",
        "    # and what an honest person writes with the same words.",
        *_examples("match", matching_rows(learned)),
        *_examples("ignore", ignored_rows(learned)),
    ]
    return canonical("\n".join(lines) + "\n", f"{pack.id}.yaml")


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


def _weights(key: str, weights: Mapping[str, int]) -> Iterator[str]:
    if weights:
        entries = [f"{plain_or_quoted(name, '[{}]')}: {at}" for name, at in sorted(weights.items())]
        yield f"      {key}: {{{', '.join(entries)}}}"


def _examples(key: str, rows: Sequence[str]) -> Iterator[str]:
    yield f"    {key}:"
    yield from (f"      - {plain_or_quoted(row, '- {}')}" for row in rows)


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
    return [
        *_head(pack),
        "rules:",
        "  - id: listed-terms",
        "    severity: low",
        '    why: ""',
        *listed("    any: [", terms),
        *_examples("match", examples),
        "    ignore: []",
    ]
