"""Writes a learned pack in shadow, which passes `packs check` as it is.

What only its author knows has a placeholder: the reason, the ground, the owner, the examples.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from authoring.format import canonical, plain_or_quoted
from authoring.learning.card import card_lines
from authoring.learning.learning import Learned
from authoring.word_list import DAYS
from rules.categories import KEYWORDS, TERMS_ONLY

EXAMPLES = 2
"""Examples of each kind, which a rule needs."""


@dataclass(frozen=True, slots=True)
class LearnedPack:
    """The fields of the pack that somebody chose."""

    id: str
    category: str
    language: str
    first_day: date


def pack_text(pack: LearnedPack, learned: Learned, gate: Mapping[str, str]) -> str:
    """Return the YAML of the pack in the canonical layout.

    Args:
        pack: Its fields.
        learned: The weights and thresholds.
        gate: What a text must look like to be scored, empty for any.
    """
    category = pack.category
    keywords = sorted(KEYWORDS[category])
    last_day = pack.first_day + timedelta(days=DAYS)
    lines = [
        f"id: {pack.id}",
        "version: 1",
        f"title: Learned from labelled posts ({pack.id})",
        "why: Put here what these posts do to people, for everybody to read.",
        f"category: {category}",
        f"keywords: [{'OTHER' if 'OTHER' in keywords else keywords[0]}]",
        f"ground: {'terms' if category in TERMS_ONLY else 'illegal'}",
        "legal_ground:",
        "  text: Put the law or the clause of your own rules here",
        "  url: https://provider.example/rules",
        f"languages: [{plain_or_quoted(pack.language or 'en', '[{}]')}]",
        "owner: trust@provider.example",
        f"in_force: {{from: {pack.first_day}, until: {last_day}}}",
        "mode: shadow",
        *card_lines(learned, pack.language),
        "rules:",
        "  - id: learned-terms",
        "    severity: medium",
        "    why: Has many of the terms and signs by which such posts were recognised.",
        "    score:",
        f"      threshold: {learned.threshold}",
        f"      high: {learned.high}",
        *_gate(gate),
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


def _gate(gate: Mapping[str, str]) -> Iterator[str]:
    if gate:
        yield f"      reads: {{{', '.join(f'{key}: {value}' for key, value in gate.items())}}}"


def _weights(key: str, weights: Mapping[str, int]) -> Iterator[str]:
    if weights:
        entries = [f"{plain_or_quoted(name, '[{}]')}: {at}" for name, at in sorted(weights.items())]
        yield f"      {key}: {{{', '.join(entries)}}}"


def _examples(key: str, rows: Sequence[str]) -> Iterator[str]:
    yield f"    {key}:"
    yield from (f"      - {plain_or_quoted(row, '- {}')}" for row in rows)
