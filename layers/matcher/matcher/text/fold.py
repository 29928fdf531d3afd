"""The normal form in which texts and terms are compared.

One table, code point to string, made by `scripts/build_fold.py` and committed as `fold.json`.
It is context-free, so a text is folded in one pass, and a term in the same way. A folded text is
its words in small plain letters, each with one space before and behind; signs are not words. A
letter of a script that writes no spaces between words is a word of its own.

The fold is generous: to it, Cyrillic "рот" is "pot". It only finds candidates; whether one counts
is decided by a look at the original text (`matcher.text.aligned`).
"""

import unicodedata
from bisect import bisect_right
from enum import StrEnum
from pathlib import Path

import msgspec

from matcher.text.letter_table import Memo
from rules.rule_set import FOLD_VERSION

_HANGUL = range(0xAC00, 0xD7A4)


class Evasion(StrEnum):
    """What a text wore that its term did not. Plain case is no evasion."""

    ACCENT = "accent"  # accents on Latin, Greek and Cyrillic letters
    FOREIGN = "foreign"  # a letter of another script that sounds like the one it stands for
    HAN = "han"  # traditional for simplified Han, or the other way round
    INVISIBLE = "invisible"  # zero-width, bidi and other characters that show nothing
    LEET = "leet"  # digits and signs for letters
    LOOKALIKE = "lookalike"  # a letter of another script, or an odd one, that looks the same
    MASKED = "masked"  # a star for letters
    PADDED = "padded"  # digits after the word
    REPEATED = "repeated"  # a letter more often than it is in the term
    SEPARATED = "separated"  # letters apart
    STYLE = "style"  # mathematical, circled, small-capital letters; digits of other scripts
    VOWEL_MARK = "vowel-mark"  # Arabic and Hebrew vowel marks, and tatweel
    WIDTH = "width"  # full-width and half-width forms


class _Data(msgspec.Struct, frozen=True):
    """`fold.json`. Ranges are pairs of code points, both included."""

    version: str
    words: list[tuple[int, int]]
    spaceless: list[tuple[int, int]]
    dropped: dict[Evasion, list[tuple[int, int]]]
    folded: dict[str, dict[str, str]]  # by the names of Evasion, and "case"
    lookalikes: dict[str, str]
    han: dict[str, str]  # traditional to simplified
    han_standard: dict[str, str]  # regional forms of traditional letters to the standard ones
    scripts: dict[str, list[tuple[int, int]]]


class Ranges:
    """A set of code points, kept as sorted ranges."""

    def __init__(self, pairs: list[tuple[int, int]]):
        self._firsts = [first for first, _ in pairs]
        self._lasts = [last for _, last in pairs]

    def __contains__(self, code: int) -> bool:
        at = bisect_right(self._firsts, code) - 1
        return at >= 0 and code <= self._lasts[at]


_data = msgspec.json.decode(Path(__file__).with_name("fold.json").read_bytes(), type=_Data)
_words, _spaceless = Ranges(_data.words), Ranges(_data.spaceless)
_dropped = {kind: Ranges(pairs) for kind, pairs in _data.dropped.items()}
_standard = {ord(char): f" {plain} " for char, plain in _data.han_standard.items()}


def _plain(code: int) -> str:
    """What a code point gives before twins are folded.

    A letter, digit or mark gives itself or its plain form; a spaceless letter stands between
    spaces; signs, spaces and unassigned code points give one space; what is dropped gives "".
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


def _generous(code: int) -> str:
    """The same with look-alikes, and traditional Han letters, as their twins."""
    return "".join(LOOKALIKES.get(char) or HAN.get(char, char) for char in _plain(code))


def _kind(code: int) -> Evasion | None:
    """What a code point wears; of case it is nothing."""
    char = chr(code)
    if char in HAN:
        return Evasion.HAN
    worn: list[str] = [kind for kind, ranges in _dropped.items() if code in ranges]
    worn += (name for name, folded in _data.folded.items() if char in folded)
    if FOLD[code] != STRICT[code] and Evasion.ACCENT not in worn:
        return Evasion.LOOKALIKE
    return Evasion(worn[0]) if worn and worn != ["case"] else None


LOOKALIKES = _data.lookalikes
"""Small letters of other scripts, and the letter each is folded to."""

HAN = _data.han
"""Traditional Han letters, and the simplified one each is folded to."""

FOLD, STRICT, _kinds = Memo(_generous), Memo(_plain, _standard), Memo(_kind)
"""`FOLD` is the table, code point to string, for `str.translate`; `STRICT` is the same one without
look-alikes of other scripts, and with traditional Han letters in their standard form. Filled in as
code points are met: most of Unicode never is, and a worker starts cold."""

if f"3+{_data.version}" != FOLD_VERSION:
    raise ImportError(f"the table is of fold 3+{_data.version}, and sets name {FOLD_VERSION}")

_ranges = {name: Ranges(pairs) for name, pairs in _data.scripts.items()}
_scripts = Memo(lambda code: next((name for name in _ranges if code in _ranges[name]), None))


def fold(text: str) -> str:
    r"""Folds a text to its words, each between spaces; folding twice changes nothing more.

    >>> fold("Ｏｎｅ-TIME\u200b Cødе!")
    ' one time code '
    >>> fold("请发otp给我")
    ' 请 发 otp 给 我 '
    >>> fold("ที่")  # marks of Thai stay
    ' ท ี ่ '

    Returns:
        At least one space: the fold of a text without words is " ".
    """
    folded = f" {text.translate(FOLD)} "
    while "  " in folded:
        folded = folded.replace("  ", " ")
    return folded


def script_of(char: str) -> str | None:
    """The script of a letter among those that have look-alikes, by its ISO 15924 code.

    >>> script_of("ж"), script_of("z"), script_of("ع")
    ('Cyrl', 'Latn', None)
    """
    return _scripts[ord(char)]


def is_dropped(char: str) -> bool:
    r"""Whether the fold drops a character without a trace.

    >>> is_dropped("\u200b"), is_dropped("-")
    (True, False)
    """
    return not FOLD[ord(char)]


def is_spaceless(char: str) -> bool:
    """Whether a character is a letter or mark of a script without spaces between words.

    >>> is_spaceless("验"), is_spaceless("ｶ"), is_spaceless("a")
    (True, True, False)
    """
    folded = FOLD[ord(char)]
    return len(folded) > 1 and folded[0] == " " and ord(folded[1]) in _spaceless


def is_word(char: str) -> bool:
    """Whether a character is part of a word in a script with spaces between words.

    >>> is_word("é"), is_word("_"), is_word("验")
    (True, False, False)
    """
    return FOLD[ord(char)][:1] not in ("", " ")


def evasions(original: str, term: str) -> tuple[Evasion, ...]:
    r"""Names what an original wears that a term as written does not, in alphabetical order.

    >>> evasions("Überweisung", "überweisung"), evasions("Ｕberwei\u00adsung", "überweisung")
    ((), (<Evasion.INVISIBLE: 'invisible'>, <Evasion.WIDTH: 'width'>))
    """
    if original.isascii() and original.isprintable():
        return ()
    odd = {char: kind for char in set(original) if (kind := _kinds[ord(char)])}
    if not odd:
        return ()
    both_forms = unicodedata.normalize("NFC", term) + unicodedata.normalize("NFD", term)
    own = set(term.casefold() + both_forms.casefold())
    return tuple(sorted({kind for char, kind in odd.items() if char.casefold() not in own}))
