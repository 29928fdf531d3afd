"""What signs and gates look at: lists of words, the shape of a text, its chunks and its letters.

The shape of a text has one character for each code point, which says what kind it is. Signs are
patterns over the shape, so their spans are spans of the original. ASCII signs are their own shape.
Most signs lie within one chunk, the text between two white spaces. So `sign_finder` can drop the
chunks that have none, and both ways of looking for signs call the same functions for the rest.

A gate says what a text must look like for a scored rule to read it. Weights are learned from posts
of one language. In other languages the same letters mean something else, and without a gate a score
finds what nobody trained it on.

Sources: `lists.json` has hosts, endings, currencies, units and ordinary names, and the published
page of a sign shows those that it uses; `gate_words.json` has the 200 commonest words of each
language by wordfreq.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from matcher.fold import FOLD, STRICT, CodePointTable, fold, is_spaceless, script_of
from rules.pack_parts import Gate, script_gate, words_gate


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


SMALL, CAPITAL, UNCASED = "a", "A", "o"
CYRILLIC, CYRILLIC_CAPITAL, GREEK, GREEK_CAPITAL = "b", "B", "g", "G"
STYLED, ENCLOSED, WIDE, SMALL_CAPITAL = "s", "e", "w", "c"
DIGIT, DRESSED_DIGIT = "1", "2"
STROKE, HIDDEN, JOINER = "m", "x", "j"
HAN, RARE_HAN, SPACELESS = "h", "H", "k"
EMOJI, FLAG_LETTER, SKIN_TONE = "E", "R", "F"
SPACE, LINE_END = " ", "\n"
CURRENCY, CLAUSE_END, OTHER = "$", "p", "~"

DRESSED = STYLED + ENCLOSED + WIDE + SMALL_CAPITAL
SMALLS, CAPITALS = SMALL + CYRILLIC + GREEK, CAPITAL + CYRILLIC_CAPITAL + GREEK_CAPITAL
PLAIN_LETTERS = SMALLS + CAPITALS + UNCASED
LETTERS = PLAIN_LETTERS + DRESSED
DIGITS = DIGIT + DRESSED_DIGIT
MARKS = STROKE + HIDDEN + JOINER
"""Marks and invisible characters, which belong to the word that they are in."""

KINDS = {
    STYLED: "\u2102-\u2115\u2119-\u211d\u2124\u2128\u212c-\u2134\u2145-\u2149\U0001d400-\U0001d7cb",
    ENCLOSED: "\u249c-\u24e9\U0001f110-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189",
    WIDE: "\uff21-\uff3a\uff41-\uff5a",
    SMALL_CAPITAL: "\u02b0-\u02b8\u02e1-\u02e3\u1d00-\u1d6a\u1d78\u1d9b-\u1dbf\u2071\u207f"
    "\u2090-\u209c\u0262\u026a\u0274\u0280\u028f\u0299\u029c\u029f\ua730-\ua731\ua7f8-\ua7f9",
    DRESSED_DIGIT: "\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u249b\u24ea-\u24ff"
    "\u2776-\u2793\uff10-\uff19\U0001d7ce-\U0001d7ff\U0001f100-\U0001f10a\U0001fbf0-\U0001fbf9",
    STROKE: "\u0305\u0320-\u0322\u0331-\u033f\u0346-\u034e\u0350-\u0362\u0489\u20d0-\u20f0",
    JOINER: "\u200d",
    SKIN_TONE: "\U0001f3fb-\U0001f3ff",
    FLAG_LETTER: "\U0001f1e6-\U0001f1ff",
    EMOJI: "\u231a-\u231b\u23e9-\u23f3\u25fd-\u25fe\u2600-\u26ff\u2702-\u2764\u2795-\u2797\u27a1"
    "\u27b0\u27bf\u2b05-\u2b07\u2b1b-\u2b1c\u2b50\u2b55\U0001f000-\U0001f0ff\U0001f18a-\U0001f3fa"
    "\U0001f400-\U0001faff",
    "@": "\uff20",
    "!": "\uff01",
    "?": "\uff1f",
    CLAUSE_END: "\u2013-\u201f\u2026\u3001-\u3002\u3008-\u3011\uff08-\uff09\uff0c\uff0e"
    "\uff1a-\uff1b",
}
"""Ranges of code points by kind, both ends included. The first kind that has one counts."""

STANDARDS = ("gb2312", "big5", "euc_jp")
"""The national standards, by the names of their codecs, whose Han letters are common."""

_IN_WORDS = frozenset(LETTERS + DIGITS)
_OF_SCRIPT: dict[str | None, tuple[str, str]] = {
    "Cyrl": (CYRILLIC, CYRILLIC_CAPITAL),
    "Grek": (GREEK, GREEK_CAPITAL),
}
_KINDS = [(kind, re.compile(f"[{ranges}]")) for kind, ranges in KINDS.items()]
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


def _kind(code: int) -> str:
    char = chr(code)
    if char.isspace():
        return LINE_END if char in "\n\r\u2028\u2029" else SPACE
    if char.isascii() and char.isprintable() and not char.isalnum():
        return char
    folded = FOLD[code]
    is_word = folded == folded.strip(" ") != ""
    for kind, pattern in _KINDS:
        if pattern.match(char) and (kind in _IN_WORDS) == is_word:
            return kind
    if _HAN.match(char):
        return HAN if char in LISTS.cantonese or _is_in_standard(char) else RARE_HAN
    if is_word:
        return _kind_in_word(char)
    if not folded:
        return HIDDEN
    if is_spaceless(char):
        return SPACELESS
    return CURRENCY if unicodedata.category(char) == "Sc" else OTHER


def _kind_in_word(char: str) -> str:
    if unicodedata.category(char) == "Nd":
        return DIGIT
    if not char.isupper() and not char.islower():
        return UNCASED
    small, capital = _OF_SCRIPT.get(script_of(STRICT[ord(char)][0]), (SMALL, CAPITAL))
    return capital if char.isupper() else small


def _is_in_standard(char: str) -> bool:
    return any(len(char.encode(name, "ignore")) == 2 for name in STANDARDS)


SHAPES = CodePointTable(_kind)
"""The kinds as a table for `str.translate`."""


def shape_of(text: str) -> str:
    """Return the shape of a text, as long as the text.

    >>> shape_of("Ａero 88! 请加"), shape_of("𝐀k̶u 🔥")
    ('waaa 11! hh', 'sama E')
    """
    return text.translate(SHAPES)


def plain_letters(word: str) -> str:
    """Return the letters and digits of a word as the fold has them, in one piece.

    >>> plain_letters("AЕR𝐎𝟴❽")
    'aero88'
    """
    if word.isascii() and word.isalnum():
        return word.lower()
    return "".join(_plains[ord(char)] for char in word)


def _plain(code: int) -> str:
    if _is_circled(code):
        return str(unicodedata.digit(chr(code), ""))
    return FOLD[code].strip(" ")


def _is_circled(code: int) -> bool:
    """Return whether a code point is a circled digit that the fold does not know."""
    return 0x2776 <= code <= 0x2793 or 0x24F5 <= code <= 0x24FF


_plains = CodePointTable(_plain)


type Found = tuple[str, int, int]
"""A sign's id, and half-open code points."""

