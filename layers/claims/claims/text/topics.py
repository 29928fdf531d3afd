"""Decide the topic of a claim, and whether it may make findings, by public lists of weighted words.

A label on the wrong post costs more than a missing one. So a claim is admitted only if it has
enough words of one topic, and never if it has a word of a field that is kept out: politics,
religion, war, law and public money, peoples, persons, crime.

Limits: claims in languages without lists are never admitted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from claims.check import NO_CUES, Cues
from claims.lists import read, read_json
from claims.text.persons import PersonNames
from claims.text.words import IS_JOINED, ClaimText, stemmed

TOPIC_LANGUAGES = ("en", "id", "zh")
WHOLE = frozenset({"id"})
"""Languages whose terms must also be in the text unstemmed. Indonesian stems join unrelated words
(`baru`, new, and `pembaruan`, update; `bunuh`, kill, and `pembunuh`, murderer)."""
TIP_LINE_ONLY = ""
"""The topic of a check that only answers on the tip line, and never makes a finding."""
PERSON = "person"
"""The name under which `kept_out_by` lists a claim that names a person."""

_SPEAKER = "it was said of this by {} in what they wrote"
"""Stop words around a speaker, so that its capitals mark a name and not a headline."""


def topic_of(text: str, language: str, cues: Cues = NO_CUES) -> str:
    """Return the topic of a check of this claim, or `TIP_LINE_ONLY` if it may not make findings.

    >>> topic_of("Drinking salt water cures colds", "en"), topic_of("A free voucher", "en")
    ('health', 'money')
    >>> topic_of("The mayor says salt water cures colds", "en"), topic_of("Cats can swim", "en")
    ('', '')
    >>> topic_of("Salt water cures colds", "en", Cues(labels="politics"))
    ''
    """
    if language not in TOPIC_LANGUAGES:
        return TIP_LINE_ONLY
    claim, labels = _Prepared(text), _Prepared(cues.labels)
    if _kept_out_by(claim) or _kept_out_by(labels):
        return TIP_LINE_ONLY
    if cues.speaker and kept_out_by(_SPEAKER.format(cues.speaker)):
        return TIP_LINE_ONLY
    return _heaviest_topic(claim, _Prepared(f"{text} {cues.labels}"), language)


def kept_out_by(text: str) -> list[str]:
    """Return the names of the lists that keep a claim from making findings.

    Each line is searched for names separately, since a title may be written in capitals.

    >>> kept_out_by("Presiden membagikan vaksin di gereja")
    ['office', 'religion']
    """
    return _kept_out_by(_Prepared(text))


def lists() -> bytes:
    """Return the bytes of the published lists, data/topics.json."""
    return read("topics.json")


@cache
def lists_digest() -> str:
    """Return the SHA-256 digest of the lists, in hex; it is their name."""
    return sha256(lists()).hexdigest()


def _kept_out_by(text: "_Prepared") -> list[str]:
    if not text.original:
        return []
    rules = _rules()
    names = [
        name
        for name, rows in rules.kept_out.items()
        if any(all(terms.is_in(text.reading(terms.language)) for terms in row) for row in rows)
    ]
    return names + [PERSON] * any(rules.names.is_in(line) for line in text.original.splitlines())


def _heaviest_topic(claim: "_Prepared", with_labels: "_Prepared", language: str) -> str:
    """Return the topic with the largest sum, if it is large enough and includes a strong word."""
    rules, reading = _rules(), with_labels.reading(language)
    weights = {topic: lists[language].weights(reading) for topic, lists in rules.topics.items()}
    sums = {topic: sum(counted) for topic, counted in weights.items()}
    topic = max(sums, key=sums.__getitem__)
    is_strong = max(weights[topic], default=0) >= rules.anchor_from
    doubt = sum(rules.doubts[language].weights(claim.reading(language)))
    beyond = max(0, claim.text.word_count - rules.usual_words)
    needed = rules.admit_from + beyond // rules.words_for_one_more
    return topic if is_strong and sums[topic] - doubt >= needed else TIP_LINE_ONLY


class _Reading(NamedTuple):
    """A text in the forms that the lists of one language are compared with."""

    stems: frozenset[str]
    line: str
    written: str
    whole: str
    is_joined: bool


class _Prepared:
    """A text, with its reading in each language, which is made once when needed."""

    def __init__(self, original: str):
        self.original = original
        self.text = ClaimText(original.translate(_rules().same_letters))
        self._written = _line(word.stem.casefold() for word in self.text.written)
        self._readings: dict[str, _Reading] = {}

    def reading(self, language: str) -> _Reading:
        if language not in self._readings:
            text = self.text.text
            stems = [word.stem for word in self.text.words(language)]
            self._readings[language] = _Reading(
                frozenset(stems),
                _line(stems),
                self._written,
                text.casefold(),
                IS_JOINED.search(text) is not None,
            )
        return self._readings[language]


def _line(stems: Iterable[str]) -> str:
    return f" {' '.join(stems)} "


@dataclass(frozen=True, slots=True)
class _Terms:
    """Terms of one language: stems, phrases of stems, words as written, runs of joined letters.

    `stems` maps each stem to its terms, `phrases` each first stem to the whole phrases.
    """

    language: str
    stems: dict[str, list[str]]
    phrases: dict[str, list[str]]
    written: tuple[str, ...]
    joined: tuple[str, ...]

    def held_by(self, reading: _Reading) -> set[str]:
        held = set(self.stems.keys() & reading.stems)
        if self.language in WHOLE:
            held = {
                each for each in held if any(term in reading.whole for term in self.stems[each])
            }
        for first in self.phrases.keys() & reading.stems:
            held.update(phrase for phrase in self.phrases[first] if phrase in reading.line)
        held.update(phrase for phrase in self.written if phrase in reading.written)
        if reading.is_joined:
            held.update(run for run in self.joined if run in reading.whole)
        return held

    def is_in(self, reading: _Reading) -> bool:
        return bool(self.held_by(reading))


@dataclass(frozen=True, slots=True)
class _WeightedTerms:
    """Terms of one language by their weight, the heaviest first."""

    terms: tuple[tuple[int, _Terms], ...]

    def weights(self, reading: _Reading) -> list[int]:
        """Return the weight of each term that a text holds.

        Each term counts once, in its heaviest list. A part of a heavier term counts too: `heart` in
        `heart attack` is evidence for the same topic.
        """
        counted: set[str] = set()
        weights: list[int] = []
        for weight, terms in self.terms:
            new = terms.held_by(reading) - counted
            weights += [weight] * len(new)
            counted |= new
        return weights


class _Rules(NamedTuple):
    admit_from: int
    anchor_from: int
    usual_words: int
    words_for_one_more: int
    topics: dict[str, dict[str, _WeightedTerms]]
    doubts: dict[str, _WeightedTerms]
    kept_out: dict[str, list[list[_Terms]]]
    names: PersonNames
    same_letters: dict[int, str]


@cache
def _rules() -> _Rules:
    loaded = read_json("topics.json")
    kept_out = {
        name: [[_terms(listed, language)] for language, listed in by_language.items()]
        for name, by_language in loaded["kept_out"].items()
    } | {
        name: [[_terms(listed, language) for listed in row] for language, row in rows.items()]
        for name, rows in loaded["kept_out_together"].items()
    }
    return _Rules(
        admit_from=loaded["admit_from"],
        anchor_from=loaded["anchor_from"],
        usual_words=loaded["usual_words"],
        words_for_one_more=loaded["words_for_one_more"],
        topics={topic: _weighted(by_language) for topic, by_language in loaded["topics"].items()},
        doubts=_weighted(loaded["doubts"]),
        kept_out=kept_out,
        names=PersonNames(loaded["names"], _single_terms(loaded)),
        same_letters={ord(pair[0]): pair[1] for pair in loaded["same_letters"].split()},
    )


def _single_terms(loaded: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words of the topics and the doubts, including those in phrases."""
    for by_language in (*loaded["topics"].values(), loaded["doubts"]):
        for by_weight in by_language.values():
            for listed in by_weight.values():
                yield from listed.replace("_", " ").replace("=", "").split()


def _weighted(by_language: Mapping[str, Mapping[str, str]]) -> dict[str, _WeightedTerms]:
    return {
        language: _WeightedTerms(
            tuple(
                (int(weight), _terms(listed, language))
                for weight, listed in sorted(by_weight.items(), key=lambda pair: -int(pair[0]))
            )
        )
        for language, by_weight in by_language.items()
    }


def _terms(listed: str, language: str) -> _Terms:
    """Parse a list: `word`, `word_word` for a phrase, `=word` for a word exactly as written.

    A phrase with a stop word in it is compared as written too.
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
            parts = ClaimText(term.replace("_", " ")).written
            term_stems = [word.stem for word in stemmed(parts, language)]
            if len(term_stems) < len(parts):  # without its stop word it would mean something else
                written.append(_line(word.stem for word in parts))
            elif len(term_stems) == 1:
                stems.setdefault(term_stems[0], []).append(term)
            else:
                phrases.setdefault(term_stems[0], []).append(_line(term_stems))
    return _Terms(language, stems, phrases, tuple(written), tuple(joined))
