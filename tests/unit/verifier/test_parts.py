"""The parts of the verifier: notes, proofs, names, leaves and signatures, good and bad."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from support.log_signer import VECTORS, LocalSigner
from support.log_world import published_log

import recount
import verify
from tlog import verifier_key

SIGNER, ORIGIN = LocalSigner("a log"), "log.example/l1"
KEY = verifier_key(ORIGIN, SIGNER.public_key())


def tree(leaves: Sequence[bytes]) -> bytes:
    """The root by the definition of RFC 9162, section 2.1.1."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return verify.node_hash(tree(leaves[:half]), tree(leaves[half:]))


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof of one leaf by section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*path(index, leaves[:half]), tree(leaves[half:])]
    return [*path(index - half, leaves[half:]), tree(leaves[:half])]


def test_a_proof_holds_for_its_leaf_at_its_place_alone() -> None:
    hashes = [verify.leaf_hash(bytes([number])) for number in range(20)]
    for size in range(1, 20):
        root = verify.root_of(hashes[:size])
        assert root == tree(hashes[:size])
        for index in range(size):
            proof = path(index, hashes[:size])
            assert verify.is_included(hashes[index], index, size, proof, root)
            assert not verify.is_included(hashes[index], index, size, [*proof, root], root)
            assert not verify.is_included(hashes[index], index, size, proof[:-1], root) or not proof
            assert not verify.is_included(hashes[index + 1], index, size, proof, root)
            if size > 1:
                assert not verify.is_included(hashes[index], (index + 1) % size, size, proof, root)
        assert not verify.is_included(hashes[0], size, size, path(0, hashes[:size]), root)
        assert not verify.is_included(hashes[0], -1, size, path(0, hashes[:size]), root)
    assert verify.root_of([]) == sha256().digest()


def note(text: str, name: str = ORIGIN, kind: bytes = b"\x01", end: str = "\n") -> bytes:
    """A note that the log's key signed under a name."""
    material = kind + SIGNER.public_key()
    key_id = sha256(name.encode() + b"\n" + material).digest()[:4]
    line = base64.b64encode(key_id + SIGNER.sign(text.encode())).decode()
    return f"{text}\n\u2014 {name} {line}{end}".encode()


ROOT = base64.b64encode(bytes(32)).decode()
SOUND = f"{ORIGIN}\n7\n{ROOT}\n"


@pytest.mark.parametrize("size", ["0", "7", "1" + "0" * 17])
def test_a_checkpoint_has_origin_size_and_root(size: str) -> None:
    assert verify.open_checkpoint(note(f"{ORIGIN}\n{size}\n{ROOT}\n"), KEY) == (
        ORIGIN, int(size), bytes(32),
    )  # fmt: skip
    with_more = note(f"{SOUND}more\n") + f"\u2014 other.example {ROOT}\n".encode()
    assert verify.open_checkpoint(with_more, KEY)[1] == 7


