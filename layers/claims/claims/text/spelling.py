"""One spelling for what people write in several: short forms, numbers, accents, doubled words."""

import json
import re
import unicodedata
from functools import cache
from importlib import resources

WITHOUT_ACCENTS = frozenset({"en", "id", "ms"})
"""Languages that need no accents: who writes Beyoncé and who writes Beyonce mean the same."""
DOUBLED = frozenset({"id", "ms"})
"""Languages that write a word twice for many of a thing, or briefly a 2 behind it."""

_INITIALS = re.compile(r"\b(?:[A-Za-z]\.)+(?:[A-Za-z]\b\.?|(?<=\..\.))")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_UNIT = re.compile(r"(\d+)([a-z]{2,})")
_TWICE = re.compile(r"([a-z]{3,})2(?:nya|an|ku|mu)?")


@cache
def word_lists() -> dict[str, dict[str, dict[str, str]]]:
    """The published stop words and short forms, by kind and language."""
    text = resources.files("claims").joinpath("data/words.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, dict[str, str]]] = json.loads(text)
    return loaded


def joined_initials(text: str) -> str:
    """The text with the dots of initials left out; the United States get one name of three letters.

    >>> joined_initials("J.K. asks the U.S. and the F.B.I. at 9 a.m. or later. I. Am. Here.")
    'JK asks the USA and the FBI at 9 am or later. I. Am. Here.'
    """
    return _INITIALS.sub(_without_dots, text)


def _without_dots(found: re.Match[str]) -> str:
    letters = found[0].replace(".", "")
    return "USA" if letters == "US" else letters


def spelled(written: str, language: str) -> list[str]:
    """The words that one written word stands for, small; nearly always one.

    >>> spelled("Beyoncé’s", "en"), spelled("40th", "en"), spelled("three", "en")
    (['beyonce'], ['40'], ['3'])
    >>> spelled("burung2", "id"), spelled("600rb", "id"), spelled("5G", "id")
    (['burung'], ['600', 'ribu'], ['5g'])
    """
    word = written.casefold().replace("’", "'").removesuffix("'s").replace("'", "")
    if language == "en" and written == "US":
        return ["usa"]
    if language in WITHOUT_ACCENTS and not word.isascii():
        word = _without_accents(word)
    short = word_lists()["short"].get(language, {})
    if word in short or word.isalpha():
        return [short.get(word, word)]
    if found := _ORDINAL.fullmatch(word):
        return [found[1]]
    if language in DOUBLED and (found := _TWICE.fullmatch(word)):
        return [found[1]]
    if found := _UNIT.fullmatch(word):
        return [found[1], short.get(found[2], found[2])]
    return [word]


def _without_accents(word: str) -> str:
    """Latin letters without what stands above or below them; of other scripts nothing is taken.

    >>> _without_accents("beyoncé"), _without_accents("ที่นี่") == "ที่นี่"
    ('beyonce', True)
    """
    if not unicodedata.name(word[0], "").startswith("LATIN"):
        return word
    return "".join(one for one in unicodedata.normalize("NFKD", word) if one.isalnum())
