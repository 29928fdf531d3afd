"""A folded text aligned with its original, and what terms do not match inside: links and mentions.

The fold alone cannot say where in the original a match lies. Aligning is slow, so it is done only
for a text in which some rule may be satisfied.

A link begins with `http://`, `https://` or `www.`, or is a host name with a slash after it. It ends
at white space, a quote, a bracket that may enclose links, or a letter of a script without spaces,
which often follows a link directly ("https://t.example/a领取"). Final punctuation does not belong
to it. A mention is an `@` and a name, with no word character before it.

A host name without a slash is not a link, and terms do match inside it: otherwise "otp.send it"
would hide its words. `find_hosts` still finds it, for the `links` of rules.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import NamedTuple, Self

from matcher import fold

_SPACELESS, _DROPPED = "\x01", "\x02"


def _shape(code: int) -> str:
    """Return one character that makes `re` see words where the fold sees them.

    Spaceless letters and dropped characters each become one character, and marks become letters.
    """
    char = chr(code)
    if fold.is_dropped(char):
        return _DROPPED
    if fold.is_spaceless(char):
        return _SPACELESS
    if fold.is_word(char) and not char.isalnum():
        return "m"
    if char.isalnum() and not fold.is_word(char):
        return "'"
    return char.lower() if char.isascii() else char


_shapes = fold.CodePointTable(_shape)

_LINK_END = (
    rf"\s<>\"'`{{}}|\\^«»“”‘’\u3000-\u3020"
    rf"\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65{_SPACELESS}"  # signs, not letters
)
_LETTERS = rf"[\w{_DROPPED}]"
_LABEL = rf"[^\W_](?:[^\W_]|[-{_DROPPED}])*+"
_HOST = rf"(?:{_LABEL}\.)+(?:xn--[a-z0-9-]++|[^\W\d_]{{2,63}}+)"
_SPACELESS_HOST = rf"(?:{_SPACELESS}++[.。])+{_SPACELESS}*+"
_HOST_START = rf"(?<![^\W_])(?<![{_DROPPED}-])(?:(?<![_.@])|[{_DROPPED}-]++(?<={_DROPPED}))"
"""Where a host name may begin, with the hidden characters before it ("\\u200bshop.example").
It cannot begin after a hidden character inside a word. Otherwise each letter of a long word would
be tried as a beginning, up to the word's end."""

_LINK = re.compile(
    rf"(?<!\w)https?://(?:{_SPACELESS_HOST})?[^{_LINK_END}]++"
    rf"|(?<!\w)www\.[^{_LINK_END}]++"
    rf"|{_HOST_START}(?P<host>{_HOST})(?::\d{{1,5}})?/[^{_LINK_END}]*+"
    rf"|(?<!\w)[@＠]{_LETTERS}++(?:[.-]{_LETTERS}++)*+(?:@{_HOST})?"
)
_SIGN = re.compile(r"[/@＠wW](?:(?<![wW])|[wW]{2}\.)")
_BARE_HOST = re.compile(rf"{_HOST_START}(?P<host>{_HOST})(?!\.?[\w-])")
_FINAL_SIGNS = ".,;:!?)]*_~…"


class Opaque(NamedTuple):
    """A link or mention at a half-open span of code points."""

    start: int
    end: int
    is_link: bool


def opaque_spans(text: str) -> list[Opaque]:
    """Find the links and mentions of a text in order, without overlaps.

    The simple way is to search the whole text with one pattern. That is slow, so the search first
    jumps to the few signs that every link and mention has, and tries the pattern only on the run
    of characters without a space around each sign.

    >>> [span[:2] for span in opaque_spans("see www.a.example/otp, @otp")]
    [(4, 21), (23, 27)]
    """
    spans: list[Opaque] = []
    at = 0
    while sign := _SIGN.search(text, at):
        first = max(at, text.rfind(" ", at, sign.start()) + 1)
        at = text.find(" ", sign.end())
        at = len(text) if at < 0 else at
        spans += _opaque_spans(text, first, at)
    return spans


def without_opaque(text: str) -> str:
    """Return a text with a space for each link and mention.

    >>> without_opaque("see www.a.example/otp, @otp and/or otp")
    'see  ,   and/or otp'
    """
    if not _SIGN.search(text):
        return text
    pieces, at = [], 0
    for start, end, _ in opaque_spans(text):
        pieces.append(text[at:start])
        at = end
    return " ".join([*pieces, text[at:]])


