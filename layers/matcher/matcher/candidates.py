r"""Finds the stretches of a text that may be words in disguise, and fits them to words.

The fold already undoes disguises of single letters. This module finds the others: digits and signs
among letters, stretched letters, letters kept apart, letters masked by a star, a letter of a
foreign script, and words run together after a hash. Which words a candidate hides depends on the
terms; see `readings`. A text is first turned into a shape with one character for the kind of each
of its characters. Patterns then search the shape, which is the same for all scripts.

Signs among letters that are notation and not a disguise: typography, sums, code, numbering.

- Stars set words *off* and point to footnotes. A bullet at the edge of a word begins an item.
- In 2*a = b*c, stars multiply; in $70K, $1.5m+ and 50k$, digits count money.
- In `$hit->{n}`, `\s*m`, `part*.txt` and 8ab1-dbce, signs and digits belong to code. If a text has
  one variable, all its words with `$` are variables.
- In "that's" and "l'an", a single letter is part of a word; in "File5.2" and 1e90, digits count.

Limits: a formula or a line of code without any of these signs is read like any other text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise, product
from typing import Self

from matcher.aligned import Opaque, opaque_spans
from matcher.fold import FOLD, CodePointTable, is_spaceless

LOOKALIKES = {
    "0": "o", "1": "il", "!": "il", "|": "il", "3": "eз", "€": "e", "4": "aч", "@": "a", "5": "s",
    "$": "s", "§": "s", "6": "gб", "9": "g", "7": "t", "+": "t", "8": "b", "¢": "c",
}  # fmt: skip
"""Digits and signs, and the letters that each may replace."""

STAR = "*"
"""The unit that may replace any letter."""

BULLETS = "•●"
STARS = f"*＊∗⁎✱✲{BULLETS}"
HASHES = "#＃"
_CAPITALS = r"A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a9\u0400-\u042f"  # Latin, Greek, Cyrillic
IN_CAPITALS = rf"(?=\w*(?:[^\W\d_{_CAPITALS}][{_CAPITALS}]|[{_CAPITALS}]{{2}}[^\W\d_{_CAPITALS}]))"
"""A pattern for words run together after a hash, of which a later one begins with a capital."""

_RUN_OF_THREE = re.compile(r"([^\W\d])\1\1|(?<=[^\W\d])(\d)\2\2(?=[^\W\d])")


def fit_of(word: str, units: str) -> list[int] | None:
    """Return the unit for each letter of a word, or None if some unit does not fit.

    If the word's last letter is repeated, its place is that of the last repetition. A run of a
    letter is as long as in the word, or longer if some unit occurs three times in a row.

    >>> fit_of("bomb", "b0mb"), fit_of("bomb", "boooomb"), fit_of("bomb", "boomb")
    ([0, 1, 2, 3], [0, 1, 5, 6], None)
    """
    if not _RUN_OF_THREE.search(units):
        same = len(word) == len(units) and all(map(_stands_for, units, word))
        return list(range(len(units))) if same else None
    return _stretched_fit(word, units)


def _stands_for(unit: str, letter: str) -> bool:
    return unit == letter or letter in LOOKALIKES.get(unit, "")


def _stretched_fit(word: str, units: str) -> list[int] | None:
    """Return the fit of a word whose runs of letters may be longer in the units.

    The simple way is a search by `i+l+i+`, which may try every way to divide a run of signs that
    fit both letters. Here bit `n` of `ends[at]` says that the units from `at` on may follow
    the first `n` letters, and each unit is looked at once.
    """
    step, stay = dict.fromkeys(units, 0), dict.fromkeys(units, 0)
    for unit in step:
        for number, letter in enumerate(word):
            if _stands_for(unit, letter):
                step[unit] |= 1 << number
                ends_run = word[number + 1 : number + 2] != letter
                stay[unit] |= (ends_run and letter.isalpha()) << number + 1
    ends = [1 << len(word)]
    for unit in reversed(units):
        ends.append((step[unit] & ends[-1] >> 1) | (stay[unit] & ends[-1]))
    ends.reverse()
    if not ends[0] & 1:
        return None
    fit: list[int] = []
    for at, unit in enumerate(units):
        if not stay[unit] & ends[at + 1] & 1 << len(fit):  # a run is as long as it can be
            fit.append(at)
    fit[-1] = len(units) - 1
    return fit


_EMPHASIS = re.compile(
    r"(?<![wdz*\x02])([*]+)(?=[wdhz$])[^*\n]{1,300}(?<=[^ *])([*]+)(?![wdz*\x02])"
)
_FOOTNOTE = re.compile(r"(?:^|\n)[ \t]*[*＊∗⁎]+[ \t]*\w")
_POINTS_TO_FOOTNOTE = re.compile(r"(?<=[wdz])[*]+(?![wdz*])")
_WILDCARD = re.compile(r"(?<=[_:>/.\\])\w{1,60}[*]|\w[*](?=[(/=>`])|\w[*](?=\.\w)")
_BULLET = re.compile(rf"(?<![\w{BULLETS}])[{BULLETS}]+|[{BULLETS}]+(?![\w{BULLETS}])")
_FACTOR = r"(?:[^\W\d_\u0590-\u06ff]|\d{1,9})"  # (a*b) is a formula; (ر*ا) is a word
_PRODUCT = re.compile(rf"(?<![\w*]){_FACTOR}(?:\*{_FACTOR})+(?![\w*])")
_OPERATOR_BEFORE = re.compile(r"[-+=/^<>(][ \t]?$")
_OPERATOR_AFTER = re.compile(r"[ \t]?(?:[+=/^<>]|[)\]]?[ \t]?[-+=/^*])")
_VARIABLE = re.compile(r"\$\w{1,60}(?=->|[\[{(]|[ \t]?=)|\$[^\W_]{1,60}_\w")
_ANY_VARIABLE = re.compile(r"\$\w{1,60}")
_PATTERN_CLASS = re.compile(r"\\[sSwWdDbB](?:[*+]\w*|[*+]?[$|])")
_HEX = "[0-9A-Fa-f]"  # the patterns below begin with a plain character, which `re` finds fast
_SERIAL = re.compile(rf"{_HEX}(?<![\w-].){_HEX}{{1,11}}(?:-{_HEX}{{4,12}}){{2,}}(?!\w)")
_NUMBER = re.compile(
    rf"(?:\d(?<![\w+!|$@].)(?:\d{{0,19}}[Ee]\d{{1,4}}|(?<=0)[Xx]{_HEX}{{1,40}})"
    rf"|#(?<![\w+!|$].){_HEX}{{6}}(?:{_HEX}{{2}})?)(?!\w|[+!@]+\d?[^\W\d_])"
)
_PRICE = re.compile(
    r"\$(?<![\w+!|$@].)\d[\d.,]*[kKmMbB]?[+]?(?![\w+!|$])"
    r"|\d(?<![\w+!|$@].)[\d.,]{0,12}[kKmMbB]\$(?![\w+!|$])"
)
_CLITIC = re.compile(  # begins with its apostrophe, like the patterns above
    r"['’](?:(?<=\w\w.)(?=([^\W\d_])(?!\w))|(?<=[^\W\d_].)(?<!\w\w.)(?=\w\w))"
)
_CHAPTER = re.compile(r"\d(?<=[^\W\d_].)(?=[.]\d)")


def notation_spans(text: str, shape: str) -> Iterator[tuple[int, int]]:
    """Yield the half-open code points of a text with this shape that are notation."""
    if STAR in shape:
        yield from _stars(text, shape)
    if "$" in text:
        yield from (found.span() for found in _PRICE.finditer(text))
        if _VARIABLE.search(text):
            yield from (found.span() for found in _ANY_VARIABLE.finditer(text))
    if "\\" in text:
        yield from (found.span() for found in _PATTERN_CLASS.finditer(text))
    if "'" in text or "’" in text:
        for found in _CLITIC.finditer(text):
            letter = found.start() + 1 if found[1] else found.start() - 1
            yield letter, letter + 1
    if "d" in shape:
        for pattern in (_SERIAL, _NUMBER, _CHAPTER):
            yield from (found.span() for found in pattern.finditer(text))


def _stars(text: str, shape: str) -> Iterator[tuple[int, int]]:
    for found in _EMPHASIS.finditer(shape) if shape.count(STAR) > 1 else ():
        yield found.span(1)
        yield found.span(2)
    if _FOOTNOTE.search(text):
        yield from (found.span() for found in _POINTS_TO_FOOTNOTE.finditer(shape))
    yield from ((found.end() - 1, found.end()) for found in _WILDCARD.finditer(text))
    yield from (found.span() for found in _BULLET.finditer(text))
    for found in _PRODUCT.finditer(text):
        start, end = found.span()
        before, after = text[max(0, start - 2) : start], text[end : end + 4]
        if _OPERATOR_BEFORE.search(before) or _OPERATOR_AFTER.match(after):
            yield start, end


def with_spans_replaced(shape: str, spans: Iterable[tuple[int, int]], kind: str = "-") -> str:
    """Return a shape with some spans replaced; they may overlap. A `-` is never read."""
    pieces, at = [], 0
    for start, end in sorted(spans):
        first = max(start, at)
        pieces += [shape[at:first], kind * (end - first)]
        at = max(end, at)
    return "".join([*pieces, shape[at:]])


STRETCHED = re.compile(r"([^\W\d_])\1\1", re.IGNORECASE)
"""Three equal letters in a row."""

SPACELESS = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
"""Letters of scripts without spaces, in which #topics and @names occur inside sentences."""

