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
    """A chunk with its shape, its place in the text, and the texts of its neighbours.

    A neighbour is empty at an end of the text, or if more than one space is between.
    """

    text: str
    shape: str
    start: int
    before: str
    after: str

    def neighbours_read(self) -> tuple[str, str]:
        """Return the neighbours without those that no sign of the chunk depends on.

        Only a number at an edge may have a currency or a unit in the next chunk.
        """
        shape = self.shape
        return (
            self.before if shape[0] in DIGITS else "",
            self.after if shape[-1] in NUMBER_ENDS else "",
        )


def chunks_of(text: str, shape: str) -> Iterator[Chunk]:
    """Yield the chunks of a text in order.

    >>> from matcher.signs.shapes import shape_of
    >>> text = "only 10 g  left"
    >>> [(chunk.before, chunk.text, chunk.after) for chunk in chunks_of(text, shape_of(text))]
    [('', 'only', '10'), ('only', '10', 'g'), ('10', 'g', ''), ('', 'left', '')]
    """
    places = [found.span() for found in _CHUNK.finditer(shape)]
    for number, (start, end) in enumerate(places):
        before = after = ""
        if number and places[number - 1][1] == start - 1 and shape[start - 1] == SPACE:
            before = text[places[number - 1][0] : start - 1]
        if number + 1 < len(places) and places[number + 1][0] == end + 1 and shape[end] == SPACE:
            after = text[end + 1 : places[number + 1][1]]
        yield Chunk(text[start:end], shape[start:end], start, before, after)