def _opaque_spans(text: str, start: int, end: int) -> Iterator[Opaque]:
    """Yield links and mentions between two places at which the text ends or has a space."""
    offset = start
    for found in _LINK.finditer(text[start:end].translate(_shapes)):
        start, end = offset + _start(found), offset + found.end()
        if _follows_word(text, start):
            continue
        if text[start] in "@＠":
            yield Opaque(start, end, is_link=False)
            continue
        end = offset + found.start() + len(found[0].rstrip(_FINAL_SIGNS))
        if fold.host_of(text[start:end]):
            yield Opaque(start, end, is_link=True)


def _start(found: re.Match[str]) -> int:
    """Return where a match begins, without the hidden characters before a host name."""
    return found.start("host") if found["host"] else found.start()


def _follows_word(text: str, start: int) -> bool:
    """Return whether the last character before, apart from dropped ones, belongs to a word."""
    before = start - 1
    while before >= 0 and fold.is_dropped(text[before]):
        before -= 1
    return before >= 0 and fold.is_word(text[before])


def _word_end(text: str, end: int) -> int:
    """Return where a word ends that may go on at `end`, since `re` takes marks for signs."""
    word_end = end
    while end < len(text) and (fold.is_dropped(text[end]) or fold.is_word(text[end])):
        end += 1
        if fold.is_word(text[end - 1]):
            word_end = end
    return word_end


def find_hosts(text: str) -> list[fold.Host]:
    """Find the host names in a text: of its links, and those outside of links.

    >>> [host.name for host in find_hosts("shop.example or https://www.shop.example/x")]
    ['shop.example', 'www.shop.example']
    """
    found, rest = [], list(text)
    for link in opaque_spans(text):
        rest[link.start : link.end] = " " * (link.end - link.start)
        if link.is_link and (host := fold.host_of(text[link.start : link.end])):
            found.append(fold.Host(link.start + host.start, link.start + host.end, host.name))
    bare_hosts = _BARE_HOST.finditer("".join(rest).translate(_shapes))
    found += (
        fold.Host(*bare.span("host"), fold.normal_host(text[bare.start("host") : bare.end()]))
        for bare in bare_hosts
        if len(bare["host"]) <= fold.NAME_LENGTH
        and not _follows_word(text, bare.start("host"))
        and _word_end(text, bare.end()) == bare.end()
    )
    return sorted(found)


OPAQUE = "\ue000"
"""The word that replaces a link or mention. The fold gives no such character."""

READ = "\ue001"
"""The letter in `AlignedText.strict` that the text does not show: a reading supplied it."""

_SEVERAL = "\ue002"
"""Where a code point is folded to no letter, to several, or to one that goes on with a word."""

_ALONE = "\ue003"
"""Where a code point is folded to a letter between spaces that is a word by itself."""

_SPACE = ((" ", " "),)
_OPAQUE = (*_SPACE, (OPAQUE, OPAQUE), *_SPACE)


def _is_mark(code: int) -> bool:
    """Return whether a folded letter is a mark of a spaceless script."""
    char = chr(code)
    return char > "\x7f" and fold.is_spaceless(char) and unicodedata.category(char)[0] == "M"


def _single_in(table: fold.CodePointTable[str]) -> fold.CodePointTable[str]:
    """Return what a code point is folded to: a space or a letter that begins words, or a sign."""

    def single(code: int) -> str:
        folded = fold.FOLD[code]
        letter = folded.strip(" ") or folded[:1]
        if len(letter) != 1 or _marks[ord(letter)]:
            return _SEVERAL
        return table[code] if folded == letter else _ALONE if len(folded) == 3 else _SEVERAL

    return fold.CodePointTable(single)


_pairs = fold.CodePointTable(
    lambda code: tuple(zip(fold.FOLD[code], fold.STRICT[code], strict=True))
)
"""What a code point is folded to, letter by letter, with and without look-alikes."""

_marks = fold.CodePointTable(_is_mark)
_single, _single_strict = _single_in(fold.FOLD), _single_in(fold.STRICT)
_RUNS = re.compile(f"[^ {_SEVERAL}{_ALONE}]+ ?|{_ALONE}+| +|{_SEVERAL}")


