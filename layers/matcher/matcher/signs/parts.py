"""The signs of a whole part, which takes several chunks to see.

These are letters apart, emoji, capitals, phone numbers and repeated phrases.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator

from matcher.fold import fold
from matcher.signs.shapes import (
    CAPITALS,
    DIGITS,
    EMOJI,
    FLAG_LETTER,
    JOINER,
    LETTERS,
    MARKS,
    OTHER,
    SKIN_TONE,
    SMALLS,
    SPACE,
    Found,
    plain_letters,
)
from matcher.signs.words import WORD, signs_of_word

CASED_AT_LEAST, CAPITALS_SHARE = 10, 0.7
WORDS_IN_PHRASE, LETTERS_IN_PHRASE, TIMES = 3, 12, 3

_LETTER = f"[{LETTERS}{DIGITS}]"
_UNIT = rf"{_LETTER}[{MARKS}]*+(?!{_LETTER})"
_EMOJI_MARKS = f"[{MARKS}{SKIN_TONE}]*+"
_GAP = rf"(?:{SPACE}{{1,2}}+|[._*|{OTHER}-]|(?:{EMOJI}|{FLAG_LETTER}{{1,2}}+){_EMOJI_MARKS})"
_APART = re.compile(
    rf"(?<![{LETTERS}{DIGITS}{MARKS}/@]){_UNIT}(?:{_GAP}{_UNIT}){{3,}}+"
    rf"(?:{_GAP}[{DIGITS}]{{2,3}}+(?!{_LETTER}))?+"
)
_REPEATED_MARKS = re.compile(r"[!?]{3,}+")
_IN_WORDS = frozenset(LETTERS + DIGITS + MARKS)
_EMOJI = re.compile(rf"(?<!{JOINER}){EMOJI}|(?<!{FLAG_LETTER}){FLAG_LETTER}")
_WRAPPED = re.compile(
    rf"[{EMOJI}{FLAG_LETTER}]{_EMOJI_MARKS} ?({_LETTER}{{2}}[{LETTERS}{DIGITS}{MARKS}]++)"
    rf"(?= ?[{EMOJI}{FLAG_LETTER}])"
)
_PHONE = re.compile(
    rf"(?<![{LETTERS}{DIGITS}.,$%+/=_-])(?:\+ ?)?\(?"
    rf"[{DIGITS}](?:[ .()-]{{0,2}}+[{DIGITS}]){{7,14}}+(?![{LETTERS}{DIGITS}])"
)
_FIRST_GROUP = re.compile(r"\(?\w{3}")
_LOCAL_PHONE = re.compile(r"0[1-9]\d{7,12}|1[3-9]\d{9}|62\d{9,12}")
_PARTED_PHONE = re.compile(r"\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}")

_of_emoji = frozenset(["emoji-1", "emoji-2-3", "many-emoji", "emoji-wrapped"])


def signs_of_part(
    text: str, shape: str, wanted: Collection[str], *, names: bool
) -> Iterator[Found]:
    """Yield the signs of a part that are not in one chunk, sign by sign.

    Args:
        text: The part.
        shape: Its shape.
        wanted: The signs that must be among the yielded ones.
        names: Whether signs of words are wanted, which letters apart may have together.
    """
    if names or "spaced-letters" in wanted:
        yield from letters_apart(text, shape)
    if not _of_emoji.isdisjoint(wanted) and (number := len(_EMOJI.findall(shape))):
        yield emoji_sign(number), 0, len(text)
        yield from wrapped_words(shape)
    if "capitals" in wanted and has_capitals(shape):
        yield "capitals", 0, len(text)
    if "phone" in wanted:
        yield from phones(text, shape)
    yield from (("repeated-marks", *found.span()) for found in _REPEATED_MARKS.finditer(shape))
    if "repeated-phrase" in wanted:
        yield from repeated_phrases(text, shape)


def letters_apart(text: str, shape: str) -> Iterator[Found]:
    """Yield where letters are apart, and the signs of the word that they are together."""
    for found in _APART.finditer(shape):
        start, end = found.span()
        kept = [at for at in range(start, end) if shape[at] in _IN_WORDS]
        word, kinds = ("".join(map(of.__getitem__, kept)) for of in (text, shape))
        if sum(kind in LETTERS for kind in kinds) < 3:
            continue
        yield "spaced-letters", start, end
        signs = list(signs_of_word(word, kinds))
        if "name-number" in signs and "dressed-name-number" not in signs:
            signs.append("dressed-name-number")
        yield from ((sign, start, end) for sign in signs)


def emoji_sign(number: int) -> str:
    """Return the sign of a text with a number of emoji, at least one.

    An emoji of several, joined by a zero-width joiner, counts once, and so does a flag.

    >>> [emoji_sign(number) for number in (1, 2, 3, 4)]
    ['emoji-1', 'emoji-2-3', 'emoji-2-3', 'many-emoji']
    """
    return "emoji-1" if number == 1 else "emoji-2-3" if number < 4 else "many-emoji"


def wrapped_words(shape: str) -> Iterator[Found]:
    """Yield the words with an emoji before them and after them."""
    yield from (("emoji-wrapped", *found.span(1)) for found in _WRAPPED.finditer(shape))


def has_capitals(shape: str) -> bool:
    """Return whether most letters of a text of some length are capitals."""
    capitals = sum(map(shape.count, CAPITALS))
    cased = capitals + sum(map(shape.count, SMALLS))
    return cased >= CASED_AT_LEAST and capitals >= CAPITALS_SHARE * cased


def phones(text: str, shape: str) -> Iterator[Found]:
    """Yield the numbers that look like phone numbers."""
    for found in _PHONE.finditer(shape):
        if _is_phone(text[found.start() : found.end()]):
            yield "phone", *found.span()


def _is_phone(written: str) -> bool:
    """Return whether 8 to 15 digits, with the characters between them, look like a phone number."""
    if written.startswith("+") or _PARTED_PHONE.fullmatch(written):
        return True
    digits = "".join(filter(str.isdigit, plain_letters(written)))
    return bool(_FIRST_GROUP.match(written) and _LOCAL_PHONE.fullmatch(digits))


def _folded_words(word: str) -> list[str]:
    """Return what the fold makes of a word: one word, or several for a letter such as ½."""
    if word.isascii() and word.isalnum():
        return [word.lower()]
    return fold(word).split()


def repeated_phrases(text: str, shape: str) -> Iterator[Found]:
    """Yield where a phrase is that occurs three times, without overlaps."""
    runs = [found.span() for found in WORD.finditer(shape)]
    if len(runs) < WORDS_IN_PHRASE * TIMES:
        return
    pairs = [(span, word) for span in runs for word in _folded_words(text[slice(*span)])]
    places, words = zip(*pairs, strict=True)
    found: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for at in range(len(words) - WORDS_IN_PHRASE + 1):
        phrase = tuple(words[at : at + WORDS_IN_PHRASE])
        if sum(map(len, phrase)) >= LETTERS_IN_PHRASE:
            before = found[phrase]
            if not before or before[-1] + WORDS_IN_PHRASE <= at:
                before.append(at)
    for firsts in found.values():
        if len(firsts) >= TIMES:
            for at in firsts:
                last = at + WORDS_IN_PHRASE - 1
                yield "repeated-phrase", places[at][0], places[last][1]