SPACED = rf"[^\W\d_{SPACELESS}]"
"""A pattern for one letter of any other script."""


def has_run_of_three(folded: str) -> bool:
    """Return whether a character occurs three times in a row. It may be true without one.

    The simple way is a search by pattern, which takes ten times as long. Here all neighbours are
    compared at once, as the bytes of two long integers.
    """
    width, encoding = (1, "ascii") if folded.isascii() else (4, "utf-32-le")
    data = folded.encode(encoding, "surrogatepass")
    number = int.from_bytes(data, "little")
    unlike = number ^ (number >> 8 * width)
    unlike |= unlike >> 8 * width
    return bytes(width) in unlike.to_bytes(len(data), "little")[: -2 * width]


_DROPPED, _HAN, _SPACELESS = "\x02", "h", "z"
LONGEST = 60  # units of a candidate: longer ones are not words


class CandidateKind(StrEnum):
    """How the letters of a candidate are written."""

    WORD = "word"  # together
    APART = "apart"  # one by one, with the same separator between them
    HASHTAG = "hashtag"  # words run together, each with a capital
    MENTION = "mention"  # together, after an @ that may be one of them


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of a text that may be a word in disguise.

    `units` has one character for each letter, digit, sign or star, with letters folded. `at[i]` is
    the code point of the text that gave `units[i]`, and `written[i]` is the character there.
    `separator` is what lies between letters apart.
    """

    kind: CandidateKind
    units: str
    at: tuple[int, ...]
    written: str
    separator: str = ""

    @property
    def start(self) -> int:
        """The index of the first code point."""
        return self.at[0]

    @property
    def end(self) -> int:
        """The index after the last code point."""
        return self.at[-1] + 1

    def part(self, first: int, last: int) -> Self:
        """Return the candidate with only the units from `first` to before `last`."""
        cut = slice(first, last)
        units, at, written = self.units[cut], self.at[cut], self.written[cut]
        return type(self)(self.kind, units, at, written, self.separator)


def find_candidates(text: str) -> list[Candidate]:
    """Find what may be words in disguise, in the order of the text. Some may overlap.

    >>> candidates = find_candidates("B0mb, b.o.m.b or b*mb #BigWord")
    >>> [(candidate.kind.value, candidate.units) for candidate in candidates]
    [('word', 'b0mb'), ('apart', 'bomb'), ('word', 'b*mb'), ('hashtag', 'big word')]
    """
    shape = _shape(text)
    spans = opaque_spans(text)
    candidates = list(_mentions(text, shape, spans))
    shape = with_spans_replaced(shape, _opaque(text, shape, spans))
    shape = with_spans_replaced(shape, notation_spans(text, shape))
    candidates += (*_apart(text, shape), *_words(text, shape), *_hashtags(text, shape))
    return sorted(candidates, key=lambda candidate: (candidate.start, -candidate.end))


def hashtags_in(chunk: str) -> Iterator[str]:
    """Yield the units of the hashtags of a text that may have several words.

    >>> list(hashtags_in("(#BigWord)"))
    ['big word']
    """
    if any(hash_ in chunk for hash_ in HASHES):
        yield from (candidate.units for candidate in _hashtags(chunk, _shape(chunk)))


def _kind(code: int) -> str:
    """Return one character for the kind of a character.

    w letter, d digit, $ sign that may be a letter, * star, h Han, z other letter of a spaceless
    script, space, newline, - anything else.
    """
    char, folded = chr(code), FOLD[code]
    if char in STARS:
        return STAR
    if char in LOOKALIKES:
        return "d" if char.isdigit() else "$"
    if not folded:
        return _DROPPED
    if is_spaceless(char):
        return _HAN if "\u3400" <= folded[1] <= "\u9fff" else _SPACELESS
    if folded[0] == " ":
        return char if char == "\n" else " " if char.isspace() else "-"
    return "d" if folded.isdigit() else "w"


_kinds = CodePointTable(_kind)
_first_letters = CodePointTable(lambda code: FOLD[code][:1] or _DROPPED)  # so places stay the same
_HASHTAG = re.compile(rf"(?<!\w)[{HASHES}]{IN_CAPITALS}\w{{3,100}}")
_APART_AS_SPACE = str.maketrans(dict.fromkeys("-\nhz", " "))
_MIXED = re.compile(r"[d$*](?=w)|[d$*](?<=w.)")
_MIXED_AROUND_DROPPED = re.compile(rf"w{_DROPPED}*[d$*]|[d$*]{_DROPPED}*w")
_LATIN, _ARABIC = r"[A-Za-z\u00c0-\u024f]", r"[\u0620-\u06ff\ufb50-\ufdff\ufe70-\ufefc]"
_TWO_SCRIPTS_WRITTEN = re.compile(rf"{_ARABIC}(?:(?<={_LATIN}.)|(?={_LATIN}))")
_APART = re.compile(r"(?<![wd*])[wd$](?:[^wdzh]{1,6}?[wd$](?![wd])){2,}")
_HAN_CHAIN = re.compile(
    rf"h(?:{_DROPPED}{{0,2}}(?: [-$*] |[-$* ]){_DROPPED}{{0,2}}h){{2,}}"  # not wider: lists
)
_MASKED_BY_SIGN = re.compile(  # not in C#m, n%s, n%lu
    rf"[#%](?<={SPACED}.)[#%]{{0,3}}(?={SPACED}{{2}})(?<!%(?=[hlz][dioux]))(?<!%(?=ll[dioux]))"
    rf"|#(?<={SPACED}{{2}}.)#{{0,3}}(?={SPACED})"
)
_ESCAPED_STAR = re.compile(r"(?<=[\w*])\\(?=[*][\w\\*])")
_WRITTEN_LEFTWARD = r"\u0590-\u06ff\ufb1d-\ufdff\ufe70-\ufefc"
_LEFTWARD, _RIGHTWARD = f"[{_WRITTEN_LEFTWARD}]", rf"[^\W{_WRITTEN_LEFTWARD}]"
_TURNS = re.compile(
    rf"(?<={_LEFTWARD}{{3}})(?={_RIGHTWARD}{{3}})|(?<={_RIGHTWARD}{{3}})(?={_LEFTWARD}{{3}})"
)
_SIGN_INSIDE = re.compile(r"[$*][wd$*]")
_SIGNS_ALONE = re.compile(r"[$](?:(?=d)|(?<=d[$]))(?<=[d$][$])(?=[d$])")
_ENUMERATING = ",;:&=<>，、；：。！？"


def _shape(text: str) -> str:
    r"""Return the kind of each character. Inside a word # and % are stars, and \* is one."""
    shape = text.translate(_kinds)
    if "#" in text or "%" in text:
        shape = with_spans_replaced(shape, _spans(_MASKED_BY_SIGN, text), STAR)
    if "\\" in text:
        shape = with_spans_replaced(shape, _spans(_ESCAPED_STAR, text), _DROPPED)
    return shape


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in pattern.finditer(text))