class WordReading(NamedTuple):
    """Letters to read at half-open code points of a text, instead of a disguised word.

    `letters` is folded and may have spaces. `at[i]` is the code point read as `letters[i]`.
    """

    start: int
    end: int
    letters: str
    at: tuple[int, ...]
    evasion: frozenset[fold.Evasion]


class _Alignment:
    """The letters of a fold so far, each with its place in the text and its word.

    The simple way is to add each letter by itself. Here runs of letters that are folded to one each
    are added at once.
    """

    def __init__(self) -> None:
        self.folded, self.strict = [" "], [" "]
        self.source, self.words = [0], [-1]
        self._word, self._spaced = -1, True

    def add_text(self, text: str, at: int) -> None:
        folded, strict = text.translate(_single), text.translate(_single_strict)
        for run in _RUNS.finditer(folded):
            start, end = run.span()
            if folded[start] == _SEVERAL:
                self.add(at + start, _pairs[ord(text[start])])
            elif folded[start] == _ALONE:
                self._add_alone(text[start:end], at + start)
            elif folded[start] != " ":
                self._word += self._spaced
                self._spaced = folded[end - 1] == " "
                self.folded.append(run[0])
                self.strict.append(strict[start:end])
                self.source += range(at + start, at + end)
                self.words += [self._word] * (end - start)
            elif not self._spaced:
                self.add(at + start, _SPACE)

    def _add_alone(self, letters: str, at: int) -> None:
        """Add letters that are words by themselves, each with a space after it."""
        if not self._spaced:
            self.add(at, _SPACE)
        for pieces, table in ((self.folded, fold.FOLD), (self.strict, fold.STRICT)):
            pieces.append(letters.translate(table).replace("  ", " ")[1:])
        for places, first in ((self.source, at), (self.words, self._word + 1)):
            numbers = range(first, first + len(letters))
            places += chain.from_iterable(zip(numbers, numbers, strict=True))
        self._word += len(letters)

    def add(self, at: int, letters: tuple[tuple[str, str], ...]) -> None:
        for plain, seen in letters:
            if plain == " ":
                if self._spaced:
                    continue
                self._spaced = True
            elif self._spaced:
                self._spaced = False
                self._word += not _marks[ord(plain)]
            self.folded.append(plain)
            self.strict.append(seen)
            self.source.append(at)
            self.words.append(self._word)


