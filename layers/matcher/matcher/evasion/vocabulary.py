"""The words that terms are made of, and which of them a disguised word may be.

The simple way is to compare a disguised word with every word. Instead, one automaton finds the
words with the same skeleton, and `MaskedWords` those that stars may hide. The reader then compares
letter by letter (`signs.fit_of`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from matcher.evasion.lookalikes import STAR, skeleton_of
from matcher.evasion.word_index import MaskedWords, MentionedWords
from matcher.terms.automaton import Automaton
from matcher.text.fold import is_spaceless

STARS_IN_WORD = 4
"""Stars that a masked word has at most."""

_HAS_LOOKALIKES = re.compile(r"[\u0370-\u058f]")  # Greek, Cyrillic, Armenian: some fold to Latin


class TermWord(NamedTuple):
    """A word of a term: where a word of the text must begin and end, and whether it is a term."""

    letters: str
    opens: bool
    closes: bool
    alone: bool


class Vocabulary:
    """The words of some patterns. Its indexes are made when a text first needs them.

    >>> vocabulary = Vocabulary([" bomb ", " hello world "])
    >>> [word.letters for word, _, _ in vocabulary.with_skeleton_of("b0mb")]
    ['bomb']
    >>> [word.letters for word, _, _ in vocabulary.masked_by("w*rld", "w*rld", 1)]
    ['world']
    """

    def __init__(self, patterns: Iterable[str]):
        """Take folded patterns, with a space at an end where a word must begin or end."""
        self._patterns = patterns

    @cached_property
    def _words(self) -> dict[str, list[TermWord]]:
        """The words by skeleton, with a space at each end that must end a word."""
        alone: dict[tuple[str, bool, bool], bool] = {}
        for pattern in self._patterns:
            words = pattern.split()
            for number, letters in enumerate(words):
                if len(letters) > 1 and not is_spaceless(letters[0]):
                    opens = number > 0 or pattern[0] == " "
                    closes = number < len(words) - 1 or pattern[-1] == " "
                    key = letters, opens, closes
                    alone[key] = alone.get(key, False) or len(words) == 1
        words_of: defaultdict[str, list[TermWord]] = defaultdict(list)
        for word in (TermWord(*key, single) for key, single in alone.items()):
            skeleton, _ = skeleton_of(word.letters)
            words_of[f"{' ' * word.opens}{skeleton}{' ' * word.closes}"].append(word)
        return dict(words_of)

    @cached_property
    def _automaton(self) -> Automaton:
        return Automaton(list(self._words))

    @cached_property
    def _by_index(self) -> list[tuple[str, list[TermWord]]]:
        return list(self._words.items())

    @cached_property
    def _letters(self) -> set[str]:
        return {word.letters for words in self._words.values() for word in words}

    @cached_property
    def _maskable(self) -> tuple[list[TermWord], MaskedWords]:
        """The words with a closed start."""
        opening = [word for words in self._words.values() for word in words if word.opens]
        return opening, MaskedWords((word.letters, word.closes) for word in opening)

    @cached_property
    def mentions(self) -> MentionedWords:
        """The words of which a mention may be the whole."""
        words = (word for words in self._words.values() for word in words)
        return MentionedWords(word.letters for word in words if word.opens)

    def has_any(self, words: Iterable[str]) -> bool:
        """Return whether some of these folded words are words of terms."""
        return not self._letters.isdisjoint(words)

    def with_skeleton_of(self, units: str) -> Iterator[tuple[TermWord, int, int]]:
        """Yield the words that units may spell, each with the half-open units of its letters."""
        skeleton, starts = skeleton_of(units)
        for index, end in self._automaton.occurrences(f" {skeleton} "):
            key, words = self._by_index[index]
            for word in words:
                yield word, starts[end - len(key) + word.opens - 1], starts[end - word.closes - 1]

    def masked_by(
        self, units: str, written: str, free: int
    ) -> Iterator[tuple[TermWord, int, list[int]]]:
        """Yield the words that units with stars fit, how many units each takes, and its fit.

        Up to `free` stars in a row hide one letter or two; more stars hide one letter each. In a
        word `written` in Latin letters alone, a star hides one or two Latin letters, or one other
        letter.
        """
        stars = units.count(STAR)
        if stars > min(STARS_IN_WORD, len(units) - stars + 1):
            return
        is_latin = units.isascii() and not _HAS_LOOKALIKES.search(written)
        words, masked = self._maskable
        seen: set[int] = set()
        for number, last, fit in masked.like(units, free):
            letters = words[number].letters
            if number in seen or (is_latin and _hides_too_many(letters, units, fit)):
                continue
            seen.add(number)
            yield words[number], last, fit


def _hides_too_many(letters: str, units: str, fit: list[int]) -> bool:
    """Return whether the stars hide more letters of other scripts than one each."""
    if letters.isascii():
        return False
    masked = "".join(letter for letter, at in zip(letters, fit, strict=True) if units[at] == STAR)
    return len(masked.encode()) > 2 * units.count(STAR)
