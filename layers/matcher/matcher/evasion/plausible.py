"""What looks like a word in disguise, and is how honest people write.

- Digits and signs stand for letters only next to letters, or where they are six or more and two
  signs stand inside (53++!3). A number with its unit (50s, 7am), a word with its number (page3), a
  model's code (H1N1, A5S), and a sign at the edge of a plain word (no!, star+) are no disguise.
  In a phrase, which tells more, they may be.
- A word is plain where what is left without its sign is an ordinary word; `slu` of `slu+` is not.
- So that J.A.P. Smith keeps his initials, three capitals apart are no word.
- A mention is somebody's name, unless its @ begins a word of seven letters or more.
"""

import re
from functools import cache
from pathlib import Path

import msgspec

from matcher.evasion.disguise import Chunk, Kind
from matcher.text.fold import Evasion

_UNIT_OF_NUMBER = re.compile(r"\d+[^\W\d]{1,2}")
_NUMBER_OF_WORD = re.compile(r"([^\W\d]+)(\d+)")
_EDGED_BY_SIGN = re.compile(
    r"[^\W\d]+[!|]+|[^\W\d]{1,4}[+]+|[@!][^\W\d]{1,3}|[+][^\W\d]{1,5}[+]*|[|][^\W\d]+[|]*"
)
_PLUS_AT_EDGE = re.compile(r"[+]([^\W\d]{3,})|([^\W\d]{3,})[+]")
_CALL_INSIDE = re.compile(r"[^\W\d]![+]|[+]![^\W\d]")
_VOWEL_INSIDE = re.compile(r"[^\W\daeiou]+[0134][^\W\d]+")
_ROMAN = re.compile(r"m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})")
_COUNTED = "1469"
_MORE_THAN_LETTER = re.compile(r"[\d+|]")
MENTION = 7  # letters of a word that an @ may begin


def is_sound(
    word: str, chunk: Chunk, first: int, last: int, worn: frozenset[Evasion], *, alone: bool
) -> bool:
    """Whether nobody innocent writes a word so."""
    units, written = chunk.units[first:last], chunk.written[first:last]
    length = len(word)
    if length < 3 or not (any(map(str.isalpha, units)) or _are_signs_of_word(units)):
        return False
    if worn & {Evasion.REPEATED, Evasion.SEPARATED} and len(set(word)) < 2:
        return False  # XXX, 10.x.x.x
    if Evasion.REPEATED in worn and _ROMAN.fullmatch(units):
        return False
    if Evasion.REPEATED in worn and length == 3 and written.isupper() and last - first == 4:
        return False  # ACC and ACCC are two names
    if Evasion.SEPARATED in worn:
        if sum(map(str.isalnum, units)) < 3:
            return False
        return length > 3 or (units.isalpha() and not _are_initials(written, chunk.between))
    if chunk.kind is Kind.MENTION:
        whole = Evasion.REPEATED not in worn
        return length >= MENTION and whole and (first, last) == (0, len(chunk.units))
    if Evasion.LEET not in worn or not alone:
        return True
    if units.isalnum():
        return length > 5 or not _is_number_or_model(units, written)
    return _is_sound_sign(units, length)


def _is_sound_sign(units: str, length: int) -> bool:
    """Return whether signs among letters are letters, and not marks at the edge of a word."""
    if _EDGED_BY_SIGN.fullmatch(units):
        plus = _PLUS_AT_EDGE.fullmatch(units)
        return plus is not None and not is_ordinary(plus[1] or plus[2])
    return length > 3 or not _MORE_THAN_LETTER.search(units) or bool(_CALL_INSIDE.fullmatch(units))


def is_ordinary(letters: str) -> bool:
    """Return whether folded letters are an ordinary word.

    Limits: knows only words of three letters or more (Arabic: two) that another word has behind
    its first letter or before its last. Source: wordfreq, by scripts/build_common_words.py.

    >>> is_ordinary("error"), is_ordinary("omber")
    (True, False)
    """
    return letters in _ordinary()


class _Ordinary(msgspec.Struct):
    """`ordinary_words.json`: folded words in the order of letters, parted by spaces."""

    words: str


@cache
def _ordinary() -> frozenset[str]:
    data = Path(__file__).with_name("ordinary_words.json").read_bytes()
    return frozenset(msgspec.json.decode(data, type=_Ordinary).words.split())


def _are_signs_of_word(units: str) -> bool:
    """Whether digits and signs without a letter are a word, and neither a number nor a price."""
    return len(units) > 5 and sum(not unit.isdigit() for unit in units[1:-1]) > 1


def _are_initials(written: str, between: str) -> bool:
    """Whether three letters apart are names or variables: J.A.P. Smith, A or B i C."""
    if written.isupper():
        return between.strip() in ("", ".")
    return not written[1:].islower()


def _is_number_or_model(units: str, written: str) -> bool:
    """Whether letters with digits are a number with its unit, a word with its number, or a code."""
    if numbered := _NUMBER_OF_WORD.fullmatch(units):
        letters, digits = map(len, numbered.groups())
        counted = digits == 1 and units[-1] in _COUNTED and is_ordinary(numbered[1])
        plain = written.islower() and not counted
        return digits >= letters or letters < 3 or (letters == 3 and not plain)
    if len(units) < 4 or (len(units) == 4 and written.isupper()):
        return not _VOWEL_INSIDE.fullmatch(units) or (len(units) == 3 and written.isupper())
    return bool(_UNIT_OF_NUMBER.fullmatch(units))
