"""The signs that one chunk does not show, the signs of Han letters, and the gates of scored rules.

The former are letters apart, emoji, capitals, phone numbers, repeated phrases, and:

- names in pieces: adverts take a name apart so that no list of words finds it. Its letters are in
  groups of one or two or in frames, the number stands apart, emoji take the place of letters, or
  the letters are what a faulty conversion left of dressed ones;
- proportions: how long a text is, and how much of it is dressed. A dressed name in a plain sentence
  is how adverts hide a name; a text that is dressed throughout is how people decorate what they
  say. A word here is a chunk.

A gate says what a text must look like for a scored rule to read it. Weights are learned from posts
of one language. Elsewhere the same letters mean something else, and a score would find what nobody
trained it on. `gate_words.json` has the 200 commonest words of each language by wordfreq. `DECIDES`
has the constants that a sign's digest covers, by the room under which they are published.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from matcher.fold import STRICT, CodePointTable, fold, is_spaceless
from matcher.sign_shapes import (
    CAPITALS,
    DECIDED_IN_CHUNKS,
    DIGITS,
    DRESSED,
    EMOJI,
    FLAG_LETTER,
    HAN,
    JOINER,
    LETTERS,
    LINE_END,
    LISTS,
    MARKS,
    OTHER,
    RARE_HAN,
    SKIN_TONE,
    SMALLS,
    SPACE,
    SPACELESS,
    STROKE,
    WORD,
    Found,
    constants,
    plain_letters,
    signs_of_word,
)
from rules.pack_parts import SCRIPT_GATE, WORDS_GATE, Gate

FEWEST_DIGITS, MOST_HAN_DIGITS = 4, 11
_ANY_HAN = f"[{HAN}{RARE_HAN}]"
_SOME_DIGITS = f"[{DIGITS}]{{{FEWEST_DIGITS},{MOST_HAN_DIGITS}}}+"
_HAN_NUMBER = re.compile(
    rf"(?<![{DIGITS}.,%$-])(?:(?<={_ANY_HAN}){_SOME_DIGITS}|{_SOME_DIGITS}(?={_ANY_HAN}))"
    rf"(?![{DIGITS}.,%$-])"
)
GAP_KINDS = f" ._*|+{OTHER}{EMOJI}{FLAG_LETTER}{SKIN_TONE}{MARKS}-"
"""Kinds of code points that may be between Han letters of one word, apart from ends of clauses."""

_HAN_GAP = f"[{GAP_KINDS}]{{1,4}}+"
_HAN_APART = re.compile(rf"{_ANY_HAN}(?:{_HAN_GAP}{_ANY_HAN}){{2,}}+")
_RARE = re.compile(f"{RARE_HAN}+")


def han_in(text: str, shape: str) -> Iterator[Found]:
    """Yield the signs of Han letters in a chunk, in whose shape addresses are spaces."""
    for found in _HAN_NUMBER.finditer(shape):
        if text[found.end() : found.end() + 1] not in LISTS.counters or found.end() == len(text):
            yield "han-number", *found.span()
    yield from (("rare-han", *found.span()) for found in _RARE.finditer(shape))


def han_apart(shape: str) -> Iterator[Found]:
    """Yield where three Han letters or more are apart, and no clause ends between them."""
    yield from (("han-apart", *found.span()) for found in _HAN_APART.finditer(shape))


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
    """Yield at least the wanted signs of a part that are not in one chunk, sign by sign.

    With `names`, signs of words are wanted, which letters apart may have together.
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


PIECES_ALONE, PIECES_BEFORE_NUMBER = 4, 3
LETTERS_IN_FRAMES, KINDS_OF_EMOJI = 3, 4
BROKEN, BROKEN_IN_ROW, KINDS_OF_BROKEN = ("\ud400-\ud7a3", "\uf130-\uf189"), 4, 3
"""The lowest 16 bits of mathematical and of enclosed letters."""

