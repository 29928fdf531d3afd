"""The shape of a text, and the signs of its chunks: addresses, numbers and words.

The shape of a text has one character for each code point, which says what kind it is. Signs are
patterns over the shape, so their spans are spans of the original. ASCII signs are their own shape.
Most signs lie within one chunk, the text between two white spaces, so `sign_finder` can drop the
chunks that have none.

- Links and mentions are those of `matcher.aligned`, in which terms do not match. A host name
  without a slash counts as well if it ends like most links do: "daftar di shop.com".
- The fold reads `10g` as a word, so only the signs of numbers see what it is. A number is a run of
  digits in any dress, with points and commas between them.
- Names of games are made to be said: they have vowels, and no number that begins with 0. Models of
  ear-buds, phones and trains have other names.

`lists.json` has hosts, endings, currencies, units and ordinary names; the published page of a sign
shows those that it uses. `DECIDED_IN_CHUNKS` has the constants that a sign's digest covers, by
the room under which they are published.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from matcher.aligned import find_hosts, opaque_spans
from matcher.fold import FOLD, STRICT, CodePointTable, host_of, is_spaceless, script_of


class Lists(msgspec.Struct, frozen=True):
    """The content of `lists.json`. Words are folded, and a list's order does not matter."""

    messenger_hosts: frozenset[str]
    short_hosts: frozenset[str]
    usual_endings: frozenset[str]  # top-level domains of three letters or more
    rare_countries: frozenset[str]  # two-letter domains that are mostly sold to strangers
    bare_endings: frozenset[str]  # of host names that count as links without a slash
    currencies_before: frozenset[str]
    currencies_after: frozenset[str]
    currency_letters: str  # Han letters directly after a number
    units: frozenset[str]
    unit_letters: tuple[str, ...]  # units in Han letters, directly after a number
    counters: str  # Han letters with which a number before them is no contact
    cantonese: str  # Han letters in use that are in no national standard
    game_endings: tuple[str, ...]
    ordinary_game_names: frozenset[str]
    ordinary_stems: frozenset[str]  # with any number after them
    ordinary_words: frozenset[str]


LISTS = msgspec.json.decode(Path(__file__).with_name("lists.json").read_bytes(), type=Lists)


SMALL, CAPITAL, UNCASED = "a", "A", "o"
CYRILLIC, CYRILLIC_CAPITAL, GREEK, GREEK_CAPITAL = "b", "B", "g", "G"
STYLED, ENCLOSED, WIDE, SMALL_CAPITAL = "s", "e", "w", "c"
DIGIT, DRESSED_DIGIT = "1", "2"
STROKE, HIDDEN, JOINER = "m", "x", "j"
HAN, RARE_HAN, SPACELESS = "h", "H", "k"
EMOJI, FLAG_LETTER, SKIN_TONE = "E", "R", "F"
SPACE, LINE_END = " ", "\n"
CURRENCY, CLAUSE_END, OTHER = "$", "p", "~"

DRESSED = STYLED + ENCLOSED + WIDE + SMALL_CAPITAL
SMALLS, CAPITALS = SMALL + CYRILLIC + GREEK, CAPITAL + CYRILLIC_CAPITAL + GREEK_CAPITAL
PLAIN_LETTERS = SMALLS + CAPITALS + UNCASED
LETTERS = PLAIN_LETTERS + DRESSED
DIGITS = DIGIT + DRESSED_DIGIT
MARKS = STROKE + HIDDEN + JOINER
"""Marks and invisible characters, which belong to the word that they are in."""