def _opaque(text: str, shape: str, spans: list[Opaque]) -> Iterator[tuple[int, int]]:
    """Yield links and mentions, but not an @ in a word that has other signs.

    Such signs come before the @ (p!@no), lie inside the word (@n@l), or are a $, + or @ at its end
    (@lert$). Names have neither.
    """
    for start, end, is_link in spans:
        before, after = shape[start - 1 : start] or " ", shape[end : end + 2]
        ends_in_sign = text[end : end + 1] in ("$", "+", "@")
        in_word = ends_in_sign or before in "wd$*" or _SIGN_INSIDE.match(after)
        if is_link or not in_word:
            yield start, end


def _mentions(text: str, shape: str, spans: list[Opaque]) -> Iterator[Candidate]:
    for start, end, is_link in spans:
        if not is_link and shape[start] == "$" and not shape[start:end].strip("wd$"):
            units, places = _units(text, shape, range(start, end))
            if len(units) <= LONGEST:
                yield _candidate(text, CandidateKind.MENTION, units, places)


def _words(text: str, shape: str) -> Iterator[Candidate]:
    spaced = f" {shape.translate(_APART_AS_SPACE)} "  # so places in it are one further on
    last = 0
    for at in sorted(_evidence(text, shape)):
        if at >= last:
            first, last = spaced.rfind(" ", 0, at + 1), spaced.find(" ", at + 1) - 1
            if last - first < 2 * LONGEST:
                units, places = _units(text, shape, range(first, last))
                is_address = "@" in units and shape.startswith("-w", last) and text[last] == "."
                if 2 < len(units) <= LONGEST and not is_address:
                    yield _candidate(text, CandidateKind.WORD, units, places)


