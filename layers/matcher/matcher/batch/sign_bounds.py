"""The most that the signs of each text may be worth, before any sign is looked for.

The simple way is to find the signs of every text. But that takes several times as long as the fold,
and most texts lack what most signs need, such as a digit or an address. So each text first gets its
traits, which arrays show for all texts at once. A sign whose trait a text lacks is not there. Every
other sign counts as if it were.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from matcher.batch.sign_tables import Mask
from matcher.batch.sign_view import SignView
from matcher.batch.symbols import Places

_CAPITALS = 4
"""Capitals of a word of capitals, at least."""


class Traits:
    """Which texts of a line have each trait. No text that has it is left out."""

    def __init__(self, view: SignView):
        """Take the view of the line."""
        self._view = view

    def digit(self) -> Mask:
        """Return the texts with a digit."""
        return self._view.has(self._view.digits)

    def number(self) -> Mask:
        """Return the texts with five digits that may be one number."""
        return self._view.has(self._view.long_numbers())

    def phone(self) -> Mask:
        """Return the texts with eight digits close together."""
        return self._view.has(self._view.phones())

    def numbered(self) -> Mask:
        """Return the texts with a digit next to a letter, or with letters apart."""
        return self._view.has(self._view.digits_in_words()) | self.apart()

    def dress(self) -> Mask:
        """Return the texts with a dressed letter, or a stroke."""
        return self._view.has(self._view.dressed())

    def capitals(self) -> Mask:
        """Return the texts with as many capitals as a word of capitals has."""
        return self._view.has(self._view.capitals, _CAPITALS)

    def scripts(self) -> Mask:
        """Return the texts with Cyrillic or Greek letters."""
        return self._view.has_cyrillic_or_greek()

    def marks(self) -> Mask:
        """Return the texts with three exclamation or question marks in a row."""
        return self._view.has(self._view.bangs())

    def emoji(self) -> Mask:
        """Return the texts with an emoji."""
        return self._view.has(self._view.emoji())

    def address(self) -> Mask:
        """Return the texts that may have an address."""
        return self._view.has(self._view.addresses)

    def link(self) -> Mask:
        """Return the texts that may have a link."""
        return self._view.has(self._view.links)

    def rare(self) -> Mask:
        """Return the texts with a rare Han letter."""
        return self._view.has(self._view.rare_letters())

    def apart(self) -> Mask:
        """Return the texts with four letters or digits apart."""
        return self._view.has(self._view.letters_apart)

    def han_apart(self) -> Mask:
        """Return the texts with a Han letter between gaps."""
        return self._view.has(self._view.han_apart())

    def game(self) -> Mask:
        """Return the texts in which a word may end like a game, in dress or without."""
        endings = self._view.has(self._view.game_endings())
        return endings | self.digit() | self.dress() | self.capitals() | self.scripts()


type _Trait = Callable[[Traits], Mask]

_SIGNS_WITH: Mapping[_Trait, str] = {
    Traits.digit: "money percent amount digits-1 digits-2 digits-3 digits-4 han-number",
    Traits.number: "digits-5-6 digits-7-11 digits-12",
    Traits.phone: "phone",
    Traits.numbered: "letters-digits name-number dressed-name-number unknown-name-number"
    " capital-name-number",
    Traits.dress: "dressed-letters styled-letters enclosed-letters wide-letters small-capitals"
    " struck-letters half-dressed dressed-in-plain dressed-text",
    Traits.capitals: "capital-word capitals",
    Traits.scripts: "mixed-scripts",
    Traits.marks: "repeated-marks",
    Traits.emoji: "emoji-1 emoji-2-3 many-emoji emoji-wrapped",
    Traits.address: "email handle hashtag",
    Traits.link: "link messenger-link short-link rare-domain",
    Traits.rare: "rare-han",
    Traits.apart: "spaced-letters",
    Traits.han_apart: "han-apart",
    Traits.game: "game-name",
}
"""The signs that need each trait. Any text may have one of the other signs."""

_TRAIT_OF = {sign: trait for trait, signs in _SIGNS_WITH.items() for sign in signs.split()}


def _any_text(traits: Traits) -> Mask:
    return traits.digit() | True


class SignBounds:
    """What the signs of scored rules may be worth in a text.

    `worth` has a row for each set of traits, and a column for each rule.

    >>> from matcher.batch.sign_finder import SignFinder
    >>> from matcher.batch.key_finders import ALPHABET
    >>> view = SignFinder(["link"]).view(ALPHABET.line(["plain", "shop.com", "call 5000"]))
    >>> bounds = SignBounds({"link": [(0, 3)], "money": [(0, 2)]}, 1)
    >>> bounds.worth[bounds.traits_of(view)].tolist()
    [[0], [3], [2]]
    """

    def __init__(self, weights: Mapping[str, Sequence[tuple[int, int]]], rules: int):
        """Take for each sign the scored rules that have it, by column, with its weights there."""
        helpful: dict[_Trait, npt.NDArray[np.int32]] = {}
        for sign, of_rules in weights.items():
            trait = _TRAIT_OF.get(sign, _any_text)
            for rule, weight in of_rules:
                if weight > 0:
                    of_trait = helpful.setdefault(trait, np.zeros(rules, np.int32))
                    of_trait[rule] += weight
        self._traits = list(helpful)
        sets = np.arange(1 << len(helpful))
        self.worth = np.zeros((sets.size, rules), np.int32)
        for bit, of_trait in enumerate(helpful.values()):
            self.worth[sets >> bit & 1 > 0] += of_trait

    def traits_of(self, view: SignView) -> Places:
        """Return the set of traits of each text of a line."""
        traits = Traits(view)
        sets = np.zeros(view.line.joined.ends.size, np.intp)
        for bit, trait in enumerate(self._traits):
            sets |= trait(traits).astype(np.intp) << bit
        return sets
