"""Guess the language of a text by its script and its commonest words."""

import re
from collections.abc import Collection
from functools import cache

from claims.lists import common_words, languages_with_stop_words, stop_words
from claims.text.words import ClaimText

FEWEST_FAMILIAR = 3
"""Familiar words that a text of a language must hold."""
KIN_COUNTS = 0.8
"""Weight of a word that is familiar in a similar language: short texts hold few words that
distinguish the two."""

_KIN = {"id": frozenset({"ms"}), "ms": frozenset({"id"})}
"""Languages that share most words, so that a text may be in both."""
_SCRIPTS = {
    "zh": re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"),
    "ja": re.compile("[\u3040-\u30ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "ko": re.compile("[\uac00-\ud7a3]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "el": re.compile("[\u0370-\u03ff]"),
}
_SAME = {
    "ara": "ar", "arm": "hy", "baq": "eu", "cat": "ca", "chi": "zh", "cmn": "zh", "dan": "da",
    "deu": "de", "dut": "nl", "ell": "el", "eng": "en", "eus": "eu", "fin": "fi", "fra": "fr",
    "fre": "fr", "ger": "de", "gle": "ga", "gre": "el", "hin": "hi", "hun": "hu", "hye": "hy",
    "in": "id", "ind": "id", "ita": "it", "jpn": "ja", "kor": "ko", "lit": "lt", "may": "ms",
    "mo": "ro", "mol": "ro", "msa": "ms", "nb": "no", "nep": "ne", "nld": "nl", "nn": "no",
    "nno": "no", "nob": "no", "nor": "no", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru",
    "spa": "es", "srp": "sr", "swe": "sv", "tam": "ta", "tha": "th", "tur": "tr", "yue": "zh",
    "zho": "zh", "zsm": "ms",
}  # fmt: skip
"""Other codes of the languages that are known here: those of ISO 639-2 and 639-3, withdrawn codes,
and codes of varieties."""
_LETTER = re.compile(r"[^\W\d_]")
_TOKEN = re.compile(r"[^\W\d_]+")


def primary(tag: str) -> str:
    """Return the language of a tag without script and region, by its shortest code.

    >>> primary("zh-Hant-TW"), primary("EN_us"), primary("ind"), primary("in"), primary("")
    ('zh', 'en', 'id', 'id', '')
    """
    match = re.match(r"[a-z]{2,3}(?=$|[-_])", tag.strip().lower())
    return _SAME.get(match[0], match[0]) if match else ""


def guess(text: str | ClaimText, among: Collection[str]) -> str:
    """Return the language of a text, one of `among`, or nothing if that is not clear.

    >>> guess("Minum air garam dapat menyembuhkan pilek dalam satu malam", {"en", "id"})
    'id'
    >>> guess("Tesla Model 3", {"en", "id"})
    ''
    """
    opening = ClaimText.of(text).opening
    if language := _by_script(opening):
        return language if language in among else ""
    return _by_stop_words(opening, among)


def _by_script(opening: str) -> str:
    """Return the language of the script, or nothing for the Latin script."""
    if opening.isascii():
        return ""
    letters = len(_LETTER.findall(opening))
    for language, script in _SCRIPTS.items():
        if len(script.findall(opening)) > letters * (0.1 if language == "ja" else 0.3):
            if language == "zh" and len(_SCRIPTS["ja"].findall(opening)) > letters * 0.1:
                continue
            return language
    return ""


def _by_stop_words(opening: str, among: Collection[str]) -> str:
    words = [word.casefold() for word in _TOKEN.findall(opening)]
    counted = sorted(
        ((sum(word in stop_words(language) for word in words), language) for language in among),
        reverse=True,
    )
    if not counted or counted[0][0] < 2:
        return ""
    most, language = counted[0]
    second = counted[1][0] if len(counted) > 1 else 0
    return language if most >= 1.5 * second else ""


def is_written_in(text: str | ClaimText, language: str) -> bool:
    """Return whether more words of a text are familiar in a language than in any other.

    Malay and Indonesian share most words: a text with about as many familiar words in each counts
    as written in both.

    >>> is_written_in("Salt water cures colds, say the people", "en")
    True
    >>> is_written_in("Salt water cures colds, say the people", "id")
    False
    >>> is_written_in("Minum air garam hangat menyembuhkan pilek", "id")
    True
    """
    opening = ClaimText.of(text).opening
    if by_script := _by_script(opening) or _by_stop_words(opening, _SCRIPTS):
        return by_script == language
    words = [word.casefold() for word in _TOKEN.findall(opening)]
    counts = {
        name: sum(word in _familiar(name) for word in words) for name in languages_with_stop_words()
    }
    count = counts.pop(language, 0)
    kin = _KIN.get(language, frozenset())
    is_most_familiar = all(
        count > (KIN_COUNTS if name in kin else 1) * other for name, other in counts.items()
    )
    return is_most_familiar and count >= FEWEST_FAMILIAR


@cache
def _familiar(language: str) -> frozenset[str]:
    return stop_words(language).union(common_words(language))
