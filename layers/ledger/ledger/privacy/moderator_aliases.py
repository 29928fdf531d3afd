"""Letters for moderators: told apart within a provider's month, and not from one to the next.

A letter says nothing of whom it stands for, not even to somebody who knows all pseudonyms, which a
digest would; so it is given out in turn and remembered, and not computed.
"""

from collections.abc import Iterable
from typing import Protocol

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class AliasStore(Protocol):
    """Where letters are remembered."""

    def moderator_aliases(self, provider: str, month: str) -> dict[str, str]:
        """The letters of a provider's month by moderator."""

    def put_moderator_alias(
        self, provider: str, month: str, letter: str, moderator: str, expires: int
    ) -> bool:
        """Give a letter to a moderator; False if another has it."""


def assign_aliases(
    register: AliasStore, provider: str, month: str, moderators: Iterable[str], expires: int
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
    known = register.moderator_aliases(provider, month)
    for moderator in moderators:
        while moderator and moderator not in known:
            letter = nth_alias(len(known))
            if register.put_moderator_alias(provider, month, letter, moderator, expires):
                known[moderator] = letter
            else:
                known = register.moderator_aliases(provider, month)
    return known


def nth_alias(number: int) -> str:
    """The letter that comes after so many, or letters as a spreadsheet has them.

    >>> nth_alias(0), nth_alias(25), nth_alias(26), nth_alias(701), nth_alias(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    rest, last = divmod(number, len(ALPHABET))
    return (nth_alias(rest - 1) if rest else "") + ALPHABET[last]
