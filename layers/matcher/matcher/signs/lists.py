"""The lists that signs look words up in: hosts, endings, currencies, units and ordinary names.

`lists.json` holds them, and the published page of a sign shows those that it uses.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec


class Lists(msgspec.Struct, frozen=True):
    """The content of `lists.json`. Words are folded, and a list's order does not matter."""

    messenger_hosts: frozenset[str]
    short_hosts: frozenset[str]
    usual_endings: frozenset[str]  # top-level domains of three letters or more
    rare_countries: frozenset[str]  # two-letter domains that are mostly sold to strangers
    bare_endings: frozenset[str]  # of host names that count as links without a slash
    currencies_before: frozenset[str]
    currencies_after: frozenset[str]
    currency_letters: str  # Han letters directly after a number
    units: frozenset[str]
    unit_letters: tuple[str, ...]  # units in Han letters, directly after a number
    counters: str  # Han letters with which a number before them is no contact
    cantonese: str  # Han letters in use that are in no national standard
    game_endings: tuple[str, ...]
    ordinary_game_names: frozenset[str]
    ordinary_stems: frozenset[str]  # with any number after them
    ordinary_words: frozenset[str]


LISTS = msgspec.json.decode(Path(__file__).with_name("lists.json").read_bytes(), type=Lists)


def as_published(names: Iterable[str]) -> dict[str, list[str]]:
    """Return some of the lists as they are published, sorted.

    >>> as_published(["unit_letters"])["unit_letters"][:2]
    ['克', '公斤']
    """
    return {name: sorted(getattr(LISTS, name)) for name in names}
