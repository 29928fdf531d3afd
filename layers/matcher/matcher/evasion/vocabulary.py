"""The words that terms are made of, and which of them a word in disguise stands for.

Candidates come from a skeleton, in which letters that share a sign (i and l) and runs of a letter
are one; a look at every letter then decides, and one at whether nobody innocent writes so
(`plausible`, `masks`). A run of three letters or more stands for any shorter one,
and then so do other runs of that word; a shorter run never stands for a longer one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import product
from typing import NamedTuple

from matcher.effort import Effort
from matcher.evasion.disguise import Chunk, Kind
from matcher.evasion.fitting import fit_of
from matcher.evasion.masks import (
    HAS_LOOKALIKES,
    STARS_IN_WORD,
    MaskedWords,
    foreign_as_stars,
    is_enough,
    sounds,
)
from matcher.evasion.mentions import Mentions
from matcher.evasion.plausible import is_sound
from matcher.evasion.signs import STAR, skeleton_of
from matcher.terms.automaton import Automaton
from matcher.text.aligned import Reading
from matcher.text.fold import Evasion, is_spaceless

READINGS_OF_CHUNK = 4
"""Words that one chunk is read as; a fifth that fits as well is not seen."""
_PADDED = re.compile(r"([^\W\d]{4,})\d{1,2}|([^\W\d]{3})2")
_WORDS_OF_ONE_LETTER = "aeiouyàóéяуиовкса"  # as written: articles, "and", "in" …
_PUNCTUATION = "!+|@"


class _Word(NamedTuple):
    letters: str
    opens: bool
    closes: bool
    alone: bool  # a pattern of its own, not only part of a phrase


class Vocabulary:
    """The words of some patterns, found again in disguise.

    >>> from matcher.evasion.disguise import chunks
    >>> vocabulary = Vocabulary([" bomb ", " hello world "])
    >>> for chunk in chunks("A b0mb, heeellooo, b*mb, w.o.r.l.d and he1p"):
    ...     print(*((reading.letters, *reading.evasion) for reading in vocabulary.read(chunk)))
    ('bomb', <Evasion.LEET: 'leet'>)
    ('hello', <Evasion.REPEATED: 'repeated'>)
    ('bomb', <Evasion.MASKED: 'masked'>)
    ('world', <Evasion.SEPARATED: 'separated'>)
    <BLANKLINE>
    """

    def __init__(self, patterns: Iterable[str]):
        """Takes folded patterns, with a space at each end that must be the end of a word."""
        self._patterns = patterns

    @cached_property
    def _words(self) -> dict[str, list[_Word]]:
        """By skeleton, with a space at each end that is closed. Made when a chunk is met."""
        alone: dict[tuple[str, bool, bool], bool] = {}
        for pattern in self._patterns:
            words = pattern.split()
            for number, letters in enumerate(words):
                if len(letters) > 1 and not is_spaceless(letters[0]):
                    opens = number > 0 or pattern[0] == " "
                    closes = number < len(words) - 1 or pattern[-1] == " "
                    key = letters, opens, closes
                    alone[key] = alone.get(key, False) or len(words) == 1
        words_of: defaultdict[str, list[_Word]] = defaultdict(list)
        for word in (_Word(*key, single) for key, single in alone.items()):
            skeleton, _ = skeleton_of(word.letters)
            words_of[f"{' ' * word.opens}{skeleton}{' ' * word.closes}"].append(word)
        return dict(words_of)

    @cached_property
    def _automaton(self) -> Automaton:
        return Automaton(list(self._words))

    @cached_property
    def _by_index(self) -> list[tuple[str, list[_Word]]]:
        return list(self._words.items())

    @cached_property
    def _spelled(self) -> set[str]:
        return {word.letters for words in self._words.values() for word in words}

    @cached_property
    def _opening(self) -> dict[bool, tuple[list[_Word], MaskedWords]]:
        """The words that are open at no end, and those only at their end, for words with stars."""
        opening = [word for words in self._words.values() for word in words if word.opens]
        parts = {closes: [w for w in opening if w.closes == closes] for closes in (True, False)}
        return {
            closes: (words, MaskedWords(word.letters for word in words))
            for closes, words in parts.items()
        }

    @cached_property
    def mentions(self) -> Mentions:
        """The words of which a mention may be the whole, its @ being an a."""
        words = (word for words in self._words.values() for word in words)
        return Mentions(word.letters for word in words if word.opens)

    def may_be(self, units: str) -> bool:
        """Return whether a folded word without signs may be one of the words, in disguise.

        Cheaper than `read`, and never false where `read` finds something.
        """
        if len(set(units)) < 2:
            return False
        padded = _PADDED.fullmatch(units)
        for bare in (units, padded[1] or padded[2]) if padded else (units,):
            if masked := foreign_as_stars(bare):
                if any(self._like(masked, bare, 2)):
                    return True
            elif self._automaton.seen(f" {skeleton_of(bare)[0]} "):
                return True
        return False

    def read(self, chunk: Chunk, effort: Effort | None = None) -> list[Reading]:
        """Return the words that a chunk stands for, at most `READINGS_OF_CHUNK`."""
        effort = effort or Effort()
        if chunk.kind is Kind.HASHTAG:
            known = not self._spelled.isdisjoint(chunk.units.split())
            return [_as_it_stands(chunk, chunk.units, frozenset())] if known else []
        if is_spaceless(chunk.units[0]):
            letters = " ".join(chunk.units)
            return [_as_it_stands(chunk, letters, frozenset({Evasion.SEPARATED}))]
        found: dict[tuple[str, int, int], Reading] = {}
        for part, evasion in _parts(chunk):
            if STAR in part.units:
                candidates = self._masked(part, effort)
            elif masked := foreign_as_stars(part.units):
                candidates = self._foreign(part, masked, effort)
            else:
                candidates = self._plain(part, evasion, effort)
            for reading in candidates:
                found.setdefault((reading.letters, reading.start, reading.end), reading)
                if len(found) == READINGS_OF_CHUNK:
                    return list(found.values())
        return list(found.values())

    def _plain(
        self, chunk: Chunk, evasion: frozenset[Evasion], effort: Effort
    ) -> Iterator[Reading]:
        """Yield readings without stars."""
        skeleton, starts = skeleton_of(chunk.units)
        told = False  # letters apart read the same wherever a word stands in them unchanged
        for index, end in self._automaton.ends(f" {skeleton} "):
            key, words = self._by_index[index]
            for word in words:
                if not effort.read():
                    return
                first = starts[end - len(key) + word.opens - 1]
                last = starts[end - word.closes - 1]
                if fit := fit_of(word.letters, chunk.units[first:last]):
                    same = chunk.units[first:last] == word.letters
                    worn = evasion | _worn(word.letters, chunk, first, last, fit)
                    if same and told:
                        continue
                    if worn and is_sound(word.letters, chunk, first, last, worn, alone=word.alone):
                        told |= same
                        yield _reading(chunk, word.letters, first, last, fit, worn)

    def _masked(self, chunk: Chunk, effort: Effort) -> Iterator[Reading]:
        """Yield readings of a chunk with stars."""
        for word, last, fit in self._like(chunk.units, chunk.written, 1):
            if not effort.read():
                return
            if is_enough(word.letters, chunk.units[:last], alone=word.alone):
                yield _reading(chunk, word.letters, 0, last, fit, frozenset({Evasion.MASKED}))

    def _foreign(self, chunk: Chunk, masked: str, effort: Effort) -> Iterator[Reading]:
        """Yield readings of a chunk with stars for a foreign letter."""
        for word, last, fit in self._like(masked, chunk.written, 2):
            if not effort.read():
                return
            if len(word.letters) > 2 and sounds(word.letters, chunk.units, masked, fit):
                yield _reading(chunk, word.letters, 0, last, fit, frozenset({Evasion.FOREIGN}))

    def _like(self, units: str, written: str, free: int) -> Iterator[tuple[_Word, int, list[int]]]:
        """Yield the words that units with stars fit, how many units each takes, and its fit.

        Up to `free` stars in a row stand for one letter or two; more, for as many as they are. In
        a word `written` in Latin letters alone, a star stands for two of them, or for one other.
        """
        stars = units.count(STAR)
        if stars > min(STARS_IN_WORD, len(units) - stars + 1):
            return
        is_latin = units.isascii() and not HAS_LOOKALIKES.search(written)
        for closes, (words, masked) in self._opening.items():
            seen: set[int] = set()
            for last in range(len(units), len(units) * closes - 1, -1) if words else ():
                for number, fit in masked.like(units[:last], free):
                    letters = words[number].letters
                    if number in seen or (is_latin and _has_others(letters, units, fit)):
                        continue
                    seen.add(number)
                    yield words[number], last, fit


def _has_others(letters: str, units: str, fit: list[int]) -> bool:
    """Return whether the stars stand for more letters of other scripts than one each."""
    if letters.isascii():
        return False
    masked = "".join(letter for letter, at in zip(letters, fit, strict=True) if units[at] == STAR)
    return len(masked.encode()) > 2 * units.count(STAR)


def _parts(chunk: Chunk) -> Iterator[tuple[Chunk, frozenset[Evasion]]]:
    """What of a chunk may be the word: without emphasis, punctuation, padding, or an article."""
    units, nothing = chunk.units, frozenset[Evasion]()
    if chunk.kind is Kind.MENTION:
        yield chunk, nothing
        return
    if chunk.kind is Kind.APART:
        lasts = dict.fromkeys((len(units), len(units.rstrip(_PUNCTUATION))))
        word_before = chunk.between == " " and chunk.written[0].lower() in _WORDS_OF_ONE_LETTER
        for first, last in product(range(1 + word_before), lasts):
            yield chunk.part(first, last), nothing
        return
    bare = units.strip(STAR)
    if units[:1] == units[-1:] == STAR or f"{STAR}{STAR}" in (units[:2], units[-2:]):
        first = units.index(bare) if bare else 0
        chunk, units = chunk.part(first, first + len(bare)), bare
    if len(units) < 2:
        return
    yield chunk, nothing
    first = len(units) - len(units.lstrip(_PUNCTUATION))
    last = len(units.rstrip(_PUNCTUATION))
    for part in {(first, len(units)), (0, last), (first, last)} - {(0, len(units))}:
        if part[1] - part[0] > 1:
            yield chunk.part(*part), nothing
    padded = _PADDED.fullmatch(units[first:last])
    if padded and not chunk.written[first:last].isupper():
        end = first + padded.end(padded.lastindex or 0)
        yield chunk.part(first, end), frozenset({Evasion.PADDED})


def _worn(word: str, chunk: Chunk, first: int, last: int, fit: list[int]) -> frozenset[Evasion]:
    worn = set()
    units = chunk.units[first:last]
    if any(units[at] != letter for at, letter in zip(fit, word, strict=True)):
        worn.add(Evasion.LEET)
    if len(units) > len(word):
        worn.add(Evasion.REPEATED)
    if chunk.kind is Kind.APART:
        worn.add(Evasion.SEPARATED)
    return frozenset(worn)


def _as_it_stands(chunk: Chunk, letters: str, evasion: frozenset[Evasion]) -> Reading:
    places = iter(chunk.at)
    at = chunk.at if len(letters) == len(chunk.at) else ()
    if not at:
        at = tuple(place for place in places for _ in "ab")[:-1]
    return Reading(chunk.start, chunk.end, letters, at, evasion)


def _reading(
    chunk: Chunk, word: str, first: int, last: int, fit: list[int], worn: frozenset[Evasion]
) -> Reading:
    before = [at for at in range(first) if chunk.units[at].isalnum()]
    after = [at for at in range(last, len(chunk.units)) if chunk.units[at].isalnum()]
    letters = [*(chunk.units[at] for at in before), word, *(chunk.units[at] for at in after)]
    places = [*before, *(first + at for at in fit), *after]
    at = tuple(chunk.at[place] for place in places)
    return Reading(chunk.start, chunk.end, "".join(letters), at, worn)
