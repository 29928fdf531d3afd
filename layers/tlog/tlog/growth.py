"""Adds leaves to a tree, and says which files of the log that writes.

Not all leaves are hashed again: it keeps the right edge, of each level the hashes of its last,
partial tile. The partial tiles of the log store them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tlog.hashing import leaf_hash, root_of
from tlog.tiles import (
    MOST_LEAF_BYTES,
    TILE_WIDTH,
    decode_entries,
    decode_tile,
    encode_entries,
    entries_path,
    tile_path,
)

type ReadFile = Callable[[str], bytes | None]
"""Returns the bytes under a path below the folder of the log, or None."""


class LogDamagedError(ValueError):
    """The files of a log do not fit its checkpoint."""


@dataclass(slots=True)
class GrowingTree:
    """A tree of `size` leaves that grows at its right edge.

    `edge` holds the hashes of the last partial tile of each level, and `bundle` the leaves of the
    last partial bundle. `files` collects the files to write: full tiles as they fill up, and the
    partial ones when `finish` is called.
    """

    size: int = 0
    edge: list[list[bytes]] = field(default_factory=list)
    bundle: list[bytes] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, size: int, root: bytes, read_file: ReadFile) -> "GrowingTree":
        """Read the right edge of a tree from its files.

        Raises LogDamagedError if a file is missing, or the edge does not add up to the root.
        """
        tree, count, level = cls(size), size, 0
        while count:
            width = count % TILE_WIDTH
            path = tile_path(level, count // TILE_WIDTH, width)
            tree.edge.append(decode_tile(read_log_file(read_file, path)) if width else [])
            count, level = count // TILE_WIDTH, level + 1
        if width := size % TILE_WIDTH:
            path = entries_path(size // TILE_WIDTH, width)
            tree.bundle = decode_entries(read_log_file(read_file, path))
        hashes = [leaf_hash(leaf) for leaf in tree.bundle]
        if tree.root() != root or hashes != (tree.edge[0] if tree.edge else []):
            raise LogDamagedError(f"the last tiles of the log are not those of its {size} leaves")
        return tree

    def add(self, leaf: bytes) -> None:
        """Raise ValueError for a leaf that is too long."""
        if len(leaf) > MOST_LEAF_BYTES:
            raise ValueError(f"a leaf has {len(leaf)} bytes, and at most {MOST_LEAF_BYTES}")
        self.bundle.append(leaf)
        if len(self.bundle) == TILE_WIDTH:
            self.files[entries_path(self.size // TILE_WIDTH)] = encode_entries(self.bundle)
            self.bundle.clear()
        self.size += 1
        self._add_hash(0, leaf_hash(leaf), self.size)

    def _add_hash(self, level: int, added: bytes, count: int) -> None:
        if level == len(self.edge):
            self.edge.append([])
        tile = self.edge[level]
        tile.append(added)
        if len(tile) == TILE_WIDTH:
            self.files[tile_path(level, count // TILE_WIDTH - 1)] = b"".join(tile)
            root = root_of(tile)
            tile.clear()
            self._add_hash(level + 1, root, count // TILE_WIDTH)

    def root(self) -> bytes:
        """Return the root of the tree.

        The rest of a lower level is one more subtree, smaller than the others, at the right end of
        the level above.
        """
        rest: list[bytes] = []
        for tile in self.edge:
            hashes = [*tile, *rest]
            rest = [root_of(hashes)] if hashes else []
        return root_of(rest)

    def finish(self) -> dict[str, bytes]:
        """Return all files to write, with the partial ones, and forget them."""
        count = self.size
        for level, tile in enumerate(self.edge):
            if tile:
                path = tile_path(level, count // TILE_WIDTH, len(tile))
                self.files[path] = b"".join(tile)
            count //= TILE_WIDTH
        if self.bundle:
            path = entries_path(self.size // TILE_WIDTH, len(self.bundle))
            self.files[path] = encode_entries(self.bundle)
        files, self.files = self.files, {}
        return files


def read_log_file(read_file: ReadFile, path: str) -> bytes:
    """Return a file of a log. Raise LogDamagedError if it is missing."""
    data = read_file(path)
    if data is None:
        raise LogDamagedError(f"the log has no file {path}")
    return data
