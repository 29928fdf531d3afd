"""Decides whether a word that fits a candidate is a disguise, or honest writing.

Digits and signs:
- They replace letters only next to letters, or if there are six or more of them and two signs lie
  inside (53++!3).
- Not a disguise: a number with its unit (50s, 7am), a word with its number (page3), the code of a
  model (H1N1, A5S), a sign at the edge of an ordinary word (no!, star+). In a phrase, whose other
  words say more, they may be. But `slu` is not an ordinary word, so `slu+` is a disguise.
- Three capitals apart are not a word, so that J.A.P. Smith keeps his initials.
- A mention is somebody's name, unless its @ begins a word of seven letters or more.

Stars and foreign letters:
- A star replaces a letter; a single star may replace two. Half of the letters must be left.
- At an edge, where footnotes and lists have stars, a star replaces one letter. At the start, the
  rest must not be an ordinary word, since "*error" corrects or explains. In words written without
  vowels or with digits for letters, this applies only if two letters are left.
- A foreign letter or digit must sound or look like the letter that it replaces.
"""

import re
from functools import cache
from itertools import groupby
from pathlib import Path

import msgspec

from matcher.evasion.candidates import Candidate, CandidateKind
from matcher.evasion.lookalikes import STAR
from matcher.text.fold import Evasion

MENTION_LETTERS = 7
"""The shortest word whose first letter an @ may replace."""

_UNIT_OF_NUMBER = re.compile(r"\d+[^\W\d]{1,2}")
_NUMBER_OF_WORD = re.compile(r"([^\W\d]+)(\d+)")
_EDGED_BY_SIGN = re.compile(
    r"[^\W\d]+[!|]+|[^\W\d]{1,4}[+]+|[@!][^\W\d]{1,3}|[+][^\W\d]{1,5}[+]*|[|][^\W\d]+[|]*"
)
_PLUS_AT_EDGE = re.compile(r"[+]([^\W\d]{3,})|([^\W\d]{3,})[+]")
_CALL_INSIDE = re.compile(r"[^\W\d]![+]|[+]![^\W\d]")
_VOWEL_INSIDE = re.compile(r"[^\W\daeiou]+[0134][^\W\d]+")
_ROMAN = re.compile(r"m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})")
_NUMBERS_OF_WORDS = "1469"
_MORE_THAN_LETTER = re.compile(r"[\d+|]")
_CONSONANTAL = re.compile(r"[\u05d0-\u05ea\u0621-\u064a]+")  # Hebrew and Arabic: short words
_FACTOR = re.compile(r"^\d+\*|\*\d+$")
_ARABIC_NUMBERS = frozenset("01248")

SOUNDS = {
    "ا": "a e i o u 1 2", "ب": "b p", "ت": "t", "ث": "th s t", "ج": "j g dj", "ح": "h 7",
    "خ": "kh 5 7 x", "د": "d", "ذ": "dh d th z", "ر": "r", "ز": "z", "س": "s", "ش": "sh ch 4",
    "ص": "s 9", "ض": "d dh 9", "ط": "t 6", "ظ": "z dh th 6", "ع": "3 a e", "غ": "gh g 3",
    "ف": "f v", "ق": "q g k 2 8 9", "ك": "k c", "ل": "l", "م": "m", "ن": "n", "ه": "h 0 5",
    "و": "w ou u o v 9", "ي": "y i e 2", "ى": "a i y", "ة": "a h t 0 5", "ء": "2 a", "گ": "g",
    "پ": "p", "چ": "ch",
}  # fmt: skip
"""Arabic letters, folded, and how people write their sound or look in Latin letters and digits.
Hamza on its seats folds to them, so 2 is also read as alif and ya. 0, 1, 5 and 9 look like letters;
5 and 9 as the Arabic digits ٥ and ٩, which fold to the same."""


def is_plausible_evasion(
    word: str,
    candidate: Candidate,
    first: int,
    last: int,
    evasion: frozenset[Evasion],
    *,
    alone: bool,
) -> bool:
    """Return whether these units of a candidate are a word in disguise, and not honest writing.

    `alone` says that the word is a term by itself, and not only a word of a phrase.
    """
    units, written = candidate.units[first:last], candidate.written[first:last]
    length = len(word)
    if length < 3 or not (any(map(str.isalpha, units)) or _are_signs_of_word(units)):
        return False
    if evasion & {Evasion.REPEATED, Evasion.SEPARATED} and len(set(word)) < 2:
        return False  # XXX, 10.x.x.x
    if Evasion.REPEATED in evasion and _ROMAN.fullmatch(units):
        return False
    if Evasion.REPEATED in evasion and length == 3 and written.isupper() and last - first == 4:
        return False  # ACC and ACCC are two names
    if Evasion.SEPARATED in evasion:
        if sum(map(str.isalnum, units)) < 3:
            return False
        return length > 3 or (units.isalpha() and not _are_initials(written, candidate.separator))
    if candidate.kind is CandidateKind.MENTION:
        is_whole = Evasion.REPEATED not in evasion and (first, last) == (0, len(candidate.units))
        return length >= MENTION_LETTERS and is_whole
    if Evasion.LEET not in evasion or not alone:
        return True
    if units.isalnum():
        return length > 5 or not _is_number_or_model(units, written)
    return _has_plausible_signs(units, length)


