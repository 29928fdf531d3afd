"""Ten million leaves: the time to add a day to a log, its size, and the time and size of a proof.
Each portion is what one head adds. Files stay in memory here: on S3 each is one request more."""

import os
import sys
import time
from hashlib import sha256

from tlog import FindingLeaf, GrowingTree, LogFiles, encode_leaf, encode_proof, leaf_hash, width_of
from verify import is_included

LEAVES = int(os.environ.get("LOG_LEAVES", "10000000"))
DAY = 100_000
"""Leaves of a large day, added to a log that has LEAVES."""


def test_ten_million_leaves() -> None:
    began = time.process_time()
    for number in range(10_000):
        leaf = encode_leaf(FindingLeaf("acme", "2026-11-25", sha256(b"%d" % number).hexdigest()))
    encoding = (time.process_time() - began) / 10_000
    tree, hashes, entries = GrowingTree(), dict[str, bytes](), 0
    began = time.process_time()
    for number in range(LEAVES):
        tree.add(leaf[:-66] + b"%064d" % number + leaf[-2:])
        if number % 65_536 == 65_535:
            entries += _keep_hashes(tree, hashes)
    entries += _keep_hashes(tree, hashes)
    growing = time.process_time() - began
    size, root = tree.size, tree.root()
    began = time.process_time()
    for number in range(DAY):
        tree.add(leaf[:-66] + b"%064d" % (size + number) + leaf[-2:])
    files = tree.finish()
    day = time.process_time() - began
    log = LogFiles(size, hashes.get)
    began = time.process_time()
    indexes = range(0, size, max(1, size // 200))
    proofs = [log.inclusion(index) for index in indexes]
    proving = (time.process_time() - began) / len(proofs)
    for index, proof in zip(indexes, proofs, strict=True):
        data = leaf[:-66] + b"%064d" % index + leaf[-2:]
        assert is_included(leaf_hash(data), index, size, proof, root)
    tiles = sum(map(len, hashes.values()))
    sys.stdout.write(
        f"\n{size:,} leaves: hashed and laid out in {growing:.0f} s;"
        f" entries {entries / 1e6:,.0f} MB, tiles {tiles / 1e6:,.0f} MB in {len(hashes):,} files;"
        f" a leaf is encoded in {encoding * 1e6:.1f} µs\n"
        f"a day of {DAY:,} more: {day:.2f} s, {len(files):,} files\n"
        f"a proof: {proving * 1e3:.2f} ms from tiles in memory, {len(proofs[0])} hashes,"
        f" {len(encode_proof(0, proofs[0], b'', leaf)):,} bytes\n"
    )
    assert width_of(0, size // 256, size) < 256


def _keep_hashes(tree: GrowingTree, hashes: dict[str, bytes]) -> int:
    """Keep the tiles of hashes, and return the bytes of the bundles of entries."""
    entries = 0
    for path, data in tree.finish().items():
        if path.startswith("tile/entries/"):
            entries += len(data)
        else:
            hashes[path] = data
    return entries
