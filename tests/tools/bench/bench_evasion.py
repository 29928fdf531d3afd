"""What is seen through and what is hit by mistake, step by step, on real words and texts.

The data is not part of the project (`../shared/data`); without it there is nothing to measure.
Each row switches one more disguise on. Run it by `make bench`, or alone:

    .venv/bin/pytest tests/tools/bench/bench_evasion.py -o python_files='bench_*.py' -s
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from pathlib import Path

import pytest
from support.sample_packs import pack_of
from tools.bench.corpus import DATA, labelled
from tools.bench.measure import in_columns

from authoring.advice import common_words
from matcher import Evasion, Hit, Matcher, Rule, Severity, load_packs, readings
from matcher.aligned import WordReading
from matcher.candidates import Candidate
from matcher.hit import Effort
from matcher.vocabulary import Vocabulary

ROOT = Path(__file__).parents[3]
DAY = date(2026, 11, 25)

STEPS = (Evasion.LEET, Evasion.REPEATED, Evasion.SEPARATED, Evasion.MASKED, Evasion.FOREIGN,
         Evasion.PADDED)  # fmt: skip
"""The disguises, in the order in which the rows switch them on; the fold alone comes first."""

COMMON = ("ar", "en", "fr", "id", "ms")
READ = {Evasion.LEET, Evasion.MASKED, Evasion.FOREIGN}
"""Disguises of which letters are read that are not there."""

GOALS = {
    ("manual", "en"): 0.99, ("manual", "fr"): 0.97,
    ("star", "en"): 0.95, ("star", "fr"): 0.95, ("star", "ar"): 0.95, ("star", "arz-latn"): 0.95,
    ("one-letter", "en"): 0.97, ("one-letter", "fr"): 0.97,
}  # fmt: skip
"""Kind of evasion and language, and the least recall."""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no data at {DATA}")


def texts(folder: str) -> Iterator[str]:
    for rows in labelled(folder).values():
        yield from (row.text for row in rows)


def ordinary_posts() -> Iterator[str]:
    """Yield the posts that are labelled harmless and were not found to be mislabelled."""
    for row in chain.from_iterable(labelled().values()):
        if row.label in ("ham", "ham_test") and not (row.suspect or row.label_error):
            yield row.text


def pairs() -> list[dict[str, str]]:
    with (DATA / "evasion" / "pairs.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def matcher_of(*terms: str) -> Matcher:
    """One whole-word rule for each term."""
    rules = [
        Rule(id=f"rule-{number}", severity=Severity.LOW, why="Measures.", groups=((term,),))
        for number, term in enumerate(terms)
    ]
    return Matcher([pack_of(*rules)])


def read_only(steps: tuple[Evasion, ...], patch: pytest.MonkeyPatch) -> None:
    """Let matchers see through some disguises only."""
    read_all = readings.read_candidate

    def read_some(candidate: Candidate, vocabulary: Vocabulary,
                  effort: Effort) -> list[WordReading]:  # fmt: skip
        return [
            reading
            for reading in read_all(candidate, vocabulary, effort)
            if reading.evasion <= set(steps)
        ]

    patch.setattr(readings, "read_candidate", read_some)


def worn(hits: tuple[Hit, ...], text: str) -> Iterator[str]:
    """What is hit that is not written plainly: what, for which term, through what."""
    for span in (span for hit in hits for span in hit.spans if span.evasion):
        yield f"{text[span.start : span.end]!r} for {span.term!r}, {'+'.join(span.evasion)}"


def test_recall_and_innocence(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, clean = pairs(), [*texts("clean"), *texts("fraud")]
    terms = sorted({row["plain"] for row in rows})
    alone = {term: matcher_of(term) for term in terms}
    together = matcher_of(*terms)
    shipped = Matcher(load_packs(ROOT / "packs", today=DAY))
    protected = protected_sentences()
    kinds = sorted({(row["kind"], row["lang"]) for row in rows})
    total = Counter((row["kind"], row["lang"]) for row in rows)
    table = [["step", *(f"{kind} {lang}" for kind, lang in kinds), "odd", "shipped", "protected"]]
    recall: dict[tuple[str, str], float] = {}
    odd: list[str] = []
    for number in range(len(STEPS) + 1):
        with monkeypatch.context() as patch:
            read_only(STEPS[:number], patch)
            found = Counter(
                (row["kind"], row["lang"])
                for row in rows
                if alone[row["plain"]].find(row["obfuscated"])
            )
            recall = {kind: found[kind] / total[kind] for kind in kinds}
            odd = [line for text in clean for line in worn(together.find(text), text)]
            table.append([f"+ {STEPS[number - 1]}" if number else "the fold",
                          *(f"{recall[kind]:.4f}" for kind in kinds), str(len(odd)),
                          str(sum(bool(shipped.find(text)) for text in texts("clean"))),
                          str(sum(bool(shipped.find(text)) for text in protected))])  # fmt: skip
    counts = f"{len(rows):,} pairs, {len(terms)} terms, {len(clean):,} texts"
    show(f"Recall by kind and language ({counts}); odd: hits that are not plain", table, odd)
    assert {kind: recall[kind] for kind, goal in GOALS.items() if recall[kind] < goal} == {}
    assert odd == []
    assert table[-1][-2:] == table[1][-2:] == ["0", "0"]


def test_each_disguise_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What each disguise, switched on by itself, adds to the hits on what must not be hit. The
    rules of the packs are what runs. Their terms, each a rule by itself, find many innocent texts
    as they stand; what counts is how many spans a disguise adds to those."""
    packs = load_packs(ROOT / "packs", today=DAY)
    rules = [rule for pack in packs for rule in pack.rules]
    matchers = {
        "taboo words": matcher_of(*sorted({row["plain"] for row in pairs()})),
        "terms of the packs": matcher_of(
            *sorted({term for rule in rules for group in rule.term_groups for term in group})
        ),
        "the packs": Matcher(packs),
    }
    places = {"clean": [*texts("clean")], "protected": protected_sentences()}
    columns = [(name, place) for name in matchers for place in places]
    table = [["switched on", *(f"{name} on {place}" for name, place in columns)]]
    added: list[str] = []
    before: dict[tuple[str, str], Counter[str]] = {}
    for step in (None, *STEPS):
        row = ["the fold" if step is None else f"{step} alone"]
        with monkeypatch.context() as patch:
            read_only((step,) if step else (), patch)
            for column in columns:
                found = Counter(shown(matchers[column[0]], places[column[1]]))
                first = before.setdefault(column, found)
                row.append(f"{found.total():,} (+{(found - first).total()})")
                added += [f"{row[0]}, {column[0]}: {hit}" for hit in (found - first)]
        table.append(row)
    sizes = ", ".join(f"{place}: {len(items):,} texts" for place, items in places.items())
    show(f"Spans before and after each disguise ({sizes})", table, added)
    assert [hit for hit in added if "terms of the packs" not in hit] == []


