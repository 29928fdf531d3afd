"""Many texts at once: which of them may satisfy a rule, and never one too few.

All words of all texts are looked up together, in arrays: by a value for each word, then for each
two words in a row, and so on, as far as patterns begin so. Only a text in which every group of
some rule seems to have a pattern, or one that may have a word in disguise, is left for `Matcher`,
whose look at it decides.

Imported only when there are enough texts to pay for the import of numpy. Where there is no numpy,
each text is looked at by itself, with the same result.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from matcher.batch.finders import ALPHABET, Finder, Patterns, finders_of
from matcher.batch.needs import Needs
from matcher.batch.suspects import Suspects
from matcher.batch.symbols import Line, Places, in_lines
from matcher.evasion.vocabulary import Vocabulary
from matcher.text.links import stretch_around

PLACES_LOOKED_AT = 64
"""Keys in a text; a text with more is looked at as a whole."""


class Passing(NamedTuple):
    """A text that may satisfy a rule: its place, and stretches that hold all its patterns.

    A text that has patterns everywhere is for a look at the whole of it, and has None. A suspect
    may have others, in disguise.
    """

    text: int
    stretches: list[tuple[int, int]] | None
    suspect: bool


class Sieve:
    """Lets through the texts that may satisfy a rule, and a few that do not.

    >>> needs = [(0, 0, 1), (1, 0, 2), (2, 1, 1)]
    >>> sieve = Sieve([" send me ", " otp ", " bomb"], needs, full=[3, 1])
    >>> [found[:2] for found in sieve.passing(["Please send me the OTP", "send otp", "BOMBS", ""])]
    [(0, [(7, 14), (19, 22)]), (2, [(0, 5)])]
    """

    def __init__(
        self,
        patterns: Sequence[str],
        needs: Iterable[tuple[int, int, int]],
        full: Sequence[int],
        vocabulary: Vocabulary | None = None,
    ):
        """Takes what satisfies rules.

        Args:
            patterns: Folded; there is at least one.
            needs: Places of patterns, each with a rule that it serves and the group as a bit.
            full: By rule, the bits of all its groups, fewer than 32.
            vocabulary: The words of the patterns; None lets no text through for a word in disguise.
        """
        self._suspects = Suspects(vocabulary) if vocabulary else None
        self._finders: list[Finder] = []
        keys = np.full(len(patterns), -1)
        number = 0
        told = Patterns.of(patterns)
        for finder, chosen in finders_of(told):
            self._finders.append(finder)
            keys[chosen] = number + finder.keys
            number += finder.number
        self._needs = Needs(keys, number, needs, full)
        self._before, self._after = np.zeros(number, np.intp), np.zeros(number, np.intp)
        for most, of_pattern in zip((self._before, self._after), told.around(), strict=True):
            np.maximum.at(most, keys[keys >= 0], of_pattern[keys >= 0])

    def passing(self, texts: Sequence[str]) -> Iterator[Passing]:
        """The texts that may satisfy a rule, in order."""
        first = 0
        for some in in_lines(texts):
            line = ALPHABET.line(some)
            places, keys = self._found(line)
            texts_of = np.searchsorted(line.ends, places)
            met = self._needs.met(texts_of, keys, len(some))
            odd = self._suspects.among(line, some) if self._suspects else set()
            near = np.isin(texts_of, met)
            spans = self._spans(line, texts_of[near], places[near], keys[near])
            for text in sorted(odd.union(spans)):
                around = spans.get(text, [])
                few = len(around) <= PLACES_LOOKED_AT
                stretches = _stretches(some[text], around) if few else None
                yield Passing(first + text, stretches, text in odd)
            first += len(some)

    def _found(self, line: Line) -> tuple[Places, Places]:
        """The places at which keys are, and the keys."""
        at, keys, number = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)], 0
        for finder in self._finders:
            for places, found in finder.find(line):
                at.append(places)
                keys.append(found + number)
            number += finder.number
        return np.concatenate(at), np.concatenate(keys)

    def _spans(
        self, line: Line, texts: Places, places: Places, keys: Places
    ) -> dict[int, list[tuple[int, int]]]:
        """By text, the half-open code points around each of its keys that patterns may reach."""
        ends = line.words_at(line.ends)  # that of a text is a word by itself
        least, most = np.append(-1, ends)[texts] + 1, ends[texts] - 1
        words = line.words_at(places)
        firsts = np.clip(words - self._before[keys], least, most)
        lasts = np.clip(words + self._after[keys], least, most)
        symbols = np.stack((line.starts[firsts], line.starts[lasts] + line.sizes[lasts] - 1))
        starts, lasts = line.code_points(symbols) - np.append(-1, line.joined.ends)[texts] - 1
        found: dict[int, list[tuple[int, int]]] = {}
        spans = zip(texts.tolist(), starts.tolist(), (lasts + 1).tolist(), strict=True)
        for text, start, end in spans:
            found.setdefault(text, []).append((start, end))
        return found


def _stretches(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What holds all of some spans and divides nothing, in order; what is close is one."""
    stretches: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if stretches and start <= stretches[-1][1]:
            if end > stretches[-1][1]:
                stretches[-1] = stretches[-1][0], stretch_around(text, start, end)[1]
        else:
            stretches.append(stretch_around(text, start, end))
    return stretches
