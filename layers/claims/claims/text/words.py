"""Turn a text into the words and grams that are compared.

Claims and posts go through the same steps:

>>> text = "RT @HealthDesk: #SaltWater cures COLDS?? https://a.example/1"
>>> [word.stem for word in words_of(text, "en")]
['health', 'desk', 'salt', 'water', 'cure', 'cold']
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property

import msgspec
import Stemmer

from claims.lists import read_json, stop_words
from claims.text.normalise import (
    has_tag,
    normalise,
    spellings,
    split_at_capitals,
    split_tags,
    without_links,
)

STEMMED = frozenset(
    ("ar", "ca", "da", "de", "el", "en", "es", "eu", "fi", "fr", "ga", "hi", "hu", "hy", "id", "it",
     "lt", "ms", "ne", "nl", "no", "pt", "ro", "ru", "sr", "sv", "ta", "tr")
)  # fmt: skip
"""Languages with a stemmer (Snowball). An index needs the list with which it was built."""

LONGEST_WORD = 40
OPENING = 2_000
"""Code points at the start of a text that are read to guess its language."""
MOSTLY_CAPITALS = 0.6
"""Share of capitalised words above which a text is a headline, whose capitals mark no names."""
GRAM = 4

_JOINED = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff"
)
IS_JOINED = re.compile(f"[{_JOINED}]")
"""A letter of a script that is written without spaces."""
_WORD = re.compile(rf"[{_JOINED}]+|(?:(?![{_JOINED}])[^\W_])+(?:['’](?:(?![{_JOINED}])[^\W_])+)*")
_OPENS = re.compile(r"[.!?:\n\"“]")
"""Marks after which a word may begin a sentence, a quotation or an announcement."""
_LETTERS = re.compile(r"[^\W_]+")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


class Word(msgspec.Struct, frozen=True, gc=False):
    """A word as it is compared, and how it was written.

    `opens` marks a capital at the beginning of a sentence: the word may be a name, unless it is
    mostly written small elsewhere. `is_pair` marks two letters of a script without spaces.
    """

    stem: str
    is_name: bool = False
    opens: bool = False
    is_small: bool = False
    is_pair: bool = False


class ClaimText:
    """A text that may repeat a claim. Each of its normal forms is computed once, when needed."""

    def __init__(self, text: str):
        self.text = text
        self._stemmed: dict[str, list[Word]] = {}

    @classmethod
    def of(cls, text: "str | ClaimText") -> "ClaimText":
        """Return the text itself, or a new one for a string."""
        return text if isinstance(text, ClaimText) else cls(text)

    @cached_property
    def _unsplit(self) -> str:
        return without_links(self.text)

    @cached_property
    def normalised(self) -> str:
        """The text without links, its tags split at capitals."""
        return split_tags(self._unsplit, split_at_capitals)

    @cached_property
    def opening(self) -> str:
        """The normalised first code points, which show the language."""
        return self._normalised_to(OPENING)

    @cached_property
    def word_count(self) -> int:
        """The number of words without links; two letters without spaces count as one.

        >>> [ClaimText(text).word_count for text in ("see https://a.example/b", "喝盐水治感冒")]
        [1, 3]
        """
        words = _WORD.findall(self.normalised)
        return sum((len(word) + 1) // 2 if IS_JOINED.match(word) else 1 for word in words)

    @cached_property
    def grams(self) -> list[str]:
        """Return the grams of the text (`grams_of`)."""
        return _grams(self.normalised)

    def opening_grams(self, length: int) -> list[str]:
        """Return the grams of the first `length` code points."""
        return self.grams if len(self.text) <= length else _grams(self._normalised_to(length))

    def words(self, language: str, split: Callable[[str], str] | None = None) -> list[Word]:
        """Return the stems of the words in order, without stop words.

        Scripts without spaces give pairs of letters. `split` splits hashtags and handles; without
        it they are split at their capitals.
        """
        if split is not None and has_tag(self._unsplit):
            return stemmed(_written(split_tags(self._unsplit, split)), language)
        if language not in self._stemmed:
            self._stemmed[language] = stemmed(self.written, language)
        return self._stemmed[language]

    @cached_property
    def written(self) -> list[Word]:
        """All words in order, unstemmed."""
        return _written(self.normalised)

    def _normalised_to(self, length: int) -> str:
        return self.normalised if len(self.text) <= length else normalise(self.text[:length])


def words_of(text: str, language: str) -> list[Word]:
    """Return the words of a text in order (`ClaimText.words`)."""
    return ClaimText(text).words(language)


def grams_of(text: str) -> list[str]:
    """Return the grams of a text: its runs of four letters in order, each once.

    Words are separated by blanks. Grams still agree if words are misspelled, joined or inflected.
    Han letters count one by one, since pairs of them are already words.

    >>> grams_of("Salt water")
    [' sal', 'salt', 'alt ', 'lt w', 't wa', ' wat', 'wate', 'ater', 'ter ']
    >>> grams_of("盐水治")
    ['盐', '水', '治']
    """
    return _grams(normalise(text))


def _grams(normalised: str) -> list[str]:
    line = f" {' '.join(_LETTERS.findall(normalised.casefold()))} "
    grams = (line[at : at + GRAM] for at in range(len(line) - GRAM + 1))
    if line.isascii():  # faster: no letter is Han
        return list(dict.fromkeys(grams))
    without_han = (gram for gram in grams if not _HAN.search(gram))
    return list(dict.fromkeys(without_han) | dict.fromkeys(_HAN.findall(line)))


def _written(normalised: str) -> list[Word]:
    words: list[Word] = []
    runs = list(_WORD.finditer(normalised))
    capitals = sum(normalised[run.start()].isupper() for run in runs)
    is_headline = capitals > MOSTLY_CAPITALS * len(runs)
    end = 0
    for run in runs:
        written, begins, before = run[0], run.start(), end
        end = run.end()
        if IS_JOINED.match(written):
            words.extend(Word(pair, is_pair=True) for pair in _pairs(written))
        elif is_headline or not written[0].isupper():
            words.append(Word(written, is_small=written[0].islower()))
        else:
            opens = not before or _OPENS.search(normalised, before, begins) is not None
            words.append(Word(written, not opens, opens))
    return words


def _pairs(run: str) -> list[str]:
    """Return each pair of neighbouring letters of a run without spaces."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def stemmed(words: Iterable[Word], language: str) -> list[Word]:
    """Return the stems of words in order, without stop words."""
    stop, stemmer = stop_words(language), _stemmer(language)
    kept, compared = [], []
    for word in words:
        for spelling in [word.stem] if word.is_pair else spellings(word.stem, language):
            if word.is_pair or (spelling not in stop and (len(spelling) > 1 or spelling.isdigit())):
                kept.append(word)
                compared.append(spelling[:LONGEST_WORD])
    stems: Sequence[str] = stemmer.stemWords(compared) if stemmer else compared
    return [
        Word(stem, word.is_name, word.opens, word.is_small, word.is_pair)
        for stem, word in zip(stems, kept, strict=True)
    ]


def stem(word: str, language: str) -> str:
    """Return the stem of a word in small letters."""
    stemmer = _stemmer(language)
    return stemmer.stemWord(word) if stemmer else word


@cache
def _stemmer(language: str) -> "Stemmer.Stemmer | None":
    name = "id" if language == "ms" else language  # Malay has no stemmer, and nearly the same words
    return Stemmer.Stemmer(name) if language in STEMMED else None


@cache
def synonyms(language: str) -> dict[str, frozenset[str]]:
    """Return the stems of the synonyms of each listed stem.

    >>> sorted(synonyms("en")["photo"] & {"imag", "pictur", "photo"})
    ['imag', 'pictur']
    """
    others: dict[str, set[str]] = {}
    for line in read_json("related.json").get(language, ()):
        stems = {word.stem for word in words_of(line, language)}
        for each in stems:
            others.setdefault(each, set()).update(stems - {each})
    return {each: frozenset(alike) for each, alike in others.items()}
