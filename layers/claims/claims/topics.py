"""Decide the topic of a claim, and whether it may make findings, by public lists of weighted words.

A label on the wrong post costs more than a missing one. So a claim is admitted only if it has
enough words of one topic, and never if it has a word of a field that is kept out (politics,
religion, war, law and public money, peoples, crime) or names a person, as shown by titles, given
names, and words written like names.

Limits: Claims in languages without lists are never admitted. A single unusual name without a title
or a verb of speech passes, since firms and places look the same. In a headline with all words
capitalised, only titles and given names count.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from operator import and_
from typing import Any, NamedTuple

from claims import text_words

NAME_LANGUAGES = ("en", "id")
"""Languages that mark names by capitals and have word lists here."""
LONGEST_NAME = 4
"""Most words of a name; a longer run of capitalised words is a heading."""

_TOKEN = re.compile(r"[^\W\d_][\w'’-]*")
_OPENS = re.compile(r"[.!?:;\"“(\n]")
_BETWEEN = re.compile(r"\.?[ \u00a0]+")
_GENITIVE = re.compile(r"['’]s$")


@dataclass(frozen=True)
class _Token:
    """A word. `opens`: it begins a sentence. `joined`: only blanks separate it from the last."""

    text: str
    opens: bool
    joined: bool

    @cached_property
    def name(self) -> str:
        """The word without the ending 's."""
        return _GENITIVE.sub("", self.text)

    @cached_property
    def is_capitalised(self) -> bool:
        return self.text[0].isupper() and any(char.islower() for char in self.text)

    @cached_property
    def may_be_name(self) -> bool:
        return self.is_capitalised or (len(self.name) == 1 and self.text[0].isupper())


