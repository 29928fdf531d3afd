"""The normal form in which texts and terms are compared.

One table, code point to string, made by `scripts/build_fold.py` and committed as `fold.json`.
It is context-free, so a text is folded in one pass, and a term in the same way. A folded text is
its words in small plain letters, each with one space before and behind; signs are not words. A
letter of a script that writes no spaces between words is a word of its own.

The fold is generous: to it, Cyrillic "рот" is "pot". It only finds candidates; whether one counts
is decided by a look at the original text (`matcher.trace`).
"""

import unicodedata
from bisect import bisect_right
from enum import StrEnum
from pathlib import Path

import msgspec

from matcher.memo import Memo

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


def _fold_table(known: dict[int, str], words: Ranges, spaceless: Ranges) -> Memo[str]:
    """Code point to folded string, for `str.translate`.

    A letter, digit or mark gives itself or its plain form; a spaceless letter stands between
    spaces; signs, spaces and unassigned code points give one space; what is dropped gives "".
    """

    def folded(code: int) -> str:
        if code in _HANGUL:  # syllables and conjoining letters must meet
            return unicodedata.normalize("NFD", chr(code))
        if code in words:
            return chr(code)
        return f" {chr(code)} " if code in spaceless else " "

    return Memo(folded, known)


def _load() -> tuple[_Data, Memo[str], Memo[str], dict[int, Evasion]]:
    data = msgspec.json.decode(Path(__file__).with_name("fold.json").read_bytes(), type=_Data)
    strict: dict[int, str] = {}
    kinds: dict[int, Evasion] = {}
    for kind, pairs in data.dropped.items():
        for first, last in pairs:
            strict.update(dict.fromkeys(range(first, last + 1), ""))
            kinds.update(dict.fromkeys(range(first, last + 1), kind))
    for name, folded in data.folded.items():
        strict.update((ord(char), plain) for char, plain in folded.items())
        if name != "case":
            kinds.update(dict.fromkeys(map(ord, folded), Evasion(name)))
    twins = str.maketrans(data.lookalikes | data.han)
    generous = {code: plain.translate(twins) for code, plain in strict.items()}
    generous.update((ord(char), twin) for char, twin in data.lookalikes.items())
    generous.update((ord(char), f" {plain} ") for char, plain in data.han.items())
    kinds.update(
        (code, Evasion.LOOKALIKE)
        for code, plain in generous.items()
        if plain != strict.get(code) and kinds.get(code) is not Evasion.ACCENT
    )
    kinds.update(dict.fromkeys(map(ord, data.han), Evasion.HAN))
    strict.update((ord(char), f" {plain} ") for char, plain in data.han_standard.items())
    words, spaceless = Ranges(data.words), Ranges(data.spaceless)
    table, plainer = (_fold_table(some, words, spaceless) for some in (generous, strict))
    return data, table, plainer, kinds


_data, FOLD, STRICT, _kinds = _load()
"""`FOLD` is the table; `STRICT` is the same one without look-alikes of other scripts, and with
traditional Han letters in their standard form."""

FOLD_VERSION = f"2+{_data.version}"
"""Names the fold: the step count of this code, and the versions and digest of its table."""

LOOKALIKES = _data.lookalikes
"""Small letters of other scripts, and the letter each is folded to."""

HAN = _data.han
"""Traditional Han letters, and the simplified one each is folded to."""

_spaceless = Ranges(_data.spaceless)
_scripts = {name: Ranges(pairs) for name, pairs in _data.scripts.items()}


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
    code = ord(char)
    return next((name for name, ranges in _scripts.items() if code in ranges), None)


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
    odd = [char for char in set(original) if ord(char) in _kinds]
    if not odd:
        return ()
    both_forms = unicodedata.normalize("NFC", term) + unicodedata.normalize("NFD", term)
    own = set(term.casefold() + both_forms.casefold())
    return tuple(sorted({_kinds[ord(char)] for char in odd if char.casefold() not in own}))
