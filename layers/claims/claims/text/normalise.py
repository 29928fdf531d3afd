"""Give a text one spelling: for links, tags, initials, accents, numbers and short forms."""

import html
import re
import unicodedata
from collections.abc import Callable, Collection

from claims.lists import short_forms

LONGEST_TEXT = 20_000
"""Code points that are read of a text. Forwarded messages are shorter; this bounds the time."""
SHORTEST_RUN, LONGEST_RUN = 6, 30
"""Letters of a tag that is split into known words: shorter ones contain words by chance."""
SHORTEST_PART, MOST_PARTS = 2, 4
WITHOUT_ACCENTS = frozenset({"en", "id", "ms"})
"""Languages whose words are compared without accents: Beyoncé and Beyonce are the same name."""
DOUBLED = frozenset({"id", "ms"})
"""Languages that repeat a word for the plural, or write a 2 after it for short."""

_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b(?:pic\.twitter\.com|t\.co|bit\.ly)/\S+", re.IGNORECASE
)
_RETWEET = re.compile(r"^\s*RT\b(?=\s*@)")
_TAG = re.compile(r"[#@＃＠](\w+)")
_FORMAT = frozenset({"Cf"})
_THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}\b)")
_LONG_NUMBER = re.compile(r"&#(\d{9,})")
"""Numbers that may be too long for `int`, which raises ValueError from 4,301 digits on."""
_HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|_")
_INITIALS = re.compile(r"\b(?:[A-Za-z]\.)+(?:[A-Za-z]\b\.?|(?<=\..\.))")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_UNIT = re.compile(r"(\d+)([a-z]{2,})")
_TWICE = re.compile(r"([a-z]{3,})2(?:nya|an|ku|mu)?")


def normalise(text: str) -> str:
    """Return a text without links, its tags and handles split at capitals and digits.

    >>> normalise("RT @DrHealth_ID: see #FakeNews2020 at https://a.example/x &amp; pass it on")
    '  Dr Health ID: see  Fake News 2020 at   & pass it on'
    """
    return split_tags(without_links(text), split_at_capitals)


def without_links(text: str) -> str:
    """Return a text in NFKC without links and invisible characters, with its tags unsplit."""
    text = unicodedata.normalize("NFKC", resolve_references(text[:LONGEST_TEXT]))
    text = _LINK.sub(" ", _RETWEET.sub("", text))
    return text if text.isascii() else without_categories(text, _FORMAT)


def without_categories(text: str, categories: Collection[str]) -> str:
    """Return a text without the characters of some general categories of Unicode.

    All must be categories of characters that are not printable, such as `Cf`.
    """
    if text.isprintable():
        return text
    return "".join(char for char in text if unicodedata.category(char) not in categories)


def split_tags(text: str, split: Callable[[str], str]) -> str:
    """Return a text with each hashtag and handle split, and numbers and initials in one spelling.

    U.S. becomes USA.

    >>> split_tags("J.K. asks the U.S. for 1,000 at 9 a.m. or later. I. Am. Here.", str)
    'JK asks the USA for 1000 at 9 am or later. I. Am. Here.'
    """
    text = _TAG.sub(lambda match: f" {split(match[1])}", text)
    return _INITIALS.sub(_without_dots, _THOUSANDS.sub("", text))


def has_tag(text: str) -> bool:
    """Return whether a text has a hashtag or handle."""
    return _TAG.search(text) is not None


def resolve_references(text: str) -> str:
    """Return the text with its character references resolved, however long their numbers are.

    >>> resolve_references("&lt;&#0000000000065;"), resolve_references("&#" + "9" * 5_000 + ";")
    ('<A', '\ufffd')
    """
    return html.unescape(_LONG_NUMBER.sub(_short_reference, text))


def _short_reference(match: re.Match[str]) -> str:
    return f"&#{match[1].lstrip('0')[:8] or '0'}"  # eight digits are past the last code point


def _without_dots(match: re.Match[str]) -> str:
    letters = match[0].replace(".", "")
    return "USA" if letters == "US" else letters


def split_at_capitals(tag: str) -> str:
    """Return a tag split before capitals and digits.

    >>> [split_at_capitals(tag) for tag in ("FakeNews2020", "CNNHeadlines", "nomorepills")]
    ['Fake News 2020', 'CNN Headlines', 'nomorepills']
    """
    return _HUMP.sub(" ", tag)


def split_known_words(tag: str, is_known: Callable[[str], bool]) -> str:
    """Return a tag split at its capitals, each part split into as few known words as possible.

    >>> split_known_words("nomorepills", {"no", "more", "nom", "ore", "pills"}.__contains__)
    'no more pills'
    >>> split_known_words("nomorepills", {"no", "more"}.__contains__)
    'nomorepills'
    """
    return " ".join(_split_run(run, is_known) for run in split_at_capitals(tag).split())


def _split_run(run: str, is_known: Callable[[str], bool]) -> str:
    small = run.casefold()
    if not (SHORTEST_RUN <= len(small) <= LONGEST_RUN and small.isalpha()) or is_known(small):
        return run
    best: list[list[str] | None] = [[]]
    for end in range(1, len(small) + 1):
        splits = [
            [*before, small[start:end]]
            for start in range(end - SHORTEST_PART + 1)
            if (before := best[start]) is not None
            and len(before) < MOST_PARTS
            and is_known(small[start:end])
        ]
        best.append(min(splits, key=_improbability, default=None))
    return " ".join(best[-1]) if best[-1] else run


def _improbability(parts: list[str]) -> tuple[int, int]:
    """Sort fewer and more uneven parts first: long words are not found by chance."""
    return len(parts), -sum(len(part) ** 2 for part in parts)


def spellings(written: str, language: str) -> list[str]:
    """Return the word in the spelling that is compared; sometimes it becomes two words.

    >>> spellings("Beyoncé’s", "en"), spellings("40th", "en"), spellings("three", "en")
    (['beyonce'], ['40'], ['3'])
    >>> spellings("ที่นี่", "en") == ["ที่นี่"]
    True
    >>> spellings("burung2", "id"), spellings("600rb", "id"), spellings("5G", "id")
    (['burung'], ['600', 'ribu'], ['5g'])
    """
    word = written.casefold().replace("’", "'").removesuffix("'s").replace("'", "")
    if language == "en" and written == "US":
        return ["usa"]
    if language in WITHOUT_ACCENTS and not word.isascii():
        word = _without_accents(word)
    short = short_forms(language)
    if word in short or word.isalpha():
        return [short.get(word, word)]
    if match := _ORDINAL.fullmatch(word):
        return [match[1]]
    if language in DOUBLED and (match := _TWICE.fullmatch(word)):
        return [match[1]]
    if match := _UNIT.fullmatch(word):
        return [match[1], short.get(match[2], match[2])]
    return [word]


def _without_accents(word: str) -> str:
    if not unicodedata.name(word[0], "").startswith("LATIN"):
        return word
    return "".join(char for char in unicodedata.normalize("NFKD", word) if char.isalnum())