KINDS = {
    STYLED: "\u2102-\u2115\u2119-\u211d\u2124\u2128\u212c-\u2134\u2145-\u2149\U0001d400-\U0001d7cb",
    ENCLOSED: "\u249c-\u24e9\U0001f110-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189",
    WIDE: "\uff21-\uff3a\uff41-\uff5a",
    SMALL_CAPITAL: "\u02b0-\u02b8\u02e1-\u02e3\u1d00-\u1d6a\u1d78\u1d9b-\u1dbf\u2071\u207f"
    "\u2090-\u209c\u0262\u026a\u0274\u0280\u028f\u0299\u029c\u029f\ua730-\ua731\ua7f8-\ua7f9",
    DRESSED_DIGIT: "\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u249b\u24ea-\u24ff"
    "\u2776-\u2793\uff10-\uff19\U0001d7ce-\U0001d7ff\U0001f100-\U0001f10a\U0001fbf0-\U0001fbf9",
    STROKE: "\u0305\u0320-\u0322\u0331-\u033f\u0346-\u034e\u0350-\u0362\u0489\u20d0-\u20f0",
    JOINER: "\u200d",
    SKIN_TONE: "\U0001f3fb-\U0001f3ff",
    FLAG_LETTER: "\U0001f1e6-\U0001f1ff",
    EMOJI: "\u231a-\u231b\u23e9-\u23f3\u25fd-\u25fe\u2600-\u26ff\u2702-\u2764\u2795-\u2797\u27a1"
    "\u27b0\u27bf\u2b05-\u2b07\u2b1b-\u2b1c\u2b50\u2b55\U0001f000-\U0001f0ff\U0001f18a-\U0001f3fa"
    "\U0001f400-\U0001faff",
    "@": "\uff20",
    "!": "\uff01",
    "?": "\uff1f",
    CLAUSE_END: "\u2013-\u201f\u2026\u3001-\u3002\u3008-\u3011\uff08-\uff09\uff0c\uff0e"
    "\uff1a-\uff1b",
}
"""Ranges of code points by kind, both ends included. The first kind that has one counts."""

STANDARDS = ("gb2312", "big5", "euc_jp")
"""The national standards, by the names of their codecs, whose Han letters are common."""

_IN_WORDS = frozenset(LETTERS + DIGITS)
_OF_SCRIPT: dict[str | None, tuple[str, str]] = {
    "Cyrl": (CYRILLIC, CYRILLIC_CAPITAL),
    "Grek": (GREEK, GREEK_CAPITAL),
}
_KINDS = [(kind, re.compile(f"[{ranges}]")) for kind, ranges in KINDS.items()]
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


def _kind(code: int) -> str:
    char = chr(code)
    if char.isspace():
        return LINE_END if char in "\n\r\u2028\u2029" else SPACE
    if char.isascii() and char.isprintable() and not char.isalnum():
        return char
    folded = FOLD[code]
    is_word = folded == folded.strip(" ") != ""
    for kind, pattern in _KINDS:
        if pattern.match(char) and (kind in _IN_WORDS) == is_word:
            return kind
    if _HAN.match(char):
        is_common = any(len(char.encode(name, "ignore")) == 2 for name in STANDARDS)
        return HAN if char in LISTS.cantonese or is_common else RARE_HAN
    if is_word:
        return _kind_in_word(char)
    if not folded:
        return HIDDEN
    if is_spaceless(char):
        return SPACELESS
    return CURRENCY if unicodedata.category(char) == "Sc" else OTHER


def _kind_in_word(char: str) -> str:
    if unicodedata.category(char) == "Nd":
        return DIGIT
    if not char.isupper() and not char.islower():
        return UNCASED
    small, capital = _OF_SCRIPT.get(script_of(STRICT[ord(char)][0]), (SMALL, CAPITAL))
    return capital if char.isupper() else small


SHAPES = CodePointTable(_kind)
"""The kinds as a table for `str.translate`."""


def shape_of(text: str) -> str:
    """Return the shape of a text, as long as the text.

    >>> shape_of("Ａero 88! 请加"), shape_of("𝐀k̶u 🔥")
    ('waaa 11! hh', 'sama E')
    """
    return text.translate(SHAPES)


def plain_letters(word: str) -> str:
    """Return the letters and digits of a word as the fold has them, in one piece.

    >>> plain_letters("AЕR𝐎𝟴❽")
    'aero88'
    """
    if word.isascii() and word.isalnum():
        return word.lower()
    return "".join(_plains[ord(char)] for char in word)


def _plain(code: int) -> str:
    if 0x2776 <= code <= 0x2793 or 0x24F5 <= code <= 0x24FF:  # circled, which the fold leaves
        return str(unicodedata.digit(chr(code), ""))
    return FOLD[code].strip(" ")


_plains = CodePointTable(_plain)


type Found = tuple[str, int, int]
"""A sign's id, and half-open code points."""

NUMBER_ENDS = frozenset(DIGITS + MARKS)
"""What a number may end with, and with it a chunk."""
_CHUNK = re.compile(f"[^{SPACE}{LINE_END}]+")


class Chunk(NamedTuple):
    """A chunk with its shape, and the texts of those neighbours that its signs depend on.

    A neighbour is empty at an end of the text, or if more than one space is between.
    """

    text: str
    shape: str
    before: str
    after: str


