"""The signs of chunks: addresses, numbers, words, and what is odd among Han letters.

A chunk is the text between two white spaces. The functions read its shape (`sign_shapes`).

- Links and mentions are those of `matcher.aligned`, in which terms do not match. A host name
  without a slash counts as well if it ends like most links do: "daftar di shop.com".
- The fold reads `10g` as a word, so only the signs of numbers see what it is. A number is a run of
  digits in any dress, with points and commas between them.
- Names of games are made to be said: they have vowels, and their numbers do not begin with 0.
  Models of ear-buds, phones and trains have other names.

`DECIDES` has the constants that a sign's digest covers, by the room under which they are published.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from matcher.aligned import find_hosts, opaque_spans
from matcher.fold import host_of
from matcher.sign_shapes import (
    CAPITAL,
    CAPITALS,
    CURRENCY,
    CYRILLIC,
    CYRILLIC_CAPITAL,
    DIGITS,
    DRESSED,
    DRESSED_DIGIT,
    EMOJI,
    ENCLOSED,
    FLAG_LETTER,
    GREEK,
    GREEK_CAPITAL,
    HAN,
    LETTERS,
    LISTS,
    MARKS,
    OTHER,
    PLAIN_LETTERS,
    RARE_HAN,
    SKIN_TONE,
    SMALL,
    SMALL_CAPITAL,
    SPACE,
    STROKE,
    STYLED,
    WIDE,
    Chunk,
    Found,
    constants,
    plain_letters,
    shape_of,
)

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
        if _is_alone(shape, start, end):
            digits = sum(map(found[0].count, DIGITS))
            yield SIGN_OF_SIZE[min(digits, MOST_DIGITS)], start, end


def _is_alone(shape: str, start: int, end: int) -> bool:
    """Return whether no letter of a script with spaces is next to a number."""
    around = shape[max(0, start - 1) : start] + shape[end : end + 1]
    return _LETTERS.isdisjoint(around)


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
            if is_name_with_number(plain):
                yield from _names_of(plain, word, shape, is_mixed=is_mixed)


def is_name_with_number(plain: str) -> bool:
    """Return whether plain letters are a name of three letters or more with a number after it.

    >>> [is_name_with_number(word) for word in ("aero88", "gac0r88", "toko4d", "ga0c0r88")]
    [True, True, True, True]
    >>> [is_name_with_number(word) for word in ("gac0r", "a2b3c44")]
    [False, False]
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


FEWEST_DIGITS, MOST_HAN_DIGITS = 4, 11
_ANY_HAN = f"[{HAN}{RARE_HAN}]"
_SOME_DIGITS = f"[{DIGITS}]{{{FEWEST_DIGITS},{MOST_HAN_DIGITS}}}+"
_HAN_NUMBER = re.compile(
    rf"(?<![{DIGITS}.,%$-])(?:(?<={_ANY_HAN}){_SOME_DIGITS}|{_SOME_DIGITS}(?={_ANY_HAN}))"
    rf"(?![{DIGITS}.,%$-])"
)
GAP_KINDS = f" ._*|+{OTHER}{EMOJI}{FLAG_LETTER}{SKIN_TONE}{MARKS}-"
"""Kinds of code points that may be between Han letters of one word, apart from ends of clauses."""

_GAP = f"[{GAP_KINDS}]{{1,4}}+"
_APART = re.compile(rf"{_ANY_HAN}(?:{_GAP}{_ANY_HAN}){{2,}}+")
_RARE = re.compile(f"{RARE_HAN}+")


def han_in(text: str, shape: str) -> Iterator[Found]:
    """Yield the signs of Han letters in a chunk, in whose shape addresses are spaces."""
    for found in _HAN_NUMBER.finditer(shape):
        if text[found.end() : found.end() + 1] not in LISTS.counters or found.end() == len(text):
            yield "han-number", *found.span()
    yield from (("rare-han", *found.span()) for found in _RARE.finditer(shape))


def han_apart(shape: str) -> Iterator[Found]:
    """Yield where three Han letters or more are apart, and no clause ends between them."""
    yield from (("han-apart", *found.span()) for found in _APART.finditer(shape))


DECIDES = {
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
        "_CAPITALS _DRESSES _GAME _NAME _ODD _SCRIPTS",
    ),
    "models": constants(globals(), "_MODEL"),
    "han": constants(
        globals(),
        "DIGITS EMOJI FEWEST_DIGITS FLAG_LETTER GAP_KINDS HAN MARKS MOST_DIGITS=MOST_HAN_DIGITS "
        "OTHER RARE_HAN SKIN_TONE _ANY_HAN _APART _GAP _NUMBER=_HAN_NUMBER _RARE _SOME_DIGITS",
    ),
}
"""What decides the signs of each room, by the name under which it is published."""
