"""The Merkle tree of a log, its files, how it grows, and proofs that it contains a leaf.

The files are tiles of 256 hashes, and bundles of 256 leaves. A tile of level L holds the roots of
complete subtrees of 256^L leaves. Full tiles and bundles never change. The last one of each level
may be partial: then its name says how wide it is.

Not all leaves are hashed again when leaves are added: a tree keeps its right edge, of each level
the hashes of its last, partial tile. The partial tiles of the log store them.

Source: RFC 6962, section 2.1; c2sp.org/tlog-tiles; c2sp.org/tlog-proof.
"""

import base64
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with these two children."""
    return sha256(b"\x01" + left + right).digest()


def split_point(size: int) -> int:
    """Return how many leaves the left half of a tree of `size` > 1 leaves has.

    >>> split_point(2), split_point(7), split_point(8), split_point(9)
    (1, 4, 4, 8)
    """
    return 1 << (size - 1).bit_length() - 1


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over hashes of leaves, or of complete subtrees of one size.

    The last subtree may be smaller than the others.
    """
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        paired = [node_hash(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]  # an odd last one goes up alone
    return level[0]


TILE_WIDTH = 256
HASH_BYTES = 32
MOST_LEAF_BYTES = 0xFFFF
"""The length of a leaf is written in two bytes."""


def tile_path(level: int, number: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile below the folder of the log.

    >>> tile_path(0, 5), tile_path(1, 1_234_067, 12)
    ('tile/0/005', 'tile/1/x001/x234/067.p/12')
    """
    return f"tile/{level}/{_numbered(number, width)}"


def bundle_path(number: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a bundle of leaves below the folder of the log.

    >>> bundle_path(1000)
    'tile/entries/x001/000'
    """
    return f"tile/entries/{_numbered(number, width)}"


def _numbered(number: int, width: int) -> str:
    parts = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        parts.insert(0, f"x{number % 1000:03}")
    return "/".join(parts) + (f".p/{width}" if width < TILE_WIDTH else "")


def encode_bundle(leaves: Iterable[bytes]) -> bytes:
    r"""Return a bundle: each leaf behind its length.

    Raises OverflowError for a leaf of more than MOST_LEAF_BYTES.

    >>> encode_bundle([b"ab", b""])
    b'\x00\x02ab\x00\x00'
    """
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def decode_bundle(bundle: bytes) -> list[bytes]:
    """Return the leaves of a bundle. Raise ValueError if it does not end with a whole leaf."""
    leaves, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if end > len(bundle) or at + 2 > len(bundle):
            raise ValueError("a bundle ends within a leaf")
        leaves.append(bundle[at + 2 : end])
        at = end
    return leaves


def decode_tile(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile. Raise ValueError if it does not end with a whole hash."""
    if len(tile) % HASH_BYTES:
        raise ValueError("a tile ends within a hash")
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def width_of(level: int, number: int, size: int) -> int:
    """Return how many hashes a tile has in a tree of `size` leaves; 0 if it has no such tile.

    A bundle is as wide as the tile of level 0 with the same number.

    >>> width_of(0, 273, 70_000), width_of(1, 1, 70_000), width_of(2, 0, 70_000)
    (112, 17, 1)
    """
    hashes = size // int(TILE_WIDTH**level)
    return max(0, min(TILE_WIDTH, hashes - number * TILE_WIDTH))


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
            path = bundle_path(size // TILE_WIDTH, width)
            tree.bundle = decode_bundle(read_log_file(read_file, path))
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
            self.files[bundle_path(self.size // TILE_WIDTH)] = encode_bundle(self.bundle)
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
            path = bundle_path(self.size // TILE_WIDTH, len(self.bundle))
            self.files[path] = encode_bundle(self.bundle)
        files, self.files = self.files, {}
        return files


def read_log_file(read_file: ReadFile, path: str) -> bytes:
    """Return a file of a log. Raise LogDamagedError if it is missing."""
    data = read_file(path)
    if data is None:
        raise LogDamagedError(f"the log has no file {path}")
    return data


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
            bundle = decode_bundle(self._read(bundle_path(number, self._width(0, number))))
            yield from bundle[max(0, start - first) : end - first]

    def first_kept(self) -> int:
        """Return the first leaf that can be read: old bundles may be pruned, from the start on."""

        def is_kept(number: int) -> bool:
            return self.read_file(bundle_path(number, self._width(0, number))) is not None

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
