"""Logs that others vouch for: witnesses cosigned one, or the old key confirmed the next."""

import base64
import json
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import pytest
from support.log_signer import LocalSigner
from support.log_world import LogWorld
from support.publish_world import CLOSED, live, sample_pack, sample_receipt
from support.signed_log import signed_log
from support.tampering import write
from tlog_scales.signing import NoteSignature, Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from tlog.leaves import (
    BeganLeaf,
    Leaf,
    MovedLeaf,
    RunLeaf,
    encode_leaf,
    parse_checkpoint,
    verifier_key,
)
from tlog.tree import LogFiles, encode_proof
from verifier.verify import Folder, Options, Result, check_place, source_of

WITNESS, NAME, AT = LocalSigner("a witness"), "witness.example/w1", 1_795_658_400


def vkey_of(signer: LocalSigner) -> str:
    material = b"\x04" + signer.public_key()
    key_id = sha256(NAME.encode() + b"\n" + material).digest()[:4]
    return f"{NAME}+{key_id.hex()}+{base64.b64encode(material).decode()}"


def cosigned(note: bytes, at: int = AT, signed_at: int = AT) -> bytes:
    """The note with the line that a witness adds. It says one time and signs another."""
    text = note.partition(b"\n\n")[0] + b"\n"
    signature = WITNESS.sign(f"cosignature/v1\ntime {signed_at}\n".encode() + text)
    key_id = bytes.fromhex(vkey_of(WITNESS).split("+")[1])
    line = base64.b64encode(key_id + at.to_bytes(8, "big") + signature).decode()
    return note + f"\u2014 {NAME} {line}\n".encode()


@pytest.fixture(scope="module")
def logs() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """A log, and the same log later."""
    made = LogWorld()
    digest = made.put_set(sample_pack())
    made.count(sample_receipt(by_rule={live(): 2}, set=digest))
    made.publish(CLOSED)
    older = dict(made.objects.stored)
    made.publish("2026-11-26T09:00:00Z")
    return older, dict(made.objects.stored)


def check(files: dict[str, bytes], folder: Path, *others: bytes, key: str = "") -> Result:
    world = LogWorld()
    world.objects.stored = files
    paths = []
    for number, other in enumerate(others):
        paths.append(folder / f"{number}.checkpoint")
        paths[-1].write_bytes(other)
    options = Options(checkpoints=tuple(paths), witnesses=(key or vkey_of(WITNESS),),
                      now=datetime(2026, 11, 26, 10, tzinfo=UTC))  # fmt: skip
    return check_place(Folder(world.copy_to(folder / "public")), options)


