"""Checkpoints and proofs, as another implementation reads them."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.log_signer import LocalSigner
from tlog_scales.signing import NoteSignature, Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint
from tlog_scales.tlog import InclusionProof, InclusionProofInvalid

from tlog.leaves import (
    Checkpoint,
    is_signed_by,
    key_id,
    parse_checkpoint,
    sign_checkpoint,
    verifier_key,
)
from tlog.tree import GrowingTree, LogFiles, encode_proof, leaf_hash

ORIGIN = "terang.example/log"


def files_of(size: int) -> tuple[GrowingTree, dict[str, bytes]]:
    tree = GrowingTree()
    for number in range(size):
        tree.add(str(number).encode())
    return tree, tree.finish()


BIG_TREE, BIG_FILES = files_of(70_000)


def test_the_key_of_the_published_example_has_its_id() -> None:
    """PeterNeumann's key of the examples of the note package."""
    known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    public = base64.b64decode(known.rpartition("+")[2])[1:]
    assert verifier_key("PeterNeumann", public) == known
    assert key_id("PeterNeumann", public).hex() == "c74f20a3"


def test_the_signature_of_the_published_example_is_accepted() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signed = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    text = (
        b"If you think cryptography is the answer to your problem,\n"
        b"then you don't know what your problem is.\n"
    )
    assert signed[:4] == key_id("PeterNeumann", public)
    Ed25519PublicKey.from_public_bytes(public).verify(signed[4:], text)


def test_a_checkpoint_is_read_and_its_signature_checked() -> None:
    signer = LocalSigner()
    checkpoint = Checkpoint(ORIGIN, 7, bytes(range(32)))
    note = sign_checkpoint(checkpoint, signer)
    assert parse_checkpoint(note) == checkpoint
    assert is_signed_by(note, signer)
    assert not is_signed_by(note, LocalSigner("another key"))
    assert not is_signed_by(note.replace(b"\n7\n", b"\n8\n"), signer)


@pytest.mark.parametrize(
    "note",
    [b"", b"a\n1\n", b"a\nx\nAA==\n\n- a b\n", b"a\n1\n!\n\n- a b\n", "a\n²\nAA==\n\nb\n".encode()],
)
def test_anything_else_is_no_checkpoint(note: bytes) -> None:
    with pytest.raises(ValueError, match="not a checkpoint"):
        parse_checkpoint(note)


def test_another_implementation_accepts_our_checkpoints() -> None:
    signer = LocalSigner()
    key = Vkey.from_string(verifier_key(ORIGIN, signer.public_key()))
    note = sign_checkpoint(Checkpoint(ORIGIN, BIG_TREE.size, BIG_TREE.root()), signer).decode()
    theirs = TheirCheckpoint.from_text(note)
    theirs.verify(key)
    assert (theirs.size, theirs.root_hash) == (70_000, BIG_TREE.root())
    forged = NoteSignature(ORIGIN, key.key_id, bytes(64))
    with pytest.raises(Exception):  # noqa: B017, PT011 - theirs to choose
        key.get_verifier().verify(forged.payload, theirs)


@settings(max_examples=200)
@given(st.integers(1, 70_000), st.data())
def test_another_implementation_accepts_our_proofs_and_no_other(
    size: int, data: st.DataObject
) -> None:
    log = LogFiles(BIG_TREE.size, BIG_FILES.get)
    root = log.root(0, size)
    index = data.draw(st.integers(0, size - 1))
    leaf = leaf_hash(str(index).encode())
    inclusion = log.inclusion(index, size)
    InclusionProof(index, size, inclusion).check(leaf, root)
    if inclusion:
        inclusion[data.draw(st.integers(0, len(inclusion) - 1))] = bytes(32)
        with pytest.raises(InclusionProofInvalid):
            InclusionProof(index, size, inclusion).check(leaf, root)


def test_leaves_of_a_range_are_read_from_their_bundles() -> None:
    log = LogFiles(BIG_TREE.size, BIG_FILES.get)
    assert list(log.leaves(250, 515)) == [str(number).encode() for number in range(250, 515)]


def test_a_proof_is_a_file_of_lines() -> None:
    proof = encode_proof(5, [bytes(32)], b"note\n", b"{}")
    assert proof.decode().split("\n") == [
        *("c2sp.org/tlog-proof@v1", "extra e30=", "index 5"),
        *(base64.b64encode(bytes(32)).decode(), "", "note", ""),
    ]
