"""The files of a log: tiles of 256 hashes, and bundles of 256 entries.

A tile of level L holds the roots of complete subtrees of 256^L leaves. Full tiles and bundles never
change. The last one of each level may be partial: then its name says how wide it is.

Source: c2sp.org/tlog-tiles.
"""

from collections.abc import Iterable

TILE_WIDTH = 256
HASH_BYTES = 32
MOST_LEAF_BYTES = 0xFFFF
"""The length of an entry is written in two bytes."""


def tile_path(level: int, number: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile below the folder of the log.

    >>> tile_path(0, 5), tile_path(1, 1_234_067, 12)
    ('tile/0/005', 'tile/1/x001/x234/067.p/12')
    """
    return f"tile/{level}/{_numbered(number, width)}"


def entries_path(number: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a bundle of entries below the folder of the log.

    >>> entries_path(1000)
    'tile/entries/x001/000'
    """
    return f"tile/entries/{_numbered(number, width)}"


def _numbered(number: int, width: int) -> str:
    parts = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        parts.insert(0, f"x{number % 1000:03}")
    return "/".join(parts) + (f".p/{width}" if width < TILE_WIDTH else "")


def encode_entries(leaves: Iterable[bytes]) -> bytes:
    r"""Return a bundle: each leaf behind its length.

    Raises OverflowError for a leaf of more than MOST_LEAF_BYTES.

    >>> encode_entries([b"ab", b""])
    b'\x00\x02ab\x00\x00'
    """
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def decode_entries(bundle: bytes) -> list[bytes]:
    """Return the leaves of a bundle. Raise ValueError if it does not end with a whole leaf."""
    leaves, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if end > len(bundle) or at + 2 > len(bundle):
            raise ValueError("a bundle of entries ends within an entry")
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

    A bundle of entries is as wide as the tile of level 0 with the same number.

    >>> width_of(0, 273, 70_000), width_of(1, 1, 70_000), width_of(2, 0, 70_000)
    (112, 17, 1)
    """
    hashes = size // int(TILE_WIDTH**level)
    return max(0, min(TILE_WIDTH, hashes - number * TILE_WIDTH))