@pytest.mark.parametrize(("written", "why"), [
    (b"", "not a checkpoint"), (b"\xff", "not a checkpoint"),
    (note(f"{ORIGIN}\n7\n"), "not a checkpoint"), (note(f"{ORIGIN}\n7\n*\n"), "not a checkpoint"),
    (note(f"{ORIGIN}\n7\n{base64.b64encode(bytes(31)).decode()}\n"), "not a checkpoint"),
    (note(f"{ORIGIN}\n07\n{ROOT}\n"), "not a checkpoint"),
    (note(f"{ORIGIN}\n-1\n{ROOT}\n"), "not a checkpoint"),
    (note(f"{ORIGIN}\n1{'0' * 18}\n{ROOT}\n"), "not a checkpoint"),
    (note(SOUND.replace("l1", "l2")), "not one of this log"),
    (note(SOUND, end=""), "not a signed note"), (note(SOUND, end="\n\n"), "not a signed note"),
    (note(SOUND, "log.example/l2"), "did not sign it"),
    (note(SOUND).replace(b"\n7\n", b"\n8\n"), "did not sign it"),
    (f"{SOUND}\n\u2014 {ORIGIN}\n".encode(), "did not sign it"),
    (f"{SOUND}\n\u2014 {ORIGIN} *\n".encode(), "did not sign it"),
])  # fmt: skip
def test_a_note_that_is_no_checkpoint_of_the_key_is_none(written: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        verify.open_checkpoint(written, KEY)


@pytest.mark.parametrize("key", [ORIGIN, f"{ORIGIN}+00000000+*", f"{ORIGIN}+00000000+{ROOT}"])
def test_a_key_that_is_none_opens_nothing(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        verify.open_checkpoint(note(SOUND), key)


@pytest.mark.parametrize(("number", "name"), [(0, "000"), (999, "999"), (1_000, "x001/000"),
                                              (1_234_067, "x001/x234/067")])  # fmt: skip
def test_numbers_of_tiles_have_three_digits_a_folder(number: int, name: str) -> None:
    assert verify.tile_name("0", number, 256) == f"tile/0/{name}"
    assert verify.tile_name("entries", number, 255) == f"tile/entries/{name}.p/255"


def test_a_log_has_tiles_of_each_level_that_it_fills() -> None:
    names = list(verify.tile_names(256 * 256))
    assert names[-2:] == ["tile/1/000", "tile/2/000.p/1"]
    assert len(names) == 256 + 256 + 1 + 1
    assert list(verify.tile_names(256))[-2:] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(verify.tile_names(257)) == ["tile/entries/000", "tile/entries/001.p/1",
        "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]  # fmt: skip
    assert list(verify.tile_names(0)) == []


def test_a_bundle_is_cut_into_its_leaves() -> None:
    assert verify.split_entries(b"") == []
    assert verify.split_entries(b"\0\0\0\1a\1\0" + b"b" * 256) == [b"", b"a", b"b" * 256]
    for damaged in (b"\0", b"\0\2a"):
        with pytest.raises(ValueError, match="ends within a leaf"):
            verify.split_entries(damaged)


PUBLISHED = {"kind": "published", "path": "a", "sha256": "0" * 64, "size": 1, "of": "summary"}


@pytest.mark.parametrize(("changes", "why"), [
    ({}, ""), ({"kind": "other", "path": None}, ""), ({"kind": 7}, "no kind"),
    *(({"path": path}, "no path") for path in (
        "/a", "", "a/", "a//b", "../a", "a/../b", "a/..", ".", "a\\b", "a\0", "a\n", "\ud800",
        "a" * 1025, 7, None, ["a"], {})),
    ({"path": "...a/b..c/\u00e9"}, ""),
    ({"path": "summaries/all/2026-02-30.json"}, "day"),
    *(({"sha256": value}, "no sha256") for value in ("0" * 63, "A" * 64, "\u0660" * 64, 0)),
    *(({"size": value}, "no size") for value in (-1, "1", 1.0, True, None, [1], 10**15)),
    *(({"revision": value}, "no revision") for value in (-1, "2", 1.5, False, None)),
    ({"of": "A"}, "no of"), ({"kind": "run", "at": "2026-11-25T00:00:00Z"}, ""),
    ({"kind": "run"}, "no at"), ({"kind": "run", "at": 7}, "no at"),
    *(({"kind": "run", "at": at}, "no at|time data|day is out|range") for at in (
        "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-25T24:00:00Z",
        "0000-11-25T00:00:00Z", "9999-12-31T23:59:59Z", "\u0662026-11-25T00:00:00Z")),
])  # fmt: skip
def test_a_leaf_has_the_fields_of_its_kind(changes: dict[str, object], why: str) -> None:
    leaf = PUBLISHED | changes
    if why:
        with pytest.raises(ValueError, match=why):
            verify.parse_leaf(json.dumps(leaf).encode())
    else:
        assert verify.parse_leaf(json.dumps(leaf).encode()) == leaf
    with pytest.raises(ValueError, match="no kind"):
        verify.parse_leaf(b"[]")


@pytest.mark.parametrize("data", [b"[" * 60_000, b"{", b"\xff\xfe{\0}\0", b"1" * 5000])
def test_a_leaf_that_is_no_json_is_an_error_of_its_bytes(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which one does not matter to who reads it
        verify.parse_leaf(data)


def proof(extra: str = base64.b64encode(b'{"a":1}').decode(), index: str = "3") -> str:
    return f"c2sp.org/tlog-proof@v1\nextra {extra}\nindex {index}\n{ROOT}\n{ROOT}\n\n{SOUND}"


def test_a_proof_has_an_index_its_hashes_and_a_checkpoint() -> None:
    assert verify.parse_proof(proof().encode()) == (3, {"a": 1}, [bytes(32)] * 2, SOUND.encode())
    alone = proof().replace(f"{ROOT}\n{ROOT}\n\n", "\n", 1)
    assert verify.parse_proof(alone.encode())[2] == []


@pytest.mark.parametrize("written", [
    "", proof().replace("\n\n", "\n"), proof().replace("@v1", "@v2"), proof(extra="*"),
    proof(extra=base64.b64encode(b"[" * 9999).decode()), proof(index="x"),
    proof().replace(ROOT, "*", 1), "c2sp.org/tlog-proof@v1\nextra e30=\n\n",
])  # fmt: skip
def test_a_proof_that_is_none_is_an_error_of_its_bytes(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which one does not matter to who reads it
        verify.parse_proof(written.encode())


SEEN = b'{"a": {"size": %s, "root": "", "key": "", "seen": %s}}'


@pytest.mark.parametrize("left", [
    b"", b"{", b"[]", b"\xff", b"[" * 9999, b'{"a": 5}', b'{"a": {}}', SEEN % (b'"1"', b'""'),
    SEEN % (b"1", b"0"),
])  # fmt: skip
def test_what_an_earlier_check_did_not_leave_is_not_taken(left: bytes, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(left)
    with pytest.raises(verify.LogUnreadableError, match="delete it"):
        verify.check_place(verify.source_of(str(tmp_path)), verify.Options(state=state))


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard_are_accepted(key: str, message: str, signature: str) -> None:
    assert verify.is_signed(bytes.fromhex(message), bytes.fromhex(signature), bytes.fromhex(key))


def theirs(message: bytes, signature: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@given(st.text(max_size=4), st.binary(max_size=80), st.integers(0, 96 * 8), st.integers(-1, 1))
def test_it_says_what_cryptography_says(word: str, message: bytes, bit: int, cut: int) -> None:
    """Of a signature, and of one with a bit of the key or the signature changed, or a byte cut."""
    signer = LocalSigner(word)
    both = bytearray(signer.public_key() + signer.sign(message) + b"\0")
    both[bit // 8] ^= (1 << bit % 8) if bit < 96 * 8 else 0
    key, signature = bytes(both[:32]), bytes(both[32 : 96 + cut])
    assert verify.is_signed(message, signature, key) == theirs(message, signature, key)
    assert verify.is_signed(message, signature, key) == (bit == 96 * 8 and cut == 0)


def test_a_point_or_number_in_another_form_is_refused() -> None:
    """A signature has one form, so that nobody can make a second one of it."""
    key, message, signature = (bytes.fromhex(part) for part in VECTORS[1])
    s = int.from_bytes(signature[32:], "little") + verify.ORDER
    assert not verify.is_signed(message, signature[:32] + s.to_bytes(32, "little"), key)
    neutral, s_zero = (1).to_bytes(32, "little"), bytes(32)
    assert verify.is_signed(message, neutral + s_zero, neutral)  # 0 = 0B - k0: one takes such a key
    for other in (verify.PRIME + 1, 1 | 1 << 255, 2, verify.PRIME - 1 + verify.PRIME):
        encoded = (other % (1 << 256)).to_bytes(32, "little")
        assert not verify.is_signed(message, neutral + s_zero, encoded)
        assert not verify.is_signed(message, encoded + s_zero, neutral)
    assert not verify.is_signed(message, signature, key[:31])


PROGRAMS = (Path(recount.__file__), Path(verify.__file__))


def python_of(minor: int) -> Path | None:
    """A Python of that version that runs. One of pyenv's shims may run none of its versions."""
    name = f"python3.{minor}"
    paths = [Path(folder) / name for folder in os.get_exec_path()]
    for path in [*paths]:
        paths += path.parent.parent.glob(f"versions/3.{minor}.*/bin/{name}")
    for path in filter(Path.exists, paths):
        if not subprocess.run([path, "-c", "pass"], capture_output=True, check=False).returncode:
            return path
    return None


@pytest.mark.parametrize("minor", range(9, 14))
def test_both_programs_run_with_a_bare_python(minor: int, tmp_path: Path) -> None:
    """Side by side, in an empty environment, on a bucket with a closed period."""
    python = python_of(minor)
    if python is None:
        pytest.skip(f"there is no python3.{minor} that runs")
    folder, alone = published_log().copy_to(tmp_path / "public"), tmp_path / "alone"
    alone.mkdir()
    for program in PROGRAMS:
        shutil.copy(program, alone)
    for program in PROGRAMS:
        command = [python, "-I", "-S", program.name, folder]
        done = subprocess.run(command, cwd=alone, env={}, capture_output=True, text=True)
        # 3: something has no proof, which another test looks at
        assert (done.returncode in {0, 3}, done.stderr) == (True, ""), done.stdout
        assert " summaries recounted, 0 differ\n" in done.stdout
    assert sorted(path.name for path in alone.iterdir()) == ["recount.py", "verify.py"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_no_name_and_no_syntax_is_newer_than_python_3_9(program: Path) -> None:
    vermin = Path(sys.prefix) / "bin/vermin"
    command = [vermin, "--target=3.9-", "--violations", "-vvv", "--no-tips", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
