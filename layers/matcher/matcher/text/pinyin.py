"""How Han letters sound: their pinyin, without tones.

Adverts write a word with other letters of the same sound, such as 咔 for 卡. A term in pinyin meets
them all. For the search, each syllable is a letter of its own, out of code points that the fold
never gives, so that terms in pinyin and written terms do not meet.

Limits: a letter has one reading, its first in the table. Letters apart are read only where a
written term has them.
Source: `pinyin.json`, made by `scripts/build_pinyin.py`.
"""

from functools import cache
from importlib import resources

import msgspec

from rules.rule_set import SetError

CODE_VERSION = 1
"""Counts changes to this code. Raise it when a term in pinyin finds something else."""

JOINT = "-"
"""What is between the syllables of a term: `jia-wei`."""

_FIRST = 0xE100  # private use, which the fold turns into a space; 0xE000 and 0xE001 are taken


class _Data(msgspec.Struct, frozen=True):
    """The content of `pinyin.json`: the letters of each syllable."""

    letters: dict[str, str]


@cache
def syllables() -> dict[str, str]:
    """Return the letter that each syllable is in a search, in the order of the alphabet."""
    return {syllable: chr(_FIRST + at) for at, syllable in enumerate(sorted(_data().letters))}


def syllable_of(letter: str) -> str:
    """Return the syllable of a folded Han letter, "" for any other.

    >>> syllable_of("微"), syllable_of("w")
    ('wei', '')
    """
    return _syllable_by_sound().get(sounds().get(ord(letter[0]), ""), "") if letter else ""


@cache
def _syllable_by_sound() -> dict[str, str]:
    return {sound: syllable for syllable, sound in syllables().items()}


@cache
def sounds() -> dict[int, str]:
    """Return the letter of its syllable for each Han letter, as a table for `str.translate`."""
    return {
        ord(char): syllables()[syllable]
        for syllable, chars in _data().letters.items()
        for char in chars
    }


def sounds_of(folded: str) -> str:
    """Return a folded text with each Han letter as the letter of its syllable.

    Places stay the same, and so do other letters.

    >>> sounds_of(" 加 薇 otp ") == sounds_of(" 佳 微 otp ")
    True
    """
    return folded if folded.isascii() else folded.translate(sounds())


def sound_pattern(written: str) -> str:
    """Return what `sounds_of` gives for letters that sound like a term.

    Raises SetError for a syllable that is not in the table.

    >>> sound_pattern("jia-wei") == sounds_of(" 家 卫 ")
    True
    """
    known = syllables()
    given = written.split(JOINT)
    if unknown := [syllable for syllable in given if syllable not in known]:
        raise SetError(f"a rule has the syllable {unknown[0]!r}, which this code does not know")
    return f" {' '.join(known[syllable] for syllable in given)} "


def definition() -> dict[str, object]:
    """Return all that decides what a term in pinyin meets, as it is published."""
    return {"code": CODE_VERSION, "letters": _data().letters}


@cache
def _data() -> _Data:
    return msgspec.json.decode(
        resources.files("matcher.text").joinpath("pinyin.json").read_bytes(), type=_Data
    )
