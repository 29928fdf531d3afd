"""Groups near copies, so that a text that was posted a thousand times counts once.

The simple way compares each text with every other: a near copy shares most four-letter pieces of
the folded text. MinHash finds the pairs worth comparing: `HASHES` smallest hashes of a text's
pieces represent it, and two texts are compared if one of `BANDS` bands of them is equal
(Broder 1997; Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3). With four
hashes a band, a pair that shares .6 of its pieces is compared with probability .89.

`rules.copies` groups posts of which only fingerprints are stored: it estimates what texts share,
leaves out short ones, and two copies of a third need not be one group. Here the texts are at hand,
and no text may count twice, so shares are exact, short texts count, and groups grow together.

Limits: a text is compared with the first text of its band alone.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matcher.text.fold import fold

HASHES = 64
BANDS = 16
PIECE = 4
SHARED = 0.6
"""The part of both texts' pieces that near copies share (Jaccard)."""

_PRIME = np.uint64(4_294_967_311)  # the first prime above 2 ** 32: pieces are hashed to 32 bits
_random = np.random.Generator(np.random.PCG64(20_261_127))  # fixed: the same texts, the same groups
_FACTORS = _random.integers(1, 2**31, HASHES, dtype=np.uint64)
_OFFSETS = _random.integers(0, 2**31, HASHES, dtype=np.uint64)

type _Pieces = npt.NDArray[np.uint64]


def copy_groups(texts: Sequence[str], named: Sequence[str] = ()) -> list[int]:
    """Return a number for each text; near copies have the same, the place of their first text.

    >>> copy_groups(["send me the code now", "good morning", "Send me the CODE now!"])
    [0, 1, 0]

    Args:
        texts: The texts.
        named: The group that somebody gave each text, "" for none; those stay together.
    """
    groups = list(range(len(texts)))

    def root(at: int) -> int:
        while groups[at] != at:
            groups[at] = groups[groups[at]]
            at = groups[at]
        return at

    def join(first: int, second: int) -> None:
        low, high = sorted((root(first), root(second)))
        groups[high] = low

    first_with_name: dict[str, int] = {}
    for at, name in enumerate(named):
        if name:
            join(first_with_name.setdefault(name, at), at)
    pieces = [_pieces(text) for text in texts]
    first_in_band: dict[tuple[int, bytes], int] = {}
    for at, own in enumerate(pieces):
        for band, key in enumerate(_bands(own)):
            first = first_in_band.setdefault((band, key), at)
            if root(first) != root(at) and _shared(pieces[first], own) >= SHARED:
                join(first, at)
    return [root(at) for at in range(len(texts))]


def _pieces(text: str) -> _Pieces:
    """Return the hashes of the pieces of a folded text, each once and in order."""
    folded = fold(text).encode("utf-32-le", "surrogatepass")
    width = 4 * PIECE
    last = max(len(folded) - width, 0)
    hashes = {zlib.crc32(folded[at : at + width]) for at in range(0, last + 1, 4)}
    return np.array(sorted(hashes), dtype=np.uint64)


def _bands(pieces: _Pieces) -> list[bytes]:
    smallest = ((pieces[:, None] * _FACTORS + _OFFSETS) % _PRIME).min(axis=0)
    return [row.tobytes() for row in smallest.reshape(BANDS, -1)]


def _shared(first: _Pieces, second: _Pieces) -> float:
    if len(second) < SHARED * len(first):
        return 0.0  # a long text is not searched again for each short one
    both = len(np.intersect1d(first, second, assume_unique=True))
    return both / (len(first) + len(second) - both)
