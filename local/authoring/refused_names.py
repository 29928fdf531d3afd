"""Names that no term of a score may have: of persons, parties, peoples, religions and offices.

A person writes the terms of other rules and knows what they name. Terms of a score come from a
program, and names that somebody's posts repeat are the first that it learns.

Sources: the lists `kept_out` and `names` of `claims/data/topics.json`, and `refused_names.json`,
which says where its own are from. They do not hold every name: a person reads every term.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from claims.lists import read_json
from matcher.text.fold import HAN, STRICT
from matcher.text.pinyin import sounds_of, syllables

_KINDS = {
    "party": "a party",
    "candidate": "a person",
    "office": "an office",
    "religion": "a religion",
    "people": "a people",
}
"""The lists of `kept_out` that are names, and what they name."""

_SHORTEST = 3  # letters of a name in Latin: shorter ones are too often something else
_LONGEST = 6  # words of a name, or Chinese letters
_ALL_HAN = re.compile(f"[ {''.join(syllables().values())}]+")


def named_in(term: str) -> str | None:
    """Return what a term names that no score may know, or None.

    >>> named_in("vote for the mayor"), named_in("微信政府号"), named_in("free spins")
    ('an office', 'an office', None)
    """
    words = _words(term)
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + _LONGEST) + 1):
            if kind := _names().get(" ".join(words[first:last])):
                return kind
    return None


def named_by_sound(pattern: str) -> str | None:
    """Return what Han letters with these sounds may name, or None.

    Args:
        pattern: The syllables, as by `sound_pattern`.
    """
    return next((kind for name, kind in _sounds_of_names() if name in pattern), None)


@cache
def _sounds_of_names() -> tuple[tuple[str, str], ...]:
    """Return the sounds of each name in Han letters, of two letters or more, and what it is of."""
    pairs = ((f" {name} ", kind) for name, kind in _names().items() if " " in name)
    sounding = ((sounds_of(name), kind) for name, kind in pairs)
    return tuple((name, kind) for name, kind in sounding if _ALL_HAN.fullmatch(name))


@cache
def _names() -> dict[str, str]:
    """Return what each name is of, by the words of its fold."""
    own: dict[str, Any] = msgspec.json.decode(
        Path(__file__).with_name("refused_names.json").read_bytes()
    )
    of_claims = read_json("topics.json")
    lists = [
        (kind, words)
        for name, kind in _KINDS.items()
        for words in of_claims["kept_out"][name].values()
    ]
    lists += [(kind, words) for kind, given in own["names"].items() for words in given.values()]
    lists.append(("a person", of_claims["names"]["given"]))
    ordinary = set(own["ordinary"].split())
    names: dict[str, str] = {}
    for kind, words in lists:
        for word in words.split():
            name = " ".join(_words(word.strip("=").replace("_", " ")))
            if len(name) >= _shortest(word) and name not in ordinary:
                names.setdefault(name, kind)
    return names


def _words(text: str) -> list[str]:
    """Return the folded words of a text. Look-alikes stay: Russian "том" is no Tom."""
    return "".join(HAN.get(char, char) for char in text.translate(STRICT)).split()


def _shortest(word: str) -> int:
    return _SHORTEST if word.isascii() else 1
