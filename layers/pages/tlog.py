"""A transparency log as static files: leaves, signed checkpoints, tiles of hashes, and proofs.

A leaf is canonical JSON (RFC 8785), so that everybody gets the same hash of the same facts. It
never holds a text, an account or the id of a post. Its `kind` says what it is about.

The files are tiles of 256 hashes, and bundles of 256 leaves. A tile of level L holds the roots of
complete subtrees of 256^L leaves. Full tiles and bundles never change. The last one of each level
may be partial, and its name says how wide it is. Partial tiles hold the right edge of the tree, so
old leaves are not hashed again. No AWS, clock or file access.

Source: RFC 6962, section 2.1; c2sp.org/tlog-tiles, tlog-checkpoint, signed-note and tlog-proof.
"""

import base64
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Annotated, Protocol

import msgspec
import rfc8785

ED25519 = b"\x01"  # the type of a signature, in the id of its key
_SIGNATURE_LINE = "\u2014 "  # an em dash


class Signer(Protocol):
    """The Ed25519 key that signs the checkpoints of a log."""

    def public_key(self) -> bytes:
        """Return the 32 bytes of the public key."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature of a message."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether the key made this signature of a message."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root of the log that is called `origin`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        r"""The text that is signed.

        >>> Checkpoint("terang.example/log", 0, bytes(32)).text[:21]
        b'terang.example/log\n0\n'
        """
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the 4 bytes by which a signature names its key."""
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes) -> str:
    """Return the line by which others know a key: its name, its id and its bytes.

    >>> verifier_key("example.com/log", bytes(32))[:29]
    'example.com/log+a3ad76db+AQAA'
    """
    encoded = base64.b64encode(ED25519 + public_key).decode()
    return f"{name}+{key_id(name, public_key).hex()}+{encoded}"


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the checkpoint as a signed note."""
    named = key_id(checkpoint.origin, signer.public_key())
    signature = base64.b64encode(named + signer.sign(checkpoint.text)).decode()
    return checkpoint.text + f"\n{_SIGNATURE_LINE}{checkpoint.origin} {signature}\n".encode()


def parse_checkpoint(note: bytes) -> Checkpoint:
    """Return the checkpoint of a signed note, without looking at its signatures.

    Raises ValueError for anything else.
    """
    text, separator, _ = note.decode().partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) < 3 or not lines[1].isascii() or not lines[1].isdigit():
        raise ValueError("not a checkpoint")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except ValueError:
        raise ValueError("not a checkpoint: its root is not base64") from None
    return Checkpoint(lines[0], int(lines[1]), root)


def is_signed_by(note: bytes, signer: Signer) -> bool:
    """Return whether a note is a checkpoint that carries a signature of this key."""
    checkpoint = parse_checkpoint(note)
    named = key_id(checkpoint.origin, signer.public_key())
    for line in note.decode().partition("\n\n")[2].splitlines():
        name, _, encoded = line.removeprefix(_SIGNATURE_LINE).partition(" ")
        with suppress(ValueError):  # not base64
            signature = base64.b64decode(encoded, validate=True)
            if name == checkpoint.origin and signature[:4] == named:
                return signer.verify(checkpoint.text, signature[4:])
    return False


type Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
type Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class PublishedLeaf(
    msgspec.Struct, frozen=True, tag_field="kind", tag="published", omit_defaults=True
):
    """A file of the public bucket. `of` is its sort, such as `summary`; `path` is below the bucket.

    A summary, its page, its CSV and its journal name the `revision` of the summary. A newer leaf of
    the same path replaces an older one.
    """

    path: str
    sha256: Digest
    size: int
    of: str
    revision: int = 0


class ReportLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="report"):
    """A file of a provider's yearly report, which is not public: its digest only."""

    path: str
    sha256: Digest
    size: int


class UnitLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="unit", omit_defaults=True):
    """What was counted once: a range of a file, or the messages of a batch.

    `unit` is a keyed digest of its id, see `ledger.keys`. `messages` is 0 for a range.
    """

    provider: str
    day: Day
    unit: Digest
    records: int
    accepted: int
    refused: dict[str, int]
    messages: int = 0


class ReceiptLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="receipt"):
    """The receipt of a file that a provider sent: the digest of what that provider got."""

    provider: str
    day: Day
    sha256: Digest
    records: int
    accepted: int
    refused: dict[str, int]


class FindingLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="finding"):
    """A finding: a keyed digest of its id, see `ledger.keys`."""

    provider: str
    day: Day
    finding: Digest


class DayLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="day"):
    """Ends the leaves of a provider's day, which are right before it; a run may end among them.

    `facts` is a digest of the receipts behind them. A day with late receipts has several.
    """

    provider: str
    day: Day
    facts: Digest


class RunLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="run", omit_defaults=True):
    """Ends what one run of the publisher added; `at` is RFC 3339 in UTC.

    `list` is the digest of the list of all published files that have no leaf of their own. It is
    empty where a run goes on.
    """

    at: str
    list: Digest = ""


class BeganLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="began"):
    """The first leaf of a log that continues another one: the last checkpoint of that one."""

    origin: str
    size: int
    root: str


