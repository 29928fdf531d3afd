"""Letters that replace moderators in the public journal.

A letter tells a provider's moderators apart within a month, and not over two months. Letters are
dealt in turn and stored, not computed: anyone who knows all pseudonyms could reverse a digest.
"""

from collections.abc import Iterable
from typing import Protocol

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class LetterStore(Protocol):
    """The letters that were dealt."""

    def moderator_letters(self, provider: str, month: str) -> dict[str, str]:
        """Return the letters of a provider's month by moderator."""

    def put_moderator_letter(
        self, provider: str, month: str, letter: str, moderator: str, expires: int
    ) -> bool:
        """Give a letter to a moderator; False if another moderator has it."""


def assign_letters(
    store: LetterStore, provider: str, month: str, moderators: Iterable[str], expires: int
) -> dict[str, str]:
    """Return the letters of a month's (YYYY-MM) moderators, and deal letters to new ones in order.

    No letter is dealt twice: of two callers, the one who comes second reads the letters again.
    """
    known = store.moderator_letters(provider, month)
    for moderator in moderators:
        while moderator and moderator not in known:
            letter = nth_letter(len(known))
            if store.put_moderator_letter(provider, month, letter, moderator, expires):
                known[moderator] = letter
            else:
                known = store.moderator_letters(provider, month)
    return known


def nth_letter(number: int) -> str:
    """Return the letters of a number from 0, as a spreadsheet names its columns.

    >>> nth_letter(0), nth_letter(25), nth_letter(26), nth_letter(701), nth_letter(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    rest, last = divmod(number, len(ALPHABET))
    return (nth_letter(rest - 1) if rest else "") + ALPHABET[last]
