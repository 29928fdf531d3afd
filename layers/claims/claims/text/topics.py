"""What a claim is about, and whether it may make findings: by public lists of weighted words.

A label on the wrong post costs more than a missing one, so a claim is admitted only on enough
words of one topic, and never if it holds a word of a field that is kept out: politics, religion,
war, law and public money, peoples, persons, crime.

Limits: a list knows the words that it holds. Claims in other languages than those of the lists
are never admitted.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib import resources
from typing import Any, NamedTuple

import msgspec

from claims.text.persons import PersonNames
from claims.text.words import IS_JOINED, as_written, count_words, stemmed

LANGUAGES = ("en", "id", "zh")
WHOLE = frozenset({"id"})
"""Languages whose terms a text must hold whole: Indonesian stems join what has nothing in common
(`baru`, new, and `pembaruan`, update; `bunuh`, kill, and `pembunuh`, murderer, in one way only)."""
TIP_LINE_ONLY = ""
"""The topic of a check that answers whoever asks, and never makes a finding."""
PERSON = "person"
"""The name under which `kept_out_by` lists a claim that names a person."""


class Cues(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a feed says of a check in addition to its claim, each empty where it says nothing.

    `labels` are the publisher's sections and keywords, `speaker` is whoever made the claim.
    """

    labels: str = ""
    speaker: str = ""


NO_CUES = Cues()
_SAID = "it was said of this by {} in what they wrote"
"""Small words around a speaker, so that the capitals of a name tell it from a headline."""


def topic_of(text: str, language: str, cues: Cues = NO_CUES) -> str:
    """Return the topic under which a check of this claim makes findings, or `TIP_LINE_ONLY`.

    >>> topic_of("Drinking salt water cures colds", "en"), topic_of("A free voucher", "en")
    ('health', 'money')
    >>> topic_of("The mayor says salt water cures colds", "en"), topic_of("Cats can swim", "en")
    ('', '')
    >>> topic_of("Salt water cures colds", "en", Cues(labels="politics"))
    ''
    """
    if language not in LANGUAGES or kept_out_by(text) or kept_out_by(cues.labels):
        return TIP_LINE_ONLY
    if cues.speaker and kept_out_by(_SAID.format(cues.speaker)):
        return TIP_LINE_ONLY
    return _Weighing.of(text, language, cues.labels).topic


class _Weighing(NamedTuple):
    """What speaks for each topic, what speaks against all, and how much is needed."""

    sums: dict[str, int]
    heaviest: dict[str, int]
    doubt: int
    needed: int

    @classmethod
    def of(cls, text: str, language: str, labels: str) -> "_Weighing":
        rules = _rules()
        whole = _read(f"{text} {labels}")[language]
        told = {topic: of[language].told(whole) for topic, of in rules.topics.items()}
        beyond = max(0, count_words(text) - rules.usual_words)
        return cls(
            sums={topic: sum(weights) for topic, weights in told.items()},
            heaviest={topic: max(weights, default=0) for topic, weights in told.items()},
            doubt=sum(rules.doubts[language].told(_read(text)[language])),
            needed=rules.admit_from + beyond // rules.words_for_one_more,
        )

    @property
    def topic(self) -> str:
        """Return the topic with the largest sum, if that is enough and rests on a strong word."""
        best = max(self.sums, key=self.sums.__getitem__)
        is_strong = self.heaviest[best] >= _rules().anchor_from
        enough = self.sums[best] - self.doubt >= self.needed
        return best if is_strong and enough else TIP_LINE_ONLY


def kept_out_by(text: str) -> list[str]:
    """Return the names of the lists that keep a claim from making findings.

    Each line is looked through for names on its own: a title may be written in capitals.

    >>> kept_out_by("Presiden membagikan vaksin di gereja")
    ['office', 'religion']
    """
    rules, read = _rules(), _read(text)
    found = [
        name
        for name, rows in rules.kept_out.items()
        if any(all(terms.is_in(read[terms.language]) for terms in row) for row in rows)
    ]
    return found + [PERSON] * any(rules.names.is_in(line) for line in text.splitlines())


def lists() -> bytes:
    """Return the published lists, as they are written in data/topics.json."""
    return resources.files("claims").joinpath("data/topics.json").read_bytes()


@cache
def lists_digest() -> str:
    """Return the name of the lists: SHA-256 of their bytes, in hex."""
    return sha256(lists()).hexdigest()


class _Reading(NamedTuple):
    """A text as lists of one language are compared with it."""

    stems: frozenset[str]
    line: str
    written: str
    whole: str
    is_joined: bool