NUMBER_ENDS = frozenset(DIGITS + MARKS)
"""What a number may end with, and with it a chunk."""
_CHUNK = re.compile(f"[^{SPACE}{LINE_END}]+")


class Chunk(NamedTuple):
    """A chunk with its shape, and the texts of those neighbours that its signs depend on.

    A neighbour is empty at an end of the text, or if more than one space is between.
    """

    text: str
    shape: str
    before: str
    after: str


def chunks_of(text: str, shape: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield the place of each chunk of a text, the chunk, and its neighbours, in order.

    Only a number at an edge may have a currency or a unit in the next chunk. Where no sign depends
    on a neighbour, it is empty.

    >>> from matcher.sign_shapes import shape_of
    >>> text = "only 10 g  left"
    >>> list(chunks_of(text, shape_of(text)))
    [(0, 'only', '', ''), (5, '10', 'only', 'g'), (8, 'g', '', ''), (11, 'left', '', '')]
    """
    places = [found.span() for found in _CHUNK.finditer(shape)]
    for number, (start, end) in enumerate(places):
        before = after = ""
        if shape[start] in DIGITS and number and shape[start - 1] == SPACE:
            first, last = places[number - 1]
            before = text[first:last] if last == start - 1 else ""
        if shape[end - 1] in NUMBER_ENDS and number + 1 < len(places) and shape[end] == SPACE:
            first, last = places[number + 1]
            after = text[first:last] if first == end + 1 else ""
        yield start, text[start:end], before, after


def constants(names: Mapping[str, object], wanted: str) -> dict[str, object]:
    """Return some constants of a module by name, patterns as text; `a=b` publishes `b` as `a`."""
    pairs = [name.partition("=") for name in wanted.split()]
    values = {published: names[own or published] for published, _, own in pairs}
    return {
        name: value.pattern if isinstance(value, re.Pattern) else value
        for name, value in values.items()
    }


GATES_VERSION = 1
"""Counts changes to the code of gates. Raise it when a gate lets other texts pass."""

INSIDE, OUTSIDE = "y", "n"

FEW_WORDS = 4
"""A text of so few words need not have a common one."""

CHINESE, WORD = "Chinese", 5
"""The script for Han letters next to links and names in Latin, and what one such letter counts.

A letter that is a word by itself, as a Han letter is, counts as five: as many as a Latin word has.
"""

SCRIPTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Latin": (("a", "z"), ("\u00aa", "\u024f"), ("\u1e00", "\u1eff")),
    "Cyrillic": (("\u0400", "\u052f"),),
    "Greek": (("\u0370", "\u03ff"),),
    "Arabic": (("\u0600", "\u06ff"), ("\u0750", "\u077f")),
    "Han": (("\u3400", "\u9fff"),),
    CHINESE: (("\u3400", "\u9fff"),),
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
    return 2 * letters.count(OUTSIDE) <= len(letters)


@cache
def letters_of(script: str) -> CodePointTable[str]:
    """Return what letters each code point is folded to: `INSIDE` the script, or `OUTSIDE`.

    >>> "Aé, \u0434𝐠".translate(letters_of("Latin")), "加vx".translate(letters_of("Chinese"))
    ('yyny', 'yyyyynn')
    """
    inside = _pattern_of(script)

    def counted(letter: str) -> str:
        kind = INSIDE if inside.fullmatch(letter) else OUTSIDE
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


def gate_definitions() -> dict[str, object]:
    """Return all that decides each gate, by its id in a set."""
    folded: dict[str, object] = {"code": GATES_VERSION, "unicode": unicodedata.unidata_version}
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
    return msgspec.json.decode(Path(__file__).with_name("gate_words.json").read_bytes())