def _evidence(text: str, shape: str) -> Iterator[int]:
    """Yield a place in each word that may be in disguise. Some words give several.

    They have a digit, sign or star next to a letter, a sign inside digits and signs, a run of a
    letter, or letters of two scripts.
    """
    mixed = _MIXED_AROUND_DROPPED if _DROPPED in shape else _MIXED
    yield from (found.start() for found in mixed.finditer(shape))
    if "$" in shape:
        yield from (found.start() for found in _SIGNS_ALONE.finditer(shape))
    if text.isascii():
        if has_run_of_three(text.lower()):
            yield from (found.start() for found in STRETCHED.finditer(text))
        return
    if _DROPPED in shape:
        kept = [at for at, kind in enumerate(shape) if kind != _DROPPED]
        folded = "".join([text[at] for at in kept]).translate(_first_letters)
        yield from (kept[found.start()] for found in STRETCHED.finditer(folded))
    else:
        yield from (found.start() for found in STRETCHED.finditer(text.translate(_first_letters)))
    yield from (found.start() for found in _TWO_SCRIPTS_WRITTEN.finditer(text))


def _units(
    text: str, shape: str, places: Iterable[int], ends: str = ""
) -> tuple[str, tuple[int, ...]]:
    units: list[str] = []
    at: list[int] = []
    for here in places:
        kind = shape[here]
        if kind == _DROPPED:
            continue
        plain = (
            STAR
            if kind == STAR
            else text[here]
            if kind == "$"
            else FOLD[ord(text[here])].strip(ends)
        )
        units += plain
        at += [here] * len(plain)
    return "".join(units), tuple(at)


