"""The tree, its tiles, checkpoints, proofs and leaves, as another implementation reads them."""

import base64

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from support.log_signer import LocalSigner
from tlog_scales.signing import NoteSignature, Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint
from tlog_scales.tlog import InclusionProof, InclusionProofInvalid

import tlog
from ledger.keys import keyed, own_key

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
        return tlog.leaf_hash(leaves[0]) if leaves else tlog.EMPTY_ROOT
    half = tlog.split_point(len(leaves))
    return tlog.node_hash(naive_root(leaves[:half]), naive_root(leaves[half:]))


def grown(leaves: list[bytes]) -> tuple[tlog.GrowingTree, dict[str, bytes]]:
    tree = tlog.GrowingTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree, tree.finish()


def numbered(size: int) -> list[bytes]:
    return [str(number).encode() for number in range(size)]


def test_the_reference_tree_has_its_root() -> None:
    assert naive_root(CT_LEAVES).hex() == CT_ROOT
    assert tlog.root_of([tlog.leaf_hash(leaf) for leaf in CT_LEAVES]).hex() == CT_ROOT
    assert grown(CT_LEAVES)[0].root().hex() == CT_ROOT


@pytest.mark.parametrize("size", SIZES)
def test_a_grown_tree_has_the_root_of_its_leaves(size: int) -> None:
    leaves = numbered(size)
    tree, files = grown(leaves)
    assert tree.root() == naive_root(leaves) == tlog.root_of(list(map(tlog.leaf_hash, leaves)))
    assert tlog.LogFiles(size, files.get).root(0, size) == tree.root() if size else not files
    assert list(tlog.LogFiles(size, files.get).leaves()) == leaves


BIG_TREE, BIG_FILES = grown(numbered(70_000))


