"""Letters for moderators: told apart within a provider's month, and not from one to the next.

A letter says nothing of whom it stands for, not even to somebody who knows all pseudonyms, which a
digest would; so it is given out in turn and remembered, and not computed.
"""

from collections.abc import Iterable
from typing import Protocol

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Register(Protocol):
    """Where letters are remembered."""

    def letters(self, provider: str, month: str) -> dict[str, str]:
        """The letters of a provider's month by moderator."""

    def put_letter(
        self, provider: str, month: str, letter: str, moderator: str, expires: int
    ) -> bool:
        """Give a letter to a moderator; False if another has it."""


def letters_of(
    register: Register, provider: str, month: str, moderators: Iterable[str], expires: int
) -> dict[str, str]:
    """The letters of all moderators of a month, those named here included.

    Two that name moderators at the same time give out no letter twice: each takes the next free
    one, and whoever comes second looks again.

    Args:
        register: Where letters are remembered.
        provider: Whose moderators they are.
        month: YYYY-MM; each month begins anew.
        moderators: In the order in which new ones get theirs.
        expires: When the letters may be forgotten, in seconds since 1970.
    """
    known = register.letters(provider, month)
    for moderator in moderators:
        while moderator and moderator not in known:
            letter = letter_of(len(known))
            if register.put_letter(provider, month, letter, moderator, expires):
                known[moderator] = letter
            else:
                known = register.letters(provider, month)
    return known


def letter_of(number: int) -> str:
    """The letter that comes after so many, or letters as a spreadsheet has them.

    >>> letter_of(0), letter_of(25), letter_of(26), letter_of(701), letter_of(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    rest, last = divmod(number, len(ALPHABET))
    return (letter_of(rest - 1) if rest else "") + ALPHABET[last]