def _apart(text: str, shape: str) -> Iterator[Candidate]:
    han = _HAN_CHAIN.finditer(shape) if _HAN in shape else ()
    for found in (*_APART.finditer(shape), *han):
        places = [at for at in range(*found.span()) if shape[at] in "wd$h"]
        if shape[places[0]] == _HAN:
            places = [at for at in places if shape[at] == _HAN]
        else:
            places = _singles(shape, places, found.start())
            if _ends_a_word(shape, found.start()):
                places = places[1:]
        for chain in _by_direction(text, places):
            yield from _evenly_separated(text, shape, chain)


def _ends_a_word(shape: str, at: int) -> bool:
    """Return whether only hidden characters are between a letter and the one before it."""
    before = at - 1
    while before >= 0 and shape[before] == _DROPPED:
        before -= 1
    return before >= 0 and shape[before] in "wd"


def _by_direction(text: str, places: list[int]) -> Iterator[list[int]]:
    """Cut a chain where the direction of writing changes, but not at one or two foreign letters."""
    letters = "".join([text[at] for at in places])
    cuts = [found.start() for found in _TURNS.finditer(letters)]
    for first, last in pairwise([0, *cuts, len(places)]):
        yield places[first:last]


def _singles(shape: str, places: list[int], start: int) -> list[int]:
    """Return the letters and signs of a chain that are units, without the signs between units."""
    kept = [start]
    for at in places[1:]:
        if shape[at] in "wd" or (at - kept[-1] > 1 and shape[kept[-1] + 1 : at].strip(_DROPPED)):
            kept.append(at)
    return kept