BEFORE_NUMBERS = f"{EMOJI}{FLAG_LETTER}{OTHER}`*^|_"
_SYMBOLS = f"{EMOJI}{FLAG_LETTER}{SKIN_TONE}{OTHER}!"
_DIGIT, _MARKS = f"[{DIGITS}]", f"[{MARKS}]*+"
_BEGINS = f"(?<![{LETTERS}{DIGITS}{MARKS}/@.#])"
_ENDS = rf"(?![{LETTERS}{DIGITS}{MARKS}%])(?![.,:/-]{_DIGIT})"
_NAME = f"{_BEGINS}[{LETTERS}][{LETTERS}{MARKS}]{{2,}}+"
_NUMBER_APART = re.compile(
    rf"{_NAME}(?:[{BEFORE_NUMBERS}]{_MARKS}){{1,3}}+"
    rf"(?:(?:{_DIGIT}{_MARKS}){{2,3}}+|{_DIGIT}\.{_DIGIT}){_ENDS}"
)
_SAME_DIGITS = re.compile(
    rf"{_NAME}(?:[ -]?{_DIGIT}(?:[./ -]{_DIGIT}){{2}}|{_DIGIT} {_DIGIT}|-{_DIGIT}-{_DIGIT}){_ENDS}"
)
_EMOJI_WITH_NUMBER = re.compile(
    rf"(?<![{_SYMBOLS}{MARKS}])(?:[{_SYMBOLS}]{_MARKS}|{_DIGIT}[{MARKS}]++){{4,}}+"
    rf"{_DIGIT}{{2,3}}+{_ENDS}"
)
_SYMBOL_AND_DIGIT = re.compile(f"[{_SYMBOLS}{BEFORE_NUMBERS}{MARKS}]{_DIGIT}")
_DIGITS_APART = re.compile(f"{_DIGIT}[./ -]{_DIGIT}")
_PIECE = f"(?:[{CAPITALS}{DRESSED}]{_MARKS}){{1,2}}+(?![{LETTERS}])"
_PIECES = re.compile(
    rf"{_BEGINS}(?P<pieces>{_PIECE}(?:[ -]{_PIECE}){{2,}}+)"
    rf"(?P<number> ?{_DIGIT}(?: ?{_DIGIT}){{1,2}}+(?!{_LETTER}))?+"
)
_FRAME = f"[^{LETTERS}{DIGITS}{SPACE}{LINE_END}{HAN}{SPACELESS}@#.*_-]"
_FRAMED = re.compile(
    rf"(?<!{_LETTER}){_LETTER}{_MARKS}(?:{_FRAME}{{1,4}}+ ?{_FRAME}{{0,3}}+"
    rf"{_LETTER}{_MARKS}(?!{_LETTER})){{3,}}+"
)
_IN_FRAME = re.compile(f"{_FRAME}{_LETTER}{_MARKS}{_FRAME}")
_BROKEN = re.compile("|".join(f"[{codes}]{{{BROKEN_IN_ROW},}}+" for codes in BROKEN))


def names_in_pieces(text: str, shape: str) -> Iterator[Found]:
    """Yield where a name is in pieces. A quick look for what is rare comes before each slow one.

    >>> list(names_in_pieces("main di HO KI BE T 88", "aaaa aa AA AA AA A 11"))
    [('name-in-pieces', 8, 21)]
    """
    spans: list[tuple[int, int]] = []
    if _SYMBOL_AND_DIGIT.search(shape):
        spans += [found.span() for found in _NUMBER_APART.finditer(shape)]
        spans += _emoji_with_number(text, shape)
    if _DIGITS_APART.search(shape):
        spans += _same_digits(text, shape)
    spans += _pieces(shape)
    if _IN_FRAME.search(shape):
        spans += _framed(shape)
    spans += _broken(text)
    yield from (("name-in-pieces", *span) for span in spans)


def _emoji_with_number(text: str, shape: str) -> Iterator[tuple[int, int]]:
    for found in _EMOJI_WITH_NUMBER.finditer(shape):
        others = [at for at in range(*found.span()) if shape[at] not in DIGITS + MARKS]
        if len({text[at] for at in others}) >= KINDS_OF_EMOJI:
            yield found.span()


def _same_digits(text: str, shape: str) -> Iterator[tuple[int, int]]:
    for found in _SAME_DIGITS.finditer(shape):
        if len(set(filter(str.isdigit, plain_letters(text[slice(*found.span())])))) == 1:
            yield found.span()


def _pieces(shape: str) -> Iterator[tuple[int, int]]:
    for found in _PIECES.finditer(shape):
        fewest = PIECES_BEFORE_NUMBER if found["number"] else PIECES_ALONE
        if len(re.split("[ -]", found["pieces"])) >= fewest:
            yield found.span()


def _framed(shape: str) -> Iterator[tuple[int, int]]:
    for found in _FRAMED.finditer(shape):
        if sum(map(found[0].count, LETTERS)) >= LETTERS_IN_FRAMES:
            yield found.span()


def _broken(text: str) -> Iterator[tuple[int, int]]:
    for found in _BROKEN.finditer(text):
        if len(set(found[0])) >= KINDS_OF_BROKEN:
            yield found.span()


