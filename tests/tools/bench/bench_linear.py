"""The worst input of each reader takes twice as long when it is twice as long, and a unit ends."""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import starmap
from pathlib import Path

import msgspec
from support.format_files import post
from support.world import World, clients_in_memory
from support.worst_inputs import WORST
from tools.bench import corpus
from tools.bench.measure import Report, medians

from ledger.units import Receipt
from matcher import Matcher, Pack, load_packs

PACKS = Path(__file__).parents[3] / "packs"
LENGTH = 16_384
"""Characters of the shorter text; readers cut at 20,000 or later."""

SHOWN = 2
"""Texts shown of each reader: those that take longest for each character."""

LEAST_SECONDS = 0.001
"""Below this, what a call costs at all hides what its text costs."""

MOST_TIMES = 3.0
MOST_SECONDS = 100.0
"""Seconds for a unit of 8 MiB, of the 300 that scan has."""

SAMPLE_BYTES = 48 * 1024
LENGTHS = (60, 300, 3_000, 65_536)


def test_a_text_of_twice_the_length_takes_twice_the_time(report: Report) -> None:
    """Of each reader, the texts that take longest, and the largest ratio of all."""
    shown: dict[str, list[tuple[float, float, str]]] = {}
    worst = 0.0
    for name, (read, text) in WORST.items():
        reader, _, kind = name.partition(", ")
        runs = {size: partial(read, text(size * LENGTH)) for size in (1, 2)}
        seconds = medians(runs, rounds=3)
        ratio = seconds[2] / seconds[1]
        shown.setdefault(reader, []).append((seconds[2], ratio, kind))
        if seconds[1] > LEAST_SECONDS:
            worst = max(worst, ratio)
    table = f"Worst inputs, doubled from {LENGTH:,} to {2 * LENGTH:,} characters"
    report.row(table, "reader", "text", "ms", "times the half")
    for reader, rows in shown.items():
        for seconds, ratio, kind in sorted(rows, reverse=True)[:SHOWN]:
            report.row(table, reader, kind, f"{seconds * 1e3:.1f}", f"{ratio:.2f}")
    report.goal("worst ratio of a doubled input", worst, MOST_TIMES, "x", most=True)


def test_the_worst_unit_ends_in_time(report: Report) -> None:
    """Posts full of words in disguise: a sample by length, then the slowest as a whole unit."""
    table = "Seconds for 8 MiB of posts full of disguised terms (posts read in part)"
    whole = "The slowest of these as a whole unit, from its manifest to its receipt"
    report.row(table, "terms", "disguise", *(f"{length:,}" for length in LENGTHS))
    report.row(whole, "terms", "disguise", "length", "posts", "read in part", "findings", "seconds")
    for name, packs in (("the shipped packs", load_packs(PACKS)),
                        (f"{max(corpus.SIZES):,}", [corpus.pack(max(corpus.SIZES))])):  # fmt: skip
        matcher = Matcher(packs)
        words = sorted(set(_words(packs)))
        measured: dict[tuple[str, int], float] = {}
        for disguise, dress in DISGUISES.items():
            cells = []
            for length in LENGTHS:
                texts = _texts(words, dress, length, SAMPLE_BYTES)
                measured[disguise, length], partly_read = _sampled(matcher, texts)
                cells.append(f"{measured[disguise, length]:.0f} ({partly_read:.0%})")
            report.row(table, name, disguise, *cells)
        disguise, length = max(measured, key=measured.__getitem__)
        texts = _texts(words, DISGUISES[disguise], length, corpus.UNIT_BYTES)
        seconds, receipt = _scanned(packs, texts)
        report.row(
            whole, name, disguise, f"{length:,}", f"{receipt.records:,}",
            f"{receipt.partly_read / receipt.records:.0%}",
            f"{receipt.findings:,}", f"{seconds:.0f}",
        )  # fmt: skip
        report.goal(f"slowest unit of 8 MiB, {name}", seconds, MOST_SECONDS, " s", most=True)


def _words(packs: list[Pack]) -> Iterator[str]:
    for pack in packs:
        for rule in pack.rules:
            for term in (term for group in rule.groups for term in group):
                if term.isascii() and term.isalpha() and 5 <= len(term) <= 9:
                    yield term


def _texts(words: list[str], dress: Callable[[random.Random, str], str], length: int,
           size: int) -> list[str]:  # fmt: skip
    """Return texts of a length, as many as the lines of posts of that size hold."""
    rng = random.Random(corpus.SEED)
    texts: list[str] = []
    taken = 0
    while taken < size:
        text = ""
        while len(text) < length:
            text += dress(rng, rng.choice(words)) + " "
        texts.append(text[:length])
        taken += _bytes_of(texts[-1])
    return texts


def _line(number: int, text: str) -> bytes:
    """Return a post as a line of JSON that has few bytes apart from its text."""
    return msgspec.json.encode(post(id=f"{number:05}", account="a", text=text)) + b"\n"


def _bytes_of(text: str) -> int:
    return len(_line(0, text))


def _sampled(matcher: Matcher, texts: list[str]) -> tuple[float, float]:
    """Return the seconds that a whole unit would take, and which share of it is read in part."""
    posts = [(("text", text),) for text in texts]
    partly_read = 0

    def run() -> None:
        nonlocal partly_read
        partly_read = sum(result.partly_read for result in matcher.results(posts))

    seconds = medians({"unit": run}, rounds=1)["unit"]
    return seconds * corpus.UNIT_BYTES / sum(map(_bytes_of, texts)), partly_read / len(posts)


def _scanned(packs: list[Pack], texts: list[str]) -> tuple[float, Receipt]:
    """Return the seconds that scan takes for these posts as one unit, and the unit's receipt. The
    services are in memory; what they take counts too."""
    world = World(clients_in_memory(), range_bytes=2 * corpus.UNIT_BYTES)
    world.publish(*corpus.published(packs))
    [unit] = world.take_in(b"".join(starmap(_line, enumerate(texts))))
    start = time.process_time()
    world.scan(unit)
    seconds = time.process_time() - start
    [receipt] = world.receipts()
    return seconds, receipt


def _starred(rng: random.Random, word: str, stars: int) -> str:
    letters = list(word)
    for at in rng.sample(range(1, len(word) - 1), stars):
        letters[at] = "*"
    return "".join(letters)


def _stretched(rng: random.Random, word: str) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at] * 3 + word[at:]


DISGUISES: dict[str, Callable[[random.Random, str], str]] = {
    "none": lambda rng, word: word,
    "one star": lambda rng, word: _starred(rng, word, 1),
    "two stars": lambda rng, word: _starred(rng, word, 2),
    "letters of many words": lambda rng, word: (
        f"{rng.choice('bcdmprst')}*{rng.choice('aeiost')}*{rng.choice('aeiost')}"
    ),
    "digits": lambda rng, word: word.translate(str.maketrans("oeais", "03415")),
    "runs": _stretched,
    "letters apart": lambda rng, word: ".".join(word),
    "a foreign letter": lambda rng, word: f"{word[:2]}ا{word[3:]}",
    "signs around it": lambda rng, word: f"++{word[0]}ا{word[2:]}{rng.choice('aeiou') * 9}++-",
    "a star and signs around it": lambda rng, word: (
        f"|{'.'.join(word)}|1 +{_starred(rng, word, 1)}@"
    ),
}