@dataclass(frozen=True, slots=True)
class AlignedText:
    """A text folded as by `fold`, except that each link or mention becomes one word, `OPAQUE`.

    `source[i]` is the code point of `text` that gave `folded[i]`. `words[i]` is the number of the
    word that `folded[i]` belongs to (a space: to the word before). Marks of spaceless scripts
    count with the letter before them. `strict[i]` is `folded[i]` before look-alikes are folded.

    >>> aligned = AlignedText.of("Ｏtp: https://a.example")
    >>> aligned.folded.replace(OPAQUE, "<link>"), aligned.source[:5], aligned.words[:6]
    (' otp <link> ', [0, 0, 1, 2, 3], [-1, 0, 0, 0, 0, 1])
    """

    text: str
    folded: str
    source: list[int]
    words: list[int]
    strict: str
    readings: tuple[tuple[int, int, WordReading], ...] = ()  # with half-open places in `folded`
    _scripts: dict[int, set[str | None]] = field(default_factory=dict)  # by a word's first letter
    _written_in: dict[tuple[str | None, str | None], bool] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Self:
        """Align a text."""
        so_far, at = _Alignment(), 0
        for first, last, _ in opaque_spans(text):
            so_far.add_text(text[at:first], at)
            so_far.add(first, _OPAQUE)
            at = last
        so_far.add_text(text[at:], at)
        so_far.add(len(text), _SPACE)
        folded, strict = "".join(so_far.folded), "".join(so_far.strict)
        return cls(text, folded, so_far.source, so_far.words, strict)

    def with_readings(self, readings: Sequence[WordReading]) -> Self:
        """Return the same text with its disguised words replaced by readings.

        Readings are in order and do not overlap. Words keep their numbers, so that a place that is
        found with and without readings is one place.
        """
        folded, strict = [""], [""]  # pieces: adding to a long string copies it each time
        source: list[int] = []
        words: list[int] = []
        places: list[tuple[int, int, WordReading]] = []

        def add(letters: str, seen: str, at: Sequence[int], numbers: Sequence[int]) -> None:
            skipped = letters[:1] == folded[-1][-1:] == " "  # one space is enough
            if len(letters) > skipped:
                folded.append(letters[skipped:])
                strict.append(seen[skipped:])
                source.extend(at[skipped:])
                words.extend(numbers[skipped:])

        def keep(first: int, end: int) -> None:
            cut = slice(first, end)
            add(self.folded[cut], self.strict[cut], self.source[cut], self.words[cut])

        end = 0
        for reading in readings:
            first = bisect_left(self.source, reading.start, end)
            keep(end, first)
            numbers = self._word_numbers(reading)
            add(" ", " ", [reading.start], [numbers[0] - 1])
            begin = len(source)
            add(reading.letters, self._seen(reading), reading.at, numbers)
            places.append((begin, len(source), reading))
            add(" ", " ", [reading.end - 1], [numbers[-1]])
            end = bisect_left(self.source, reading.end, first)
        keep(end, len(self.folded))
        letters, seen, known = "".join(folded), "".join(strict), self._written_in
        read = tuple(places)
        return type(self)(self.text, letters, source, words, seen, read, _written_in=known)

    def _seen(self, reading: WordReading) -> str:
        """Return the letters of a reading as the text has them, before look-alikes are folded."""
        seen = []
        for letter, at in zip(reading.letters, reading.at, strict=True):
            code = ord(self.text[at])
            same = fold.FOLD[code].strip(" ") == letter
            seen.append(letter if letter == " " else fold.STRICT[code].strip(" ") if same else READ)
        return "".join(seen)

    def _word_numbers(self, reading: WordReading) -> list[int]:
        first = self.words[min(bisect_left(self.source, reading.start), len(self.words) - 1)]
        return [max(self.word_at(place), first) for place in reading.at]

    def readings_at(self, first: int, last: int) -> list[WordReading]:
        """Return the readings that share a letter with `folded[first:last + 1]`."""
        if not self.readings:
            return []
        at = bisect_right(self.readings, first, key=itemgetter(1))
        end = bisect_right(self.readings, last, key=itemgetter(0))
        return [reading for *_, reading in self.readings[at:end]]

    def word_at(self, place: int) -> int:
        """Return the number of the word at a code point of the text, or of the last one before."""
        return self.words[bisect_right(self.source, place) - 1]

    def gap_is_empty(self, at: int) -> bool:
        """Return whether the words around the space `folded[at]` touch in the text.

        Dropped characters may lie between them, and so may anything that a reading removed.
        """
        before, after = self.source[at - 1], self.source[at + 1]
        if self.readings_at(at, at):
            return True
        return all(not fold.FOLD[ord(char)] for char in self.text[before + 1 : after])

    def is_word_of_its_script(self, at: int, other: str | None) -> bool:
        """Return whether the word at `folded[at]` is a real one, not `other` in look-alikes.

        It is if all its letters are of one script, and the text elsewhere has letters of that
        script that do not look like letters of `other`.

        >>> AlignedText.of("это рот").is_word_of_its_script(6, "Latn")
        True
        >>> AlignedText.of("my рот").is_word_of_its_script(5, "Latn")
        False
        """
        first = self.folded.rfind(" ", 0, at) + 1
        if first not in self._scripts:
            last = self.folded.find(" ", at) - 1
            word = self.text[self.source[first] : self.source[last] + 1].translate(fold.STRICT)
            self._scripts[first] = {fold.script_of(char) for char in set(word)} - {None}
        scripts = self._scripts[first]
        return len(scripts) == 1 and self._is_written_in(next(iter(scripts)), other)

    def _is_written_in(self, script: str | None, other: str | None) -> bool:
        if (script, other) not in self._written_in:
            twins = {twin for one, twin in fold.LOOKALIKES.items() if fold.script_of(one) == other}
            letters = set(self.text.translate(fold.STRICT)) - twins - fold.LOOKALIKES.keys()
            self._written_in[script, other] = any(
                fold.script_of(char) == script for char in letters
            )
        return self._written_in[script, other]