class MovedLeaf(msgspec.Struct, frozen=True, tag_field="kind", tag="moved"):
    """The last leaf of a log that another one continues, and the key of that one."""

    origin: str
    vkey: str


type _LeafOfDay = UnitLeaf | ReceiptLeaf | FindingLeaf | DayLeaf
type Leaf = PublishedLeaf | ReportLeaf | _LeafOfDay | RunLeaf | BeganLeaf | MovedLeaf

decode_leaf: Callable[[bytes], Leaf] = msgspec.json.Decoder(Leaf).decode
"""Returns the leaf of these bytes. Raises msgspec.DecodeError for anything else."""


def encode_leaf(leaf: Leaf) -> bytes:
    """Return the bytes of a leaf.

    >>> encode_leaf(RunLeaf("2026-11-26T02:00:00Z"))
    b'{"at":"2026-11-26T02:00:00Z","kind":"run"}'
    """
    return rfc8785.dumps(msgspec.to_builtins(leaf))


EMPTY_ROOT = sha256(b"").digest()  # of a tree without leaves


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
MOST_LEAF_BYTES = 0xFFFF  # the length of a leaf is written in two bytes


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile below the folder of the log.

    >>> tile_path(0, 5), tile_path(1, 1_234_067, 12)
    ('tile/0/005', 'tile/1/x001/x234/067.p/12')
    """
    *thousands, last = f"{number:,}".split(",")
    place = "/".join([*(f"x{digits:0>3}" for digits in thousands), f"{last:0>3}"])
    return f"tile/{level}/{place}" + (f".p/{width}" if width < TILE_WIDTH else "")


def bundle_path(number: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a bundle of leaves below the folder of the log.

    >>> bundle_path(1000)
    'tile/entries/x001/000'
    """
    return tile_path("entries", number, width)


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
        tree, number = cls(size), size
        while number:
            number, width = divmod(number, TILE_WIDTH)
            path = tile_path(len(tree.edge), number, width)
            tree.edge.append(decode_tile(read_log_file(read_file, path)) if width else [])
        if width := size % TILE_WIDTH:
            path = bundle_path(size // TILE_WIDTH, width)
            tree.bundle = decode_bundle(read_log_file(read_file, path))
        if tree.root() != root or [*map(leaf_hash, tree.bundle)] != (tree.edge or [[]])[0]:
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
        added, number = leaf_hash(leaf), self.size
        for level in count():
            if level == len(self.edge):
                self.edge.append([])
            tile = self.edge[level]
            tile.append(added)
            if len(tile) < TILE_WIDTH:
                break
            number //= TILE_WIDTH
            self.files[tile_path(level, number - 1)] = b"".join(tile)
            added = root_of(tile)
            tile.clear()

    def root(self) -> bytes:
        """Return the root of the tree.

        The rest of a lower level is one more subtree, smaller than the others, at the right end of
        the level above.
        """
        rest: list[bytes] = []
        for tile in self.edge:
            rest = [root_of([*tile, *rest])] if tile or rest else []
        return root_of(rest)

    def finish(self) -> dict[str, bytes]:
        """Return all files to write, with the partial ones, and forget them."""
        number = self.size
        for level, tile in enumerate(self.edge):
            number //= TILE_WIDTH
            if tile:
                self.files[tile_path(level, number, len(tile))] = b"".join(tile)
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
            bundle = decode_bundle(read_log_file(self.read_file, self._bundle(number)))
            yield from bundle[max(0, start - first) : end - first]

    def first_kept(self) -> int:
        """Return the first leaf that can be read: old bundles may be pruned, from the start on."""
        bundles = range(-(-self.size // TILE_WIDTH))
        kept = bisect_left(bundles, True, key=lambda n: self.read_file(self._bundle(n)) is not None)
        return min(kept * TILE_WIDTH, self.size)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the hashes that lead from a leaf to the root of the first `size` leaves."""
        start, end = 0, self.size if size is None else size
        siblings: list[bytes] = []
        while end - start > 1:
            middle = start + split_point(end - start)
            if index < middle:
                siblings.insert(0, self.root(middle, end))
                end = middle
            else:
                siblings.insert(0, self.root(start, middle))
                start = middle
        return siblings

    def root(self, start: int, end: int) -> bytes:
        """Return the root of the leaves from `start` until before `end`."""
        level, number, count = 0, start, end - start
        while count > 1 and not count % TILE_WIDTH and not number % TILE_WIDTH:
            level, number, count = level + 1, number // TILE_WIDTH, count // TILE_WIDTH
        if count <= TILE_WIDTH - number % TILE_WIDTH:  # within one tile
            tile, first = divmod(number, TILE_WIDTH)
            return root_of(self._tile(level, tile)[first : first + count])
        half = split_point(end - start)
        return node_hash(self.root(start, start + half), self.root(start + half, end))

    def _tile(self, level: int, number: int) -> list[bytes]:
        path = tile_path(level, number, width_of(level, number, self.size))
        if path not in self._tiles:
            self._tiles[path] = decode_tile(read_log_file(self.read_file, path))
        return self._tiles[path]

    def _bundle(self, number: int) -> str:
        return bundle_path(number, width_of(0, number, self.size))


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