def is_plausible_mask(word: str, units: str, *, alone: bool) -> bool:
    """Return whether the rest of a masked word identifies it.

    Args:
        word: The word that the units may be.
        units: The letters, digits, signs and stars of the text.
        alone: Whether the word is a term by itself. In a phrase the other words say more.
    """
    seen = sum(unit.isalnum() for unit in units)
    telling = sum(unit.isalpha() or unit in word for unit in units)
    if telling < 2 or 2 * seen < len(word) or len(word) < 3:
        return False
    factor = _FACTOR.search(units)
    if factor and factor[0].strip(STAR) not in word:
        return False
    is_arabizi = any(unit.isdigit() and unit in word for unit in units)
    is_short = is_arabizi or bool(_CONSONANTAL.fullmatch(word))
    if units[0] == STAR:
        if len(word) != len(units) or seen < 3 - is_short:
            return False
        return (is_short and seen > 2) or not (alone and is_ordinary_word(units[1:]))
    return units[-1] != STAR or (len(word) == len(units) and seen >= 3 - is_short)


def sounds_alike(word: str, units: str, masked: str, fit: list[int]) -> bool:
    """Return whether the foreign letters among units sound like the letters of a word there.

    A digit that more often counts something (as in صفحة1) replaces a letter only inside a word.

    Args:
        word: The word that the units may be.
        units: The letters and digits of the text.
        masked: The same with stars for foreign letters.
        fit: The unit for each letter of the word.
    """
    if STAR in (masked[0], masked[-1]) and not _ARABIC_NUMBERS.isdisjoint((units[0], units[-1])):
        return False
    replaced = "".join(letter for letter, at in zip(word, fit, strict=True) if masked[at] == STAR)
    seen = "".join(unit for unit, star in zip(units, masked, strict=True) if star == STAR)
    if replaced in SOUNDS:
        replaced, seen = seen, replaced
    plain = "".join(letter for letter, _ in groupby(replaced))
    return seen in SOUNDS and plain in SOUNDS[seen].split()


def is_ordinary_word(letters: str) -> bool:
    """Return whether folded letters are an ordinary word.

    Limits: knows only words of three letters or more (Arabic: two) that remain when another word
    loses its first or last letter. Source: wordfreq, by scripts/build_common_words.py.

    >>> is_ordinary_word("error"), is_ordinary_word("omber")
    (True, False)
    """
    return letters in _ordinary_words()


class _OrdinaryWords(msgspec.Struct):
    """The content of `ordinary_words.json`: folded words in order, with spaces between them."""

    words: str


@cache
def _ordinary_words() -> frozenset[str]:
    data = Path(__file__).with_name("ordinary_words.json").read_bytes()
    return frozenset(msgspec.json.decode(data, type=_OrdinaryWords).words.split())


def _has_plausible_signs(units: str, length: int) -> bool:
    """Return whether signs among letters are letters, and not marks at the edge of a word."""
    if _EDGED_BY_SIGN.fullmatch(units):
        plus = _PLUS_AT_EDGE.fullmatch(units)
        return plus is not None and not is_ordinary_word(plus[1] or plus[2])
    return length > 3 or not _MORE_THAN_LETTER.search(units) or bool(_CALL_INSIDE.fullmatch(units))


def _are_signs_of_word(units: str) -> bool:
    """Return whether digits and signs without a letter are a word, not a number or a price."""
    return len(units) > 5 and sum(not unit.isdigit() for unit in units[1:-1]) > 1


def _are_initials(written: str, separator: str) -> bool:
    """Return whether three letters apart are names or variables: J.A.P. Smith, A or B i C."""
    if written.isupper():
        return separator.strip() in ("", ".")
    return not written[1:].islower()


def _is_number_or_model(units: str, written: str) -> bool:
    """Return whether letters and digits are a number with its unit, a numbered word, or a code."""
    if numbered := _NUMBER_OF_WORD.fullmatch(units):
        letters, digits = map(len, numbered.groups())
        is_count = digits == 1 and units[-1] in _NUMBERS_OF_WORDS and is_ordinary_word(numbered[1])
        is_plain = written.islower() and not is_count
        return digits >= letters or letters < 3 or (letters == 3 and not is_plain)
    if len(units) < 4 or (len(units) == 4 and written.isupper()):
        return not _VOWEL_INSIDE.fullmatch(units) or (len(units) == 3 and written.isupper())
    return bool(_UNIT_OF_NUMBER.fullmatch(units))
