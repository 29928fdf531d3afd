"""Reads the disguised words of a text, and puts the readings together so that they can be searched.

The simple way is to replace one disguised word at a time and to search the text again for each of
its readings. Instead, a layer is one way to read the whole text: it has one reading of each
disguised word, so that a phrase of two disguised words is found. There are as many layers as the
word with most readings has; the others repeat their last. Two stretches may overlap: in "发 给 我
发-给-我", both may have the fourth letter. The later one then goes into a second group of layers,
together with the stretches that it does not overlap.

Limits: of three stretches that all overlap, the third is not read. Two words with their letters
apart, and the same separator between the words, are read as one (`o p e n n o w`).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import product

from matcher.effort import Effort
from matcher.evasion.candidates import Candidate, CandidateKind, find_candidates
from matcher.evasion.lookalikes import STAR, fit_of
from matcher.evasion.plausible import is_plausible_evasion, is_plausible_mask, sounds_alike
from matcher.evasion.vocabulary import Vocabulary
from matcher.evasion.word_index import foreign_as_stars
from matcher.text.aligned import WordReading
from matcher.text.fold import Evasion, is_spaceless

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
    """Yield readings of a candidate without stars."""
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
    """Yield readings of a candidate with stars."""
    for word, last, fit in vocabulary.masked_by(candidate.units, candidate.written, 1):
        if not effort.take_reading():
            return
        if is_plausible_mask(word.letters, candidate.units[:last], alone=word.alone):
            evasion = frozenset({Evasion.MASKED})
            yield _reading(candidate, word.letters, 0, last, fit, evasion)


def _foreign(
    candidate: Candidate, masked: str, vocabulary: Vocabulary, effort: Effort
) -> Iterator[WordReading]:
    """Yield readings of a candidate with a letter of a foreign script."""
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
