"""Finds the stretches of a text that may be words in disguise.

The fold already undoes disguises of single letters. This module finds the others: digits and signs
among letters, stretched letters, letters kept apart, letters masked by a star, a letter of a
foreign script, and words run together after a hash. Which words a candidate hides depends on the
terms; see `readings`.

A text is first turned into a shape with one character for the kind of each of its characters.
Patterns then search the shape, which is the same for all scripts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise, product
from typing import Self

from matcher.aligned import Opaque, opaque_spans
from matcher.fold import FOLD, CodePointTable, is_spaceless
from matcher.lookalikes import (
    HASHES,
    IN_CAPITALS,
    LOOKALIKES,
    SPACED,
    STAR,
    STARS,
    STRETCHED,
    has_run_of_three,
    notation_spans,
    with_spans_replaced,
)

_DROPPED, _HAN, _SPACELESS = "\x02", "h", "z"
LONGEST = 60
"""Units of a candidate. Longer ones are not words."""


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
_DOMAIN = re.compile("-w")
_WRITTEN_LEFTWARD = r"\u0590-\u06ff\ufb1d-\ufdff\ufe70-\ufefc"
_LEFTWARD, _RIGHTWARD = f"[{_WRITTEN_LEFTWARD}]", rf"[^\W{_WRITTEN_LEFTWARD}]"
_TURNS = re.compile(
    rf"(?<={_LEFTWARD}{{3}})(?={_RIGHTWARD}{{3}})|(?<={_RIGHTWARD}{{3}})(?={_LEFTWARD}{{3}})"
)
_SIGN_INSIDE = re.compile(r"[$*][wd$*]")
_ENDS_WORD = ("$", "+")
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

    Such signs come before the @ (p!@no), lie inside the word (@n@l), or are a $ or + at its end
    (@lert$). Names have neither.
    """
    for start, end, is_link in spans:
        before, after = shape[start - 1 : start] or " ", shape[end : end + 2]
        in_word = before in "wd$*" or _SIGN_INSIDE.match(after) or text[end : end + 1] in _ENDS_WORD
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
                is_address = "@" in units and _DOMAIN.match(shape, last) and text[last] == "."
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


def _units(text: str, shape: str, places: range) -> tuple[str, tuple[int, ...]]:
    units: list[str] = []
    at: list[int] = []
    for here in places:
        kind = shape[here]
        if kind == _DROPPED:
            continue
        plain = STAR if kind == STAR else text[here] if kind == "$" else FOLD[ord(text[here])]
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
    separators = [_separator(text, shape, *pair) for pair in pairwise(places)]
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
                    units, at = _chain_units(text, shape, places[begin : end + 1])
                    yield _candidate(text, CandidateKind.APART, units, at, separator)
        first = last


def _separator(text: str, shape: str, before: int, after: int) -> str:
    inner = range(before + 1, after)
    kept = (" " if shape[at] == " " else text[at] for at in inner if shape[at] != _DROPPED)
    return "".join(kept)


def _chain_units(text: str, shape: str, places: list[int]) -> tuple[str, tuple[int, ...]]:
    pairs = [
        (char, at)
        for at in places
        for char in (text[at] if shape[at] == "$" else FOLD[ord(text[at])].strip())
    ]
    return "".join(char for char, _ in pairs), tuple(at for _, at in pairs)


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
