"""A part of a post as the strict look needs it: folded, with the way back to the original."""

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Self

from matcher.fold import FOLD, LOOKALIKES, STRICT, is_spaceless, script_of
from matcher.links import opaque_spans

OPAQUE = "\ue000"  # stands for a link or mention; the fold gives no such character


@dataclass(frozen=True, slots=True)
class Trace:
    """A text folded as by `fold`, but for links and mentions, each of which is one word `OPAQUE`.

    `source[i]` is the code point of `text` that gave `folded[i]`; `words[i]` is the number of the
    word that `folded[i]` belongs to (a space: to the word before). Marks of spaceless scripts
    count with the letter they follow.

    >>> trace = Trace.of("Ｏtp: https://a.example")
    >>> trace.folded.replace(OPAQUE, "<link>"), trace.source[:5], trace.words[:6]
    (' otp <link> ', [0, 0, 1, 2, 3], [-1, 0, 0, 0, 0, 1])
    """

    text: str
    folded: str
    source: list[int]
    words: list[int]
    _scripts: dict[int, set[str | None]] = field(default_factory=dict)  # by a word's first letter
    _written_in: dict[tuple[str | None, str | None], bool] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Self:
        """Follows a text through the fold."""
        folded, source, words = [" "], [0], [-1]
        word, at = -1, 0

        def add(plain: str, here: int) -> None:
            nonlocal word
            if folded[-1] == " ":
                if plain == " ":
                    return
                word += not (is_spaceless(plain) and unicodedata.category(plain)[0] == "M")
            folded.append(plain)
            source.append(here)
            words.append(word)

        for start, end, _ in [*opaque_spans(text), (len(text), len(text), False)]:
            for here in range(at, start):
                for plain in FOLD[ord(text[here])]:
                    add(plain, here)
            for plain in f" {OPAQUE} " if start < end else " ":
                add(plain, start)
            at = end
        return cls(text, "".join(folded), source, words)

    def word_at(self, place: int) -> int:
        """The number of the word at a code point of the text, or of the last one before it."""
        return self.words[bisect_right(self.source, place) - 1]

    def gap_is_empty(self, at: int) -> bool:
        """Whether nothing but dropped characters parts the words around the space `folded[at]`."""
        before, after = self.source[at - 1], self.source[at + 1]
        return all(not FOLD[ord(char)] for char in self.text[before + 1 : after])

    def is_own_word(self, at: int, other: str | None) -> bool:
        """Whether the word at `folded[at]` is one of its own script, not dressed up as `other`.

        So it is if all its letters are of one script, and the text elsewhere has letters of that
        script which resemble none of `other`.

        >>> Trace.of("это рот").is_own_word(6, "Latn"), Trace.of("my рот").is_own_word(5, "Latn")
        (True, False)
        """
        first = self.folded.rfind(" ", 0, at) + 1
        if first not in self._scripts:
            last = self.folded.find(" ", at) - 1
            word = self.text[self.source[first] : self.source[last] + 1].translate(STRICT)
            self._scripts[first] = {script_of(char) for char in set(word)} - {None}
        scripts = self._scripts[first]
        return len(scripts) == 1 and self._is_written_in(next(iter(scripts)), other)

    def _is_written_in(self, script: str | None, other: str | None) -> bool:
        if (script, other) not in self._written_in:
            twins = {twin for char, twin in LOOKALIKES.items() if script_of(char) == other}
            letters = set(self.text.translate(STRICT)) - twins - LOOKALIKES.keys()
            self._written_in[script, other] = any(script_of(char) == script for char in letters)
        return self._written_in[script, other]
