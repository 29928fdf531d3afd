"""Gates: what a text must look like for a scored rule to read it.

Weights are learned from posts of one language. In other languages the same letters mean something
else, and without a gate a score finds what nobody trained it on.

Source: the words are the 200 commonest of each language by wordfreq, see `gate_words.json`.
"""

import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from matcher.fold import STRICT, CodePointTable, fold, is_spaceless
from rules.pack_parts import Gate, script_gate, words_gate

CODE_VERSION = 1
"""Counts changes to this code. Raise it when a gate lets other texts pass."""

LETTER, OTHER = "y", "n"

FEW_WORDS = 4
"""A text of so few words need not have a common one."""

CHINESE, WORD = "Chinese", 5
"""The script for Han letters next to links and names in Latin, and what one such letter counts.

A letter that is a word by itself, as a Han letter is, counts as five: as many as a Latin word has.
"""

_HAN = ("\u3400", "\u9fff")

SCRIPTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Latin": (("a", "z"), ("\u00aa", "\u024f"), ("\u1e00", "\u1eff")),
    "Cyrillic": (("\u0400", "\u052f"),),
    "Greek": (("\u0370", "\u03ff"),),
    "Arabic": (("\u0600", "\u06ff"), ("\u0750", "\u077f")),
    "Han": (_HAN,),
    CHINESE: (_HAN,),
    "Thai": (("\u0e00", "\u0e7f"),),
    "Devanagari": (("\u0900", "\u097f"),),
}
"""The letters of each script, after the fold of styles and widths."""


def passes(text: str, gate: Gate) -> bool:
    """Return whether a text looks as a gate wants it.

    >>> passes("Main slot di sini, 𝐠𝐚𝐜𝐨𝐫 sekali", Gate("Latin", "id"))
    True
    >>> passes("Play the slots in this casino", Gate("Latin", "id")), passes("слот", Gate("Latin"))
    (False, False)
    """
    return (not gate.script or _is_in_script(text, gate.script)) and (
        not gate.words_of or _has_word(text, gate.words_of)
    )


def _is_in_script(text: str, script: str) -> bool:
    """Return whether half of the letters are of a script, or there is no letter."""
    letters = text.translate(letters_of(script))
    return 2 * letters.count(OTHER) <= len(letters)


@cache
def letters_of(script: str) -> CodePointTable[str]:
    """Return what letters each code point is folded to: `LETTER` of the script, or `OTHER`.

    >>> "Aé, \u0434𝐠".translate(letters_of("Latin")), "加vx".translate(letters_of("Chinese"))
    ('yyny', 'yyyyynn')
    """
    inside = _pattern_of(script)

    def counted(letter: str) -> str:
        kind = LETTER if inside.fullmatch(letter) else OTHER
        return kind * (WORD if script == CHINESE and is_spaceless(letter) else 1)

    def letters(code: int) -> str:
        return "".join(map(counted, filter(str.isalpha, STRICT[code])))

    return CodePointTable(letters)


@cache
def _pattern_of(script: str) -> re.Pattern[str]:
    ranges = (f"{re.escape(first)}-{re.escape(last)}" for first, last in SCRIPTS[script])
    return re.compile(f"[{''.join(ranges)}]+")


def _has_word(text: str, language: str) -> bool:
    words = fold(text).split()
    return len(words) <= FEW_WORDS or not words_of(language).isdisjoint(words)


@cache
def words_of(language: str) -> frozenset[str]:
    """Return the folded words of a list."""
    return frozenset(fold(word).strip(" ") for word in _data()["words"][language].split())


def definitions() -> dict[str, object]:
    """Return all that decides each gate, by its id in a set."""
    folded: dict[str, object] = {"code": CODE_VERSION, "unicode": unicodedata.unidata_version}
    scripts: dict[str, object] = {
        script_gate(script): folded | {"letters": SCRIPTS[script]} for script in SCRIPTS
    }
    scripts[script_gate(CHINESE)] = folded | {"letters": SCRIPTS[CHINESE], "word": WORD}
    return scripts | {
        words_gate(language): folded | {"few": FEW_WORDS, "words": sorted(words_of(language))}
        for language in word_lists()
    }


@cache
def word_lists() -> tuple[str, ...]:
    """Return the ids of the lists of words."""
    return tuple(_data()["words"])


@cache
def _data() -> Any:
    return msgspec.json.decode(
        resources.files("matcher.signs").joinpath("gate_words.json").read_bytes()
    )
