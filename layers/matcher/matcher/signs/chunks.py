"""A chunk: the text between two white spaces, from which its signs are read.

Most signs lie within one chunk. So `matcher.batch.sign_finder` can drop the chunks that have none,
and both ways of looking for signs call the same functions for the rest.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from matcher.signs.shapes import DIGITS, LINE_END, MARKS, SPACE

type Found = tuple[str, int, int]
"""A sign's id, and half-open code points."""

NUMBER_ENDS = frozenset(DIGITS + MARKS)
"""What a number may end with, and with it a chunk."""
_CHUNK = re.compile(f"[^{SPACE}{LINE_END}]+")


class Chunk(NamedTuple):
    """A chunk with its shape, and the texts of those neighbours that its signs depend on.

    A neighbour is empty at an end of the text, or if more than one space is between.
    """

    text: str
    shape: str
    before: str
    after: str


def chunks_of(text: str, shape: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield the place of each chunk of a text, the chunk, and its neighbours, in order.

    Only a number at an edge may have a currency or a unit in the next chunk. Where no sign depends
    on a neighbour, it is empty.

    >>> from matcher.signs.shapes import shape_of
    >>> text = "only 10 g  left"
    >>> list(chunks_of(text, shape_of(text)))
    [(0, 'only', '', ''), (5, '10', 'only', 'g'), (8, 'g', '', ''), (11, 'left', '', '')]
    """
    places = [found.span() for found in _CHUNK.finditer(shape)]
    for number, (start, end) in enumerate(places):
        before = after = ""
        if shape[start] in DIGITS and number and shape[start - 1] == SPACE:
            first, last = places[number - 1]
            before = text[first:last] if last == start - 1 else ""
        if shape[end - 1] in NUMBER_ENDS and number + 1 < len(places) and shape[end] == SPACE:
            first, last = places[number + 1]
            after = text[first:last] if first == end + 1 else ""
        yield start, text[start:end], before, after