def test_another_implementation_accepts_the_cosignature(
    logs: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    note = cosigned(logs[1]["log/checkpoint"]).decode()
    line = note.splitlines()[-1]
    key = Vkey.from_string(vkey_of(WITNESS))
    size, root = note.split("\n")[1:3]
    theirs = TheirCheckpoint(note.split("\n")[0], int(size), base64.b64decode(root), [])
    key.get_verifier().verify_note(NoteSignature.from_line(line), theirs)


def test_the_served_checkpoint_may_be_cosigned(
    logs: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path
) -> None:
    files = logs[1] | {"log/checkpoint": cosigned(logs[1]["log/checkpoint"])}
    result = check(files, tmp_path)
    assert result.wrong == []
    assert any(line.startswith(f"The witness {NAME} saw the log of") for line in result.said)


def test_or_one_that_the_witness_handed_out(
    logs: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path
) -> None:
    older, newer = logs
    assert check(newer, tmp_path, cosigned(older["log/checkpoint"])).wrong == []


@pytest.mark.parametrize(
    ("at", "signed_at", "signer"),
    [(AT, AT + 1, "a witness"), (AT, AT, "a stranger")],
    ids=["the time was changed", "another key"],
)
def test_a_witness_that_did_not_sign_is_wrong(
    logs: tuple[dict[str, bytes], dict[str, bytes]],
    tmp_path: Path,
    at: int,
    signed_at: int,
    signer: str,
) -> None:
    note = cosigned(logs[1]["log/checkpoint"], at, signed_at)
    files = logs[1] | {"log/checkpoint": note}
    [wrong] = check(files, tmp_path, key=vkey_of(LocalSigner(signer))).wrong
    assert wrong.startswith(f"the witness {NAME} signed no checkpoint")


def test_the_key_of_the_log_is_no_witness(
    logs: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path
) -> None:
    key = logs[1]["log/vkey"].decode().strip()
    assert check(logs[1], tmp_path, key=key).wrong


OLD, NEW = "terang.example/log", "terang.example/log/2"
OLD_KEY, NEW_KEY = LocalSigner("the old key"), LocalSigner("the new key")
RUN = RunLeaf("2026-11-26T02:00:00Z")


def proof_of(files: dict[str, bytes], index: int, leaf: Leaf) -> bytes:
    note = files["log/checkpoint"]
    read = LogFiles(parse_checkpoint(note).size, lambda path: files.get(f"log/{path}"))
    extra = json.dumps({"leaf": encode_leaf(leaf).decode()}).encode()
    return encode_proof(index, read.inclusion(index), note, extra)


def checked(
    folder: Path,
    *,
    confirmed: bool,
    root: str = "",
    named: Leaf | None = None,
    keys: tuple[str, ...] = (),
    state: Path | None = None,
) -> Result:
    moved = MovedLeaf(NEW, verifier_key(NEW, NEW_KEY.public_key()))
    ended = [RUN, *([moved] if confirmed else []), RUN]
    old, last = signed_log("log/", OLD, OLD_KEY, map(encode_leaf, ended))
    began = BeganLeaf(OLD, last.size, root or last.root.hex())
    new, _ = signed_log("log/2/", NEW, NEW_KEY, map(encode_leaf, [began, RUN]))
    if confirmed:
        new["log/2/confirmed.tlog-proof"] = proof_of(old, 1, named or moved)
    return check_place(
        source_of(str(write(old | new, folder))),
        Options(keys=keys, state=state, now=datetime(2026, 11, 26, 3, tzinfo=UTC)),
    )


def test_a_log_that_the_old_key_confirms_is_followed(tmp_path: Path) -> None:
    result = checked(tmp_path, confirmed=True)
    assert result.wrong == []
    assert f"{OLD} names {NEW} as the log that continues it." in result.said


def test_a_log_that_nobody_confirms_is_wrong_unless_its_key_is_known(tmp_path: Path) -> None:
    """From elsewhere, or from an earlier check that was given it."""
    [wrong] = checked(tmp_path, confirmed=False).wrong
    assert "which does not confirm it" in wrong
    known = verifier_key(OLD, OLD_KEY.public_key()), verifier_key(NEW, NEW_KEY.public_key())
    state = tmp_path / "state.json"
    assert checked(tmp_path, confirmed=False, keys=known, state=state).wrong == []
    assert checked(tmp_path, confirmed=False, state=state).wrong == []
    assert checked(tmp_path, confirmed=False, keys=known[:1]).wrong


def test_a_log_that_continues_something_else_is_wrong(tmp_path: Path) -> None:
    result = checked(tmp_path, confirmed=True, root="0" * 64)
    assert result.wrong == [f"{NEW} continues another log than {OLD} as it is here"]


def test_a_proof_of_another_leaf_confirms_nothing(tmp_path: Path) -> None:
    stranger = MovedLeaf(NEW, verifier_key(NEW, OLD_KEY.public_key()))
    [wrong] = checked(tmp_path, confirmed=True, named=stranger).wrong
    assert "which does not confirm it" in wrong


@pytest.mark.parametrize("extra", ["[]", "{}", '{"leaf": 1}', "{"])
def test_a_damaged_proof_confirms_nothing(tmp_path: Path, extra: str) -> None:
    checked(tmp_path, confirmed=True)
    proof = tmp_path / "log/2/confirmed.tlog-proof"
    head, _, rest = proof.read_text().split("\n", 2)
    proof.write_text(f"{head}\nextra {b64encode(extra.encode()).decode()}\n{rest}")
    now = datetime(2026, 11, 26, 3, tzinfo=UTC)
    [wrong] = check_place(source_of(str(tmp_path)), Options(now=now)).wrong
    assert "which does not confirm it" in wrong


def test_a_log_that_was_seen_and_is_gone_is_wrong(tmp_path: Path) -> None:
    """Without it the log before looks like the newest one."""
    folder, state = tmp_path / "public", tmp_path / "state.json"
    assert checked(folder, confirmed=True, state=state).wrong == []
    rmtree(folder / "log/2")
    result = check_place(
        source_of(str(folder)), Options(state=state, now=datetime(2026, 11, 26, 3, tzinfo=UTC))
    )
    assert result.wrong == [f"{NEW} was seen on 2026-11-26T03:00:00Z, and is gone"]
