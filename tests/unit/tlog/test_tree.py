"""The tree: the hashes of RFC 6962, and the tiles of C2SP at every size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlog import (
    EMPTY_ROOT,
    GrowingTree,
    LogDamagedError,
    LogFiles,
    bundle_path,
    decode_bundle,
    encode_bundle,
    leaf_hash,
    node_hash,
    root_of,
    split_point,
    tile_path,
    width_of,
)

CT_LEAVES = [bytes.fromhex(leaf) for leaf in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
"""The eight leaves of the reference tree of Certificate Transparency."""

CT_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"

SIZES = (0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000)


def naive_root(leaves: list[bytes]) -> bytes:
    """The root as the standard defines it."""
    if len(leaves) < 2:
        return leaf_hash(leaves[0]) if leaves else EMPTY_ROOT
    half = split_point(len(leaves))
    return node_hash(naive_root(leaves[:half]), naive_root(leaves[half:]))


def grown(leaves: list[bytes]) -> tuple[GrowingTree, dict[str, bytes]]:
    tree = GrowingTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree, tree.finish()


def numbered(size: int) -> list[bytes]:
    return [str(number).encode() for number in range(size)]


def test_the_reference_tree_has_its_root() -> None:
    assert naive_root(CT_LEAVES).hex() == CT_ROOT
    assert root_of([leaf_hash(leaf) for leaf in CT_LEAVES]).hex() == CT_ROOT
    assert grown(CT_LEAVES)[0].root().hex() == CT_ROOT


@pytest.mark.parametrize("size", SIZES)
def test_a_grown_tree_has_the_root_of_its_leaves(size: int) -> None:
    leaves = numbered(size)
    tree, files = grown(leaves)
    assert tree.root() == naive_root(leaves) == root_of([leaf_hash(leaf) for leaf in leaves])
    assert LogFiles(size, files.get).root(0, size) == tree.root() if size else not files
    assert list(LogFiles(size, files.get).leaves()) == leaves


def test_seventy_thousand_leaves_have_the_tiles_of_the_standard() -> None:
    paths = grown(numbered(70_000))[1]
    bottom = [path for path in paths if path.startswith("tile/0/")]
    assert (len(bottom), "tile/0/273.p/112" in bottom) == (274, True)
    assert [path for path in paths if path.startswith("tile/1/")] == [
        "tile/1/000",
        "tile/1/001.p/17",
    ]
    assert [path for path in paths if path.startswith("tile/2/")] == ["tile/2/000.p/1"]


@given(st.lists(st.integers(0, 300), max_size=4))
def test_growing_in_steps_gives_the_tree_of_growing_at_once(steps: list[int]) -> None:
    """Each step reads what the steps before it wrote."""
    files: dict[str, bytes] = {}
    size, root = 0, EMPTY_ROOT
    for step in steps:
        tree = GrowingTree.read(size, root, files.get)
        for leaf in numbered(size + step)[size:]:
            tree.add(leaf)
        files |= tree.finish()
        size, root = tree.size, tree.root()
    whole, at_once = grown(numbered(size))
    assert root == whole.root()
    assert at_once.items() <= files.items()


@pytest.mark.parametrize("size", [1, 256, 257, 600])
def test_a_changed_edge_is_refused(size: int) -> None:
    tree, files = grown(numbered(size))
    for path in (tile_path(0, size // 256, size % 256), bundle_path(size // 256, size % 256)):
        if size % 256:
            changed = files | {path: files[path][:-1] + b"?"}
            with pytest.raises(LogDamagedError):
                GrowingTree.read(size, tree.root(), changed.get)
            with pytest.raises(LogDamagedError):
                GrowingTree.read(size, tree.root(), {**files, path: None}.get)
    with pytest.raises(LogDamagedError):
        GrowingTree.read(size, bytes(32), files.get)


@given(st.lists(st.binary(max_size=400), max_size=9))
def test_entries_come_back_as_they_went_in(leaves: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(leaves)) == leaves


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x02a", b"\x00\x01ab"])
def test_a_bundle_that_ends_within_an_entry_is_refused(bundle: bytes) -> None:
    with pytest.raises(ValueError, match="ends within"):
        decode_bundle(bundle)


def test_a_leaf_that_is_too_long_is_refused() -> None:
    GrowingTree().add(bytes(65_535))
    with pytest.raises(ValueError, match="65536 bytes"):
        GrowingTree().add(bytes(65_536))


def test_tiles_that_a_tree_does_not_have_are_empty() -> None:
    assert [width_of(0, number, 257) for number in range(3)] == [256, 1, 0]
