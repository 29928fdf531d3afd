"""Make the fingerprint of a post: a MinHash over character 4-grams, under a provider's key.

Without the key nobody can compute the fingerprint of a text, so stored fingerprints do not tell
which texts they are of. `rules.pack_parts` says how they are compared.

Limits: the hashes are quick and not cryptographic. Somebody with many fingerprints and their texts
could find the key. So fingerprints are private, and end after 30 days.
"""

import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import shake_256
from typing import Any

from matcher.fold import fold
from rules.pack_parts import GRAM, HASHES, may_have_copies

_MASK, _LOW = 2**64 - 1, 2**32 - 1
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""The multipliers of SplitMix64 (G. Steele, D. Lea, C. Flood, 2014)."""


@dataclass(frozen=True)
class Fingerprints:
    """Makes the fingerprints of one provider's posts; `key` are 32 secret bytes."""

    key: bytes = field(repr=False)

    def of(self, texts: Iterable[str]) -> bytes:
        """Return the fingerprint of a post's texts; empty if they are too short to be compared.

        >>> made = Fingerprints(bytes(32))
        >>> made.of(["Send me the code, my friend"]) == made.of(["SEND me the code my friend!"])
        True
        >>> made.of(["Hello"])
        b''
        """
        text = " ".join(" ".join(fold(part).split()) for part in texts)
        if not may_have_copies(text):
            return b""
        is_quick = "numpy" in sys.modules  # loading it takes longer than some fingerprints
        return self.of_folded_quickly(text) if is_quick else self.of_folded(text)

    def of_folded(self, text: str) -> bytes:
        """Return the fingerprint of a text in its normal form."""
        multiplier, mask, factors, addends = self._numbers
        letters = struct.unpack(f"<{len(text)}I", text.encode("utf-32-le", "surrogatepass"))
        grams = set()
        for place in range(len(letters) - GRAM + 1):
            gram = 0
            for letter in letters[place : place + GRAM]:
                gram = (gram * multiplier + letter) & _MASK
            grams.add(_mixed(gram ^ mask))
        return bytes(
            min((factor * gram + addend) & _LOW for gram in grams) >> 8 & 0xFF
            for factor, addend in zip(factors, addends, strict=True)
        )

    def of_folded_quickly(self, text: str) -> bytes:
        """Return what `of_folded` returns, with numpy: some 25 times faster."""
        import numpy as np  # only scan has it

        multiplier, mask, factors, addends = self._arrays
        letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype("u8")
        grams = letters[: 1 - GRAM]
        for place in range(1, GRAM):
            grams = grams * multiplier + letters[place : len(letters) - GRAM + 1 + place]
        grams ^= mask
        for shift, factor in ((30, _FIRST), (27, _SECOND)):
            grams ^= grams >> np.uint64(shift)
            grams *= np.uint64(factor)
        grams ^= grams >> np.uint64(31)
        hashes = grams.astype("u4")[:, None] * factors
        hashes += addends
        smallest = hashes.min(axis=0) >> np.uint32(8)
        made: bytes = smallest.astype("u1").tobytes()
        return made

    @cached_property
    def _numbers(self) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
        """Return the multiplier and mask of grams, and a factor and an addend for each hash."""
        bits = shake_256(b"terang minhash-1" + self.key).digest(2 * 8 + 2 * HASHES * 4)
        multiplier, mask, *rest = struct.unpack(f"<2Q{2 * HASHES}I", bits)
        return multiplier | 1, mask, tuple(n | 1 for n in rest[:HASHES]), tuple(rest[HASHES:])

    @cached_property
    def _arrays(self) -> tuple[Any, Any, Any, Any]:
        import numpy as np

        multiplier, mask, factors, addends = self._numbers
        pair = np.array(factors, "u4"), np.array(addends, "u4")
        return np.uint64(multiplier), np.uint64(mask), *pair


def load_numpy() -> None:
    """Load numpy, if it is installed: it pays from some hundred fingerprints on."""
    with suppress(ModuleNotFoundError):
        import numpy  # noqa: F401


def _mixed(gram: int) -> int:
    gram = ((gram ^ gram >> 30) * _FIRST) & _MASK
    gram = ((gram ^ gram >> 27) * _SECOND) & _MASK
    return gram ^ gram >> 31