def test_seventy_thousand_leaves_have_the_tiles_of_the_standard() -> None:
    bottom = [path for path in BIG_FILES if path.startswith("tile/0/")]
    assert (len(bottom), "tile/0/273.p/112" in bottom) == (274, True)
    assert [path for path in BIG_FILES if path.startswith(("tile/1/", "tile/2/"))] == [
        "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]  # fmt: skip


@given(st.lists(st.integers(0, 300), max_size=4))
def test_growing_in_steps_gives_the_tree_of_growing_at_once(steps: list[int]) -> None:
    """Each step reads what the steps before it wrote."""
    files: dict[str, bytes] = {}
    size, root = 0, tlog.EMPTY_ROOT
    for step in steps:
        tree = tlog.GrowingTree.read(size, root, files.get)
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
    for path in (tlog.tile_path(0, size // 256, size % 256),
                 tlog.bundle_path(size // 256, size % 256)):  # fmt: skip
        for data in (files[path][:-1] + b"?", None) if size % 256 else ():
            with pytest.raises(tlog.LogDamagedError):
                tlog.GrowingTree.read(size, tree.root(), {**files, path: data}.get)
    with pytest.raises(tlog.LogDamagedError):
        tlog.GrowingTree.read(size, bytes(32), files.get)


@given(st.lists(st.binary(max_size=400), max_size=9))
def test_leaves_come_back_as_they_went_in(leaves: list[bytes]) -> None:
    assert tlog.decode_bundle(tlog.encode_bundle(leaves)) == leaves


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x02a", b"\x00\x01ab"])
def test_a_bundle_that_ends_within_a_leaf_is_refused(bundle: bytes) -> None:
    with pytest.raises(ValueError, match="ends within"):
        tlog.decode_bundle(bundle)


def test_a_leaf_that_is_too_long_is_refused() -> None:
    tlog.GrowingTree().add(bytes(65_535))
    with pytest.raises(ValueError, match="65536 bytes"):
        tlog.GrowingTree().add(bytes(65_536))


def test_tiles_that_a_tree_does_not_have_are_empty() -> None:
    assert [tlog.width_of(0, number, 257) for number in range(3)] == [256, 1, 0]


ORIGIN = "terang.example/log"


def test_the_key_and_the_signature_of_the_published_example_are_accepted() -> None:
    """PeterNeumann's of the examples of the note package."""
    known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    public = base64.b64decode(known.rpartition("+")[2])[1:]
    assert tlog.verifier_key("PeterNeumann", public) == known
    signed = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    text = (b"If you think cryptography is the answer to your problem,\n"
            b"then you don't know what your problem is.\n")  # fmt: skip
    assert signed[:4] == tlog.key_id("PeterNeumann", public) == bytes.fromhex("c74f20a3")
    Ed25519PublicKey.from_public_bytes(public).verify(signed[4:], text)


def test_a_checkpoint_is_read_and_its_signature_checked() -> None:
    signer = LocalSigner()
    checkpoint = tlog.Checkpoint(ORIGIN, 7, bytes(range(32)))
    note = tlog.sign_checkpoint(checkpoint, signer)
    assert tlog.parse_checkpoint(note) == checkpoint
    assert tlog.is_signed_by(note, signer)
    assert not tlog.is_signed_by(note, LocalSigner("another key"))
    assert not tlog.is_signed_by(note.replace(b"\n7\n", b"\n8\n"), signer)


@pytest.mark.parametrize("note", [b"", b"a\n1\n", b"a\nx\nAA==\n\n- a b\n", b"a\n1\n!\n\n- a b\n",
                                  "a\n²\nAA==\n\nb\n".encode()])  # fmt: skip
def test_anything_else_is_no_checkpoint(note: bytes) -> None:
    with pytest.raises(ValueError, match="not a checkpoint"):
        tlog.parse_checkpoint(note)


def test_another_implementation_accepts_our_checkpoints() -> None:
    signer = LocalSigner()
    key = Vkey.from_string(tlog.verifier_key(ORIGIN, signer.public_key()))
    ours = tlog.Checkpoint(ORIGIN, BIG_TREE.size, BIG_TREE.root())
    theirs = TheirCheckpoint.from_text(tlog.sign_checkpoint(ours, signer).decode())
    theirs.verify(key)
    assert (theirs.size, theirs.root_hash) == (70_000, BIG_TREE.root())
    forged = NoteSignature(ORIGIN, key.key_id, bytes(64))
    with pytest.raises(Exception):  # noqa: B017, PT011 - theirs to choose
        key.get_verifier().verify(forged.payload, theirs)


@settings(max_examples=200)
@given(st.integers(1, 70_000), st.data())
def test_another_implementation_accepts_our_proofs_only(size: int, data: st.DataObject) -> None:
    log = tlog.LogFiles(BIG_TREE.size, BIG_FILES.get)
    root = log.root(0, size)
    index = data.draw(st.integers(0, size - 1))
    leaf = tlog.leaf_hash(str(index).encode())
    inclusion = log.inclusion(index, size)
    InclusionProof(index, size, inclusion).check(leaf, root)
    if inclusion:
        inclusion[data.draw(st.integers(0, len(inclusion) - 1))] = bytes(32)
        with pytest.raises(InclusionProofInvalid):
            InclusionProof(index, size, inclusion).check(leaf, root)


def test_leaves_of_a_range_are_read_from_their_bundles() -> None:
    log = tlog.LogFiles(BIG_TREE.size, BIG_FILES.get)
    assert list(log.leaves(250, 515)) == numbered(515)[250:]


def test_a_proof_is_a_file_of_lines() -> None:
    proof = tlog.encode_proof(5, [bytes(32)], b"note\n", b"{}")
    assert proof.decode().split("\n") == [*("c2sp.org/tlog-proof@v1", "extra e30=", "index 5"),
        *(base64.b64encode(bytes(32)).decode(), "", "note", "")]  # fmt: skip


DIGEST = "a" * 64


@pytest.mark.parametrize("leaf", [
    tlog.PublishedLeaf("summaries/all/2026-11.json", DIGEST, 7, "summary", 2),
    tlog.PublishedLeaf("sets/ab.json", DIGEST, 7, "set"),
    tlog.UnitLeaf("acme", "2026-11-25", DIGEST, 3, 2, {"not_public": 1}, 2),
    tlog.FindingLeaf("acme", "2026-11-25", DIGEST), tlog.RunLeaf("2026-11-26T02:00:00Z"),
])  # fmt: skip
def test_a_leaf_comes_back_as_it_went_in(leaf: msgspec.Struct) -> None:
    assert tlog.decode_leaf(tlog.encode_leaf(leaf)) == leaf  # type: ignore[arg-type]


def test_the_bytes_of_a_leaf_are_canonical() -> None:
    leaf = tlog.UnitLeaf("acme", "2026-11-25", DIGEST, 3, 1, {"b": 1, "a": 1})
    assert tlog.encode_leaf(leaf) == (
        b'{"accepted":1,"day":"2026-11-25","kind":"unit","provider":"acme","records":3,'
        b'"refused":{"a":1,"b":1},"unit":"' + DIGEST.encode() + b'"}'
    )


def test_a_leaf_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        tlog.decode_leaf(b'{"kind":"post"}')


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_the_key_of_one_finding_tells_nothing_of_another(key: bytes, one: str, other: str) -> None:
    """A proof reveals the key of its own finding, under which other ids have other digests."""
    if one != other:
        assert own_key(key, one) != own_key(key, other)
        assert keyed(key, one) != keyed(key, other)
    assert own_key(key, one) != key
