"""Proofs that a log contains a leaf, made from its files.

Source: RFC 6962, section 2.1.1; c2sp.org/tlog-proof.
"""

import base64
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from tlog.growth import ReadFile, read_log_file
from tlog.hashing import node_hash, root_of, split_point
from tlog.tiles import TILE_WIDTH, decode_entries, decode_tile, entries_path, tile_path, width_of


@dataclass(slots=True)
class LogFiles:
    """The files of a log of `size` leaves; each tile is read once."""

    size: int
    read_file: ReadFile
    _tiles: dict[str, list[bytes]] = field(default_factory=dict)

    def leaves(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the leaves from `start` until before `end`.

        Raises LogDamagedError if their bundle is missing, as a pruned one is.
        """
        end = self.size if end is None else end
        for number in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
            first = number * TILE_WIDTH
            bundle = decode_entries(self._read(entries_path(number, self._width(0, number))))
            yield from bundle[max(0, start - first) : end - first]

    def first_kept(self) -> int:
        """Return the first leaf that can be read: old bundles may be pruned, from the start on."""

        def is_kept(number: int) -> bool:
            return self.read_file(entries_path(number, self._width(0, number))) is not None

        bundles = range(-(-self.size // TILE_WIDTH))
        return min(bisect_left(bundles, True, key=is_kept) * TILE_WIDTH, self.size)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the hashes that lead from a leaf to the root of the first `size` leaves."""
        return self._path(index, 0, self.size if size is None else size)

    def root(self, start: int, end: int) -> bytes:
        """Return the root of the leaves from `start` until before `end`."""
        size = end - start
        level, number, count = 0, start, size
        while count > 1 and not count % TILE_WIDTH and not number % TILE_WIDTH:
            level, number, count = level + 1, number // TILE_WIDTH, count // TILE_WIDTH
        if count <= TILE_WIDTH - number % TILE_WIDTH:  # within one tile
            tile, first = divmod(number, TILE_WIDTH)
            return root_of(self._tile(level, tile)[first : first + count])
        half = split_point(size)
        return node_hash(self.root(start, start + half), self.root(start + half, end))

    def _path(self, index: int, start: int, size: int) -> list[bytes]:
        if size == 1:
            return []
        half = split_point(size)
        if index < half:
            sibling = self.root(start + half, start + size)
            return [*self._path(index, start, half), sibling]
        sibling = self.root(start, start + half)
        return [*self._path(index - half, start + half, size - half), sibling]

    def _tile(self, level: int, number: int) -> list[bytes]:
        path = tile_path(level, number, self._width(level, number))
        if path not in self._tiles:
            self._tiles[path] = decode_tile(self._read(path))
        return self._tiles[path]

    def _width(self, level: int, number: int) -> int:
        return width_of(level, number, self.size)

    def _read(self, path: str) -> bytes:
        return read_log_file(self.read_file, path)


def encode_proof(index: int, hashes: list[bytes], note: bytes, extra: bytes) -> bytes:
    """Return a file `.tlog-proof`: where a leaf is, the hashes to the root, and the checkpoint.

    `extra` is for the application; ours holds the leaf.
    """
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"extra {base64.b64encode(extra).decode()}",
        f"index {index}",
        *(base64.b64encode(one).decode() for one in hashes),
    ]
    return "\n".join(lines).encode() + b"\n\n" + note
