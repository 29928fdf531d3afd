"""What a claim is about, and whether it may make findings: by public lists of words.

Limits: a list knows the words that stand in it. A claim about a person of politics whom it does
not name, under a topic, may still make a finding; it proposes a label with a link, no more.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from claims.words import IS_JOINED, as_written, stemmed, words_of

LANGUAGES = ("en", "id", "zh")
TIP_LINE_ONLY = ""
"""The topic of a check that answers whoever asks, and never makes a finding."""


def topic_of(text: str, language: str) -> str:
    """The topic under which a check of this claim makes findings, or `TIP_LINE_ONLY`.

    >>> topic_of("Drinking salt water cures colds", "en"), topic_of("A free voucher", "en")
    ('health', 'money')
    >>> topic_of("The mayor says salt water cures colds", "en"), topic_of("Cats can swim", "en")
    ('', '')
    """
    if kept_out_by(text):
        return TIP_LINE_ONLY
    lists = _lists("topics")
    languages = [language] if any(language in of for of in lists.values()) else list(LANGUAGES)
    counted = {topic: sum(of[one].count(text) for one in languages) for topic, of in lists.items()}
    best = max(counted, key=counted.__getitem__)
    return best if counted[best] else TIP_LINE_ONLY


def kept_out_by(text: str) -> list[str]:
    """The lists that keep a claim from making findings.

    >>> kept_out_by("Presiden membagikan vaksin di gereja")
    ['office', 'religion']
    """
    lists = _lists("kept_out")
    return [name for name, of in lists.items() if any(one.count(text) for one in of.values())]


class _Reading(NamedTuple):
    """A text as lists of one language are compared with it."""

    stems: frozenset[str]
    line: str
    joined: str


@lru_cache(maxsize=1)
def _read(text: str) -> dict[str, _Reading]:
    """A text in each language, kept while one list after the other is compared with it."""
    words = as_written(text)
    stems = {language: [word.stem for word in stemmed(words, language)] for language in LANGUAGES}
    joined = text if IS_JOINED.search(text) else ""
    return {one: _Reading(frozenset(some), _line(some), joined) for one, some in stems.items()}


def _line(stems: Iterable[str]) -> str:
    return f" {' '.join(stems)} "


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of a list in one language: stems, phrases of stems, and runs of joined letters."""

    language: str
    stems: frozenset[str]
    phrases: tuple[str, ...]
    joined: tuple[str, ...]

    def count(self, text: str) -> int:
        """How many of the terms a text holds."""
        read = _read(text)[self.language]
        found = len(self.stems & read.stems)
        if self.phrases:
            found += sum(phrase in read.line for phrase in self.phrases)
        if read.joined:
            found += sum(run in read.joined for run in self.joined)
        return found


@cache
def _lists(kind: str) -> dict[str, dict[str, _Terms]]:
    text = resources.files("claims").joinpath("data/topics.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(text)[kind]
    return {
        name: {language: _terms(written, language) for language, written in lists.items()}
        for name, lists in loaded.items()
    }


def _terms(written: str, language: str) -> _Terms:
    terms = [term.replace("_", " ") for term in written.split()]
    joined = tuple(term for term in terms if IS_JOINED.match(term))
    stems = [
        [word.stem for word in words_of(term, language)]
        for term in terms
        if not IS_JOINED.match(term)
    ]
    return _Terms(
        language,
        frozenset(one[0] for one in stems if len(one) == 1),
        tuple(_line(one) for one in stems if len(one) > 1),
        joined,
    )
