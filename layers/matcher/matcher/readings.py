"""Reads the disguised words of a text, and puts the readings together so that they can be searched.

First comes a fast test for features that every disguise needs (`is_suspect`): a sign, a digit next
to a letter, three equal letters in a row, single letters in a row, or two scripts in one word. But
nine of ten posts with a digit or sign next to a letter hide nothing: `covid19`, `24h`, `+7 999`. So
each chunk, which is what lies between two spaces, is then read by itself (`Chunks`). The answer is
remembered, since the same chunks come again and again. A chunk by itself does not show whether a
star is emphasis, or a sign code. So it is read in every way that its text could have it cut, as if
it were in small letters. Both tests may say yes without a disguise, and never no to one.

Only then is the text cut into candidates. The simple way is to replace one disguised word at a time
and to search the text again for each of its readings. Instead, a layer is one way to read the whole
text: it has one reading of each disguised word, so that a phrase of two disguised words is found.
There are as many layers as the word with most readings has; the others repeat their last. Two
stretches may overlap: in "发 给 我 发-给-我", both may have the fourth letter. The later one then
goes into a second group of layers, together with the stretches that it does not overlap.

Limits: of three stretches that all overlap, the third is not read. Two words with their letters
apart, and the same separator between the words, are read as one (`o p e n n o w`).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import filterfalse, product

from matcher.aligned import WordReading
from matcher.candidates import (
    IN_CAPITALS,
    LONGEST,
    LOOKALIKES,
    SPACED,
    SPACELESS,
    STAR,
    STARS,
    STRETCHED,
    Candidate,
    CandidateKind,
    find_candidates,
    fit_of,
    has_run_of_three,
    hashtags_in,
)
from matcher.fold import FOLD, CodePointTable, Evasion, is_spaceless
from matcher.hit import Effort
from matcher.vocabulary import (
    Vocabulary,
    foreign_as_stars,
    is_plausible_evasion,
    is_plausible_mask,
    sounds_alike,
)

READINGS_OF_CANDIDATE = 4
"""Words that one candidate is read as. A fifth that fits as well is not found."""

STEPS_OF_CANDIDATE = 6  # for one with readings: each makes a layer longer

_PADDED = re.compile(r"([^\W\d]{4,})\d{1,2}|([^\W\d]{3})2")  # digits after a word
_WORDS_OF_ONE_LETTER = "aeiouyàóéяуиовкса"  # as written: articles, "and", "in" …
_PUNCTUATION = "!+|@"
_NO_EVASION = frozenset[Evasion]()


def layers_of(text: str, vocabulary: Vocabulary, effort: Effort) -> list[list[WordReading]]:
    """Read the disguised words of a text, as far as the effort allows. Plain texts have no layer.

    >>> vocabulary = Vocabulary([" bomb ", " bumb "])
    >>> layers = layers_of("a b*mb, b0mb", vocabulary, Effort())
    >>> sorted([reading.letters for reading in layer] for layer in layers)
    [['bomb', 'bomb'], ['bumb', 'bomb']]
    """
    first: list[list[WordReading]] = []
    second: list[list[WordReading]] = []
    ends, unread = [0, 0], 0
    for candidate in find_candidates(text):
        if effort.readings_ran_out:
            break
        if candidate.start < min(ends):
            continue
        if readings := read_candidate(candidate, vocabulary, effort):
            effort.take_reading(STEPS_OF_CANDIDATE + unread)  # however many readings it has
            unread = 0
            overlaps = candidate.start < ends[0]
            (second if overlaps else first).append(readings)
            ends[overlaps] = max(reading.end for reading in readings)
        else:
            unread += 1  # counted with the next that is read: a text without any takes no step
    if (cut := vocabulary.cut_words(text)) and effort.take_reading(STEPS_OF_CANDIDATE * len(cut)):
        first = _with_others(first, [[word] for word in cut])
    return [*_layers(first), *_layers(_with_others(second, first) if second else [])]


def read_candidate(
    candidate: Candidate, vocabulary: Vocabulary, effort: Effort, *, strip_edges: bool = True
) -> list[WordReading]:
    """Return the words that a candidate may be, at most `READINGS_OF_CANDIDATE`.

    >>> vocabulary = Vocabulary([" bomb ", " hello world "])
    >>> for candidate in find_candidates("A b0mb, heeellooo, b*mb, w.o.r.l.d and he1p"):
    ...     readings = read_candidate(candidate, vocabulary, Effort())
    ...     print(*((reading.letters, *reading.evasion) for reading in readings))
    ('bomb', <Evasion.LEET: 'leet'>)
    ('hello', <Evasion.REPEATED: 'repeated'>)
    ('bomb', <Evasion.MASKED: 'masked'>)
    ('world', <Evasion.SEPARATED: 'separated'>)
    <BLANKLINE>
    """
    if candidate.kind is CandidateKind.HASHTAG:
        words = candidate.units.split()
        return [_unchanged(candidate, candidate.units)] if vocabulary.has_any(words) else []
    if is_spaceless(candidate.units[0]):
        return [_unchanged(candidate, " ".join(candidate.units), Evasion.SEPARATED)]
    readings: dict[tuple[str, int, int], WordReading] = {}
    for part, evasion in _parts(candidate, strip_edges):
        if STAR in part.units:
            of_part = _masked(part, vocabulary, effort)
        elif masked := foreign_as_stars(part.units):
            of_part = _foreign(part, masked, vocabulary, effort)
        else:
            of_part = _spelled(part, evasion, vocabulary, effort)
        for reading in of_part:
            readings.setdefault((reading.letters, reading.start, reading.end), reading)
            if len(readings) == READINGS_OF_CANDIDATE:
                return list(readings.values())
    return list(readings.values())


def _spelled(
    candidate: Candidate, evasion: frozenset[Evasion], vocabulary: Vocabulary, effort: Effort
) -> Iterator[WordReading]:
    has_unchanged = False  # two unchanged words in the same letters give one reading
    for word, first, last in vocabulary.with_skeleton_of(candidate.units):
        if not effort.take_reading():
            return
        units = candidate.units[first:last]
        if fit := fit_of(word.letters, units):
            is_unchanged = units == word.letters
            every = evasion | _evasion_of(word.letters, candidate.kind, units, fit)
            if is_unchanged and has_unchanged:
                continue
            if every and is_plausible_evasion(
                word.letters, candidate, first, last, every, alone=word.alone
            ):
                has_unchanged |= is_unchanged
                yield _reading(candidate, word.letters, first, last, fit, every)


def _masked(candidate: Candidate, vocabulary: Vocabulary, effort: Effort) -> Iterator[WordReading]:
    for word, last, fit in vocabulary.masked_by(candidate.units, candidate.written, 1):
        if not effort.take_reading():
            return
        if is_plausible_mask(word.letters, candidate.units[:last], alone=word.alone):
            evasion = frozenset({Evasion.MASKED})
            yield _reading(candidate, word.letters, 0, last, fit, evasion)


def _foreign(
    candidate: Candidate, masked: str, vocabulary: Vocabulary, effort: Effort
) -> Iterator[WordReading]:
    for word, last, fit in vocabulary.masked_by(masked, candidate.written, 2):
        if not effort.take_reading():
            return
        if len(word.letters) > 2 and sounds_alike(word.letters, candidate.units, masked, fit):
            evasion = frozenset({Evasion.FOREIGN})
            yield _reading(candidate, word.letters, 0, last, fit, evasion)


def _parts(candidate: Candidate, edges: bool) -> Iterator[tuple[Candidate, frozenset[Evasion]]]:
    """Yield the candidate, then without emphasis, punctuation, padding or an article."""
    units = candidate.units
    if candidate.kind is CandidateKind.MENTION:
        yield candidate, _NO_EVASION
        return
    if candidate.kind is CandidateKind.APART:
        lasts = dict.fromkeys((len(units), len(units.rstrip(_PUNCTUATION))))
        is_word = (
            candidate.separator == " " and candidate.written[0].lower() in _WORDS_OF_ONE_LETTER
        )
        firsts = dict.fromkeys((0, int(is_word), len(units) - len(units.lstrip(_PUNCTUATION))))
        for first, last in product(firsts, lasts):
            yield candidate.part(first, last), _NO_EVASION
        return
    bare = units.strip(STAR)
    if units[:1] == units[-1:] == STAR or f"{STAR}{STAR}" in (units[:2], units[-2:]):
        first = units.index(bare) if bare else 0
        candidate, units = candidate.part(first, first + len(bare)), bare
    if len(units) < 2:
        return
    yield candidate, _NO_EVASION
    first = len(units) - len(units.lstrip(_PUNCTUATION))
    last = len(units.rstrip(_PUNCTUATION))
    for part in {(first, len(units)), (0, last), (first, last)} - {(0, len(units))}:
        if edges and part[1] - part[0] > 1:
            yield candidate.part(*part), _NO_EVASION
    padded = _PADDED.fullmatch(units[first:last])
    if padded and not candidate.written[first:last].isupper():
        end = first + padded.end(padded.lastindex or 0)
        yield candidate.part(first, end), frozenset({Evasion.PADDED})


def _evasion_of(word: str, kind: CandidateKind, units: str, fit: list[int]) -> frozenset[Evasion]:
    evasion = set()
    if any(units[at] != letter for at, letter in zip(fit, word, strict=True)):
        evasion.add(Evasion.LEET)
    if len(units) > len(word):
        evasion.add(Evasion.REPEATED)
    if kind is CandidateKind.APART:
        evasion.add(Evasion.SEPARATED)
    return frozenset(evasion)


def _unchanged(candidate: Candidate, letters: str, *evasion: Evasion) -> WordReading:
    """Return a reading of all units, with or without spaces between them."""
    at = candidate.at
    if len(letters) != len(at):
        at = tuple(place for place in candidate.at for _ in "ab")[:-1]
    return WordReading(candidate.start, candidate.end, letters, at, frozenset(evasion))


def _reading(
    candidate: Candidate,
    word: str,
    first: int,
    last: int,
    fit: list[int],
    evasion: frozenset[Evasion],
) -> WordReading:
    """Return a reading of a word among the units. Letters before and after it stay."""
    units = candidate.units
    before = [at for at in range(first) if units[at].isalnum()]
    after = [at for at in range(last, len(units)) if units[at].isalnum()]
    letters = [*(units[at] for at in before), word, *(units[at] for at in after)]
    places = [*before, *(first + at for at in fit), *after]
    at = tuple(candidate.at[place] for place in places)
    return WordReading(candidate.start, candidate.end, "".join(letters), at, evasion)


def _with_others(
    readings_of: list[list[WordReading]], others: list[list[WordReading]]
) -> list[list[WordReading]]:
    """Return stretches, and those of others that overlap none of them, in the order of the text."""
    starts = [_start(readings) for readings in readings_of]
    kept = list(readings_of)
    for readings in others:
        after = bisect_left(starts, _end(readings))  # the first stretch that begins after it
        if after == 0 or _end(readings_of[after - 1]) <= _start(readings):
            kept.append(readings)
    return sorted(kept, key=_start)


def _layers(readings_of: list[list[WordReading]]) -> list[list[WordReading]]:
    depth = max(map(len, readings_of), default=0)
    return [
        [readings[min(layer, len(readings) - 1)] for readings in readings_of]
        for layer in range(depth)
    ]


def _start(readings: list[WordReading]) -> int:
    return min(reading.start for reading in readings)


def _end(readings: list[WordReading]) -> int:
    return max(reading.end for reading in readings)


REMEMBERED, REMEMBERED_LENGTH = 65_536, 80
"""Answers that are kept, and the longest chunk whose answer is kept."""

CHUNKS_READ, WORDS_READ = 64, 8
"""Chunks with a digit or sign, and words of each, that are read first. With more, a text is cut."""

_PIECES = 5
"""Stretches of letters, and signs between them, of a word that is read in every way."""

_LETTERS_APART = 6
"""Letters apart in a row that are read in every way. More of them are hardly ordinary."""

_MARKS = re.escape(STAR + "".join(sign for sign in LOOKALIKES if not sign.isdigit()))
_MARK = re.compile(f"[{_MARKS}]")
_MARK_OR_STAR = re.compile(f"[{_MARKS}{STARS}]")
_PIECE = re.compile(rf"[^{_MARKS}]+|[{_MARKS}]")
_LATIN, _ARABIC = r"[a-z\u00df-\u024f]", r"[\u0621-\u064a]"
_ODD = re.compile(
    rf"\d(?=\D)|\D(?=\d)|([^\W\d_])\1\1|[{_MARKS}]|{_LATIN}(?={_ARABIC})|{_ARABIC}(?={_LATIN})"
)
_ONLY_LETTERS = re.compile("[a-z ]+")  # no number that notation could cut
_NUMBERED = re.compile(r".*\D\d", re.DOTALL)
_STAR_IN_WORD = re.compile(rf"[#%](?<={SPACED}.)[#%]*(?={SPACED})")
_NEEDS_ITS_TEXT = re.compile(  # code, a clitic next to a sign, a link up to a sign
    rf"\\|['’][^\W\d_](?=[{_MARKS}]+\w)|[{_MARKS}][^\W\d_](?=['’])(?<=\w.[^\W\d_])"
    r"|[/.][^/.|＊]*+[|＊]"
)


def _unit(code: int) -> str:
    """Return the units that a character gives in a word, or a space where a word ends."""
    char, folded = chr(code), FOLD[code]
    if char in STARS:
        return STAR
    return char if char in LOOKALIKES else " " if folded[:1] == " " else folded


_units = CodePointTable(_unit)


class Chunks:
    """Remembers which chunks may hide a word.

    >>> chunks = Chunks(Vocabulary([" bomb ", " covid "]))
    >>> texts = ("b0mb", "(b*mb)", "covid19", "24h", "**bold** +7 999", "bomb")
    >>> [chunks.may_hide(text) for text in texts]
    [True, True, True, False, False, False]
    """

    def __init__(self, vocabulary: Vocabulary):
        """Take the words that may be in disguise."""
        self._vocabulary = vocabulary
        self._remembered = lru_cache(REMEMBERED)(self._read)

    def may_be_disguised(self, text: str, folded: str) -> bool:
        """Return whether any word of a text may be in disguise, given the fold of the text."""
        words = self._vocabulary
        if words.cut_words(text) or ("@" in text and words.mentions.is_in(text)):
            return True
        return is_suspect(text, folded) and (
            has_han_apart(text)
            or self.may_hide_apart(text, folded)
            or self.may_hide(text, in_letters=has_odd_letters(folded))
        )

    def may_hide(self, text: str, *, in_letters: bool = True) -> bool:
        """Return whether a word of a text may be in disguise, with its letters together.

        Pass False for `in_letters` if no word has a letter three times in a row, or two scripts.
        """
        return self.may_hide_in(
            set(text.split() if in_letters else filterfalse(str.isalpha, text.split()))
        )

    def may_hide_in(self, chunks: set[str]) -> bool:
        """Return whether a word of some chunks of a text may be in disguise."""
        read = 0
        for chunk in chunks:
            is_short = len(chunk) <= REMEMBERED_LENGTH
            answer = self._remembered(chunk) if is_short else self._read(chunk)
            read += answer is not None
            if answer or read > CHUNKS_READ:
                return True
        return False

    def may_hide_apart(self, text: str, folded: str) -> bool:
        """Return whether a word of a text may be in disguise, with its letters apart.

        A stretch of the text will do that has all signs next to letters apart.
        """
        if not (runs := {run[0] for run in SINGLE_UNITS.finditer(folded)}):
            return False
        return bool(_MARK_OR_STAR.search(text)) or any(map(self._may_be_apart, runs))

    def _may_be_apart(self, run: str) -> bool:
        letters = run.replace(" ", "")
        if len(letters) > _LETTERS_APART:
            return True
        stretches = {
            letters[a:b] for a in range(len(letters)) for b in range(a + 3, len(letters) + 1)
        }
        return any(self._is_read(units, CandidateKind.APART) for units in stretches)

    def _read(self, chunk: str) -> bool | None:
        """Return whether a chunk may hide a word, or None if it lacks what every disguise has."""
        if _STAR_IN_WORD.search(chunk) or self._may_have_hashtag(chunk):
            return True
        words = [word for word in chunk.translate(_units).split() if _ODD.search(word)]
        if not words:
            return None
        if len(words) > WORDS_READ:
            return True
        if any(map(_MARK.search, words)) and _NEEDS_ITS_TEXT.search(chunk):
            return True
        return any(map(self._may_be_read, dict.fromkeys(words)))

    def _may_have_hashtag(self, chunk: str) -> bool:
        """Return whether words run together after a hash may be words of terms."""
        return any(
            not units.isascii()
            or not _ONLY_LETTERS.fullmatch(units)
            or self._vocabulary.has_any(units.split())
            for units in hashtags_in(chunk)
        )

    def _may_be_read(self, word: str) -> bool:
        pieces = _pieces(word)
        if len(pieces) > _PIECES:
            return True
        return any(self._is_read(units) for units in dict.fromkeys(_ways_to_cut(pieces)))

    def _is_read(self, units: str, kind: CandidateKind = CandidateKind.WORD) -> bool:
        """Return whether units have a reading, as if they were a candidate by themselves."""
        is_word = kind is CandidateKind.WORD
        if not 2 < len(units) <= LONGEST or (is_word and not _ODD.search(units)):
            return False
        # Small letters are never a name or a code, and among Greek ones a star hides any letter.
        written = "α" * len(units)
        candidate = Candidate(kind, units, tuple(range(len(units))), written, "-")
        return bool(read_candidate(candidate, self._vocabulary, Effort(), strip_edges=not is_word))


def _pieces(word: str) -> list[str]:
    """Cut a word before and after each sign. Stars at an end are one piece."""
    bare = word.strip(STAR)
    before = len(word) - len(word.lstrip(STAR))
    pieces = [word[:before], *_PIECE.findall(bare), word[before + len(bare) :]]
    return [piece for piece in pieces if piece]


def _ways_to_cut(pieces: list[str]) -> Iterator[str]:
    """Yield all stretches of neighbouring pieces, also without the digit of a numbered chapter."""
    for first in range(len(pieces)):
        for last in range(first + 1, len(pieces) + 1):
            units = "".join(pieces[first:last])
            yield units
            if _NUMBERED.fullmatch(units):
                yield units[:-1]


_RARE_SIGNS = f"{STARS}€$§|+¢"

SIGNS_WITH_USES = {  # each pattern begins with a plain character, which `re` finds fast
    "!": re.compile(r"!(?<=\w!)(?=[\w@])|!(?=\w)"),
    "@": re.compile(rf"@(?:(?<=[0-9A-Za-z\u00c0-\u077f]@)|[^\W{SPACELESS}]*+[!@$+€|*](?=\w))"),
    "#": re.compile(rf"#(?<!\w#){IN_CAPITALS}|#(?<={SPACED}#)(?=[#%]*{SPACED})"),
    "＃": re.compile(rf"＃(?<!\w＃){IN_CAPITALS}"),
    "%": re.compile(rf"%(?<={SPACED}%)(?=[#%]*{SPACED})"),
}
"""Signs that also have ordinary uses, and what shows that one may be part of a disguise."""

DISGUISE_SIGNS = f"{_RARE_SIGNS}{''.join(SIGNS_WITH_USES)}"
"""All signs of disguises that the fold turns into spaces."""

_MIXED_FOLD = re.compile(r"[0-9](?=[^\W\d])|[0-9](?<=[^\W\d].)")
_SINGLES = re.compile(r" [a-z\u0370-\u077f] [0-9a-z\u0370-\u077f] [0-9a-z\u0370-\u077f] ")
SINGLE_UNITS = re.compile(rf"(?: [^\W_{SPACELESS}](?= )){{3,}}+")
"""Three letters or digits of a fold in a row, of any script with spaces."""

_TWO_SCRIPTS = re.compile(r"[a-z][\u0621-\u064a]|[\u0621-\u064a][a-z]")

HAN_ENDINGS = "，。、；：！？\n"
"""Signs that end a sentence or clause of Han letters, so that no word goes on after them."""

_HAN_APART = re.compile(rf"(?:[\u3400-\u9fff](?:_|[^\w{HAN_ENDINGS}]){{1,6}}){{2}}[\u3400-\u9fff]")


def is_suspect(text: str, folded: str) -> bool:
    """Return whether a text may have a word in disguise, except for a mention that may be one.

    >>> from matcher.fold import fold
    >>> [is_suspect(text, fold(text)) for text in ("A plain text, 24 words.", "b0mb", "heeelp")]
    [False, True, True]
    """
    return bool(
        any(sign in text for sign in _RARE_SIGNS)
        or any(sign in text and used.search(text) for sign, used in SIGNS_WITH_USES.items())
        or _MIXED_FOLD.search(folded)
        or _SINGLES.search(folded)
        or has_odd_letters(folded)
        or (not folded.isascii() and has_han_apart(text))
    )


def has_odd_letters(folded: str) -> bool:
    """Return whether a word has a run of three letters, or letters of two scripts."""
    return bool(
        (has_run_of_three(folded) and STRETCHED.search(folded))
        or (not folded.isascii() and _TWO_SCRIPTS.search(folded))
    )


def has_han_apart(text: str) -> bool:
    """Return whether three Han letters are separated, and no sentence or clause ends between them.

    >>> has_han_apart("验-证-码"), has_han_apart("我，你，他")
    (True, False)
    """
    return bool(_HAN_APART.search(text))
