"""The words and grams of a claim or post, in one spelling, and its language.

The lists behind them are public, in the folder `data`, most of them by language.

>>> [word.stem for word in words_of("RT @HealthDesk: #SaltWater cures COLDS??", "en")]
['health', 'desk', 'salt', 'water', 'cure', 'cold']
"""

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache, cached_property
from importlib import resources
from typing import Any

import msgspec
import Stemmer

from ledger.texts import resolve_references

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
_THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}\b)")
_HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|_")
_INITIALS = re.compile(r"\b(?:[A-Za-z]\.)+(?:[A-Za-z]\b\.?|(?<=\..\.))")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_UNIT = re.compile(r"(\d+)([a-z]{2,})")
_TWICE = re.compile(r"([a-z]{3,})2(?:nya|an|ku|mu)?")

STEMMED = frozenset(
    ("ar", "ca", "da", "de", "el", "en", "es", "eu", "fi", "fr", "ga", "hi", "hu", "hy", "id", "it",
     "lt", "ms", "ne", "nl", "no", "pt", "ro", "ru", "sr", "sv", "ta", "tr")
)  # fmt: skip
"""Languages with a stemmer (Snowball). An index needs the list with which it was built."""
LONGEST_WORD = 40
OPENING = 2_000
"""Code points at the start of a text that are read to guess its language."""
MOSTLY_CAPITALS = 0.6
"""Share of capitalised words above which a text is a headline, whose capitals mark no names."""
GRAM = 4

_JOINED = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff"
)
IS_JOINED = re.compile(f"[{_JOINED}]")
"""A letter of a script that is written without spaces."""
_WORD = re.compile(rf"[{_JOINED}]+|(?:(?![{_JOINED}])[^\W_])+(?:['’](?:(?![{_JOINED}])[^\W_])+)*")
_OPENS = re.compile(r"[.!?:\n\"“]")
"""Marks after which a word may begin a sentence, a quotation or an announcement."""
_LETTERS = re.compile(r"[^\W_]+")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")

FEWEST_FAMILIAR = 3
"""Familiar words that a text of a language must hold."""
KIN_COUNTS = 0.8
"""Weight of a word that is familiar in a similar language: short texts hold few words that
distinguish the two."""

