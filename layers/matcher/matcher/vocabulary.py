"""Decides whether a word that fits a candidate is a disguise, or honest writing.

Digits and signs:
- They replace letters only next to letters, or if there are six or more of them and two signs lie
  inside (53++!3), or four or five and three are signs, not all the same (7!++).
- Not a disguise: a number with its unit (50s, 7am), a word with its number (page3), the code of a
  model (H1N1, A5S), a sign at the edge of an ordinary word (no!, star+). In a phrase, whose other
  words say more, they may be. But `slu` is not an ordinary word, so `slu+` is a disguise.
- Dots cut a word only if they cut two of them, of four letters or more (You.r in.voice). Most dots
  inside words belong to names of files, hosts and methods, or end a sentence.
- Three capitals apart are not a word, so that J.A.P. Smith keeps his initials.
- A mention is somebody's name, unless its @ begins a word of five letters or more whose rest is not
  an ordinary word.

Stars and foreign letters:
- A star replaces a letter; a single star may replace two. Half of the letters must be left.
- At an edge, where footnotes and lists have stars, a star replaces one letter. At the end it leaves
  three, or two that are not an ordinary word. At the start it leaves three that are not an ordinary
  word, since "*error" corrects or explains. In words written without vowels or with digits for
  letters, two are enough, and only two must not be an ordinary word.
- A foreign letter or digit must sound or look like the letter that it replaces.

Which words of terms a disguised word may be: the simple way is to compare it with every word.
Instead, one automaton finds the words with the same skeleton. A long list has thousands of words
with the same first letter, so `MaskedWords` combines sets of words as bits to find those that stars
may hide. The reader then compares letter by letter (`fit_of`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from itertools import filterfalse, groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from matcher.aligned import WordReading, opaque_spans
from matcher.candidates import LOOKALIKES, STAR, Candidate, CandidateKind, with_spans_replaced
from matcher.fold import FOLD, Evasion, fold, is_spaceless
from matcher.term import Automaton

SAME_LOOKALIKE = str.maketrans(
    {like: letters[0] for sign, letters in LOOKALIKES.items() for like in (sign, *letters[1:])}
)
"""A table that makes signs, and letters that share a sign, one letter."""


def skeleton_of(letters: str) -> tuple[str, list[int]]:
    """Return the skeleton of letters and signs, and where each of its letters begins.

    The length of `letters` follows as the last place.

    >>> skeleton_of("k1lll")
    ('ki', [0, 1, 5])
    """
    out: list[str] = []
    starts: list[int] = []
    for at, letter in enumerate(letters.translate(SAME_LOOKALIKE)):
        if not out or out[-1] != letter:
            out.append(letter)
            starts.append(at)
    return "".join(out), [*starts, len(letters)]


MENTION_LETTERS = 5
"""The shortest word whose first letter an @ may replace."""

_UNIT_OF_NUMBER = re.compile(r"\d+[^\W\d]{1,2}")
_NUMBER_OF_WORD = re.compile(r"([^\W\d]+)(\d+)")
_EDGED_BY_SIGN = re.compile(
    r"[^\W\d]+[!|]+|[^\W\d]{1,4}[+]+|[@!][^\W\d]{1,3}|[+][^\W\d]{1,5}[+]*|[|][^\W\d]+[|]*"
)
_PLUS_AT_EDGE = re.compile(r"[+]([^\W\d]{3,})|([^\W\d]{3,})[+]")
_CALL_INSIDE = re.compile(r"[^\W\d]![+]|[+]![^\W\d]")
_VOWEL_INSIDE = re.compile(r"[^\W\daeiou]+[0134][^\W\d]+")
_ROMAN = re.compile(r"m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})")
_NUMBERS_OF_WORDS = "1469"
_MORE_THAN_LETTER = re.compile(r"[\d+|]")
_CONSONANTAL = re.compile(r"[\u05d0-\u05ea\u0621-\u064a]+")  # Hebrew and Arabic: short words
_FACTOR = re.compile(r"^\d+\*|\*\d+$")
_ARABIC_NUMBERS = frozenset("01248")

SOUNDS = {
    "ا": "a e i o u 1 2", "ب": "b p", "ت": "t", "ث": "th s t", "ج": "j g dj", "ح": "h 7",
    "خ": "kh 5 7 x", "د": "d", "ذ": "dh d th z", "ر": "r", "ز": "z", "س": "s", "ش": "sh ch 4",
    "ص": "s 9", "ض": "d dh 9", "ط": "t 6", "ظ": "z dh th 6", "ع": "3 a e", "غ": "gh g 3",
    "ف": "f v", "ق": "q g k 2 8 9", "ك": "k c", "ل": "l", "م": "m", "ن": "n", "ه": "h 0 5",
    "و": "w ou u o v 9", "ي": "y i e 2", "ى": "a i y", "ة": "a h t 0 5", "ء": "2 a", "گ": "g",
    "پ": "p", "چ": "ch",
}  # fmt: skip
"""Arabic letters, folded, and how people write their sound or look in Latin letters and digits.
Hamza on its seats folds to them, so 2 is also read as alif and ya. 0, 1, 5 and 9 look like letters;
5 and 9 as the Arabic digits ٥ and ٩, which fold to the same."""


def is_plausible_evasion(
    word: str,
    candidate: Candidate,
    first: int,
    last: int,
    evasion: frozenset[Evasion],
    *,
    alone: bool,
) -> bool:
    """Return whether these units of a candidate are a word in disguise, and not honest writing.

    `alone` says that the word is a term by itself, and not only a word of a phrase.
    """
    units, written = candidate.units[first:last], candidate.written[first:last]
    length = len(word)
    if length < 3 or not (any(map(str.isalpha, units)) or _are_signs_of_word(units)):
        return False
    if evasion & {Evasion.REPEATED, Evasion.SEPARATED} and len(set(word)) < 2:
        return False  # XXX, 10.x.x.x
    if Evasion.REPEATED in evasion and _ROMAN.fullmatch(units):
        return False
    if Evasion.REPEATED in evasion and length == 3 and written.isupper() and last - first == 4:
        return False  # ACC and ACCC are two names
    if Evasion.SEPARATED in evasion:
        if sum(map(str.isalnum, units)) < 3:
            return False
        return length > 3 or (units.isalpha() and not _are_initials(written, candidate.separator))
    if candidate.kind is CandidateKind.MENTION:
        is_whole = Evasion.REPEATED not in evasion and (first, last) == (0, len(candidate.units))
        return length >= MENTION_LETTERS and is_whole and not is_ordinary_word(units[1:])
    if Evasion.LEET not in evasion or not alone:
        return True
    if units.isalnum():
        return length > 5 or not _is_number_or_model(units, written)
    return _has_plausible_signs(units, length)


def is_plausible_mask(word: str, units: str, *, alone: bool) -> bool:
    """Return whether the rest of a masked word identifies it.

    `units` are the letters, digits, signs and stars of the text. A word that is `alone` is a term
    by itself. In a phrase the other words say more.
    """
    seen = sum(unit.isalnum() for unit in units)
    telling = sum(unit.isalpha() or unit in word for unit in units)
    if telling < 2 or 2 * seen < len(word) or len(word) < 3:
        return False
    factor = _FACTOR.search(units)
    if factor and factor[0].strip(STAR) not in word:
        return False
    is_arabizi = any(unit.isdigit() and unit in word for unit in units)
    is_short = is_arabizi or bool(_CONSONANTAL.fullmatch(word))
    if units[0] == STAR:
        if len(word) != len(units) or seen < 3 - is_short:
            return False
        return (is_short and seen > 2) or not (alone and is_ordinary_word(units[1:]))
    is_short |= len(word) == 3 and not is_ordinary_word(units[:-1])
    return units[-1] != STAR or (len(word) == len(units) and seen >= 3 - is_short)


def sounds_alike(word: str, units: str, masked: str, fit: list[int]) -> bool:
    """Return whether the foreign letters among units sound like the letters of a word there.

    A digit that more often counts something (as in صفحة1) replaces a letter only inside a word.
    `masked` are the units with stars for foreign letters, and `fit` is the unit for each letter.
    """
    if STAR in (masked[0], masked[-1]) and not _ARABIC_NUMBERS.isdisjoint((units[0], units[-1])):
        return False
    replaced = "".join(letter for letter, at in zip(word, fit, strict=True) if masked[at] == STAR)
    seen = "".join(unit for unit, star in zip(units, masked, strict=True) if star == STAR)
    if replaced in SOUNDS:
        replaced, seen = seen, replaced
    plain = "".join(letter for letter, _ in groupby(replaced))
    return seen in SOUNDS and plain in SOUNDS[seen].split()


def is_ordinary_word(letters: str) -> bool:
    """Return whether folded letters are an ordinary word.

    Limits: knows only words that remain when another word loses its first or last letter, of two
    letters only the commonest. Source: wordfreq, by scripts/build_data.py.

    >>> is_ordinary_word("error"), is_ordinary_word("omber")
    (True, False)
    """
    return letters in _ordinary_words()


@cache
def _ordinary_words() -> frozenset[str]:
    data = Path(__file__).with_name("ordinary_words.json").read_bytes()
    return frozenset(msgspec.json.decode(data, type=dict[str, str])["words"].split())


def _has_plausible_signs(units: str, length: int) -> bool:
    """Return whether signs among letters are letters, and not marks at the edge of a word."""
    if _EDGED_BY_SIGN.fullmatch(units):
        plus = _PLUS_AT_EDGE.fullmatch(units)
        return plus is not None and not is_ordinary_word(plus[1] or plus[2])
    return length > 3 or not _MORE_THAN_LETTER.search(units) or bool(_CALL_INSIDE.fullmatch(units))


def _are_signs_of_word(units: str) -> bool:
    """Return whether digits and signs without a letter are a word, not a number or a price."""
    if len(units) > 5:
        return sum(not unit.isdigit() for unit in units[1:-1]) > 1
    signs = "".join(filterfalse(str.isdigit, units))
    return len(units) > 3 and len(signs) > 2 and len(set(signs)) > 1


def _are_initials(written: str, separator: str) -> bool:
    """Return whether three letters apart are names or variables: J.A.P. Smith, A or B i C."""
    if written.isupper():
        return separator.strip() in ("", ".")
    return not written[1:].islower()


def _is_number_or_model(units: str, written: str) -> bool:
    """Return whether letters and digits are a number with its unit, a numbered word, or a code."""
    if numbered := _NUMBER_OF_WORD.fullmatch(units):
        letters, digits = map(len, numbered.groups())
        is_count = digits == 1 and units[-1] in _NUMBERS_OF_WORDS and is_ordinary_word(numbered[1])
        is_plain = written.islower() and not is_count
        if letters == 2 and 1 < digits < 4 and written.islower():
            return is_ordinary_word(numbered[1])
        return digits >= letters or letters < 3 or (letters == 3 and not is_plain)
    if len(units) < 4 or (len(units) == 4 and written.isupper()):
        return not _VOWEL_INSIDE.fullmatch(units) or (len(units) == 3 and written.isupper())
    return bool(_UNIT_OF_NUMBER.fullmatch(units))


_FOREIGN = (
    (re.compile(r"[\u0621-\u064a]"), re.compile(r"[a-z0-9]+")),
    (re.compile(r"[a-z]"), re.compile(r"[\u0621-\u064a]+")),
)
"""The scripts in which a word may be written, and the foreign letters in each."""

_END, _OPEN = "\n", (0, "\n")
_PARTICLES = "وفبكل"  # Arabic writes them together with the next word, a Latin one too
_HANDLE = re.compile(rf"@(\w{{{MENTION_LETTERS - 1},60}})(?!\w)")


def foreign_as_stars(units: str) -> str | None:
    """Return units with stars for the one or two letters of a foreign script, or None.

    One script is Arabic, the other Latin letters and digits.
    """
    if units.isascii():  # most are, and this is asked of each
        return None
    for native, foreign in _FOREIGN:
        runs = list(foreign.finditer(units))
        if len(runs) == 1 and len(runs[0][0]) < 3 and len(native.findall(units)) > 1:
            start, end = runs[0].span()
            if start == 0 and units[0] in _PARTICLES:
                return None
            return units[:start] + STAR * (end - start) + units[end:]
    return None


class MaskedWords:
    """Words, found by the letters that stars leave of them.

    Each letter at each place of a word has a number with a bit for each word that has it there. The
    words that fit are the `and` of a few such numbers, so a long list of words costs hardly more
    than a short one. Long words have the low bits: the number of a late place is small.

    >>> words = MaskedWords([("bomber", True), ("bomb", True), ("bumb", False)])
    >>> list(words.like("b*m*er", 1))
    [(0, 6, [0, 1, 2, 3, 4, 5]), (2, 4, [0, 1, 2, 3])]
    >>> list(words.like("b*mbing", 1))
    [(2, 4, [0, 1, 2, 3])]
    """

    def __init__(self, words: Iterable[tuple[str, bool]]):
        """Take words, and whether each takes all units. Results name them by their order."""
        self._ordered = sorted(enumerate(words), key=lambda word: -len(word[1][0]))

    @cached_property
    def _bits(self) -> dict[tuple[int, str], int]:
        """As bits, the words with each letter at each place; `_OPEN`: which need not take all."""
        bits: defaultdict[tuple[int, str], bytearray] = defaultdict(bytearray)
        for at, (_, (word, is_whole)) in enumerate(self._ordered):
            for place_and_letter in (*enumerate(word + _END), *([] if is_whole else [_OPEN])):
                of = bits[place_and_letter]
                of.extend(bytes((at >> 3) + 1 - len(of)))
                of[at >> 3] |= 1 << (at & 7)
        return {key: int.from_bytes(of, "little") for key, of in bits.items()}

    def like(self, units: str, free: int) -> Iterator[tuple[int, int, list[int]]]:
        """Yield the words that units with stars fit, how many units each takes, and its fit.

        The fit is the unit for each letter. Up to `free` stars in a row hide one letter or two;
        more stars hide one letter each. Words that must take all units come first, then those that
        take most units, then short ones, then words in their order.
        """
        found: list[tuple[bool, int, list[int], int]] = []
        ways: list[tuple[list[int], int]] = [([], (1 << len(self._ordered)) - 1)]  # fit, words
        last, are_open = 0, self._bits.get(_OPEN, 0)
        for is_star, run in groupby(units, STAR.__eq__):
            first, before = last, ways
            for unit in run:
                last += 1
                if is_star:
                    ways = [
                        ([*fit, *(min(first + at, last - 1) for at in range(length))], words)
                        for fit, words in before
                        for length in _lengths(last - first, free)
                    ]
                else:
                    ways = [
                        ([*fit, last - 1], left)
                        for fit, words in ways
                        if (left := words & self._with(len(fit), unit))
                    ]
                for fit, words in ways:
                    if of_length := words & self._bits.get((len(fit), _END), 0):
                        found.append((True, -last, fit, of_length & are_open))
                        if last == len(units):
                            found.append((False, -last, fit, of_length & ~are_open))
            if not ways:
                break
        for _, minus, fit, words in sorted(found, key=lambda way: (*way[:2], len(way[2]))):
            while words:
                lowest = words & -words
                yield self._ordered[lowest.bit_length() - 1][0], -minus, fit
                words ^= lowest

    def _with(self, place: int, unit: str) -> int:
        words = self._bits.get((place, unit), 0)
        for letter in LOOKALIKES.get(unit, ""):
            words |= self._bits.get((place, letter), 0)
        return words


def _lengths(stars: int, free: int) -> range:
    """Return how many letters a run of stars may be, the most first."""
    return range(max(2, stars), 0, -1) if stars <= free else range(stars, stars - 1, -1)


class MentionedWords:
    """Words of which a mention may be the whole, its @ being the first letter: @nacondas.

    >>> words = MentionedWords(["anaconda", "python"])
    >>> words.is_in("an @naconda"), words.is_in("a @ython")
    (True, False)
    """

    def __init__(self, words: Iterable[str]):
        """Take folded words. Only long ones that begin with an a can be a mention."""
        long = (word for word in words if len(word) >= MENTION_LETTERS and word[0] == "a")
        self._words = {word.translate(SAME_LOOKALIKE) for word in long}

    def is_in(self, text: str) -> bool:
        """Return whether a text has such a mention."""
        return bool(self._words) and any(map(self._is_word, _HANDLE.finditer(text)))

    def among(self, text: str, places: Iterable[int]) -> Iterator[int]:
        """Yield the places that have such a mention. At each of the given places there is an @."""
        for place in places if self._words else ():
            found = _HANDLE.match(text, place)
            if found and self._is_word(found):
                yield place

    def _is_word(self, found: re.Match[str]) -> bool:
        handle = found[1].lower() if found[1].isascii() else fold(found[1]).strip(" ")
        return f"a{handle.translate(SAME_LOOKALIKE)}" in self._words


STARS_IN_WORD = 4
"""Stars that a masked word has at most."""

_SEPARATED = frozenset({Evasion.SEPARATED})
_LAST_DOT = re.compile(r"\.(?<=[^\W\d_].)[^\W\d_]++(?![\w@/(\\-]|\.\w)")
_WITH_DOTS = re.compile(r"(?<![\w./\\-])[^\W\d_]++(?:\.[^\W\d_]++)++(?![\w@/(\\-]|\.\w)")
_HAS_LOOKALIKES = re.compile(r"[\u0370-\u058f]")  # Greek, Cyrillic, Armenian: some fold to Latin


class TermWord(NamedTuple):
    """A word of a term: where a word of the text must begin and end, and whether it is a term."""

    letters: str
    opens: bool
    closes: bool
    alone: bool


class Vocabulary:
    """The words of some patterns. Its indexes are made when a text first needs them.

    >>> vocabulary = Vocabulary([" bomb ", " hello world "])
    >>> [word.letters for word, _, _ in vocabulary.with_skeleton_of("b0mb")]
    ['bomb']
    >>> [word.letters for word, _, _ in vocabulary.masked_by("w*rld", "w*rld", 1)]
    ['world']
    """

    def __init__(self, patterns: Iterable[str]):
        """Take folded patterns, with a space at an end where a word must begin or end."""
        self._patterns = patterns

    @cached_property
    def _words(self) -> dict[str, list[TermWord]]:
        """The words by skeleton, with a space at each end that must end a word."""
        alone: dict[tuple[str, bool, bool], bool] = {}
        for pattern in self._patterns:
            words = pattern.split()
            for number, letters in enumerate(words):
                if len(letters) > 1 and not is_spaceless(letters[0]):
                    opens = number > 0 or pattern[0] == " "
                    closes = number < len(words) - 1 or pattern[-1] == " "
                    key = letters, opens, closes
                    alone[key] = alone.get(key, False) or len(words) == 1
        words_of: defaultdict[str, list[TermWord]] = defaultdict(list)
        for word in (TermWord(*key, single) for key, single in alone.items()):
            skeleton, _ = skeleton_of(word.letters)
            words_of[f"{' ' * word.opens}{skeleton}{' ' * word.closes}"].append(word)
        return dict(words_of)

    @cached_property
    def _automaton(self) -> Automaton:
        return Automaton(list(self._words))

    @cached_property
    def _by_index(self) -> list[tuple[str, list[TermWord]]]:
        return list(self._words.items())

    @cached_property
    def _letters(self) -> set[str]:
        return {word.letters for words in self._words.values() for word in words}

    @cached_property
    def _maskable(self) -> tuple[list[TermWord], MaskedWords]:
        """The words with a closed start."""
        opening = [word for words in self._words.values() for word in words if word.opens]
        return opening, MaskedWords((word.letters, word.closes) for word in opening)

    @cached_property
    def mentions(self) -> MentionedWords:
        """The words of which a mention may be the whole."""
        words = (word for words in self._words.values() for word in words)
        return MentionedWords(word.letters for word in words if word.opens)

    def has_any(self, words: Iterable[str]) -> bool:
        """Return whether some of these folded words are words of terms."""
        return not self._letters.isdisjoint(words)

    def cut_words(self, text: str) -> list[WordReading]:
        """Return the words of terms that dots cut in a text, if there are two or more.

        >>> [word.letters for word in Vocabulary([" your bill "]).cut_words("You.r b.ill is due.")]
        ['your', 'bill']
        """
        dotted = text.replace("·", ".")
        if len(_LAST_DOT.findall(dotted)) < 2:
            return []
        dotted = with_spans_replaced(dotted, (span[:2] for span in opaque_spans(text)), " ")
        words: list[WordReading] = []
        for found in _WITH_DOTS.finditer(dotted):
            at = tuple(place for place in range(*found.span()) if dotted[place] != ".")
            letters = found[0].replace(".", "").translate(FOLD)
            if 3 < len(letters) == len(at) and self.has_any([letters]):
                words.append(WordReading(*found.span(), letters, at, _SEPARATED))
        return words if len({word.letters for word in words}) > 1 else []

    def with_skeleton_of(self, units: str) -> Iterator[tuple[TermWord, int, int]]:
        """Yield the words that units may spell, each with the half-open units of its letters."""
        skeleton, starts = skeleton_of(units)
        for index, end in self._automaton.occurrences(f" {skeleton} "):
            key, words = self._by_index[index]
            for word in words:
                yield word, starts[end - len(key) + word.opens - 1], starts[end - word.closes - 1]

    def masked_by(
        self, units: str, written: str, free: int
    ) -> Iterator[tuple[TermWord, int, list[int]]]:
        """Yield the words that units with stars fit, how many units each takes, and its fit.

        Up to `free` stars in a row hide one letter or two; more stars hide one letter each. In a
        word `written` in Latin letters alone, a star hides one or two Latin letters, or one other
        letter.
        """
        stars = units.count(STAR)
        if stars > min(STARS_IN_WORD, len(units) - stars + 1):
            return
        is_latin = units.isascii() and not _HAS_LOOKALIKES.search(written)
        words, masked = self._maskable
        seen: set[int] = set()
        for number, last, fit in masked.like(units, free):
            letters = words[number].letters
            if number in seen or (is_latin and _hides_too_many(letters, units, fit)):
                continue
            seen.add(number)
            yield words[number], last, fit


def _hides_too_many(letters: str, units: str, fit: list[int]) -> bool:
    """Return whether the stars hide more letters of other scripts than one each."""
    if letters.isascii():
        return False
    masked = "".join(letter for letter, at in zip(letters, fit, strict=True) if units[at] == STAR)
    return len(masked.encode()) > 2 * units.count(STAR)
