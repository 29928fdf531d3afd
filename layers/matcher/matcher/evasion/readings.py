"""The readings of the disguised words of a text, put together to texts that can be searched.

A layer holds one reading for each disguised word, in order, none overlapping. There are as many as
a word has readings; a word with fewer keeps its last one, so that a phrase of two is found. Where
two stretches overlap ("发 给 我 发-给-我", of which both may have the fourth letter), the later one
is read in layers of its own, beside all that does not touch it.

Limits: of three stretches that all overlap, the third is not read.
"""

from bisect import bisect_left

from matcher.effort import Effort
from matcher.evasion.disguise import chunks
from matcher.evasion.vocabulary import READINGS_OF_CHUNK, Vocabulary
from matcher.text.aligned import Reading


def layers(text: str, vocabulary: Vocabulary, effort: Effort | None = None) -> list[list[Reading]]:
    """Read the disguised words of a text, as far as the effort allows; none where it has none.

    >>> vocabulary = Vocabulary([" bomb ", " bumb "])
    >>> read = layers("a b*mb, b0mb", vocabulary)
    >>> sorted([reading.letters for reading in layer] for layer in read)
    [['bomb', 'bomb'], ['bumb', 'bomb']]
    """
    effort = effort or Effort()
    first: list[list[Reading]] = []
    second: list[list[Reading]] = []
    ends = [0, 0]
    for chunk in chunks(text):
        if effort.has_read_enough:
            break
        if chunk.start < min(ends):
            continue
        if readings := vocabulary.read(chunk, effort):
            effort.read(READINGS_OF_CHUNK)  # it is put into each layer
            late = chunk.start < ends[0]
            (second if late else first).append(readings)
            ends[late] = max(reading.end for reading in readings)
    both = _with_untouched(second, first) if second else []
    return [*_layers(first), *_layers(both)]


def _with_untouched(own: list[list[Reading]], others: list[list[Reading]]) -> list[list[Reading]]:
    """Stretches and those of others that overlap none of them, in the order of text."""
    starts = [_start(readings) for readings in own]
    kept = list(own)
    for readings in others:
        after = bisect_left(starts, _end(readings))  # the first of its own that begins behind
        if after == 0 or _end(own[after - 1]) <= _start(readings):
            kept.append(readings)
    return sorted(kept, key=_start)


def _layers(read: list[list[Reading]]) -> list[list[Reading]]:
    depth = max(map(len, read), default=0)
    return [[r[min(layer, len(r) - 1)] for r in read] for layer in range(depth)]


def _start(readings: list[Reading]) -> int:
    return min(reading.start for reading in readings)


def _end(readings: list[Reading]) -> int:
    return max(reading.end for reading in readings)
