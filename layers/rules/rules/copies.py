"""Near copies: how alike two texts are by their fingerprints, and which texts are a copy group.

A fingerprint is a MinHash: 64 bytes, each the smallest value of one keyed hash over the character
4-grams of a text in its normal form. The share of equal bytes estimates the share of 4-grams that
two texts have in common (Jaccard). `matcher.copies` makes fingerprints; here they are compared.

Source: A. Broder, "On the resemblance and containment of documents" (1997); P. Li and C. König,
"b-Bit Minwise Hashing" (2010).
"""

import operator
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

import msgspec

ALGORITHM = "minhash-1"

HASHES = 64
"""Bytes of a fingerprint. The estimate's standard error is at most 1 / (2 × √64) = .06."""

BANDS = 16
ROWS = HASHES // BANDS
"""Copies are looked for among texts of which four bytes in a row are equal. Two texts that have 0.6
of their 4-grams in common are found with probability 1 - (1 - .6^4)^16 = .89, and with .9998 if
they have 0.8."""

GRAM = 4
EQUAL_AT_LEAST = 39
"""Equal bytes of copies: of a Jaccard of .6, 64 × (.6 + .4 / 256) = 38.5 are expected."""

LETTERS_AT_LEAST = 24
KINDS_AT_LEAST = 8
"""Letters, and different ones, that a text must have: short texts are alike by chance."""

DEFINITION = {
    "id": ALGORITHM,
    "text": "the parts of a post in their normal form (fold), joined by a blank",
    "grams": GRAM,
    "hashes": HASHES,
    "bands": BANDS,
    "equal_at_least": EQUAL_AT_LEAST,
    "letters_at_least": LETTERS_AT_LEAST,
    "kinds_at_least": KINDS_AT_LEAST,
    "gram": "((c0 × p + c1) × p + c2) × p + c3, xor k, then the last steps of SplitMix64",
    "hash": "the bits 8 to 15 of the smallest a × gram + b, modulo 2^32",
    "key": "p, k, each a and b, from the provider's secret key",
}
"""All that decides which texts are copies, except the secret key."""


def definition() -> bytes:
    """Return the public definition of the algorithm as JSON. Its SHA-256 is the digest."""
    return msgspec.json.encode(DEFINITION, order="sorted")


def digest_of_definition() -> str:
    """Return the digest of the algorithm, by which a set names it.

    >>> len(digest_of_definition())
    64
    """
    return sha256(definition()).hexdigest()


class Fingerprinted(NamedTuple):
    """A text by its id, with its fingerprint."""

    id: str
    fingerprint: bytes


def may_have_copies(text: str) -> bool:
    """Return whether a text in its normal form is long and varied enough to be compared.

    >>> may_have_copies("send me the code that you got"), may_have_copies("ha" * 40)
    (True, False)
    >>> [may_have_copies(("abcdefgh" * 3)[:length]) for length in (24, 23)]
    [True, False]
    >>> may_have_copies("abcdefg" * 4)
    False
    """
    return len(text) >= LETTERS_AT_LEAST and len(set(text)) >= KINDS_AT_LEAST


def are_copies(left: bytes, right: bytes) -> bool:
    """Return whether two fingerprints are of near copies.

    >>> are_copies(bytes(64), bytes(39) + b"1" * 25), are_copies(bytes(64), bytes(38) + b"1" * 26)
    (True, False)
    """
    return left == right or sum(map(operator.eq, left, right)) >= EQUAL_AT_LEAST


def copy_groups(
    texts: Iterable[Fingerprinted], known: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Return for each text the id of its group: the smallest id of a text that it is a copy of.

    Texts are taken by their ids. Each joins the first group whose first text it is a copy of, or
    begins one. So the order in which they are given never matters. `known` has the groups of texts
    that were grouped before; the smallest of a group that still has a fingerprint represents it.

    >>> groups = copy_groups([Fingerprinted("b", bytes(64)), Fingerprinted("a", bytes(64)),
    ...     Fingerprinted("c", bytes(range(64)))])
    >>> sorted(groups.items())
    [('a', 'a'), ('b', 'a'), ('c', 'c')]
    """
    index, groups, first_of = CopyIndex(), dict(known), dict[str, Fingerprinted]()
    new = []
    for text in sorted(texts):
        if text.id in known:
            first_of.setdefault(known[text.id], text)
        else:
            new.append(text)
    for text in first_of.values():
        index.add(text)
    for text in new:
        first = index.copy_of(text.fingerprint)
        groups[text.id] = groups[first] if first else text.id
        if first is None:
            index.add(text)
    return groups


class CopyIndex:
    """Texts by the bands of their fingerprints."""

    def __init__(self, texts: Iterable[Fingerprinted] = ()) -> None:
        self._bands: list[dict[bytes, list[Fingerprinted]]] = [{} for _ in range(BANDS)]
        self._same: dict[bytes, str] = {}
        for text in sorted(texts):
            self.add(text)

    def add(self, text: Fingerprinted) -> None:
        """Add a text. Of texts with the same fingerprint, the first one added counts."""
        if text.fingerprint in self._same:
            return
        self._same[text.fingerprint] = text.id
        for band, key in zip(self._bands, _bands(text.fingerprint), strict=True):
            band.setdefault(key, []).append(text)

    def copy_of(self, fingerprint: bytes) -> str | None:
        """Return the smallest id of the texts that this is a near copy of, or None."""
        if (same := self._same.get(fingerprint)) is not None:
            return same
        found = {
            text
            for band, key in zip(self._bands, _bands(fingerprint), strict=True)
            for text in band.get(key, ())
        }
        return min(
            (text.id for text in found if are_copies(text.fingerprint, fingerprint)), default=None
        )


def _bands(fingerprint: bytes) -> Iterator[bytes]:
    return (fingerprint[at : at + ROWS] for at in range(0, HASHES, ROWS))
