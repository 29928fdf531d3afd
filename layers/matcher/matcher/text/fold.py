"""The fold: the normal form in which texts and terms are compared.

A folded text is its words in small plain letters, each with one space before and after it. Signs
are not part of words. A letter of a script that writes no spaces between words is a word by itself.

One table maps each code point to a string. `scripts/build_fold.py` makes it and it is committed as
`fold.json`. The table ignores context, so a text is folded in one pass, and terms in the same way.

The fold is generous: Cyrillic "рот" becomes "pot". It only finds places where a term may be.
`matcher.terms.term` then decides by looking at the original text.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

TABLE_LIMIT = 100_000
"""Code points that a table remembers, so that no text can make it grow without end."""

_HANGUL = range(0xAC00, 0xD7A4)


class CodePointTable[Value](dict[int, Value]):
    """The results of a function of code points, each computed once; usable by `str.translate`.

    Most of Unicode never occurs and a worker starts cold, so tables are filled as code points come.

    >>> shapes = CodePointTable(lambda code: "d" if chr(code).isdigit() else "-")
    >>> "a1b".translate(shapes), shapes
    ('-d-', {97: '-', 49: 'd', 98: '-'})
    """

    def __init__(self, function: Callable[[int], Value], known: Mapping[int, Value] | None = None):
        """Take the function, and the values of some code points that override it."""
        super().__init__(known or {})
        self._function = function

    def __missing__(self, code: int) -> Value:
        value = self._function(code)
        if len(self) < TABLE_LIMIT:
            self[code] = value
        return value


class Evasion(StrEnum):
    """How a word in a text was disguised. A difference of case is not a disguise."""

    ACCENT = "accent"  # accents on Latin, Greek and Cyrillic letters
    FOREIGN = "foreign"  # a letter of another script that sounds like the replaced one
    HAN = "han"  # traditional for simplified Han, or simplified for traditional
    INVISIBLE = "invisible"  # zero-width, bidi and other characters that show nothing
    LEET = "leet"  # digits and signs for letters
    LOOKALIKE = "lookalike"  # a letter of another script, or an unusual one, that looks the same
    MASKED = "masked"  # a star for letters
    PADDED = "padded"  # digits after the word
    REPEATED = "repeated"  # a letter more often than in the term
    SEPARATED = "separated"  # letters apart
    SOUND = "sound"  # Han letters that sound like the term, which is in pinyin
    STYLE = "style"  # mathematical, circled, small-capital letters; digits of other scripts
    VOWEL_MARK = "vowel-mark"  # Arabic and Hebrew vowel marks, and tatweel
    WIDTH = "width"  # full-width and half-width forms


class _Data(msgspec.Struct, frozen=True):
    """The content of `fold.json`. Ranges are pairs of code points, both included."""

    version: str
    words: list[tuple[int, int]]
    spaceless: list[tuple[int, int]]
    dropped: dict[Evasion, list[tuple[int, int]]]
    folded: dict[str, dict[str, str]]  # by the names of Evasion, and "case"
    lookalikes: dict[str, str]
    han: dict[str, str]  # traditional to simplified
    han_standard: dict[str, str]  # regional forms of traditional letters to the standard ones
    scripts: dict[str, list[tuple[int, int]]]


class _CodePointSet:
    """A set of code points, stored as sorted ranges with both ends included."""

    def __init__(self, pairs: list[tuple[int, int]]):
        self._firsts = [first for first, _ in pairs]
        self._lasts = [last for _, last in pairs]

    def __contains__(self, code: int) -> bool:
        at = bisect_right(self._firsts, code) - 1
        return at >= 0 and code <= self._lasts[at]


_data = msgspec.json.decode(Path(__file__).with_name("fold.json").read_bytes(), type=_Data)
_words, _spaceless = _CodePointSet(_data.words), _CodePointSet(_data.spaceless)
_dropped = {kind: _CodePointSet(pairs) for kind, pairs in _data.dropped.items()}
_standard = {ord(char): f" {plain} " for char, plain in _data.han_standard.items()}


def _plain(code: int) -> str:
    """Return what a code point becomes before look-alikes are replaced.

    A letter, digit or mark becomes itself or its plain form, and a spaceless letter gets a space
    on each side. Signs, spaces and unassigned code points become one space. Dropped code points
    become "".
    """
    char = chr(code)
    if code in _words:
        return char
    if code in _spaceless:
        return f" {char} "
    if code in _HANGUL:  # syllables and conjoining letters must meet
        return unicodedata.normalize("NFD", char)
    for folded in _data.folded.values():
        if char in folded:
            return folded[char]
    return "" if any(code in ranges for ranges in _dropped.values()) else " "


def _folded(code: int) -> str:
    """Return `_plain` with look-alikes and traditional Han letters replaced by their twins."""
    return "".join(LOOKALIKES.get(char) or HAN.get(char, char) for char in _plain(code))


def _kind(code: int) -> Evasion | None:
    """Return the disguise that a code point is by itself. A capital letter is None."""
    char = chr(code)
    if char in HAN:
        return Evasion.HAN
    kinds: list[str] = [kind for kind, ranges in _dropped.items() if code in ranges]
    kinds += (name for name, folded in _data.folded.items() if char in folded)
    if FOLD[code] != STRICT[code] and Evasion.ACCENT not in kinds:
        return Evasion.LOOKALIKE
    return Evasion(kinds[0]) if kinds and kinds != ["case"] else None


LOOKALIKES = _data.lookalikes
"""Small letters of other scripts, and the letter that each is folded to."""

HAN = _data.han
"""Traditional Han letters, and the simplified letter that each is folded to."""

FOLD = CodePointTable(_folded)
"""The fold as a table for `str.translate`: code point to string."""

STRICT = CodePointTable(_plain, _standard)
"""`FOLD` without look-alikes: letters keep their script, and traditional Han letters keep their
standard form."""

_kinds = CodePointTable(_kind)

TABLE_VERSION = _data.version
"""Names the table in `fold.json`: Unicode, ICU and OpenCC versions, and a digest."""

_ranges = {name: _CodePointSet(pairs) for name, pairs in _data.scripts.items()}
_scripts = CodePointTable(
    lambda code: next((name for name in _ranges if code in _ranges[name]), None)
)


def fold(text: str) -> str:
    r"""Fold a text to its words, each between spaces. Folding a folded text changes nothing.

    >>> fold("Ｏｎｅ-TIME\u200b Cødе!")
    ' one time code '
    >>> fold("请发otp给我")
    ' 请 发 otp 给 我 '
    >>> fold("ที่")  # marks of Thai stay
    ' ท ี ่ '

    Returns:
        At least one space: a text without words folds to " ".
    """
    folded = f" {text.translate(FOLD)} "
    while "  " in folded:
        folded = folded.replace("  ", " ")
    return folded


def script_of(char: str) -> str | None:
    """Return the ISO 15924 code of a letter's script, or None if the script has no look-alikes.

    >>> script_of("ж"), script_of("z"), script_of("ع")
    ('Cyrl', 'Latn', None)
    """
    return _scripts[ord(char)]


def is_dropped(char: str) -> bool:
    r"""Return whether the fold drops a character, without leaving a space.

    >>> is_dropped("\u200b"), is_dropped("-")
    (True, False)
    """
    return not FOLD[ord(char)]


def is_spaceless(char: str) -> bool:
    """Return whether a letter or mark belongs to a script without spaces between words.

    >>> is_spaceless("验"), is_spaceless("ｶ"), is_spaceless("a")
    (True, True, False)
    """
    folded = FOLD[ord(char)]
    return len(folded) > 1 and folded[0] == " " and ord(folded[1]) in _spaceless


def is_word(char: str) -> bool:
    """Return whether a character is part of a word, in a script with spaces between words.

    >>> is_word("é"), is_word("_"), is_word("验")
    (True, False, False)
    """
    return FOLD[ord(char)][:1] not in ("", " ")


def evasions(original: str, term: str) -> tuple[Evasion, ...]:
    r"""Return the disguises in an original that its term as written lacks, in alphabetical order.

    >>> evasions("Überweisung", "überweisung"), evasions("Ｕberwei\u00adsung", "überweisung")
    ((), (<Evasion.INVISIBLE: 'invisible'>, <Evasion.WIDTH: 'width'>))
    """
    if original.isascii() and original.isprintable():
        return ()
    odd = {char: kind for char in set(original) if (kind := _kinds[ord(char)])}
    if not odd:
        return ()
    both_forms = unicodedata.normalize("NFC", term) + unicodedata.normalize("NFD", term)
    expected = set(term.casefold() + both_forms.casefold())
    return tuple(sorted({kind for char, kind in odd.items() if char.casefold() not in expected}))