NEAR = 12
_GROUP = f"[{DIGITS}]{{3,6}}+(?![{DIGITS}])"
_BETWEEN = f"[{GAP_KINDS}]{{0,3}}+[{LETTERS}{HAN}]{{0,2}}+[{GAP_KINDS}]{{0,3}}+"
_GROUPS = re.compile(rf"(?<![{DIGITS}.,$%+/=_-]){_GROUP}(?:{_BETWEEN}{_GROUP}){{1,3}}+(?!%)")
_CONTACT = re.compile(r"(?!(?:0\d{9,11}|1[3-9]\d{9}|[48]00\d{7}|(?:19|20)\d{6})\Z)\d{8,12}")
_ALIKE = re.compile(
    r"(?i)[抠摳叩蔻寇冦窛筘嶶]|[企乞][鹅鵝]|(?<![折代抵划满])扣(?![除款费减押缴])|(?<![蔷采])薇"
    r"|(?<![a-z])q(?![a-z&])|(?<![出入路窗门])口 ?\n|[加伽迦卫威喂] ?\n|\n ?[口卫威喂]"
)  # a line end stands for the number


def contacts_in_pieces(text: str, shape: str) -> Iterator[Found]:
    """Yield the numbers in pieces, but no usual ones, next to a sound-alike of a messenger.

    >>> list(contacts_in_pieces("看片 29526 Q 77544", "hh 11111 A 11111"))
    [('contact-in-pieces', 3, 16)]
    """
    for found in _GROUPS.finditer(shape):
        start, end = found.span()
        plain = plain_letters(text[start:end])
        digits, letters = ("".join(filter(of, plain)) for of in (str.isdigit, str.isalpha))
        near = letters or f"{text[max(0, start - NEAR) : start]}\n{text[end : end + NEAR]}"
        if _CONTACT.fullmatch(digits) and _ALIKE.search(near):
            yield "contact-in-pieces", start, end


SOME_WORDS, MANY_WORDS = 13, 26
DRESSED_IN_WORD, PLAIN_FOR_DRESSED, DRESSED_WORDS = 2, 2, 3

_WORD = re.compile(f"[^{SPACE}{LINE_END}]+")
_DRESSED_LETTER = re.compile(f"[{DRESSED}{STROKE}]")
_PLAIN_LETTER = re.compile(f"[{SMALLS}{CAPITALS}]")


def signs_of_proportions(text: str, shape: str) -> Iterator[Found]:
    """Yield the signs of a part's length, and of its share of dressed words."""
    signs = [length_sign(len(_WORD.findall(shape))), dress_sign(shape)]
    yield from ((sign, 0, len(text)) for sign in signs if sign)


def length_sign(words: int) -> str:
    """Return the sign of a text with so many words, or ""."""
    if words < SOME_WORDS:
        return ""
    return "words-13-25" if words < MANY_WORDS else "words-26"


def dress_sign(shape: str) -> str:
    """Return the sign of a text by its dressed and its plain words, or ""."""
    if not _DRESSED_LETTER.search(shape):
        return ""
    dressed = plain = 0
    for word in _WORD.findall(shape):
        if len(_DRESSED_LETTER.findall(word)) >= DRESSED_IN_WORD:
            dressed += 1
        elif _PLAIN_LETTER.search(word):
            plain += 1
    if dressed and plain >= PLAIN_FOR_DRESSED * dressed:
        return "dressed-in-plain"
    return "dressed-text" if dressed >= DRESSED_WORDS and plain < dressed else ""


_constants = partial(constants, globals())
DECIDES = DECIDED_IN_CHUNKS | {
    "han": _constants(
        "DIGITS EMOJI FEWEST_DIGITS FLAG_LETTER GAP_KINDS HAN MARKS MOST_DIGITS=MOST_HAN_DIGITS "
        "OTHER RARE_HAN SKIN_TONE _ANY_HAN _APART=_HAN_APART _GAP=_HAN_GAP "
        "_NUMBER=_HAN_NUMBER _RARE _SOME_DIGITS"
    ),
    "parts": _constants(
        "CAPITALS CAPITALS_SHARE CASED_AT_LEAST DIGITS EMOJI FLAG_LETTER JOINER LETTERS "
        "LETTERS_IN_PHRASE MARKS OTHER SKIN_TONE SMALLS SPACE TIMES WORD WORDS_IN_PHRASE _APART "
        "_EMOJI _EMOJI_MARKS _FIRST_GROUP _GAP _IN_WORDS _LETTER _LOCAL_PHONE _PARTED_PHONE "
        "_PHONE _REPEATED_MARKS _UNIT _WRAPPED"
    ),
    "pieces": _constants(
        "BEFORE_NUMBERS BROKEN BROKEN_IN_ROW CAPITALS DIGITS DRESSED EMOJI FLAG_LETTER HAN "
        "KINDS_OF_BROKEN KINDS_OF_EMOJI LETTERS LETTERS_IN_FRAMES LINE_END MARKS OTHER "
        "PIECES_ALONE PIECES_BEFORE_NUMBER SKIN_TONE SPACE SPACELESS _BEGINS _BROKEN _DIGIT "
        "_DIGITS_APART _EMOJI_WITH_NUMBER _ENDS _FRAME _FRAMED _IN_FRAME _MARKS _NAME "
        "_NUMBER_APART _PIECE _PIECES _SAME_DIGITS _SYMBOLS _SYMBOL_AND_DIGIT _UNIT=_LETTER"
    ),
    "contacts": _constants("NEAR _ALIKE _CONTACT _GROUPS"),
    "proportions": _constants(
        "CAPITALS DRESSED DRESSED_IN_WORD DRESSED_WORDS LINE_END MANY_WORDS PLAIN_FOR_DRESSED "
        "SMALLS SOME_WORDS SPACE STROKE _DRESSED_LETTER _PLAIN_LETTER _WORD"
    ),
}
"""What decides the signs of each room, by the name under which it is published."""