DISGUISED_POSTS = 1 / 2_000
"""Of ordinary posts, the most in which an ordinary word is read by letters that are not there."""


def test_ordinary_words_are_rarely_read_into_ordinary_posts() -> None:
    """No list of terms is known beforehand: these are common words of six languages. What is found
    is to be read: people do write `b3d` and `t*i`."""
    words = {word for language in COMMON for word in common_words(language) if len(word) > 4}
    matcher = matcher_of(*sorted(word.strip() for word in words))
    posts = [*ordinary_posts(), *texts("clean")]
    found: list[str] = []
    for text, hits in zip(posts, matcher.find_all(posts), strict=True):
        spans = [span for hit in hits for span in hit.spans if READ.intersection(span.evasion)]
        found += [f"{text[s.start : s.end]!r} for {s.term!r}, {'+'.join(s.evasion)}" for s in spans]
    table = [["words", "texts", "read"], [str(len(words)), f"{len(posts):,}", str(len(found))]]
    show("Ordinary words read into ordinary texts", table, found)
    assert len(found) < DISGUISED_POSTS * len(posts)


def shown(matcher: Matcher, items: Sequence[str]) -> Iterator[str]:
    """Each span that is found, as a line to read."""
    for text, hits in zip(items, matcher.find_all(items), strict=True):
        for span in (span for hit in hits for span in hit.spans):
            around = text[max(0, span.start - 20) : span.end + 20]
            yield f"{text[span.start : span.end]!r} for {span.term!r} in {around!r}"


def protected_sentences() -> list[str]:
    return [
        line
        for path in sorted((ROOT / "packs" / "protected").glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]


def test_names_and_phrases_that_only_contain_a_word() -> None:
    with (DATA / "names" / "scunthorpe-candidates.tsv").open(encoding="utf-8") as lines:
        next(lines)
        names = [line.rstrip("\n").split("\t")[1:] for line in lines]
    words = sorted({word for _, contained in names for word in contained.split(",")})
    terms = sorted({*words, *(row["plain"] for row in pairs())})
    matcher = matcher_of(*terms)
    phrases = (DATA / "evasion" / "lookalike-false-positives.txt").read_text("utf-8").splitlines()
    table = [["set", "texts", "the word alone", "with an accent", "other"]]
    others: list[str] = []
    for name, items in (("names", [name for name, _ in names]), ("phrases", phrases)):
        spans = [(text[span.start : span.end], span)
                 for text in items for hit in matcher.find(text) for span in hit.spans]  # fmt: skip
        plain = [word for word, span in spans if word.casefold() == span.term.casefold()]
        accented = [word for word, span in spans if span.evasion == (Evasion.ACCENT,)]
        rest = [f"{word!r} for {s.term!r}" for word, s in spans if set(s.evasion) - {"accent"}]
        others += rest
        table.append([name, *map(str, (len(items), len(plain), len(accented), len(rest)))])
    show(f"Hits of {len(terms)} terms on what contains them", table, others)
    assert others == []


def show(title: str, table: list[list[str]], below: list[str]) -> None:
    """Prints a table with its columns aligned, and lines below it."""
    sys.stdout.write("\n".join(["", "", title, "", in_columns(table), *below, ""]))
