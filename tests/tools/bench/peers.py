"""Other matchers at the matcher's place: behind the same reading and fold, before the same look.
Texts are folded by the same table, in arrays, into buffers of UTF-8 with a line for each; a peer
finds the folded patterns in a buffer, and the posts that it found something in are looked at by
`Matcher.find` as always."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import ahocorasick_rs
import hyperscan
import numpy as np
import numpy.typing as npt
import yara_x

from matcher.fold import FOLD

BUFFER = 64 * 1024  # code points; the size at which the peers were fastest
_MANY, _DROPPED = 0xFFFF_FFFF, 0xFFFF_FFFE
_ASCII = bytes(ord(FOLD[code] or "\x7f") if code < 128 else 0 for code in range(256))
_ASCII_DROPPED = bytes(code for code in range(128) if not FOLD[code])

type Codes = npt.NDArray[np.uint32]


class Buffers:
    """Folds texts into buffers."""

    def __init__(self) -> None:
        self._folded = np.zeros(0x110000, np.uint32)
        self._many: dict[int, Codes] = {}

    def of(self, texts: Sequence[str]) -> Iterator[tuple[bytes, list[int]]]:
        """Buffers, each with the numbers of its texts; a text is a line with spaces around."""
        plain = [number for number, text in enumerate(texts) if text.isascii()]
        wide = [number for number, text in enumerate(texts) if not text.isascii()]
        for numbers, fold in (plain, self._fold_ascii), (wide, self._fold):
            ends = list(accumulate((len(texts[number]) for number in numbers), initial=0))
            first = 0
            while first < len(numbers):
                last = bisect_right(ends, ends[first] + BUFFER, first + 1)
                some = numbers[first:last]
                yield fold([texts[number] for number in some]), some
                first = last

    @staticmethod
    def _fold_ascii(texts: list[str]) -> bytes:
        joined = " \x80 ".join(["", *(text for text in texts), ""]).encode("latin-1")
        table = bytearray(_ASCII)
        table[0x80] = ord("\n")
        letters = np.frombuffer(joined.translate(bytes(table), _ASCII_DROPPED), np.uint8)
        return _single_spaces(letters).tobytes()

    def _fold(self, texts: list[str]) -> bytes:
        joined = " \n ".join(["", *texts, ""])
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        ends = np.cumsum([1, *(len(text) + 3 for text in texts)])
        folded = self._folded.take(codes)
        if not folded.all():
            self._learn(np.unique(codes[folded == 0]).tolist())
            folded = self._folded.take(codes)
        folded[ends] = ord("\n")
        many = np.flatnonzero(folded == _MANY)
        if many.size:
            distinct, which = np.unique(codes[many], return_inverse=True)
            spelled = [self._many[code] for code in distinct.tolist()]
            sizes = np.array([one.size for one in spelled])
            firsts, sizes = (np.cumsum(sizes) - sizes)[which], sizes[which]
            times = np.ones(folded.size, np.intp)
            times[many] = sizes
            places = (np.cumsum(times) - times)[many]
            folded = np.repeat(folded, times)
            within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            letters = np.concatenate(spelled)[np.repeat(firsts, sizes) + within]
            folded[np.repeat(places, sizes) + within] = letters
        kept = folded != _DROPPED
        if not kept.all():
            folded = folded[kept]
        return _single_spaces(folded).tobytes().decode("utf-32-le").encode()

    def _learn(self, codes: list[int]) -> None:
        for code in codes:
            folded = FOLD[code]
            self._folded[code] = ord(folded) if len(folded) == 1 else _MANY if folded else _DROPPED
            self._many[code] = np.array([ord(char) for char in folded], np.uint32)


def _single_spaces[T: np.generic](letters: npt.NDArray[T]) -> npt.NDArray[T]:
    space = letters == ord(" ")
    kept = np.empty(letters.size, bool)
    kept[0] = True
    np.logical_and(space[1:], space[:-1], out=kept[1:])
    np.logical_not(kept[1:], out=kept[1:])
    return letters[kept]


class Peer:
    """A matcher that gets a buffer and says at which bytes something ends."""

    def __init__(self, patterns: Sequence[str]):
        """Takes folded patterns."""

    def ends(self, buffer: bytes) -> list[int]:
        raise NotImplementedError

    def passing(self, buffers: Buffers, texts: Sequence[str]) -> set[int]:
        """The numbers of the texts that hold a pattern."""
        found: set[int] = set()
        for buffer, numbers in buffers.of(texts):
            ends = self.ends(buffer)
            if ends:
                lines = np.flatnonzero(np.frombuffer(buffer, np.uint8) == ord("\n"))
                assert lines.size == len(numbers) + 1
                at = np.searchsorted(lines, np.array(ends) - 1) - 1
                found.update(numbers[place] for place in set(at.tolist()))
        return found


class AhocorasickRs(Peer):
    """ahocorasick_rs over bytes, its own choice of automaton."""

    def __init__(self, patterns: Sequence[str]):
        self._automaton = ahocorasick_rs.BytesAhoCorasick([one.encode() for one in patterns])

    def ends(self, buffer: bytes) -> list[int]:
        found = self._automaton.find_matches_as_indexes(buffer, overlapping=True)
        return [end for _, _, end in found]


class Hyperscan(Peer):
    """Hyperscan's literal matcher."""

    def __init__(self, patterns: Sequence[str]):
        self._database = hyperscan.Database()
        self._database.compile(expressions=[one.encode() for one in patterns],
            ids=list(range(len(patterns))), flags=[0] * len(patterns), literal=True)  # fmt: skip

    def ends(self, buffer: bytes) -> list[int]:
        found: list[int] = []

        def take(_id: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append(end)

        self._database.scan(buffer, match_event_handler=take)
        return found


class YaraX(Peer):
    """yara-x with a string for each pattern."""

    def __init__(self, patterns: Sequence[str]):
        strings = (f"$s{n} = {{ {one.encode().hex(' ')} }}" for n, one in enumerate(patterns))
        rule = "rule terms { strings:\n" + "\n".join(strings) + "\ncondition: any of them }"
        self._scanner = yara_x.Scanner(yara_x.compile(rule))

    def ends(self, buffer: bytes) -> list[int]:
        rules = self._scanner.scan(buffer).matching_rules
        return [m.offset + m.length for rule in rules for p in rule.patterns for m in p.matches]
