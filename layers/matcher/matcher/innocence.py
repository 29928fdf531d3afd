"""What looks like a word in disguise, and is how honest people write.

- Digits and signs stand for letters only beside letters. A number with its unit (50s, 7am), a word
  with its number (page3), a model's code (H1N1, A5S), and a sign at the edge of a plain word (no!,
  star+) are none of it. In a phrase, which tells more, they may be.
- So that J.A.P. Smith keeps his initials, three capitals apart are no word.
- A mention is somebody's name, unless its @ begins a word of seven letters or more.
"""

import re

from matcher.disguise import Chunk, Kind
from matcher.fold import Evasion

_UNIT_OF_NUMBER = re.compile(r"\d+[^\W\d]{1,2}")
_NUMBER_OF_WORD = re.compile(r"([^\W\d]+)(\d+)")
_EDGED_BY_SIGN = re.compile(
    r"[^\W\d]+[!|]+|[^\W\d]{1,4}[+]+|[@!][^\W\d]{1,3}|[+][^\W\d]{1,5}[+]*|[|][^\W\d]+[|]*"
)
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
    if length < 3 or not any(map(str.isalpha, units)):
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
    return not _EDGED_BY_SIGN.fullmatch(units) and (
        length > 3 or not _MORE_THAN_LETTER.search(units)
    )


def _are_initials(written: str, between: str) -> bool:
    """Whether three letters apart are names or variables: J.A.P. Smith, A or B i C."""
    if written.isupper():
        return between.strip() in ("", ".")
    return not written[1:].islower()


def _is_number_or_model(units: str, written: str) -> bool:
    """Whether letters with digits are a number with its unit, a word with its number, or a code."""
    if numbered := _NUMBER_OF_WORD.fullmatch(units):
        letters, digits = map(len, numbered.groups())
        counted = digits == 1 and units[-1] in _COUNTED
        plain = written.islower() and not counted
        return digits >= letters or letters < 3 or (letters == 3 and not plain)
    if len(units) < 4 or (len(units) == 4 and written.isupper()):
        return not _VOWEL_INSIDE.fullmatch(units) or (len(units) == 3 and written.isupper())
    return bool(_UNIT_OF_NUMBER.fullmatch(units))
