"""In which language a text is, as far as small words and the script can tell."""

import re
from collections.abc import Collection
from functools import cache

from claims.text.common import common_words
from claims.text.spelling import word_lists
from claims.text.words import clean, stop_words

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
"""Other codes of languages that are read here: of ISO 639-2 and 639-3, withdrawn ones, and those of
a part of a language."""
_TOKEN = re.compile(r"[^\W\d_]+")
_READ = 2_000


_KIN = {"id": frozenset({"ms"}), "ms": frozenset({"id"})}
"""Languages that share most words: a text may well be in both."""
KIN_COUNTS = 0.8
"""What a word counts that is familiar in the kin of a language: short texts hold few words that
tell the two apart."""


FEWEST_FAMILIAR = 3
"""Familiar words that a text must hold to be written in a language for sure."""


def primary(tag: str) -> str:
    """The language of a tag, without script and region; of several codes for one, the shortest.

    >>> primary("zh-Hant-TW"), primary("EN_us"), primary("ind"), primary("in"), primary("")
    ('zh', 'en', 'id', 'id', '')
    """
    found = re.match(r"[a-z]{2,3}(?=$|[-_])", tag.strip().lower())
    return _SAME.get(found[0], found[0]) if found else ""


def guess(text: str, among: Collection[str]) -> str:
    """The language of `among` in which a text is; empty where nothing speaks clearly for one.

    >>> guess("Minum air garam dapat menyembuhkan pilek dalam satu malam", {"en", "id"})
    'id'
    >>> guess("Tesla Model 3", {"en", "id"})
    ''
    """
    text = clean(text[:_READ])
    letters = len(re.findall(r"[^\W\d_]", text))
    for language, script in _SCRIPTS.items():
        if len(script.findall(text)) > letters * (0.1 if language == "ja" else 0.3):
            if language == "zh" and len(_SCRIPTS["ja"].findall(text)) > letters * 0.1:
                continue
            return language if language in among else ""
    words = [word.casefold() for word in _TOKEN.findall(text)]
    counted = sorted(
        ((sum(word in stop_words(one) for word in words), one) for one in among), reverse=True
    )
    if not counted or counted[0][0] < 2:
        return ""
    best, language = counted[0]
    second = counted[1][0] if len(counted) > 1 else 0
    return language if best >= 1.5 * second else ""


def is_written_in(text: str, language: str) -> bool:
    """Return whether more words of a text are familiar in a language than in any other.

    Malay and Indonesian share most words, so a text whose words are as familiar in one as in the
    other, or nearly, is in both.

    >>> is_written_in("Salt water cures colds, say the people", "en")
    True
    >>> is_written_in("Salt water cures colds, say the people", "id")
    False
    >>> is_written_in("Minum air garam hangat menyembuhkan pilek", "id")
    True
    """
    if by_script := guess(text, _SCRIPTS):
        return by_script == language
    words = [word.casefold() for word in _TOKEN.findall(clean(text[:_READ]))]
    counted = {one: sum(word in _familiar(one) for word in words) for one in word_lists()["stop"]}
    mine = counted.pop(language, 0)
    kin = _KIN.get(language, frozenset())
    clearly = all(
        mine > (KIN_COUNTS if one in kin else 1) * count for one, count in counted.items()
    )
    return clearly and mine >= FEWEST_FAMILIAR


@cache
def _familiar(language: str) -> frozenset[str]:
    return stop_words(language).union(common_words(language))