def chunks_of(text: str, shape: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield the place of each chunk of a text, the chunk, and its neighbours, in order.

    Only a number at an edge may have a currency or a unit in the next chunk. Where no sign depends
    on a neighbour, it is empty.

    >>> text = "only 10 g  left"
    >>> list(chunks_of(text, shape_of(text)))
    [(0, 'only', '', ''), (5, '10', 'only', 'g'), (8, 'g', '', ''), (11, 'left', '', '')]
    """
    places = [found.span() for found in _CHUNK.finditer(shape)]
    for number, (start, end) in enumerate(places):
        before = after = ""
        if shape[start] in DIGITS and number and shape[start - 1] == SPACE:
            first, last = places[number - 1]
            before = text[first:last] if last == start - 1 else ""
        if shape[end - 1] in NUMBER_ENDS and number + 1 < len(places) and shape[end] == SPACE:
            first, last = places[number + 1]
            after = text[first:last] if first == end + 1 else ""
        yield start, text[start:end], before, after


def constants(names: Mapping[str, object], wanted: str) -> dict[str, object]:
    """Return some constants of a module by name, patterns as text; `a=b` publishes `b` as `a`."""
    pairs = [name.partition("=") for name in wanted.split()]
    values = {published: names[own or published] for published, _, own in pairs}
    return {name: getattr(value, "pattern", value) for name, value in values.items()}


LINK_SIGNS = frozenset({"link", "messenger-link", "short-link", "rare-domain"})
"""The signs of a link, which a URL outside the text has as well."""

_HINT = re.compile(r"[/@#.\uff20]")
_DOT_IN_WORD = re.compile(r"[^.][.](?=[^\W\d_])")
_EMAIL_PART = r"[A-Za-z0-9_-]"
_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{{1,64}}+@(?:{_EMAIL_PART}++\.)+[A-Za-z]++"
)
_TOPIC_LETTER = f"{LETTERS}hk"
_TOPIC = re.compile(
    rf"(?<![{LETTERS}{DIGITS}{MARKS}&#])#[{DIGITS}_]*+[{_TOPIC_LETTER}][{_TOPIC_LETTER}{DIGITS}{MARKS}_]++"
)


def addresses_in(chunk: Chunk) -> tuple[list[Found], str]:
    """Return the signs of addresses in a chunk, and its shape with addresses as spaces."""
    if not _HINT.search(chunk.text):
        return [], chunk.shape
    found = list(_addresses_in(chunk.text))
    shape = _without(chunk.shape, [sign[1:] for sign in found])
    found += (("hashtag", *topic.span()) for topic in _TOPIC.finditer(shape))
    return found, shape


def _addresses_in(text: str) -> Iterator[Found]:
    taken: list[tuple[int, int]] = []
    if "@" in text:
        taken += (email.span() for email in _EMAIL.finditer(text))
        yield from (("email", start, end) for start, end in taken)
    for start, end, is_link in opaque_spans(text):
        taken.append((start, end))
        if not is_link:
            yield "handle", start, end
        elif host := host_of(text[start:end]):
            yield from _link(start, end, host.name)
    if _DOT_IN_WORD.search(text):
        for host in find_hosts(_without(text, taken)):
            if host.name.rpartition(".")[2] in LISTS.bare_endings:
                yield from _link(host.start, host.end, host.name)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            pieces += [text[at:start], SPACE * (end - start)]
            at = end
    return "".join([*pieces, text[at:]])


def signs_of_link(url: str) -> Iterator[Found]:
    """Yield the signs of a URL that a post lists outside its text.

    >>> list(signs_of_link("https://t.me/a"))
    [('link', 0, 14), ('messenger-link', 0, 14)]
    """
    if host := host_of(url):
        yield from _link(0, len(url), host.name)


def _link(start: int, end: int, host: str) -> Iterator[Found]:
    """Yield the signs of a link with a host name in normal form."""
    yield "link", start, end
    labels = host.split(".")
    parents = {".".join(labels[at:]) for at in range(len(labels))}
    if parents & LISTS.messenger_hosts:
        yield "messenger-link", start, end
    if parents & LISTS.short_hosts:
        yield "short-link", start, end
    ending = labels[-1]
    is_country = len(ending) == 2 and ending not in LISTS.rare_countries
    if not (is_country or ending in LISTS.usual_endings):
        yield "rare-domain", start, end


_NUMBER = re.compile(rf"[{DIGITS}](?:[{DIGITS}{MARKS}]|[.,](?=[{DIGITS}]))*+")
_NAME_BEFORE = re.compile(r"[^\W\d_]{1,7}+(?=[.:]?\Z)")
_NAME_AFTER = re.compile(r"[^\W\d_]+")
AROUND = 12
"""Code points around a number that may name a currency or a unit."""

_LETTERS = frozenset(LETTERS + MARKS)
_PERCENT = frozenset("%\uff05\ufe6a\u066a")
MOST_DIGITS = 12
"""From here on, all numbers by themselves have the same sign."""

SIGN_OF_SIZE = (
    *("", "digits-1", "digits-2", "digits-3", "digits-4", "digits-5-6", "digits-5-6"),
    *["digits-7-11"] * 5,
    "digits-12",
)


def numbers_in(chunk: Chunk, shape: str) -> Iterator[Found]:
    """Yield the signs of the numbers of a chunk, in whose shape addresses are spaces.

    The span of a number with a currency or a unit holds both, also in the next chunk.
    """
    for found in _NUMBER.finditer(shape):
        start, end = found.span()
        first = _currency_before(chunk, shape, start)
        if first is not None:
            yield "money", first, end
        if first is not None or shape[start - 1 : start] not in _LETTERS:
            yield from ((sign, start, last) for sign, last in _after(chunk, end))
        if _LETTERS.isdisjoint(shape[max(0, start - 1) : start] + shape[end : end + 1]):
            digits = sum(map(found[0].count, DIGITS))
            yield SIGN_OF_SIZE[min(digits, MOST_DIGITS)], start, end


def _currency_before(chunk: Chunk, shape: str, start: int) -> int | None:
    """Return where the currency before a number begins, or None without one."""
    if start:
        head, kind, end = chunk.text[max(0, start - AROUND) : start], shape[start - 1], start
    else:
        head, end = chunk.before[-AROUND:], -1
        kind = shape_of(head[-1:])
    if kind == CURRENCY:
        return end - 1
    name = _NAME_BEFORE.search(head)
    if name and name[0].casefold() in LISTS.currencies_before:
        return end - len(head) + name.start()
    return None


def _after(chunk: Chunk, end: int) -> Iterator[tuple[str, int]]:
    """Yield the signs that what follows a number gives it, and where each ends."""
    tail = chunk.text[end : end + AROUND]
    at = end if tail else end + 1
    tail = tail or chunk.after[:AROUND]
    if not tail:
        return
    name = _NAME_AFTER.match(tail)
    word = name[0].casefold() if name else ""
    if len(word) == 1 and at > end and word != "g":
        word = ""  # a letter by itself is seldom a unit: "5 k"
    if tail[0] in _PERCENT:
        yield "percent", at + 1
    elif at == end and (shape_of(tail[0]) == CURRENCY or tail[0] in LISTS.currency_letters):
        yield "money", at + 1
    elif word in LISTS.currencies_after:
        yield "money", at + len(word)
    if word in LISTS.units:
        yield "amount", at + len(word)
    elif at == end and tail.startswith(LISTS.unit_letters):
        yield "amount", at + 1


WORD = re.compile(rf"[{LETTERS}{DIGITS}][{LETTERS}{DIGITS}{MARKS}]*+")
_ODD = re.compile(rf"[{DIGITS}{DRESSED}{STROKE}]|[{CAPITALS}]{{4}}")
_CAPITALS = re.compile(rf"[{CAPITALS}]{{4,}}")
_DRESSES = {
    "styled-letters": STYLED,
    "enclosed-letters": ENCLOSED,
    "wide-letters": WIDE,
    "small-capitals": SMALL_CAPITAL,
    "struck-letters": STROKE,
}
_NAME = re.compile(r"(?P<name>[a-z][a-z0-9]{2,14}(?<=[a-z]))(?:\d{2,3}|[45]d)")
_GLUED = re.compile(r"^(?:([A-Z]{3,}[0-9]{2,3})[a-z]{4,}|(([0-9])\3{1,2})(?!RIBU)([A-Z]{4,}))$")
_GAME = re.compile(rf"[a-z]{{2,15}}[a-z](?:{'|'.join(LISTS.game_endings)})")
_SCRIPTS = (SMALL + CAPITAL + DRESSED, CYRILLIC + CYRILLIC_CAPITAL, GREEK + GREEK_CAPITAL)


def words_in(text: str, shape: str) -> Iterator[Found]:
    """Yield the signs of the words of a text, in whose shape addresses are spaces."""
    for found in WORD.finditer(shape):
        start, end = found.span()
        yield from ((sign, start, end) for sign in signs_of_word(text[start:end], found[0]))


def signs_of_word(word: str, shape: str) -> Iterator[str]:
    """Yield the signs of one word, also of one whose letters are apart in the text."""
    is_mixed = _is_mixed(word, shape)
    is_odd = is_mixed or _ODD.search(shape) is not None
    if is_mixed:
        yield "mixed-scripts"
    if not is_odd and not (word.isascii() and word.isalnum()):
        return  # letters of one script, with accents or hidden characters
    plain = plain_letters(word)
    if _GAME.fullmatch(plain) and plain not in LISTS.ordinary_game_names:
        yield "game-name"
    if not is_odd:
        return
    if _CAPITALS.fullmatch(shape):
        yield "capital-word"
    if _has_any(shape, LETTERS):
        yield from _dresses_of(shape)
        if _has_any(shape, DIGITS):
            yield "letters-digits"
            name = _GLUED.sub(r"\1\4\2", word)  # HOKI88menang and 88HOKI are HOKI88
            if is_name_with_number(plain := plain_letters(name)):
                yield from _names_of(plain, name, shape, is_mixed=is_mixed)


def is_name_with_number(plain: str) -> bool:
    """Return whether plain letters are a name of three letters or more with a number after it.

    >>> [word for word in ("gac0r88", "toko4d", "gac0r", "a2b3c44") if is_name_with_number(word)]
    ['gac0r88', 'toko4d']
    """
    found = _NAME.fullmatch(plain)
    return found is not None and sum(map(str.isdigit, found["name"])) * 3 <= len(found["name"])


def is_ordinary_name(plain: str) -> bool:
    """Return whether a name with a number is one that ordinary posts have, such as `utf16`."""
    return plain in LISTS.ordinary_words or plain.rstrip("0123456789") in LISTS.ordinary_stems


def _names_of(plain: str, word: str, shape: str, *, is_mixed: bool) -> Iterator[str]:
    yield "name-number"
    if not is_ordinary_name(plain):
        yield "unknown-name-number"
        if word.isascii() and is_model(plain):
            yield "model-number"
    if _has_any(shape, DRESSED + DRESSED_DIGIT + STROKE) or is_mixed:
        yield "dressed-name-number"
    if unicodedata.normalize("NFKC", word).isupper():
        yield "capital-name-number"


def _dresses_of(shape: str) -> Iterator[str]:
    counts = {sign: shape.count(kind) for sign, kind in _DRESSES.items()}
    yield from (sign for sign, count in counts.items() if count > 1)
    if sum(counts.values()) > 1:
        yield "dressed-letters"
    plain = sum(map(shape.count, PLAIN_LETTERS))
    dressed = sum(map(shape.count, DRESSED))
    if plain and dressed and plain + dressed > 2:
        yield "half-dressed"


def _is_mixed(word: str, shape: str) -> bool:
    """Return whether a word of three letters or more is written in several scripts."""
    if word.isascii() or sum(map(shape.count, LETTERS)) < 3:
        return False
    return sum(_has_any(shape, kinds) for kinds in _SCRIPTS) > 1


def _has_any(shape: str, kinds: str) -> bool:
    return any(kind in shape for kind in kinds)


_MODEL = re.compile(r"[b-df-hj-np-tv-z]{3,8}\d{2,3}|[a-z]{3,12}0\d{1,2}")


def is_model(name: str) -> bool:
    """Return whether a name with a number, in small letters, is like that of a model.

    >>> [name for name in ("xkt08", "wfc510", "hoki88", "hoki4d") if is_model(name)]
    ['xkt08', 'wfc510']
    """
    return _MODEL.fullmatch(name) is not None


DECIDED_IN_CHUNKS = {
    "addresses": constants(
        globals(),
        "DIGITS LETTERS LINK_SIGNS MARKS SPACE _DOT_IN_WORD _EMAIL _EMAIL_PART _HINT _TOPIC "
        "_TOPIC_LETTER",
    ),
    "numbers": constants(
        globals(),
        "AROUND CURRENCY DIGITS LETTERS MARKS MOST_DIGITS SIGN_OF_SIZE _LETTERS _NAME_AFTER "
        "_NAME_BEFORE _NUMBER _PERCENT",
    ),
    "words": constants(
        globals(),
        "CAPITAL CAPITALS CYRILLIC CYRILLIC_CAPITAL DIGITS DRESSED DRESSED_DIGIT ENCLOSED GREEK "
        "GREEK_CAPITAL LETTERS MARKS PLAIN_LETTERS SMALL SMALL_CAPITAL STROKE STYLED WIDE WORD "
        "_CAPITALS _DRESSES _GAME _GLUED _NAME _ODD _SCRIPTS",
    ),
    "models": constants(globals(), "_MODEL"),
}
"""What decides the signs of each room, by the name under which it is published."""