_KIN = {"id", "ms"}
"""Languages that share most words, so that a text may be in both."""
_SCRIPTS = {  # kana first: Japanese has Han letters too
    "ja": re.compile("[\u3040-\u30ff]"),
    "zh": re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "ko": re.compile("[\uac00-\ud7a3]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "el": re.compile("[\u0370-\u03ff]"),
}
_TOKEN = re.compile(r"[^\W\d_]+")


def read_data(name: str) -> bytes:
    """Return the bytes of a file in `data`."""
    return resources.files("claims").joinpath("data", name).read_bytes()


def read_json(name: str) -> Any:
    """Return the decoded content of a JSON file in `data`."""
    return json.loads(read_data(name))


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the words of a language that do not show the topic of a text."""
    return frozenset(" ".join(_words()["stop"].get(language, {}).values()).split())


@cache
def common_words(language: str) -> tuple[str, ...]:
    """Return the commonest words of a language, most frequent first; none for most languages.

    For Chinese they are pairs of letters. Source: wordfreq, by scripts/build_data.py.

    >>> "people" in common_words("en"), "tsunami" in common_words("en"), common_words("fr")
    (True, False, ())
    """
    return tuple(read_json("common.json")["words"].get(language, "").split())


@cache
def calibration_negatives(language: str) -> tuple[str, ...]:
    """Return invented sentences that repeat no rumour; none for most languages.

    Their scores show how high a wrong answer scores in an index.
    """
    try:
        lines = read_data(f"clean/{language}.txt").decode().splitlines()
    except FileNotFoundError:
        return ()
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))


@cache
def _language_of_code() -> dict[str, str]:
    """Return the language of its other codes: of ISO 639-2 and 639-3, withdrawn, of varieties."""
    listed = read_json("language_codes.json").items()
    return {code: language for language, codes in listed for code in codes.split()}


@cache
def _words() -> Any:
    """Return by language `stop`, lists of words that are left out, and `short`, its short forms."""
    return read_json("words.json")


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
    return text if text.isascii() else without_categories(text, {"Cf"})


def without_categories(text: str, categories: Collection[str]) -> str:
    """Return a text without the characters of some general categories of Unicode.

    All must be categories of characters that are not printable, such as `Cf`.
    """
    if text.isprintable():
        return text
    return "".join(char for char in text if unicodedata.category(char) not in categories)


def split_tags(text: str, split: Callable[[str], str]) -> str:
    """Return a text with each hashtag and handle split, and numbers and initials in one spelling.

    >>> split_tags("J.K. asks the U.S. for 1,000 at 9 a.m. or later. I. Am. Here.", str)
    'JK asks the USA for 1000 at 9 am or later. I. Am. Here.'
    """

    def without_dots(match: re.Match[str]) -> str:
        letters = match[0].replace(".", "")
        return "USA" if letters == "US" else letters

    text = _TAG.sub(lambda match: f" {split(match[1])}", text)
    return _INITIALS.sub(without_dots, _THOUSANDS.sub("", text))


def split_at_capitals(tag: str) -> str:
    """Return a tag split before capitals and digits.

    >>> [split_at_capitals(tag) for tag in ("FakeNews2020", "CNNHeadlines", "nomorepills")]
    ['Fake News 2020', 'CNN Headlines', 'nomorepills']
    """
    return _HUMP.sub(" ", tag)


def split_known_words(tag: str, is_known: Callable[[str], bool]) -> str:
    """Return a tag split at its capitals, each part split into as few known words as possible.

    >>> lists = ({"no", "more", "nom", "ore", "pills"}, {"no", "more"})
    >>> [split_known_words("nomorepills", known.__contains__) for known in lists]
    ['no more pills', 'nomorepills']
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
        # Fewer and more uneven parts are first: long words are not found by chance.
        best.append(
            min(splits, key=lambda it: (len(it), -sum(len(part) ** 2 for part in it)), default=None)
        )
    return " ".join(best[-1]) if best[-1] else run


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
    has_accents = not word.isascii() and unicodedata.name(word[0], "").startswith("LATIN")
    if has_accents and language in WITHOUT_ACCENTS:
        word = "".join(char for char in unicodedata.normalize("NFKD", word) if char.isalnum())
    short = _words()["short"].get(language, {})
    if word in short or word.isalpha():
        return [short.get(word, word)]
    if match := _ORDINAL.fullmatch(word):
        return [match[1]]
    if language in DOUBLED and (match := _TWICE.fullmatch(word)):
        return [match[1]]
    if match := _UNIT.fullmatch(word):
        return [match[1], short.get(match[2], match[2])]
    return [word]


class Word(msgspec.Struct, frozen=True, gc=False):
    """A word as it is compared, and how it was written.

    `opens` marks a capital at the beginning of a sentence: the word may be a name, unless it is
    mostly written small elsewhere. `is_pair` marks two letters of a script without spaces.
    """

    stem: str
    is_name: bool = False
    opens: bool = False
    is_small: bool = False
    is_pair: bool = False


class ClaimText:
    """A text that may repeat a claim. Each of its normal forms is computed once, when needed."""

    def __init__(self, text: str):
        self.text = text
        self._stemmed: dict[str, list[Word]] = {}

    @classmethod
    def of(cls, text: "str | ClaimText") -> "ClaimText":
        """Return the text itself, or a new one for a string."""
        return text if isinstance(text, ClaimText) else cls(text)

    @cached_property
    def _unsplit(self) -> str:
        return without_links(self.text)

    @cached_property
    def normalised(self) -> str:
        """The text without links, its tags split at capitals."""
        return split_tags(self._unsplit, split_at_capitals)

    @cached_property
    def opening(self) -> str:
        """The normalised first code points, which show the language."""
        return self.normalised if len(self.text) <= OPENING else normalise(self.text[:OPENING])

    @cached_property
    def word_count(self) -> int:
        """The number of words without links; two letters without spaces count as one.

        >>> [ClaimText(text).word_count for text in ("see https://a.example/b", "喝盐水治感冒")]
        [1, 3]
        """
        words = _WORD.findall(self.normalised)
        return sum((len(word) + 1) // 2 if IS_JOINED.match(word) else 1 for word in words)

    @cached_property
    def grams(self) -> list[str]:
        """Return the grams of the text (`grams_of`)."""
        line = f" {' '.join(_LETTERS.findall(self.normalised.casefold()))} "
        grams = (line[at : at + GRAM] for at in range(len(line) - GRAM + 1))
        if line.isascii():  # faster: no letter is Han
            return list(dict.fromkeys(grams))
        without_han = (gram for gram in grams if not _HAN.search(gram))
        return list(dict.fromkeys(without_han) | dict.fromkeys(_HAN.findall(line)))

    def opening_grams(self, length: int) -> list[str]:
        """Return the grams of the first `length` code points."""
        return self.grams if len(self.text) <= length else grams_of(self.text[:length])

    def words(self, language: str, split: Callable[[str], str] | None = None) -> list[Word]:
        """Return the stems of the words in order, without stop words.

        Scripts without spaces give pairs of letters. `split` splits hashtags and handles; without
        it they are split at their capitals.
        """
        if split is not None and _TAG.search(self._unsplit):
            return stemmed(_written(split_tags(self._unsplit, split)), language)
        if language not in self._stemmed:
            self._stemmed[language] = stemmed(self.written, language)
        return self._stemmed[language]

    @cached_property
    def written(self) -> list[Word]:
        """All words in order, unstemmed."""
        return _written(self.normalised)


def words_of(text: str, language: str) -> list[Word]:
    """Return the stems of a text's words (`ClaimText.words`)."""
    return ClaimText(text).words(language)


def grams_of(text: str) -> list[str]:
    """Return the grams of a text: its runs of four letters in order, each once.

    Words are separated by blanks. Grams still agree if words are misspelled, joined or inflected.
    Han letters count one by one, since pairs of them are already words.

    >>> grams_of("Salt water")
    [' sal', 'salt', 'alt ', 'lt w', 't wa', ' wat', 'wate', 'ater', 'ter ']
    >>> grams_of("盐水治")
    ['盐', '水', '治']
    """
    return ClaimText(text).grams


def _written(normalised: str) -> list[Word]:
    words: list[Word] = []
    runs = list(_WORD.finditer(normalised))
    is_headline = sum(run[0][0].isupper() for run in runs) > MOSTLY_CAPITALS * len(runs)
    end = 0
    for run in runs:
        written, begins, before, end = run[0], run.start(), end, run.end()
        if IS_JOINED.match(written):
            pairs = [written[at : at + 2] for at in range(len(written) - 1)] or [written]
            words.extend(Word(pair, is_pair=True) for pair in pairs)
        elif is_headline or not written[0].isupper():
            words.append(Word(written, is_small=written[0].islower()))
        else:
            opens = not before or _OPENS.search(normalised, before, begins) is not None
            words.append(Word(written, not opens, opens))
    return words


def stemmed(words: Iterable[Word], language: str) -> list[Word]:
    """Return the stems of words in order, without stop words."""
    stop, stemmer = stop_words(language), _stemmer(language)
    kept, compared = [], []
    for word in words:
        for spelling in [word.stem] if word.is_pair else spellings(word.stem, language):
            if word.is_pair or (spelling not in stop and (len(spelling) > 1 or spelling.isdigit())):
                kept.append(word)
                compared.append(spelling[:LONGEST_WORD])
    stems: Sequence[str] = stemmer.stemWords(compared) if stemmer else compared
    return [
        Word(stem, word.is_name, word.opens, word.is_small, word.is_pair)
        for stem, word in zip(stems, kept, strict=True)
    ]


def stem(word: str, language: str) -> str:
    """Return the stem of a word in small letters."""
    stemmer = _stemmer(language)
    return stemmer.stemWord(word) if stemmer else word


@cache
def _stemmer(language: str) -> "Stemmer.Stemmer | None":
    name = "id" if language == "ms" else language  # Malay has no stemmer, and nearly the same words
    return Stemmer.Stemmer(name) if language in STEMMED else None


@cache
def synonyms(language: str) -> dict[str, frozenset[str]]:
    """Return the stems of the synonyms of each listed stem.

    >>> sorted(synonyms("en")["photo"] & {"imag", "pictur", "photo"})
    ['imag', 'pictur']
    """
    others: dict[str, set[str]] = {}
    for line in read_json("related.json").get(language, ()):
        stems = {word.stem for word in words_of(line, language)}
        for each in stems:
            others.setdefault(each, set()).update(stems - {each})
    return {each: frozenset(alike) for each, alike in others.items()}


def primary(tag: str) -> str:
    """Return the language of a tag without script and region, by its shortest code.

    >>> primary("zh-Hant-TW"), primary("EN_us"), primary("ind"), primary("in"), primary("")
    ('zh', 'en', 'id', 'id', '')
    """
    match = re.match(r"[a-z]{2,3}(?=$|[-_])", tag.strip().lower())
    return _language_of_code().get(match[0], match[0]) if match else ""


def guess_language(text: str | ClaimText, among: Collection[str]) -> str:
    """Return the language of a text, one of `among`, or nothing if that is not clear.

    >>> guess_language("Minum air garam dapat menyembuhkan pilek dalam satu malam", {"en", "id"})
    'id'
    >>> guess_language("Tesla Model 3", {"en", "id"})
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
    letters = sum(map(len, _TOKEN.findall(opening)))
    for language, script in _SCRIPTS.items():
        if len(script.findall(opening)) > letters * (0.1 if language == "ja" else 0.3):
            return language
    return ""


def _by_stop_words(opening: str, among: Collection[str]) -> str:
    words = [word.casefold() for word in _TOKEN.findall(opening)]
    counted = sorted(
        (sum(each in stop_words(language) for each in words), language) for language in among
    )
    (second, _), (most, language) = [(0, ""), (0, ""), *counted][-2:]
    return language if most >= max(2, 1.5 * second) else ""


def is_written_in(text: str | ClaimText, language: str) -> bool:
    """Return whether more words of a text are familiar in a language than in any other.

    Malay and Indonesian share most words: a text with about as many familiar words in each counts
    as written in both.

    >>> [is_written_in("Salt water cures colds, say the people", tag) for tag in ("en", "id")]
    [True, False]
    """
    opening = ClaimText.of(text).opening
    if by_script := _by_script(opening) or _by_stop_words(opening, _SCRIPTS):
        return by_script == language
    words = [word.casefold() for word in _TOKEN.findall(opening)]
    counts = {name: sum(word in _familiar(name) for word in words) for name in _words()["stop"]}
    count = counts.pop(language, 0)
    return count >= FEWEST_FAMILIAR and all(
        count > (KIN_COUNTS if {name, language} == _KIN else 1) * other
        for name, other in counts.items()
    )


@cache
def _familiar(language: str) -> frozenset[str]:
    return stop_words(language).union(common_words(language))