GATES_VERSION = 1
"""Counts changes to the code of gates. Raise it when a gate lets other texts pass."""

INSIDE, OUTSIDE = "y", "n"

FEW_WORDS = 4
"""A text of so few words need not have a common one."""

CHINESE, LETTERS_IN_HAN = "Chinese", 5
"""The script for Han letters next to links and names in Latin, and what one such letter counts.

A letter that is a word by itself, as a Han letter is, counts as five: as many as a Latin word has.
"""

SCRIPTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Latin": (("a", "z"), ("\u00aa", "\u024f"), ("\u1e00", "\u1eff")),
    "Cyrillic": (("\u0400", "\u052f"),),
    "Greek": (("\u0370", "\u03ff"),),
    "Arabic": (("\u0600", "\u06ff"), ("\u0750", "\u077f")),
    "Han": (("\u3400", "\u9fff"),),
    CHINESE: (("\u3400", "\u9fff"),),
    "Thai": (("\u0e00", "\u0e7f"),),
    "Devanagari": (("\u0900", "\u097f"),),
}
"""The letters of each script, after the fold of styles and widths."""


def passes(text: str, gate: Gate) -> bool:
    """Return whether a text looks as a gate wants it.

    >>> passes("Main slot di sini, 𝐠𝐚𝐜𝐨𝐫 sekali", Gate("Latin", "id"))
    True
    >>> passes("Play the slots in this casino", Gate("Latin", "id")), passes("слот", Gate("Latin"))
    (False, False)
    """
    return (not gate.script or _is_in_script(text, gate.script)) and (
        not gate.words_of or _has_word(text, gate.words_of)
    )


def _is_in_script(text: str, script: str) -> bool:
    """Return whether half of the letters are of a script, or there is no letter."""
    letters = text.translate(letters_of(script))
    return 2 * letters.count(OUTSIDE) <= len(letters)


@cache
def letters_of(script: str) -> CodePointTable[str]:
    """Return what letters each code point is folded to: `INSIDE` the script, or `OUTSIDE`.

    >>> "Aé, \u0434𝐠".translate(letters_of("Latin")), "加vx".translate(letters_of("Chinese"))
    ('yyny', 'yyyyynn')
    """
    inside = _pattern_of(script)

    def counted(letter: str) -> str:
        kind = INSIDE if inside.fullmatch(letter) else OUTSIDE
        return kind * (LETTERS_IN_HAN if script == CHINESE and is_spaceless(letter) else 1)

    def letters(code: int) -> str:
        return "".join(map(counted, filter(str.isalpha, STRICT[code])))

    return CodePointTable(letters)


@cache
def _pattern_of(script: str) -> re.Pattern[str]:
    ranges = (f"{re.escape(first)}-{re.escape(last)}" for first, last in SCRIPTS[script])
    return re.compile(f"[{''.join(ranges)}]+")


def _has_word(text: str, language: str) -> bool:
    words = fold(text).split()
    return len(words) <= FEW_WORDS or not words_of(language).isdisjoint(words)


@cache
def words_of(language: str) -> frozenset[str]:
    """Return the folded words of a list."""
    return frozenset(fold(word).strip(" ") for word in _data()["words"][language].split())


def gate_definitions() -> dict[str, dict[str, object]]:
    """Return all that decides each gate, by its id in a set."""
    folded: dict[str, object] = {"code": GATES_VERSION, "unicode": unicodedata.unidata_version}
    gates = {SCRIPT_GATE.format(name): folded | {"letters": SCRIPTS[name]} for name in SCRIPTS}
    gates[SCRIPT_GATE.format(CHINESE)]["word"] = LETTERS_IN_HAN
    for language in word_lists():
        words = {"few": FEW_WORDS, "words": sorted(words_of(language))}
        gates[WORDS_GATE.format(language)] = folded | words
    return gates


@cache
def word_lists() -> tuple[str, ...]:
    """Return the ids of the lists of words."""
    return tuple(_data()["words"])


@cache
def _data() -> Any:
    return msgspec.json.decode(Path(__file__).with_name("gate_words.json").read_bytes())
