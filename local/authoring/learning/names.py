"""Words that never become terms: names of advertised brands, and terms that a person struck out.

A pack that knows a brand finds that brand and misses the next one, and a rule names no person,
party, people or religion. The lists that `packs check` refuses apply as well. They do not hold
every name: a person reads every term before the pack is live.
"""

import re
from collections.abc import Iterable

from matcher.text.fold import fold

LONG = 5
"""Letters from which a brand is also left out as a part of a longer word: "royalslot"."""

_DIGITS = re.compile(r"\d+[a-z]?")


class DroppedTerms:
    """Terms that must not be used."""

    def __init__(self, brands: Iterable[str] = (), struck_out: Iterable[str] = ()):
        """Take names of brands, and terms that somebody struck out."""
        self.brands = frozenset(brands)
        self._names = {
            form.replace(" ", "")
            for brand in self.brands
            for form in (fold(brand), fold(_DIGITS.sub(" ", brand)))
            if form.strip()
        }
        self._long = tuple(sorted(name for name in self._names if len(name) >= LONG))
        self._struck = {fold(term) for term in struck_out}

    def __call__(self, term: str) -> bool:
        """Return whether a term must not be used.

        >>> left_out = DroppedTerms(["ROYAL77"], ["kakak"])
        >>> [left_out(term) for term in ("royal slot", "royalslot", "kakak", "slot")]
        [True, True, True, False]
        """
        folded = fold(term)
        if folded in self._struck:
            return True
        words = folded.split()
        return any(map(self._is_name, words)) or self._is_name("".join(words))

    def _is_name(self, word: str) -> bool:
        if word in self._names:
            return True
        if len(word) < LONG:
            return False
        return any(name in word or word in name for name in self._long)
