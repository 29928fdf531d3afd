"""Mentions that may be a word in disguise, their @ being its first letter: @nacondas."""

import re
from collections.abc import Iterable, Iterator
from itertools import product

from matcher.evasion.plausible import MENTION
from matcher.evasion.signs import CLASS, SIGNS_OF
from matcher.text.fold import fold

_HANDLE = re.compile(rf"@(\w{{{MENTION - 1},60}})(?!\w)")
_HEAD = 3  # letters; of few handles these are those of a word


class Mentions:
    """Words of which a mention may be the whole.

    `heads` has the first letters of all, behind the @, in each of their signs.

    >>> mentions = Mentions(["anaconda", "python"])
    >>> mentions.is_in("an @naconda"), mentions.is_in("a @ython")
    (True, False)
    """

    def __init__(self, words: Iterable[str]):
        """Takes folded words; those too short or without an a in front make no mention."""
        long = (word for word in words if len(word) >= MENTION and word[0] == "a")
        self._words = {word.translate(CLASS) for word in long}
        heads = {word[1 : 1 + _HEAD] for word in self._words}
        written = {letter: letter + SIGNS_OF[letter] for head in heads for letter in head}
        written["i"] = f"il{SIGNS_OF['i']}"
        self.heads = {
            "".join(one) for head in heads for one in product(*map(written.__getitem__, head))
        }

    def is_in(self, text: str) -> bool:
        """Whether a text has such a mention."""
        return bool(self._words) and any(map(self._is, _HANDLE.finditer(text)))

    def among(self, text: str, places: Iterable[int]) -> Iterator[int]:
        """Those of some places, each of an @, at which there is one."""
        for place in places if self._words else ():
            head = text[place + 1 : place + 1 + _HEAD]
            if head.lower() in self.heads or not head.isascii():
                found = _HANDLE.match(text, place)
                if found and self._is(found):
                    yield place

    def _is(self, found: re.Match[str]) -> bool:
        handle = found[1].lower() if found[1].isascii() else fold(found[1]).strip(" ")
        return f"a{handle.translate(CLASS)}" in self._words
