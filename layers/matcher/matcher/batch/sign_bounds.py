"""The most that the signs of each text may be worth, before any sign is looked for.

The simple way is to find the signs of every text. But that takes several times as long as the fold,
and most texts lack what most signs need, such as a digit or an address. Arrays show which texts may
have a sign, for all texts at once, and miss none that has it. A sign counts in all of these.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from matcher.batch.sign_tables import Mask
from matcher.batch.sign_view import SignView
from matcher.signs.proportions import MANY_WORDS, SOME_WORDS

CAPITALS_IN_WORD = 4
"""Capitals of a word of capitals, at least."""

type _Trait = Callable[[SignView], Mask]


def _numbers(least: int, most: int) -> _Trait:
    return lambda view: view.texts_with_numbers(least, most)


def _kind(kind: str) -> _Trait:
    return lambda view: view.has(view.of_kind(kind))


def _emoji(least: int, most: int) -> _Trait:
    def has_emoji(view: SignView) -> Mask:
        emoji = view.emoji
        return view.has(emoji, least) & ~view.has(emoji, most + 1)

    return has_emoji


def _words(least: int, most: int) -> _Trait:
    def has_words(view: SignView) -> Mask:
        texts, words = view.lengths
        found = np.zeros(view.line.joined.ends.size, bool)
        found[texts] = (words >= least) & (words <= most)
        return found

    return has_words


def _apart(view: SignView) -> Mask:
    return view.has(view.letters_apart)


_MANY = 2**20
_TRAITS: tuple[tuple[str, _Trait], ...] = (
    ("money percent amount han-number", SignView.texts_with_odd_numbers),
    ("digits-1", _numbers(1, 1)),
    ("digits-2", _numbers(2, 2)),
    ("digits-3", _numbers(3, 3)),
    ("digits-4", _numbers(4, 4)),
    ("digits-5-6", _numbers(5, 6)),
    ("digits-7-11", _numbers(7, 11)),
    ("digits-12", _numbers(12, _MANY)),
    ("phone", lambda view: view.has(view.phones)),
    (
        (
            "letters-digits name-number dressed-name-number unknown-name-number"
            " capital-name-number model-number"
        ),
        lambda view: view.has(view.digits_in_words) | _apart(view),
    ),
    (
        (
            "dressed-letters styled-letters enclosed-letters wide-letters small-capitals"
            " struck-letters half-dressed dressed-in-plain dressed-text"
        ),
        lambda view: view.has(view.dressed),
    ),
    ("capital-word", lambda view: view.with_capitals(CAPITALS_IN_WORD)),
    ("capitals", SignView.in_capitals),
    ("mixed-scripts", lambda view: view.has(view.mixed_scripts) | _apart(view)),
    ("repeated-marks", lambda view: view.has(view.bangs)),
    ("emoji-1", _emoji(1, 1)),
    ("emoji-2-3", _emoji(2, 3)),
    ("many-emoji", _emoji(4, _MANY)),
    ("emoji-wrapped", _emoji(2, _MANY)),
    ("words-13-25", _words(SOME_WORDS, MANY_WORDS - 1)),
    ("words-26", _words(MANY_WORDS, _MANY)),
    ("email handle", _kind("@")),
    ("hashtag", _kind("#")),
    ("link messenger-link short-link rare-domain", lambda view: view.has(view.links)),
    ("rare-han", lambda view: view.has(view.rare_letters())),
    ("spaced-letters", _apart),
    ("name-in-pieces", lambda view: view.has(view.names_in_pieces)),
    ("han-apart", lambda view: view.has(view.han_apart)),
    ("game-name", lambda view: view.has(view.odd_places) | _apart(view)),
)
"""Signs, and which texts of a line may have them. Any text may have one of the other signs."""

_EXACT = frozenset(
    ["capitals", "repeated-marks", "emoji-1", "emoji-2-3", "many-emoji", "words-13-25", "words-26"]
)
"""Signs that these texts do have. So their weights against a post count."""


class SignBounds:
    """What the signs of scored rules may be worth in a text.

    >>> from matcher.batch.sign_finder import SignFinder
    >>> from matcher.batch.key_finders import ALPHABET
    >>> view = SignFinder(["link"]).view(ALPHABET.line(["plain", "shop.com", "call 5000 rb"]))
    >>> SignBounds({"link": [(0, 3)], "money": [(0, 2)]}, 1).worth(view).tolist()
    [[0.0], [3.0], [2.0]]
    """

    def __init__(self, weights: Mapping[str, Sequence[tuple[int, int]]], rules: int):
        """Take for each sign the scored rules that have it, by column, with its weights there."""
        self._rest = np.zeros(rules)
        by_trait = [(trait, signs.split(), np.zeros(rules)) for signs, trait in _TRAITS]
        for sign, of_rules in weights.items():
            of_trait = next((row for _, signs, row in by_trait if sign in signs), self._rest)
            for rule, weight in of_rules:
                of_trait[rule] += weight if sign in _EXACT else max(0, weight)
        self._traits = [trait for trait, _, row in by_trait if row.any()]
        self._worth = np.array([row for *_, row in by_trait if row.any()]).reshape(-1, rules)

    def worth(self, view: SignView) -> npt.NDArray[np.float64]:
        """Return a row for each text of a line, with the most for each rule."""
        texts = view.line.joined.ends.size
        having = np.array([trait(view) for trait in self._traits], float).reshape(-1, texts)
        # A product by `@` is computed in threads, which wait for each other on a busy machine.
        worth: npt.NDArray[np.float64] = np.einsum("tn,tr->nr", having, self._worth)
        return worth + self._rest