class PersonNames:
    """Finds names of persons by the lists under `names` in topics.json.

    `terms` are words of the other lists, which are not names.
    """

    def __init__(self, lists: Mapping[str, str], terms: Iterable[str]):
        self._titles, self._given, self._not_persons, self._before_places, self._speech = (
            frozenset(lists[name].split())
            for name in ("titles", "given", "not persons", "places after", "speaks")
        )
        families, verbs = lists["families zh"], lists["speaks zh"].split()
        self._chinese = re.compile(f"[{families}][\u4e00-\u9fff]{{1,2}}(?:{'|'.join(verbs)})")
        self._common = frozenset(
            text_words.stem(word, language)
            for language in NAME_LANGUAGES
            for word in (
                *text_words.common_words(language),
                *text_words.stop_words(language),
                *terms,
            )
        )

    def is_in(self, text: str) -> bool:
        """Return whether a text names a person; True if in doubt."""
        if self._chinese.search(text):
            return True
        tokens = list(_tokens(text))
        capitalised = sum(token.is_capitalised for token in tokens)
        is_headline = len(tokens) > 1 and capitalised > text_words.MOSTLY_CAPITALS * len(tokens)
        return any(
            self._is_person(run, before, after, is_headline=is_headline)
            for run, before, after in self._runs(tokens)
        )

    def _runs(self, tokens: list[_Token]) -> Iterator[tuple[list[_Token], str, str]]:
        """Yield the words that may be a name together, and the words joined to both ends."""
        goes_on = [token.joined and token.may_be_name for token in tokens]
        for start, token in enumerate(tokens):
            is_first = not (start and goes_on[start] and tokens[start - 1].may_be_name)
            if token.may_be_name and is_first:
                later = range(start + 1, len(tokens))
                end = next((at for at in later if not goes_on[at]), len(tokens))
                run = tokens[start:end]
                before = tokens[start - 1].name.casefold() if start and token.joined else ""
                follows = end < len(tokens) and tokens[end].joined
                after = tokens[end].name.casefold() if follows else ""
                if token.opens and token.name not in self._titles and self._is_common(token):
                    run = run[1:]  # its capital only begins the sentence
                if run:
                    yield run, before, after

    def _is_person(self, run: list[_Token], before: str, after: str, *, is_headline: bool) -> bool:
        names = [token.name for token in run]
        if is_headline:
            return self._is_in_headline(run)
        if len(run) > 1 and names[0] in self._titles:
            return True
        if self._not_persons.intersection(names):
            return False
        if any(name in self._given for name in names):
            return True
        if all(self._is_common(token) for token in run):
            return False
        if after in self._speech and not names[-1].endswith("s"):
            return True
        return 2 <= len(run) <= LONGEST_NAME and before not in self._before_places

    def _is_in_headline(self, run: list[_Token]) -> bool:
        """Return whether two neighbours may be a name: each is unlisted or a given name."""
        may_be_name = [
            not self._is_common(each) and each.name not in self._not_persons for each in run
        ]
        return any(map(and_, may_be_name, may_be_name[1:]))

    def _is_common(self, token: _Token) -> bool:
        word = token.name.casefold()
        is_listed = any(text_words.stem(word, each) in self._common for each in NAME_LANGUAGES)
        return is_listed and token.name not in self._given


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the words of a text. A dot after up to three letters abbreviates a title or a name."""
    last = ""
    end = 0
    for match in _TOKEN.finditer(text):
        between = text[end : match.start()]
        shortened = between.startswith(".") and last[:1].isupper() and len(last) < LONGEST_NAME
        opens = not last or bool(_OPENS.search(between[shortened:]))
        joined = between.isspace() if not shortened else bool(_BETWEEN.fullmatch(between))
        yield _Token(match[0], opens, bool(last) and joined and not opens)
        last, end = match[0], match.end()


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


def topic_of(text: str, language: str, labels: str = "", speaker: str = "") -> str:
    """Return the topic of a check of this claim, or `TIP_LINE_ONLY` if it may not make findings.

    >>> topic_of("Drinking salt water cures colds", "en"), topic_of("A free voucher", "en")
    ('health', 'money')
    >>> topic_of("The mayor says salt water cures colds", "en"), topic_of("Cats can swim", "en")
    ('', '')
    >>> topic_of("Salt water cures colds", "en", labels="politics")
    ''
    """
    if language not in TOPIC_LANGUAGES:
        return TIP_LINE_ONLY
    claim = _Prepared(text)
    if _kept_out_by(claim) or kept_out_by(labels):
        return TIP_LINE_ONLY
    if speaker and kept_out_by(_SPEAKER.format(speaker)):
        return TIP_LINE_ONLY
    return _heaviest_topic(claim, _Prepared(f"{text} {labels}"), language)


def kept_out_by(text: str) -> list[str]:
    """Return the names of the lists that keep a claim from making findings.

    Each line is searched for names separately, since a title may be written in capitals.

    >>> kept_out_by("Presiden membagikan vaksin di gereja")
    ['office', 'religion']
    """
    return _kept_out_by(_Prepared(text))


def lists() -> bytes:
    """Return the bytes of the published lists, data/topics.json."""
    return text_words.read_data("topics.json")


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
        if any(all(terms.held_by(text.reading(terms.language)) for terms in row) for row in rows)
    ]
    return names + [PERSON] * any(rules.names.is_in(line) for line in text.original.splitlines())


def _heaviest_topic(claim: "_Prepared", with_labels: "_Prepared", language: str) -> str:
    """Return the topic with the largest sum, if it is large enough and includes a strong word."""
    rules, reading = _rules(), with_labels.reading(language)
    weights = {topic: _weights(by[language], reading) for topic, by in rules.topics.items()}
    sums = {topic: sum(counted) for topic, counted in weights.items()}
    topic = max(sums, key=sums.__getitem__)
    is_strong = max(weights[topic], default=0) >= rules.anchor_from
    doubt = sum(_weights(rules.doubts[language], claim.reading(language)))
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
        self.text = text_words.ClaimText(original.translate(_rules().same_letters))
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
                text_words.IS_JOINED.search(text) is not None,
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
            held = {one for one in held if any(word in reading.whole for word in self.stems[one])}
        for first in self.phrases.keys() & reading.stems:
            held.update(phrase for phrase in self.phrases[first] if phrase in reading.line)
        held.update(phrase for phrase in self.written if phrase in reading.written)
        if reading.is_joined:
            held.update(run for run in self.joined if run in reading.whole)
        return held


type _WeightedTerms = tuple[tuple[int, _Terms], ...]
"""Terms by their weight, the heaviest first."""


def _weights(weighted: _WeightedTerms, reading: _Reading) -> list[int]:
    """Return the weight of each term that a text holds.

    Each term counts once, in its heaviest list. A part of a heavier term counts too: `heart` in
    `heart attack` is evidence for the same topic.
    """
    counted: set[str] = set()
    weights: list[int] = []
    for weight, terms in weighted:
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
    loaded = text_words.read_json("topics.json")
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
        language: tuple(
            (int(weight), _terms(listed, language))
            for weight, listed in sorted(by_weight.items(), key=lambda pair: -int(pair[0]))
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
        if text_words.IS_JOINED.match(term):
            joined.append(term)
        elif term.startswith("="):
            written.append(_line([term[1:]]))
        else:
            parts = text_words.ClaimText(term.replace("_", " ")).written
            term_stems = [word.stem for word in text_words.stemmed(parts, language)]
            if len(term_stems) < len(parts):  # without its stop word it would mean something else
                written.append(_line(word.stem for word in parts))
            elif len(term_stems) == 1:
                stems.setdefault(term_stems[0], []).append(term)
            else:
                phrases.setdefault(term_stems[0], []).append(_line(term_stems))
    return _Terms(language, stems, phrases, tuple(written), tuple(joined))