def _evenly_separated(text: str, shape: str, places: list[int]) -> Iterator[Candidate]:
    """Yield the stretches of a chain that have the same separator between all neighbours.

    Where it changes ("a b.o.m.b"), a letter may be the last of one stretch or the first of the
    next, so both are yielded.
    """
    separators = [
        "".join(
            " " if shape[at] == " " else text[at]
            for at in range(before + 1, after)
            if shape[at] != _DROPPED
        )
        for before, after in pairwise(places)
    ]
    first = 0
    for separator, run in groupby(separators):
        last = first + len(list(run))
        if separator and not any(char in _ENUMERATING for char in separator):
            begins = {first, first + (first > 0)}
            ends = {last, last - (last < len(places) - 1)}
            for begin, end in product(begins, ends):
                if separator.isspace() and shape[places[0]] == _HAN:
                    # in 账单 转 账, 单 belongs to the word before the chain
                    begin += shape[places[begin] - 1 : places[begin]] == _HAN
                    end -= shape[places[end] + 1 : places[end] + 2] == _HAN
                if end - begin > 1:
                    units, at = _units(text, shape, places[begin : end + 1], " ")
                    yield _candidate(text, CandidateKind.APART, units, at, separator)
        first = last


def _hashtags(text: str, shape: str) -> Iterator[Candidate]:
    for found in _HASHTAG.finditer(text) if any(hash_ in text for hash_ in HASHES) else ():
        units: list[str] = []
        at: list[int] = []
        for here in range(found.start() + 1, found.end()):
            if shape[here] == _DROPPED:
                continue
            if shape[here] not in "wd":
                plain = " "
            else:
                begins = text[here].isupper() and (
                    not text[here - 1].isupper() or text[here + 1 : here + 2].islower()
                )
                plain = f"{' ' * begins}{FOLD[ord(text[here])]}"
            if plain[0] == " " and (not units or units[-1] == " "):
                plain = plain[1:]
            units += plain
            at += [here] * len(plain)
        if units:  # a hash in a link has none: links are replaced in the shape
            yield _candidate(text, CandidateKind.HASHTAG, "".join(units), tuple(at))


def _candidate(
    text: str, kind: CandidateKind, units: str, at: tuple[int, ...], separator: str = ""
) -> Candidate:
    return Candidate(kind, units, at, "".join(text[place] for place in at), separator)
