"""From text to the words that are compared: links dropped, tags split, stemmed by language.

The same steps for a claim and for what people write of it:

>>> text = "RT @HealthDesk: #SaltWater cures COLDS?? https://a.example/1"
>>> [word.stem for word in words_of(text, "en")]
['health', 'desk', 'salt', 'water', 'cure', 'cold']
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

import msgspec
import Stemmer

from claims.text.references import unescaped
from claims.text.spelling import joined_initials, spelled, word_lists
from claims.text.tags import humps

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "ms": "indonesian", "ne": "nepali", "nl": "dutch",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Snowball's stemmer for each language; words of another stay as they are."""

LONGEST_TEXT = 20_000
"""Code points of a text that are read: a forwarded message is shorter, and time stays bounded."""
LONGEST_WORD = 40

_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b(?:pic\.twitter\.com|t\.co|bit\.ly)/\S+", re.IGNORECASE
)
_RETWEET = re.compile(r"^\s*RT\b(?=\s*@)")
_TAG = re.compile(r"[#@＃＠](\w+)")
_THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}\b)")
_JOINED = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff"
)
_WORD = re.compile(rf"[{_JOINED}]+|(?:(?![{_JOINED}])[^\W_])+(?:['’](?:(?![{_JOINED}])[^\W_])+)*")
_OPENS = re.compile(r"[.!?:\n\"“]")
"""Between two words: the second may begin a sentence, a quotation or what a colon announces."""
IS_JOINED = re.compile(f"[{_JOINED}]")
"""A letter of a script that is written without spaces."""


class Word(msgspec.Struct, frozen=True, gc=False):
    """A word as it is compared, and how it was written.

    `opens` is a capital that every sentence begins with: it makes a name only of a word that is
    mostly not written small. `is_pair` are two letters of a script without spaces.
    """

    stem: str
    is_name: bool = False
    opens: bool = False
    is_small: bool = False
    is_pair: bool = False


@cache
def stop_words(language: str) -> frozenset[str]:
    """The words of a language that say nothing about what a text is about."""
    return frozenset(" ".join(word_lists()["stop"].get(language, {}).values()).split())


@cache
def _stemmer(language: str) -> "Stemmer.Stemmer | None":
    name = STEMMERS.get(language)
    return Stemmer.Stemmer(name) if name else None


def clean(text: str, split: Callable[[str], str] = humps) -> str:
    """The text without links, its tags and handles split: at capitals and digits, or by `split`.

    >>> clean("RT @DrHealth_ID: see #FakeNews2020 at https://a.example/x &amp; pass it on")
    '  Dr Health ID: see  Fake News 2020 at   & pass it on'
    """
    text = unicodedata.normalize("NFKC", unescaped(text[:LONGEST_TEXT]))
    text = _LINK.sub(" ", _RETWEET.sub("", text))
    if not text.isascii() and not text.isprintable():  # else it has nothing of the kind
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    text = _TAG.sub(lambda found: f" {split(found[1])}", text)
    return joined_initials(_THOUSANDS.sub("", text))


def count_words(text: str) -> int:
    """How many words a text has, links left out; two letters without spaces between make one.

    >>> count_words("see https://a.example/b now"), count_words("喝盐水治感冒")
    (2, 3)
    """
    found = _WORD.findall(clean(text))
    return sum((len(one) + 1) // 2 if IS_JOINED.match(one) else 1 for one in found)


def words_of(text: str, language: str, split: Callable[[str], str] = humps) -> list[Word]:
    """The words of a text in order, without stop words; scripts without spaces give bigrams."""
    return stemmed(as_written(text, split), language)


def as_written(text: str, split: Callable[[str], str] = humps) -> list[Word]:
    """The words of a text in order as they are written: of whatever language."""
    found: list[Word] = []
    cleaned = clean(text, split)
    runs = list(_WORD.finditer(cleaned))
    capitals = sum(cleaned[one.start()].isupper() for one in runs)
    titled = capitals > 0.6 * len(runs)  # a headline in capitals marks no names
    end = 0
    for one in runs:
        written, begins, before = one[0], one.start(), end
        end = one.end()
        if IS_JOINED.match(written):
            found.extend(Word(pair, is_pair=True) for pair in _pairs(written))
        elif titled or not written[0].isupper():
            found.append(Word(written, is_small=written[0].islower()))
        else:
            opens = not before or _OPENS.search(cleaned, before, begins) is not None
            found.append(Word(written, not opens, opens))
    return found


def stemmed(words: Iterable[Word], language: str) -> list[Word]:
    """The words that say something in a language, as their stems."""
    stop, stemmer = stop_words(language), _stemmer(language)
    kept, compared = [], []
    for one in words:
        for word in [one.stem] if one.is_pair else spelled(one.stem, language):
            if one.is_pair or (word not in stop and (len(word) > 1 or word.isdigit())):
                kept.append(one)
                compared.append(word[:LONGEST_WORD])
    stems = stemmer.stemWords(compared) if stemmer else compared
    return [
        Word(stem, one.is_name, one.opens, one.is_small, one.is_pair)
        for stem, one in zip(stems, kept, strict=True)
    ]


def _pairs(run: str) -> list[str]:
    """Neighbouring letters of a run without spaces, two by two."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def stem(word: str, language: str) -> str:
    """A small word as it is compared."""
    stemmer = _stemmer(language)
    return stemmer.stemWord(word) if stemmer else word
