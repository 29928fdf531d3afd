"""The development set: invented checks, each with texts that repeat its claim in other words. =
claim, cut by | into what it is about and what is said of it # title, where there is one > a text,
as people would write or forward it"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from claims.fact_check import Check, FeedCheck, Rating

HERE = Path(__file__).parent
SOURCES = ("checks", "posts")
"""Folders of examples: claims with texts that rephrase them, and posts as claims are made of."""
LANGUAGES = ("en", "id", "zh")
MOST_ABOUT = 1.2
"""How much longer than its second half the first half of a claim may be to be joined anew."""


@dataclass(frozen=True, slots=True)
class Example:
    """An invented check, and texts whose right answer it is."""

    source: str
    entry: FeedCheck
    about: str
    said: str
    texts: tuple[str, ...]


def examples(language: str) -> list[Example]:
    """The invented checks of a language, in the order of their files."""
    return [one for source in SOURCES for one in _examples(source, language)]


def _examples(source: str, language: str) -> Iterator[Example]:
    blocks = (HERE / source / f"{language}.txt").read_text(encoding="utf-8").split("\n= ")
    for place, block in enumerate(blocks):
        link = f"https://check.example/{language}/{source}/{place:04}"
        first, *rest = block.removeprefix("= ").strip().split("\n")
        about, _, said = (part.strip() for part in first.partition("|"))
        title = next((line[2:] for line in rest if line.startswith("# ")), "")
        texts = tuple(line[2:] for line in rest if line.startswith("> "))
        entry = entry_of(link, joined(about, said), title, language)
        yield Example(source, entry, about, said, texts)


def joined(about: str, said: str) -> str:
    """The two halves of a claim as one sentence."""
    return f"{about} {said}" if about.isascii() else f"{about}{said}"


def entry_of(link: str, claim: str, title: str, language: str) -> FeedCheck:
    """An invented check that an index takes."""
    check = Check(url=link, claim=claim, rating=Rating.FALSE, stated="false",
        publisher="Example Check", date="2026-01-02", language=language, topic="")  # fmt: skip
    return FeedCheck(check, title)


def near_misses(some: Iterable[Example], language: str, random: Random,
                rounds: int) -> Iterator[FeedCheck]:  # fmt: skip
    """Claims that join what one is about with what is said of another: hard wrong answers. Not
    where the first half says nearly all: joined with anything it would be a right one."""
    for number in range(rounds):
        shuffled = list(some)
        random.shuffle(shuffled)
        for place, (one, other) in enumerate(pairwise(shuffled)):
            if len(one.about) > MOST_ABOUT * len(one.said):
                continue
            link = f"https://check.example/{language}/near/{number}/{place:04}"
            title = other.entry.title if random.random() < 0.3 else ""
            yield entry_of(link, joined(one.about, other.said), title, language)
