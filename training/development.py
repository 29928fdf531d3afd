"""The development set: invented checks, each with texts that repeat its claim in other words.

= claim, cut by | into what it is about and what is said of it
# title, where there is one
> a text, as people would write or forward it
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from claims.review import Check, Rating
from claims.shelving import Entry

CHECKS = Path(__file__).parent / "checks"
LANGUAGES = ("en", "id", "zh")


@dataclass(frozen=True, slots=True)
class Example:
    """An invented check, and texts whose right answer it is."""

    entry: Entry
    about: str
    said: str
    texts: tuple[str, ...]


def examples(language: str) -> list[Example]:
    """The invented checks of a language, in the order of their file."""
    blocks = (CHECKS / f"{language}.txt").read_text(encoding="utf-8").split("\n= ")
    return [_example(block, language, place) for place, block in enumerate(blocks)]


def _example(block: str, language: str, place: int) -> Example:
    first, *rest = block.removeprefix("= ").strip().split("\n")
    about, _, said = (part.strip() for part in first.partition("|"))
    title = next((line[2:] for line in rest if line.startswith("# ")), "")
    texts = tuple(line[2:] for line in rest if line.startswith("> "))
    link = f"https://check.example/{language}/{place:04}"
    return Example(entry_of(link, joined(about, said), title, language), about, said, texts)


def joined(about: str, said: str) -> str:
    """The two halves of a claim as one sentence."""
    return f"{about} {said}" if about.isascii() else f"{about}{said}"


def entry_of(link: str, claim: str, title: str, language: str) -> Entry:
    """An invented check that an index takes."""
    check = Check(
        url=link,
        claim=claim,
        rating=Rating.FALSE,
        stated="false",
        publisher="Example Check",
        date="2026-01-02",
        language=language,
        topic="",
    )
    return Entry(check, title)


def near_misses(
    some: Iterable[Example], language: str, random: Random, rounds: int
) -> Iterator[Entry]:
    """Claims that join what one is about with what is said of another: hard wrong answers."""
    for number in range(rounds):
        shuffled = list(some)
        random.shuffle(shuffled)
        for place, (one, other) in enumerate(pairwise(shuffled)):
            link = f"https://check.example/{language}/near/{number}/{place:04}"
            title = other.entry.title if random.random() < 0.3 else ""
            yield entry_of(link, joined(one.about, other.said), title, language)