@lru_cache(maxsize=4)
def _read(text: str) -> Mapping[str, _Reading]:
    """Return a text in each language, kept while one list after the other is compared with it."""
    text = text.translate(_rules().same_letters)
    words = as_written(text)
    written = _line(word.stem.casefold() for word in words)
    whole, is_joined = text.casefold(), IS_JOINED.search(text) is not None
    read = {}
    for language in LANGUAGES:
        stems = [word.stem for word in stemmed(words, language)]
        read[language] = _Reading(frozenset(stems), _line(stems), written, whole, is_joined)
    return read


def _line(stems: Iterable[str]) -> str:
    return f" {' '.join(stems)} "


@dataclass(frozen=True, slots=True)
class _Terms:
    """Terms of one language: stems, phrases of stems, words as written, runs of joined letters.

    `stems` lead to the terms that have them, `phrases` from their first stem to the whole.
    """

    language: str
    stems: dict[str, list[str]]
    phrases: dict[str, list[str]]
    written: tuple[str, ...]
    joined: tuple[str, ...]

    def found(self, read: _Reading) -> set[str]:
        """Return the terms that a text holds."""
        found = set(self.stems.keys() & read.stems)
        if self.language in WHOLE:
            found = {one for one in found if any(term in read.whole for term in self.stems[one])}
        for first in self.phrases.keys() & read.stems:
            found.update(phrase for phrase in self.phrases[first] if phrase in read.line)
        found.update(phrase for phrase in self.written if phrase in read.written)
        if read.is_joined:
            found.update(run for run in self.joined if run in read.whole)
        return found

    def is_in(self, read: _Reading) -> bool:
        """Return whether a text holds any of the terms."""
        return bool(self.found(read))


@dataclass(frozen=True, slots=True)
class _Weighted:
    """Terms of one language by their weight, the heaviest first."""

    terms: tuple[tuple[int, _Terms], ...]

    def told(self, read: _Reading) -> list[int]:
        """Return the weight of each term that a text holds.

        Each counts once, in its heaviest list. What lies inside a heavier term counts too: the
        heart of a heart attack speaks for the same topic.
        """
        counted: set[str] = set()
        weights: list[int] = []
        for weight, terms in self.terms:
            new = terms.found(read) - counted
            weights += [weight] * len(new)
            counted |= new
        return weights


class _Rules(NamedTuple):
    admit_from: int
    anchor_from: int
    usual_words: int
    words_for_one_more: int
    topics: dict[str, dict[str, _Weighted]]
    doubts: dict[str, _Weighted]
    kept_out: dict[str, list[list[_Terms]]]
    names: PersonNames
    same_letters: dict[int, str]


@cache
def _rules() -> _Rules:
    loaded = json.loads(lists())
    kept_out = {
        name: [[_terms(written, language)] for language, written in of.items()]
        for name, of in loaded["kept_out"].items()
    } | {
        name: [[_terms(written, language) for written in row] for language, row in of.items()]
        for name, of in loaded["kept_out_together"].items()
    }
    return _Rules(
        admit_from=loaded["admit_from"],
        anchor_from=loaded["anchor_from"],
        usual_words=loaded["usual_words"],
        words_for_one_more=loaded["words_for_one_more"],
        topics={topic: _weighted(of) for topic, of in loaded["topics"].items()},
        doubts=_weighted(loaded["doubts"]),
        kept_out=kept_out,
        names=PersonNames(loaded["names"], _single_terms(loaded)),
        same_letters={ord(pair[0]): pair[1] for pair in loaded["same_letters"].split()},
    )


def _single_terms(loaded: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words of the topics and the doubts, those of phrases too."""
    for of in (*loaded["topics"].values(), loaded["doubts"]):
        for by_weight in of.values():
            for listed in by_weight.values():
                yield from listed.replace("_", " ").replace("=", "").split()


def _weighted(of: Mapping[str, Mapping[str, str]]) -> dict[str, _Weighted]:
    return {
        language: _Weighted(
            tuple(
                (int(weight), _terms(written, language))
                for weight, written in sorted(by_weight.items(), key=lambda pair: -int(pair[0]))
            )
        )
        for language, by_weight in of.items()
    }


def _terms(listed: str, language: str) -> _Terms:
    """Read a list: `word`, `word_word` for a phrase, `=word` for a word exactly as written.

    A phrase with a small word in it is compared as written too.
    """
    stems: dict[str, list[str]] = {}
    phrases: dict[str, list[str]] = {}
    written: list[str] = []
    joined: list[str] = []
    for term in listed.split():
        if IS_JOINED.match(term):
            joined.append(term)
        elif term.startswith("="):
            written.append(_line([term[1:]]))
        else:
            parts = as_written(term.replace("_", " "))
            some = [word.stem for word in stemmed(parts, language)]
            if len(some) < len(parts):  # a small word would be lost, and with it the sense
                written.append(_line(word.stem for word in parts))
            elif len(some) == 1:
                stems.setdefault(some[0], []).append(term)
            else:
                phrases.setdefault(some[0], []).append(_line(some))
    return _Terms(language, stems, phrases, tuple(written), tuple(joined))
