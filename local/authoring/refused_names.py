"""Names of persons, parties, peoples, religions and offices, which no rule may be about.

No term of a score may have one: a program learns the names that somebody's posts repeat first.
Other rules may have some beside other terms, such as the places that a threat names.

Sources: the lists `kept_out` and `names` of `claims/data/topics.json`, and `refused_names.json`,
which says where its own are from. They do not hold every name: a person reads every term.
"""

import re
from fnmatch import fnmatchcase
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
_SHORTEST_STEM = 4  # letters of a term beside its `*`
_LONGEST = 6  # words of a name, or Chinese letters
_ALL_HAN = re.compile(f"[ {''.join(syllables().values())}]+")


def named_in(term: str) -> str | None:
    """Return what a term names, or None. An end that `*` opens may be up to half of a name.

    >>> named_in("vote for the mayor"), named_in("微信政府号"), named_in("free spins")
    ('an office', 'an office', None)
    >>> named_in("Präsidenten"), named_in("presid*"), named_in("council tax")
    ('an office', 'an office', None)
    """
    names, stems, ordinary = _names()
    text = ordinary.sub("|", " ".join(_words(term)))
    words = text.split()
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + _LONGEST) + 1):
            if kind := names.get(" ".join(words[first:last])):
                return kind
    if stem := stems.search(text):
        return names[f"{stem[0]}*"]
    form = "*" * term.startswith("*") + text + "*" * term.endswith("*")
    if form == text or len(text) < _SHORTEST_STEM:
        return None
    near = (name for name in names if text in name and len(name) <= 2 * len(text))
    return next((names[name] for name in near if fnmatchcase(name, form)), None)


def named_by_sound(pattern: str) -> str | None:
    """Return what Han letters with these sounds may name, or None.

    Args:
        pattern: The syllables, as by `sound_pattern`.
    """
    return next((kind for name, kind in _sounds_of_names() if name in pattern), None)


@cache
def _sounds_of_names() -> tuple[tuple[str, str], ...]:
    """Return the sounds of each name in Han letters, of two letters or more, and what it is of."""
    pairs = ((f" {name} ", kind) for name, kind in _names()[0].items() if " " in name)
    sounding = ((sounds_of(name), kind) for name, kind in pairs)
    return tuple((name, kind) for name, kind in sounding if _ALL_HAN.fullmatch(name))


@cache
def _names() -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """Return what each name is of, by the words of its fold, in which `*` ends a stem.

    Next come patterns of the stems, and of the phrases that name nobody.
    """
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
    names: dict[str, str] = {}
    for kind, words in lists:
        for word in words.split():
            name = " ".join(_words(word.strip("=").replace("_", " ")))
            if len(name) >= _SHORTEST or not word.isascii():
                names.setdefault(name + "*" * word.endswith("*"), kind)
    stems = "|".join(name[:-1] for name in names if name.endswith("*"))
    ordinary = own["ordinary"].replace(" ", "|").replace("_", " ")
    return names, re.compile(rf"\b(?:{stems})"), re.compile(rf"\b(?:{ordinary})\b")


def _words(text: str) -> list[str]:
    """Return the folded words of a text. Look-alikes stay: Russian "том" is no Tom."""
    return "".join(HAN.get(char, char) for char in text.translate(STRICT)).split()
